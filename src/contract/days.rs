//! G7xx, and the days of the calendar.
//!
//! What the survey learned of days and signals comes in as [`Evidence`]; [`judge`] yields the outcomes of G701 and
//! G704-G711, [`calendar`] the states of the days. (G702 and G703 are counted with the rows of `signals/`, in
//! [`super::rows`].) Nothing here reads a clock: the check's time is in the [`super::Context`].
//!
//! - [`evidence`]: what is known of days, files and signals, and what is not
//! - [`closing`]: which days the signals close, and when
//! - [`verdicts`]: the rules
//! - [`states`]: the calendar
//! - `view`: what both see of the evidence: the calendar's data days, and late objects
//! - [`what_if`]: what a signal would do, before it is sent
//! - [`form`]: the type in which a date is written beside the existing signals
//! - [`guard`]: whether a signal may be sent, by what its operator accepts
//! - [`model`]: the calendar's types as they stand in the report
//! - [`saved`]: what a report keeps of the evidence

pub mod closing;
pub mod evidence;
pub mod form;
pub mod guard;
pub mod model;
pub mod saved;
pub mod states;
pub mod verdicts;
mod view;
pub mod what_if;

#[cfg(test)]
mod tests;

pub use evidence::{
    DataFile, DatasetDays, DayData, DayFinding, Evidence, FolderDates, SignalDate, SignalFile,
    SignalsEvidence,
};
pub use model::{CalendarDay, CalendarReport, DataDay};
pub use saved::{CalendarEvidence, FailingDay};
pub use states::{calendar, data_days};
pub use verdicts::judge;

/// Data days more than this many days before today are not days of the calendar.
pub const CALENDAR_DAYS: i64 = 400;
