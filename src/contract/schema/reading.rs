//! The tables of the contract: which types a column may have, and how its rows are then read.

use super::{FileFooter, Unit};
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

/// How the contract's columns stand in a file.
pub fn readings(dataset: Dataset, footer: &FileFooter) -> Readings {
    let _ = footer;
    Readings {
        columns: columns(dataset)
            .iter()
            .map(|name| ColumnReading {
                name,
                standing: Standing::Missing,
                reading: None,
                column: None,
            })
            .collect(),
        blocked_by: None,
    }
}
