//! Running a survey in a test, and small data to run it on.

use std::path::Path;

use bucket_ready::{
    contract::Context,
    demo::{
        CLOCK, PracticeAccount,
        export::{Export, signal, usual_signal},
        shop::Shop,
        write_to_folder,
    },
    report::{Check, Mode, Report, Rows, Status, SurveyEvent, Target},
    rule::{Code, Subject},
    store::{Folder, S3Credentials, S3Settings, SharedStore},
    survey::{Source, Survey},
};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

pub fn full() -> Mode {
    Mode {
        rows: Rows::All,
        sample_rows: None,
        ..Mode::default()
    }
}

pub fn context() -> Context {
    let now: jiff::Timestamp = CLOCK.parse().unwrap();
    Context::at(now)
}

/// Runs a survey and folds what it says.
pub async fn run(survey: Survey) -> Report {
    fold(start(survey)).await
}

pub fn start(survey: Survey) -> mpsc::Receiver<SurveyEvent> {
    let (sender, events) = mpsc::channel(64);
    tokio::spawn(survey.run(sender));
    events
}

pub async fn fold(mut events: mpsc::Receiver<SurveyEvent>) -> Report {
    let mut report = Report::default();
    let mut last = None;
    while let Some(event) = events.recv().await {
        report.apply(&event);
        last = Some(event);
    }
    assert!(
        matches!(last, Some(SurveyEvent::Finished { .. })),
        "the last event is Finished"
    );
    report
}

pub fn survey(target: Target, source: Source, mode: Mode) -> Survey {
    Survey {
        target,
        source,
        mode,
        context: context(),
        access: Default::default(),
        cancel: CancellationToken::new(),
    }
}

pub fn on_folder(path: &Path, mode: Mode) -> Survey {
    let target = Target::Folder {
        path: path.to_string_lossy().into_owned(),
        prefix: String::new(),
    };
    survey(target, Source::Folder(Folder::open(path).unwrap()), mode)
}

pub fn bucket() -> Target {
    Target::S3 {
        bucket: "bucket".into(),
        prefix: String::new(),
        region: None,
    }
}

/// Over any store, as if it were a bucket.
pub fn on_store(store: SharedStore, mode: Mode) -> Survey {
    let source = Source::Store {
        reader: store,
        operator: None,
        identity: None,
    };
    survey(bucket(), source, mode)
}

pub fn settings(account: &PracticeAccount) -> S3Settings {
    let key = account.reader_key();
    S3Settings {
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
    }
}

pub fn on_account(account: &PracticeAccount, mode: Mode) -> Survey {
    let source = Source::S3 {
        reader: Box::new(settings(account)),
        operator: None,
    };
    survey(bucket(), source, mode)
}

/// A few days of a healthy shop, in a folder of its own.
pub fn small_shop() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let shop = Shop::open();
    for day in ["2026-06-20", "2026-06-21", "2026-06-22"] {
        let day = bucket_ready::calendar::PstDay::parse(day).unwrap();
        let export = Export::of(day);
        let rows = shop.day(day);
        let mut objects = export.events(&rows.events).unwrap();
        objects.extend(export.metrics(&rows.metrics).unwrap());
        objects.push(signal(day, usual_signal(day)).unwrap());
        write_to_folder(&objects, dir.path()).unwrap();
    }
    dir
}

pub fn check<'a>(report: &'a Report, code: &str, subject: Subject) -> &'a Check {
    report
        .check(Code::parse(code).unwrap(), subject)
        .unwrap_or_else(|| panic!("no check {code} {subject}"))
}

pub fn status(report: &Report, code: &str, subject: Subject) -> Status {
    check(report, code, subject).status
}

/// The checks that found something, as `E511 events/ fail 12`.
pub fn findings(report: &Report) -> Vec<String> {
    report
        .checks
        .iter()
        // The reader may not list the root, and that is as it should be.
        .filter(|check| check.code.as_str() != "L302")
        // No policy is looked at in these runs: what rests on them is tested with the checks of access.
        .filter(|check| !("A203"..="A218").contains(&check.code.as_str()))
        .filter(|check| check.status.is_finding() || check.status == Status::Unknown)
        .map(|check| {
            format!(
                "{} {} {} {}",
                check.code,
                check.subject,
                check.status.as_str(),
                check
                    .count
                    .map_or_else(|| check.cause.clone().unwrap_or_default(), |n| n.to_string())
            )
        })
        .collect()
}
