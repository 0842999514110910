//! The Thrift compact protocol, as far as footers need it: bytes in, never a panic, never more work than there are
//! bytes.
//!
//! Source: the protocol's specification, `doc/specs/thrift-compact-protocol.md` of Apache Thrift.

/// What is wrong with the bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Bad(pub &'static str);

pub(super) type Read<T> = Result<T, Bad>;

/// The types of fields and elements, by their numbers on the wire.
pub(super) mod kind {
    pub const STOP: u8 = 0;
    pub const TRUE: u8 = 1;
    pub const FALSE: u8 = 2;
    pub const BYTE: u8 = 3;
    pub const I16: u8 = 4;
    pub const I32: u8 = 5;
    pub const I64: u8 = 6;
    pub const DOUBLE: u8 = 7;
    pub const BINARY: u8 = 8;
    pub const LIST: u8 = 9;
    pub const SET: u8 = 10;
    pub const MAP: u8 = 11;
    pub const STRUCT: u8 = 12;
    pub const UUID: u8 = 13;
}

/// Structs deeper than this in a part that is passed over are refused; no writer nests so deep.
const MAX_DEPTH: u8 = 64;

/// A field's header.
#[derive(Clone, Copy, Debug)]
pub(super) struct Field {
    pub id: i16,
    pub kind: u8,
}

impl Field {
    /// The value of a boolean field, which lies in its header.
    pub fn bool(self) -> Read<bool> {
        match self.kind {
            kind::TRUE => Ok(true),
            kind::FALSE => Ok(false),
            _ => Err(Bad("a field has an unexpected type")),
        }
    }

    /// Makes sure of the field's type.
    pub fn expect(self, kind: u8) -> Read<()> {
        if self.kind == kind {
            Ok(())
        } else {
            Err(Bad("a field has an unexpected type"))
        }
    }
}

/// A place in a footer's bytes.
#[derive(Clone, Debug)]
pub(super) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    fn byte(&mut self) -> Read<u8> {
        let (first, rest) = self.rest.split_first().ok_or(Bad("it ends early"))?;
        self.rest = rest;
        Ok(*first)
    }

    fn take(&mut self, length: u64) -> Read<&'a [u8]> {
        let taken = usize::try_from(length)
            .ok()
            .and_then(|length| self.rest.split_at_checked(length));
        let (taken, rest) = taken.ok_or(Bad("a length points beyond its end"))?;
        self.rest = rest;
        Ok(taken)
    }

    fn varint(&mut self) -> Read<u64> {
        let mut value = 0u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(Bad("a number has too many bytes"))
    }

    /// An integer of whatever width.
    pub fn int(&mut self) -> Read<i64> {
        let value = self.varint()?;
        Ok((value >> 1) as i64 ^ -((value & 1) as i64))
    }

    /// An integer of 32 bits.
    pub fn i32(&mut self) -> Read<i32> {
        i32::try_from(self.int()?).map_err(|_| Bad("a number is out of range"))
    }

    /// An integer that may not be negative.
    pub fn size(&mut self) -> Read<u64> {
        u64::try_from(self.int()?).map_err(|_| Bad("a size is negative"))
    }

    /// A single byte, signed.
    pub fn i8(&mut self) -> Read<i8> {
        Ok(self.byte()? as i8)
    }

    /// Bytes with their length before them.
    pub fn binary(&mut self) -> Read<&'a [u8]> {
        let length = self.varint()?;
        self.take(length)
    }

    /// The next field's header; `None` at the struct's end. `last` is the field before it.
    pub fn field(&mut self, last: i16) -> Read<Option<Field>> {
        let header = self.byte()?;
        let kind = header & 0x0f;
        if kind == kind::STOP {
            return Ok(None);
        }
        let id = match header >> 4 {
            0 => i16::try_from(self.int()?).map_err(|_| Bad("a field's number is out of range"))?,
            delta => last
                .checked_add(i16::from(delta))
                .ok_or(Bad("a field's number is out of range"))?,
        };
        Ok(Some(Field { id, kind }))
    }

    /// A list's header: how many elements, of which type. Each element takes a byte at least, so more than there are
    /// bytes left are refused.
    pub fn list(&mut self) -> Read<(u64, u8)> {
        let header = self.byte()?;
        let size = match header >> 4 {
            15 => self.varint()?,
            short => u64::from(short),
        };
        if size > self.rest.len() as u64 {
            return Err(Bad("a list is longer than the footer"));
        }
        Ok((size, header & 0x0f))
    }

    /// The header of a list of structs.
    pub fn structs(&mut self) -> Read<u64> {
        let (size, kind) = self.list()?;
        if size > 0 && kind != kind::STRUCT {
            return Err(Bad("a list has an unexpected type"));
        }
        Ok(size)
    }

    /// Walks through a struct's fields; `on` reads the value of a field that it knows and says so, others are passed
    /// over.
    pub fn fields(&mut self, mut on: impl FnMut(&mut Self, Field) -> Read<bool>) -> Read<()> {
        let mut last = 0;
        while let Some(field) = self.field(last)? {
            last = field.id;
            if !on(self, field)? {
                self.skip(field.kind)?;
            }
        }
        Ok(())
    }

    /// Passes over a field's value.
    pub fn skip(&mut self, kind: u8) -> Read<()> {
        self.skip_within(kind, MAX_DEPTH)
    }

    fn skip_within(&mut self, kind: u8, depth: u8) -> Read<()> {
        let depth = depth.checked_sub(1).ok_or(Bad("it is nested too deep"))?;
        match kind {
            kind::TRUE | kind::FALSE => Ok(()),
            kind::BYTE => self.byte().map(drop),
            kind::I16 | kind::I32 | kind::I64 => self.varint().map(drop),
            kind::DOUBLE => self.take(8).map(drop),
            kind::UUID => self.take(16).map(drop),
            kind::BINARY => self.binary().map(drop),
            kind::LIST | kind::SET => {
                let (size, element) = self.list()?;
                (0..size).try_for_each(|_| self.skip_element(element, depth))
            }
            kind::MAP => {
                let size = self.varint()?;
                if size == 0 {
                    return Ok(());
                }
                if size > self.rest.len() as u64 {
                    return Err(Bad("a map is longer than the footer"));
                }
                let kinds = self.byte()?;
                (0..size).try_for_each(|_| {
                    self.skip_element(kinds >> 4, depth)?;
                    self.skip_element(kinds & 0x0f, depth)
                })
            }
            kind::STRUCT => {
                let mut last = 0;
                while let Some(field) = self.field(last)? {
                    last = field.id;
                    self.skip_within(field.kind, depth)?;
                }
                Ok(())
            }
            _ => Err(Bad("a field has an unknown type")),
        }
    }

    /// Passes over an element of a collection, where a boolean takes a byte.
    fn skip_element(&mut self, kind: u8, depth: u8) -> Read<()> {
        match kind {
            kind::TRUE | kind::FALSE => self.byte().map(drop),
            _ => self.skip_within(kind, depth),
        }
    }
}
