//! Which columns of a file are read, as what, and which rules its footer blocks.

use std::sync::Arc;

use arrow_schema::{DataType, TimeUnit};

use super::table::{RULES, RowRule};
use crate::calendar::PstDay;
use crate::contract::schema;
use crate::rule::{Code, Dataset};

/// A column that the contract names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Column {
    /// `timestamp` of events.
    Timestamp,
    /// `event_name`
    EventName,
    /// `event_value`
    EventValue,
    /// `event_metadata`
    EventMetadata,
    /// `user`
    User,
    /// `timeuuid`
    Timeuuid,
    /// `unit_id` of metrics.
    UnitId,
    /// `id_type`
    IdType,
    /// `date`
    Date,
    /// `metric_name`
    MetricName,
    /// `metric_value`
    MetricValue,
    /// `numerator`
    Numerator,
    /// `denominator`
    Denominator,
    /// `finished_date` of signals.
    FinishedDate,
}

impl Column {
    /// The column's name, exactly as files must spell it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Timestamp => "timestamp",
            Self::EventName => "event_name",
            Self::EventValue => "event_value",
            Self::EventMetadata => "event_metadata",
            Self::User => "user",
            Self::Timeuuid => "timeuuid",
            Self::UnitId => "unit_id",
            Self::IdType => "id_type",
            Self::Date => "date",
            Self::MetricName => "metric_name",
            Self::MetricValue => "metric_value",
            Self::Numerator => "numerator",
            Self::Denominator => "denominator",
            Self::FinishedDate => "finished_date",
        }
    }

    /// The columns of a dataset, in the contract's order.
    pub const fn of(dataset: Dataset) -> &'static [Self] {
        match dataset {
            Dataset::Events => &[
                Self::Timestamp,
                Self::EventName,
                Self::EventValue,
                Self::EventMetadata,
                Self::User,
                Self::Timeuuid,
            ],
            Dataset::Metrics => &[
                Self::UnitId,
                Self::IdType,
                Self::Date,
                Self::MetricName,
                Self::MetricValue,
                Self::Numerator,
                Self::Denominator,
            ],
            Dataset::Signals => &[Self::FinishedDate],
        }
    }
}

/// How one contract column of one file can be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reading {
    /// Not at all: it is absent or of a failing type, and the rule that says so. Row rules on it skip the file.
    Blocked(Code),
    /// Every row is null by its type (what pandas, polars and DuckDB write for a column of nulls): nothing to read.
    AllNull,
    /// Judged without being read: a number where text is expected, which can't break the rules on text
    /// (`event_value` as a number: no INT, DOUBLE or DECIMAL is 128 characters long).
    Unread,
    /// A leaf to read.
    Leaf {
        /// The leaf's index among the footer's leaf columns, as `ProjectionMask::leaves` takes it.
        leaf: usize,
        /// The Arrow type to ask for; `None` for what the reader makes of it by itself.
        arrow: Option<DataType>,
        /// Whether the Parquet reader makes sure that text is UTF-8. Where not, [`super::Tally::check`] does.
        utf8_checked: bool,
    },
}

impl Reading {
    /// A text column: BYTE_ARRAY annotated STRING, JSON or ENUM, or bare.
    ///
    /// `utf8_converted` says that the leaf's *converted* type is UTF8: only then does `parquet` 60 check the bytes as
    /// it decodes views. `reads_as_utf8` says that the reader maps the leaf to `Utf8` (STRING and JSON) and not to
    /// `Binary` (ENUM, bare).
    pub fn text(leaf: usize, reads_as_utf8: bool, utf8_converted: bool) -> Self {
        Self::Leaf {
            leaf,
            arrow: Some(if reads_as_utf8 {
                DataType::Utf8View
            } else {
                DataType::BinaryView
            }),
            utf8_checked: utf8_converted,
        }
    }

    /// An INT96 timestamp: in microseconds, which hold what any known writer can write; nanoseconds would overflow in
    /// the year 2262.
    pub fn int96(leaf: usize) -> Self {
        Self::Leaf {
            leaf,
            arrow: Some(DataType::Timestamp(TimeUnit::Microsecond, None)),
            utf8_checked: true,
        }
    }

    /// Any other column, as the reader maps it by itself: integers, floats, dates, timestamps.
    pub fn plain(leaf: usize) -> Self {
        Self::Leaf {
            leaf,
            arrow: None,
            utf8_checked: true,
        }
    }

    /// How a column is read, given its standing, its footer's column and whether the leaf's converted type is UTF8.
    fn of(column: &schema::ColumnReading, shape: &schema::Shape, utf8: &impl Fn(usize) -> bool) -> Self {
        if let Some(code) = column.blocked_by() {
            return Self::Blocked(code);
        }
        let declared = column
            .column
            .and_then(|index| shape.columns.get(usize::try_from(index).ok()?));
        let (Some(reading), Some(declared)) = (column.reading, declared) else {
            return Self::Blocked(S402);
        };
        let leaf = declared.leaf as usize;
        match reading {
            schema::Reading::Null => Self::AllNull,
            schema::Reading::Text => {
                let reads_as_utf8 =
                    matches!(declared.logical, schema::Logical::String | schema::Logical::Json);
                Self::text(leaf, reads_as_utf8, utf8(leaf))
            }
            _ if column.name == Column::EventValue.name() => Self::Unread,
            schema::Reading::Int96 => Self::int96(leaf),
            _ => Self::plain(leaf),
        }
    }
}

/// What is known of a file before its rows are read.
#[derive(Clone, Debug)]
pub struct FilePlan {
    pub(super) dataset: Dataset,
    pub(super) key: Arc<str>,
    pub(super) folder_day: Option<PstDay>,
    pub(super) rows_before: u64,
    columns: Vec<(Column, Reading)>,
    blocked: [Option<Code>; RULES],
}

/// The columns that a file lacks, when its readings don't say.
const S402: Code = Code::new("S402");

impl FilePlan {
    /// The plan of one file.
    ///
    /// `key` is relative to the target's prefix, `folder_day` the date of its day folder. A contract column that
    /// `readings` leaves out counts as absent (S402).
    pub fn new(
        dataset: Dataset,
        key: Arc<str>,
        folder_day: Option<PstDay>,
        readings: &[(Column, Reading)],
    ) -> Self {
        let columns: Vec<_> = Column::of(dataset)
            .iter()
            .map(|&column| {
                let reading = readings.iter().find(|(c, _)| *c == column);
                (column, reading.map_or(Reading::Blocked(S402), |(_, r)| r.clone()))
            })
            .collect();
        let mut blocked = [None; RULES];
        for rule in RowRule::of(dataset) {
            blocked[rule.index()] = rule.needs().iter().find_map(|need| {
                columns.iter().find_map(|(column, reading)| match reading {
                    Reading::Blocked(code) if column == need => Some(*code),
                    _ => None,
                })
            });
        }
        Self {
            dataset,
            key,
            folder_day,
            rows_before: 0,
            columns,
            blocked,
        }
    }

    /// The plan of one file by its footer. `utf8_converted` tells whether the *converted* type of a leaf is UTF8.
    pub fn of_footer(
        dataset: Dataset,
        key: Arc<str>,
        folder_day: Option<PstDay>,
        readings: &schema::Readings,
        shape: &schema::Shape,
        utf8_converted: impl Fn(usize) -> bool,
    ) -> Self {
        let columns: Vec<_> = Column::of(dataset)
            .iter()
            .filter_map(|&column| {
                let reading = match readings.blocked_by {
                    Some(code) => Reading::Blocked(code),
                    None => Reading::of(readings.get(column.name())?, shape, &utf8_converted),
                };
                Some((column, reading))
            })
            .collect();
        Self::new(dataset, key, folder_day, &columns)
    }

    /// The plan, placed among its dataset's rows: `rows_before` is the sum of the rows of the files whose keys sort
    /// before this one. Samples of the rules over sets are told by it; files must not share a place.
    pub fn after(mut self, rows_before: u64) -> Self {
        self.rows_before = rows_before;
        self
    }

    /// The dataset.
    pub fn dataset(&self) -> Dataset {
        self.dataset
    }

    /// The object's key, relative to the target's prefix.
    pub fn key(&self) -> &Arc<str> {
        &self.key
    }

    /// The date of its day folder.
    pub fn folder_day(&self) -> Option<PstDay> {
        self.folder_day
    }

    /// The leaves to read, ascending; for `ProjectionMask::leaves`.
    pub fn leaves(&self) -> Vec<usize> {
        let mut leaves: Vec<_> = self.columns.iter().filter_map(|(_, r)| leaf(r)).collect();
        leaves.sort_unstable();
        leaves
    }

    /// What to read: leaf, column, and the Arrow type to ask for, where it is not what the reader makes of the leaf by
    /// itself; by leaf.
    pub fn reads(&self) -> Vec<(usize, Column, Option<&DataType>)> {
        let mut reads: Vec<_> = self
            .columns
            .iter()
            .filter_map(|(column, reading)| match reading {
                Reading::Leaf { leaf, arrow, .. } => Some((*leaf, *column, arrow.as_ref())),
                _ => None,
            })
            .collect();
        reads.sort_unstable_by_key(|(leaf, ..)| *leaf);
        reads
    }

    /// Whether any rule can be judged on its rows; such a file needs no reading otherwise.
    pub fn has_work(&self) -> bool {
        RowRule::of(self.dataset).any(|rule| self.blocked_by(rule).is_none())
    }

    /// How a column is read.
    pub(super) fn reading(&self, column: Column) -> &Reading {
        const ABSENT: &Reading = &Reading::Blocked(S402);
        self.columns
            .iter()
            .find(|(c, _)| *c == column)
            .map_or(ABSENT, |(_, reading)| reading)
    }

    /// The rule that keeps `rule` from being judged in this file.
    pub fn blocked_by(&self, rule: RowRule) -> Option<Code> {
        self.blocked[rule.index()]
    }
}

fn leaf(reading: &Reading) -> Option<usize> {
    match reading {
        Reading::Leaf { leaf, .. } => Some(*leaf),
        _ => None,
    }
}
