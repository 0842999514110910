//! Reads the schema of a footer: the flattened tree of elements becomes top-level columns.

use std::collections::{HashMap, HashSet};

use super::{
    column::{Column, Logical, Physical, Unit},
    reading::{is_contract_name, is_near_contract_name},
    thrift::{Bad, Read, Reader, kind},
};

/// At most so many columns of a file are kept by name; those of the contract, and what may be meant by them, always.
pub const MAX_COLUMNS: usize = 4096;
/// At most so many examples of a thing are kept.
const EXAMPLES: usize = 8;

/// What a schema yields.
#[derive(Debug, Default)]
pub(super) struct Schema {
    pub columns: Vec<Column>,
    pub columns_more: u32,
    pub duplicates: Vec<(Box<str>, Box<str>)>,
    pub unsupported: Vec<(Box<str>, Box<str>)>,
    /// Leaf columns in all.
    pub leaves: u32,
    /// The contract's plain columns: from leaf to index in `columns`.
    pub wanted: HashMap<u32, u32>,
}

/// One element as it stands in the footer.
#[derive(Debug, Default)]
struct Element<'a> {
    physical: Option<i32>,
    length: Option<i32>,
    repetition: Option<i32>,
    name: Option<&'a [u8]>,
    children: Option<i32>,
    converted: Option<i32>,
    scale: Option<i32>,
    precision: Option<i32>,
    logical: Option<Logical>,
}

/// Reads the list of schema elements.
pub(super) fn read(reader: &mut Reader<'_>) -> Read<Schema> {
    let size = reader.structs()?;
    let mut tree = Tree::default();
    for index in 0..size {
        let element = element(reader)?;
        tree.add(&element, index == 0, size - index - 1)?;
    }
    tree.finish()
}

fn element<'a>(reader: &mut Reader<'a>) -> Read<Element<'a>> {
    let mut e = Element::default();
    reader.fields(|r, field| {
        match field.id {
            1 => e.physical = Some(i32_of(r, field)?),
            2 => e.length = Some(i32_of(r, field)?),
            3 => e.repetition = Some(i32_of(r, field)?),
            4 => {
                field.expect(kind::BINARY)?;
                e.name = Some(r.binary()?);
            }
            5 => e.children = Some(i32_of(r, field)?),
            6 => e.converted = Some(i32_of(r, field)?),
            7 => e.scale = Some(i32_of(r, field)?),
            8 => e.precision = Some(i32_of(r, field)?),
            10 => {
                field.expect(kind::STRUCT)?;
                e.logical = logical(r)?;
            }
            _ => return Ok(false),
        }
        Ok(true)
    })?;
    Ok(e)
}

fn i32_of(reader: &mut Reader<'_>, field: super::thrift::Field) -> Read<i32> {
    field.expect(kind::I32)?;
    reader.i32()
}

/// The union of logical types.
fn logical(reader: &mut Reader<'_>) -> Read<Option<Logical>> {
    let mut found = None;
    reader.fields(|r, field| {
        field.expect(kind::STRUCT)?;
        let (a, b) = match field.id {
            5 | 7 | 8 | 10 => parameters(r)?,
            _ => {
                r.skip(kind::STRUCT)?;
                (None, None)
            }
        };
        let number = |value: Option<i64>| i32::try_from(value.unwrap_or(-1)).unwrap_or(-1);
        let unit = match b {
            Some(1) => Some(Unit::Millis),
            Some(2) => Some(Unit::Micros),
            Some(3) => Some(Unit::Nanos),
            _ => None,
        };
        let yes = a == Some(1);
        found = Some(match (field.id, unit) {
            (1, _) => Logical::String,
            (2, _) => Logical::Map,
            (3, _) => Logical::List,
            (4, _) => Logical::Enum,
            (5, _) => Logical::Decimal {
                scale: number(a),
                precision: number(b),
            },
            (6, _) => Logical::Date,
            (7, Some(unit)) => Logical::Time { unit, utc: yes },
            (8, Some(unit)) => Logical::Timestamp { unit, utc: yes },
            (10, _) => Logical::Int {
                bits: u8::try_from(a.unwrap_or(0)).unwrap_or(0),
                signed: b == Some(1),
            },
            (11, _) => Logical::Unknown,
            (12, _) => Logical::Json,
            (13, _) => Logical::Bson,
            (14, _) => Logical::Uuid,
            (15, _) => Logical::Float16,
            (16, _) => Logical::Variant,
            (17, _) => Logical::Geometry,
            (18, _) => Logical::Geography,
            (id, _) => Logical::Other(id),
        });
        Ok(true)
    })?;
    Ok(found)
}

/// The two parameters of DECIMAL (scale, precision), TIME and TIMESTAMP (UTC, unit by its number in the union) and
/// INTEGER (bits, signed).
fn parameters(reader: &mut Reader<'_>) -> Read<(Option<i64>, Option<i64>)> {
    let (mut a, mut b) = (None, None);
    reader.fields(|r, field| {
        let value = match field.kind {
            kind::TRUE | kind::FALSE => i64::from(field.bool()?),
            kind::I32 => r.int()?,
            kind::BYTE => i64::from(r.i8()?),
            kind::STRUCT => {
                let mut unit = 0;
                r.fields(|_, field| {
                    unit = i64::from(field.id);
                    Ok(false)
                })?;
                unit
            }
            _ => return Ok(false),
        };
        match field.id {
            1 => a = Some(value),
            2 => b = Some(value),
            _ => {}
        }
        Ok(true)
    })?;
    Ok((a, b))
}

/// The tree as it grows; elements come depth first.
#[derive(Debug, Default)]
struct Tree {
    schema: Schema,
    /// How many children are still to come at each level.
    open: Vec<u32>,
    /// Names seen, in lower case, as hashes: a footer may name millions.
    names: HashSet<u64>,
    /// Index of the top-level column that is being read, where it is kept.
    current: Option<usize>,
    /// Columns that were kept for their near-contract names beyond the limit.
    near: usize,
    hasher: std::hash::RandomState,
    closed: bool,
}

impl Tree {
    fn add(&mut self, e: &Element<'_>, root: bool, left: u64) -> Read<()> {
        let children = u32::try_from(e.children.unwrap_or(0)).map_err(|_| Bad("a size is negative"))?;
        if u64::from(children) > left {
            return Err(Bad("its schema has fewer elements than it says"));
        }
        if root {
            if e.physical.is_some() && children == 0 && e.children.is_none() {
                return Err(Bad("its schema has no root"));
            }
            self.open.push(children);
            self.close();
            return Ok(());
        }
        if self.closed {
            return Err(Bad("its schema has more elements than its root says"));
        }
        let level = self.open.len();
        if let Some(open) = self.open.last_mut() {
            *open = open.saturating_sub(1);
        }
        let group = children > 0 || e.physical.is_none();
        let name = String::from_utf8_lossy(e.name.ok_or(Bad("a column has no name"))?);
        let (physical, logical) = types(e, group)?;
        if level == 1 {
            self.column(e, &name, physical, logical)?;
        } else if let Some(column) = self.current.and_then(|at| self.schema.columns.get_mut(at)) {
            column.nested = mix(column.nested, &name, physical, logical, level);
        }
        if !group {
            self.note_unsupported(&name, level, logical);
            self.schema.leaves = self
                .schema
                .leaves
                .checked_add(1)
                .ok_or(Bad("it has too many columns"))?;
        }
        if children > 0 {
            self.open.push(children);
        } else {
            self.close();
        }
        Ok(())
    }

    /// Leaves the levels that have all their children.
    fn close(&mut self) {
        while self.open.last() == Some(&0) {
            self.open.pop();
        }
        self.closed = self.open.is_empty();
    }

    fn column(&mut self, e: &Element<'_>, name: &str, physical: Physical, logical: Logical) -> Read<()> {
        use std::hash::BuildHasher;
        let lower = name.to_lowercase();
        let known = !self.names.insert(self.hasher.hash_one(&lower));
        if known && self.schema.duplicates.len() < EXAMPLES {
            let first = self
                .schema
                .columns
                .iter()
                .find(|c| c.name.to_lowercase() == lower);
            let first = first.map_or_else(|| lower.clone().into(), |column| column.name.clone());
            self.schema.duplicates.push((first, name.into()));
        }
        let room = self.schema.columns.len() < MAX_COLUMNS;
        let near = !room && self.near < MAX_COLUMNS && is_near_contract_name(name);
        if !room && !near {
            self.current = None;
            self.schema.columns_more = self.schema.columns_more.saturating_add(1);
            return Ok(());
        }
        self.near += usize::from(near);
        let at = self.schema.columns.len();
        if physical != Physical::Group
            && is_contract_name(name)
            && !self.schema.columns.iter().any(|column| &*column.name == name)
        {
            self.schema.wanted.insert(
                self.schema.leaves,
                u32::try_from(at).map_err(|_| Bad("it has too many columns"))?,
            );
        }
        self.current = Some(at);
        self.schema.columns.push(Column {
            name: name.into(),
            physical,
            logical,
            required: e.repetition == Some(0),
            leaf: self.schema.leaves,
            nested: 0,
        });
        Ok(())
    }

    fn note_unsupported(&mut self, name: &str, level: usize, logical: Logical) {
        let what = match logical {
            Logical::Float16 => "FLOAT16",
            Logical::Interval => "INTERVAL",
            Logical::Decimal { precision, .. } if precision > 38 => "DECIMAL of more than 38 digits",
            _ => return,
        };
        let column = match self.current.and_then(|at| self.schema.columns.get(at)) {
            Some(column) if level > 1 => column.name.clone(),
            _ => name.into(),
        };
        let known = self.schema.unsupported.iter().any(|(known, _)| &**known == what);
        if !known {
            self.schema.unsupported.push((what.into(), column));
        }
    }

    fn finish(self) -> Read<Schema> {
        if self.closed {
            Ok(self.schema)
        } else {
            Err(Bad("its schema has fewer elements than it says"))
        }
    }
}

/// A nested column's elements as one number, so that two columns can be compared.
fn mix(state: u64, name: &str, physical: Physical, logical: Logical, level: usize) -> u64 {
    let text = format!("{level} {name} {physical} {logical};");
    // FNV-1a: the same in every run.
    text.bytes().fold(state ^ 0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3)
    })
}

/// Physical and logical type of an element. A repeated value is a list.
fn types(e: &Element<'_>, group: bool) -> Read<(Physical, Logical)> {
    let declared = match e.logical {
        None | Some(Logical::Other(_)) => converted(e).or(e.logical).unwrap_or(Logical::None),
        Some(logical) => logical,
    };
    if group || e.repetition == Some(2) {
        let logical = match declared {
            Logical::Map | Logical::List | Logical::Variant => declared,
            _ if e.repetition == Some(2) => Logical::List,
            _ => Logical::Struct,
        };
        return Ok((Physical::Group, logical));
    }
    let physical = match e.physical {
        Some(0) => Physical::Boolean,
        Some(1) => Physical::Int32,
        Some(2) => Physical::Int64,
        Some(3) => Physical::Int96,
        Some(4) => Physical::Float,
        Some(5) => Physical::Double,
        Some(6) => Physical::ByteArray,
        Some(7) => Physical::Fixed(
            e.length
                .filter(|length| *length >= 0)
                .ok_or(Bad("a column of fixed length has none"))?,
        ),
        _ => return Err(Bad("a column has an unknown physical type")),
    };
    let logical = match (physical, declared) {
        (
            Physical::Int32,
            Logical::Int {
                bits: 32,
                signed: true,
            },
        )
        | (
            Physical::Int64,
            Logical::Int {
                bits: 64,
                signed: true,
            },
        ) => Logical::None,
        (
            Physical::Int32,
            Logical::Int {
                bits: 8 | 16 | 32, ..
            },
        )
        | (Physical::Int64, Logical::Int { bits: 64, .. }) => declared,
        // No such integer: parquet's own types panic on some of these.
        (_, Logical::Int { .. }) => Logical::Other(10),
        _ => declared,
    };
    Ok((physical, logical))
}

/// What an older converted type means.
fn converted(e: &Element<'_>) -> Option<Logical> {
    let int = |bits, signed| Logical::Int { bits, signed };
    let utc = true;
    Some(match e.converted? {
        0 => Logical::String,
        1 | 2 => Logical::Map,
        3 => Logical::List,
        4 => Logical::Enum,
        5 => Logical::Decimal {
            precision: e.precision.unwrap_or(-1),
            scale: e.scale.unwrap_or(0),
        },
        6 => Logical::Date,
        7 => Logical::Time {
            unit: Unit::Millis,
            utc,
        },
        8 => Logical::Time {
            unit: Unit::Micros,
            utc,
        },
        9 => Logical::Timestamp {
            unit: Unit::Millis,
            utc,
        },
        10 => Logical::Timestamp {
            unit: Unit::Micros,
            utc,
        },
        11 => int(8, false),
        12 => int(16, false),
        13 => int(32, false),
        14 => int(64, false),
        15 => int(8, true),
        16 => int(16, true),
        17 => int(32, true),
        18 => int(64, true),
        19 => Logical::Json,
        20 => Logical::Bson,
        21 => Logical::Interval,
        other => Logical::Other(100i16.saturating_add(i16::try_from(other).unwrap_or(0))),
    })
}
