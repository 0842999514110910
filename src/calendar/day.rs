//! A PST day and its window in UTC.

use std::fmt;

use jiff::{Timestamp, civil};
use serde::{Deserialize, Serialize};

/// Seconds in a day.
pub const DAY_SECONDS: i64 = 86_400;

/// The offset of a project's days from UTC: UTC−8 all year unless the project says otherwise.
///
/// Source: the integration's page ("Statsig's dates are calculated in PST") and Statsig's own words that the day does
/// not follow daylight saving time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DayOffset {
    hours: i8,
}

impl Default for DayOffset {
    fn default() -> Self {
        Self { hours: -8 }
    }
}

impl DayOffset {
    /// An offset of whole hours, −23 to 23; `None` beyond.
    pub fn from_hours(hours: i8) -> Option<Self> {
        (-23..=23).contains(&hours).then_some(Self { hours })
    }

    /// Whole hours.
    pub const fn hours(self) -> i8 {
        self.hours
    }

    /// Seconds to add to a UTC instant to get local time.
    pub const fn seconds(self) -> i64 {
        self.hours as i64 * 3600
    }
}

impl fmt::Display for DayOffset {
    /// `UTC-8`, `UTC+5`, `UTC`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.hours {
            0 => f.write_str("UTC"),
            hours => write!(f, "UTC{hours:+}"),
        }
    }
}

/// A day's instants: from `start` on, up to and without `end`. Both in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// The first instant: D 08:00Z for PST.
    pub start: Timestamp,
    /// The first instant after the day: D+1 08:00Z for PST.
    pub end: Timestamp,
}

impl Window {
    /// Whether an instant lies in it.
    pub fn contains(&self, instant: Timestamp) -> bool {
        (self.start..self.end).contains(&instant)
    }
}

/// A day of the week.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Weekday {
    /// Monday, the first.
    Monday,
    /// Tuesday.
    Tuesday,
    /// Wednesday.
    Wednesday,
    /// Thursday.
    Thursday,
    /// Friday.
    Friday,
    /// Saturday.
    Saturday,
    /// Sunday, the last.
    Sunday,
}

impl Weekday {
    /// All seven, Monday first.
    pub const ALL: [Self; 7] = [
        Self::Monday,
        Self::Tuesday,
        Self::Wednesday,
        Self::Thursday,
        Self::Friday,
        Self::Saturday,
        Self::Sunday,
    ];

    /// Days since Monday, 0 to 6: the column in a month's grid.
    pub const fn index(self) -> usize {
        self as usize
    }

    /// Two letters: `Mo`.
    pub const fn short(self) -> &'static str {
        match self {
            Self::Monday => "Mo",
            Self::Tuesday => "Tu",
            Self::Wednesday => "We",
            Self::Thursday => "Th",
            Self::Friday => "Fr",
            Self::Saturday => "Sa",
            Self::Sunday => "Su",
        }
    }

    /// Three letters: `Mon`.
    pub const fn abbreviation(self) -> &'static str {
        match self {
            Self::Monday => "Mon",
            Self::Tuesday => "Tue",
            Self::Wednesday => "Wed",
            Self::Thursday => "Thu",
            Self::Friday => "Fri",
            Self::Saturday => "Sat",
            Self::Sunday => "Sun",
        }
    }
}

/// A day of the project, by default a PST day; a civil date in years 1 to 9999.
///
/// `metrics.date` and `finished_date` are such dates as written; an event belongs to the day whose window holds its
/// instant.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PstDay {
    /// Days since 1970-01-01.
    epoch: i32,
}

impl PstDay {
    /// 0001-01-01.
    pub const MIN: Self = Self { epoch: -719_162 };
    /// 9999-12-31.
    pub const MAX: Self = Self { epoch: 2_932_896 };

    /// The day so many days after 1970-01-01; `None` outside years 1 to 9999.
    pub fn from_epoch_day(days: i64) -> Option<Self> {
        let epoch = i32::try_from(days).ok()?;
        let day = Self { epoch };
        (Self::MIN..=Self::MAX).contains(&day).then_some(day)
    }

    /// Days since 1970-01-01.
    pub const fn epoch_day(self) -> i64 {
        self.epoch as i64
    }

    /// A civil date; `None` when there is no such date in years 1 to 9999.
    pub fn from_ymd(year: i16, month: i8, day: i8) -> Option<Self> {
        if !(1..=9999).contains(&year) {
            return None;
        }
        let date = civil::Date::new(year, month, day).ok()?;
        Self::from_epoch_day(i64::from(epoch_of(date)))
    }

    /// Exactly `YYYY-MM-DD`; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let b = text.as_bytes();
        if b.len() != 10 || b[4] != b'-' || b[7] != b'-' {
            return None;
        }
        let number = |part: &[u8]| {
            part.iter().try_fold(0i16, |n, c| {
                c.is_ascii_digit().then(|| n * 10 + i16::from(c - b'0'))
            })
        };
        Self::from_ymd(
            number(&b[..4])?,
            i8::try_from(number(&b[5..7])?).ok()?,
            i8::try_from(number(&b[8..])?).ok()?,
        )
    }

    /// The day whose window holds an instant; `None` outside years 1 to 9999.
    pub fn of(instant: Timestamp, offset: DayOffset) -> Option<Self> {
        let local = floor_second(instant).checked_add(offset.seconds())?;
        Self::from_epoch_day(local.div_euclid(DAY_SECONDS))
    }

    /// The day's first instant, in seconds since the epoch, UTC.
    pub const fn start_second(self, offset: DayOffset) -> i64 {
        self.epoch as i64 * DAY_SECONDS - offset.seconds()
    }

    /// The first instant after the day, in seconds since the epoch, UTC: D+1 08:00Z for PST.
    pub const fn end_second(self, offset: DayOffset) -> i64 {
        self.start_second(offset) + DAY_SECONDS
    }

    /// The first instant after the day; `None` beyond the year 9999.
    pub fn end(self, offset: DayOffset) -> Option<Timestamp> {
        Timestamp::from_second(self.end_second(offset)).ok()
    }

    /// The day's first instant; `None` before the year −9999 or after 9999, which no offset reaches but at the edges.
    pub fn start(self, offset: DayOffset) -> Option<Timestamp> {
        Timestamp::from_second(self.start_second(offset)).ok()
    }

    /// The day's instants in UTC; `None` at the edge of the year 9999.
    pub fn window(self, offset: DayOffset) -> Option<Window> {
        Some(Window {
            start: self.start(offset)?,
            end: self.end(offset)?,
        })
    }

    /// Whether the day is over at an instant: from its end on.
    pub fn is_over(self, now: Timestamp, offset: DayOffset) -> bool {
        floor_second(now) >= self.end_second(offset)
    }

    /// The day of the week.
    pub fn weekday(self) -> Weekday {
        // 1970-01-01 was a Thursday.
        match (self.epoch + 3).rem_euclid(7) {
            0 => Weekday::Monday,
            1 => Weekday::Tuesday,
            2 => Weekday::Wednesday,
            3 => Weekday::Thursday,
            4 => Weekday::Friday,
            5 => Weekday::Saturday,
            _ => Weekday::Sunday,
        }
    }

    /// The days from this one to another, both included, oldest first; none when the other is earlier.
    pub fn through(self, last: Self) -> impl DoubleEndedIterator<Item = Self> + Clone {
        (self.epoch..=last.epoch).map(|epoch| Self { epoch })
    }

    /// So many days later (or earlier); `None` outside years 1 to 9999.
    pub fn plus(self, days: i64) -> Option<Self> {
        Self::from_epoch_day(self.epoch_day().checked_add(days)?)
    }

    /// The civil date.
    pub fn date(self) -> civil::Date {
        use jiff::ToSpan;
        civil::date(1970, 1, 1).saturating_add(i64::from(self.epoch).days())
    }
}

/// Whole seconds since the epoch, rounded down: before 1970 jiff's own seconds round up.
fn floor_second(instant: Timestamp) -> i64 {
    instant.as_second() - i64::from(instant.subsec_nanosecond() < 0)
}

fn epoch_of(date: civil::Date) -> i32 {
    // Both dates are in the years 1 to 9999, so the span in days always exists and fits.
    date.since((jiff::Unit::Day, civil::date(1970, 1, 1)))
        .map_or(0, |span| span.get_days())
}

impl fmt::Display for PstDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let date = self.date();
        write!(f, "{:04}-{:02}-{:02}", date.year(), date.month(), date.day())
    }
}

impl fmt::Debug for PstDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for PstDay {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for PstDay {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'_, str>::deserialize(d)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom(format!("{text:?} is not a date")))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn day(text: &str) -> PstDay {
        PstDay::parse(text).unwrap()
    }

    fn instant(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn an_evening_in_utc_is_still_the_pst_day_before() {
        let pst = DayOffset::default();
        let end = instant("2022-06-23T08:00:00Z");
        assert_eq!(day("2022-06-22").end(pst), Some(end));
        let last = Timestamp::from_second(end.as_second() - 1).unwrap();
        assert_eq!(PstDay::of(last, pst), Some(day("2022-06-22")));
        assert_eq!(PstDay::of(end, pst), Some(day("2022-06-23")));
        assert_eq!(day("2022-06-22").to_string(), "2022-06-22");
    }

    #[test]
    fn a_fraction_of_a_second_before_midnight_is_still_the_day_before() {
        let pst = DayOffset::default();
        for (at, expected) in [
            ("2022-06-23T07:59:59.999999999Z", "2022-06-22"),
            ("2022-06-23T08:00:00.000000001Z", "2022-06-23"),
            ("1969-12-31T07:59:59.999999999Z", "1969-12-30"),
            ("1969-12-31T08:00:00Z", "1969-12-31"),
            ("1960-03-01T07:59:59.5Z", "1960-02-29"),
        ] {
            assert_eq!(PstDay::of(instant(at), pst), Some(day(expected)), "{at}");
        }
    }

    #[test]
    fn daylight_saving_moves_nothing() {
        let pst = DayOffset::default();
        // On both sides of both of California's changes in 2026, and on leap days and year ends.
        for date in [
            "2026-03-07",
            "2026-03-08",
            "2026-03-09",
            "2026-10-31",
            "2026-11-01",
            "2026-11-02",
            "2024-02-28",
            "2024-02-29",
            "2024-03-01",
            "2025-12-31",
            "2026-01-01",
            "2000-02-29",
            "2100-02-28",
            "2100-03-01",
        ] {
            let window = day(date).window(pst).unwrap();
            assert_eq!(window.start.to_string(), format!("{date}T08:00:00Z"));
            assert_eq!(window.end.as_second() - window.start.as_second(), DAY_SECONDS);
            assert_eq!(day(date).plus(1).unwrap().start(pst), Some(window.end));
        }
    }

    #[test]
    fn only_a_date_written_as_such_is_a_day() {
        for text in [
            "2026-02-29",
            "2100-02-29",
            "2026-00-01",
            "2026-13-01",
            "2026-06-31",
            "2026-06-00",
            "0000-01-01",
            "2026-6-01",
            "2026-06-1",
            "2026-06-01T",
            "20260601",
            "2026/06/01",
            " 2026-06-1",
            "+026-06-01",
            "-026-06-01",
            "２０２６-06",
            "2026-06-0١",
            "",
        ] {
            assert_eq!(PstDay::parse(text), None, "{text:?}");
        }
        assert_eq!(PstDay::parse("0001-01-01"), Some(PstDay::MIN));
        assert_eq!(PstDay::parse("9999-12-31"), Some(PstDay::MAX));
        assert_eq!(PstDay::MIN.plus(-1), None);
        assert_eq!(PstDay::MAX.plus(1), None);
        assert_eq!(PstDay::MAX.plus(i64::MAX), None);
        assert!(DayOffset::from_hours(24).is_none() && DayOffset::from_hours(-24).is_none());
    }

    #[test]
    fn the_ends_of_time_do_not_overflow() {
        for hours in [-23, -8, 0, 23] {
            let offset = DayOffset::from_hours(hours).unwrap();
            for edge in [PstDay::MIN, PstDay::MAX] {
                let _ = (
                    edge.window(offset),
                    edge.start(offset),
                    edge.is_over(Timestamp::MAX, offset),
                );
                assert_eq!(edge.through(edge).count(), 1);
            }
            for at in [Timestamp::MIN, Timestamp::MAX] {
                let _ = PstDay::of(at, offset);
            }
        }
        assert_eq!(PstDay::MAX.through(PstDay::MIN).count(), 0);
    }

    /// Days since 1970-01-01 by counting years and months, the slow way.
    fn counted(year: i64, month: i64, day: i64) -> i64 {
        let leap = |y: i64| y % 4 == 0 && (y % 100 != 0 || y % 400 == 0);
        let years: i64 = (1970..year).map(|y| if leap(y) { 366 } else { 365 }).sum();
        let lengths = [
            31,
            if leap(year) { 29 } else { 28 },
            31,
            30,
            31,
            30,
            31,
            31,
            30,
            31,
            30,
            31,
        ];
        years + lengths[..usize::try_from(month - 1).unwrap()].iter().sum::<i64>() + day - 1
    }

    #[test]
    fn every_day_of_1990_to_2100_is_where_plain_counting_puts_it() {
        let mut expected = counted(1990, 1, 1);
        for (n, found) in day("1990-01-01").through(day("2100-12-31")).enumerate() {
            assert_eq!(found.epoch_day(), expected);
            let text = found.to_string();
            let part = |r: std::ops::Range<usize>| text[r].parse::<i64>().unwrap();
            assert_eq!(counted(part(0..4), part(5..7), part(8..10)), expected);
            assert_eq!(PstDay::parse(&text), Some(found));
            // 1 January 1990 was a Monday.
            assert_eq!(found.weekday().index(), n % 7);
            expected += 1;
        }
        assert_eq!(expected, counted(2101, 1, 1));
    }

    #[test]
    fn both_sides_of_every_boundary_of_1990_to_2100_are_right_at_every_offset() {
        for hours in [-23i8, -12, -8, -7, -1, 0, 1, 9, 14, 23] {
            let offset = DayOffset::from_hours(hours).unwrap();
            for found in day("1990-01-01").through(day("2100-12-31")) {
                let midnight = found.epoch_day() * 86_400 - i64::from(hours) * 3600;
                let at = |s: i64| PstDay::of(Timestamp::from_second(s).unwrap(), offset).unwrap();
                assert_eq!(found.start_second(offset), midnight);
                assert_eq!(at(midnight), found);
                assert_eq!(at(midnight + 86_399), found);
                assert_eq!(at(midnight - 1).epoch_day(), found.epoch_day() - 1);
            }
        }
    }

    proptest! {
        #[test]
        fn an_instant_lies_in_its_days_window_and_no_other(
            second in 631_152_000i64..4_133_980_800, nanos in 0i32..1_000_000_000, hours in -23i8..=23
        ) {
            let offset = DayOffset::from_hours(hours).unwrap();
            let at = Timestamp::new(second, nanos).unwrap();
            let found = PstDay::of(at, offset).unwrap();
            prop_assert_eq!(found.epoch_day(), (second + i64::from(hours) * 3600).div_euclid(86_400));
            prop_assert!(found.window(offset).unwrap().contains(at));
            for other in [-1, 1] {
                prop_assert!(!found.plus(other).unwrap().window(offset).unwrap().contains(at));
            }
            prop_assert!(!found.is_over(at, offset));
            prop_assert!(found.plus(-1).unwrap().is_over(at, offset));
        }

        #[test]
        fn no_text_makes_the_parser_panic_and_what_it_reads_it_writes(text in "\\PC{0,12}|[0-9]{4}-[0-9]{2}-[0-9]{2}") {
            if let Some(found) = PstDay::parse(&text) {
                prop_assert_eq!(found.to_string(), text);
            }
        }
    }
}
