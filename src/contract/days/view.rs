//! What the rules and the states see of the evidence.

use std::collections::{BTreeMap, BTreeSet};

use super::{CALENDAR_DAYS, DataFile, DatasetDays, DayData, Evidence, closing::Closing};
use crate::{
    calendar::PstDay,
    contract::{Context, SignalVia},
    rule::{Code, Outcome, Severity, Subject, Unit},
};

/// The evidence, with what follows from it at once.
pub(super) struct View<'a> {
    pub ctx: &'a Context,
    pub evidence: &'a Evidence,
    pub today: PstDay,
    /// The oldest day of the calendar.
    pub oldest: PstDay,
    pub closing: Closing,
    /// The calendar's data days, of either dataset; future ones too.
    pub data: BTreeSet<PstDay>,
    /// Days with a signal of their own that was written before they were over (G705).
    pub signalled_early: BTreeSet<PstDay>,
}

/// What became of a search through data objects.
#[derive(Default)]
pub(super) struct LateObjects<'a> {
    /// Objects newer than the signal that closed their day, by key, with the first such day.
    pub late: BTreeMap<&'a str, (PstDay, &'a DataFile)>,
    /// The days that have such objects.
    pub days: BTreeSet<PstDay>,
    /// Objects of signalled days.
    pub of: u64,
    /// Those whose times are known.
    pub checked: u64,
}

impl<'a> View<'a> {
    pub fn new(ctx: &'a Context, evidence: &'a Evidence) -> Self {
        let today = ctx.today();
        let oldest = today.plus(-CALENDAR_DAYS).unwrap_or(PstDay::MIN);
        let mut data = BTreeSet::new();
        for dataset in [&evidence.events, &evidence.metrics] {
            data.extend(dataset.days.range(oldest..).map(|(day, _)| *day));
        }
        let mut signalled_early = BTreeSet::new();
        for file in &evidence.signals.files {
            let days = file.dates.iter().map(|date| date.day);
            signalled_early.extend(days.filter(|day| file.is_before_end_of(*day, ctx.offset)));
        }
        Self {
            ctx,
            evidence,
            today,
            oldest,
            closing: Closing::of(&evidence.signals),
            data,
            signalled_early,
        }
    }

    /// Whether days are signalled by the API and not by files as well.
    pub fn by_api_alone(&self) -> bool {
        let signals = &self.evidence.signals;
        self.ctx.signal_via == Some(SignalVia::Api) && signals.files.is_empty() && signals.unknown.is_none()
    }

    /// Both datasets with their folders' names.
    pub fn datasets(&self) -> [(&'static str, &'a DatasetDays); 2] {
        [
            ("events/", &self.evidence.events),
            ("metrics/", &self.evidence.metrics),
        ]
    }

    /// Why there may be data days besides those known.
    pub fn data_unknown(&self) -> Option<&'a str> {
        let Evidence { events, metrics, .. } = self.evidence;
        events.unknown.as_deref().or(metrics.unknown.as_deref())
    }

    /// Why there may be signals besides those known.
    pub fn signals_unknown(&self) -> Option<&'a str> {
        self.evidence.signals.unknown.as_deref()
    }

    /// Why anything at all may be there besides what is known.
    pub fn anything_unknown(&self) -> Option<&'a str> {
        self.signals_unknown().or(self.data_unknown())
    }

    /// Why it is not known what the rows of a day break.
    pub fn rows_unread(&self, day: PstDay) -> Option<&'a str> {
        let has_rows = |dataset: &&DatasetDays| dataset.days.contains_key(&day);
        let datasets = self.datasets().map(|(_, dataset)| dataset);
        datasets
            .into_iter()
            .filter(has_rows)
            .find_map(|dataset| dataset.unread.as_deref())
    }

    /// What each dataset has of a day.
    pub fn of_day(&self, day: PstDay) -> impl Iterator<Item = &'a DayData> {
        let Evidence { events, metrics, .. } = self.evidence;
        [events.days.get(&day), metrics.days.get(&day)]
            .into_iter()
            .flatten()
    }

    /// Days that count as closed though they have no data (G706), oldest first.
    pub fn gaps(&self) -> impl Iterator<Item = PstDay> {
        self.days_from_first_data()
            .filter(|day| !self.data.contains(day) && self.closing.closes(*day))
    }

    /// Every day from the first data day to today.
    pub fn days_from_first_data(&self) -> impl DoubleEndedIterator<Item = PstDay> + use<> {
        let first = self.data.first().copied();
        let today = self.today;
        first.into_iter().flat_map(move |first| first.through(today))
    }

    /// Whether one of events and metrics has the day and the other, though in use, has not (G710): the folder without.
    pub fn lacking_half(&self, day: PstDay) -> Option<(&'static str, &'a DatasetDays)> {
        let [(events_name, events), (metrics_name, metrics)] = self.datasets();
        if !self.both_in_use() || day < self.oldest {
            return None;
        }
        match (events.days.contains_key(&day), metrics.days.contains_key(&day)) {
            (true, false) => Some((metrics_name, metrics)),
            (false, true) => Some((events_name, events)),
            _ => None,
        }
    }

    /// Whether events and metrics both have days.
    pub fn both_in_use(&self) -> bool {
        self.datasets()
            .iter()
            .all(|(_, dataset)| !dataset.days.is_empty())
    }

    /// The rules of severity `fail` that rows of a day violate, with the rows.
    pub fn failing_rows(&self, day: PstDay) -> Vec<(Code, Unit, u64)> {
        self.failing(day, |unit| unit == Unit::Rows)
    }

    /// The rules of severity `fail` that anything of a day violates, with the count.
    pub fn failing_at_all(&self, day: PstDay) -> Vec<(Code, Unit, u64)> {
        self.failing(day, |_| true)
    }

    fn failing(&self, day: PstDay, of: impl Fn(Unit) -> bool) -> Vec<(Code, Unit, u64)> {
        let mut found: BTreeMap<Code, (Unit, u64)> = BTreeMap::new();
        for finding in self.evidence.findings.get(&day).into_iter().flatten() {
            if finding.severity == Severity::Fail && finding.count > 0 && of(finding.unit) {
                let (_, count) = found.entry(finding.code).or_insert((finding.unit, 0));
                *count = count.saturating_add(finding.count);
            }
        }
        found
            .into_iter()
            .map(|(code, (unit, count))| (code, unit, count))
            .collect()
    }

    /// Objects that are newer than the signal that closed their day (G707).
    pub fn late_objects(&self) -> LateObjects<'a> {
        let mut found = LateObjects::default();
        // A file outside of day folders stands under several days, but is one object.
        let mut seen: BTreeMap<&str, bool> = BTreeMap::new();
        for (_, dataset) in self.datasets() {
            for (day, data) in dataset.days.range(self.oldest..) {
                let Some(closed) = self.closing.of_day(*day) else {
                    break; // No signal of that or a later date: neither for the days after.
                };
                for file in &data.files {
                    let late = match (file.modified, closed.earliest) {
                        (Some(modified), Some(earliest)) if modified > earliest => Some(true),
                        (Some(_), Some(_)) if !closed.uncertain => Some(false),
                        _ => None,
                    };
                    let judged = seen.entry(&file.key).or_insert(true);
                    *judged &= late.is_some();
                    if late == Some(true) {
                        found.late.entry(&file.key).or_insert((*day, file));
                        found.days.insert(*day);
                    }
                }
            }
        }
        found.of = as_count(seen.len());
        found.checked = as_count(
            seen.iter()
                .filter(|(key, judged)| **judged || found.late.contains_key(*key))
                .count(),
        );
        found
    }

    /// The outcome of a rule about signalled days when no finished date could be read; `None` when one was.
    pub fn without_dates(&self, code: Code) -> Option<Outcome> {
        if self.closing.last().is_some() {
            return None;
        }
        Some(self.without_rows(code).unwrap_or_else(|| {
            let signals = &self.evidence.signals;
            let null: u64 = signals.files.iter().map(|file| file.null_rows).sum();
            let (by, what) = if null >= signals.rows {
                (Code::new("G702"), "every `finished_date` is null")
            } else {
                (Code::new("G703"), "no `finished_date` could be read")
            };
            Outcome::skipped(code, Subject::Calendar, by, what)
        }))
    }

    /// The outcome of a rule about rows of signals when there are none to judge; `None` when there are.
    pub fn without_rows(&self, code: Code) -> Option<Outcome> {
        let signals = &self.evidence.signals;
        let skipped = |by: Code, what: &str| Some(Outcome::skipped(code, Subject::Calendar, by, what));
        if signals.files.iter().any(|file| file.rows_read > 0) {
            return None;
        }
        if let Some(why) = self.signals_unknown() {
            return Some(Outcome::unknown(code, Subject::Calendar, why));
        }
        if self.by_api_alone() {
            return skipped(
                Code::new("G701"),
                "days are signalled by the API, which can't be read back",
            );
        }
        if signals.objects == 0 {
            return skipped(Code::new("L301"), "signals/ has no object");
        }
        if signals.files.is_empty() {
            return skipped(Code::new("G701"), "signals/ has no Parquet file");
        }
        if let Some(by) = signals.blocked_by {
            return skipped(by, "`finished_date` can't be read in any file");
        }
        if signals.rows == 0 {
            return skipped(Code::new("S411"), "the files in signals/ have no rows");
        }
        Some(Outcome::unknown(
            code,
            Subject::Calendar,
            "the rows of signals/ were not read",
        ))
    }

    /// The outcome of a rule about data days when none is known; `None` when one is.
    pub fn without_data(&self, code: Code) -> Option<Outcome> {
        let datasets = self.datasets();
        if datasets.iter().any(|(_, dataset)| !dataset.days.is_empty()) {
            return None;
        }
        if let Some(why) = self.data_unknown() {
            return Some(Outcome::unknown(code, Subject::Calendar, why));
        }
        let skipped = |by: Code, what: &str| Some(Outcome::skipped(code, Subject::Calendar, by, what));
        if datasets.iter().all(|(_, dataset)| dataset.objects == 0) {
            return skipped(Code::new("L301"), "neither events/ nor metrics/ has an object");
        }
        if datasets.iter().any(|(_, dataset)| dataset.files > 0) {
            return skipped(Code::new("S411"), "no file has rows of a day that could be told");
        }
        skipped(
            Code::new("L301"),
            "neither events/ nor metrics/ has a Parquet file",
        )
    }

    /// How many data days are known, those too old for the calendar included: what a rule over days looked at.
    pub fn days_looked_at(&self) -> u64 {
        let [(_, events), (_, metrics)] = self.datasets();
        let only_metrics = metrics.days.keys().filter(|day| !events.days.contains_key(day));
        as_count(events.days.len().saturating_add(only_metrics.count()))
    }
}

/// A length as a count.
pub(super) fn as_count(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}
