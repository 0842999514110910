//! Stores that are slow, busy, broken or hostile.

use std::{
    ops::Range,
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

use bucket_ready::{
    demo::PracticeAccount,
    report::{Mode, Problem, ProblemKind, Status, SurveyEvent, Usage, Verdict},
    rule::{Code, Next, Subject},
    store::{Folder, ObjectMeta, Page, Put, S3Credentials, SharedStore, Store},
    survey::Source,
};
use bytes::Bytes;
use futures_util::future::BoxFuture;

use crate::harness::*;

/// A folder seen as a bucket far away, with one thing wrong with it.
struct Bent {
    folder: Folder,
    wrong: Wrong,
    calls: AtomicU64,
}

#[derive(Clone, Copy, PartialEq)]
enum Wrong {
    Nothing,
    /// Pages repeat the same token.
    SameToken,
    /// Pages have ever new tokens and the same keys.
    SameKeys,
    /// Objects are gone when they are read.
    Vanishing,
    /// Events can't be listed from the second page on.
    RefusedLater,
    /// Everything is busy.
    Busy,
    /// Reads never answer.
    Hanging,
}

impl Bent {
    fn store(dir: &tempfile::TempDir, wrong: Wrong) -> SharedStore {
        std::sync::Arc::new(Self {
            folder: Folder::open(dir.path()).unwrap(),
            wrong,
            calls: AtomicU64::new(0),
        })
    }
}

fn problem(kind: ProblemKind) -> Problem {
    Problem::new(kind, "asking failed", "the test says so", Next::say("nothing"))
}

impl Store for Bent {
    fn list<'a>(
        &'a self,
        prefix: &'a str,
        delimiter: bool,
        token: Option<String>,
    ) -> BoxFuture<'a, Result<Page, Problem>> {
        Box::pin(async move {
            let call = self.calls.fetch_add(1, Ordering::Relaxed);
            assert!(call < 1000, "a listing does not end");
            let on_events = prefix == "events/";
            match self.wrong {
                Wrong::Busy => Err(problem(ProblemKind::Throttled)),
                Wrong::RefusedLater if on_events && token.is_some() => Err(problem(ProblemKind::Refused)),
                _ => {
                    let mut page = self.folder.list(prefix, delimiter, None).await?;
                    page.next = match self.wrong {
                        Wrong::SameToken if on_events => Some("again".into()),
                        Wrong::SameKeys if on_events => Some(format!("token {call}")),
                        Wrong::RefusedLater if on_events => Some("more".into()),
                        _ => page.next,
                    };
                    Ok(page)
                }
            }
        })
    }

    fn get_range<'a>(
        &'a self,
        object: &'a ObjectMeta,
        range: Range<u64>,
    ) -> BoxFuture<'a, Result<Bytes, Problem>> {
        Box::pin(async move {
            match self.wrong {
                Wrong::Vanishing if object.key.starts_with("events/") => Err(problem(ProblemKind::NotFound)),
                Wrong::Hanging => std::future::pending().await,
                _ => self.folder.get_range(object, range).await,
            }
        })
    }

    fn get_tail<'a>(&'a self, object: &'a ObjectMeta, length: u64) -> BoxFuture<'a, Result<Bytes, Problem>> {
        self.get_range(object, object.size.saturating_sub(length)..object.size)
    }

    fn put_if_absent<'a>(&'a self, _: &'a str, _: Bytes) -> BoxFuture<'a, Result<Put, Problem>> {
        Box::pin(async { unreachable!("a survey writes nothing") })
    }

    fn usage(&self) -> Usage {
        self.folder.usage()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_only_waits_gives_what_a_folder_gives() {
    let dir = small_shop();
    let near = run(on_folder(dir.path(), full())).await;
    let far = run(on_store(Bent::store(&dir, Wrong::Nothing), full())).await;
    assert_eq!(findings(&near), findings(&far));
    assert_eq!(near.datasets, far.datasets);
    assert_eq!(far.verdict, Verdict::Ready);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_listing_that_repeats_itself_for_ever_is_given_up_and_never_passes() {
    let dir = small_shop();
    for wrong in [Wrong::SameToken, Wrong::SameKeys] {
        let report = run(on_store(Bent::store(&dir, wrong), full())).await;
        assert_eq!(status(&report, "L304", Subject::Events), Status::Unknown);
        let cause = check(&report, "L304", Subject::Events).cause.clone().unwrap();
        assert!(cause.contains("repeat"), "{cause}");
        assert_eq!(report.verdict, Verdict::Inconclusive);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_is_refused_half_way_fails_a201_and_hides_nothing() {
    let dir = small_shop();
    let report = run(on_store(Bent::store(&dir, Wrong::RefusedLater), full())).await;
    assert_eq!(status(&report, "A201", Subject::Events), Status::Fail);
    assert_eq!(status(&report, "A201", Subject::Metrics), Status::Pass);
    assert_eq!(status(&report, "E511", Subject::Events), Status::Unknown);
    assert_eq!(status(&report, "M611", Subject::Metrics), Status::Pass);
    assert!(!report.datasets[&bucket_ready::rule::Dataset::Events].complete);
    assert_eq!(report.verdict, Verdict::NotReady);
}

#[tokio::test(flavor = "multi_thread")]
async fn objects_that_vanish_while_they_are_read_are_unknown_and_named() {
    let dir = small_shop();
    let report = run(on_store(Bent::store(&dir, Wrong::Vanishing), full())).await;
    for code in ["S401", "S412", "E511"] {
        assert_eq!(status(&report, code, Subject::Events), Status::Unknown, "{code}");
    }
    assert_eq!(status(&report, "M611", Subject::Metrics), Status::Pass);
    assert_eq!(report.verdict, Verdict::Inconclusive);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_busy_store_is_c109_and_all_behind_it_waits_for_it() {
    let dir = small_shop();
    let report = run(on_store(Bent::store(&dir, Wrong::Busy), full())).await;
    assert_eq!(status(&report, "C109", Subject::Account), Status::Unknown);
    let behind = check(&report, "E511", Subject::Events);
    assert_eq!(
        (behind.status, behind.blocked_by),
        (Status::Skipped, Code::parse("C109"))
    );
    assert_eq!(report.verdict, Verdict::Inconclusive);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_is_cancelled_ends_at_once_and_tells_what_it_found() {
    let dir = small_shop();
    let survey = on_store(Bent::store(&dir, Wrong::Hanging), full());
    let cancel = survey.cancel.clone();
    let mut events = start(survey);
    let mut report = bucket_ready::report::Report::default();
    let mut asked = None;
    while let Some(event) = events.recv().await {
        // Footers hang: by now the folders are listed.
        if asked.is_none()
            && matches!(&event, SurveyEvent::Check { check } if check.code == Code::new("L314"))
        {
            asked = Some(Instant::now());
            cancel.cancel();
        }
        report.apply(&event);
    }
    assert!(asked.unwrap().elapsed() < Duration::from_secs(2));
    assert!(!report.complete);
    assert_eq!(status(&report, "L301", Subject::Events), Status::Pass);
    assert_eq!(status(&report, "E511", Subject::Events), Status::Unknown);
    assert_eq!(report.verdict, Verdict::Inconclusive, "{:?}", findings(&report));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_listener_that_goes_away_ends_the_run() {
    let dir = small_shop();
    let (sender, events) = tokio::sync::mpsc::channel(1);
    drop(events);
    let survey = on_store(Bent::store(&dir, Wrong::Hanging), full());
    tokio::time::timeout(Duration::from_secs(5), survey.run(sender))
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn throttling_and_cut_bodies_are_retried_until_the_report_is_whole() {
    let account = PracticeAccount::start("first-day").await.unwrap();
    let clean = run(on_account(&account, full())).await;
    account.faults().slow_down(12);
    account.faults().cut_bodies("events/", 50, 3);
    let bumpy = run(on_account(&account, full())).await;
    assert_eq!(findings(&clean), findings(&bumpy));
    assert_eq!(clean.datasets, bumpy.datasets);
    assert!(
        bumpy.usage.requests >= clean.usage.requests + 10,
        "retries are counted"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_is_always_cut_is_named_and_nothing_of_it_passes() {
    let account = PracticeAccount::start("first-day").await.unwrap();
    account.faults().cut_bodies("events/", 50, u32::MAX);
    let report = run(on_account(&account, full())).await;
    assert_eq!(status(&report, "S401", Subject::Events), Status::Unknown);
    assert_eq!(status(&report, "E511", Subject::Events), Status::Unknown);
    let cause = check(&report, "E511", Subject::Events).cause.clone().unwrap();
    assert!(cause.contains("ended after 50"), "{cause}");
    assert_eq!(status(&report, "M611", Subject::Metrics), Status::Pass);
}

#[tokio::test(flavor = "multi_thread")]
async fn refused_folders_and_objects_are_told_apart() {
    let account = PracticeAccount::start("first-day").await.unwrap();
    account.faults().refuse_listing("metrics/");
    account.faults().refuse_reading("events/");
    let report = run(on_account(&account, full())).await;
    assert_eq!(status(&report, "A201", Subject::Metrics), Status::Fail);
    let blocked = check(&report, "A202", Subject::Metrics);
    assert_eq!(
        (blocked.status, blocked.blocked_by),
        (Status::Skipped, Code::parse("A201"))
    );
    let refused = check(&report, "A202", Subject::Events);
    assert_eq!(refused.status, Status::Fail);
    assert!(refused.count.unwrap() > 0 && refused.count == refused.checked);
    assert!(!refused.samples.is_empty());
    for (code, subject) in [
        ("S401", Subject::Events),
        ("E511", Subject::Events),
        ("M611", Subject::Metrics),
    ] {
        assert_eq!(status(&report, code, subject), Status::Unknown, "{code}");
    }
    assert_eq!(status(&report, "C103", Subject::Account), Status::Pass);
    assert_eq!(report.verdict, Verdict::NotReady);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_operator_reads_what_the_reader_may_not_and_the_reader_still_fails() {
    let account = PracticeAccount::start("first-day").await.unwrap();
    // The faults refuse everyone, so the reader here is a key that may list nothing outside its folders.
    let mut operator = settings(&account);
    let key = account.operator_key();
    operator.credentials = Some(S3Credentials {
        access_key_id: key.id,
        secret_access_key: key.secret,
        session_token: None,
    });
    let mut survey = on_account(&account, Mode::default());
    survey.source = Source::S3 {
        reader: Box::new(settings(&account)),
        operator: Some(Box::new(operator)),
    };
    let report = run(survey).await;
    assert_eq!(report.operator.unwrap().arn, Some(account.operator_arn()));
    assert_eq!(report.identity.unwrap().arn, Some(account.reader_arn()));
}

#[tokio::test(flavor = "multi_thread")]
async fn trouble_on_the_way_to_the_bucket_is_a_check_and_blocks_the_rest() {
    let account = PracticeAccount::start("first-day").await.unwrap();
    let with = |change: &dyn Fn(&mut bucket_ready::store::S3Settings)| {
        let mut reader = settings(&account);
        change(&mut reader);
        let mut survey = on_account(&account, full());
        survey.source = Source::S3 {
            reader: Box::new(reader),
            operator: None,
        };
        survey
    };
    let secret = |text: &str| secrecy::SecretString::from(text.to_owned());
    let cases = [
        (
            "C106",
            Status::Fail,
            with(&|s| {
                // The reader's own policy would refuse it before anyone looks whether it exists.
                let key = account.operator_key();
                s.credentials = Some(S3Credentials {
                    access_key_id: key.id,
                    secret_access_key: key.secret,
                    session_token: None,
                });
                s.bucket = "no-such-bucket".into();
            }),
        ),
        (
            "C103",
            Status::Fail,
            with(&|s| {
                s.credentials.as_mut().unwrap().access_key_id = "AKIAUNKNOWNEXAMPLE22".into();
            }),
        ),
        (
            "C104",
            Status::Fail,
            with(&|s| {
                s.credentials.as_mut().unwrap().secret_access_key =
                    secret("wrongwrongwrongwrongwrongwrongwrongwrong");
            }),
        ),
        ("C101", Status::Unknown, with(&|s| s.credentials = None)),
        (
            "C108",
            Status::Unknown,
            with(&|s| s.endpoint_url = Some("http://127.0.0.1:1".into())),
        ),
        (
            "C108",
            Status::Unknown,
            with(&|s| s.endpoint_url = Some("no address at all".into())),
        ),
        (
            "C106",
            Status::Fail,
            with(&|s| s.bucket = "Not a bucket's name/".into()),
        ),
        (
            "C107",
            Status::Fail,
            with(&|s| s.region = Some("eu-north-1".into())),
        ),
    ];
    for (code, expected, survey) in cases {
        let report = run(survey).await;
        assert_eq!(
            status(&report, code, Subject::Account),
            expected,
            "{code} {:?}",
            findings(&report)
        );
        let behind = check(&report, "E511", Subject::Events);
        assert_eq!(
            (behind.status, behind.blocked_by),
            (Status::Skipped, Code::parse(code)),
            "{:?}",
            findings(&report)
        );
        let verdict = if expected == Status::Fail {
            Verdict::NotReady
        } else {
            Verdict::Inconclusive
        };
        assert_eq!(report.verdict, verdict, "{code}");
    }
    account.faults().skew_clock(3600);
    let report = run(on_account(&account, full())).await;
    assert_eq!(status(&report, "C105", Subject::Account), Status::Unknown);
    assert_eq!(status(&report, "C101", Subject::Account), Status::Pass);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_in_another_region_is_followed_there() {
    let account = PracticeAccount::start("first-day").await.unwrap();
    let (bucket, region) = account.far_bucket();
    let mut survey = on_account(&account, full());
    let mut reader = settings(&account);
    reader.bucket = bucket.into();
    survey.source = Source::S3 {
        reader: Box::new(reader),
        operator: None,
    };
    let report = run(survey).await;
    assert_eq!(status(&report, "C107", Subject::Account), Status::Pass);
    let bucket_ready::report::Target::S3 { region: found, .. } = report.target else {
        panic!("an S3 target stays one");
    };
    assert_eq!(found.as_deref(), Some(region));
}
