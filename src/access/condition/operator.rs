//! The condition operators.

use std::{cmp::Ordering, net::IpAddr};

use jiff::Timestamp;

use crate::access::{
    pattern::{Pattern, arn_parts},
    truth::Truth,
};

/// `ForAllValues` or `ForAnyValue`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quantifier {
    /// Every value of the request must fit.
    All,
    /// One value of the request must fit.
    Any,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Text,
    TextAnyCase,
    TextLike,
    Number(Ordering, bool),
    Date(Ordering, bool),
    Bool,
    Ip,
    Arn,
    Null,
    Binary,
}

/// A condition operator, taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Operator {
    /// The set operator before it.
    pub quantifier: Option<Quantifier>,
    /// Whether it holds when nothing fits: `StringNotEquals` and the like.
    pub negated: bool,
    /// Whether it ends in `IfExists`.
    pub if_exists: bool,
    kind: Kind,
}

impl Operator {
    /// Takes an operator's name apart; `None` when it is none that AWS documents. Case is not looked at.
    pub fn parse(name: &str) -> Option<Self> {
        let lower = name.to_ascii_lowercase();
        let (quantifier, rest) = match lower.split_once(':') {
            None => (None, lower.as_str()),
            Some(("forallvalues", rest)) => (Some(Quantifier::All), rest),
            Some(("foranyvalue", rest)) => (Some(Quantifier::Any), rest),
            Some(_) => return None,
        };
        let (rest, if_exists) = match rest.strip_suffix("ifexists") {
            Some(rest) => (rest, true),
            None => (rest, false),
        };
        use Ordering::{Equal, Greater, Less};
        let (kind, negated) = match rest {
            "stringequals" => (Kind::Text, false),
            "stringnotequals" => (Kind::Text, true),
            "stringequalsignorecase" => (Kind::TextAnyCase, false),
            "stringnotequalsignorecase" => (Kind::TextAnyCase, true),
            "stringlike" => (Kind::TextLike, false),
            "stringnotlike" => (Kind::TextLike, true),
            "numericequals" => (Kind::Number(Equal, true), false),
            "numericnotequals" => (Kind::Number(Equal, true), true),
            "numericlessthan" => (Kind::Number(Less, false), false),
            "numericlessthanequals" => (Kind::Number(Less, true), false),
            "numericgreaterthan" => (Kind::Number(Greater, false), false),
            "numericgreaterthanequals" => (Kind::Number(Greater, true), false),
            "dateequals" => (Kind::Date(Equal, true), false),
            "datenotequals" => (Kind::Date(Equal, true), true),
            "datelessthan" => (Kind::Date(Less, false), false),
            "datelessthanequals" => (Kind::Date(Less, true), false),
            "dategreaterthan" => (Kind::Date(Greater, false), false),
            "dategreaterthanequals" => (Kind::Date(Greater, true), false),
            "bool" => (Kind::Bool, false),
            "binaryequals" => (Kind::Binary, false),
            "ipaddress" => (Kind::Ip, false),
            "notipaddress" => (Kind::Ip, true),
            "arnequals" | "arnlike" => (Kind::Arn, false),
            "arnnotequals" | "arnnotlike" => (Kind::Arn, true),
            "null" if !if_exists && quantifier.is_none() => (Kind::Null, false),
            _ => return None,
        };
        Some(Self {
            quantifier,
            negated,
            if_exists,
            kind,
        })
    }

    /// Whether it asks for presence alone.
    pub(super) fn is_null(&self) -> bool {
        self.kind == Kind::Null
    }

    /// Whether `*` and `?` of the policy's values are wildcards.
    pub(super) fn has_wildcards(&self) -> bool {
        matches!(self.kind, Kind::TextLike | Kind::Arn)
    }

    /// What it answers when the request has no such key.
    pub(super) fn when_absent(&self) -> Truth {
        match self.quantifier {
            _ if self.if_exists => Truth::Yes,
            Some(Quantifier::All) => Truth::Yes,
            Some(Quantifier::Any) => Truth::No,
            None => self.negated.into(),
        }
    }

    /// Whether a value of the request fits one of the policy's, negation aside. `text` is the policy's value as
    /// spelled, `pattern` the same with its variables replaced.
    pub(super) fn compare(&self, request: &str, text: &str, pattern: &Pattern) -> Truth {
        match self.kind {
            Kind::Text | Kind::TextLike => pattern.fits(request).into(),
            Kind::TextAnyCase => pattern.fits_any_case(request).into(),
            // A value that is not an ARN on either side is no case that is documented.
            Kind::Arn if arn_parts(request).is_none() || !is_arn_pattern(text) => Truth::Unknown,
            Kind::Arn => pattern.fits_arn(request).into(),
            Kind::Bool => match (boolean(request), boolean(text)) {
                (Some(a), Some(b)) => (a == b).into(),
                _ => Truth::Unknown,
            },
            Kind::Number(wanted, or_equal) => match (number(request), number(text)) {
                (Some(a), Some(b)) => ordered(a.partial_cmp(&b), wanted, or_equal),
                _ => Truth::Unknown,
            },
            Kind::Date(wanted, or_equal) => match (instant(request), instant(text)) {
                (Some(a), Some(b)) => ordered(Some(a.cmp(&b)), wanted, or_equal),
                _ => Truth::Unknown,
            },
            Kind::Ip => match (request.parse::<IpAddr>(), AddressRange::parse(text)) {
                (Ok(address), Some(range)) => range.holds(address).into(),
                _ => Truth::Unknown,
            },
            Kind::Null | Kind::Binary => Truth::Unknown,
        }
    }
}

/// Whether a policy's value has an ARN's six parts, or is the star alone.
fn is_arn_pattern(text: &str) -> bool {
    text == "*" || text.splitn(6, ':').count() == 6
}

fn ordered(found: Option<Ordering>, wanted: Ordering, or_equal: bool) -> Truth {
    match found {
        Some(Ordering::Equal) => or_equal.into(),
        Some(found) => (found == wanted).into(),
        None => Truth::Unknown,
    }
}

fn boolean(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" => Some(true),
        "false" => Some(false),
        _ => None,
    }
}

fn number(text: &str) -> Option<f64> {
    text.parse().ok().filter(|n: &f64| n.is_finite())
}

/// A W3C date or date-time, or seconds since the epoch.
fn instant(text: &str) -> Option<Timestamp> {
    if let Ok(seconds) = text.parse::<i64>()
        && text.len() > 4
    {
        return Timestamp::from_second(seconds).ok();
    }
    if let Ok(instant) = text.parse() {
        return Some(instant);
    }
    let date = match text.len() {
        4 => format!("{text}-01-01"),
        7 => format!("{text}-01"),
        10 => text.to_owned(),
        _ => return None,
    };
    format!("{date}T00:00:00Z").parse().ok()
}

/// A range of addresses, `203.0.113.0/24` or a single address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AddressRange {
    base: u128,
    bits: u32,
    v4: bool,
}

impl AddressRange {
    /// Reads a range, or an address as a range of one; `None` when it is neither.
    pub fn parse(text: &str) -> Option<Self> {
        let (address, length) = match text.split_once('/') {
            Some((address, length)) => (address, Some(length.parse::<u32>().ok()?)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().ok()?;
        let (base, width) = number_of(address);
        let bits = length.unwrap_or(width);
        (bits <= width).then_some(Self {
            base,
            bits,
            v4: width == 32,
        })
    }

    /// Whether an address lies in it.
    pub fn holds(&self, address: IpAddr) -> bool {
        let (number, width) = number_of(address);
        let host = width.saturating_sub(self.bits);
        (width == 32) == self.v4 && shifted(number, host) == shifted(self.base, host)
    }

    /// Whether all of another range lies in it.
    pub fn holds_all(&self, other: &Self) -> bool {
        let width = if self.v4 { 32 } else { 128u32 };
        let host = width.saturating_sub(self.bits);
        self.v4 == other.v4
            && self.bits <= other.bits
            && shifted(other.base, host) == shifted(self.base, host)
    }

    /// Its first address.
    pub fn first(&self) -> IpAddr {
        let width = if self.v4 { 32 } else { 128u32 };
        let host = width.saturating_sub(self.bits);
        let first = shifted(self.base, host).checked_shl(host).unwrap_or(0);
        match u32::try_from(first) {
            Ok(v4) if self.v4 => IpAddr::V4(v4.into()),
            _ => IpAddr::V6(first.into()),
        }
    }

    /// Whether it is so wide that S3 counts it as everyone (`/7` and wider for v4, `/31` and wider for v6).
    pub fn is_wide(&self) -> bool {
        self.bits < if self.v4 { 8 } else { 32 }
    }
}

fn number_of(address: IpAddr) -> (u128, u32) {
    match address {
        IpAddr::V4(a) => (u128::from(u32::from(a)), 32),
        IpAddr::V6(a) => (u128::from(a), 128),
    }
}

fn shifted(number: u128, by: u32) -> u128 {
    number.checked_shr(by).unwrap_or(0)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    #[test]
    fn ranges_hold_what_lies_in_them() {
        let range = AddressRange::parse("34.138.242.148/30").unwrap();
        assert!(range.holds("34.138.242.151".parse().unwrap()));
        assert!(!range.holds("34.138.242.152".parse().unwrap()));
        assert!(!range.holds("::22".parse().unwrap()));
        assert_eq!(range.first().to_string(), "34.138.242.148");
        let all = AddressRange::parse("0.0.0.0/0").unwrap();
        assert!(all.holds("255.1.2.3".parse().unwrap()) && all.holds_all(&range) && all.is_wide());
        assert!(!range.holds_all(&all));
        let six = AddressRange::parse("2001:db8::/32").unwrap();
        assert!(six.holds("2001:db8:1::1".parse().unwrap()) && !six.holds("2001:db9::1".parse().unwrap()));
        assert!(AddressRange::parse("::/0").unwrap().holds("::1".parse().unwrap()));
        for bad in ["", "1.2.3", "1.2.3.4/33", "1.2.3.4/x", "2001:db8::/129"] {
            assert_eq!(AddressRange::parse(bad), None, "{bad}");
        }
    }
}
