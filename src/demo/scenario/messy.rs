//! `messy-rows`: a real export with real mistakes, a few of every kind, so that every screen has something to show.

use bytes::Bytes;
use parquet::errors::Result;

use super::{Plan, Planted, Scenario, day};
use crate::{
    calendar::{DayOffset, PstDay},
    demo::{
        bend::{self, Picker, is_metric, long, text},
        export::{self, Export, TimeForm, pst, signal, usual_signal},
        scenario::DemoObject,
        shop::{Event, Metric, Shop, ShopDay, Stamp, day_rng, uuid},
        table::{self, Column},
    },
};

/// A real export with real mistakes.
pub const MESSY_ROWS: Scenario = Scenario {
    name: "messy-rows",
    title: "A real export with real mistakes",
    description: "Six weeks of a shop's data with mistakes of every kind, a few of each: names, users, metrics, ids, a \
                  truncated file, stray objects, a day that came late and one that never came. Most days are signalled, \
                  some are ready, one is half there.",
    planted: PLANTED,
    plan: messy_rows,
};

/// No data at all, though closed by later signals.
const GAP: &str = "2026-05-30";
/// One of its parts came after its signal.
const LATE: &str = "2026-06-10";
/// Names of events.
const NAMES: &str = "2026-06-03";
/// Users.
const USERS: &str = "2026-06-08";
/// Values, metadata and UUIDs.
const VALUES: &str = "2026-06-11";
/// Metrics.
const METRICS: &str = "2026-06-12";
/// Times; not signalled.
const TIMES: &str = "2026-06-19";
/// Events without metrics; not signalled.
const HALF: &str = "2026-06-20";
/// The last signalled day.
const LAST_SIGNAL: &str = "2026-06-17";

const PLANTED: &[Planted] = &[];

fn messy_rows(plan: &mut Plan) {
    let gap = day(GAP);
    for day in super::six_weeks() {
        plan.add(move |shop| {
            if day == gap {
                one_signal(day)
            } else {
                one_day(shop, day)
            }
        });
    }
    plan.add(|shop| strays(shop));
}

fn one_signal(day: PstDay) -> Result<Vec<DemoObject>> {
    Ok(vec![signal(day, usual_signal(day))?])
}

fn one_day(shop: &Shop, today: PstDay) -> Result<Vec<DemoObject>> {
    let mut made = shop.day(today);
    let mut events = Picker::of(made.events.len(), day_rng(today, 1));
    let mut metrics = Picker::of(made.metrics.len(), day_rng(today, 2));
    match today.to_string().as_str() {
        NAMES => bend_names(&mut made.events, &mut events),
        USERS => bend_users(&mut made.events, &mut events),
        VALUES => bend_values(&mut made.events, &mut events),
        METRICS => bend_metrics(&mut made, &mut metrics),
        TIMES => bend_times(&mut made.events, &mut events),
        _ => {}
    }
    respell_devices(&mut made.metrics);
    if today < day("2026-05-28") {
        made.metrics.extend(retired_metric(&made.metrics));
    }

    let export = Export {
        time: TimeForm::Seconds,
        ..Export::of(today)
    };
    let mut objects = export.events(&made.events)?;
    if (day("2026-06-16")..=day("2026-06-17")).contains(&today) {
        objects = with_session_ids(&export, &made.events)?;
    }
    if today == day(LATE)
        && let Some(object) = objects.last_mut()
    {
        object.modified = pst(today, 24 + 9, 41, 12);
    }
    if today != day(HALF) {
        objects.extend(export.metrics(&made.metrics)?);
    }
    if today <= day(LAST_SIGNAL) {
        objects.push(signal(today, usual_signal(today))?);
    }
    Ok(objects)
}

fn bend_names(rows: &mut [Event], picker: &mut Picker) {
    picker.bend(rows, 7, |r| r.name = None);
    picker.bend(rows, 2, |r| r.name = text(""));
    picker.bend(rows, 12, |r| r.name = long("campaign_click_", 131));
    picker.bend(rows, 1, |r| r.name = long("campaign_click_", 128));
    // One character short of the limit is fine.
    picker.bend(rows, 3, |r| r.name = long("campaign_click_", 127));
    picker.bend(rows, 25, |r| r.name = text("Add to cart"));
    picker.bend(rows, 1, |r| r.name = text("purchase\t"));
    picker.bend(rows, 8, |r| r.name = text("search[query]"));
    picker.bend(rows, 3, |r| r.name = text("sale_50%"));
    picker.bend(rows, 4, |r| r.name = text("statsig::gate_exposure"));
}

fn bend_users(rows: &mut [Event], picker: &mut Picker) {
    picker.bend(rows, 9, |r| r.user = None);
    picker.bend(rows, 2, |r| r.user = text(""));
    // A dictionary's own print is not JSON.
    picker.bend(rows, 6, |r| bend::user(r, |u| u.replace('"', "'")));
    picker.bend(rows, 1, |r| r.user = text("null"));
    picker.bend(rows, 11, |r| bend::user(r, bend::as_json_string));
    picker.bend(rows, 10, |r| {
        bend::user(r, |u| u.replace("\"custom\":", "\"attributes\":"))
    });
    picker.bend(rows, 4, |r| {
        bend::user(r, |u| u.replace("\"customIDs\":", "\"ids\":"))
    });
    picker.bend(rows, 5, |r| {
        r.user = text("{\"userID\":\"\",\"customIDs\":{},\"country\":\"US\",\"custom\":{}}");
    });
    picker.bend(rows, 14, |r| {
        bend::user(r, |u| u.replace("\"userID\":", "\"userId\":"))
    });
    picker.bend(rows, 3, |r| {
        bend::user(r, |u| {
            bend::with_key(u, "\"privateAttributes\":{\"phone\":\"+1 202 555 0101\"}")
        });
    });
    picker.bend(rows, 16, |r| {
        bend::user(r, |u| {
            bend::with_key(u, "\"statsigEnvironment\":{\"tier\":\"staging\"}")
        });
    });
    picker.bend(rows, 5, |r| {
        bend::user(r, |u| {
            bend::with_key(u, "\"statsigEnvironment\":{\"tier\":\"production\"}")
        });
    });
    picker.bend(rows, 20, |r| {
        bend::user(r, |u| bend::with_user_id(u, "\"Anonymous\""))
    });
    picker.bend(rows, 1, |r| bend::user(r, |u| bend::with_user_id(u, "0")));
}

fn bend_values(rows: &mut Vec<Event>, picker: &mut Picker) {
    picker.bend(rows, 6, |r| {
        r.value = long("a very long search that somebody typed ", 128)
    });
    picker.bend(rows, 2, |r| r.value = long("a search that just fits ", 127));
    picker.bend(rows, 8, |r| {
        r.metadata = text("{'page': '/', 'referrer': 'search'}")
    });
    picker.bend(rows, 2, |r| r.metadata = text("[\"/\"]"));
    picker.bend(rows, 3, |r| r.metadata = text(""));
    picker.bend(rows, 21, |r| r.metadata = text("{\"page\":\"/\",\"position\":3}"));
    picker.bend(rows, 7, |r| r.metadata = text("{\"utm.source\":\"newsletter\"}"));
    picker.bend(rows, 2, |r| {
        r.metadata = long("{\"trace\":\"", 16_390).map(|start| {
            let mut whole = start.to_vec();
            whole.extend_from_slice(b"\"}");
            Bytes::from(whole)
        });
    });
    picker.bend(rows, 13, |r| r.timeuuid = None);
    picker.bend(rows, 5, |r| r.timeuuid = text("not-a-uuid"));
    // Loaded twice: the same events again, in upper case.
    let again = picker.copies(rows, 30, |r| r.timeuuid.is_some());
    rows.extend(again.into_iter().map(|event| Event {
        timeuuid: event.timeuuid.map(|id| Bytes::from(id.to_ascii_uppercase())),
        ..event
    }));
}

fn bend_times(rows: &mut [Event], picker: &mut Picker) {
    let seconds = |row: &Event| match row.at {
        Stamp::At(micros) => micros.div_euclid(1_000_000),
        _ => 0,
    };
    picker.bend(rows, 4, |r| r.at = Stamp::Null);
    picker.bend(rows, 40, |r| r.at = Stamp::Raw(seconds(r) * 1000));
    picker.bend(rows, 3, |r| r.at = Stamp::Raw(0));
    // A phone whose clock is a year ahead.
    picker.bend(rows, 2, |r| r.at = Stamp::Raw(seconds(r) + 365 * 86_400));
    // Just before midnight by another clock: the next PST day.
    let end = day(TIMES).end_second(DayOffset::default());
    picker.bend(rows, 17, |r| r.at = Stamp::Raw(end + seconds(r).rem_euclid(900)));
}

fn bend_metrics(made: &mut ShopDay, picker: &mut Picker) {
    let rows = &mut made.metrics;
    let plain = |r: &Metric| is_metric(r, "pages_viewed");
    let ratio = |r: &Metric| is_metric(r, "conversion_rate");
    picker.bend_where(rows, 5, plain, |r| r.unit_id = None);
    picker.bend_where(rows, 1, plain, |r| r.unit_id = text(""));
    picker.bend_where(rows, 4, plain, |r| r.id_type = None);
    picker.bend_where(rows, 9, plain, |r| r.id_type = text("userID"));
    picker.bend_where(rows, 3, plain, |r| r.date = None);
    picker.bend_where(rows, 6, plain, |r| r.date = text("06/12/2026"));
    picker.bend_where(rows, 2, plain, |r| r.date = text("2027-06-12"));
    picker.bend_where(rows, 8, plain, |r| r.date = text("2026-06-11"));
    picker.bend_where(rows, 3, plain, |r| r.name = None);
    picker.bend_where(rows, 2, plain, |r| {
        r.name = long("pages_viewed_by_campaign_", 128)
    });
    picker.bend_where(rows, 7, plain, |r| r.value = None);
    picker.bend_where(rows, 10, ratio, |r| r.denominator = None);
    picker.bend_where(rows, 6, ratio, |r| r.value = Some(0.5));
    picker.bend_where(rows, 12, ratio, |r| {
        (r.value, r.numerator, r.denominator) = (Some(0.25), None, None);
    });
    picker.bend_where(rows, 4, plain, |r| r.value = Some(f64::NAN));
    picker.bend_where(rows, 1, ratio, |r| r.numerator = Some(f64::INFINITY));
    picker.bend_where(rows, 5, ratio, |r| r.denominator = Some(-0.0));
    let again = picker.copies(rows, 11, plain);
    rows.extend(again.into_iter().map(|row| Metric {
        value: row.value.map(|v| v + 1.0),
        ..row
    }));
    // An id type that the project may not know, and that no event carries.
    for number in 0..26 {
        rows.push(Metric {
            unit_id: Some(Bytes::from(format!("ws_{}", 700 + number))),
            id_type: text("workspace_id"),
            date: Some(Bytes::from(made.day.to_string())),
            name: text("seats_used"),
            value: Some(f64::from(number)),
            numerator: None,
            denominator: None,
        });
    }
}

/// The metrics' job writes device ids in its own spelling, all days.
fn respell_devices(metrics: &mut [Metric]) {
    for row in metrics {
        if row.id_type.as_deref() == Some(b"stable_id") {
            row.unit_id = row.unit_id.take().map(bend::other_spelling);
        }
    }
}

/// A metric that ended weeks ago.
fn retired_metric(metrics: &[Metric]) -> Vec<Metric> {
    metrics
        .iter()
        .filter(|row| is_metric(row, "orders"))
        .map(|row| Metric {
            name: text("gift_wraps"),
            ..row.clone()
        })
        .collect()
}

/// Two days in which somebody tried out a column more.
fn with_session_ids(export: &Export, events: &[Event]) -> Result<Vec<DemoObject>> {
    let mut objects = Vec::new();
    for (rows, number) in events.chunks(events.len().div_ceil(3).max(1)).zip(0i64..) {
        let mut columns = export::event_columns(rows, export.time);
        let sessions = rows
            .iter()
            .map(|row| Some(Bytes::from(format!("s_{}", row.customer))))
            .collect();
        columns.push(Column::text("session_id", sessions));
        let key = format!("events/{}/{number:04}_part_00.parquet", export.folder);
        objects.push(export.object(key, table::file(&columns, &export.form)?, number * 7));
    }
    Ok(objects)
}

/// Objects that are not what their place says.
fn strays(shop: &Shop) -> Result<Vec<DemoObject>> {
    let at = |name: &str| Export {
        time: TimeForm::Seconds,
        ..Export::of(day(name))
    };
    let some = |name: &str| -> Vec<Event> {
        let mut rng = day_rng(day(name), 3);
        let mut rows: Vec<Event> = shop.day(day(name)).events.into_iter().take(60).collect();
        for row in &mut rows {
            row.timeuuid = Some(uuid(&mut rng));
        }
        rows
    };
    let parquet = |name: &str| {
        table::file(
            &export::event_columns(&some(name), TimeForm::Seconds),
            &at(name).form,
        )
    };

    let whole = parquet(TIMES)?;
    let truncated = whole.slice(..whole.len() * 3 / 5);
    let no_rows = table::file(&export::metric_columns(&[]), &at("2026-06-07").form)?;
    let csv = Bytes::from_static(b"timestamp,event_name,user\n1780876800,page_view,u_48011\n");
    let manifest = Bytes::from_static(
        b"{\"entries\":[{\"url\":\"s3://acme-statsig-export/metrics/2026-06-12/0000_part_00.parquet\"}]}\n",
    );
    Ok(vec![
        at("2026-06-05").object(
            "events/2026-06-05/0003_part_00.parquet".to_owned(),
            Bytes::new(),
            50,
        ),
        at(USERS).object(format!("events/{USERS}/export.csv"), csv, 55),
        at("2026-06-15").object(
            "events/2026-06-15/_0003_part_00.parquet".to_owned(),
            parquet("2026-06-15")?,
            60,
        ),
        at(TIMES).object(format!("events/{TIMES}/0003_part_00.parquet"), truncated, 65),
        at("2026-06-07").object("metrics/2026-06-07/0001_part_00.parquet".to_owned(), no_rows, 70),
        at(METRICS).object(format!("metrics/{METRICS}/0000_manifest"), manifest, 75),
        at("2026-06-21").object(
            "Metrics/2026-06-21/0000_part_00.parquet".to_owned(),
            table::file(
                &export::metric_columns(&shop.day(day("2026-06-21")).metrics),
                &at("2026-06-21").form,
            )?,
            80,
        ),
        at("2026-06-21").object("events/_SUCCESS".to_owned(), Bytes::new(), 85),
    ])
}
