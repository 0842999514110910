//! `messy-rows`: a real export with real mistakes, a few of every kind, so that every screen has something to show.

use bytes::Bytes;
use parquet::errors::Result;

use super::{Plan, Planted, Scenario, day, found};
use crate::{
    calendar::{DayOffset, PstDay},
    demo::{
        bend::{self, Picker, is_metric, long, text},
        export::{self, Export, TimeForm, pst, signal, usual_signal},
        scenario::DemoObject,
        shop::{Event, Metric, Shop, ShopDay, Stamp, day_rng, uuid},
        stage::granted,
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
    nightly: super::usual_night,
    about_access: false,
    access: granted,
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

const PLANTED: &[Planted] = &[
    found("L302", "bucket", 1, "metrics of a day written to Metrics/"),
    found("L303", "events/", 1, "a CSV export beside the Parquet files"),
    found("L303", "metrics/", 1, "a manifest of an unload"),
    found("L311", "events/", 1, "an empty object named like data"),
    found("L314", "events/", 1, "a data file whose name begins with _"),
    found(
        "S401",
        "events/",
        1,
        "an upload that broke off: the footer is missing",
    ),
    found("S407", "events/", 6, "session_id, in the files of two days only"),
    found("S410", "events/", 6, "session_id is not in the contract"),
    found("S411", "metrics/", 1, "a file without rows"),
    found("E501", "events/", 4, "times that were lost"),
    found("E503", "events/", 40, "times in milliseconds"),
    found("E504", "events/", 2, "a phone whose clock is a year ahead"),
    found(
        "E505",
        "events/",
        22,
        "events after midnight (17), of 1970 (3) and of next year (2)",
    ),
    found("E506", "events/", 3, "times of zero"),
    found("E510", "events/", 9, "no name (7), empty name (2)"),
    found(
        "E511",
        "events/",
        13,
        "a campaign's address in the name: 131 (12) and 128 (1) characters",
    ),
    found(
        "E512",
        "events/",
        26,
        "Add to cart (25), a name with a tab at its end (1)",
    ),
    found("E513", "events/", 11, "search[query] (8), sale_50% (3)"),
    found("E514", "events/", 4, "exposures that were exported from Statsig"),
    found("E520", "events/", 6, "long searches as values"),
    found(
        "E530",
        "events/",
        10,
        "a Python dictionary's print (8), a list (2)",
    ),
    found("E531", "events/", 21, "a number as a value"),
    found("E532", "events/", 7, "utm.source as a key"),
    found("E533", "events/", 2, "a whole stack trace"),
    found("E540", "events/", 11, "no user (9), empty user (2)"),
    found(
        "E541",
        "events/",
        7,
        "a Python dictionary's print (6), the word null (1)",
    ),
    found("E542", "events/", 11, "encoded twice"),
    found("E543", "events/", 10, "no custom"),
    found("E544", "events/", 4, "no customIDs"),
    found("E545", "events/", 5, "no id at all"),
    found("E546", "events/", 14, "userId in place of userID"),
    found("E547", "events/", 3, "private attributes"),
    found("E548", "events/", 16, "events of staging"),
    found("E549", "events/", 21, "Anonymous (20), the number 0 (1)"),
    found("E550", "events/", 13, "no UUID"),
    found("E551", "events/", 5, "not-a-uuid"),
    found("E552", "events/", 30, "events that were loaded twice"),
    found("M601", "metrics/", 6, "no unit id (5), empty (1)"),
    found("M602", "metrics/", 4, "no id type"),
    found("M603", "metrics/", 35, "userID (9), workspace_id (26)"),
    found("M604", "metrics/", 3, "no date"),
    found("M605", "metrics/", 6, "06/12/2026"),
    found("M606", "metrics/", 2, "a year ahead"),
    found("M607", "metrics/", 10, "an older day (8), a year ahead (2)"),
    found("M610", "metrics/", 3, "no name"),
    found("M611", "metrics/", 2, "names of 128 characters"),
    found("M620", "metrics/", 17, "no value (7), half a ratio (10)"),
    found("M621", "metrics/", 10, "no denominator"),
    found("M622", "metrics/", 6, "a ratio and its value"),
    found("M623", "metrics/", 12, "conversion_rate as a plain value"),
    found("M624", "metrics/", 5, "NaN (4), an infinite numerator (1)"),
    found("M625", "metrics/", 5, "minus zero sessions"),
    found("M630", "metrics/", 11, "computed twice"),
    found("M631", "metrics/", 1, "gift_wraps, which ended in May"),
    found(
        "G706",
        "calendar",
        1,
        "Saturday 30 May, when the export did not run",
    ),
    found(
        "G707",
        "calendar",
        1,
        "a part of 10 June, written after its signal",
    ),
    found("G708", "calendar", 5, "18 to 22 June wait for a signal"),
    found("G709", "calendar", 1, "signals began six weeks ago"),
    found("G710", "calendar", 1, "20 June has events and no metrics"),
    found("G711", "calendar", 4, "3, 8, 11 and 12 June"),
    found("X801", "metrics/", 8402, "device ids in another spelling"),
    found("X802", "metrics/", 8402, "device ids in another spelling"),
    found("X803", "metrics/", 26, "workspace_id"),
];

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
    plan.add(strays);
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
    picker.bend_where(rows, 8, plain, |r| r.date = text(GAP));
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
