//! `layout-traps`: objects that are not where Spark looks, or that look like what they are not.

use bytes::Bytes;
use parquet::errors::Result;

use super::{Plan, Planted, Scenario, day, last_days};
use crate::{
    calendar::PstDay,
    demo::{
        export::{self, Export, TimeForm, pst, signal, usual_signal},
        scenario::DemoObject,
        shop::{Event, Shop, day_rng, uuid},
        table,
    },
};

/// Objects that are not where Spark looks.
pub const LAYOUT_TRAPS: Scenario = Scenario {
    name: "layout-traps",
    title: "Objects that are not where Spark looks",
    description: "Two weeks of good rows in bad places: stray and hidden files, near-miss folders, nested and Hive \
                  folders, archived and empty objects, leftovers of jobs, an unload that ran twice.",
    planted: &[],
    plan: layout_traps,
};

fn layout_traps(plan: &mut Plan) {
    for today in last_days(14) {
        plan.add(move |shop| {
            let made = shop.day(today);
            let export = Export::of(today);
            let mut objects = export.events(&made.events)?;
            objects.extend(export.metrics(&made.metrics)?);
            objects.push(signal(today, usual_signal(today))?);
            Ok(objects)
        });
    }
    plan.add(|shop| traps(shop));
    plan.add(|shop| rerun(shop));
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
    let today = day("2026-06-18");
    let export = Export::of(today);
    let micros = TimeForm::Micros { utc: true };
    let mut number = 100u64;
    let mut parquet = |rows: usize| -> Result<Bytes> {
        number += 1;
        let rows = some_events(shop, today, rows, number);
        table::file(&export::event_columns(&rows, micros), &export.form)
    };
    let text = |words: &'static str| Bytes::from_static(words.as_bytes());
    let mut objects = Vec::new();
    let mut put = |key: &str, body: Bytes| objects.push(export.object(key.to_owned(), body, 120));

    // L302
    put("Events/2026-06-18/0000_part_00.parquet", parquet(40)?);
    put("metric/2026-06-18/0000_part_00.parquet", parquet(40)?);
    put("export.parquet", parquet(40)?);
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
    // L304: too deep, beside shallower ones
    put("events/2026-06-18/hour=23/0000_part_00.parquet", parquet(50)?);
    put("events/2026-06-17/retry/0000_part_00.parquet", parquet(50)?);
    // L307
    put("events/_temporary/0/part-00000.parquet", parquet(30)?);
    // L308
    put("events/20260618/0000_part_00.parquet", parquet(30)?);
    put("events/backfill/0000_part_00.parquet", parquet(30)?);
    // L311, L314
    put("events/2026-06-16/0003_part_00.parquet", Bytes::new());
    put("events/2026-06-16/_0004_part_00.parquet", parquet(30)?);
    // Hostile names, harmless otherwise.
    put("events/2026-06-15/half %41+\u{202e}a name.parquet", parquet(20)?);

    // L309
    let archived = Export {
        storage_class: "GLACIER",
        ..Export::of(day("2026-06-09"))
    };
    let rows = some_events(shop, day("2026-06-09"), 60, 99);
    objects.push(archived.object(
        "events/2026-06-09/0003_part_00.parquet".to_owned(),
        table::file(&export::event_columns(&rows, micros), &archived.form)?,
        30,
    ));
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
