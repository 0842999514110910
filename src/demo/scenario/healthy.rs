//! `healthy` and `first-day`: nothing wrong, and nothing yet.

use super::{Plan, Scenario, found};
use crate::demo::{
    export::{self, Export, TimeForm, signal, usual_signal},
    stage::granted,
    table::{self, Form},
};

/// Six weeks of good data.
pub const HEALTHY: Scenario = Scenario {
    name: "healthy",
    title: "Six weeks of good data",
    description: "Every file, row and signal is as it should be. Yesterday has landed and is ready to be signalled.",
    planted: &[
        found("G708", "calendar", 1, "yesterday waits for its signal"),
        found("G709", "calendar", 1, "signals began six weeks ago"),
    ],
    plan: healthy,
    nightly: super::usual_night,
    about_access: false,
    access: granted,
};

fn healthy(plan: &mut Plan) {
    let days = super::six_weeks();
    let yesterday = days.last().copied();
    for day in days {
        plan.add(move |shop| {
            let made = shop.day(day);
            let export = Export {
                parts: 2,
                ..Export::of(day)
            };
            let mut objects = export.events(&made.events)?;
            objects.extend(export.metrics(&made.metrics)?);
            if Some(day) != yesterday {
                objects.push(signal(day, usual_signal(day))?);
            }
            Ok(objects)
        });
    }
}

/// The first day's export.
pub const FIRST_DAY: Scenario = Scenario {
    name: "first-day",
    title: "The first day's export",
    description: "One day of data, as a first script in pandas wrote it: times without a zone, no UUIDs, and nobody has \
                  signalled anything yet.",
    planted: &[
        found("L301", "signals/", 1, "no signals/ folder yet"),
        found("S402", "events/", 1, "the script writes no timeuuid"),
        found(
            "S405",
            "events/",
            1,
            "pandas writes timestamps that are not marked as UTC",
        ),
        found("G701", "calendar", 1, "neither a signal file nor the API"),
        found("G708", "calendar", 1, "the day waits for its first signal"),
    ],
    plan: first_day,
    nightly: super::usual_night,
    about_access: false,
    access: granted,
};

fn first_day(plan: &mut Plan) {
    plan.add(|shop| {
        let first = super::day("2026-06-22");
        let made = shop.day(first);
        let export = Export {
            time: TimeForm::Micros { utc: false },
            form: Form {
                created_by: "parquet-cpp-arrow version 16.1.0",
                ..Form::default()
            },
            ..Export::of(first)
        };
        let mut columns = export::event_columns(&made.events, export.time);
        columns.retain(|c| c.name != "timeuuid");
        let key = format!("events/{first}/events.parquet");
        let mut objects = vec![export.object(key, table::file(&columns, &export.form)?, 0)];
        let columns = export::metric_columns(&made.metrics);
        let key = format!("metrics/{first}/metrics.parquet");
        objects.push(export.object(key, table::file(&columns, &export.form)?, 9));
        Ok(objects)
    });
}
