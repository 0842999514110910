//! The calendar's cursor: a day, moved by days, weeks and months, or to the next day with a finding; the range of days
//! between it and its other end; and what a signal of them would do.

use super::{
    state::{Notice, Wizard},
    step::Step,
};
use crate::{
    calendar::{Month, PstDay},
    contract::{
        SignalVia,
        days::what_if::{Candidate, WhatIf},
    },
    report::{CalendarDay, DataDay, DayState},
    rule::Dataset,
};

/// A range holds no more days than that: as many as the calendar looks back.
const LONGEST_RANGE: i64 = crate::contract::days::CALENDAR_DAYS;

impl Wizard {
    /// The day under the calendar's cursor: the chosen one, else the newest that is ready to signal, else yesterday.
    pub fn day(&self) -> Option<PstDay> {
        self.day
            .or_else(|| {
                let days = &self.report.as_ref()?.calendar.days;
                self.ready_days()
                    .next_back()
                    .or_else(|| self.today().and_then(|t| t.plus(-1)))
                    .or_else(|| days.last().and_then(|d| PstDay::parse(&d.day)))
            })
            .or_else(|| self.today())
    }

    /// Today in PST by the time of day, else by the check's clock.
    pub fn today(&self) -> Option<PstDay> {
        let by_clock = self.now().and_then(|now| PstDay::of(now, self.offset()));
        by_clock.or_else(|| PstDay::parse(self.report.as_ref()?.calendar.today.as_deref()?))
    }

    /// The month that is shown.
    pub fn month(&self) -> Option<Month> {
        self.day().map(Month::of)
    }

    /// What the report says of a day.
    pub fn calendar_day(&self, day: PstDay) -> Option<&CalendarDay> {
        let text = day.to_string();
        self.report.as_ref()?.calendar.days.iter().find(|d| d.day == text)
    }

    /// A dataset's data of a day.
    pub fn data_day(&self, dataset: Dataset, day: PstDay) -> Option<&DataDay> {
        let text = day.to_string();
        self.report
            .as_ref()?
            .datasets
            .get(&dataset)?
            .days
            .iter()
            .find(|d| d.day == text)
    }

    /// The chosen days as their first and last: the range, or the day under the cursor alone.
    pub fn selection(&self) -> Option<(PstDay, PstDay)> {
        let day = self.day()?;
        let other = self.signal.anchor.unwrap_or(day);
        Some((day.min(other), day.max(other)))
    }

    /// The chosen days, oldest first.
    pub fn selected_days(&self) -> Vec<PstDay> {
        self.selection()
            .map(|(first, last)| first.through(last).collect())
            .unwrap_or_default()
    }

    /// Whether a range of days is chosen.
    pub fn has_range(&self) -> bool {
        self.signal.anchor.is_some()
    }

    /// Whether Esc drops the range: it is chosen and in sight.
    pub(super) fn drops_range(&self) -> bool {
        self.has_range() && self.step == Step::Calendar
    }

    /// Whether `signals/` has objects.
    pub(super) fn has_signal_files(&self) -> bool {
        let datasets = self.report.as_ref().map(|report| &report.datasets);
        datasets
            .and_then(|datasets| datasets.get(&Dataset::Signals))
            .is_some_and(|signals| signals.objects > 0)
    }

    /// What signalling the chosen days would do, by the way that days are signalled. `None` where the run has not got
    /// to the days, or the time is not known.
    pub fn what_if(&self) -> Option<WhatIf> {
        self.what_if_of(&self.candidate(&self.selected_days())?)
    }

    /// The signal of some days: their dates, or by the API the end of the last. `None` for no day, and for days at the
    /// edge of the year 9999.
    pub(super) fn candidate(&self, days: &[PstDay]) -> Option<Candidate> {
        let last = days.last()?;
        Some(match self.signal_via() {
            Some(SignalVia::Api) => Candidate::Timestamp {
                second: last.end(self.offset())?.as_second(),
                marked: self.signal.api.as_ref().and_then(|api| api.marked),
            },
            Some(SignalVia::Files) | None => Candidate::Dates(days.to_vec()),
        })
    }

    pub(super) fn what_if_of(&self, candidate: &Candidate) -> Option<WhatIf> {
        let report = self.report.as_ref()?;
        report.what_if(self.now()?, candidate)
    }

    /// Starts a range at the cursor, or ends it: then the cursor's day alone is chosen.
    pub(super) fn turn_range(&mut self) {
        self.signal.anchor = match self.signal.anchor {
            Some(_) => None,
            None => self.day(),
        };
        self.day = self.day();
    }

    pub(super) fn move_day(&mut self, days: i64) {
        if let Some(to) = self.day().and_then(|d| d.plus(days)) {
            self.go_to_day(to);
        }
    }

    /// Moves the cursor; a range that would get too long is dropped, and says so.
    fn go_to_day(&mut self, to: PstDay) {
        self.day = Some(to);
        if let Some(anchor) = self.signal.anchor
            && (to.epoch_day() - anchor.epoch_day()).abs() >= LONGEST_RANGE
        {
            self.signal.anchor = None;
            self.notice = Some(Notice::No(format!(
                "A range holds at most {LONGEST_RANGE} days; it was dropped."
            )));
        }
    }

    pub(super) fn move_month(&mut self, months: i32) {
        let Some(day) = self.day() else { return };
        let Some(month) = Month::of(day).plus(months) else {
            return;
        };
        let wanted = i64::from(day.date().day()) - 1;
        if let Some(to) = month.first().plus(wanted) {
            self.go_to_day(to.min(month.last()));
        }
    }

    pub(super) fn has_day_findings(&self) -> bool {
        self.report
            .as_ref()
            .is_some_and(|r| r.calendar.days.iter().any(day_is_finding))
    }

    /// Moves to the next (or previous) day with a finding, around the ends.
    pub(super) fn move_day_finding(&mut self, forward: bool) {
        let Some(report) = &self.report else { return };
        let found: Vec<PstDay> = report
            .calendar
            .days
            .iter()
            .filter(|d| day_is_finding(d))
            .filter_map(|d| PstDay::parse(&d.day))
            .collect();
        let here = self.day();
        let next = if forward {
            found.iter().find(|d| Some(**d) > here).or(found.first())
        } else {
            found.iter().rev().find(|d| Some(**d) < here).or(found.last())
        };
        if let Some(to) = next.copied() {
            self.go_to_day(to);
        }
    }
}

/// Whether a day is worth stopping at.
pub fn day_is_finding(day: &CalendarDay) -> bool {
    !day.codes.is_empty()
        || matches!(
            day.state,
            DayState::Late | DayState::ClosedEmpty | DayState::Landed
        )
}
