//! What is planted in the scenarios is what a check of every row finds, no more and no less: over HTTP as in the field,
//! and in a local folder.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::{collections::BTreeMap, sync::Arc};

use bucket_ready::{
    cli::inspector::Inspector,
    demo::{self, AccessKey, PracticeAccount, Scenario},
    report::{Report, Rows, Status, Target, Verdict, config::Config},
    store::{Folder, S3Credentials, S3Settings},
    survey::{AccessSettings, Source, Survey},
};
use tokio_util::sync::CancellationToken;

type Findings = BTreeMap<(String, String), u64>;

/// Checks every row of a scenario.
async fn check(scenario: &Scenario, target: Target, source: Source, access: AccessSettings) -> Report {
    let config = Config::default();
    let mut mode = config.mode();
    (mode.rows, mode.sample_rows) = (Rows::All, None);
    let survey = Survey {
        target,
        source,
        mode,
        context: config.context(scenario.now()),
        access,
        cancel: CancellationToken::new(),
    };
    let (sender, mut events) = tokio::sync::mpsc::channel(64);
    let run = tokio::spawn(survey.run(sender));
    let mut report = Report::default();
    while let Some(event) = events.recv().await {
        report.apply(&event);
    }
    run.await.unwrap();
    report
}

fn settings(account: &PracticeAccount, key: AccessKey) -> Box<S3Settings> {
    Box::new(S3Settings {
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
    })
}

async fn over_http(scenario: &'static Scenario) -> Report {
    let account = PracticeAccount::start(scenario.name).await.unwrap();
    let target = Target::Demo {
        scenario: scenario.name.to_owned(),
        bucket: account.bucket().to_owned(),
        prefix: String::new(),
        region: Some(account.region().to_owned()),
    };
    let operator = settings(&account, account.operator_key());
    let access = AccessSettings {
        inspector: Some(Arc::new(Inspector::new(&operator).unwrap())),
        ..AccessSettings::default()
    };
    let source = Source::S3 {
        reader: settings(&account, account.reader_key()),
        operator: Some(operator),
    };
    check(scenario, target, source, access).await
}

async fn in_a_folder(scenario: &'static Scenario) -> Report {
    let folder = tempfile::tempdir().unwrap();
    demo::write_to_folder(&scenario.objects().unwrap(), folder.path()).unwrap();
    let target = Target::Folder {
        path: "folder".to_owned(),
        prefix: String::new(),
    };
    let source = Source::Folder(Folder::open(folder.path()).unwrap());
    check(scenario, target, source, AccessSettings::default()).await
}

fn findings(report: &Report) -> Findings {
    let found = |status| matches!(status, Status::Info | Status::Warn | Status::Fail);
    report
        .checks
        .iter()
        .filter(|c| found(c.status))
        .map(|c| {
            (
                (c.code.to_string(), c.subject.clone()),
                c.count.expect("a finding has a count"),
            )
        })
        .collect()
}

fn planted(scenario: &Scenario) -> Findings {
    let lines = scenario.planted.iter();
    lines
        .map(|p| ((p.code.to_owned(), p.subject.to_owned()), p.count))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_of_a_scenario_finds_exactly_what_is_planted() {
    for scenario in demo::scenarios().iter().filter(|s| s.is_about_data()) {
        let report = over_http(scenario).await;
        assert!(report.complete, "{}", scenario.name);
        assert_eq!(findings(&report), planted(scenario), "{}", scenario.name);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_objects_in_a_folder_have_the_same_findings() {
    for scenario in demo::scenarios().iter().filter(|s| s.is_about_data()) {
        let report = in_a_folder(scenario).await;
        let mut expected = planted(scenario);
        // A local folder has no storage classes: what is archived in the bucket can be read here.
        expected.retain(|(code, _), _| code != "L309");
        assert_eq!(findings(&report), expected, "{}", scenario.name);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn healthy_is_ready_without_a_warning() {
    let report = over_http(demo::find("healthy").unwrap()).await;
    assert_eq!(report.verdict, Verdict::Ready);
    let silent = |status| matches!(status, Status::Pass | Status::Info);
    let loud: Vec<_> = report.checks.iter().filter(|c| !silent(c.status)).collect();
    assert!(loud.is_empty(), "{loud:#?}");
}
