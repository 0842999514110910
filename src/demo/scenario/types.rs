//! `wrong-types`: days written by different tools, with types that are read, that are doubtful, and that fail.

use bytes::Bytes;
use parquet::{
    basic::{BrotliLevel, Compression, LogicalType},
    errors::Result,
};

use super::{Plan, Planted, Scenario, day, last_days};
use crate::{
    calendar::PstDay,
    demo::{
        bend::{Picker, text},
        export::{self, Export, TimeForm, signal, usual_signal},
        scenario::DemoObject,
        shop::{Event, Metric, Shop, Stamp, day_rng},
        table::{self, Column, Form, Values},
    },
};

/// Days written by different tools.
pub const WRONG_TYPES: Scenario = Scenario {
    name: "wrong-types",
    title: "Many writers, many ideas of a timestamp",
    description: "Three weeks, each day written by another tool: types that are read, types that are doubtful, types \
                  that fail, columns that are missing, misspelled, lost or doubled, and files that are broken.",
    planted: &[],
    plan: wrong_types,
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
    plan.add(|shop| broken_files(shop));
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

    // Not UTF-8: a name in Latin-1. No dictionary and no compression, so that it stands in the page as it is.
    let mut latin = rows.clone();
    if let Some(row) = latin.first_mut() {
        row.name = Some(Bytes::from_static(b"caf\xe9_view"));
    }
    for (number, row) in latin.iter_mut().enumerate() {
        row.timeuuid = Some(Bytes::from(format!("00000000-0000-4000-8000-{number:012}")));
    }
    let latin = table::file(
        &export::event_columns(&latin, TimeForm::Micros { utc: true }),
        &export.form,
    )?;
    let no_rows = table::file(
        &export::event_columns(&[], TimeForm::Micros { utc: true }),
        &export.form,
    )?;

    let object = |number: u32, body: Bytes| {
        export.object(
            format!("events/{today}/{number:04}_part_00.parquet"),
            body,
            i64::from(number),
        )
    };
    Ok(vec![object(1, truncated), object(2, latin), object(3, no_rows)])
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
