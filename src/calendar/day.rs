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
        let local = instant.as_second().checked_add(offset.seconds())?;
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
mod tests {
    use super::*;

    #[test]
    fn an_evening_in_utc_is_still_the_pst_day_before() {
        let day = PstDay::parse("2022-06-22").unwrap();
        let end: Timestamp = "2022-06-23T08:00:00Z".parse().unwrap();
        assert_eq!(day.end(DayOffset::default()), Some(end));
        let last = Timestamp::from_second(end.as_second() - 1).unwrap();
        assert_eq!(PstDay::of(last, DayOffset::default()), Some(day));
        assert_eq!(PstDay::of(end, DayOffset::default()), day.plus(1));
        assert_eq!(day.to_string(), "2022-06-22");
    }
}
