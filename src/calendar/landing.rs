//! When days' data usually lands, from the days seen so far.

use jiff::Timestamp;

use super::{DayOffset, PstDay, day::DAY_SECONDS};

/// When a day's data lands, in seconds after the day's end. Negative where it came before the day was over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Landing {
    /// The usual landing: the median over days (of an even number, the later of the two in the middle).
    pub usual_seconds: i64,
    /// A late one: no more than one day in twenty lands later than this.
    pub late_seconds: i64,
    /// On how many days it had all landed by then.
    pub by_late: usize,
    /// Over how many days.
    pub days: usize,
}

impl Landing {
    /// Whether data lands day by day: usually within two days of the day's end. What was copied or loaded again at one
    /// time tells nothing of a schedule.
    pub const fn is_daily(usual_seconds: i64) -> bool {
        usual_seconds <= 2 * DAY_SECONDS
    }

    /// On how many days it had all landed by the late landing: `on all 21 days`, `on 20 of 21 days`.
    pub fn by_late_in_words(&self) -> String {
        match self.days.saturating_sub(self.by_late) {
            0 => format!("on all {} days", self.days),
            _ => format!("on {} of {} days", self.by_late, self.days),
        }
    }

    /// The statistics of days that are over and when the newest of their data landed. `None` without any.
    ///
    /// Data that was loaded again weeks later counts as landed then: that is why the usual landing is a median.
    pub fn of(days: impl IntoIterator<Item = (PstDay, Timestamp)>, offset: DayOffset) -> Option<Self> {
        let mut seconds: Vec<i64> = days
            .into_iter()
            .map(|(day, landed)| landed.as_second() - day.end_second(offset))
            .collect();
        seconds.sort_unstable();
        let rank = |of_hundred: usize| {
            // Nearest rank: the smallest value that at least this share of the days does not exceed.
            let rank = (seconds.len() * of_hundred).div_ceil(100).max(1);
            seconds.get(rank - 1).copied()
        };
        let late_seconds = rank(95)?;
        Some(Self {
            usual_seconds: *seconds.get(seconds.len() / 2)?,
            late_seconds,
            by_late: seconds.partition_point(|landed| *landed <= late_seconds),
            days: seconds.len(),
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn landed(day: &str, at: &str) -> (PstDay, Timestamp) {
        (PstDay::parse(day).unwrap(), at.parse().unwrap())
    }

    #[test]
    fn the_usual_landing_is_the_median_and_one_reload_does_not_move_it() {
        let offset = DayOffset::default();
        let found = Landing::of(
            [
                landed("2026-06-01", "2026-06-02T11:05:00Z"),
                landed("2026-06-02", "2026-06-03T11:10:00Z"),
                landed("2026-06-03", "2026-06-20T11:00:00Z"),
            ],
            offset,
        );
        assert_eq!(
            found,
            Some(Landing {
                usual_seconds: 3 * 3600 + 600,
                late_seconds: 16 * 86_400 + 3 * 3600,
                by_late: 3,
                days: 3
            })
        );
        assert_eq!(Landing::of([], offset), None);
        let streamed = Landing::of([landed("2026-06-01", "2026-06-02T07:59:00Z")], offset).unwrap();
        assert_eq!((streamed.usual_seconds, streamed.late_seconds), (-60, -60));
    }

    proptest! {
        #[test]
        fn at_most_one_day_in_twenty_lands_after_the_late_landing(
            seconds in proptest::collection::vec(-86_400i64..1_000_000, 1..200)
        ) {
            let offset = DayOffset::default();
            let day = PstDay::parse("2026-01-01").unwrap();
            let days = seconds.iter().map(|s| {
                (day, Timestamp::from_second(day.end_second(offset) + s).unwrap())
            });
            let found = Landing::of(days, offset).unwrap();
            let after = |limit: i64| seconds.iter().filter(|s| **s > limit).count();
            prop_assert!(after(found.late_seconds) * 20 <= seconds.len());
            prop_assert!(after(found.usual_seconds) * 2 <= seconds.len());
            prop_assert!(after(found.usual_seconds - 1) * 2 >= seconds.len());
            prop_assert!(seconds.contains(&found.usual_seconds) && seconds.contains(&found.late_seconds));
        }
    }
}
