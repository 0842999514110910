//! What the screens say beyond the words that every face shares ([`crate::report::words`]): short forms where room is
//! dear, clocks, progress.

use super::state::{Progress, Run};
pub use crate::{
    calendar::clock::{both_clocks, local, utc, zone},
    report::words::{bytes, grouped as count, percent},
};
use crate::{
    calendar::{Month, PstDay},
    report::{Check, Rows, Stage, Status},
};

/// `5210000` as `5.2 M`; exact below a million.
pub fn round_count(n: u64) -> String {
    const STEPS: [(u64, &str); 3] = [(1_000_000_000_000, "T"), (1_000_000_000, "G"), (1_000_000, "M")];
    for (unit, letter) in STEPS {
        if n >= unit {
            let tenths = n / (unit / 10);
            return format!("{}.{} {letter}", count(tenths / 10), tenths % 10);
        }
    }
    count(n)
}

/// `1 file`, `2 files`: the plural is formed by cutting the `s`.
pub fn counted(n: u64, plural: &str) -> String {
    if n == 1 {
        format!("1 {}", plural.strip_suffix('s').unwrap_or(plural))
    } else {
        format!("{} {plural}", count(n))
    }
}

/// A day as people write it: `22 June 2026`.
pub fn date(day: PstDay) -> String {
    let month = Month::of(day);
    format!("{} {} {}", day.date().day(), month.name(), month.year())
}

/// Days from first to last: `22 June 2026`, `20 to 22 June 2026`, `30 May to 2 June 2026`.
pub fn dates(first: PstDay, last: PstDay) -> String {
    let (from, to) = (Month::of(first), Month::of(last));
    let number = first.date().day();
    if first == last {
        date(first)
    } else if from == to {
        format!("{number} to {}", date(last))
    } else if from.year() == to.year() {
        format!("{number} {} to {}", from.name(), date(last))
    } else {
        format!("{} to {}", date(first), date(last))
    }
}

/// Days in their order, those that follow each other as one: `2026-06-20, 2026-06-22 to 2026-06-25`; after so many
/// parts the rest is counted.
pub fn days(days: &[PstDay], most: usize) -> String {
    let mut runs: Vec<(PstDay, PstDay)> = Vec::new();
    for day in days {
        match runs.last_mut() {
            Some((_, last)) if last.plus(1) == Some(*day) => *last = *day,
            _ => runs.push((*day, *day)),
        }
    }
    let mut parts: Vec<String> = runs
        .iter()
        .take(most)
        .map(|(first, last)| match last.epoch_day() - first.epoch_day() {
            0 => first.to_string(),
            1 => format!("{first}, {last}"),
            _ => format!("{first} to {last}"),
        })
        .collect();
    let rest: i64 = runs
        .iter()
        .skip(most)
        .map(|(first, last)| last.epoch_day() - first.epoch_day() + 1)
        .sum();
    if rest > 0 {
        parts.push(format!("{} more", count(u64::try_from(rest).unwrap_or(0))));
    }
    parts.join(", ")
}

/// How long until an instant, in words: `2 h 46 min`, `3 days`.
pub fn until(seconds: i64) -> String {
    let minutes = seconds.max(0).saturating_add(59) / 60;
    match (minutes / 1_440, minutes / 60, minutes % 60) {
        (days, ..) if days >= 2 => counted(u64::try_from(days).unwrap_or(0), "days"),
        (_, 0, minutes) => format!("{minutes} min"),
        (_, hours, 0) => format!("{hours} h"),
        (_, hours, minutes) => format!("{hours} h {minutes} min"),
    }
}

/// A check's evidence, or why there is none: how many of how many, and what that proves.
pub fn evidence(check: &Check) -> String {
    match check.status {
        Status::Unknown => check
            .cause
            .clone()
            .unwrap_or_else(|| "could not be judged".into()),
        Status::Skipped => match (&check.blocked_by, &check.cause) {
            (Some(code), Some(cause)) if !cause.contains(code.as_str()) => format!("{code}: {cause}"),
            (_, Some(cause)) => cause.clone(),
            (Some(code), None) => format!("see {code}"),
            (None, None) => "nothing to judge".into(),
        },
        _ => check.evidence(),
    }
}

/// [`evidence`] where room is dear: `0 in 20,000 of 5.2 M: <0.02 % at 95 %`.
pub fn evidence_short(check: &Check) -> String {
    match (check.status, check.count, check.checked, check.of) {
        (Status::Unknown | Status::Skipped, ..) => evidence(check),
        (_, Some(n), Some(checked), Some(of)) if of > checked => {
            let bound = match (n, check.share_below) {
                (0, Some(share)) => format!(": <{} at 95 %", percent(share)),
                _ => String::new(),
            };
            format!("{} in {} of {}{bound}", count(n), count(checked), round_count(of))
        }
        _ => evidence(check),
    }
}

/// What work does, in words: `footers 37/214, 1.2 MiB`.
pub fn progress(progress: Progress) -> String {
    let things = match progress.stage {
        Stage::Connect => return "connecting".into(),
        Stage::List => "listing",
        Stage::Footers => "footers",
        Stage::Rows => "rows",
    };
    let amount = match (progress.stage, progress.of) {
        (Stage::List, _) => counted(progress.done, "objects"),
        (_, Some(of)) => format!("{}/{}", count(progress.done), count(of)),
        (_, None) => count(progress.done),
    };
    format!("{things} {amount}, {}", bytes(progress.bytes))
}

/// What a run reads, in words.
pub fn reading(run: &Run) -> &'static str {
    match run.rows {
        Rows::All => "full scan",
        Rows::Sample => "checking",
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_as_people_write_them() {
        assert_eq!(round_count(5_210_000), "5.2 M");
        assert_eq!(round_count(999_999), "999,999");
        assert_eq!(round_count(u64::MAX), "18,446,744.0 T");
        assert_eq!(counted(1, "rows"), "1 row");
        assert_eq!(counted(2, "rows"), "2 rows");
    }

    #[test]
    fn days_read_as_people_write_them_and_no_day_is_lost_in_a_list() {
        let day = |text: &str| PstDay::parse(text).unwrap();
        assert_eq!(dates(day("2026-06-22"), day("2026-06-22")), "22 June 2026");
        assert_eq!(dates(day("2026-06-20"), day("2026-06-22")), "20 to 22 June 2026");
        assert_eq!(
            dates(day("2026-05-30"), day("2026-06-02")),
            "30 May to 2 June 2026"
        );
        assert_eq!(
            dates(day("2025-12-31"), day("2026-01-01")),
            "31 December 2025 to 1 January 2026"
        );
        let some = [
            "2026-06-20",
            "2026-06-22",
            "2026-06-23",
            "2026-06-24",
            "2026-06-27",
            "2026-06-28",
        ]
        .map(day);
        assert_eq!(
            days(&some, 9),
            "2026-06-20, 2026-06-22 to 2026-06-24, 2026-06-27, 2026-06-28"
        );
        assert_eq!(days(&some, 1), "2026-06-20, 5 more");
        assert_eq!(days(&[], 3), "");
    }

    #[test]
    fn a_wait_is_never_told_shorter_than_it_is() {
        assert_eq!(until(1), "1 min");
        assert_eq!(until(9_961), "2 h 47 min");
        assert_eq!(until(7_200), "2 h");
        assert_eq!(until(3 * 86_400), "3 days");
        assert_eq!(until(-5), "0 min");
    }
}
