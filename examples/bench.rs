//! How fast a survey is, on generated data: `cargo run --release --example bench [ROWS] [FILES]`.
//!
//! Prints a table: footers, sampled rows and all rows per second, of a local folder and of the practice account's S3 over
//! loopback, beside bare decoding of the same columns by the same threads. Compare runs of the same machine only.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::print_stderr
)]

use std::{
    fs::File,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Instant,
};

use bucket_ready::{
    calendar::PstDay,
    contract::Context,
    demo::{
        CLOCK, DemoObject, PracticeAccount,
        export::{self, TimeForm},
        objects::Object,
        shop::{Event, Shop, day_rng, uuid},
        table, write_to_folder,
    },
    report::{Mode, Report, Rows, Target},
    rule::{Code, Dataset},
    store::{Folder, S3Credentials, S3Settings},
    survey::{Source, Survey},
};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

/// Rows of a large file.
const FILE_ROWS: usize = 250_000;

#[tokio::main]
async fn main() {
    let mut args = std::env::args()
        .skip(1)
        .map(|arg| arg.parse::<usize>().expect("a number"));
    let rows = args.next().unwrap_or(2_000_000);
    let files = args.next().unwrap_or(2_000);
    let began = Instant::now();
    let large = large_files(rows);
    let small = small_files(files);
    let dirs = [folder_of(&large), folder_of(&small)];
    let accounts = [serve(&large).await, serve(&small).await];
    let bytes: usize = large.iter().map(|object| object.body.len()).sum();
    eprintln!(
        "{rows} events in {} files of {} MiB, {files} small files; made in {:.1} s",
        large.len(),
        bytes >> 20,
        began.elapsed().as_secs_f64()
    );
    drop((large, small));

    println!("| what | folder | S3 on loopback |");
    println!("|---|---|---|");
    let footers = Mode {
        only: vec![Code::new("S401")],
        ..full()
    };
    let count = |report: &Report| report.datasets[&Dataset::Events].files;
    let checked = |report: &Report| report.datasets[&Dataset::Events].rows_checked;
    let near = speed(on_folder(dirs[1].path(), footers.clone()), count).await;
    let far = speed(on_bucket(&accounts[1], footers), count).await;
    println!("| footers/s | {near} | {far} |");
    let near = speed(on_folder(dirs[0].path(), Mode::default()), checked).await;
    let far = speed(on_bucket(&accounts[0], Mode::default()), checked).await;
    println!("| sampled rows/s | {near} | {far} |");
    let near = speed(on_folder(dirs[0].path(), full()), checked).await;
    let far = speed(on_bucket(&accounts[0], full()), checked).await;
    println!("| full rows/s | {near} | {far} |");
    println!("| bare decoding, rows/s | {} | |", decoding(dirs[0].path()));
}

fn full() -> Mode {
    Mode {
        rows: Rows::All,
        sample_rows: None,
        ..Mode::default()
    }
}

fn day(number: i64) -> PstDay {
    PstDay::parse("2026-05-12").unwrap().plus(number).unwrap()
}

fn object(key: String, body: bytes::Bytes) -> DemoObject {
    DemoObject {
        key,
        body,
        modified: "2026-06-23T11:00:00Z".parse().unwrap(),
        storage_class: "STANDARD",
    }
}

/// Events of the shop again and again, each with an id of its own.
fn large_files(rows: usize) -> Vec<DemoObject> {
    let shop = Shop::open();
    let mut left = rows;
    let mut objects = Vec::new();
    for number in 0.. {
        if left == 0 {
            return objects;
        }
        let day = day(number % 42);
        let seed = shop.day(day).events;
        let mut random = day_rng(day, 99 + u64::try_from(number).unwrap());
        let take = left.min(FILE_ROWS);
        let events: Vec<Event> = seed
            .iter()
            .cycle()
            .take(take)
            .map(|event| Event {
                timeuuid: Some(uuid(&mut random)),
                ..event.clone()
            })
            .collect();
        let columns = export::event_columns(&events, TimeForm::Micros { utc: true });
        let body = table::file(&columns, &table::Form::default()).unwrap();
        objects.push(object(format!("events/{day}/{number:04}_part_00.parquet"), body));
        left -= take;
    }
    objects
}

fn small_files(files: usize) -> Vec<DemoObject> {
    let shop = Shop::open();
    let columns = export::event_columns(&shop.day(day(0)).events[..200], TimeForm::Micros { utc: true });
    let body = table::file(&columns, &table::Form::default()).unwrap();
    (0..files)
        .map(|number| {
            let day = day(i64::try_from(number).unwrap() % 42);
            object(format!("events/{day}/{number:05}_part_00.parquet"), body.clone())
        })
        .collect()
}

fn folder_of(objects: &[DemoObject]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    write_to_folder(objects, dir.path()).unwrap();
    dir
}

/// A practice account with these objects in its bucket instead of a shop's.
async fn serve(objects: &[DemoObject]) -> PracticeAccount {
    let account = PracticeAccount::start("healthy").await.unwrap();
    account.buckets().change(account.bucket(), |bucket| {
        bucket.objects.clear();
        for object in objects {
            let kept = Object::new(
                object.body.clone(),
                object.modified,
                object.storage_class,
                account.account_id(),
            );
            bucket.objects.insert(object.key.clone(), Arc::new(kept));
        }
    });
    account
}

fn survey(target: Target, source: Source, mode: Mode) -> Survey {
    Survey {
        target,
        source,
        mode,
        context: Context::at(CLOCK.parse().unwrap()),
        access: Default::default(),
        cancel: Default::default(),
    }
}

fn on_folder(path: &Path, mode: Mode) -> Survey {
    let target = Target::Folder {
        path: path.to_string_lossy().into_owned(),
        prefix: String::new(),
    };
    survey(target, Source::Folder(Folder::open(path).unwrap()), mode)
}

fn on_bucket(account: &PracticeAccount, mode: Mode) -> Survey {
    let key = account.reader_key();
    let reader = S3Settings {
        bucket: account.bucket().into(),
        endpoint_url: Some(account.endpoint_url()),
        path_style: true,
        credentials: Some(S3Credentials {
            access_key_id: key.id,
            secret_access_key: key.secret,
            session_token: None,
        }),
        isolated: true,
        ..S3Settings::default()
    };
    let target = Target::S3 {
        bucket: account.bucket().into(),
        prefix: String::new(),
        region: None,
    };
    let source = Source::S3 {
        reader: Box::new(reader),
        operator: None,
    };
    survey(target, source, mode)
}

/// Runs a survey, and divides what it did by the seconds that it took.
async fn speed(survey: Survey, done: impl Fn(&Report) -> u64) -> String {
    let (sender, mut events) = tokio::sync::mpsc::channel(256);
    let began = Instant::now();
    tokio::spawn(survey.run(sender));
    let mut report = Report::default();
    while let Some(event) = events.recv().await {
        report.apply(&event);
    }
    let seconds = began.elapsed().as_secs_f64();
    let done = done(&report);
    assert!(
        report.complete && done > 0,
        "nothing was done: {:#?} {done}",
        report
            .checks
            .iter()
            .filter(|c| c.required && c.count.is_none())
            .collect::<Vec<_>>()
    );
    format!("{:.0} ({done} in {seconds:.2} s)", done as f64 / seconds)
}

/// All columns of all files decoded to Arrow, by as many threads as there are cores, and nothing else.
fn decoding(dir: &Path) -> String {
    let mut files: Vec<PathBuf> = Vec::new();
    for day in std::fs::read_dir(dir.join("events")).unwrap() {
        files.extend(
            std::fs::read_dir(day.unwrap().path())
                .unwrap()
                .map(|file| file.unwrap().path()),
        );
    }
    let (next, rows) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let began = Instant::now();
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(2, usize::from) {
            scope.spawn(|| {
                while let Some(path) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let builder =
                        ParquetRecordBatchReaderBuilder::try_new(File::open(path).unwrap()).unwrap();
                    for batch in builder.with_batch_size(8192).build().unwrap() {
                        rows.fetch_add(batch.unwrap().num_rows(), Ordering::Relaxed);
                    }
                }
            });
        }
    });
    let (seconds, rows) = (began.elapsed().as_secs_f64(), rows.into_inner());
    format!("{:.0} ({rows} in {seconds:.2} s)", rows as f64 / seconds)
}
