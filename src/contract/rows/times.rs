//! E501 to E506: the column `timestamp`, by stretches of rows that lie in one segment of time.
//!
//! Day boundaries, 2010 and the near future cut the time line into segments within which every answer is the same. Rows
//! come mostly in order, so a row costs a comparison or two with the segment of the row before it.

use arrow_array::{Array, ArrayRef};

use super::ledger::Ledger;
use super::plan::Column;
use super::table::RowRule;
use super::texts::{Cell, Texts, floats, integers, timestamps};
use crate::calendar::day::DAY_SECONDS;
use crate::contract::Context;
use crate::contract::instant::{EpochUnit, epoch_float, read_time};

/// 2010-01-01T00:00:00Z.
const OLD: i64 = 1_262_304_000;

/// What is wrong with a stretch of rows, as bits.
mod flag {
    pub(super) const NULL: u8 = 1;
    pub(super) const UNREADABLE: u8 = 1 << 1;
    pub(super) const UNIT: u8 = 1 << 2;
    pub(super) const FUTURE: u8 = 1 << 3;
    pub(super) const OUTSIDE: u8 = 1 << 4;
    pub(super) const OLD: u8 = 1 << 5;
    /// The UTC date is the folder's date: no finding.
    pub(super) const UTC: u8 = 1 << 6;
}

const FINDINGS: [(u8, RowRule); 6] = [
    (flag::NULL, RowRule::E501),
    (flag::UNREADABLE, RowRule::E502),
    (flag::UNIT, RowRule::E503),
    (flag::FUTURE, RowRule::E504),
    (flag::OUTSIDE, RowRule::E505),
    (flag::OLD, RowRule::E506),
];

/// How raw numbers say an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// In a unit of so many per second.
    Fixed(i64),
    /// In seconds, or by magnitude in a finer unit (E503).
    Epoch,
}

/// A stretch of raw numbers, both ends in it, for which every answer is the same.
#[derive(Clone, Copy, Debug)]
struct Segment {
    lowest: i64,
    highest: i64,
    per_second: i64,
    day: i64,
    slot: Option<u32>,
    flags: u8,
}

impl Segment {
    /// No number lies in it.
    const NONE: Self = Self {
        lowest: i64::MAX,
        highest: i64::MIN,
        per_second: 1,
        day: 0,
        slot: None,
        flags: 0,
    };

    #[inline(always)]
    fn holds(&self, value: i64) -> bool {
        self.lowest <= value && value <= self.highest
    }

    fn micros(&self, value: i64) -> i64 {
        if self.per_second <= 1_000_000 {
            value.saturating_mul(1_000_000 / self.per_second.max(1))
        } else {
            value.div_euclid(self.per_second / 1_000_000)
        }
    }
}

/// Judges `timestamp` columns.
#[derive(Debug)]
pub(super) struct Clock {
    /// Nanoseconds since the epoch after which an event is in the future.
    future: i128,
    /// Seconds from UTC to the project's time.
    offset: i64,
    kind: Kind,
    folder: Option<i64>,
    segments: Box<[Segment; SEGMENTS]>,
    /// Stretches with findings: first row, end, flags.
    found: Vec<(usize, usize, u8)>,
    integers: Vec<i64>,
    floats: Vec<f64>,
}

const SEGMENTS: usize = 64;

impl Clock {
    pub(super) fn new(context: &Context) -> Self {
        Self {
            future: context.now.as_nanosecond() + i128::from(DAY_SECONDS) * 1_000_000_000,
            offset: context.offset.seconds(),
            kind: Kind::Epoch,
            folder: None,
            segments: Box::new([Segment::NONE; SEGMENTS]),
            found: Vec::new(),
            integers: Vec::new(),
            floats: Vec::new(),
        }
    }

    /// The rows that follow are of another file.
    pub(super) fn file(&mut self, folder: Option<i64>) {
        self.folder = folder;
        self.forget();
    }

    fn forget(&mut self) {
        *self.segments = [Segment::NONE; SEGMENTS];
    }

    fn reads(&mut self, kind: Kind) {
        if self.kind != kind {
            self.kind = kind;
            self.forget();
        }
    }

    /// Judges a column of `count` rows.
    pub(super) fn judge(&mut self, cell: &Cell, count: usize, ledger: &mut Ledger) {
        self.found.clear();
        match cell {
            Cell::Blocked | Cell::Unread => {}
            Cell::AllNull => self.stretch(0, count, flag::NULL, ledger, None),
            Cell::Text(texts) => {
                self.reads(Kind::Fixed(1_000_000));
                self.texts(texts, ledger);
            }
            Cell::Other(array) => self.numbers(array, ledger),
        }
        for (from, to, flags) in std::mem::take(&mut self.found) {
            for (bit, rule) in FINDINGS {
                if flags & bit != 0 {
                    for at in from..to {
                        ledger.hit(rule, at, Column::Timestamp, || cell.shown(at));
                    }
                }
            }
        }
    }

    fn numbers(&mut self, array: &ArrayRef, ledger: &mut Ledger) {
        if let Some((values, per_second)) = timestamps(array) {
            self.reads(Kind::Fixed(per_second));
            self.values(values, array, ledger);
            return;
        }
        let mut space = std::mem::take(&mut self.integers);
        if let Some(values) = integers(array, &mut space) {
            self.reads(Kind::Epoch);
            self.values(values, array, ledger);
        }
        self.integers = space;
        let mut space = std::mem::take(&mut self.floats);
        if let Some(values) = floats(array, &mut space) {
            self.reads(Kind::Fixed(1_000_000));
            for (at, value) in values.iter().enumerate() {
                let instant = (!array.is_null(at)).then(|| epoch_float(*value));
                self.one(at, instant, ledger);
            }
        }
        self.floats = space;
    }

    fn texts(&mut self, texts: &Texts, ledger: &mut Ledger) {
        for at in 0..texts.len() {
            let instant = (!texts.is_null(at)).then(|| read_time(texts.bytes(at)));
            self.one(at, instant, ledger);
        }
    }

    /// A row whose value was read by itself: null, unreadable, or microseconds and the unit of its number.
    fn one(&mut self, at: usize, instant: Option<Option<(i64, EpochUnit)>>, ledger: &mut Ledger) {
        match instant {
            None => self.stretch(at, at + 1, flag::NULL, ledger, None),
            Some(None) => self.stretch(at, at + 1, flag::UNREADABLE, ledger, None),
            Some(Some((micros, unit))) => {
                let segment = self.segment(micros, ledger);
                let flags = match unit {
                    EpochUnit::Seconds => segment.flags,
                    _ => segment.flags | flag::UNIT,
                };
                self.stretch(at, at + 1, flags, ledger, Some((segment, micros, micros)));
            }
        }
    }

    fn values(&mut self, values: &[i64], array: &ArrayRef, ledger: &mut Ledger) {
        let nulls = array.nulls().filter(|nulls| nulls.null_count() > 0);
        let is_null = |at: usize| nulls.is_some_and(|nulls| nulls.is_null(at));
        let mut from = 0;
        while let Some(&value) = values.get(from) {
            if is_null(from) {
                self.stretch(from, from + 1, flag::NULL, ledger, None);
                from += 1;
                continue;
            }
            let segment = self.segment(value, ledger);
            let (mut first, mut last) = (value, value);
            let mut to = from + 1;
            while let Some(&next) = values.get(to) {
                if !segment.holds(next) || is_null(to) {
                    break;
                }
                first = first.min(next);
                last = last.max(next);
                to += 1;
            }
            self.stretch(from, to, segment.flags, ledger, Some((segment, first, last)));
            from = to;
        }
    }

    /// Books rows `from..to`, all with the same answers; `read` is their segment with their extremes in it.
    fn stretch(
        &mut self,
        from: usize,
        to: usize,
        flags: u8,
        ledger: &mut Ledger,
        read: Option<(Segment, i64, i64)>,
    ) {
        if let Some((segment, first, last)) = read {
            ledger.belong(from, to, segment.slot);
            if let Some(slot) = segment.slot {
                ledger
                    .days
                    .span(slot, segment.micros(first), segment.micros(last));
            }
            if let Some(folder) = self.folder {
                let rows = (to - from) as u64;
                let folders = &mut ledger.days.folder_rows;
                folders.rows += rows;
                if flags & flag::UTC != 0 {
                    folders.utc += rows;
                }
                if flags & flag::OUTSIDE != 0 {
                    folders.outside += rows;
                    ledger.days.add_outside(segment.day, folder, rows);
                }
            }
        }
        if flags & !flag::UTC == 0 {
            return;
        }
        match self.found.last_mut() {
            Some((_, end, same)) if *end == from && *same == flags => *end = to,
            _ => self.found.push((from, to, flags)),
        }
    }

    /// The segment of a raw number.
    #[inline]
    fn segment(&mut self, value: i64, ledger: &mut Ledger) -> Segment {
        // Shifts that keep a day in a place or two.
        let shift = match self.kind {
            Kind::Fixed(1_000) => 26,
            Kind::Fixed(1_000_000) => 36,
            Kind::Fixed(1_000_000_000) => 46,
            Kind::Fixed(_) | Kind::Epoch => 16,
        };
        let place = (value >> shift) as usize % SEGMENTS;
        match self.segments.get(place) {
            Some(segment) if segment.holds(value) => *segment,
            _ => {
                let segment = self.find_segment(value, ledger);
                if let Some(kept) = self.segments.get_mut(place) {
                    *kept = segment;
                }
                segment
            }
        }
    }

    #[cold]
    fn find_segment(&self, value: i64, ledger: &mut Ledger) -> Segment {
        let (per_second, lowest, highest, mut flags) = match self.kind {
            Kind::Fixed(per_second) => (per_second, i64::MIN, i64::MAX, 0),
            Kind::Epoch => {
                let unit = EpochUnit::of(u128::from(value.unsigned_abs()));
                let (least, most) = unit.magnitudes();
                let (lowest, highest) = match (unit, value < 0) {
                    (EpochUnit::Seconds, _) => (-most, most),
                    (EpochUnit::Nanoseconds, true) => (i64::MIN, -least),
                    (_, true) => (-most, -least),
                    (_, false) => (least, most),
                };
                let flags = if unit == EpochUnit::Seconds { 0 } else { flag::UNIT };
                (unit.per_second(), lowest, highest, flags)
            }
        };
        let (mut lowest, mut highest) = (i128::from(lowest), i128::from(highest));
        let (wide, scale, second) = (i128::from(value), i128::from(per_second), i128::from(DAY_SECONDS));
        // Cuts at a number that is the first of what follows, and says whether the value is among that.
        let mut after = |first: i128| {
            if wide < first {
                highest = highest.min(first - 1);
                false
            } else {
                lowest = lowest.max(first);
                true
            }
        };
        let day_of = |offset: i64| (wide + i128::from(offset) * scale).div_euclid(second * scale);
        let start_of = |day: i128, offset: i64| (day * second - i128::from(offset)) * scale;
        let day = day_of(self.offset);
        after(start_of(day, self.offset));
        after(start_of(day + 1, self.offset));
        let utc = day_of(0);
        if self.folder.is_some() {
            after(start_of(utc, 0));
            after(start_of(utc + 1, 0));
        }
        if !after(i128::from(OLD) * scale) {
            flags |= flag::OLD;
        }
        // The first number after the limit: coarser units round down to it.
        if after((self.future * scale).div_euclid(1_000_000_000) + 1) {
            flags |= flag::FUTURE;
        }
        if let Some(folder) = self.folder {
            if day != i128::from(folder) {
                flags |= flag::OUTSIDE;
            }
            if utc == i128::from(folder) {
                flags |= flag::UTC;
            }
        }
        let narrow = |wide: i128| i64::try_from(wide).unwrap_or(if wide < 0 { i64::MIN } else { i64::MAX });
        let day = narrow(day);
        Segment {
            lowest: narrow(lowest),
            highest: narrow(highest),
            per_second,
            day,
            slot: ledger.slot_of(day),
            flags,
        }
    }
}
