//! The states of a PST day.

use serde::{Deserialize, Serialize};

/// A PST day's state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DayState {
    /// Over, without data, not closed by a signal.
    Empty,
    /// Not over in PST.
    Partial,
    /// Has data, but is not safe to signal for a named reason.
    Landed,
    /// Has data, is over, and nothing speaks against a signal.
    Ready,
    /// Has data and is closed by a signal of its own or a later date.
    Signalled,
    /// Closed by a signal, without data.
    ClosedEmpty,
    /// Has data that came after its signal.
    Late,
    /// After today in PST.
    Future,
}

impl DayState {
    /// All of them, in the order in which a legend names them.
    pub const ALL: [Self; 8] = [
        Self::Signalled,
        Self::ClosedEmpty,
        Self::Late,
        Self::Ready,
        Self::Landed,
        Self::Partial,
        Self::Empty,
        Self::Future,
    ];

    /// The state as reports write it: `closed_empty`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::Partial => "partial",
            Self::Landed => "landed",
            Self::Ready => "ready",
            Self::Signalled => "signalled",
            Self::ClosedEmpty => "closed_empty",
            Self::Late => "late",
            Self::Future => "future",
        }
    }

    /// The state in words for people: "closed without data".
    pub const fn words(self) -> &'static str {
        match self {
            Self::Empty => "no data",
            Self::Partial => "day not over",
            Self::Landed => "data, not safe to signal",
            Self::Ready => "ready to signal",
            Self::Signalled => "signalled",
            Self::ClosedEmpty => "closed without data",
            Self::Late => "data after its signal",
            Self::Future => "in the future",
        }
    }

    /// The state's sign, one column wide, the same on the screens and in text. Its words stand beside it.
    pub const fn glyph(self) -> &'static str {
        match self {
            Self::Signalled => "●",
            Self::ClosedEmpty => "◌",
            Self::Late => "◆",
            Self::Ready => "▲",
            Self::Landed => "△",
            Self::Partial => "▒",
            Self::Empty => "○",
            Self::Future => "·",
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    #[test]
    fn a_saved_reports_states_are_read_back_by_the_same_names() {
        for state in DayState::ALL {
            let json = serde_json::to_string(&state).unwrap();
            assert_eq!(json, format!("\"{}\"", state.as_str()));
            assert_eq!(serde_json::from_str::<DayState>(&json).unwrap(), state);
        }
    }
}
