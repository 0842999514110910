//! `waiting-days`, `utc-folders` and `gaps-and-late-data`: days to be signalled, and days that are cut wrong, closed too
//! early, or never came.

use parquet::errors::Result;

use super::{Plan, Scenario, day, found, last_days, six_weeks};
use crate::{
    calendar::{DayOffset, PstDay, day::DAY_SECONDS},
    demo::{
        bend::{Picker, text},
        export::{Export, pst, signal, usual_signal},
        scenario::DemoObject,
        shop::{Event, Shop, Stamp, day_rng},
        stage::granted,
        table::{self, Column, Form},
    },
};

/// Days to be signalled, and days that had better wait.
pub const WAITING_DAYS: Scenario = Scenario {
    name: "waiting-days",
    title: "Five days wait for their signal, two of them with reason",
    description: "Nobody has signalled for five days. Three are whole and ready. Of one the metrics are missing: their \
                  job sends them with the coming night. The last has rows that fail.",
    planted: &[
        found("E512", "events/", 6, "add to cart"),
        found("E540", "events/", 14, "no user"),
        found("G708", "calendar", 5, "nobody has signalled since 17 June"),
        found("G710", "calendar", 1, "21 June has no metrics yet"),
    ],
    plan: waiting_days,
    nightly: night_of_waiting,
    about_access: false,
    access: granted,
};

/// Day folders by UTC date.
pub const UTC_FOLDERS: Scenario = Scenario {
    name: "utc-folders",
    title: "Day folders by UTC date",
    description: "An export that cuts days at midnight UTC: the last eight hours of each PST day lie in the next day's \
                  folder, and each day is signalled before it is over in PST.",
    planted: &[
        found(
            "E505",
            "events/",
            11610,
            "events of 16:00 to 24:00 PST, in the folder of the next day",
        ),
        found("G705", "calendar", 22, "each day is signalled at 19:20 PST"),
    ],
    plan: utc_folders,
    nightly: utc_night,
    about_access: false,
    access: granted,
};

/// Signals that came too early, or for nothing.
pub const GAPS_AND_LATE_DATA: Scenario = Scenario {
    name: "gaps-and-late-data",
    title: "Signals that came too early, or for nothing",
    description: "Days that were closed without data, data that came after its signal, a half day, a signal before \
                  midnight, and signals of dates that are no dates or lie far ahead.",
    planted: &[
        found("L308", "signals/", 2, "signals/manual/"),
        found("S406", "signals/", 1, "a date as text"),
        found("E512", "events/", 5, "sign up"),
        found("E540", "events/", 15, "no user"),
        found("G702", "signals/", 2, "nulls"),
        found("G703", "signals/", 2, "18.06.2026, and an empty text"),
        found("G704", "calendar", 1, "2062 in place of 2026"),
        found("G705", "calendar", 2, "2 June at 22:00 of the day, and 2062"),
        found(
            "G706",
            "calendar",
            4,
            "23 and 24 May, 6 June, and today, which the signal of 2062 closed",
        ),
        found(
            "G707",
            "calendar",
            5,
            "9 June written again (2), and all of 2 June (3)",
        ),
        found("G709", "calendar", 1, "signals began six weeks ago"),
        found("G710", "calendar", 2, "13 June has no metrics, 14 June no events"),
        found("G711", "calendar", 1, "16 June"),
    ],
    plan: gaps_and_late_data,
    nightly: super::usual_night,
    about_access: false,
    access: granted,
};

/// The last day that was signalled.
const SIGNALLED: &str = "2026-06-17";
/// Its metrics come two nights late.
const HALF: &str = "2026-06-21";
/// Its events have rows that fail.
const FAILING: &str = "2026-06-22";

fn waiting_days(plan: &mut Plan) {
    for today in last_days(21) {
        plan.add(move |shop| {
            let mut made = shop.day(today);
            if today == day(FAILING) {
                let mut picker = Picker::of(made.events.len(), day_rng(today, 2));
                picker.bend(&mut made.events, 14, |r| r.user = None);
                picker.bend(&mut made.events, 6, |r| r.name = text("add to cart"));
            }
            let export = Export {
                parts: 2,
                ..Export::of(today)
            };
            let mut objects = export.events(&made.events)?;
            if today != day(HALF) {
                objects.extend(export.metrics(&made.metrics)?);
            }
            if today <= day(SIGNALLED) {
                objects.push(signal(today, usual_signal(today))?);
            }
            Ok(objects)
        });
    }
}

/// The first night brings the metrics that are missing, too.
fn night_of_waiting(shop: &Shop, date: PstDay) -> Result<Vec<DemoObject>> {
    let mut objects = super::usual_night(shop, date)?;
    if date == day(HALF) {
        let export = Export {
            landed: pst(day("2026-06-23"), 24 + 4, 10, 0),
            ..Export::of(date)
        };
        objects.extend(export.metrics(&shop.day(date).metrics)?);
    }
    Ok(objects)
}

/// An instant of a UTC date.
fn utc(date: PstDay, seconds: i64) -> jiff::Timestamp {
    let at = date.epoch_day() * DAY_SECONDS + seconds;
    jiff::Timestamp::from_second(at).unwrap_or(jiff::Timestamp::UNIX_EPOCH)
}

/// The events of a UTC date: the evening before in PST, and the day up to 16:00.
fn events_of_utc_date(shop: &Shop, date: PstDay) -> Vec<Event> {
    let start = utc(date, 0).as_microsecond();
    let end = start + DAY_SECONDS * 1_000_000;
    let before = date.plus(-1).unwrap_or(date);
    let both = shop.day(before).events.into_iter().chain(shop.day(date).events);
    both.filter(|row| matches!(row.at, Stamp::At(at) if (start..end).contains(&at)))
        .collect()
}

fn utc_folders(plan: &mut Plan) {
    // Three weeks, and today's UTC date, which is over already.
    let mut dates = last_days(21);
    dates.extend(dates.last().and_then(|d| d.plus(1)));
    let first = dates.first().copied();
    for date in dates {
        plan.add(move |shop| utc_export(shop, date, Some(date) == first));
    }
}

fn utc_night(shop: &Shop, date: PstDay) -> Result<Vec<DemoObject>> {
    utc_export(shop, date, false)
}

fn utc_export(shop: &Shop, date: PstDay, is_first: bool) -> Result<Vec<DemoObject>> {
    let mut rows = events_of_utc_date(shop, date);
    if is_first {
        // The export began at midnight PST.
        let from = date.start_second(DayOffset::default()) * 1_000_000;
        rows.retain(|row| matches!(row.at, Stamp::At(at) if at >= from));
    }
    let export = Export {
        landed: utc(date, DAY_SECONDS + 2 * 3600 + 50 * 60),
        ..Export::of(date)
    };
    let mut objects = export.events(&rows)?;
    objects.extend(export.metrics(&shop.day(date).metrics)?);
    objects.push(signal(date, utc(date, DAY_SECONDS + 3 * 3600 + 20 * 60))?);
    Ok(objects)
}

/// Days without data among signalled ones.
const GAPS: &[&str] = &["2026-05-23", "2026-05-24", "2026-06-06"];
/// Signalled at 22:00 of the day itself.
const EARLY: &str = "2026-06-02";
/// Two of its objects were written again after its signal.
const LATE: &str = "2026-06-09";
/// Events without metrics.
const NO_METRICS: &str = "2026-06-13";
/// Metrics without events.
const NO_EVENTS: &str = "2026-06-14";
/// Signalled, with rows that fail.
const BAD: &str = "2026-06-16";
/// The last that was signalled by its own date.
const LAST_SIGNAL: &str = "2026-06-18";

fn gaps_and_late_data(plan: &mut Plan) {
    for today in six_weeks() {
        plan.add(move |shop| {
            let name = today.to_string();
            let mut objects = if GAPS.contains(&name.as_str()) {
                Vec::new()
            } else {
                data_of(shop, today)?
            };
            if today <= day(LAST_SIGNAL) {
                let written = if name == EARLY {
                    pst(today, 22, 0, 0)
                } else {
                    usual_signal(today)
                };
                objects.push(signal(today, written)?);
            }
            Ok(objects)
        });
    }
    plan.add(|_| odd_signals());
}

fn data_of(shop: &Shop, today: PstDay) -> Result<Vec<DemoObject>> {
    let name = today.to_string();
    let mut made = shop.day(today);
    if name == BAD {
        let mut picker = Picker::of(made.events.len(), day_rng(today, 1));
        picker.bend(&mut made.events, 15, |r| r.user = None);
        picker.bend(&mut made.events, 5, |r| r.name = text("sign up"));
    }
    let export = Export {
        parts: 2,
        ..Export::of(today)
    };
    let mut objects = Vec::new();
    if name != NO_EVENTS {
        objects.extend(export.events(&made.events)?);
    }
    if name != NO_METRICS {
        objects.extend(export.metrics(&made.metrics)?);
    }
    if name == LATE {
        for (object, minutes) in objects.iter_mut().zip([5, 9]) {
            object.modified = pst(today, 24 + 11, minutes, 0);
        }
    }
    Ok(objects)
}

/// What jobs write into signals/ when nobody looks.
fn odd_signals() -> Result<Vec<DemoObject>> {
    let at = |name: &str, written: jiff::Timestamp, column: Column| -> Result<DemoObject> {
        Ok(DemoObject {
            key: format!("signals/{name}"),
            body: table::file(&[column], &Form::default())?,
            modified: written,
            storage_class: "STANDARD",
        })
    };
    let last = day(LAST_SIGNAL);
    let nulls = Column::date("finished_date", vec![None, None]);
    let words = Column::text(
        "finished_date",
        vec![text("18.06.2026"), text(""), text("2026-06-18")],
    );
    Ok(vec![
        at("manual/nulls.parquet", pst(last, 24 + 4, 0, 0), nulls)?,
        at("manual/words.parquet", pst(last, 24 + 4, 10, 0), words)?,
        // Typed by hand this noon: a 6 in place of a 2.
        signal(day("2062-06-22"), pst(day("2026-06-23"), 12, 5, 0))?,
    ])
}
