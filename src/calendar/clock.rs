//! Instants in words, by a project's clock and in UTC.

use jiff::{Timestamp, tz::Offset};

use super::DayOffset;

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

/// An instant by the project's clock and in UTC, by a `strftime` format: `06-23 00:00 PST = 06-23 08:00 UTC`.
pub fn both_clocks(instant: Timestamp, offset: DayOffset, format: &str) -> String {
    format!(
        "{} {} = {} UTC",
        local(instant, offset, format),
        zone(offset),
        utc(instant, format)
    )
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_project_clock_is_eight_hours_behind_all_year() {
        let summer: Timestamp = "2026-06-24T05:14:00Z".parse().unwrap();
        assert_eq!(
            local(summer, DayOffset::default(), "%a %d %b %H:%M"),
            "Tue 23 Jun 21:14"
        );
        assert_eq!(utc(summer, "%a %d %b %H:%M"), "Wed 24 Jun 05:14");
    }

    #[test]
    fn an_instant_is_told_by_both_clocks_where_days_begin_elsewhere_too() {
        let end: Timestamp = "2026-06-24T08:00:00Z".parse().unwrap();
        let both = |hours| both_clocks(end, DayOffset::from_hours(hours).unwrap(), "%m-%d %H:%M");
        assert_eq!(both(-8), "06-24 00:00 PST = 06-24 08:00 UTC");
        assert_eq!(both(5), "06-24 13:00 UTC+5 = 06-24 08:00 UTC");
    }
}
