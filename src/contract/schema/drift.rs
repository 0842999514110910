//! What a Spark 3.5 read does with a file whose column differs from the file that gave the schema.
//!
//! The table was made by running Spark 3.5.9 (vectorised reader, default settings) on every pair of thirty types, one
//! file of each: which reads came back with the value that was written, which with another, which failed.

use super::{Column, Logical, Physical, Unit};

/// What becomes of a column that is read by another file's schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fate {
    /// The two are the same type. STRING and JSON are; repetition does not count.
    Same,
    /// They differ, and the values are read as they were written.
    Reads,
    /// They differ, and other values are read than were written.
    Lies,
    /// They differ, and the read fails.
    Fails,
}

/// The type that Spark 3.5 gives a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Spark {
    Boolean,
    Byte,
    Short,
    Int,
    Long,
    Float,
    Double,
    String,
    Binary,
    Date,
    Timestamp,
    TimestampNtz,
    Decimal(i32, i32),
    Nested,
    /// A type that Spark's schema conversion refuses.
    None,
}

fn spark(column: &Column) -> Spark {
    match (column.physical, column.logical) {
        (Physical::Group, _) => Spark::Nested,
        (Physical::Boolean, _) => Spark::Boolean,
        (Physical::Float, _) => Spark::Float,
        (Physical::Double, _) => Spark::Double,
        (Physical::Int96, _) => Spark::Timestamp,
        (Physical::Int32, logical) => match logical {
            Logical::Int {
                bits: 8,
                signed: true,
            } => Spark::Byte,
            Logical::Int {
                bits: 8,
                signed: false,
            }
            | Logical::Int {
                bits: 16,
                signed: true,
            } => Spark::Short,
            Logical::Int {
                bits: 32,
                signed: false,
            } => Spark::Long,
            Logical::None | Logical::Unknown | Logical::Int { .. } => Spark::Int,
            Logical::Date => Spark::Date,
            Logical::Decimal { precision, scale } => Spark::Decimal(precision, scale),
            _ => Spark::None,
        },
        (Physical::Int64, logical) => match logical {
            Logical::None | Logical::Unknown => Spark::Long,
            Logical::Int { signed: false, .. } => Spark::Decimal(20, 0),
            Logical::Int { .. } => Spark::Long,
            Logical::Timestamp {
                unit: Unit::Nanos, ..
            } => Spark::None,
            Logical::Timestamp { utc: true, .. } => Spark::Timestamp,
            Logical::Timestamp { utc: false, .. } => Spark::TimestampNtz,
            Logical::Decimal { precision, scale } => Spark::Decimal(precision, scale),
            _ => Spark::None,
        },
        (Physical::ByteArray, logical) => match logical {
            Logical::String | Logical::Json | Logical::Enum => Spark::String,
            Logical::None | Logical::Bson | Logical::Unknown => Spark::Binary,
            Logical::Decimal { precision, scale } if precision <= 38 => Spark::Decimal(precision, scale),
            _ => Spark::None,
        },
        (Physical::Fixed(_), logical) => match logical {
            Logical::None | Logical::Unknown => Spark::Binary,
            Logical::Decimal { precision, scale } if precision <= 38 => Spark::Decimal(precision, scale),
            _ => Spark::None,
        },
    }
}

/// Whether two columns are of the same type: physical and logical type, unit, UTC flag, precision and scale.
fn same(a: &Column, b: &Column) -> bool {
    let plain = |logical| {
        if logical == Logical::Json {
            Logical::String
        } else {
            logical
        }
    };
    let width = |column: &Column| match (column.physical, column.logical) {
        // Writers choose different widths for the same decimal.
        (Physical::Fixed(_), Logical::Decimal { .. }) => Physical::Fixed(0),
        (physical, _) => physical,
    };
    width(a) == width(b) && plain(a.logical) == plain(b.logical) && a.nested == b.nested
}

/// What becomes of `other` when the schema is that of the file with `first`.
pub fn fate(first: &Column, other: &Column) -> Fate {
    if same(first, other) {
        return Fate::Same;
    }
    let small = |logical: Logical| {
        matches!(
            logical,
            Logical::None | Logical::Unknown | Logical::Int { bits: 8 | 16, .. }
        )
    };
    let fixed_decimal = |logical: Logical| matches!(logical, Logical::Decimal { .. });
    match (spark(first), other.physical, other.logical) {
        (Spark::None, ..) => Fate::Fails,
        // Nested columns were not tried: Spark matches their fields by name, and what differs may be an added one.
        (Spark::Nested, Physical::Group, _) => Fate::Reads,
        (_, Physical::Int32, Logical::Unknown)
            if matches!(
                spark(first),
                Spark::Int | Spark::Short | Spark::Byte | Spark::Date
            ) =>
        {
            Fate::Reads
        }
        (Spark::Int, Physical::Int32, logical) if small(logical) => Fate::Reads,
        (
            Spark::Short,
            Physical::Int32,
            Logical::Int { bits: 8, .. }
            | Logical::Int {
                bits: 16,
                signed: true,
            },
        ) => Fate::Reads,
        (
            Spark::Byte,
            Physical::Int32,
            Logical::Int {
                bits: 8,
                signed: true,
            },
        ) => Fate::Reads,
        (
            Spark::Int | Spark::Short | Spark::Byte | Spark::Date,
            Physical::Int32,
            Logical::Int {
                bits: 32,
                signed: false,
            },
        ) => Fate::Fails,
        (Spark::Int | Spark::Short | Spark::Byte | Spark::Date, Physical::Int32, _) => Fate::Lies,
        (Spark::Long, Physical::Int64, Logical::None | Logical::Unknown) => Fate::Reads,
        (Spark::Long, Physical::Int64, Logical::Int { signed: false, .. }) => Fate::Fails,
        (Spark::Long, Physical::Int64, _) => Fate::Lies,
        (
            Spark::Long,
            Physical::Int32,
            Logical::Int {
                bits: 32,
                signed: false,
            },
        ) => Fate::Reads,
        (Spark::Timestamp, Physical::Int96, _) => Fate::Reads,
        (
            Spark::Timestamp,
            Physical::Int64,
            Logical::Timestamp {
                unit: Unit::Millis | Unit::Micros,
                ..
            },
        )
        | (
            Spark::TimestampNtz,
            Physical::Int64,
            Logical::Timestamp {
                unit: Unit::Millis | Unit::Micros,
                utc: false,
            },
        ) => Fate::Reads,
        (Spark::String, Physical::ByteArray, logical) if !fixed_decimal(logical) => Fate::Reads,
        (Spark::Binary, Physical::ByteArray | Physical::Fixed(_), Logical::Decimal { .. }) => Fate::Lies,
        (Spark::Binary, Physical::ByteArray | Physical::Fixed(_), _) => Fate::Reads,
        (
            Spark::Decimal(precision, scale),
            physical,
            Logical::Decimal {
                precision: p,
                scale: s,
            },
        ) if s == scale && p <= precision && decimal_fits(physical, precision) => Fate::Reads,
        _ => Fate::Fails,
    }
}

/// Whether Spark 3.5 reads decimals stored so into decimals of so many digits.
fn decimal_fits(physical: Physical, precision: i32) -> bool {
    match physical {
        Physical::Int32 => precision <= 9,
        Physical::Int64 => precision <= 18,
        _ => true,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    fn column(physical: Physical, logical: Logical) -> Column {
        Column {
            name: "c".into(),
            physical,
            logical,
            required: false,
            leaf: 0,
            nested: 0,
        }
    }

    fn timestamp(unit: Unit, utc: bool) -> Column {
        column(Physical::Int64, Logical::Timestamp { unit, utc })
    }

    fn decimal(physical: Physical, precision: i32, scale: i32) -> Column {
        column(physical, Logical::Decimal { precision, scale })
    }

    /// Rows of the table that Spark 3.5.9 gave.
    #[test]
    fn drift_is_as_grave_as_spark_makes_it() {
        use Fate::{Fails, Lies, Reads, Same};
        let int64 = column(Physical::Int64, Logical::None);
        let int32 = column(Physical::Int32, Logical::None);
        let null = column(Physical::Int32, Logical::Unknown);
        let int96 = column(Physical::Int96, Logical::None);
        let date = column(Physical::Int32, Logical::Date);
        let double = column(Physical::Double, Logical::None);
        let float = column(Physical::Float, Logical::None);
        let string = column(Physical::ByteArray, Logical::String);
        let json = column(Physical::ByteArray, Logical::Json);
        let bytes = column(Physical::ByteArray, Logical::None);
        let fixed = column(Physical::Fixed(4), Logical::None);
        let int16 = column(
            Physical::Int32,
            Logical::Int {
                bits: 16,
                signed: true,
            },
        );
        let uint32 = column(
            Physical::Int32,
            Logical::Int {
                bits: 32,
                signed: false,
            },
        );
        let uint64 = column(
            Physical::Int64,
            Logical::Int {
                bits: 64,
                signed: false,
            },
        );
        let utc = timestamp(Unit::Micros, true);
        let local = timestamp(Unit::Micros, false);
        let table = [
            (&int64, &utc, Lies),
            (&utc, &int64, Fails),
            (&int64, &timestamp(Unit::Nanos, true), Lies),
            (&timestamp(Unit::Nanos, true), &int64, Fails),
            (&utc, &timestamp(Unit::Millis, true), Reads),
            (&utc, &local, Reads),
            (&local, &utc, Fails),
            (&local, &int96, Fails),
            (&local, &timestamp(Unit::Millis, false), Reads),
            (&int96, &utc, Reads),
            (&utc, &int96, Reads),
            (&int96, &int64, Fails),
            (&int32, &date, Lies),
            (&date, &int32, Lies),
            (&date, &null, Reads),
            (&null, &date, Lies),
            (&null, &int32, Reads),
            (&int32, &null, Reads),
            (&string, &null, Fails),
            (&null, &string, Fails),
            (&double, &null, Fails),
            (&double, &int64, Fails),
            (&double, &float, Fails),
            (&float, &double, Fails),
            (&int64, &int32, Fails),
            (&int32, &int64, Fails),
            (&int64, &uint32, Reads),
            (&uint32, &int64, Reads),
            (&uint32, &int32, Fails),
            (&int32, &uint32, Fails),
            (&int64, &uint64, Fails),
            (&uint64, &int64, Fails),
            (&int32, &int16, Reads),
            (&int16, &int32, Lies),
            (&string, &json, Same),
            (&string, &bytes, Reads),
            (&bytes, &string, Reads),
            (&string, &fixed, Fails),
            (&bytes, &fixed, Reads),
            (&string, &date, Fails),
            (&date, &string, Fails),
            (&bytes, &decimal(Physical::Fixed(8), 18, 2), Lies),
            (
                &decimal(Physical::Fixed(8), 18, 2),
                &decimal(Physical::Int64, 12, 2),
                Reads,
            ),
            (
                &decimal(Physical::Int64, 12, 2),
                &decimal(Physical::Int64, 18, 2),
                Fails,
            ),
            (
                &decimal(Physical::Int64, 18, 2),
                &decimal(Physical::Int32, 9, 2),
                Fails,
            ),
            (
                &decimal(Physical::Int64, 18, 2),
                &decimal(Physical::Int64, 18, 4),
                Fails,
            ),
            (
                &decimal(Physical::Fixed(16), 38, 2),
                &decimal(Physical::Int64, 18, 2),
                Fails,
            ),
            (&int64, &decimal(Physical::Int64, 18, 2), Lies),
        ];
        for (first, other, expected) in table {
            assert_eq!(
                fate(first, other),
                expected,
                "{} then {}",
                first.spelled(),
                other.spelled()
            );
        }
    }
}
