//! An earlier signal by the API, as this machine's ledger has it: the API can't be asked, and the bucket does not show it.

use jiff::Timestamp;

use crate::{
    calendar::{DayOffset, DayState, PstDay},
    rule::Dataset,
    wizard::{state::Wizard, words},
};

/// The `type` that is documented.
const METRICS: &str = "metrics";

/// A timestamp that was marked, or may have been.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiMark {
    /// Seconds since the epoch.
    pub timestamp: i64,
    /// The server said that it took it. Otherwise its answer was lost.
    pub taken: bool,
    /// When it was answered, or else sent.
    pub at: Timestamp,
    /// The HTTP status of the answer.
    pub status: Option<u16>,
    /// The request's `type`.
    pub kind: String,
    /// Where it went, if that is another address than the one in use.
    pub url: Option<String>,
    /// The fingerprint of the key by whose ledger it is known; `None` for the key in use.
    pub key: Option<String>,
}

impl ApiMark {
    /// The last day that it completes.
    pub fn up_to(&self, offset: DayOffset) -> Option<PstDay> {
        PstDay::of(Timestamp::from_second(self.timestamp).ok()?, offset)?.plus(-1)
    }

    /// `marked by API up to 2026-06-22 PST, at 2026-06-23 09:00 PST, answered 200 (this machine's ledger)`
    pub fn say(&self, offset: DayOffset) -> String {
        let zone = words::zone(offset);
        let up_to = self
            .up_to(offset)
            .map_or_else(|| self.timestamp.to_string(), |day| format!("{day} {zone}"));
        let kind = match self.kind.as_str() {
            METRICS => String::new(),
            other => format!(", type {other}"),
        };
        let at = format!("{} {zone}", words::local(self.at, offset, "%Y-%m-%d %H:%M"));
        let status = self
            .status
            .map_or_else(String::new, |status| format!(", answered {status}"));
        let whose = match &self.key {
            None => "this machine's ledger".to_owned(),
            Some(key) => format!("this machine's ledger of key {key}"),
        };
        let url = self
            .url
            .as_deref()
            .map_or_else(String::new, |url| format!(", not here but to {url}"));
        match self.taken {
            true => format!("marked by API up to {up_to}{kind}{url}, at {at}{status} ({whose})"),
            false => format!(
                "may be marked by API up to {up_to}{kind}{url}, sent at {at}{status}: no answer says that it was taken ({whose})"
            ),
        }
    }

    /// Of some marks, the one that tells most of a day: the latest that was taken and covers it, else the latest that may.
    pub fn of_day(marks: &[Self], day: PstDay, offset: DayOffset) -> Option<&Self> {
        marks
            .iter()
            .filter(|mark| mark.up_to(offset) >= Some(day))
            .max_by_key(|mark| (mark.taken, mark.url.is_none(), mark.timestamp))
    }
}

impl ApiMark {
    /// Whether it closed days for the project in use, beyond doubt.
    fn closed(&self) -> bool {
        self.taken && self.url.is_none() && self.key.is_none() && self.kind == METRICS
    }
}

impl Wizard {
    /// The signal by the API that covers a day, as far as this machine's ledgers know.
    pub fn mark_of(&self, day: PstDay) -> Option<&ApiMark> {
        ApiMark::of_day(&self.signal.marks, day, self.offset())
    }

    /// The last day that this machine closed by the API.
    pub fn marked_up_to(&self) -> Option<PstDay> {
        let closed = self.signal.marks.iter().filter(|mark| mark.closed());
        closed.filter_map(|mark| mark.up_to(self.offset())).max()
    }

    /// A day's state as the screens show it. A day that nobody has judged is in the future, or before all data: `None`.
    pub fn day_state(&self, day: PstDay) -> Option<DayState> {
        match self.calendar_day(day) {
            Some(found) => Some(self.shown_state(day, found.state)),
            None => self.today().is_some_and(|t| day > t).then_some(DayState::Future),
        }
    }

    /// The days that are ready to signal, oldest first.
    pub fn ready_days(&self) -> impl DoubleEndedIterator<Item = PstDay> {
        let days = self.report.iter().flat_map(|report| &report.calendar.days);
        days.filter_map(|found| {
            let day = PstDay::parse(&found.day).filter(|_| found.state == DayState::Ready)?;
            (self.shown_state(day, found.state) == DayState::Ready).then_some(day)
        })
    }

    /// A judged day's state: the report's, which is the bucket's, but for days that this machine's ledger has as closed by
    /// the API.
    fn shown_state(&self, day: PstDay, state: DayState) -> DayState {
        let Some(mark) = self.mark_of(day).filter(|mark| mark.closed()) else {
            return state;
        };
        let came_after = || {
            [Dataset::Events, Dataset::Metrics]
                .into_iter()
                .filter_map(|dataset| {
                    self.data_day(dataset, day)?
                        .landed_at
                        .as_deref()?
                        .parse::<Timestamp>()
                        .ok()
                })
                .any(|landed| landed > mark.at)
        };
        match state {
            DayState::Ready | DayState::Landed if came_after() => DayState::Late,
            DayState::Ready | DayState::Landed => DayState::Signalled,
            DayState::Empty => DayState::ClosedEmpty,
            other => other,
        }
    }
}
