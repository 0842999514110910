//! What the survey learned of days and signals, as the calendar's rules take it.

use std::{collections::BTreeMap, sync::Arc};

use super::state::{Folder, Rows};
use crate::{
    calendar::PstDay,
    contract::{
        days::{
            DataFile, DatasetDays, DayData, DayFinding, Evidence, FolderDates, SignalDate, SignalFile,
            SignalsEvidence,
        },
        rows::{RowFacts, table::RowRule},
        schema::FooterFailure,
    },
    report::Judge,
    rule::{Code, Severity, Unit},
};

const S401: Code = Code::new("S401");
const S408: Code = Code::new("S408");
const S412: Code = Code::new("S412");

/// All evidence, as far as the run has got.
pub(super) fn evidence(judge: &Judge, events: &Folder, metrics: &Folder, signals: &Folder) -> Evidence {
    let mut findings: BTreeMap<PstDay, BTreeMap<Code, DayFinding>> = BTreeMap::new();
    let days = [events, metrics].map(|folder| {
        let days = dataset(folder);
        note_findings(judge, folder, &mut findings);
        days
    });
    let [events, metrics] = days;
    Evidence {
        events,
        metrics,
        signals: signals_evidence(signals),
        findings: findings
            .into_iter()
            .map(|(day, findings)| (day, findings.into_values().collect()))
            .collect(),
    }
}

/// The days of one dataset.
pub(super) fn dataset(folder: &Folder) -> DatasetDays {
    let mut days: BTreeMap<PstDay, DayData> = BTreeMap::new();
    let nothing = RowFacts::default();
    let facts = folder.rows.facts().unwrap_or(&nothing);
    let mut outside_rows = 0u64;
    for (file, footer) in folder.footers.judged.files.iter().enumerate() {
        let Some((listed, place)) = folder.object(file) else {
            continue;
        };
        if footer.rows == 0 {
            continue;
        }
        match place.folder_day {
            Some(day) => {
                let day = days.entry(day).or_default();
                day.rows = day.rows.saturating_add(footer.rows);
                day.files.push(DataFile {
                    key: listed.key.as_str().into(),
                    modified: listed.modified,
                });
            }
            None => outside_rows = outside_rows.saturating_add(footer.rows),
        }
    }
    for (day, seen) in &facts.days {
        let day = days.entry(*day).or_default();
        // Rows as read say more than footers only where files lie outside of day folders.
        day.rows = day.rows.max(seen.rows);
        day.rows_checked = seen.rows;
        day.metric_names = seen.names;
        day.metric_names_at_least = seen.names.is_some()
            && (seen.names_at_least || seen.rows < day.rows || (outside_rows > 0 && !folder.rows.read_all()));
        day.first = seen.first;
        day.last = seen.last;
        day.files.extend(seen.files.iter().map(|key| DataFile {
            key: Arc::clone(key),
            modified: folder.modified(key),
        }));
    }
    DatasetDays {
        objects: folder.objects.listing.objects.len() as u64,
        files: folder.footers.judged.files.len() as u64,
        unknown: unknown(folder, &days, outside_rows),
        unread: (matches!(folder.rows, Rows::NotYet) && folder.has_rows_to_read())
            .then(|| format!("the rows of {} were not read", folder.objects.dataset.folder())),
        days,
        folder_dates: FolderDates {
            rows: facts.folder_rows.rows,
            outside: facts.folder_rows.outside,
            utc: facts.folder_rows.utc,
        },
    }
}

/// Why there may be other data days than those known.
fn unknown(folder: &Folder, days: &BTreeMap<PstDay, DayData>, outside_rows: u64) -> Option<String> {
    let name = folder.objects.dataset.folder();
    if let Some(cause) = folder.objects.listing.cause() {
        return Some(format!("{name} is not wholly listed ({cause})"));
    }
    if let Some(cause) = &folder.footers.judged.incomplete {
        return Some(cause.clone());
    }
    // A file of which nothing is known hides a day, unless its day is known by other files.
    let hidden = folder.footers.judged.failures.iter().find(|(key, _)| {
        folder
            .place_of(key)
            .and_then(|place| place.folder_day)
            .is_none_or(|day| !days.contains_key(&day))
    });
    if let Some((key, failure)) = hidden {
        return Some(format!("{} {failure}", key.escape_debug()));
    }
    if outside_rows > 0 && !folder.rows.read_all() {
        return Some(match &folder.rows {
            Rows::Read(_) => format!("the rows of {name} outside of day folders were not all read"),
            _ => format!("the rows of {name} outside of day folders were not read"),
        });
    }
    None
}

fn signals_evidence(folder: &Folder) -> SignalsEvidence {
    let nothing = RowFacts::default();
    let facts = folder.rows.facts().unwrap_or(&nothing);
    let files = folder
        .footers
        .judged
        .files
        .iter()
        .enumerate()
        .filter_map(|(file, footer)| {
            let (listed, _) = folder.object(file)?;
            let seen = facts.signals.get(&*footer.key);
            Some(SignalFile {
                key: listed.key.as_str().into(),
                modified: listed.modified,
                rows_read: seen.map_or(0, |seen| seen.rows_read),
                null_rows: seen.map_or(0, |seen| seen.null_rows),
                dates: seen.map_or_else(Vec::new, |seen| {
                    seen.dates
                        .iter()
                        .map(|(day, (rows, first_row))| SignalDate {
                            day: *day,
                            rows: *rows,
                            first_row: *first_row,
                        })
                        .collect()
                }),
            })
        })
        .collect();
    let judged = &folder.footers.judged;
    let unknown = if let Some(cause) = folder.objects.listing.cause() {
        Some(format!("signals/ is not wholly listed ({cause})"))
    } else if let Some(cause) = &judged.incomplete {
        Some(cause.clone())
    } else if let Some((key, failure)) = judged.failures.first() {
        Some(format!("{} {failure}", key.escape_debug()))
    } else if folder.has_rows_to_read() && !folder.rows.read_all() {
        Some("the rows of signals/ were not all read".into())
    } else {
        None
    };
    let blocked = folder
        .plans
        .iter()
        .map(|(_, plan)| plan.blocked_by(RowRule::G702));
    SignalsEvidence {
        objects: folder.objects.listing.objects.len() as u64,
        files,
        // Rows of files whose dates can't be judged are not among those that were to be judged.
        rows: judged
            .files
            .iter()
            .zip(folder.plans.iter())
            .filter(|(_, (_, plan))| plan.blocked_by(RowRule::G702).is_none())
            .map(|(footer, _)| footer.rows)
            .fold(0, u64::saturating_add),
        unknown,
        // Each file is blocked, and the first says by what.
        blocked_by: blocked
            .collect::<Option<Vec<_>>>()
            .and_then(|codes| codes.first().copied()),
    }
}

/// The findings of rows and files, by the data days that they touch.
fn note_findings(
    judge: &Judge,
    folder: &Folder,
    findings: &mut BTreeMap<PstDay, BTreeMap<Code, DayFinding>>,
) {
    let mut note = |day: PstDay, code: Code, usual: Option<Severity>, unit: Unit, count: u64| {
        let Some(severity) = judge.severity(code, usual).filter(|s| *s != Severity::Off) else {
            return;
        };
        let found = findings
            .entry(day)
            .or_default()
            .entry(code)
            .or_insert(DayFinding {
                code,
                severity,
                unit,
                count: 0,
            });
        found.count = found.count.saturating_add(count);
        found.severity = found.severity.max(severity);
    };
    let nothing = RowFacts::default();
    let facts = folder.rows.facts().unwrap_or(&nothing);
    for (day, seen) in &facts.days {
        for (code, count) in &seen.findings {
            note(*day, *code, None, Unit::Rows, *count);
        }
    }
    let days_of = |key: &str| -> Vec<PstDay> {
        match folder.place_of(key).and_then(|place| place.folder_day) {
            Some(day) => vec![day],
            None => facts
                .days
                .iter()
                .filter(|(_, seen)| seen.files.contains(key))
                .map(|(day, _)| *day)
                .collect(),
        }
    };
    for (file, footer) in folder.footers.judged.files.iter().enumerate() {
        let mut codes: BTreeMap<Code, Severity> = BTreeMap::new();
        if let Some((template, _)) = folder.plans.get(file) {
            for (code, severity) in &template.findings {
                codes.insert(*code, *severity);
            }
        }
        if !footer.shape.unsupported.is_empty() {
            codes.insert(S408, Severity::Fail);
        }
        if folder.rows.bad_pages(file) {
            codes.insert(S412, Severity::Fail);
        }
        if codes.is_empty() {
            continue;
        }
        for day in days_of(&footer.key) {
            for (code, severity) in &codes {
                note(day, *code, Some(*severity), Unit::Files, 1);
            }
        }
    }
    for (key, failure) in &folder.footers.judged.failures {
        if FooterFailure::is_finding(failure) {
            for day in days_of(key) {
                note(day, S401, None, Unit::Files, 1);
            }
        }
    }
}

/// The finished dates of the signals dataset, oldest first.
pub(super) fn finished_dates(folder: &Folder) -> Vec<String> {
    let mut days: Vec<PstDay> = folder
        .rows
        .facts()
        .into_iter()
        .flat_map(|facts| facts.signals.values())
        .flat_map(|seen| seen.dates.keys().copied())
        .collect();
    days.sort_unstable();
    days.dedup();
    days.into_iter().map(|day| day.to_string()).collect()
}
