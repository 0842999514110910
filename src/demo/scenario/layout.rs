//! `layout-traps`: objects that are not where Spark looks, or that look like what they are not.

use bytes::Bytes;
use parquet::errors::Result;

use super::{Plan, Scenario, day, found, last_days};
use crate::{
    calendar::PstDay,
    demo::{
        export::{self, Export, TimeForm, pst, signal, usual_signal},
        scenario::DemoObject,
        shop::{Event, Shop, day_rng, uuid},
        stage::granted,
        table::{self, Form},
    },
};

/// Objects that are not where Spark looks.
pub const LAYOUT_TRAPS: Scenario = Scenario {
    name: "layout-traps",
    title: "Objects that are not where Spark looks",
    description: "Two weeks of good rows in bad places: stray and hidden files, near-miss folders, nested and Hive \
                  folders, archived and empty objects, leftovers of jobs, an unload that ran twice.",
    planted: &[
        found("L302", "bucket", 3, "Events/, metric/, export.parquet"),
        found("L303", "events/", 2, "events.csv, events.json.gz"),
        found("L303", "metrics/", 1, "manifest"),
        found("L304", "events/", 1, "a folder retry/ in a day folder"),
        found("L304", "signals/", 1, "the signal beside the folder run=2/"),
        found("L305", "signals/", 1, "a folder run=2/ in a day folder"),
        found("L306", "metrics/", 2, "date=2026-06-21 and date=2026-06-22"),
        found("L307", "events/", 1, "_temporary/"),
        found("L308", "events/", 2, "20260618/, backfill/"),
        found("L309", "events/", 1, "an object in Glacier"),
        found("L311", "events/", 1, "an empty object"),
        found("L313", "events/", 1, "the third part of the first run"),
        found("L314", "events/", 1, "_0004_part_00.parquet"),
        found(
            "G707",
            "calendar",
            2,
            "the parts of the second run came after the signal",
        ),
    ],
    plan: layout_traps,
    nightly: super::usual_night,
    about_access: false,
    access: granted,
};

fn layout_traps(plan: &mut Plan) {
    for today in last_days(14) {
        plan.add(move |shop| {
            let made = shop.day(today);
            let export = Export::of(today);
            let mut objects = export.events(&made.events)?;
            let mut metrics = export.metrics(&made.metrics)?;
            if today >= day("2026-06-21") {
                // L306: a job that began to write Hive folders.
                for object in &mut metrics {
                    object.key = object.key.replace("metrics/", "metrics/date=");
                }
            }
            objects.extend(metrics);
            objects.push(signal(today, usual_signal(today))?);
            Ok(objects)
        });
    }
    plan.add(traps);
    plan.add(rerun);
}

/// Events that are nobody else's, of a day.
fn some_events(shop: &Shop, today: PstDay, count: usize, purpose: u64) -> Vec<Event> {
    let mut rng = day_rng(today, purpose);
    let mut rows: Vec<Event> = shop.day(today).events.into_iter().take(count).collect();
    for row in &mut rows {
        row.timeuuid = Some(uuid(&mut rng));
    }
    rows
}

fn traps(shop: &Shop) -> Result<Vec<DemoObject>> {
    let mut number = 100u64;
    let mut parquet = |name: &str, rows: usize| -> Result<Bytes> {
        number += 1;
        let rows = some_events(shop, day(name), rows, number);
        table::file(
            &export::event_columns(&rows, TimeForm::Micros { utc: true }),
            &Form::default(),
        )
    };
    let text = |words: &'static str| Bytes::from_static(words.as_bytes());
    let day_of_traps = "2026-06-18";
    let mut objects = Vec::new();
    let mut put = |key: &str, body: Bytes| {
        objects.push(Export::of(day(day_of_traps)).object(key.to_owned(), body, 120));
    };

    // L302
    put(
        "Events/2026-06-18/0000_part_00.parquet",
        parquet(day_of_traps, 40)?,
    );
    put(
        "metric/2026-06-18/0000_part_00.parquet",
        parquet(day_of_traps, 40)?,
    );
    put("export.parquet", parquet(day_of_traps, 40)?);
    // L303
    put(
        "events/2026-06-18/events.csv",
        text("timestamp,event_name\n1,page_view\n"),
    );
    put("events/2026-06-18/events.json.gz", text("\u{1f}"));
    put("metrics/2026-06-18/manifest", text("{\"entries\":[]}"));
    // Harmless.
    put("events/2026-06-18/_SUCCESS", Bytes::new());
    put("events/2026-06-18/.0000_part_00.parquet.crc", text("crc"));
    // L307
    put("events/_temporary/part-00000.parquet", parquet(day_of_traps, 30)?);
    // L308
    put("events/20260618/0000_part_00.parquet", parquet(day_of_traps, 30)?);
    put("events/backfill/0000_part_00.parquet", parquet(day_of_traps, 30)?);

    let mut put = |name: &str, class: &'static str, key: &str, body: Bytes| {
        let export = Export {
            storage_class: class,
            ..Export::of(day(name))
        };
        objects.push(export.object(key.to_owned(), body, 120));
    };
    let (standard, glacier) = ("STANDARD", "GLACIER");
    // L304: too deep, beside shallower ones
    let (name, key) = ("2026-06-17", "events/2026-06-17/retry/0000_part_00.parquet");
    put(name, standard, key, parquet(name, 50)?);
    // L311, L314
    let (name, key) = ("2026-06-16", "events/2026-06-16/0003_part_00.parquet");
    put(name, standard, key, Bytes::new());
    let key = "events/2026-06-16/_0004_part_00.parquet";
    put(name, standard, key, parquet(name, 30)?);
    // A hostile name, harmless otherwise.
    let (name, key) = ("2026-06-15", "events/2026-06-15/half %41+\u{202e}a name.parquet");
    put(name, standard, key, parquet(name, 20)?);
    // L309
    let (name, key) = ("2026-06-09", "events/2026-06-09/0003_part_00.parquet");
    put(name, glacier, key, parquet(name, 60)?);

    // L305: a key=value chain beside plain day folders
    let repeated = day("2026-06-20");
    let mut signal = signal(repeated, usual_signal(repeated))?;
    signal.key = "signals/2026-06-20/run=2/finished_date.parquet".to_owned();
    objects.push(signal);
    Ok(objects)
}

/// L313: an unload that was run again the next morning without cleaning, into fewer parts.
fn rerun(shop: &Shop) -> Result<Vec<DemoObject>> {
    let today = day("2026-06-12");
    let again = Export {
        landed: pst(today, 24 + 20, 15, 0),
        ..Export::of(today)
    };
    let rows = some_events(shop, today, 400, 98);
    let made = again.events(&rows)?;
    // Two of the three parts are new; the third is the first run's.
    Ok(made.into_iter().take(2).collect())
}
