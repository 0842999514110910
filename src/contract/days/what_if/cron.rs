//! The cron line that would be safe.

use std::fmt;

use crate::calendar::{DayOffset, Landing, day::DAY_SECONDS};

/// Minutes are rounded up to these.
const ROUND_SECONDS: i64 = 300;

/// A daily schedule in UTC, and the day to signal when it fires.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cron {
    /// 0 to 23, UTC.
    pub hour: u8,
    /// 0 to 59.
    pub minute: u8,
    /// The day to signal is the UTC date of firing, less so many days.
    pub days_back: i64,
    /// What it was made from.
    pub landing: Landing,
}

impl Cron {
    /// Fires when a day is over and its data, even late, has landed.
    pub fn after(landing: Landing, offset: DayOffset) -> Self {
        // Never before the day is over, however early its data lands.
        let late =
            landing.late_seconds.max(0).saturating_add(ROUND_SECONDS - 1) / ROUND_SECONDS * ROUND_SECONDS;
        let after_midnight = late.saturating_sub(offset.seconds());
        let second = after_midnight.rem_euclid(DAY_SECONDS);
        Self {
            hour: u8::try_from(second / 3600).unwrap_or(0),
            minute: u8::try_from(second % 3600 / 60).unwrap_or(0),
            days_back: 1 + after_midnight.div_euclid(DAY_SECONDS),
            landing,
        }
    }
}

impl fmt::Display for Cron {
    /// The five fields: `15 11 * * *`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} * * *", self.minute, self.hour)
    }
}
