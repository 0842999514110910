//! M601 to M631: rows of metrics.

use std::sync::Arc;

use arrow_array::{Array, ArrayRef};
use arrow_buffer::NullBuffer;

use super::events::all_null;
use super::ids::{IdBook, hash_of};
use super::keys::{KeySet, PlacedKey, finish};
use super::ledger::{Ledger, kept_days};
use super::metric_book::MetricBook;
use super::plan::{Column, FilePlan};
use super::table::RowRule;
use super::texts::{Cell, Memo, floats, integers, judge_name, name, timestamps};
use crate::calendar::day::DAY_SECONDS;
use crate::contract::Context;
use crate::contract::instant::date_as_written;

/// Judges metrics.
#[derive(Debug)]
pub(super) struct Metrics {
    today: i64,
    names: Memo<(u8, u32)>,
    id_types: Memo<TypeOfRow>,
    dates: Memo<Date>,
    pub(super) book: MetricBook,
    pub(super) unit_days: KeySet<PlacedKey>,
    pub(super) ids: IdBook,
    space: Space,
}

/// What the passes over a batch leave for each other, a row each.
#[derive(Debug, Default)]
struct Space {
    days: Vec<Date>,
    metrics: Vec<u32>,
    types: Vec<TypeOfRow>,
    integers: Vec<i64>,
    floats: [Vec<f64>; 3],
}

/// The columns of a batch, in the contract's order.
pub(super) struct MetricCells {
    pub(super) unit_id: Cell,
    pub(super) id_type: Cell,
    pub(super) date: Cell,
    pub(super) metric_name: Cell,
    pub(super) values: [Cell; 3],
}

/// A date cell: days since 1970, or none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Date {
    #[default]
    Null,
    Unreadable,
    Day(i64),
}

/// An id type, by its place among those known.
#[derive(Clone, Copy, Debug, Default)]
struct TypeOfRow {
    kind: IdType,
    hash: u64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum IdType {
    #[default]
    Null,
    Known(u32),
    Unknown,
}

/// Rows without a metric's name.
const NO_METRIC: u32 = u32::MAX;

const VALUES: [Column; 3] = [Column::MetricValue, Column::Numerator, Column::Denominator];

impl Metrics {
    pub(super) fn new(context: &Context) -> Self {
        Self {
            today: context.today().epoch_day(),
            names: Memo::new(10),
            id_types: Memo::new(8),
            dates: Memo::new(8),
            book: MetricBook::new(kept_days(context.today().epoch_day())),
            unit_days: KeySet::new(),
            ids: IdBook::of_metrics(&context.id_types),
            space: Space::default(),
        }
    }

    /// Judges a batch of `count` rows.
    pub(super) fn judge(&mut self, cells: &MetricCells, count: usize, plan: &FilePlan, ledger: &mut Ledger) {
        let judged = |rule| plan.blocked_by(rule).is_none();
        self.judge_dates(&cells.date, count, plan, ledger);
        self.judge_names(&cells.metric_name, count, ledger);
        if judged(RowRule::M631) {
            self.note_days();
        }
        self.count_names(&cells.metric_name, plan);
        self.judge_types(cells, count, &plan.key, ledger);
        self.judge_units(&cells.unit_id, count, plan, ledger);
        self.judge_values(&cells.values, count, plan, ledger);
    }

    fn judge_dates(&mut self, cell: &Cell, count: usize, plan: &FilePlan, ledger: &mut Ledger) {
        let Self { dates, space, .. } = self;
        read_dates(cell, count, &mut space.days, dates);
        let folder = plan.folder_day.map(|day| day.epoch_day());
        let mut from = 0;
        while let Some(&date) = self.space.days.get(from) {
            let rest = self.space.days.get(from..).unwrap_or_default();
            let to = from + rest.iter().take_while(|next| **next == date).count();
            if let Date::Day(day) = date {
                let slot = ledger.slot_of(day);
                ledger.belong(from, to, slot);
            }
            let rule = match (date, folder) {
                _ if matches!(cell, Cell::Blocked) => None,
                (Date::Null, _) => Some(RowRule::M604),
                (Date::Unreadable, _) => Some(RowRule::M605),
                (Date::Day(day), _) if day > self.today => Some(RowRule::M606),
                _ => None,
            };
            let outside = match (date, folder) {
                (Date::Day(day), Some(folder)) if day != folder => {
                    ledger.days.add_outside(day, folder, (to - from) as u64);
                    Some(RowRule::M607)
                }
                _ => None,
            };
            for rule in [rule, outside].into_iter().flatten() {
                for at in from..to {
                    ledger.hit(rule, at, Column::Date, || cell.shown(at));
                }
            }
            from = to;
        }
    }

    fn judge_names(&mut self, cell: &Cell, count: usize, ledger: &mut Ledger) {
        let metrics = &mut self.space.metrics;
        metrics.clear();
        metrics.resize(count, NO_METRIC);
        let texts = match cell {
            Cell::Text(texts) => texts,
            _ => return all_null(cell, RowRule::M610, Column::MetricName, count, ledger),
        };
        self.names.begin(texts);
        let book = &mut self.book;
        let nulls = texts.has_nulls();
        for ((at, &view), metric) in texts.views().iter().enumerate().zip(metrics) {
            if view as u32 == 0 || (nulls && texts.is_null(at)) {
                ledger.hit(RowRule::M610, at, Column::MetricName, || texts.shown(at));
                continue;
            }
            let (facts, slot) = self.names.get(view, || {
                let text = texts.bytes(at);
                (judge_name(text), book.slot(text))
            });
            *metric = slot;
            if facts & name::TOO_LONG != 0 {
                ledger.hit(RowRule::M611, at, Column::MetricName, || texts.shown(at));
            }
        }
    }

    fn note_days(&mut self) {
        for (&date, &metric) in self.space.days.iter().zip(&self.space.metrics) {
            let day = match date {
                Date::Day(day) if day <= self.today => Some(day),
                _ => None,
            };
            if let Some(day) = day {
                self.book.day(day);
            }
            self.book.dated(metric, day);
        }
    }

    /// Metrics by the day that their rows belong to: that of their folder, else their own.
    fn count_names(&mut self, names: &Cell, plan: &FilePlan) {
        let folder = plan.folder_day.map(|day| day.epoch_day());
        let hidden = matches!(names, Cell::Blocked);
        for (&date, &metric) in self.space.days.iter().zip(&self.space.metrics) {
            let day = match (folder, date) {
                (Some(day), _) | (None, Date::Day(day)) => day,
                _ => continue,
            };
            if !hidden {
                self.book.count(metric, day);
            } else {
                self.book.by_day.nameless(day);
                if folder.is_some() {
                    return;
                }
            }
        }
    }

    fn judge_types(&mut self, cells: &MetricCells, count: usize, key: &Arc<str>, ledger: &mut Ledger) {
        let types = &mut self.space.types;
        types.clear();
        types.resize(count, TypeOfRow::default());
        let cell = &cells.id_type;
        let texts = match cell {
            Cell::Text(texts) => texts,
            _ => return all_null(cell, RowRule::M602, Column::IdType, count, ledger),
        };
        self.id_types.begin(texts);
        let nulls = texts.has_nulls();
        for ((at, &view), row_type) in texts.views().iter().enumerate().zip(types) {
            if view as u32 == 0 || (nulls && texts.is_null(at)) {
                ledger.hit(RowRule::M602, at, Column::IdType, || texts.shown(at));
                continue;
            }
            let ids = &mut self.ids;
            *row_type = self.id_types.get(view, || {
                let text = texts.bytes(at);
                let place = ids
                    .types()
                    .place(text)
                    .and_then(|place| u32::try_from(place).ok());
                TypeOfRow {
                    kind: place.map_or(IdType::Unknown, IdType::Known),
                    hash: hash_of(text),
                }
            });
            let row = ledger.row(at);
            match row_type.kind {
                IdType::Known(place) => ids.row(place as usize, key, row, || cells.unit_id.shown(at)),
                _ => {
                    ids.other_row(row_type.hash, texts.bytes(at), key, row);
                    ledger.hit(RowRule::M603, at, Column::IdType, || texts.shown(at));
                }
            }
        }
    }

    fn judge_units(&mut self, cell: &Cell, count: usize, plan: &FilePlan, ledger: &mut Ledger) {
        let keyed = plan.blocked_by(RowRule::M630).is_none();
        match cell {
            Cell::Text(texts) => {
                let nulls = texts.has_nulls();
                for (at, &view) in texts.views().iter().enumerate() {
                    if view as u32 == 0 || (nulls && texts.is_null(at)) {
                        ledger.hit(RowRule::M601, at, Column::UnitId, || texts.shown(at));
                    } else {
                        self.unit(at, texts.bytes(at), keyed, plan, ledger);
                    }
                }
            }
            Cell::Other(array) => {
                let mut space = std::mem::take(&mut self.space.integers);
                let mut digits = [0; 20];
                for (at, &value) in integers(array, &mut space).unwrap_or_default().iter().enumerate() {
                    if array.is_null(at) {
                        ledger.hit(RowRule::M601, at, Column::UnitId, || None);
                    } else {
                        // Beyond `i64` an unsigned id is spelled from the array.
                        match value {
                            i64::MAX => {
                                let id = cell.shown(at).unwrap_or_default();
                                self.unit(at, id.as_bytes(), keyed, plan, ledger);
                            }
                            _ => self.unit(at, decimal(value, &mut digits), keyed, plan, ledger),
                        }
                    }
                }
                self.space.integers = space;
            }
            Cell::Blocked | Cell::AllNull | Cell::Unread => {
                all_null(cell, RowRule::M601, Column::UnitId, count, ledger);
            }
        }
    }

    /// A row with a unit id.
    #[inline]
    fn unit(&mut self, at: usize, id: &[u8], keyed: bool, plan: &FilePlan, ledger: &Ledger) {
        let hash = twox_hash::XxHash3_128::oneshot(id);
        let row_type = self.space.types.get(at).copied().unwrap_or_default();
        if let IdType::Known(place) = row_type.kind {
            self.ids.unit(place as usize, id, hash as u64);
        }
        let metric = self.space.metrics.get(at).copied().unwrap_or(NO_METRIC);
        if let Some(Date::Day(day)) = self.space.days.get(at)
            && keyed
            && metric != NO_METRIC
            && row_type.kind != IdType::Null
        {
            let metric = self.book.hash(metric);
            let key = unit_day(hash, row_type.hash, *day, metric);
            self.unit_days.add(key, plan.rows_before + ledger.row(at));
        }
    }

    fn judge_values(&mut self, cells: &[Cell; 3], count: usize, plan: &FilePlan, ledger: &mut Ledger) {
        if plan.blocked_by(RowRule::M620).is_some() {
            return;
        }
        let by_metric = plan.blocked_by(RowRule::M623).is_none();
        let [value_space, numerator_space, denominator_space] = &mut self.space.floats;
        let [value, numerator, denominator] = cells;
        let value = Numbers::of(value, value_space);
        let numerator = Numbers::of(numerator, numerator_space);
        let denominator = Numbers::of(denominator, denominator_space);
        for at in 0..count {
            let triple = [value.get(at), numerator.get(at), denominator.get(at)];
            let found = judge_triple(triple);
            if found != 0 {
                tell_triple(found, triple, at, ledger);
            }
            if by_metric {
                let metric = self.space.metrics.get(at).copied().unwrap_or(NO_METRIC);
                match triple {
                    [Some(_), None, None] => {
                        self.book.value_only(metric, plan.rows_before + ledger.row(at));
                    }
                    [_, Some(_), Some(_)] => self.book.ratio(metric),
                    _ => {}
                }
            }
        }
    }
}

/// The cells of a date column, a day each.
pub(super) fn read_dates(cell: &Cell, count: usize, days: &mut Vec<Date>, memo: &mut Memo<Date>) {
    days.clear();
    match cell {
        Cell::Text(texts) => {
            memo.begin(texts);
            let nulls = texts.has_nulls();
            days.extend(texts.views().iter().enumerate().map(|(at, &view)| {
                if nulls && texts.is_null(at) {
                    return Date::Null;
                }
                memo.get(view, || match date_as_written(texts.bytes(at)) {
                    Some(day) => Date::Day(day.epoch_day()),
                    None => Date::Unreadable,
                })
            }));
        }
        Cell::Other(array) => {
            let date = |at: usize, day: i64| {
                if array.is_null(at) {
                    Date::Null
                } else {
                    Date::Day(day)
                }
            };
            if let Some((values, per_second)) = timestamps(array) {
                let per_day = per_second.saturating_mul(DAY_SECONDS);
                days.extend(
                    values
                        .iter()
                        .enumerate()
                        .map(|(at, v)| date(at, v.div_euclid(per_day))),
                );
            } else if let Some(values) = dates(array) {
                days.extend(values.iter().enumerate().map(|(at, v)| date(at, i64::from(*v))));
            }
        }
        Cell::Blocked | Cell::AllNull | Cell::Unread => {}
    }
    days.resize(count, Date::Null);
}

fn dates(array: &ArrayRef) -> Option<&[i32]> {
    use arrow_array::cast::AsArray;
    Some(
        array
            .as_primitive_opt::<arrow_array::types::Date32Type>()?
            .values(),
    )
}

/// A float column, or one of nulls.
struct Numbers<'a> {
    values: &'a [f64],
    nulls: Option<&'a NullBuffer>,
}

impl<'a> Numbers<'a> {
    fn of(cell: &'a Cell, space: &'a mut Vec<f64>) -> Self {
        let Cell::Other(array) = cell else {
            return Self {
                values: &[],
                nulls: None,
            };
        };
        Self {
            values: floats(array, space).unwrap_or_default(),
            nulls: array.nulls().filter(|nulls| nulls.null_count() > 0),
        }
    }

    #[inline(always)]
    fn get(&self, at: usize) -> Option<f64> {
        let value = *self.values.get(at)?;
        match self.nulls {
            Some(nulls) if nulls.is_null(at) => None,
            _ => Some(value),
        }
    }
}

const MISSING: u8 = 1;
const HALF: u8 = 1 << 1;
const BOTH: u8 = 1 << 2;
const NOT_FINITE: u8 = 1 << 3;
const ZERO: u8 = 1 << 4;

/// What is wrong with a row's value, numerator and denominator.
#[inline(always)]
fn judge_triple([value, numerator, denominator]: [Option<f64>; 3]) -> u8 {
    let ratio = numerator.is_some() && denominator.is_some();
    let set = |bit: u8, on: bool| if on { bit } else { 0 };
    let odd = |number: Option<f64>| number.is_some_and(|number| !number.is_finite());
    set(MISSING, value.is_none() && !ratio)
        | set(HALF, numerator.is_some() != denominator.is_some())
        | set(BOTH, value.is_some() && ratio)
        | set(NOT_FINITE, odd(value) || odd(numerator) || odd(denominator))
        | set(ZERO, denominator == Some(0.0))
}

#[cold]
fn tell_triple(found: u8, triple: [Option<f64>; 3], at: usize, ledger: &mut Ledger) {
    let mut tell = |bit: u8, rule: RowRule, which: usize| {
        if found & bit != 0
            && let (Some(column), Some(value)) = (VALUES.get(which), triple.get(which))
        {
            ledger.hit(rule, at, *column, || {
                value.map(|value| format!("{value:?}").into_boxed_str())
            });
        }
    };
    let [_, numerator, _] = triple;
    tell(MISSING, RowRule::M620, 0);
    // The part that is missing is what is to be shown.
    tell(HALF, RowRule::M621, if numerator.is_none() { 1 } else { 2 });
    tell(BOTH, RowRule::M622, 0);
    let odd = triple
        .iter()
        .position(|number| number.is_some_and(|number| !number.is_finite()));
    tell(NOT_FINITE, RowRule::M624, odd.unwrap_or(0));
    tell(ZERO, RowRule::M625, 2);
}

/// 128 well-mixed bits of a unit, its type, a day and a metric.
#[inline]
fn unit_day(unit: u128, id_type: u64, day: i64, metric: u64) -> (u64, u64) {
    let (high, low) = ((unit >> 64) as u64, unit as u64);
    let day = day as u64;
    let first = finish(
        low.wrapping_add(metric.wrapping_mul(0x9e37_79b9_7f4a_7c15))
            .wrapping_add(id_type.wrapping_mul(0xd6e8_feb8_6659_fd93))
            .wrapping_add(day.wrapping_mul(0xa076_1d64_78bd_642f)),
    );
    let second = finish(
        high.wrapping_add(metric.wrapping_mul(0xe703_7ed1_a0b4_28db))
            .wrapping_add(id_type.wrapping_mul(0x8ebc_6af0_9c88_c6e3))
            .wrapping_add(day.wrapping_mul(0x5899_65cc_7537_4cc3)),
    );
    (second, first)
}

/// A number's digits.
fn decimal(value: i64, digits: &mut [u8; 20]) -> &[u8] {
    let mut rest = value.unsigned_abs();
    let mut from = digits.len();
    loop {
        from -= 1;
        if let Some(digit) = digits.get_mut(from) {
            *digit = b'0' + (rest % 10) as u8;
        }
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    if value < 0 {
        from -= 1;
        if let Some(sign) = digits.get_mut(from) {
            *sign = b'-';
        }
    }
    digits.get(from..).unwrap_or_default()
}
