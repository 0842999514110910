//! A month and its grid: weeks in rows, Monday first.

use std::fmt;

use super::{PstDay, Weekday};

/// A month of the years 1 to 9999.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month {
    /// 1 to 9999.
    year: i16,
    /// 1 to 12.
    month: i8,
}

/// The months' names.
const NAMES: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

impl Month {
    /// January of the year 1.
    pub const MIN: Self = Self { year: 1, month: 1 };
    /// December of the year 9999.
    pub const MAX: Self = Self {
        year: 9999,
        month: 12,
    };

    /// A month; `None` outside years 1 to 9999 and months 1 to 12.
    pub fn new(year: i16, month: i8) -> Option<Self> {
        ((1..=9999).contains(&year) && (1..=12).contains(&month)).then_some(Self { year, month })
    }

    /// The month that holds a day.
    pub fn of(day: PstDay) -> Self {
        let date = day.date();
        Self {
            year: date.year(),
            month: date.month(),
        }
    }

    /// Exactly `YYYY-MM`; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() != 7 {
            return None;
        }
        PstDay::parse(&format!("{text}-01")).map(Self::of)
    }

    /// The year, 1 to 9999.
    pub const fn year(self) -> i16 {
        self.year
    }

    /// The month of the year, 1 to 12.
    pub const fn month(self) -> i8 {
        self.month
    }

    /// The month's English name: `June`.
    pub fn name(self) -> &'static str {
        usize::try_from(self.month - 1)
            .ok()
            .and_then(|i| NAMES.get(i))
            .copied()
            .unwrap_or("")
    }

    /// So many months later (or earlier); `None` outside years 1 to 9999.
    pub fn plus(self, months: i32) -> Option<Self> {
        let index = (i32::from(self.year) * 12 + i32::from(self.month) - 1).checked_add(months)?;
        Self::new(
            i16::try_from(index.div_euclid(12)).ok()?,
            i8::try_from(index.rem_euclid(12) + 1).ok()?,
        )
    }

    /// The month before; `None` before the year 1.
    pub fn prev(self) -> Option<Self> {
        self.plus(-1)
    }

    /// The month after; `None` after the year 9999.
    pub fn next(self) -> Option<Self> {
        self.plus(1)
    }

    /// The month's first day.
    pub fn first(self) -> PstDay {
        PstDay::from_ymd(self.year, self.month, 1).unwrap_or(PstDay::MIN)
    }

    /// The month's last day.
    pub fn last(self) -> PstDay {
        self.next()
            .and_then(|next| next.first().plus(-1))
            .unwrap_or(PstDay::MAX)
    }

    /// Whether a day lies in it.
    pub fn contains(self, day: PstDay) -> bool {
        (self.first()..=self.last()).contains(&day)
    }

    /// The month's days, first to last.
    pub fn days(self) -> impl DoubleEndedIterator<Item = PstDay> {
        (self.first().epoch_day()..=self.last().epoch_day()).filter_map(PstDay::from_epoch_day)
    }

    /// The month as four to six weeks of seven days, Monday first; `None` where another month's day would stand.
    pub fn weeks(self) -> Vec<[Option<PstDay>; 7]> {
        let mut weeks: Vec<[Option<PstDay>; 7]> = Vec::with_capacity(6);
        for day in self.days() {
            let weekday = day.weekday();
            if weekday == Weekday::Monday || weeks.is_empty() {
                weeks.push([None; 7]);
            }
            if let Some(slot) = weeks.last_mut().and_then(|week| week.get_mut(weekday.index())) {
                *slot = Some(day);
            }
        }
        weeks
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.year, self.month)
    }
}

impl fmt::Debug for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn grid(month: &str) -> Vec<String> {
        Month::parse(month)
            .unwrap()
            .weeks()
            .iter()
            .map(|week| {
                week.iter()
                    .map(|day| day.map_or("  ".into(), |d| format!("{:>2}", d.date().day())))
                    .collect::<Vec<_>>()
                    .join(" ")
            })
            .collect()
    }

    #[test]
    fn june_2022_begins_on_a_wednesday_as_on_any_wall_calendar() {
        assert_eq!(
            grid("2022-06"),
            [
                "       1  2  3  4  5",
                " 6  7  8  9 10 11 12",
                "13 14 15 16 17 18 19",
                "20 21 22 23 24 25 26",
                "27 28 29 30         ",
            ]
        );
        assert_eq!(grid("2021-02").len(), 4, "28 days from a Monday");
        assert_eq!(grid("2026-08").len(), 6, "31 days from a Saturday");
    }

    #[test]
    fn only_a_month_written_as_such_is_read() {
        let june = Month::new(2026, 6);
        assert_eq!(Month::parse("2026-06"), june);
        for text in [
            "2026-6",
            "2026-00",
            "2026-13",
            "0000-01",
            "2026-06-",
            "2026-061",
            " 2026-06",
            "2026/06",
            "２０-06",
            "",
            "2026-06-01",
            "+026-06",
        ] {
            assert_eq!(Month::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn paging_stops_at_the_first_and_last_year() {
        assert_eq!(Month::MIN.prev(), None);
        assert_eq!(Month::MAX.next(), None);
        assert_eq!(Month::MAX.last(), PstDay::MAX);
        assert_eq!(Month::MIN.first(), PstDay::MIN);
        assert_eq!(Month::MAX.plus(i32::MAX), None);
        assert_eq!(Month::MIN.plus(i32::MIN), None);
        assert_eq!(Month::parse("2025-12").unwrap().next(), Month::parse("2026-01"));
        assert_eq!(Month::parse("2026-01").unwrap().prev(), Month::parse("2025-12"));
    }

    proptest! {
        #[test]
        fn every_day_of_every_month_stands_once_under_its_weekday(year in 1i16..=9999, month in 1i8..=12) {
            let month = Month::new(year, month).unwrap();
            let weeks = month.weeks();
            let mut seen = Vec::new();
            for week in &weeks {
                prop_assert!(week.iter().any(Option::is_some));
                for (column, day) in week.iter().enumerate() {
                    if let Some(day) = day {
                        // 1970-01-01 was a Thursday, the fourth column.
                        prop_assert_eq!(usize::try_from((day.epoch_day() + 3).rem_euclid(7)).unwrap(), column);
                        prop_assert!(month.contains(*day));
                        seen.push(*day);
                    }
                }
            }
            let length = match (month.month(), year) {
                (2, y) if y % 4 == 0 && (y % 100 != 0 || y % 400 == 0) => 29,
                (2, _) => 28,
                (4 | 6 | 9 | 11, _) => 30,
                _ => 31,
            };
            prop_assert_eq!(seen.len(), length);
            prop_assert!(seen.windows(2).all(|w| w[0].plus(1) == Some(w[1])));
            prop_assert_eq!(Month::parse(&month.to_string()), Some(month));
            prop_assert!(month.next().is_none_or(|next| next.prev() == Some(month)));
        }
    }
}
