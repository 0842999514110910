//! The calendar's cursor: a day, moved by days, weeks and months, or to the next day with a finding.

use super::state::Wizard;
use crate::{
    calendar::{Month, PstDay},
    report::{CalendarDay, DataDay, DayState},
    rule::Dataset,
};

impl Wizard {
    /// The day under the calendar's cursor: the chosen one, else the newest that is ready to signal, else yesterday.
    pub fn day(&self) -> Option<PstDay> {
        self.day
            .or_else(|| {
                let days = &self.report.as_ref()?.calendar.days;
                days.iter()
                    .rev()
                    .find(|d| d.state == DayState::Ready)
                    .and_then(|d| PstDay::parse(&d.day))
                    .or_else(|| self.today().and_then(|t| t.plus(-1)))
                    .or_else(|| days.last().and_then(|d| PstDay::parse(&d.day)))
            })
            .or_else(|| self.today())
    }

    /// Today in PST by the check's clock, else by the time of day.
    pub fn today(&self) -> Option<PstDay> {
        self.report
            .as_ref()
            .and_then(|r| r.calendar.today.as_deref())
            .and_then(PstDay::parse)
            .or_else(|| PstDay::of(self.now()?, self.offset()))
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

    pub(super) fn move_day(&mut self, days: i64) {
        if let Some(to) = self.day().and_then(|d| d.plus(days)) {
            self.day = Some(to);
        }
    }

    pub(super) fn move_month(&mut self, months: i32) {
        let Some(day) = self.day() else { return };
        let Some(month) = Month::of(day).plus(months) else {
            return;
        };
        let wanted = i64::from(day.date().day()) - 1;
        self.day = month.first().plus(wanted).map(|d| d.min(month.last()));
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
        self.day = next.copied().or(self.day);
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
