//! Buckets on `moto` whose history is written in order, and the program run on them.

use std::{
    collections::{BTreeMap, BTreeSet},
    process::{Command, Stdio},
    sync::{Arc, Mutex, Weak},
    time::Duration,
};

use aws_sdk_s3::{
    Client,
    config::{BehaviorVersion, Credentials, Region},
    primitives::ByteStream,
};
use bucket_ready::{
    calendar::PstDay,
    demo::{
        DemoObject,
        export::{TimeForm, event_columns, metric_columns},
        shop::{Event, Metric, Stamp},
        table::{self, Column, Form},
    },
};
use bytes::Bytes;
use jiff::Timestamp;
use serde_json::Value;
use tempfile::TempDir;

use crate::{
    moto::Moto,
    program::{Ran, program, ran},
    words::{self, Counts, Holds, Listed},
};

/// Rows of every data object.
pub const ROWS: u64 = 3;

pub fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap()
}

/// A day so many days before another.
pub fn before(day: PstDay, days: i64) -> PstDay {
    day.plus(-days).unwrap()
}

/// The server of the tests that run at the moment; it ends with the last of them.
static SERVER: Mutex<Weak<Moto>> = Mutex::new(Weak::new());

/// A server, and a home for the program.
pub struct World {
    moto: Arc<Moto>,
    client: Client,
    home: TempDir,
}

/// A bucket, and what was put into it.
pub struct Bucket<'a> {
    world: &'a World,
    pub name: String,
    holds: Mutex<BTreeMap<String, Holds>>,
    /// The last second of the day on which its history lies, where it has one.
    until: Option<i64>,
}

impl World {
    pub fn start() -> Self {
        let mut server = SERVER.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let moto = server.upgrade().unwrap_or_else(|| Arc::new(Moto::start()));
        *server = Arc::downgrade(&moto);
        let credentials = Credentials::new(&moto.admin_id, &moto.admin_secret, None, None, "test");
        let config = aws_sdk_s3::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("us-east-1"))
            .endpoint_url(&moto.endpoint)
            .force_path_style(true)
            .credentials_provider(credentials)
            .http_client(aws_smithy_http_client::Builder::new().build_http())
            .build();
        Self {
            client: Client::from_conf(config),
            home: tempfile::tempdir().unwrap(),
            moto,
        }
    }

    pub async fn bucket(&self, name: &str) -> Bucket<'_> {
        self.client.create_bucket().bucket(name).send().await.unwrap();
        Bucket {
            world: self,
            name: name.to_owned(),
            holds: Mutex::default(),
            until: None,
        }
    }

    /// A bucket whose whole history lies on one PST day of the server's clock, which comes with it: begun once more where
    /// that day ended meanwhile.
    pub async fn history(
        &self,
        name: &str,
        write: impl AsyncFn(&Bucket<'_>, PstDay),
    ) -> (Bucket<'_>, PstDay) {
        for attempt in 0..2 {
            let clock = self.bucket(&format!("{name}-clock-{attempt}")).await;
            clock.put_bytes("tick", Bytes::new(), None).await;
            let today = words::pst_day(clock.newest().await);
            let mut bucket = self.bucket(&format!("{name}-{attempt}")).await;
            write(&bucket, today).await;
            if words::pst_day(bucket.newest().await) == today {
                bucket.until = Some(words::end_of(today) - 1);
                return (bucket, today);
            }
        }
        panic!("two days ended in a row");
    }

    /// The program, which has the server's key and nothing of the user's.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = program(self.home.path());
        command
            .env("AWS_ACCESS_KEY_ID", &self.moto.admin_id)
            .env("AWS_SECRET_ACCESS_KEY", &self.moto.admin_secret)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .args(args);
        if args.get(1).is_some_and(|target| target.starts_with("s3://")) {
            command.args(["--endpoint-url", &self.moto.endpoint, "--path-style"]);
        } else {
            // The practice account takes nothing of the user's.
            command
                .env_remove("AWS_ACCESS_KEY_ID")
                .env_remove("AWS_SECRET_ACCESS_KEY");
        }
        command
    }

    /// Runs the program to its end, without holding up the runtime.
    pub async fn run(&self, args: &[&str]) -> Ran {
        let child = self.command(args).spawn().unwrap();
        ran(
            tokio::task::spawn_blocking(move || child.wait_with_output().unwrap())
                .await
                .unwrap(),
        )
    }
}

impl Bucket<'_> {
    /// Puts bytes; with `modified`, as if at that second.
    pub async fn put_bytes(&self, key: &str, body: Bytes, modified: Option<i64>) {
        let mut put = self.world.client.put_object().bucket(&self.name).key(key);
        if let Some(second) = modified {
            put = put.metadata("test-modified", second.to_string());
        }
        put.body(ByteStream::from(body)).send().await.unwrap();
    }

    /// Puts a practice object with its own time and storage class.
    pub async fn put_as_it_was(&self, object: &DemoObject) {
        self.world
            .client
            .put_object()
            .bucket(&self.name)
            .key(&object.key)
            .storage_class(object.storage_class.into())
            .metadata("test-modified", object.modified.as_second().to_string())
            .body(ByteStream::from(object.body.clone()))
            .send()
            .await
            .unwrap();
    }

    /// Puts what an object is to hold; with `modified`, as if at that second.
    pub async fn put_at(&self, key: &str, holds: Holds, modified: Option<i64>) {
        let body = match &holds {
            Holds::Events(day) => events(*day, key),
            Holds::Metrics(day) => metrics(*day, key),
            Holds::Signal(days) => signals(days),
        };
        self.put_bytes(key, body, modified).await;
        self.holds.lock().unwrap().insert(key.to_owned(), holds);
    }

    /// A part of a day's events.
    pub async fn events(&self, day: PstDay, part: u32) {
        let key = format!("events/{day}/part-{part}.parquet");
        self.put_at(&key, Holds::Events(day), None).await;
    }

    /// A part of a day's metrics.
    pub async fn metrics(&self, day: PstDay, part: u32) {
        let key = format!("metrics/{day}/part-{part}.parquet");
        self.put_at(&key, Holds::Metrics(day), None).await;
    }

    /// A part of both of a day.
    pub async fn both(&self, day: PstDay) {
        self.events(day, 0).await;
        self.metrics(day, 0).await;
    }

    /// A signal file of any name under `signals/`.
    pub async fn signal_file(&self, name: &str, days: &[PstDay]) {
        let key = format!("signals/{name}.parquet");
        self.put_at(&key, Holds::Signal(days.to_vec()), None).await;
    }

    /// A day's own signal.
    pub async fn signal(&self, day: PstDay) {
        self.signal_file(&format!("{day}/finished_date"), &[day]).await;
    }

    /// Notes what another program has put.
    pub fn note(&self, key: &str, holds: Holds) {
        self.holds.lock().unwrap().insert(key.to_owned(), holds);
    }

    /// Every key with the second that the server's listing tells.
    pub async fn times(&self) -> BTreeMap<String, i64> {
        let pages = self
            .world
            .client
            .list_objects_v2()
            .bucket(&self.name)
            .into_paginator();
        let pages: Vec<_> = pages.send().collect::<Result<_, _>>().await.unwrap();
        let objects = pages.iter().flat_map(|page| page.contents());
        objects
            .map(|o| (o.key().unwrap().to_owned(), o.last_modified().unwrap().secs()))
            .collect()
    }

    /// The second of the newest object.
    pub async fn newest(&self) -> i64 {
        *self.times().await.values().max().unwrap()
    }

    /// What was put, with the times that the server's listing tells.
    pub async fn listed(&self) -> Vec<Listed> {
        let times = self.times().await;
        let holds = self.holds.lock().unwrap();
        assert!(times.keys().eq(holds.keys()), "the server lists what was put");
        let all = holds.iter().map(|(key, holds)| Listed {
            key: key.clone(),
            holds: holds.clone(),
            modified: times[key],
        });
        all.collect()
    }

    /// Waits until whatever is put next is newer, in the server's listing, than all that is there.
    pub async fn later(&self) {
        let newest = self.newest().await;
        let clock = self.world.bucket(&format!("{}-{newest}", self.name)).await;
        let mut ticks = tokio::time::interval(Duration::from_millis(100));
        for _ in 0..60 {
            ticks.tick().await;
            clock.put_bytes("tick", Bytes::new(), None).await;
            if clock.newest().await > newest {
                return;
            }
        }
        panic!("the server's clock stands still at {newest}");
    }

    /// The program's full check, by a clock.
    pub async fn check(&self, now: &str) -> Value {
        let target = format!("s3://{}", self.name);
        let args = ["check", &target, "--full", "--output", "json", "--now", now];
        let report = self.world.run(&args).await.json();
        assert_eq!(report["complete"], true);
        report
    }

    /// The check by a clock that stands at the newest object, and what the contract's words make of the same listing.
    pub async fn judged(&self, today: PstDay) -> Value {
        let report = self.check(&self.now().await).await;
        let listed = self.listed().await;
        assert_eq!(report["calendar"]["today"], today.to_string());
        assert_eq!(counts(&report), words::counts(&listed, today), "{listed:#?}");
        let late = words::late(&listed);
        let sampled = check_of(&report, "G707")["samples"].as_array().unwrap().clone();
        assert_eq!(sampled.len(), late.len().min(5));
        for sample in sampled {
            assert!(late.contains(sample["key"].as_str().unwrap()), "{sample}");
        }
        report
    }

    /// A clock that stands at the newest object, or at the end of its history's day where that has passed meanwhile.
    pub async fn now(&self) -> String {
        let newest = self.newest().await;
        let second = self.until.map_or(newest, |until| newest.min(until));
        Timestamp::from_second(second).unwrap().to_string()
    }
}

/// A rule's check on the calendar.
pub fn check_of<'a>(report: &'a Value, code: &str) -> &'a Value {
    let checks = report["checks"].as_array().unwrap();
    checks.iter().find(|check| check["code"] == code).expect(code)
}

/// The counts of the rules that `words` counts.
pub fn counts(report: &Value) -> Counts {
    ["G704", "G705", "G706", "G707", "G708", "G710"]
        .into_iter()
        .map(|code| {
            let check = check_of(report, code);
            // A skipped rule had nothing to judge: no signals, or one dataset alone.
            let count = check["count"].as_u64().unwrap_or_else(|| {
                assert_eq!(check["status"], "skipped", "{check}");
                0
            });
            (code.to_owned(), count)
        })
        .collect()
}

/// The rules with findings, with status and count.
pub fn found(report: &Value) -> Vec<(String, String, u64)> {
    let checks = report["checks"].as_array().unwrap().iter();
    let text = |check: &Value, name: &str| check[name].as_str().unwrap().to_owned();
    checks
        .filter(|c| c["category"] == "calendar")
        .filter(|c| matches!(c["status"].as_str(), Some("info" | "warn" | "fail" | "unknown")))
        .map(|c| (text(c, "code"), text(c, "status"), c["count"].as_u64().unwrap()))
        .collect()
}

/// The days of the calendar with their states.
pub fn states(calendar: &Value) -> BTreeMap<String, String> {
    let days = calendar["days"].as_array().unwrap().iter();
    days.map(|d| {
        (
            d["day"].as_str().unwrap().to_owned(),
            d["state"].as_str().unwrap().to_owned(),
        )
    })
    .collect()
}

/// The keys of a check's samples.
pub fn sample_keys(check: &Value) -> BTreeSet<String> {
    let samples = check["samples"].as_array().unwrap().iter();
    samples.map(|s| s["key"].as_str().unwrap().to_owned()).collect()
}

fn text(text: &str) -> Option<Bytes> {
    Some(Bytes::from(text.to_owned()))
}

/// A few good events around noon of a day.
fn events(day: PstDay, key: &str) -> Bytes {
    let noon = words::end_of(day) - 12 * 3600;
    let rows: Vec<Event> = (0..ROWS)
        .map(|n| Event {
            at: Stamp::At((noon + i64::try_from(n).unwrap()) * 1_000_000),
            name: text("page_view"),
            value: None,
            metadata: None,
            user: text(r#"{"userID":"u-1","custom":{},"customIDs":{}}"#),
            timeuuid: text(&uuid(&format!("{key} {n}"))),
            customer: 0,
        })
        .collect();
    table::file(
        &event_columns(&rows, TimeForm::Micros { utc: true }),
        &Form::default(),
    )
    .unwrap()
}

/// A few good metrics of a day.
fn metrics(day: PstDay, key: &str) -> Bytes {
    let rows: Vec<Metric> = (0..ROWS)
        .map(|n| Metric {
            unit_id: text(&format!("{key}-{n}")),
            id_type: text("user_id"),
            date: text(&day.to_string()),
            name: text("page_views"),
            value: Some(1.0),
            numerator: None,
            denominator: None,
        })
        .collect();
    table::file(&metric_columns(&rows), &Form::default()).unwrap()
}

/// Finished dates, a row each.
fn signals(days: &[PstDay]) -> Bytes {
    let rows = days
        .iter()
        .map(|day| i32::try_from(day.epoch_day()).ok())
        .collect();
    table::file(&[Column::date("finished_date", rows)], &Form::default()).unwrap()
}

fn uuid(of: &str) -> String {
    let n = twox_hash::XxHash3_128::oneshot(of.as_bytes());
    let hex = format!("{n:032x}");
    format!(
        "{}-{}-4{}-a{}-{}",
        &hex[..8],
        &hex[8..12],
        &hex[13..16],
        &hex[17..20],
        &hex[20..]
    )
}
