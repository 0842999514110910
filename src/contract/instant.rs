//! The contract's reading of times and dates as text, and of epochs in a wrong unit.
//!
//! Arithmetic here never overflows: instants far outside the years 1 to 9999 saturate.

use crate::calendar::PstDay;
use crate::calendar::day::DAY_SECONDS;

/// A date and time as ISO 8601 text says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IsoTime {
    /// The date as written, without regard to the offset.
    pub date: PstDay,
    /// Seconds after that date's midnight, as written.
    pub second: i64,
    /// Microseconds after that second; finer digits are cut off.
    pub micros: i64,
    /// Seconds that the written time is ahead of UTC; 0 where no offset is written.
    pub offset: i64,
}

impl IsoTime {
    /// Reads `YYYY-MM-DD`, then optionally `T`, `t` or a space and `HH:MM[:SS[.f]]` (or `,f`), then optionally `Z`, `z`,
    /// `±HH`, `±HHMM` or `±HH:MM`. Nothing is trimmed. Years are 0001 to 9999, hours to 23, seconds to 59.
    #[inline]
    pub fn parse(text: &[u8]) -> Option<Self> {
        let (date, rest) = text.split_at_checked(10)?;
        let date = iso_date(date)?;
        let mut time = Self {
            date,
            second: 0,
            micros: 0,
            offset: 0,
        };
        match rest.split_first() {
            None => return Some(time),
            Some((b'T' | b't' | b' ', clock)) => time.read_clock(clock)?,
            Some(_) => return None,
        }
        Some(time)
    }

    fn read_clock(&mut self, text: &[u8]) -> Option<()> {
        let (clock, mut rest) = text.split_at_checked(5)?;
        let [h1, h2, b':', m1, m2] = *clock else {
            return None;
        };
        self.second = two(h1, h2, 23)? * 3600 + two(m1, m2, 59)? * 60;
        if let [b':', after @ ..] = rest {
            let [s1, s2, after @ ..] = after else { return None };
            self.second += two(*s1, *s2, 59)?;
            rest = after;
            if let [b'.' | b',', digits @ ..] = rest {
                let count = digits
                    .iter()
                    .position(|b| !b.is_ascii_digit())
                    .unwrap_or(digits.len());
                let (fraction, after) = digits.split_at_checked(count)?;
                self.micros = (0..6).fold(0, |micros, place| {
                    micros * 10 + fraction.get(place).map_or(0, |b| i64::from(b - b'0'))
                });
                rest = after;
                if count == 0 {
                    return None;
                }
            }
        }
        self.offset = offset(rest)?;
        Some(())
    }

    /// The instant, in microseconds since the epoch.
    pub fn epoch_micros(self) -> i64 {
        // The years 1 to 9999 fit many times.
        (self.date.epoch_day() * DAY_SECONDS + self.second - self.offset) * 1_000_000 + self.micros
    }
}

/// `Z`, `z`, `±HH`, `±HHMM`, `±HH:MM` or nothing, in seconds ahead of UTC.
fn offset(text: &[u8]) -> Option<i64> {
    let (sign, digits) = match text {
        [] | [b'Z' | b'z'] => return Some(0),
        [b'+', digits @ ..] => (1, digits),
        [b'-', digits @ ..] => (-1, digits),
        _ => return None,
    };
    let (hours, minutes) = match *digits {
        [h1, h2] => (two(h1, h2, 23)?, 0),
        [h1, h2, m1, m2] | [h1, h2, b':', m1, m2] => (two(h1, h2, 23)?, two(m1, m2, 59)?),
        _ => return None,
    };
    Some(sign * (hours * 3600 + minutes * 60))
}

/// Two digits of at most `most`.
#[inline]
fn two(tens: u8, ones: u8, most: i64) -> Option<i64> {
    if !(tens.is_ascii_digit() && ones.is_ascii_digit()) {
        return None;
    }
    let value = i64::from(tens - b'0') * 10 + i64::from(ones - b'0');
    (value <= most).then_some(value)
}

/// Exactly `YYYY-MM-DD`, a date of the years 1 to 9999.
#[inline]
pub fn iso_date(text: &[u8]) -> Option<PstDay> {
    let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = *text else {
        return None;
    };
    let year = two(y1, y2, 99)? * 100 + two(y3, y4, 99)?;
    let (month, day) = (two(m1, m2, 12)?, two(d1, d2, 31)?);
    if year == 0 || month == 0 || day == 0 || day > days_in(year, month) {
        return None;
    }
    PstDay::from_epoch_day(days_from_civil(year, month, day))
}

fn days_in(year: i64, month: i64) -> i64 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => 31,
    }
}

/// Days from 1970-01-01 of a proleptic Gregorian date of year 1 or later. (Howard Hinnant's `days_from_civil`.)
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// The day as written of a date or date-time in the grammar of [`IsoTime::parse`]; an offset is read and ignored.
pub fn date_as_written(text: &[u8]) -> Option<PstDay> {
    IsoTime::parse(text).map(|time| time.date)
}

/// `[+-]?[0-9]+` of any length; what exceeds 128 bits saturates.
pub fn integer(text: &[u8]) -> Option<i128> {
    let (negative, digits) = match text {
        [b'-', digits @ ..] => (true, digits),
        [b'+', digits @ ..] => (false, digits),
        digits => (false, digits),
    };
    if digits.is_empty() {
        return None;
    }
    let mut value = 0i128;
    for digit in digits {
        if !digit.is_ascii_digit() {
            return None;
        }
        value = value.saturating_mul(10).saturating_add(i128::from(digit - b'0'));
    }
    Some(if negative { -value } else { value })
}

/// The unit that a number is read in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EpochUnit {
    /// As the contract asks.
    Seconds,
    /// From 1e11 on.
    Milliseconds,
    /// From 1e14 on.
    Microseconds,
    /// From 1e17 on.
    Nanoseconds,
}

impl EpochUnit {
    /// The unit by magnitude (E503): anything but [`EpochUnit::Seconds`] is a finding.
    #[inline]
    pub fn of(magnitude: u128) -> Self {
        match magnitude {
            0..100_000_000_000 => Self::Seconds,
            100_000_000_000..100_000_000_000_000 => Self::Milliseconds,
            100_000_000_000_000..100_000_000_000_000_000 => Self::Microseconds,
            _ => Self::Nanoseconds,
        }
    }

    /// As [`EpochUnit::of`], of a finite float.
    pub fn of_float(magnitude: f64) -> Self {
        if magnitude < 1e11 {
            Self::Seconds
        } else if magnitude < 1e14 {
            Self::Milliseconds
        } else if magnitude < 1e17 {
            Self::Microseconds
        } else {
            Self::Nanoseconds
        }
    }

    /// How many make a second.
    pub const fn per_second(self) -> i64 {
        match self {
            Self::Seconds => 1,
            Self::Milliseconds => 1_000,
            Self::Microseconds => 1_000_000,
            Self::Nanoseconds => 1_000_000_000,
        }
    }

    /// The smallest and the largest number that is read in this unit, without its sign.
    pub(super) const fn magnitudes(self) -> (i64, i64) {
        match self {
            Self::Seconds => (0, 99_999_999_999),
            Self::Milliseconds => (100_000_000_000, 99_999_999_999_999),
            Self::Microseconds => (100_000_000_000_000, 99_999_999_999_999_999),
            Self::Nanoseconds => (100_000_000_000_000_000, i64::MAX),
        }
    }
}

/// An instant in microseconds since the epoch, and the unit in which its number was read.
pub type InstantInUnit = (i64, EpochUnit);

/// An integer epoch, its unit taken by magnitude.
pub fn epoch_integer(value: i128) -> InstantInUnit {
    let unit = EpochUnit::of(value.unsigned_abs());
    let per_second = i128::from(unit.per_second());
    let micros = if per_second <= 1_000_000 {
        value.saturating_mul(1_000_000 / per_second)
    } else {
        value.div_euclid(per_second / 1_000_000)
    };
    (saturate(micros), unit)
}

/// A float epoch, its unit taken by magnitude; `None` when it is not finite. The second is exact, microseconds are
/// rounded within it.
pub fn epoch_float(value: f64) -> Option<InstantInUnit> {
    if !value.is_finite() {
        return None;
    }
    let unit = EpochUnit::of_float(value.abs());
    let seconds = value / unit.per_second() as f64;
    let whole = seconds.floor();
    let micros = ((seconds - whole) * 1e6).round().min(999_999.0);
    // `as` saturates.
    Some((
        (whole as i64)
            .saturating_mul(1_000_000)
            .saturating_add(micros as i64),
        unit,
    ))
}

/// A time as text: an integer epoch, else ISO 8601; `None` when it is neither (E502).
#[inline]
pub fn read_time(text: &[u8]) -> Option<InstantInUnit> {
    match integer(text) {
        Some(value) => Some(epoch_integer(value)),
        None => IsoTime::parse(text).map(|time| (time.epoch_micros(), EpochUnit::Seconds)),
    }
}

fn saturate(value: i128) -> i64 {
    i64::try_from(value).unwrap_or(if value < 0 { i64::MIN } else { i64::MAX })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use jiff::{Timestamp, civil};
    use proptest::prelude::*;

    use super::*;

    fn micros(text: &str) -> Option<i64> {
        IsoTime::parse(text.as_bytes()).map(IsoTime::epoch_micros)
    }

    #[test]
    fn every_form_of_the_grammar_is_read() {
        let noon = "2022-06-22T12:34:56Z"
            .parse::<Timestamp>()
            .unwrap()
            .as_microsecond();
        for text in [
            "2022-06-22T12:34:56Z",
            "2022-06-22t12:34:56z",
            "2022-06-22 12:34:56",
            "2022-06-22T12:34:56.000",
            "2022-06-22T12:34:56,0+00",
            "2022-06-22T04:34:56-08",
            "2022-06-22T04:34:56-0800",
            "2022-06-22T04:34:56-08:00",
            "2022-06-22T18:04:56+05:30",
            "2022-06-23T12:33:56+23:59",
        ] {
            assert_eq!(micros(text), Some(noon), "{text}");
        }
        assert_eq!(micros("2022-06-22T12:34Z"), Some(noon - 56_000_000));
        assert_eq!(micros("2022-06-22T12:34+00"), Some(noon - 56_000_000));
        assert_eq!(micros("2022-06-22T12:34:56.1234569Z"), Some(noon + 123_456));
        assert_eq!(micros("2022-06-22T12:34:56.5"), Some(noon + 500_000));
        assert_eq!(micros("1970-01-01"), Some(0));
        assert_eq!(micros("1969-12-31T23:59:59.999999"), Some(-1));
        assert_eq!(micros("2024-02-29"), Some(1_709_164_800_000_000));
    }

    #[test]
    fn what_is_near_the_grammar_is_not_read() {
        for text in [
            "",
            " 2022-06-22",
            "2022-06-22 ",
            "2022-06-22Z",
            "2022-06-22T",
            "2022-06-22T12",
            "2022-06-22T12Z",
            "2022-06-22T1234",
            "2022-06-22T24:00",
            "2022-06-22T12:60",
            "2022-06-22T12:34:60",
            "2022-06-22T12:34:5",
            "2022-06-22T12:34:56.",
            "2022-06-22T12:34:56.Z",
            "2022-06-22T12:34.5",
            "2022-06-22T12:34:56+8",
            "2022-06-22T12:34:56+08:0",
            "2022-06-22T12:34:56+24:00",
            "2022-06-22T12:34:56+08:60",
            "2022-06-22T12:34:56 Z",
            "2022-06-22T12:34:56ZZ",
            "2022-06-22  12:34:56",
            "2022-6-22",
            "20220622",
            "2022-02-29",
            "1900-02-29",
            "2022-13-01",
            "2022-00-01",
            "2022-06-31",
            "0000-01-01",
            "+2022-06-22",
            "2022/06/22",
            "06-22-2022",
            "２022-06-22",
        ] {
            assert_eq!(IsoTime::parse(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn a_date_as_written_ignores_the_offset_but_not_a_broken_one() {
        let day = PstDay::parse("2022-06-22");
        assert_eq!(date_as_written(b"2022-06-22T23:59:59-12:00"), day);
        assert_eq!(date_as_written(b"2022-06-22"), day);
        assert_eq!(date_as_written(b"2022-06-22T23:59:59-12:"), None);
        assert_eq!(date_as_written(b"20220622"), None);
    }

    #[test]
    fn digits_are_an_integer_before_they_are_a_date() {
        assert_eq!(
            read_time(b"20220622"),
            Some((20_220_622_000_000, EpochUnit::Seconds))
        );
        assert_eq!(read_time(b"+5"), Some((5_000_000, EpochUnit::Seconds)));
        assert_eq!(read_time(b"-5"), Some((-5_000_000, EpochUnit::Seconds)));
        assert_eq!(read_time(b"-0001"), Some((-1_000_000, EpochUnit::Seconds)));
        for text in ["", "+", "-", "+-5", "5.0", "1e9", " 5", "5 ", "٥", "0x5"] {
            assert_eq!(read_time(text.as_bytes()), None, "{text:?}");
        }
        let huge = "9".repeat(60);
        assert_eq!(
            read_time(huge.as_bytes()),
            Some((i64::MAX, EpochUnit::Nanoseconds))
        );
        let tiny = format!("-{huge}");
        assert_eq!(
            read_time(tiny.as_bytes()),
            Some((i64::MIN, EpochUnit::Nanoseconds))
        );
    }

    #[test]
    fn a_unit_begins_at_its_threshold_on_both_sides_of_zero() {
        for (unit, from) in [
            (EpochUnit::Milliseconds, 100_000_000_000i64),
            (EpochUnit::Microseconds, 100_000_000_000_000),
            (EpochUnit::Nanoseconds, 100_000_000_000_000_000),
        ] {
            for sign in [1, -1] {
                assert_eq!(epoch_integer(i128::from(sign * from)).1, unit);
                assert_ne!(epoch_integer(i128::from(sign * (from - 1))).1, unit);
                assert_eq!(epoch_float((sign * from) as f64).unwrap().1, unit);
                assert_ne!(epoch_float((sign * from) as f64 * 0.999_999).unwrap().1, unit);
            }
            assert_eq!(unit.magnitudes().0, from);
        }
        assert_eq!(epoch_integer(1_655_900_000_123).0, 1_655_900_000_123_000);
        assert_eq!(epoch_integer(1_655_900_000_123_456).0, 1_655_900_000_123_456);
        assert_eq!(epoch_integer(1_655_900_000_123_456_789).0, 1_655_900_000_123_456);
        assert_eq!(
            epoch_integer(-1_655_900_000_123_456_789).0,
            -1_655_900_000_123_457
        );
        assert_eq!(epoch_float(1_655_900_000.25).unwrap().0, 1_655_900_000_250_000);
        assert_eq!(epoch_float(-0.25).unwrap().0, -250_000);
        assert_eq!(epoch_float(f64::NAN), None);
        assert_eq!(epoch_float(f64::NEG_INFINITY), None);
        assert_eq!(epoch_float(f64::MAX).unwrap().1, EpochUnit::Nanoseconds);
    }

    proptest! {
        #[test]
        fn dates_are_those_of_the_calendar(year in 0i64..=9999, month in 0i64..=13, day in 0i64..=32) {
            let text = format!("{year:04}-{month:02}-{day:02}");
            prop_assert_eq!(iso_date(text.as_bytes()), PstDay::parse(&text));
        }

        #[test]
        fn instants_are_those_of_jiff(
            second in -62_135_596_800i64..253_402_300_800, micro in 0i32..1_000_000,
            hours in -23i64..=23, minutes in 0i64..60, form in 0u8..3,
        ) {
            let offset = hours * 3600 + hours.signum() * minutes * 60;
            let instant = Timestamp::new(second, micro * 1000).unwrap();
            let local = civil::date(1970, 1, 1).at(0, 0, 0, 0)
                .checked_add(jiff::SignedDuration::new(second + offset, micro * 1000));
            prop_assume!(local.as_ref().is_ok_and(|l| (1..=9999).contains(&l.year())));
            let local = local.unwrap();
            let sign = if offset < 0 { '-' } else { '+' };
            let (h, m) = (offset.abs() / 3600, offset.abs() / 60 % 60);
            let zone = match form {
                0 => format!("{sign}{h:02}:{m:02}"),
                1 => format!("{sign}{h:02}{m:02}"),
                _ if m == 0 => format!("{sign}{h:02}"),
                _ => format!("{sign}{h:02}:{m:02}"),
            };
            let text = format!("{}T{}.{micro:06}{zone}", local.date(), local.strftime("%H:%M:%S"));
            prop_assert_eq!(micros(&text), Some(instant.as_microsecond()), "{}", text);
        }

        #[test]
        fn any_text_is_read_without_trouble(text in "[-+0-9TtZz:., ]{0,40}") {
            let _ = read_time(text.as_bytes());
            let _ = date_as_written(text.as_bytes());
        }

        #[test]
        fn what_jiff_refuses_in_plain_forms_is_refused(
            text in "[0-2][0-9]{3}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-6][0-9]:[0-5][0-9]Z",
        ) {
            let jiff = text.parse::<Timestamp>().ok().filter(|_| !text.starts_with("0000"));
            prop_assert_eq!(micros(&text), jiff.map(|t| t.as_microsecond()), "{}", text);
        }
    }
}
