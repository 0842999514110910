//! Signals by file: on a folder by the command, and on the practice account and `moto` through the engine.

use std::sync::Arc;

use bucket_ready::{
    calendar::PstDay,
    contract::days::form::FinishedType,
    demo::PracticeAccount,
    signal::{Standing, files, object},
    store::{S3Credentials, S3Settings, S3Store, Store},
};
use bytes::Bytes;

use crate::{
    harness::{Home, NOW},
    moto::Moto,
    program::ran,
};

const KEY: &str = "signals/2026-06-22/finished_date.parquet";

fn day(text: &str) -> PstDay {
    PstDay::parse(text).unwrap()
}

fn file(text: &str, kind: FinishedType) -> Vec<u8> {
    object::bytes(day(text), kind).unwrap().to_vec()
}

#[test]
fn a_signal_is_one_small_object_that_the_calendar_then_sees() {
    let home = Home::new();
    let before = home.files();
    home.signal(&["2026-06-22", "--confirm", "2026-06-22"])
        .expect(0)
        .says("✓ 2026-06-22 signalled: signals/2026-06-22/finished_date.parquet written and read back")
        .says("These are expectations, not promises.");
    let mut after = home.files();
    assert_eq!(after.remove(KEY), Some(file("2026-06-22", FinishedType::Date)));
    assert_eq!(after, before, "nothing else is touched");
    let calendar = home.run(&[
        "calendar", "data", "--month", "2026-06", "--output", "json", "--now", NOW,
    ]);
    let calendar: serde_json::Value = serde_json::from_str(&calendar.out).unwrap();
    let days = calendar["days"].as_array().unwrap();
    let state = |day: &str| days.iter().find(|d| d["day"] == day).unwrap()["state"].clone();
    assert_ne!(state("2026-06-22"), "ready");

    // Again: the same truth, and nothing is written.
    home.signal(&["2026-06-22", "--confirm", "2026-06-22"])
        .expect(0)
        .says("✓ 2026-06-22 already signalled: its signal stands.");
    home.signal(&["2026-06-22"]).expect(0).says("already signalled");
    home.signal(&["2026-06-22", "--confirm", "2026-06-21"]).expect(4);
    assert_eq!(home.files().len(), before.len() + 1);
}

#[test]
fn a_day_that_a_later_signal_closed_gets_no_object_of_its_own() {
    let home = Home::new();
    home.remove("signals/2026-06-20");
    let before = home.files();
    home.signal(&["2026-06-20", "--confirm", "2026-06-20"])
        .expect(0)
        .says("closed by the signal of 2026-06-21. A signal of its own would change nothing");
    assert_eq!(home.files(), before);
}

#[test]
fn another_object_at_the_key_is_left_as_it_is_and_told() {
    let home = Home::new();
    home.put(KEY, &file("2026-06-21", FinishedType::Date));
    let before = home.files();
    home.signal(&["2026-06-22", "--confirm", "2026-06-22"])
        .expect(4)
        .says("another object stands at signals/2026-06-22/finished_date.parquet: it says 2026-06-21; it was left as it is");
    assert_eq!(home.files(), before);
}

/// A signal of one day with a byte so changed that parquet's own reader gives up by a panic on it.
fn breaking_the_reader() -> Vec<u8> {
    use parquet::file::reader::{FileReader, SerializedFileReader};
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let breaks = |bytes: &[u8]| {
        let bytes = Bytes::copy_from_slice(bytes);
        std::panic::catch_unwind(|| {
            let reader = SerializedFileReader::new(bytes).ok()?;
            Some(reader.get_row_iter(None).ok()?.take(1000).count())
        })
        .is_err()
    };
    let whole = file("2026-06-21", FinishedType::String);
    let found = (0..whole.len()).find_map(|at| {
        (0..=255u8).find_map(|to| {
            let mut changed = whole.clone();
            changed[at] = to;
            breaks(&changed).then_some(changed)
        })
    });
    std::panic::set_hook(hook);
    found.expect("some byte breaks the reader")
}

#[test]
fn a_damaged_object_that_breaks_the_reader_is_told_and_nothing_of_the_breaking() {
    let home = Home::new();
    home.put(KEY, &breaking_the_reader());
    let before = home.files();
    let ran = home
        .signal(&["2026-06-22", "--confirm", "2026-06-22", "--accept", "unknown"])
        .expect(4)
        .says("another object stands at signals/2026-06-22/finished_date.parquet: it can't be read as a Parquet file");
    assert!(!ran.err.contains("panicked"), "{}", ran.err);
    assert_eq!(home.files(), before);
    // The survey reads it, too.
    let ran = home.run(&["check", "data", "--now", NOW]);
    assert!(!ran.err.contains("panicked"), "{}", ran.err);
}

#[test]
fn dates_are_written_in_the_type_of_the_signals_that_are_there() {
    let home = Home::new();
    home.signals_as(FinishedType::String);
    home.signal(&["2026-06-22", "--confirm", "2026-06-22"])
        .expect(0)
        .says("one column finished_date, STRING, as in signals/2026-06-19/part-0.parquet");
    assert_eq!(home.files()[KEY], file("2026-06-22", FinishedType::String));
}

#[test]
fn another_type_is_written_only_when_asked_for_and_what_comes_of_it_is_shown_first() {
    let home = Home::new();
    home.signals_as(FinishedType::String);
    let args = ["2026-06-22", "--finished-date-type", "date"];
    let ran = home.signal(&args).expect(4).says("S406: DATE beside STRING");
    assert!(ran.out.contains("--finished-date-type date --now"), "{}", ran.out);
    home.signal(&[
        "2026-06-22",
        "--finished-date-type",
        "date",
        "--confirm",
        "2026-06-22",
    ])
    .expect(0);
    assert_eq!(home.files()[KEY], file("2026-06-22", FinishedType::Date));
    // And the check finds what was foretold.
    let check = home.run(&["check", "data", "--only", "S406", "--now", NOW]);
    assert_eq!(check.code, 1, "{}", check.all());
}

#[test]
fn of_mixed_signals_the_first_by_key_is_followed() {
    let home = Home::new();
    home.put(
        "signals/2026-06-18/part-0.parquet",
        &file("2026-06-18", FinishedType::String),
    );
    home.signal(&["2026-06-22", "--dry-run"])
        .expect(0)
        .says("STRING, as in signals/2026-06-18/part-0.parquet");
}

#[test]
fn several_dates_are_several_objects_the_oldest_first() {
    let home = Home::new();
    home.remove("signals/2026-06-21");
    home.signal(&["2026-06-22", "2026-06-21", "--confirm", "2026-06-21"])
        .expect(0)
        .says("✓ 2026-06-21 signalled");
    let files = home.files();
    assert!(files.contains_key(KEY) && files.contains_key("signals/2026-06-21/finished_date.parquet"));
    assert!(!files.keys().any(|key| key.contains(".tmp")));
}

#[test]
fn the_same_command_goes_on_where_it_broke_off() {
    let home = Home::new();
    // 21 June has no data, and its signal was written before the crash.
    for folder in ["signals/2026-06-21", "events/2026-06-21", "metrics/2026-06-21"] {
        home.remove(folder);
    }
    let args = [
        "2026-06-21",
        "2026-06-22",
        "--confirm",
        "2026-06-22",
        "--accept",
        "empty",
    ];
    home.put(
        "signals/2026-06-21/finished_date.parquet",
        &file("2026-06-21", FinishedType::Date),
    );
    home.signal(&args).expect(0).says("✓ 2026-06-22 signalled");
    home.signal(&args)
        .expect(0)
        .says("✓ 2026-06-22 already signalled");
}

#[test]
fn programs_that_race_for_a_day_write_one_object_and_each_is_told_the_truth() {
    let home = Home::new();
    let before = home.files().len();
    let args = [
        "signal",
        "data",
        "2026-06-22",
        "--confirm",
        "2026-06-22",
        "--now",
        NOW,
    ];
    let racers: Vec<_> = (0..4)
        .map(|_| {
            let mut command = home.command(&args);
            command
                .stdout(std::process::Stdio::piped())
                .stderr(std::process::Stdio::piped());
            command.spawn().unwrap()
        })
        .collect();
    let mut written = 0;
    for racer in racers {
        let ran = ran(racer.wait_with_output().unwrap()).expect(0);
        let wrote = ran.out.contains("written and read back");
        assert!(wrote || ran.out.contains("already signalled"), "{}", ran.all());
        written += u32::from(wrote);
    }
    assert_eq!(written, 1);
    assert_eq!(home.files().len(), before + 1);
    assert_eq!(home.files()[KEY], file("2026-06-22", FinishedType::Date));
}

#[test]
fn a_folder_that_cannot_be_written_says_so() {
    let home = Home::new();
    // A file where the day's folder would be.
    home.put("signals/2026-06-22", b"in the way");
    let before = home.files();
    let ran = home.signal(&["2026-06-22", "--confirm", "2026-06-22", "--accept", "unknown"]);
    assert_eq!(ran.code, 4, "{}", ran.all());
    assert_eq!(home.files(), before);
}

/// 32 at once through the engine: one object, the truth for all.
async fn race(store: Arc<dyn Store>, prefix: &str) {
    let racers: Vec<_> = (0..32)
        .map(|_| {
            let (store, prefix) = (Arc::clone(&store), prefix.to_owned());
            tokio::spawn(async move {
                let days = [day("2026-06-22")];
                files::send(&*store, &prefix, &days, FinishedType::Date, |_| Ok(())).await
            })
        })
        .collect();
    let mut written = 0;
    for racer in racers {
        let told = racer.await.unwrap();
        match told[0].result.as_ref().unwrap() {
            Ok(Standing::Written) => written += 1,
            Ok(Standing::Already | Standing::Found) => {}
            Err(failed) => panic!("{}", failed.problem),
        }
    }
    assert_eq!(written, 1, "one writes, and no other believes that it did");
    let key = object::key(prefix, day("2026-06-22"));
    let page = store.list(&key, false, None).await.unwrap();
    assert_eq!(page.objects.len(), 1);
    let found = &page.objects[0];
    let body = store.get_range(found, 0..found.size).await.unwrap();
    assert_eq!(body, file("2026-06-22", FinishedType::Date));
}

/// Another object at a day's key.
async fn stranger(store: &dyn Store, prefix: &str) {
    let key = object::key(prefix, day("2026-06-23"));
    store
        .put_if_absent(&key, Bytes::from_static(b"not a signal"))
        .await
        .unwrap();
    let told = files::send(
        store,
        prefix,
        &[day("2026-06-23")],
        FinishedType::Date,
        |_| Ok(()),
    )
    .await;
    let problem = told[0].result.clone().unwrap().unwrap_err().problem;
    assert!(
        problem.cause.contains("it can't be read as a Parquet file"),
        "{problem}"
    );
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap()
}

#[test]
fn on_the_practice_account_of_32_one_writes_and_the_reader_may_not() {
    runtime().block_on(async {
        let account = PracticeAccount::start("healthy").await.unwrap();
        let settings = |key: bucket_ready::demo::AccessKey| S3Settings {
            bucket: account.bucket().to_owned(),
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
        let operator = S3Store::connect(settings(account.operator_key()))
            .await
            .unwrap()
            .store;
        race(Arc::new(operator.clone()), "").await;
        stranger(&operator, "").await;
        let reader = S3Store::connect(settings(account.reader_key()))
            .await
            .unwrap()
            .store;
        let told = files::send(&reader, "", &[day("2026-06-24")], FinishedType::Date, |_| Ok(())).await;
        let problem = told[0].result.clone().unwrap().unwrap_err().problem;
        assert_eq!(problem.action, Some("s3:PutObject"), "{problem}");
    });
}

#[test]
fn on_moto_of_32_one_writes() {
    let moto = Moto::start();
    runtime().block_on(async {
        let settings = S3Settings {
            bucket: "acme-export".into(),
            endpoint_url: Some(moto.endpoint.clone()),
            path_style: true,
            credentials: Some(S3Credentials {
                access_key_id: moto.admin_id.clone(),
                secret_access_key: moto.admin_secret.clone().into(),
                session_token: None,
            }),
            isolated: true,
            ..S3Settings::default()
        };
        let credentials =
            aws_sdk_s3::config::Credentials::new(&moto.admin_id, &moto.admin_secret, None, None, "test");
        let config = aws_sdk_s3::Config::builder()
            .behavior_version(aws_sdk_s3::config::BehaviorVersion::latest())
            .region(aws_sdk_s3::config::Region::new("us-east-1"))
            .endpoint_url(&moto.endpoint)
            .force_path_style(true)
            .credentials_provider(credentials)
            .http_client(aws_smithy_http_client::Builder::new().build_http())
            .build();
        let client = aws_sdk_s3::Client::from_conf(config);
        client.create_bucket().bucket("acme-export").send().await.unwrap();
        let store = S3Store::connect(settings).await.unwrap().store;
        race(Arc::new(store.clone()), "prod/").await;
        stranger(&store, "prod/").await;
    });
}
