//! What a report keeps of the calendar's evidence, so that what a signal would do can be told from a saved one.
//!
//! The days themselves, their rows and landing times stand in the report's datasets already. Kept here is what is
//! nowhere else: what could not be read, which days hold what fails, and how folders' dates fit their rows.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    DataDay, DataFile, DatasetDays, DayData, DayFinding, Evidence, FolderDates, SignalDate, SignalFile,
    SignalsEvidence,
};
use crate::{
    calendar::PstDay,
    rule::{Code, Severity, Unit},
};

/// The part of [`Evidence`] that stands nowhere else in a report.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct CalendarEvidence {
    /// Why events may have days besides those listed; `None` when all are known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub events_unknown: Option<String>,
    /// Likewise of metrics.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metrics_unknown: Option<String>,
    /// Why there may be other finished dates than those listed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signals_unknown: Option<String>,
    /// How the dates of the day folders of events fit the rows in them.
    pub folder_dates: FolderDates,
    /// What fails on which day, by day and code. Findings of lesser severity are not kept.
    pub failing: Vec<FailingDay>,
}

/// A rule that fails on a data day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailingDay {
    /// The day.
    pub day: PstDay,
    /// The rule.
    pub code: Code,
    /// What is counted.
    pub unit: Unit,
    /// How many.
    pub count: u64,
}

impl CalendarEvidence {
    /// What is to be kept of the evidence.
    pub fn of(evidence: &Evidence) -> Self {
        let failing = evidence.findings.iter().flat_map(|(day, findings)| {
            findings
                .iter()
                .filter(|found| found.severity == Severity::Fail && found.count > 0)
                .map(|found| FailingDay {
                    day: *day,
                    code: found.code,
                    unit: found.unit,
                    count: found.count,
                })
        });
        Self {
            events_unknown: evidence.events.unknown.clone(),
            metrics_unknown: evidence.metrics.unknown.clone(),
            signals_unknown: evidence.signals.unknown.clone(),
            folder_dates: evidence.events.folder_dates,
            failing: failing.collect(),
        }
    }

    /// The texts that may quote keys.
    pub fn texts(&mut self) -> impl Iterator<Item = &mut String> {
        [
            &mut self.events_unknown,
            &mut self.metrics_unknown,
            &mut self.signals_unknown,
        ]
        .into_iter()
        .flatten()
    }

    /// The evidence again, as far as [`super::what_if`] looks at it: days with rows and landing times, finished dates,
    /// what fails, what is unknown. Single objects and the times of signal files are not kept.
    ///
    /// Days that are no dates are left out; a report comes from outside.
    pub fn restored(
        &self,
        events: &[DataDay],
        metrics: &[DataDay],
        finished: impl IntoIterator<Item = PstDay>,
    ) -> Evidence {
        let dates: Vec<SignalDate> = finished
            .into_iter()
            .map(|day| SignalDate {
                day,
                rows: 1,
                first_row: 0,
            })
            .collect();
        let rows = dates.len() as u64;
        let file = SignalFile {
            rows_read: rows,
            dates,
            ..SignalFile::default()
        };
        let mut findings: BTreeMap<PstDay, Vec<DayFinding>> = BTreeMap::new();
        for found in &self.failing {
            findings.entry(found.day).or_default().push(DayFinding {
                code: found.code,
                severity: Severity::Fail,
                unit: found.unit,
                count: found.count,
            });
        }
        Evidence {
            events: DatasetDays {
                folder_dates: self.folder_dates,
                ..dataset(events, self.events_unknown.clone())
            },
            metrics: dataset(metrics, self.metrics_unknown.clone()),
            signals: SignalsEvidence {
                objects: u64::from(rows > 0),
                files: if rows > 0 { vec![file] } else { Vec::new() },
                rows,
                unknown: self.signals_unknown.clone(),
                blocked_by: None,
            },
            findings,
        }
    }
}

fn dataset(days: &[DataDay], unknown: Option<String>) -> DatasetDays {
    let days: BTreeMap<PstDay, DayData> = days
        .iter()
        .filter_map(|day| Some((PstDay::parse(&day.day)?, day_data(day))))
        .collect();
    let files = days.values().map(|day| day.files.len() as u64).sum();
    DatasetDays {
        objects: files,
        files,
        days,
        unknown,
        unread: None,
        folder_dates: FolderDates::default(),
    }
}

/// One file stands for all of a day: the newest, which tells when the day landed.
fn day_data(day: &DataDay) -> DayData {
    let instant = |text: &Option<String>| text.as_deref().and_then(|text| text.parse::<Timestamp>().ok());
    DayData {
        rows: day.rows,
        rows_checked: 0,
        metric_names: day.metric_names,
        metric_names_at_least: day.metric_names_at_least,
        first: instant(&day.first),
        last: instant(&day.last),
        files: vec![DataFile {
            key: "".into(),
            modified: instant(&day.landed_at),
        }],
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests;
