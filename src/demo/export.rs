//! The shop's nightly export: a day's rows become Parquet objects with keys and times, as one of several writers would
//! write them. No faults of its own; scenarios bend its rows, its keys and its times.

use bytes::Bytes;
use jiff::Timestamp;
use parquet::{basic::TimeUnit, errors::Result};

use super::{
    scenario::DemoObject,
    shop::{Event, Metric, Stamp},
    table::{self, Column, Form, Values},
};
use crate::calendar::{DayOffset, PstDay};

/// How `timestamp` is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeForm {
    /// INT64, seconds.
    Seconds,
    /// INT32, seconds.
    Seconds32,
    /// DOUBLE, seconds.
    Fraction,
    /// INT64 TIMESTAMP(MICROS).
    Micros {
        /// Adjusted to UTC.
        utc: bool,
    },
    /// INT64 TIMESTAMP(MILLIS), adjusted to UTC.
    Millis,
    /// INT64 TIMESTAMP(NANOS), adjusted to UTC.
    Nanos,
    /// INT96.
    Int96,
    /// STRING, ISO 8601 in UTC.
    Text,
    /// INT32 DATE.
    Date,
}

/// A second of a PST day's clock, counted from the day's start; beyond 24 hours on the days after.
pub fn pst(day: PstDay, hour: i64, minute: i64, second: i64) -> Timestamp {
    let at = day.start_second(DayOffset::default()) + hour * 3600 + minute * 60 + second;
    Timestamp::from_second(at).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// When a day's data usually lands: 03:05 PST on the next day, give or take a minute.
pub fn usual_landing(day: PstDay) -> Timestamp {
    pst(day, 24 + 3, 4, day.epoch_day().rem_euclid(97))
}

/// One night's export.
#[derive(Clone, Debug)]
pub struct Export {
    /// The day folder's name.
    pub folder: String,
    /// Into how many objects the events are cut.
    pub parts: usize,
    /// How `timestamp` is written.
    pub time: TimeForm,
    /// How files are written.
    pub form: Form,
    /// When the first object landed; the others follow by seconds.
    pub landed: Timestamp,
    /// The storage class.
    pub storage_class: &'static str,
}

impl Export {
    /// The usual export of a day.
    pub fn of(day: PstDay) -> Self {
        Self {
            folder: day.to_string(),
            parts: 3,
            time: TimeForm::Micros { utc: true },
            form: Form::default(),
            landed: usual_landing(day),
            storage_class: "STANDARD",
        }
    }

    /// An object of this export, so many seconds after its first.
    pub fn object(&self, key: String, body: Bytes, seconds: i64) -> DemoObject {
        let at = self.landed.as_second().saturating_add(seconds);
        DemoObject {
            key,
            body,
            modified: Timestamp::from_second(at).unwrap_or(self.landed),
            storage_class: self.storage_class,
        }
    }

    /// `events/DAY/0000_part_00.parquet` and so on.
    pub fn events(&self, events: &[Event]) -> Result<Vec<DemoObject>> {
        let each = events.len().div_ceil(self.parts.max(1)).max(1);
        events
            .chunks(each)
            .zip(0i64..)
            .map(|(rows, number)| {
                let key = format!("events/{}/{number:04}_part_00.parquet", self.folder);
                let body = table::file(&event_columns(rows, self.time), &self.form)?;
                Ok(self.object(key, body, number * 7))
            })
            .collect()
    }

    /// `metrics/DAY/0000_part_00.parquet`.
    pub fn metrics(&self, metrics: &[Metric]) -> Result<Vec<DemoObject>> {
        let key = format!("metrics/{}/0000_part_00.parquet", self.folder);
        let body = table::file(&metric_columns(metrics), &self.form)?;
        Ok(vec![self.object(key, body, 41)])
    }
}

/// `signals/DAY/finished_date.parquet`, one DATE.
pub fn signal(day: PstDay, written: Timestamp) -> Result<DemoObject> {
    let column = Column::date("finished_date", vec![i32::try_from(day.epoch_day()).ok()]);
    Ok(DemoObject {
        key: format!("signals/{day}/finished_date.parquet"),
        body: table::file(&[column], &Form::default())?,
        modified: written,
        storage_class: "STANDARD",
    })
}

/// When a day is usually signalled: 03:20 PST on the next day.
pub fn usual_signal(day: PstDay) -> Timestamp {
    pst(day, 24 + 3, 20, 0)
}

/// The six columns of events.
pub fn event_columns(rows: &[Event], time: TimeForm) -> Vec<Column> {
    let text = |name: &str, of: fn(&Event) -> &Option<Bytes>| {
        Column::text(name, rows.iter().map(|row| of(row).clone()).collect())
    };
    vec![
        time_column(rows, time),
        text("event_name", |r| &r.name),
        text("event_value", |r| &r.value),
        text("event_metadata", |r| &r.metadata),
        text("user", |r| &r.user),
        text("timeuuid", |r| &r.timeuuid),
    ]
}

fn time_column(rows: &[Event], time: TimeForm) -> Column {
    let name = "timestamp";
    // The column's number of an instant in microseconds.
    let numbers = |of: &dyn Fn(i64) -> i64| -> Vec<Option<i64>> {
        rows.iter()
            .map(|row| match row.at {
                Stamp::At(micros) => Some(of(micros)),
                Stamp::Raw(number) => Some(number),
                Stamp::Broken | Stamp::Null => None,
            })
            .collect()
    };
    let narrow = |of: &dyn Fn(i64) -> i64| -> Vec<Option<i32>> {
        numbers(of)
            .into_iter()
            .map(|n| n.and_then(|n| i32::try_from(n).ok()))
            .collect()
    };
    let seconds = |micros: i64| micros.div_euclid(1_000_000);
    match time {
        TimeForm::Seconds => Column::new(name, None, Values::Int64(numbers(&seconds))),
        TimeForm::Seconds32 => Column::new(name, None, Values::Int32(narrow(&seconds))),
        TimeForm::Fraction => Column::double(name, rows.iter().map(|row| fraction(row.at)).collect()),
        TimeForm::Micros { utc } => Column::timestamp(name, TimeUnit::MICROS, utc, numbers(&|m| m)),
        TimeForm::Millis => Column::timestamp(name, TimeUnit::MILLIS, true, numbers(&|m| m.div_euclid(1000))),
        TimeForm::Nanos => {
            Column::timestamp(name, TimeUnit::NANOS, true, numbers(&|m| m.saturating_mul(1000)))
        }
        TimeForm::Int96 => Column::new(name, None, Values::Int96(numbers(&|m| m))),
        TimeForm::Text => Column::text(name, rows.iter().map(|row| words(row.at)).collect()),
        TimeForm::Date => Column::date(name, narrow(&|m| m.div_euclid(86_400_000_000))),
    }
}

#[allow(clippy::cast_precision_loss)]
fn fraction(at: Stamp) -> Option<f64> {
    match at {
        // Times of our century in microseconds are below 2^53.
        Stamp::At(micros) => Some(micros as f64 / 1e6),
        Stamp::Raw(number) => Some(number as f64),
        Stamp::Broken => Some(f64::NAN),
        Stamp::Null => None,
    }
}

fn words(at: Stamp) -> Option<Bytes> {
    match at {
        Stamp::At(micros) => Timestamp::from_microsecond(micros)
            .ok()
            .map(|t| Bytes::from(format!("{t:.3}"))),
        Stamp::Raw(number) => Some(Bytes::from(number.to_string())),
        Stamp::Broken => Some(Bytes::from_static(b"yesterday, about noon")),
        Stamp::Null => None,
    }
}

/// The seven columns of metrics.
pub fn metric_columns(rows: &[Metric]) -> Vec<Column> {
    let text = |name: &str, of: fn(&Metric) -> &Option<Bytes>| {
        Column::text(name, rows.iter().map(|row| of(row).clone()).collect())
    };
    let double =
        |name: &str, of: fn(&Metric) -> Option<f64>| Column::double(name, rows.iter().map(of).collect());
    vec![
        text("unit_id", |r| &r.unit_id),
        text("id_type", |r| &r.id_type),
        text("date", |r| &r.date),
        text("metric_name", |r| &r.name),
        double("metric_value", |r| r.value),
        double("numerator", |r| r.numerator),
        double("denominator", |r| r.denominator),
    ]
}
