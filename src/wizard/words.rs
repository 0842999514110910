//! What the screens say beyond the words that every face shares ([`crate::report::words`]): short forms where room is
//! dear, clocks, progress.

use jiff::{Timestamp, tz::Offset};

use super::state::{Progress, Run};
pub use crate::report::words::{bytes, grouped as count, percent};
use crate::{
    calendar::DayOffset,
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

/// The name of a project's clock: `PST`, or `UTC+5` where the project's days begin elsewhere.
pub fn zone(offset: DayOffset) -> String {
    match offset.hours() {
        -8 => "PST".into(),
        0 => "UTC days".into(),
        hours => format!("UTC{hours:+}"),
    }
}

/// An instant by the project's clock, by a `strftime` format.
pub fn local(instant: Timestamp, offset: DayOffset, format: &str) -> String {
    let zone = Offset::from_seconds(i32::from(offset.hours()) * 3600).unwrap_or(Offset::UTC);
    zone.to_datetime(instant).strftime(format).to_string()
}

/// An instant in UTC, by a `strftime` format.
pub fn utc(instant: Timestamp, format: &str) -> String {
    Offset::UTC.to_datetime(instant).strftime(format).to_string()
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
    fn the_project_clock_is_eight_hours_behind_all_year() {
        let summer: Timestamp = "2026-06-24T05:14:00Z".parse().unwrap();
        assert_eq!(
            local(summer, DayOffset::default(), "%a %d %b %H:%M"),
            "Tue 23 Jun 21:14"
        );
        assert_eq!(utc(summer, "%a %d %b %H:%M"), "Wed 24 Jun 05:14");
    }
}
