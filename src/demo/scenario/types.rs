//! `wrong-types`: days written by different tools, with types that are read, that are doubtful, and that fail.

use bytes::Bytes;
use parquet::{
    basic::{BrotliLevel, Compression, LogicalType},
    errors::Result,
};

use super::{Plan, Scenario, day, found, last_days};
use crate::{
    calendar::PstDay,
    demo::{
        bend::{Picker, text},
        export::{self, Export, TimeForm, signal, usual_signal},
        scenario::DemoObject,
        shop::{Event, Metric, Shop, Stamp, day_rng},
        stage::granted,
        table::{self, Column, Form, Values},
    },
};

/// Days written by different tools.
pub const WRONG_TYPES: Scenario = Scenario {
    name: "wrong-types",
    title: "Many writers, many ideas of a timestamp",
    description: "Three weeks, each day written by another tool: types that are read, types that are doubtful, types \
                  that fail, columns that are missing, misspelled, lost or doubled, and files that are broken.",
    planted: &[
        found("S401", "events/", 1, "a file that lacks its last bytes"),
        found("S412", "events/", 2, "a name in Latin-1; an overwritten page"),
        found("S402", "events/", 2, "no timeuuid (1), no event_metadata (1)"),
        found("S402", "metrics/", 1, "no denominator"),
        found("S403", "events/", 2, "userId; Event Name"),
        found("S403", "metrics/", 1, "value in place of metric_value"),
        found(
            "S404",
            "events/",
            3,
            "nanoseconds; a DATE as timestamp; timeuuid as 16 bytes",
        ),
        found(
            "S404",
            "metrics/",
            2,
            "metric_value as INT64; a numerator of no type",
        ),
        found(
            "S405",
            "events/",
            7,
            "times without a zone, as text, INT32 and DOUBLE; a value as INT64; a name as bare bytes; metadata of no type",
        ),
        found("S405", "metrics/", 2, "metric_value as FLOAT; unit_id as INT64"),
        found(
            "S406",
            "events/",
            14,
            "against the first file, whose times are microseconds in UTC",
        ),
        found(
            "S406",
            "metrics/",
            5,
            "metric_value (2), numerator, unit_id, date",
        ),
        found("S406", "signals/", 1, "a date as text"),
        found("S407", "events/", 23, "timeuuid, which the first file lacks"),
        found("S407", "metrics/", 1, "value, which no other file has"),
        found("S407", "signals/", 1, "job, which no other file has"),
        found("S408", "events/", 1, "Brotli"),
        found("S409", "events/", 1, "event_name and EVENT_NAME"),
        found("S410", "events/", 2, "session_id, EVENT_NAME"),
        found("S410", "signals/", 1, "the job that wrote the signal"),
        found("S411", "events/", 1, "a file without rows"),
        found("E502", "events/", 15, "yesterday, about noon (9), NaN (6)"),
        found("E503", "events/", 25, "milliseconds"),
        found("G711", "calendar", 3, "7, 9 and 12 June"),
    ],
    plan: wrong_types,
    nightly: super::usual_night,
    about_access: false,
    access: granted,
};

fn wrong_types(plan: &mut Plan) {
    for today in last_days(21) {
        plan.add(move |shop| {
            let made = shop.day(today);
            let mut objects = events_of(today, made.events)?;
            objects.extend(metrics_of(today, &made.metrics)?);
            objects.push(signal_of(today)?);
            Ok(objects)
        });
    }
    plan.add(broken_files);
}

const ARROW: &str = "parquet-cpp-arrow version 16.1.0";
const DUCKDB: &str = "DuckDB version v1.0.0 (build 1f98600c2c)";

/// One file of events a day, and what its writer makes of it.
fn events_of(today: PstDay, mut rows: Vec<Event>) -> Result<Vec<DemoObject>> {
    let name = today.to_string();
    let mut form = Form::default();
    let mut picker = Picker::of(rows.len(), day_rng(today, 1));
    let time = match name.as_str() {
        "2026-06-03" => TimeForm::Seconds,
        "2026-06-04" => TimeForm::Int96,
        "2026-06-05" => TimeForm::Micros { utc: false },
        "2026-06-06" => TimeForm::Nanos,
        "2026-06-07" => {
            picker.bend(&mut rows, 9, |r| r.at = Stamp::Broken);
            TimeForm::Text
        }
        "2026-06-08" => TimeForm::Seconds32,
        "2026-06-09" => {
            picker.bend(&mut rows, 6, |r| r.at = Stamp::Broken);
            TimeForm::Fraction
        }
        "2026-06-10" => TimeForm::Date,
        "2026-06-11" => TimeForm::Millis,
        "2026-06-12" => {
            let seconds = |row: &Event| match row.at {
                Stamp::At(micros) => micros.div_euclid(1_000_000),
                _ => 0,
            };
            picker.bend(&mut rows, 25, |r| r.at = Stamp::Raw(seconds(r) * 1000));
            TimeForm::Seconds
        }
        _ => TimeForm::Micros { utc: true },
    };
    let mut columns = export::event_columns(&rows, time);
    match name.as_str() {
        // The first by key gives Spark its schema: what it lacks is lost for all.
        "2026-06-02" => columns.retain(|c| c.name != "timeuuid"),
        "2026-06-05" | "2026-06-06" => form.created_by = ARROW,
        "2026-06-13" => rename(&mut columns, "user", "userId"),
        "2026-06-14" => rename(&mut columns, "event_name", "Event Name"),
        "2026-06-15" => columns.retain(|c| c.name != "event_metadata"),
        "2026-06-16" => replace(&mut columns, "event_value", |name| {
            Column::new(name, None, Values::Int64(vec![Some(1); rows.len()]))
        }),
        "2026-06-17" => replace(&mut columns, "event_name", |name| {
            Column::new(
                name,
                None,
                Values::Bytes(rows.iter().map(|r| r.name.clone()).collect()),
            )
        }),
        "2026-06-18" => {
            form.created_by = DUCKDB;
            replace(&mut columns, "timeuuid", |name| {
                let ids = rows.iter().map(|r| r.timeuuid.as_ref().map(sixteen)).collect();
                Column::new(name, Some(LogicalType::Uuid), Values::Fixed16(ids))
            });
        }
        "2026-06-19" => form.compression = Compression::BROTLI(BrotliLevel::default()),
        "2026-06-20" => {
            let twin = columns.iter().find(|c| c.name == "event_name").cloned();
            columns.extend(twin.map(|c| c.named("EVENT_NAME")));
        }
        "2026-06-21" => columns.push(Column::text("session_id", vec![text("s_1"); rows.len()])),
        "2026-06-22" => replace(&mut columns, "event_metadata", |name| {
            // All null, and of no type: what pandas, polars and DuckDB write.
            Column::new(
                name,
                Some(LogicalType::Unknown),
                Values::Int32(vec![None; rows.len()]),
            )
        }),
        _ => {}
    }
    let export = Export::of(today);
    let key = format!("events/{today}/0000_part_00.parquet");
    Ok(vec![export.object(key, table::file(&columns, &form)?, 0)])
}

fn metrics_of(today: PstDay, rows: &[Metric]) -> Result<Vec<DemoObject>> {
    let mut columns = export::metric_columns(rows);
    let narrow = |value: Option<f64>| value.map(|v| v.round() as i64);
    match today.to_string().as_str() {
        "2026-06-04" => replace(&mut columns, "metric_value", |name| {
            Column::new(
                name,
                None,
                Values::Int64(rows.iter().map(|r| narrow(r.value)).collect()),
            )
        }),
        "2026-06-05" => replace(&mut columns, "metric_value", |name| {
            let values = rows.iter().map(|r| r.value.map(|v| v as f32)).collect();
            Column::new(name, None, Values::Float(values))
        }),
        "2026-06-06" => replace(&mut columns, "numerator", |name| {
            Column::new(
                name,
                Some(LogicalType::Unknown),
                Values::Int32(vec![None; rows.len()]),
            )
        }),
        "2026-06-07" => replace(&mut columns, "unit_id", |name| {
            let numbers = (0..rows.len()).map(|n| i64::try_from(n).ok()).collect();
            Column::new(name, None, Values::Int64(numbers))
        }),
        "2026-06-08" => columns.retain(|c| c.name != "denominator"),
        "2026-06-09" => replace(&mut columns, "date", |name| {
            let date = i32::try_from(today.epoch_day()).ok();
            Column::date(name, vec![date; rows.len()])
        }),
        "2026-06-10" => rename(&mut columns, "metric_value", "value"),
        _ => {}
    }
    let export = Export::of(today);
    let key = format!("metrics/{today}/0000_part_00.parquet");
    Ok(vec![export.object(key, table::file(&columns, &export.form)?, 41)])
}

/// Signals as text on one day, with a column more on another.
fn signal_of(today: PstDay) -> Result<DemoObject> {
    let mut object = signal(today, usual_signal(today))?;
    let date = Some(Bytes::from(today.to_string()));
    match today.to_string().as_str() {
        "2026-06-20" => {
            object.body = table::file(&[Column::text("finished_date", vec![date])], &Form::default())?;
        }
        "2026-06-21" => {
            let days = vec![i32::try_from(today.epoch_day()).ok()];
            let columns = [
                Column::date("finished_date", days),
                Column::text("job", vec![text("nightly")]),
            ];
            object.body = table::file(&columns, &Form::default())?;
        }
        _ => {}
    }
    Ok(object)
}

fn broken_files(shop: &Shop) -> Result<Vec<DemoObject>> {
    let today = day("2026-06-22");
    let export = Export::of(today);
    let rows: Vec<Event> = shop.day(today).events.into_iter().take(80).collect();
    let columns = export::event_columns(&rows, TimeForm::Micros { utc: true });
    let whole = table::file(&columns, &export.form)?;
    let truncated = whole.slice(..whole.len() - 5);

    // Events of their own, so that nothing but the fault is found in them.
    let with_ids = |kind: u32| -> Vec<Event> {
        let mut rows = rows.clone();
        for (row, number) in rows.iter_mut().zip(0u32..) {
            row.timeuuid = Some(Bytes::from(format!("{kind:08x}-0000-4000-8000-{number:012}")));
        }
        rows
    };
    let file = |rows: &[Event]| {
        table::file(
            &export::event_columns(rows, TimeForm::Micros { utc: true }),
            &export.form,
        )
    };
    // Not UTF-8: a name in Latin-1.
    let mut latin = with_ids(1);
    if let Some(row) = latin.first_mut() {
        row.name = Some(Bytes::from_static(b"caf\xe9_view"));
    }
    // The first page's header overwritten; the footer is good.
    let mut garbled = file(&with_ids(2))?.to_vec();
    garbled.iter_mut().skip(4).take(40).for_each(|byte| *byte = 0xff);

    let object = |number: u32, body: Bytes| {
        export.object(
            format!("events/{today}/{number:04}_part_00.parquet"),
            body,
            i64::from(number),
        )
    };
    Ok(vec![
        object(1, truncated),
        object(2, file(&latin)?),
        object(3, file(&[])?),
        object(4, Bytes::from(garbled)),
    ])
}

fn rename(columns: &mut [Column], from: &str, to: &str) {
    for column in columns.iter_mut().filter(|c| c.name == from) {
        column.name = to.to_owned();
    }
}

fn replace(columns: &mut [Column], name: &str, make: impl Fn(&str) -> Column) {
    for column in columns.iter_mut().filter(|c| c.name == name) {
        *column = make(name);
    }
}

/// The sixteen bytes of a UUID.
fn sixteen(text: &Bytes) -> Bytes {
    let hex: String = String::from_utf8_lossy(text).replace('-', "");
    Bytes::from(u128::from_str_radix(&hex, 16).unwrap_or(0).to_be_bytes().to_vec())
}
