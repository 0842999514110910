//! What a signal would do, told from a report: the evidence and the context that [`what_if`] takes.

use jiff::Timestamp;

use super::model::{DataDay, Report};
use crate::{
    calendar::{DayOffset, PstDay},
    contract::{
        Context,
        days::{
            Evidence,
            what_if::{Candidate, WhatIf, what_if},
        },
    },
    rule::Dataset,
};

impl Report {
    /// What the rules knew besides the data: the report's clock, the project's days and its way of signalling. Id types
    /// are not kept in a report.
    pub fn context(&self) -> Context {
        Context {
            offset: DayOffset::from_hours(self.mode.day_offset_hours).unwrap_or_default(),
            signal_via: self.mode.signal_via,
            ..Context::at(self.created_at.parse::<Timestamp>().unwrap_or_default())
        }
    }

    /// What is known of days and signals, as far as [`what_if`] looks at it. `None` where the run never got to the
    /// days, and in reports of versions that did not keep it: then nothing can be said of a signal.
    pub fn evidence(&self) -> Option<Evidence> {
        let kept = self.calendar.evidence.as_ref()?;
        let days = |dataset: Dataset| -> &[DataDay] {
            self.datasets
                .get(&dataset)
                .map_or(&[], |dataset| dataset.days.as_slice())
        };
        Some(kept.restored(
            days(Dataset::Events),
            days(Dataset::Metrics),
            self.finished_dates(),
        ))
    }

    /// The readable dates of the signals dataset, oldest first.
    pub fn finished_dates(&self) -> Vec<PstDay> {
        let signals = self.datasets.get(&Dataset::Signals);
        signals
            .into_iter()
            .flat_map(|signals| &signals.finished_dates)
            .filter_map(|day| PstDay::parse(day))
            .collect()
    }

    /// What a signal would do at an instant, by what this report knows; `None` as for [`Report::evidence`].
    pub fn what_if(&self, now: Timestamp, candidate: &Candidate) -> Option<WhatIf> {
        let context = Context {
            now,
            ..self.context()
        };
        Some(what_if(&context, &self.evidence()?, candidate))
    }
}
