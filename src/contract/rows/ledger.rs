//! What is counted: rows by rule, by day, and the few that are shown.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;
use std::sync::Arc;

use hashbrown::HashMap;
use jiff::Timestamp;

use super::facts::{DayFacts, FolderRows};
use super::plan::{Column, FilePlan};
use super::samples::Samples;
use super::table::{RULES, RowRule};
use crate::calendar::PstDay;
use crate::rule::Sample;

/// Counts of one thread, and where the batch at hand stands.
#[derive(Debug)]
pub(super) struct Ledger {
    counts: [u64; RULES],
    checked: [u64; RULES],
    samples: Vec<Samples>,
    /// By rule, the row from which on the file at hand needs no more samples.
    offers_below: [u64; RULES],
    pub(super) days: DayBook,
    key: Arc<str>,
    rows: RowNumbers,
    /// The day of every row of the batch, or of each.
    folder_slot: Option<u32>,
    slots: Vec<u32>,
    /// Days of rows that were asked for lately, and their slots, of the file at hand.
    recent: [(i64, Option<u32>); RECENT],
}

/// Days that are remembered of a file.
const RECENT: usize = 16;
/// A day that no row has.
const NEVER: i64 = i64::MIN;

/// The numbers of a batch's rows in their file.
#[derive(Clone, Debug)]
pub(super) enum RowNumbers {
    /// One after the other from this on.
    From(u64),
    /// Each its own.
    Chosen(Vec<u64>),
}

impl RowNumbers {
    #[inline]
    pub(super) fn row(&self, at: usize) -> u64 {
        match self {
            Self::From(first) => first.saturating_add(at as u64),
            Self::Chosen(rows) => rows.get(at).copied().unwrap_or(u64::MAX),
        }
    }
}

impl Ledger {
    pub(super) fn new(today: PstDay) -> Self {
        Self {
            counts: [0; RULES],
            checked: [0; RULES],
            samples: vec![Samples::default(); RULES],
            offers_below: [0; RULES],
            days: DayBook::new(today),
            key: Arc::from(""),
            rows: RowNumbers::From(0),
            folder_slot: None,
            slots: Vec::new(),
            recent: [(NEVER, None); RECENT],
        }
    }

    /// The rows that follow are of this file.
    pub(super) fn file(&mut self, plan: &FilePlan) {
        self.key = Arc::clone(&plan.key);
        self.offers_below = [u64::MAX; RULES];
        self.folder_slot = plan.folder_day.map(|day| self.days.folder(day));
        self.recent = [(NEVER, None); RECENT];
    }

    /// A batch begins.
    pub(super) fn batch(&mut self, plan: &FilePlan, rows: RowNumbers, count: usize) {
        self.rows = rows;
        self.slots.clear();
        match self.folder_slot {
            Some(slot) => self.days.add_rows(slot, count as u64),
            None => self.slots.resize(count, NO_DAY),
        }
        for rule in RowRule::of(plan.dataset) {
            if plan.blocked_by(rule).is_none()
                && let Some(checked) = self.checked.get_mut(rule.index())
            {
                *checked += count as u64;
            }
        }
    }

    /// The number of a row in its file.
    #[inline]
    pub(super) fn row(&self, at: usize) -> u64 {
        self.rows.row(at)
    }

    /// A row breaks a rule.
    pub(super) fn hit(
        &mut self,
        rule: RowRule,
        at: usize,
        column: Column,
        value: impl FnOnce() -> Option<Box<str>>,
    ) {
        if let Some(count) = self.counts.get_mut(rule.index()) {
            *count += 1;
        }
        let slot = match self.folder_slot {
            Some(slot) => slot,
            None => self.slots.get(at).copied().unwrap_or(NO_DAY),
        };
        self.days.find(slot, rule);
        let row = self.rows.row(at);
        let index = rule.index();
        if let (Some(below), Some(samples)) = (self.offers_below.get_mut(index), self.samples.get_mut(index))
            && row < *below
        {
            *below = samples.offer(&self.key, row, Some(column), value);
        }
    }

    /// Rows of the batch belong to a day, where their file is in no day folder.
    #[inline]
    pub(super) fn belong(&mut self, from: usize, to: usize, day: Option<u32>) {
        if self.folder_slot.is_some() {
            return;
        }
        let slot = day.unwrap_or(NO_DAY);
        if let Some(slots) = self.slots.get_mut(from..to) {
            slots.fill(slot);
            self.days.add_rows(slot, (to - from) as u64);
        }
    }

    /// The place of a day that rows themselves say, for [`Ledger::belong`]; the folder's own where there is one.
    pub(super) fn slot_of(&mut self, day: i64) -> Option<u32> {
        if self.folder_slot.is_some() {
            return self.folder_slot;
        }
        let recent = self.recent.get_mut(day.rem_euclid(RECENT as i64) as usize)?;
        if recent.0 != day || day == NEVER {
            *recent = (day, self.days.of_rows(day, &self.key));
        }
        recent.1
    }

    pub(super) fn merge(&mut self, other: Self) {
        for (mine, theirs) in self.counts.iter_mut().zip(other.counts) {
            *mine += theirs;
        }
        for (mine, theirs) in self.checked.iter_mut().zip(other.checked) {
            *mine += theirs;
        }
        for (mine, theirs) in self.samples.iter_mut().zip(other.samples) {
            mine.merge(theirs);
        }
        self.days.merge(other.days);
        // Slots may have moved; a file must be told anew.
        self.folder_slot = None;
    }

    pub(super) fn count(&self, rule: RowRule) -> u64 {
        self.counts.get(rule.index()).copied().unwrap_or(0)
    }

    pub(super) fn checked(&self, rule: RowRule) -> u64 {
        self.checked.get(rule.index()).copied().unwrap_or(0)
    }

    pub(super) fn samples(&self, rule: RowRule) -> Vec<Sample> {
        self.samples
            .get(rule.index())
            .map(Samples::chosen)
            .unwrap_or_default()
    }
}

/// Days that rows themselves may found: from ten years before today to 400 days after.
pub(super) fn kept_days(today: i64) -> RangeInclusive<i64> {
    today - 3_653..=today + 400
}

/// The slot of rows without a day.
const NO_DAY: u32 = u32::MAX;

/// Rows by data day.
#[derive(Debug)]
pub(super) struct DayBook {
    slots: HashMap<i64, u32>,
    days: Vec<Day>,
    /// Days that rows themselves may found.
    kept: RangeInclusive<i64>,
    pub(super) folder_rows: FolderRows,
    outside: HashMap<(i64, i64), u64>,
}

#[derive(Clone, Debug)]
struct Day {
    day: i64,
    rows: u64,
    /// Microseconds; `first > last` where there is none.
    first: i64,
    last: i64,
    found: [u64; RULES],
    files: BTreeSet<Arc<str>>,
}

impl DayBook {
    fn new(today: PstDay) -> Self {
        let today = today.epoch_day();
        Self {
            slots: HashMap::new(),
            days: Vec::new(),
            kept: kept_days(today),
            folder_rows: FolderRows::default(),
            outside: HashMap::new(),
        }
    }

    fn slot(&mut self, day: i64) -> u32 {
        *self.slots.entry(day).or_insert_with(|| {
            self.days.push(Day {
                day,
                rows: 0,
                first: i64::MAX,
                last: i64::MIN,
                found: [0; RULES],
                files: BTreeSet::new(),
            });
            (self.days.len() - 1) as u32
        })
    }

    fn folder(&mut self, day: PstDay) -> u32 {
        self.slot(day.epoch_day())
    }

    fn of_rows(&mut self, day: i64, key: &Arc<str>) -> Option<u32> {
        if !self.kept.contains(&day) {
            return None;
        }
        let slot = self.slot(day);
        if let Some(day) = self.days.get_mut(slot as usize)
            && !day.files.contains(key)
        {
            day.files.insert(Arc::clone(key));
        }
        Some(slot)
    }

    fn add_rows(&mut self, slot: u32, rows: u64) {
        if let Some(day) = self.days.get_mut(slot as usize) {
            day.rows += rows;
        }
    }

    /// Rows of a day lie between two instants, in microseconds.
    #[inline]
    pub(super) fn span(&mut self, slot: u32, first: i64, last: i64) {
        if let Some(day) = self.days.get_mut(slot as usize) {
            day.first = day.first.min(first);
            day.last = day.last.max(last);
        }
    }

    /// Rows of one day lie in the folder of another.
    pub(super) fn add_outside(&mut self, day: i64, folder: i64, rows: u64) {
        if self.kept.contains(&day) {
            *self.outside.entry((day, folder)).or_default() += rows;
        }
    }

    #[inline]
    fn find(&mut self, slot: u32, rule: RowRule) {
        if let Some(day) = self.days.get_mut(slot as usize)
            && let Some(found) = day.found.get_mut(rule.index())
        {
            *found += 1;
        }
    }

    fn merge(&mut self, other: Self) {
        for theirs in other.days {
            let slot = self.slot(theirs.day);
            if let Some(mine) = self.days.get_mut(slot as usize) {
                mine.rows += theirs.rows;
                mine.first = mine.first.min(theirs.first);
                mine.last = mine.last.max(theirs.last);
                mine.files.extend(theirs.files);
                for (mine, theirs) in mine.found.iter_mut().zip(theirs.found) {
                    *mine += theirs;
                }
            }
        }
        self.folder_rows.rows += other.folder_rows.rows;
        self.folder_rows.outside += other.folder_rows.outside;
        self.folder_rows.utc += other.folder_rows.utc;
        for (days, rows) in other.outside {
            *self.outside.entry(days).or_default() += rows;
        }
    }

    /// The days, as the calendar takes them. Days without a row are none.
    pub(super) fn facts(&self) -> BTreeMap<PstDay, DayFacts> {
        self.days
            .iter()
            .filter(|day| day.rows > 0)
            .filter_map(|day| {
                let instant = |micros| Timestamp::from_microsecond(micros).ok();
                let (first, last) = if day.first <= day.last {
                    (instant(day.first), instant(day.last))
                } else {
                    (None, None)
                };
                let findings = RowRule::all()
                    .iter()
                    .zip(day.found)
                    .filter(|(_, found)| *found > 0)
                    .map(|(rule, found)| (rule.code(), found))
                    .collect();
                let facts = DayFacts {
                    rows: day.rows,
                    first,
                    last,
                    findings,
                    files: day.files.clone(),
                    ..DayFacts::default()
                };
                Some((PstDay::from_epoch_day(day.day)?, facts))
            })
            .collect()
    }

    pub(super) fn outside(&self) -> BTreeMap<(PstDay, PstDay), u64> {
        self.outside
            .iter()
            .filter_map(|((day, folder), rows)| {
                let days = (PstDay::from_epoch_day(*day)?, PstDay::from_epoch_day(*folder)?);
                Some((days, *rows))
            })
            .collect()
    }
}
