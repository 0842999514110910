//! A column's type as its footer declares it, and how reports spell it.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A column as its footer declares it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ColumnReport {
    /// The top-level column's name.
    pub name: String,
    /// The physical type, as in `INT64`; `GROUP` for a nested column.
    pub physical: String,
    /// The logical type, as in `TIMESTAMP(MICROS,UTC)`, `STRING`; empty where there is none.
    pub logical: String,
}

/// A top-level column.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Column {
    /// Its name, as written.
    pub name: Box<str>,
    /// The physical type.
    pub physical: Physical,
    /// The logical type; of the older converted types, what they mean.
    pub logical: Logical,
    /// Whether every row has a value (`REQUIRED`).
    pub required: bool,
    /// The index of its first leaf among the file's leaf columns.
    pub leaf: u32,
    /// A nested column's fields as one number, for comparison; 0 for a plain one.
    pub nested: u64,
}

/// How values are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Physical {
    /// One bit.
    Boolean,
    /// 32 bits, signed.
    Int32,
    /// 64 bits, signed.
    Int64,
    /// 96 bits: a Julian day and nanoseconds.
    Int96,
    /// 32 bits, IEEE 754.
    Float,
    /// 64 bits, IEEE 754.
    Double,
    /// Bytes of any length.
    ByteArray,
    /// Bytes of one length.
    Fixed(i32),
    /// Not a plain value: a struct, map or list, or a repeated field.
    Group,
}

/// The unit of a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Unit {
    /// 10⁻³ s
    Millis,
    /// 10⁻⁶ s
    Micros,
    /// 10⁻⁹ s
    Nanos,
}

/// What values mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Logical {
    /// Not said.
    None,
    /// UTF-8 text.
    String,
    /// UTF-8 text of an enumeration.
    Enum,
    /// UTF-8 text that is JSON.
    Json,
    /// Binary JSON.
    Bson,
    /// A decimal number.
    Decimal {
        /// Digits in all.
        precision: i32,
        /// Digits after the point.
        scale: i32,
    },
    /// A date: days since 1970-01-01.
    Date,
    /// A time of day.
    Time {
        /// Its unit.
        unit: Unit,
        /// Whether it is adjusted to UTC.
        utc: bool,
    },
    /// An instant, or without `utc` a local date and time.
    Timestamp {
        /// Its unit.
        unit: Unit,
        /// Whether it is adjusted to UTC.
        utc: bool,
    },
    /// An integer of so many bits. A signed one of the physical type's own width is [`Logical::None`]: the two mean the
    /// same, and writers differ in saying so.
    Int {
        /// Bits.
        bits: u8,
        /// Whether it is signed.
        signed: bool,
    },
    /// Always null.
    Unknown,
    /// A UUID in 16 bytes.
    Uuid,
    /// A 16-bit float.
    Float16,
    /// Months, days and milliseconds.
    Interval,
    /// A map.
    Map,
    /// A list, or a repeated field.
    List,
    /// A group of fields.
    Struct,
    /// A semi-structured value.
    Variant,
    /// A geometry.
    Geometry,
    /// A geography.
    Geography,
    /// A logical type that this build does not know, by its number in the format.
    Other(i16),
}

impl Column {
    /// Whether it is INT32 without a narrower meaning.
    pub fn is_plain_int32(&self) -> bool {
        self.physical == Physical::Int32 && self.logical == Logical::None
    }

    /// As reports spell it.
    pub fn report(&self) -> ColumnReport {
        ColumnReport {
            name: self.name.to_string(),
            physical: self.physical.to_string(),
            logical: self.logical.to_string(),
        }
    }

    /// The type for people: `INT64 TIMESTAMP(MICROS,UTC)`, `BYTE_ARRAY`.
    pub fn spelled(&self) -> String {
        match self.logical {
            Logical::None => self.physical.to_string(),
            logical => format!("{} {logical}", self.physical),
        }
    }
}

impl fmt::Display for Physical {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Boolean => f.write_str("BOOLEAN"),
            Self::Int32 => f.write_str("INT32"),
            Self::Int64 => f.write_str("INT64"),
            Self::Int96 => f.write_str("INT96"),
            Self::Float => f.write_str("FLOAT"),
            Self::Double => f.write_str("DOUBLE"),
            Self::ByteArray => f.write_str("BYTE_ARRAY"),
            Self::Fixed(length) => write!(f, "FIXED_LEN_BYTE_ARRAY({length})"),
            Self::Group => f.write_str("GROUP"),
        }
    }
}

impl Unit {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Millis => "MILLIS",
            Self::Micros => "MICROS",
            Self::Nanos => "NANOS",
        }
    }
}

impl fmt::Display for Logical {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let zone = |utc: bool| if utc { "UTC" } else { "LOCAL" };
        match *self {
            Self::None => Ok(()),
            Self::String => f.write_str("STRING"),
            Self::Enum => f.write_str("ENUM"),
            Self::Json => f.write_str("JSON"),
            Self::Bson => f.write_str("BSON"),
            Self::Decimal { precision, scale } => write!(f, "DECIMAL({precision},{scale})"),
            Self::Date => f.write_str("DATE"),
            Self::Time { unit, utc } => write!(f, "TIME({},{})", unit.as_str(), zone(utc)),
            Self::Timestamp { unit, utc } => write!(f, "TIMESTAMP({},{})", unit.as_str(), zone(utc)),
            Self::Int { bits, signed } => write!(f, "{}INT({bits})", if signed { "" } else { "U" }),
            Self::Unknown => f.write_str("NULL"),
            Self::Uuid => f.write_str("UUID"),
            Self::Float16 => f.write_str("FLOAT16"),
            Self::Interval => f.write_str("INTERVAL"),
            Self::Map => f.write_str("MAP"),
            Self::List => f.write_str("LIST"),
            Self::Struct => f.write_str("STRUCT"),
            Self::Variant => f.write_str("VARIANT"),
            Self::Geometry => f.write_str("GEOMETRY"),
            Self::Geography => f.write_str("GEOGRAPHY"),
            Self::Other(id) => write!(f, "LOGICAL({id})"),
        }
    }
}
