//! The cells of a batch: text over views, judged once for each value that a dictionary repeats.

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Date32Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
    TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType,
    UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{Array, ArrayRef, BinaryViewArray, RecordBatch};
use arrow_buffer::Buffer;
use arrow_schema::{DataType, TimeUnit};
use jiff::Timestamp;

use super::plan::{Column, FilePlan, Reading};
use super::tally::BadColumn;
use crate::calendar::PstDay;

/// Characters of a value that a sample keeps; the report cuts shorter.
const SHOWN: usize = 240;

/// One contract column of a batch.
pub(super) enum Cell {
    /// Not judged in this file.
    Blocked,
    /// Null in every row.
    AllNull,
    /// Judged without a look: no value can break a rule.
    Unread,
    /// Text.
    Text(Texts),
    /// Numbers, dates, timestamps.
    Other(ArrayRef),
}

impl Cell {
    /// The column's cells, checked so far that judging them can't fail.
    pub(super) fn of(
        plan: &FilePlan,
        column: Column,
        batch: &RecordBatch,
        row: impl Fn(usize) -> u64,
    ) -> Result<Self, BadColumn> {
        let utf8_checked = match plan.reading(column) {
            Reading::Blocked(_) => return Ok(Self::Blocked),
            Reading::AllNull => return Ok(Self::AllNull),
            Reading::Unread => return Ok(Self::Unread),
            Reading::Leaf { utf8_checked, .. } => *utf8_checked,
        };
        let name = column.name();
        let unexpected = |found: String| BadColumn::Unexpected { column: name, found };
        let array = batch
            .column_by_name(name)
            .ok_or_else(|| unexpected("nothing".to_owned()))?;
        let texts = match array.data_type() {
            DataType::Null => return Ok(Self::AllNull),
            DataType::Utf8View => array.as_string_view_opt().map(|a| a.clone().to_binary_view()),
            DataType::BinaryView => array.as_binary_view_opt().cloned(),
            other if fits(column, other) => return Ok(Self::Other(ArrayRef::clone(array))),
            _ => None,
        };
        let texts = Texts {
            array: texts.ok_or_else(|| unexpected(array.data_type().to_string()))?,
        };
        if !utf8_checked && let Some(at) = texts.first_not_utf8() {
            return Err(BadColumn::NotUtf8 {
                column: name,
                row: row(at),
            });
        }
        Ok(Self::Text(texts))
    }

    /// A value as text, for a sample; `None` where it is null.
    pub(super) fn shown(&self, at: usize) -> Option<Box<str>> {
        match self {
            Self::Text(texts) => texts.shown(at),
            Self::Other(array) => shown(array, at),
            Self::Blocked | Self::AllNull | Self::Unread => None,
        }
    }
}

/// Whether a column that is not text can be judged.
fn fits(column: Column, found: &DataType) -> bool {
    match column {
        Column::Timestamp => {
            found.is_integer() || found.is_floating() || matches!(found, DataType::Timestamp(..))
        }
        Column::Date | Column::FinishedDate => matches!(found, DataType::Date32 | DataType::Timestamp(..)),
        Column::UnitId => found.is_integer(),
        Column::MetricValue | Column::Numerator | Column::Denominator => {
            matches!(found, DataType::Float32 | DataType::Float64)
        }
        _ => false,
    }
}

/// A text column of a batch. Its bytes are UTF-8.
pub(super) struct Texts {
    array: BinaryViewArray,
}

impl Texts {
    pub(super) fn len(&self) -> usize {
        self.array.len()
    }

    /// The views: length in the lowest 32 bits; equal views of one batch are equal texts.
    #[inline]
    pub(super) fn views(&self) -> &[u128] {
        self.array.views()
    }

    /// The buffers to which long views point.
    pub(super) fn buffers(&self) -> &[Buffer] {
        self.array.data_buffers()
    }

    #[inline]
    pub(super) fn is_null(&self, at: usize) -> bool {
        self.array.is_null(at)
    }

    pub(super) fn has_nulls(&self) -> bool {
        self.array.null_count() > 0
    }

    #[inline]
    pub(super) fn bytes(&self, at: usize) -> &[u8] {
        self.array.value(at)
    }

    fn first_not_utf8(&self) -> Option<usize> {
        // Short texts stand in their views, above the length.
        const SHORT_WIDE: u128 = 0x8080_8080_8080_8080_8080_8080 << 32;
        self.views()
            .iter()
            .enumerate()
            .find(|&(at, &view)| {
                if view as u32 <= 12 && view & SHORT_WIDE == 0 {
                    return false;
                }
                let text = self.bytes(at);
                !text.is_ascii() && !self.is_null(at) && std::str::from_utf8(text).is_err()
            })
            .map(|(at, _)| at)
    }

    pub(super) fn shown(&self, at: usize) -> Option<Box<str>> {
        (at < self.len() && !self.is_null(at)).then(|| cut(self.bytes(at)))
    }
}

/// The beginning of a text.
pub(super) fn cut(text: &[u8]) -> Box<str> {
    // A character has at most four bytes.
    let head = text.get(..SHOWN * 4).unwrap_or(text);
    String::from_utf8_lossy(head).chars().take(SHOWN).collect()
}

/// The number of characters in UTF-8 text.
#[inline]
pub(super) fn characters(text: &[u8]) -> usize {
    text.iter().filter(|&&byte| (byte as i8) >= -0x40).count()
}

fn shown(array: &ArrayRef, at: usize) -> Option<Box<str>> {
    macro_rules! number {
        ($type:ty) => {
            array
                .as_primitive_opt::<$type>()
                .map(|a| format!("{:?}", a.value(at)))
        };
    }
    if at >= array.len() || array.is_null(at) {
        return None;
    }
    let text = match array.data_type() {
        DataType::Int8 => number!(Int8Type),
        DataType::Int16 => number!(Int16Type),
        DataType::Int32 => number!(Int32Type),
        DataType::Int64 => number!(Int64Type),
        DataType::UInt8 => number!(UInt8Type),
        DataType::UInt16 => number!(UInt16Type),
        DataType::UInt32 => number!(UInt32Type),
        DataType::UInt64 => number!(UInt64Type),
        DataType::Float32 => number!(Float32Type),
        DataType::Float64 => number!(Float64Type),
        DataType::Date32 => array.as_primitive_opt::<Date32Type>().map(|a| {
            match PstDay::from_epoch_day(i64::from(a.value(at))) {
                Some(day) => day.to_string(),
                None => format!("day {} from 1970", a.value(at)),
            }
        }),
        DataType::Timestamp(..) => {
            timestamps(array).and_then(|(values, per_second)| instant(*values.get(at)?, per_second))
        }
        _ => None,
    };
    text.map(String::into_boxed_str)
}

fn instant(value: i64, per_second: i64) -> Option<String> {
    let nanos = i128::from(value) * i128::from(1_000_000_000 / per_second.max(1));
    Some(match Timestamp::from_nanosecond(nanos) {
        Ok(instant) => instant.to_string(),
        Err(_) => value.to_string(),
    })
}

/// The values of a timestamp column, and how many of its unit make a second.
pub(super) fn timestamps(array: &ArrayRef) -> Option<(&[i64], i64)> {
    let DataType::Timestamp(unit, _) = array.data_type() else {
        return None;
    };
    macro_rules! values {
        ($type:ty) => {
            array.as_primitive_opt::<$type>()?.values()
        };
    }
    Some(match unit {
        TimeUnit::Second => (values!(TimestampSecondType), 1),
        TimeUnit::Millisecond => (values!(TimestampMillisecondType), 1_000),
        TimeUnit::Microsecond => (values!(TimestampMicrosecondType), 1_000_000),
        TimeUnit::Nanosecond => (values!(TimestampNanosecondType), 1_000_000_000),
    })
}

/// The values of an integer column, widened; what exceeds `i64` saturates. `None` for other types.
pub(super) fn integers<'a>(array: &'a ArrayRef, space: &'a mut Vec<i64>) -> Option<&'a [i64]> {
    macro_rules! widened {
        ($type:ty) => {{
            space.clear();
            let values = array.as_primitive_opt::<$type>()?.values();
            space.extend(values.iter().map(|&v| i64::try_from(v).unwrap_or(i64::MAX)));
            space
        }};
    }
    Some(match array.data_type() {
        DataType::Int64 => array.as_primitive_opt::<Int64Type>()?.values(),
        DataType::Int8 => widened!(Int8Type),
        DataType::Int16 => widened!(Int16Type),
        DataType::Int32 => widened!(Int32Type),
        DataType::UInt8 => widened!(UInt8Type),
        DataType::UInt16 => widened!(UInt16Type),
        DataType::UInt32 => widened!(UInt32Type),
        DataType::UInt64 => widened!(UInt64Type),
        _ => return None,
    })
}

/// The values of a float column, widened. `None` for other types.
pub(super) fn floats<'a>(array: &'a ArrayRef, space: &'a mut Vec<f64>) -> Option<&'a [f64]> {
    Some(match array.data_type() {
        DataType::Float64 => array.as_primitive_opt::<Float64Type>()?.values(),
        DataType::Float32 => {
            let values = array.as_primitive_opt::<Float32Type>()?.values();
            space.clear();
            space.extend(values.iter().map(|&v| f64::from(v)));
            space
        }
        _ => return None,
    })
}

/// What was judged of texts, by their views: a small table in which a newcomer takes the place of an older one.
///
/// A view of at most 12 bytes is the text itself; a longer one says where in the batch's buffers it is, so it is good as
/// long as the buffers are the same, as they are through all batches that one dictionary page serves.
#[derive(Debug)]
pub(super) struct Memo<V> {
    slots: Box<[Slot<V>]>,
    held: Vec<Buffer>,
    generation: u32,
    asked: u32,
    known: u32,
}

#[derive(Clone, Copy, Debug)]
struct Slot<V> {
    view: u128,
    generation: u32,
    judged: V,
}

/// The generation of short texts, which are good for ever.
const SHORT: u32 = 0;
/// No view was ever judged here.
const FREE: u32 = u32::MAX;
/// Questions after which a memo that knows too little is asked no more in this batch.
const TRIAL: u32 = 512;
/// Buffers of more bytes are not held past their batch.
const MOST_HELD: usize = 8 << 20;

impl<V: Copy + Default> Memo<V> {
    /// A memo of `1 << bits` places.
    pub(super) fn new(bits: u32) -> Self {
        let free = Slot {
            view: 0,
            generation: FREE,
            judged: V::default(),
        };
        Self {
            slots: vec![free; 1 << bits].into_boxed_slice(),
            held: Vec::new(),
            generation: SHORT + 1,
            asked: 0,
            known: 0,
        }
    }

    /// A batch begins: what was judged of its predecessor's long texts is kept only if the buffers are the same.
    pub(super) fn begin(&mut self, texts: &Texts) {
        self.asked = 0;
        self.known = 0;
        let buffers = texts.buffers();
        let same = self.held.len() == buffers.len()
            && self
                .held
                .iter()
                .zip(buffers)
                .all(|(a, b)| a.ptr_eq(b) && a.len() == b.len());
        if same && !buffers.is_empty() {
            return;
        }
        self.generation = if self.generation == FREE - 1 {
            SHORT + 1
        } else {
            self.generation + 1
        };
        self.held.clear();
        if buffers.iter().map(Buffer::capacity).sum::<usize>() <= MOST_HELD {
            self.held.extend_from_slice(buffers);
        }
    }

    /// What is judged of a text by its view.
    #[inline(always)]
    pub(super) fn get(&mut self, view: u128, judge: impl FnOnce() -> V) -> V {
        if self.asked >= TRIAL && self.known < self.asked / 16 {
            return judge();
        }
        let generation = if view as u32 <= 12 { SHORT } else { self.generation };
        let folded = (view as u64) ^ ((view >> 64) as u64).rotate_left(32);
        let place = folded.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
        let mask = self.slots.len().wrapping_sub(1);
        let Some(slot) = self.slots.get_mut(place as usize & mask) else {
            return judge();
        };
        self.asked += 1;
        if slot.view == view && slot.generation == generation {
            self.known += 1;
            return slot.judged;
        }
        let judged = judge();
        *slot = Slot {
            view,
            generation,
            judged,
        };
        judged
    }
}

/// What is wrong with a name, as bits.
pub(super) mod name {
    /// Nothing in it.
    pub(in super::super) const EMPTY: u8 = 1;
    /// 128 characters or more.
    pub(in super::super) const TOO_LONG: u8 = 1 << 1;
    /// A white space character.
    pub(in super::super) const SPACE: u8 = 1 << 2;
    /// A character for which Statsig drops the event.
    pub(in super::super) const DROPPED: u8 = 1 << 3;
    /// It starts with `statsig::`.
    pub(in super::super) const RESERVED: u8 = 1 << 4;
}

/// From so many characters on, a name or value is too long.
pub(super) const TOO_LONG: usize = 128;

/// A byte that is part of a character beyond ASCII.
const WIDE: u8 = 1 << 7;

/// What each byte says of a name that holds it.
const BYTES: [u8; 256] = {
    let mut bytes = [0; 256];
    let mut at = 0x80;
    while at < 256 {
        bytes[at] = WIDE;
        at += 1;
    }
    let dropped = b"\\[]{}<>#=;&$%|\0\n\r";
    let mut at = 0;
    while at < dropped.len() {
        bytes[dropped[at] as usize] |= name::DROPPED;
        at += 1;
    }
    // White space in ASCII, by Unicode's property.
    let space = b"\t\n\x0b\x0c\r ";
    let mut at = 0;
    while at < space.len() {
        bytes[space[at] as usize] |= name::SPACE;
        at += 1;
    }
    bytes
};

/// What is wrong with a name.
pub(super) fn judge_name(text: &[u8]) -> u8 {
    if text.is_empty() {
        return name::EMPTY;
    }
    let bytes = text
        .iter()
        .fold(0, |all, &byte| all | BYTES.get(usize::from(byte)).unwrap_or(&0));
    let mut facts = bytes & !WIDE;
    if text.len() >= TOO_LONG && characters(text) >= TOO_LONG {
        facts |= name::TOO_LONG;
    }
    if bytes & WIDE != 0
        && let Ok(text) = std::str::from_utf8(text)
        && text.chars().any(char::is_whitespace)
    {
        facts |= name::SPACE;
    }
    if text.starts_with(b"statsig::") {
        facts |= name::RESERVED;
    }
    facts
}

/// A UUID as `8-4-4-4-12` hex digits of either case.
#[inline]
pub(super) fn uuid(text: &[u8]) -> Option<u128> {
    let text: &[u8; 36] = text.try_into().ok()?;
    if (text[8], text[13], text[18], text[23]) != (b'-', b'-', b'-', b'-') {
        return None;
    }
    let mut digits = [0u8; 32];
    digits[..8].copy_from_slice(&text[..8]);
    digits[8..12].copy_from_slice(&text[9..13]);
    digits[12..16].copy_from_slice(&text[14..18]);
    digits[16..20].copy_from_slice(&text[19..23]);
    digits[20..].copy_from_slice(&text[24..]);
    let mut wrong = 0u8;
    for digit in &mut digits {
        let number = digit.wrapping_sub(b'0');
        let letter = (*digit | 0x20).wrapping_sub(b'a');
        let (is_number, is_letter) = (number < 10, letter < 6);
        wrong |= u8::from(!(is_number | is_letter));
        *digit = if is_number {
            number
        } else {
            letter.wrapping_add(10)
        };
    }
    if wrong != 0 {
        return None;
    }
    let mut bytes = [0u8; 16];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        if let [high, low] = pair {
            *byte = high << 4 | (low & 0xf);
        }
    }
    Some(u128::from_be_bytes(bytes))
}
