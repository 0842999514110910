//! A check of the practice account's bucket, as the reader with the operator beside it.

use std::sync::Arc;

use bucket_ready::{
    cli::inspector::Inspector,
    contract::{Context, SignalVia},
    demo::{AccessKey, PracticeAccount, stage::READER},
    report::{Check, Mode, Report, Status, SurveyEvent, Target},
    rule::{Code, Subject},
    store::{S3Credentials, S3Settings},
    survey::{AccessSettings, Inspect, Source, Survey},
};
use tokio_util::sync::CancellationToken;

/// How a check is made; the usual one is by the operator and the reader of the account.
pub struct Asked {
    pub mode: Mode,
    pub signal_via: Option<SignalVia>,
    pub prefix: String,
    pub addresses: Vec<String>,
    pub with_operator: bool,
    pub inspects: bool,
    pub change: fn(&mut S3Settings),
}

impl Default for Asked {
    fn default() -> Self {
        Self {
            mode: Mode {
                sample_rows: Some(200),
                ..Mode::default()
            },
            signal_via: None,
            prefix: String::new(),
            addresses: Vec::new(),
            with_operator: true,
            inspects: true,
            change: |_| {},
        }
    }
}

pub fn only(codes: &[&'static str]) -> Mode {
    Mode {
        only: codes.iter().map(|code| Code::new(code)).collect(),
        ..Asked::default().mode
    }
}

pub fn settings(account: &PracticeAccount, key: AccessKey) -> S3Settings {
    S3Settings {
        bucket: account.bucket().into(),
        region: account.believed_region().map(str::to_owned),
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

pub fn survey(account: &PracticeAccount, asked: Asked) -> Survey {
    let operator = settings(account, account.operator_key());
    let mut reader = settings(account, account.reader_key());
    (asked.change)(&mut reader);
    let inspector = Inspector::new(if asked.with_operator { &operator } else { &reader });
    Survey {
        target: Target::Demo {
            scenario: account.scenario().name.into(),
            bucket: account.bucket().into(),
            prefix: asked.prefix,
            region: None,
        },
        source: Source::S3 {
            reader: Box::new(reader),
            operator: asked.with_operator.then(|| Box::new(operator)),
        },
        mode: asked.mode,
        context: Context {
            signal_via: asked.signal_via,
            ..Context::at(account.now())
        },
        access: AccessSettings {
            inspector: inspector
                .filter(|_| asked.inspects)
                .map(|inspector| Arc::new(inspector) as Arc<dyn Inspect>),
            statsig_addresses: asked.addresses,
        },
        cancel: CancellationToken::new(),
    }
}

pub async fn run(survey: Survey) -> Report {
    let (sender, mut events) = tokio::sync::mpsc::channel(64);
    tokio::spawn(survey.run(sender));
    let mut report = Report::default();
    let mut last = None;
    while let Some(event) = events.recv().await {
        report.apply(&event);
        last = Some(event);
    }
    assert!(matches!(last, Some(SurveyEvent::Finished { .. })));
    report
}

pub async fn check(account: &PracticeAccount, asked: Asked) -> Report {
    run(survey(account, asked)).await
}

/// Two weeks of good data, and a reader with exactly what it needs and one key.
pub async fn good_account() -> PracticeAccount {
    let account = PracticeAccount::start("two-keys").await.unwrap();
    account.world().change(account.account_id(), |a| {
        a.user_mut(READER).unwrap().keys.truncate(1);
    });
    account
}

pub async fn check_of(scenario: &str) -> Report {
    let account = PracticeAccount::start(scenario).await.unwrap();
    check(&account, Asked::default()).await
}

pub fn of<'r>(report: &'r Report, code: &'static str, subject: Subject) -> &'r Check {
    report.check(Code::new(code), subject).unwrap()
}

pub fn status(report: &Report, code: &'static str, subject: Subject) -> Status {
    of(report, code, subject).status
}

pub fn cause<'r>(report: &'r Report, code: &'static str, subject: Subject) -> &'r str {
    of(report, code, subject).cause.as_deref().unwrap_or_default()
}

/// The C and A checks that found something, `A202 events/ fail 14`.
pub fn findings(report: &Report) -> Vec<String> {
    report
        .checks
        .iter()
        .filter(|check| check.code.as_str().starts_with(['C', 'A']) && check.status.is_finding())
        .map(|check| {
            format!(
                "{} {} {} {}",
                check.code,
                check.subject,
                check.status.as_str(),
                check.count.unwrap()
            )
        })
        .collect()
}
