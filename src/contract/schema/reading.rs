//! The tables of the contract: which types a column may have, and how its rows are then read.

use std::{collections::HashSet, sync::LazyLock};

use super::{Column, FileFooter, Logical, Physical, Unit};
use crate::rule::{Code, Dataset};

/// How the values of a column are to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reading {
    /// Text: BYTE_ARRAY as STRING, JSON or ENUM, or without annotation.
    Text,
    /// Every value is null, whatever its physical type: it need not be read.
    Null,
    /// A signed 32-bit integer (`timestamp`: epoch seconds).
    Int32,
    /// A signed 64-bit integer (`timestamp`: epoch seconds).
    Int64,
    /// An unsigned 32-bit integer stored in INT32 (also of 8 and 16 bits).
    UInt32,
    /// An unsigned 64-bit integer stored in INT64.
    UInt64,
    /// A 32-bit float.
    Float,
    /// A 64-bit float.
    Double,
    /// A decimal number.
    Decimal {
        /// Digits in all.
        precision: i32,
        /// Digits after the point.
        scale: i32,
    },
    /// Days since 1970-01-01.
    Date,
    /// An instant in INT64; a local one is read as UTC.
    Timestamp(Unit),
    /// An instant in INT96.
    Int96,
}

/// Whether a column meets the contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Standing {
    /// As the contract asks.
    Accepted,
    /// Read, with a catch: S405.
    Doubtful,
    /// A type that fails: S404. Its rows are not judged.
    Wrong,
    /// No column of that name, but one that is meant by it: S403. Its rows are not judged.
    Misspelled,
    /// No such column: S402.
    Missing,
}

/// A column of the contract in one file.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ColumnReading {
    /// The contract's name.
    pub name: &'static str,
    /// How it stands.
    pub standing: Standing,
    /// How its values are read; `None` unless accepted or doubtful.
    pub reading: Option<Reading>,
    /// Its index in [`super::Shape::columns`]; of a misspelled one, that column's.
    pub column: Option<u32>,
}

impl ColumnReading {
    /// The rule that keeps rules over this column from being judged on the file, if any.
    pub fn blocked_by(&self) -> Option<Code> {
        match self.standing {
            Standing::Accepted | Standing::Doubtful => None,
            Standing::Wrong => Some(Code::new("S404")),
            Standing::Misspelled => Some(Code::new("S403")),
            Standing::Missing => Some(Code::new("S402")),
        }
    }
}

/// The contract's columns in one file.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Readings {
    /// In the contract's order.
    pub columns: Vec<ColumnReading>,
    /// S408, where our reader can't decode a column of the contract either: all row rules skip the file.
    pub blocked_by: Option<Code>,
}

impl Readings {
    /// The column of that name.
    pub fn get(&self, name: &str) -> Option<&ColumnReading> {
        self.columns.iter().find(|column| column.name == name)
    }
}

/// The contract's columns, in the page's order.
pub const fn columns(dataset: Dataset) -> &'static [&'static str] {
    match dataset {
        Dataset::Events => &[
            "timestamp",
            "event_name",
            "event_value",
            "event_metadata",
            "user",
            "timeuuid",
        ],
        Dataset::Metrics => &[
            "unit_id",
            "id_type",
            "date",
            "metric_name",
            "metric_value",
            "numerator",
            "denominator",
        ],
        Dataset::Signals => &["finished_date"],
    }
}

/// Every column that some dataset's contract names.
fn all_columns() -> impl Iterator<Item = (Dataset, &'static str)> {
    Dataset::ALL
        .into_iter()
        .flat_map(|dataset| columns(dataset).iter().map(move |name| (dataset, *name)))
}

pub(super) fn is_contract_name(name: &str) -> bool {
    all_columns().any(|(_, known)| known == name)
}

/// Whether a name is some column's, or may be meant for one. Quick, since a footer may name millions.
pub(super) fn is_near_contract_name(name: &str) -> bool {
    static NAMES: LazyLock<HashSet<String>> = LazyLock::new(|| {
        let slips = all_columns().flat_map(|(dataset, column)| slips(dataset, column).iter().copied());
        all_columns()
            .map(|(_, column)| plain(column))
            .chain(slips.map(str::to_owned))
            .collect()
    });
    NAMES.contains(&plain(name))
}

/// A name without case, white space and `_`.
fn plain(name: &str) -> String {
    name.chars()
        .filter(|c| !c.is_whitespace() && *c != '_')
        .flat_map(char::to_lowercase)
        .collect()
}

/// Other names that people give a column, as [`plain`] spells them.
const fn slips(dataset: Dataset, column: &str) -> &'static [&'static str] {
    match (dataset, column.as_bytes()) {
        (Dataset::Events, b"timestamp") => &["time"],
        (Dataset::Events, b"event_name") => &["event"],
        (Dataset::Events, b"event_value") | (Dataset::Metrics, b"metric_value") => &["value"],
        (Dataset::Events, b"event_metadata") => &["metadata"],
        (Dataset::Events, b"user") | (Dataset::Metrics, b"unit_id") => &["userid"],
        _ => &[],
    }
}

/// Whether a name (as [`plain`] spells it) is meant for a column, and how near it is: 0 but for spelling, 1 a slip.
fn means(dataset: Dataset, column: &str, plain_name: &str) -> Option<u8> {
    if plain(column) == plain_name {
        Some(0)
    } else {
        slips(dataset, column).contains(&plain_name).then_some(1)
    }
}

/// How the contract's columns stand in a file.
pub fn readings(dataset: Dataset, footer: &FileFooter) -> Readings {
    let shape = &footer.shape;
    let index = |at: usize| u32::try_from(at).ok();
    let spare: Vec<(usize, String)> = shape
        .columns
        .iter()
        .enumerate()
        .filter(|(_, column)| !columns(dataset).contains(&&*column.name))
        .map(|(at, column)| (at, plain(&column.name)))
        .collect();
    let columns = columns(dataset)
        .iter()
        .map(|name| {
            let found = shape.columns.iter().position(|column| &*column.name == *name);
            if let Some((at, column)) = found.and_then(|at| Some((at, shape.columns.get(at)?))) {
                let all_null = shape.all_null.iter().any(|known| &**known == *name);
                let (standing, reading) = stand(dataset, name, column, all_null);
                return ColumnReading {
                    name,
                    standing,
                    reading,
                    column: index(at),
                };
            }
            let meant = spare
                .iter()
                .filter_map(|(at, plain)| Some((means(dataset, name, plain)?, *at)))
                .min();
            ColumnReading {
                name,
                standing: meant.map_or(Standing::Missing, |_| Standing::Misspelled),
                reading: None,
                column: meant.and_then(|(_, at)| index(at)),
            }
        })
        .collect();
    Readings {
        columns,
        blocked_by: shape.undecodable.then_some(Code::new("S408")),
    }
}

/// The tables of the contract.
fn stand(dataset: Dataset, name: &str, column: &Column, all_null: bool) -> (Standing, Option<Reading>) {
    let verdict = match (dataset, name) {
        (Dataset::Events, "timestamp") => timestamp(column),
        (Dataset::Events, "event_name" | "user") => text(column).or_else(|| bare(column)),
        (Dataset::Events, "event_value") => text(column)
            .or_else(|| null(column, all_null))
            .or_else(|| bare(column))
            .or_else(|| number(column)),
        (Dataset::Events, "event_metadata") => text(column)
            .or_else(|| null(column, all_null))
            .or_else(|| bare(column)),
        (Dataset::Events, _) => text(column).or_else(|| null(column, all_null)),
        (Dataset::Metrics, "unit_id") => text(column).or_else(|| integer(column)),
        (Dataset::Metrics, "id_type" | "metric_name") => text(column),
        (Dataset::Metrics, "date") => text(column).or_else(|| date(column)).or_else(|| utc_day(column)),
        (Dataset::Metrics, _) => match (column.physical, column.logical) {
            (Physical::Double, Logical::None) => accepted(Reading::Double),
            (Physical::Float, Logical::None) => doubtful(Reading::Float),
            _ => None,
        },
        (Dataset::Signals, _) => text(column).or_else(|| date(column)),
    };
    match verdict {
        Some((standing, reading)) => (standing, Some(reading)),
        None => (Standing::Wrong, None),
    }
}

type Verdict = Option<(Standing, Reading)>;

fn accepted(reading: Reading) -> Verdict {
    Some((Standing::Accepted, reading))
}

fn doubtful(reading: Reading) -> Verdict {
    Some((Standing::Doubtful, reading))
}

fn timestamp(column: &Column) -> Verdict {
    match (column.physical, column.logical) {
        (Physical::Int64, Logical::None) => accepted(Reading::Int64),
        (
            Physical::Int64,
            Logical::Timestamp {
                unit: Unit::Nanos, ..
            },
        ) => None,
        (Physical::Int64, Logical::Timestamp { unit, utc: true }) => accepted(Reading::Timestamp(unit)),
        (Physical::Int64, Logical::Timestamp { unit, utc: false }) => doubtful(Reading::Timestamp(unit)),
        (Physical::Int96, _) => accepted(Reading::Int96),
        (Physical::Double, Logical::None) => doubtful(Reading::Double),
        (Physical::Int32, Logical::None) => doubtful(Reading::Int32),
        _ => text(column).and_then(|(_, reading)| doubtful(reading)),
    }
}

/// BYTE_ARRAY that says that it is text.
fn text(column: &Column) -> Verdict {
    match (column.physical, column.logical) {
        (Physical::ByteArray, Logical::String | Logical::Json | Logical::Enum) => accepted(Reading::Text),
        _ => None,
    }
}

/// BYTE_ARRAY that does not say what it holds: Spark reads binary.
fn bare(column: &Column) -> Verdict {
    match (column.physical, column.logical) {
        (Physical::ByteArray, Logical::None) => doubtful(Reading::Text),
        _ => None,
    }
}

/// Null by its type, or INT32 without a value: what pandas, polars and DuckDB write for a column of nulls.
fn null(column: &Column, all_null: bool) -> Verdict {
    match (column.physical, column.logical) {
        (Physical::Group, _) => None,
        (_, Logical::Unknown) => doubtful(Reading::Null),
        (Physical::Int32, Logical::None) if all_null => doubtful(Reading::Null),
        _ => None,
    }
}

fn integer(column: &Column) -> Verdict {
    match (column.physical, column.logical) {
        (Physical::Int32, Logical::None | Logical::Int { signed: true, .. }) => doubtful(Reading::Int32),
        (Physical::Int64, Logical::None | Logical::Int { signed: true, .. }) => doubtful(Reading::Int64),
        (Physical::Int32, Logical::Int { signed: false, .. }) => doubtful(Reading::UInt32),
        (Physical::Int64, Logical::Int { signed: false, .. }) => doubtful(Reading::UInt64),
        _ => None,
    }
}

fn number(column: &Column) -> Verdict {
    integer(column).or_else(|| match (column.physical, column.logical) {
        (Physical::Float, Logical::None) => doubtful(Reading::Float),
        (Physical::Double, Logical::None) => doubtful(Reading::Double),
        (
            Physical::Int32 | Physical::Int64 | Physical::ByteArray | Physical::Fixed(_),
            Logical::Decimal { precision, scale },
        ) => doubtful(Reading::Decimal { precision, scale }),
        _ => None,
    })
}

fn date(column: &Column) -> Verdict {
    match (column.physical, column.logical) {
        (Physical::Int32, Logical::Date) => accepted(Reading::Date),
        _ => None,
    }
}

/// A timestamp that stands for its UTC day.
fn utc_day(column: &Column) -> Verdict {
    match (column.physical, column.logical) {
        (
            Physical::Int64,
            Logical::Timestamp {
                unit: unit @ (Unit::Millis | Unit::Micros),
                ..
            },
        ) => doubtful(Reading::Timestamp(unit)),
        _ => None,
    }
}
