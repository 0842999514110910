//! Which days the rows of an object are of: its one column of days, read without regard to files' fine points.

use std::collections::BTreeMap;

use bytes::Bytes;
use jiff::Timestamp;
use parquet::{
    file::reader::{FileReader, SerializedFileReader},
    record::Field,
    schema::types::Type,
};

use crate::calendar::{DayOffset, PstDay};

/// The three datasets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Of {
    /// Days are those of `timestamp`, in PST.
    Events,
    /// Days are those of `date`.
    Metrics,
    /// Days are those of `finished_date`.
    Signals,
}

impl Of {
    /// Whose object a key is; `None` where nobody reads it.
    pub fn key(key: &str) -> Option<Self> {
        let (folder, rest) = key.split_once('/')?;
        let name = rest.rsplit('/').next()?;
        if name.is_empty() || name.starts_with(['_', '.']) {
            return None;
        }
        match folder {
            "events" => Some(Self::Events),
            "metrics" => Some(Self::Metrics),
            "signals" => Some(Self::Signals),
            _ => None,
        }
    }

    const fn column(self) -> &'static str {
        match self {
            Self::Events => "timestamp",
            Self::Metrics => "date",
            Self::Signals => "finished_date",
        }
    }
}

/// Rows by day, days counted from 1970-01-01. A file that can't be read has none, and so has a row without a day.
pub fn days(of: Of, body: &Bytes, offset: DayOffset) -> BTreeMap<i64, u64> {
    let mut days = BTreeMap::new();
    let Ok(reader) = SerializedFileReader::new(body.clone()) else {
        return days;
    };
    let schema = reader.metadata().file_metadata().schema();
    let Some(column) = schema
        .get_fields()
        .iter()
        .find(|field| field.name() == of.column() && field.is_primitive())
    else {
        return days;
    };
    let Ok(wanted) = Type::group_type_builder(schema.name())
        .with_fields(vec![column.clone()])
        .build()
    else {
        return days;
    };
    let Ok(rows) = reader.get_row_iter(Some(wanted)) else {
        return days;
    };
    for row in rows.map_while(Result::ok) {
        let day = row
            .get_column_iter()
            .next()
            .and_then(|(_, field)| day_of(of, field, offset));
        if let Some(day) = day {
            *days.entry(day).or_insert(0) += 1;
        }
    }
    days
}

fn day_of(of: Of, field: &Field, offset: DayOffset) -> Option<i64> {
    match (of, field) {
        (Of::Events, Field::Int(n)) => of_instant(i64::from(*n), offset),
        (Of::Events, Field::Long(n)) => of_instant(*n, offset),
        (Of::Events, Field::TimestampMillis(n)) => of_second(n.div_euclid(1000), offset),
        (Of::Events, Field::TimestampMicros(n)) => of_second(n.div_euclid(1_000_000), offset),
        // A fraction of a second decides on no day; what is not finite becomes a bound, and no day.
        #[allow(clippy::cast_possible_truncation)]
        (Of::Events, Field::Double(n)) if n.is_finite() => of_instant(*n as i64, offset),
        (Of::Events, Field::Str(text)) => match text.parse::<i64>() {
            Ok(n) => of_instant(n, offset),
            Err(_) => of_second(text.parse::<Timestamp>().ok()?.as_second(), offset),
        },
        (Of::Metrics | Of::Signals, Field::Date(day)) => Some(i64::from(*day)),
        (Of::Metrics, Field::TimestampMillis(n)) => Some(n.div_euclid(86_400_000)),
        (Of::Metrics, Field::TimestampMicros(n)) => Some(n.div_euclid(86_400_000_000)),
        (Of::Metrics | Of::Signals, Field::Str(text)) => {
            PstDay::parse(text.get(..10)?).map(PstDay::epoch_day)
        }
        _ => None,
    }
}

/// A number without a unit, whose unit is told by its size.
fn of_instant(n: i64, offset: DayOffset) -> Option<i64> {
    let per_second = match n.unsigned_abs() {
        0..100_000_000_000 => 1,
        100_000_000_000..100_000_000_000_000 => 1000,
        100_000_000_000_000..100_000_000_000_000_000 => 1_000_000,
        _ => 1_000_000_000,
    };
    of_second(n.div_euclid(per_second), offset)
}

fn of_second(second: i64, offset: DayOffset) -> Option<i64> {
    let at = Timestamp::from_second(second).ok()?;
    PstDay::of(at, offset).map(PstDay::epoch_day)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;
    use crate::demo::{
        export::{self, Export, TimeForm},
        shop::Shop,
        table::{self, Column, Form},
    };

    #[test]
    fn a_days_rows_are_of_that_day_however_their_times_are_written() {
        let day = PstDay::parse("2026-06-20").unwrap();
        let made = Shop::open().day(day);
        let one = |n: usize| BTreeMap::from([(day.epoch_day(), n as u64)]);
        for time in [
            TimeForm::Seconds,
            TimeForm::Seconds32,
            TimeForm::Fraction,
            TimeForm::Micros { utc: true },
            TimeForm::Micros { utc: false },
            TimeForm::Millis,
            TimeForm::Nanos,
            TimeForm::Int96,
            TimeForm::Text,
        ] {
            let export = Export {
                parts: 1,
                time,
                ..Export::of(day)
            };
            let body = export.events(&made.events).unwrap().remove(0).body;
            let found = days(Of::Events, &body, DayOffset::default());
            assert_eq!(found, one(made.events.len()), "{time:?}");
        }
        let body = Export::of(day).metrics(&made.metrics).unwrap().remove(0).body;
        let found = days(Of::Metrics, &body, DayOffset::default());
        assert_eq!(found, one(made.metrics.len()));
        let body = export::signal(day, export::usual_signal(day)).unwrap().body;
        assert_eq!(days(Of::Signals, &body, DayOffset::default()), one(1));
        let text = |t: &str| Some(Bytes::copy_from_slice(t.as_bytes()));
        let words = Column::text(
            "finished_date",
            vec![text("2026-06-20"), None, text("soon"), text("é026-06-2é")],
        );
        let body = table::file(&[words], &Form::default()).unwrap();
        assert_eq!(days(Of::Signals, &body, DayOffset::default()), one(1));
    }

    #[test]
    fn what_is_no_parquet_has_no_days_and_hidden_files_are_nobodys() {
        for body in ["", "PAR1", "PAR1PAR1", "{}"] {
            let body = Bytes::copy_from_slice(body.as_bytes());
            assert!(days(Of::Events, &body, DayOffset::default()).is_empty());
        }
        assert_eq!(Of::key("events/2026-06-20/a.parquet"), Some(Of::Events));
        for key in [
            "events/_SUCCESS",
            "events/2026-06-20/.crc",
            "events/",
            "events",
            "other/a",
            "",
        ] {
            assert_eq!(Of::key(key), None, "{key}");
        }
    }
}
