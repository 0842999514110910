//! `grant plan`, `apply` and `undo` as their users meet them: the program itself, against the practice account served
//! over HTTP in this process, and against `moto`, which we did not write.

#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "support/moto.rs"]
mod moto;
#[path = "support/program.rs"]
mod program;

use std::{
    fs,
    io::{BufRead, BufReader},
    path::Path,
    process::{Command, Stdio},
};

use aws_sdk_s3::{
    Client,
    config::{BehaviorVersion, Credentials, Region, retry::RetryConfig},
    primitives::ByteStream,
};
use bucket_ready::demo::PracticeAccount;
use moto::Moto;
use program::{Ran, program, ran};
use secrecy::ExposeSecret;
use serde_json::Value;
use tempfile::TempDir;

const CANARY: &str = "canary/EXAMPLE+secret/0123456789abcdefgh";
const BUCKET: &str = "acme-statsig-export";
const TARGET: &str = "s3://acme-statsig-export";

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap()
}

/// An endpoint, and the key of somebody who may do everything there.
struct Operator {
    endpoint: String,
    id: String,
    secret: String,
    home: TempDir,
}

impl Operator {
    fn of(account: &PracticeAccount) -> Self {
        let key = account.operator_key();
        Self {
            endpoint: account.endpoint_url(),
            id: key.id,
            secret: key.secret.expose_secret().to_owned(),
            home: tempfile::tempdir().unwrap(),
        }
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = program(self.home.path());
        command
            .args(args)
            .env("AWS_ENDPOINT_URL", &self.endpoint)
            .env("AWS_ACCESS_KEY_ID", &self.id)
            .env("AWS_SECRET_ACCESS_KEY", &self.secret)
            // The most that a log could say.
            .env("RUST_LOG", "trace")
            .env("RUST_BACKTRACE", "full");
        command
    }

    fn run(&self, args: &[&str]) -> Ran {
        let mut args = args.to_vec();
        args.extend(["--endpoint-url", &self.endpoint, "--path-style"]);
        ran(self.command(&args).output().unwrap())
    }

    fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(self.home.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.home.path().join(name)
    }

    fn undo_file(&self) -> String {
        let mut files = self
            .names()
            .into_iter()
            .filter(|name| name.starts_with("bucket-ready-undo-"));
        let file = files.next().expect("an undo file");
        assert_eq!(files.next(), None, "one undo file");
        file
    }

    fn s3(&self, region: &'static str) -> Client {
        let config = aws_sdk_s3::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .endpoint_url(&self.endpoint)
            .force_path_style(true)
            .region(Region::new(region))
            .credentials_provider(Credentials::new(&self.id, &self.secret, None, None, "test"))
            .retry_config(RetryConfig::disabled())
            .http_client(aws_smithy_http_client::Builder::new().build_http())
            .build();
        Client::from_conf(config)
    }
}

async fn bucket_policy(s3: &Client, bucket: &str) -> Option<String> {
    let got = s3.get_bucket_policy().bucket(bucket).send().await;
    got.ok().and_then(|answer| answer.policy)
}

/// With a service in the background, since the program under test needs it answered.
fn practice(scenario: &str) -> (tokio::runtime::Runtime, PracticeAccount, Operator) {
    let runtime = runtime();
    let account = runtime.block_on(PracticeAccount::start(scenario)).unwrap();
    let operator = Operator::of(&account);
    (runtime, account, operator)
}

const FOREIGN: &str = "{\n  \"Version\" : \"2012-10-17\",\n  \"Statement\" : [ { \"Sid\": \"Insecure\", \"Effect\": \"Deny\", \"Principal\": \"*\", \"Action\": \"s3:*\", \"Resource\": \"arn:aws:s3:::acme-statsig-export/*\", \"Condition\": {\"IpAddress\": {\"aws:SourceIp\": \"203.0.113.9/32\"}} } ]\n}";

#[test]
fn a_grant_is_planned_applied_proven_and_taken_back_byte_for_byte() {
    let (runtime, account, operator) = practice("no-access");
    let s3 = operator.s3("us-west-2");
    let put = s3.put_bucket_policy().bucket(BUCKET).policy(FOREIGN).send();
    runtime.block_on(put).unwrap();
    account.world().plant_secret(CANARY);

    let planned = operator.run(&[
        "grant",
        "plan",
        TARGET,
        "--user",
        "statsig-reader",
        "--out",
        "plan.json",
    ]);
    assert_eq!(planned.code, 0, "{}", planned.err);
    for part in [
        "+ create user statsig-reader",
        "1 kept, 2 added",
        "+ create access key",
        "4 changes",
    ] {
        assert!(planned.out.contains(part), "{part}\n{}", planned.out);
    }
    assert!(
        planned
            .err
            .contains("--plan plan.json --confirm acme-statsig-export")
    );

    let apply = [
        "grant",
        "apply",
        TARGET,
        "--plan",
        "plan.json",
        "--confirm",
        BUCKET,
        "--key-file",
        "key.json",
    ];
    // Everything that must be refused is refused before anything is changed.
    for (args, said) in [
        (&apply[..5], "--confirm acme-statsig-export"),
        (
            &[
                "grant",
                "apply",
                TARGET,
                "--plan",
                "plan.json",
                "--confirm",
                "acme",
                "--key-file",
                "k",
            ],
            "--confirm acme-statsig-export",
        ),
        (&apply[..7], "--key-file FILE"),
        (
            &[
                "grant",
                "apply",
                "s3://acme-statsig-export/x",
                "--plan",
                "plan.json",
                "--confirm",
                BUCKET,
                "--key-file",
                "k",
            ],
            "the plan's own target",
        ),
        (
            &[
                "grant",
                "apply",
                "s3://another",
                "--plan",
                "plan.json",
                "--confirm",
                "another",
                "--key-file",
                "k",
            ],
            "the plan's own target",
        ),
        (
            &[
                "grant",
                "apply",
                TARGET,
                "--plan",
                "plan.json",
                "--confirm",
                BUCKET,
                "--key-file",
                "plan.json",
            ],
            "move this one away",
        ),
        (
            &[
                "grant",
                "apply",
                TARGET,
                "--plan",
                "plan.json",
                "--confirm",
                BUCKET,
                "--key-file",
                "k",
                "--undo-file",
                "plan.json",
            ],
            "move this one away",
        ),
    ] {
        let refused = operator.run(args);
        assert_eq!(refused.code, 4, "{args:?}\n{}", refused.err);
        assert!(refused.err.contains(said), "{args:?}: {}", refused.err);
        assert_eq!(operator.names(), ["plan.json"], "{args:?}");
    }
    assert_eq!(
        runtime.block_on(bucket_policy(&s3, BUCKET)).as_deref(),
        Some(FOREIGN)
    );

    let applied = operator.run(&apply);
    assert_eq!(applied.code, 0, "{}\n{}", applied.out, applied.err);
    assert!(
        applied
            .out
            .contains("it lists and reads events/, metrics/, signals/"),
        "{}",
        applied.out
    );
    let undo_file = operator.undo_file();
    assert!(
        applied.err.contains(&format!("undo file: {undo_file}")),
        "{}",
        applied.err
    );
    assert!(
        applied
            .out
            .contains(&format!("grant undo {undo_file} --confirm {BUCKET}")),
        "{}",
        applied.out
    );
    let key: Value = serde_json::from_str(&fs::read_to_string(operator.path("key.json")).unwrap()).unwrap();
    assert_eq!(key["SecretAccessKey"], CANARY);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::metadata(operator.path("key.json"))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    let again = operator.run(&apply);
    assert_eq!(again.code, 0, "{}", again.err);
    assert!(again.out.contains("was applied before"), "{}", again.out);
    let satisfied = operator.run(&[
        "grant",
        "apply",
        TARGET,
        "--user",
        "statsig-reader",
        "--confirm",
        BUCKET,
    ]);
    assert_eq!(satisfied.code, 0, "{}", satisfied.err);
    assert!(satisfied.out.contains("Nothing to do"), "{}", satisfied.out);

    let undo = ["grant", "undo", undo_file.as_str(), "--confirm", BUCKET];
    for args in [
        &undo[..3],
        &["grant", "undo", &undo_file, "--confirm", "acme"],
        &["grant", "undo", "plan.json", "--confirm", BUCKET],
    ] {
        assert_eq!(operator.run(args).code, 4, "{args:?}");
    }
    let undone = operator.run(&undo);
    assert_eq!(undone.code, 0, "{}", undone.err);
    assert!(undone.out.contains("byte for byte") && undone.out.contains("delete the user statsig-reader"));
    assert_eq!(
        runtime.block_on(bucket_policy(&s3, BUCKET)).as_deref(),
        Some(FOREIGN)
    );
    let gone = account
        .world()
        .with(account.account_id(), |a| a.user("statsig-reader").is_none());
    assert_eq!(gone, Some(true));
    let twice = operator.run(&undo);
    assert_eq!(
        (twice.code, twice.out.as_str()),
        (0, "There is nothing left to take back.\n"),
        "{}",
        twice.err
    );

    // The secret stood in the key file, and nowhere else.
    let said = [planned, applied, again, satisfied, undone, twice]
        .map(|ran| ran.out + &ran.err)
        .concat();
    assert!(!said.contains(CANARY));
    for name in operator.names().iter().filter(|name| *name != "key.json") {
        assert!(
            !fs::read_to_string(operator.path(name)).unwrap().contains(CANARY),
            "{name}"
        );
    }
}

#[test]
fn an_apply_that_is_interrupted_says_how_to_go_on_and_does() {
    let (runtime, _account, operator) = practice("no-access");
    // The key will never work, so that it waits until it is interrupted.
    let deny = r#"{"Version":"2012-10-17","Statement":[{"Sid":"NotHim","Effect":"Deny","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::acme-statsig-export/*","Condition":{"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:user/statsig-*"}}}]}"#;
    let s3 = operator.s3("us-west-2");
    let put = s3.put_bucket_policy().bucket(BUCKET).policy(deny).send();
    runtime.block_on(put).unwrap();
    let before = runtime.block_on(bucket_policy(&s3, BUCKET));
    let apply = [
        "grant",
        "apply",
        TARGET,
        "--user",
        "statsig-reader",
        "--confirm",
        BUCKET,
        "--key-file",
        "key.json",
        "--endpoint-url",
        &operator.endpoint,
        "--path-style",
    ];
    let mut child = operator
        .command(&apply)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap())
        .lines()
        .map(Result::unwrap);
    let mut said = Vec::new();
    let waits = lines
        .by_ref()
        .inspect(|line| said.push(line.clone()))
        .any(|line| line.starts_with("waiting until AWS agrees"));
    assert!(waits, "{said:#?}");
    let killed = Command::new("kill")
        .arg("-INT")
        .arg(child.id().to_string())
        .status()
        .unwrap();
    assert!(killed.success());
    let rest: Vec<String> = lines.collect();
    assert_eq!(child.wait().unwrap().code(), Some(130), "{rest:?}");
    let undo_file = operator.undo_file();
    assert!(
        rest.iter()
            .any(|line| line.contains("to go on: bucket-ready grant apply")),
        "{rest:?}"
    );
    assert!(
        rest.iter()
            .any(|line| line.contains(&format!("grant undo {undo_file}"))),
        "{rest:?}"
    );

    let again = operator.run(&apply[..9]);
    assert_eq!(again.code, 0, "{}", again.err);
    let undone = operator.run(&["grant", "undo", &undo_file, "--confirm", BUCKET]);
    assert_eq!(undone.code, 0, "{}", undone.err);
    assert_eq!(runtime.block_on(bucket_policy(&s3, BUCKET)), before);
}

#[test]
fn what_stands_in_the_way_is_refused_with_the_way_out() {
    // Two keys: AWS allows no third.
    let (_runtime, _account, operator) = practice("two-keys");
    let plan = operator.run(&[
        "grant",
        "plan",
        TARGET,
        "--user",
        "statsig-reader",
        "--rotate",
        "--out",
        "plan.json",
    ]);
    assert_eq!(plan.code, 0, "{}", plan.err);
    assert!(
        plan.out.contains("✗") && plan.out.contains("delete-access-key"),
        "{}",
        plan.out
    );
    let apply = operator.run(&[
        "grant",
        "apply",
        TARGET,
        "--plan",
        "plan.json",
        "--confirm",
        BUCKET,
        "--key-file",
        "key.json",
    ]);
    assert_eq!(apply.code, 4);
    assert!(
        apply.err.contains("two keys") && apply.err.contains("--rotate"),
        "{}",
        apply.err
    );
    assert_eq!(operator.names(), ["plan.json"]);
}

#[test]
fn a_deleted_principal_is_dropped_on_request_and_the_undo_does_without_it() {
    let (runtime, _account, operator) = practice("deleted-principal");
    let s3 = operator.s3("us-west-2");
    let plan = [
        "grant",
        "plan",
        TARGET,
        "--user",
        "statsig-reader",
        "--out",
        "plan.json",
    ];
    let blocked = operator.run(&plan);
    assert_eq!(blocked.code, 0, "{}", blocked.err);
    assert!(blocked.out.contains("--drop-dead-principals"), "{}", blocked.out);
    let args = [
        "grant",
        "apply",
        TARGET,
        "--plan",
        "plan.json",
        "--confirm",
        BUCKET,
        "--key-file",
        "key.json",
    ];
    assert_eq!(operator.run(&args).code, 4);
    fs::remove_file(operator.path("plan.json")).unwrap();
    let planned = operator.run(&[&plan[..], &["--drop-dead-principals"]].concat());
    assert_eq!(planned.code, 0, "{}", planned.err);
    let applied = operator.run(&args);
    assert_eq!(
        applied.code, 0,
        "{}\n{}\n{}",
        planned.out, applied.out, applied.err
    );
    let undone = operator.run(&["grant", "undo", &operator.undo_file(), "--confirm", BUCKET]);
    assert_eq!(undone.code, 0, "{}", undone.err);
    assert!(undone.out.contains("deleted user"), "{}", undone.out);
    let left = runtime.block_on(bucket_policy(&s3, BUCKET)).unwrap_or_default();
    assert!(!left.contains("BucketReady"), "{left}");
}

#[test]
fn mistakes_are_usage_and_what_can_have_no_grant_says_so() {
    let (_runtime, _account, operator) = practice("healthy");
    let home = operator.home.path().to_string_lossy().into_owned();
    for args in [
        &["grant"][..],
        &["grant", "plan", TARGET],
        &["grant", "plan", TARGET, "--user", "no spaces"],
        &["grant", "plan", TARGET, "--user", "a", "--path", "partners"],
        &["grant", "plan", TARGET, "--user", "a", "--kms-key", "alias/mine"],
        &["grant", "plan", TARGET, "--user", "a", "--print", "pulumi"],
        &["grant", "apply", TARGET, "--confirm", BUCKET],
        &[
            "grant",
            "apply",
            TARGET,
            "--user",
            "a",
            "--plan",
            "p",
            "--confirm",
            BUCKET,
        ],
        &["grant", "plan", TARGET, "--user", "a", "--no-sign-request"],
        &[
            "grant",
            "plan",
            "demo:no-access",
            "--user",
            "a",
            "--profile",
            "mine",
        ],
    ] {
        let output = operator.command(args).output().unwrap();
        let ran = ran(output);
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{args:?}: {}", ran.err);
    }
    for (args, said) in [
        (
            &["grant", "plan", &home, "--user", "a"][..],
            "a local folder has no policies",
        ),
        (
            &[
                "grant",
                "apply",
                TARGET,
                "--plan",
                "nowhere.json",
                "--confirm",
                BUCKET,
            ],
            "can't be read",
        ),
        (
            &["grant", "undo", "nowhere.json", "--confirm", BUCKET],
            "can't be read",
        ),
    ] {
        let ran = operator.run(args);
        assert_eq!((ran.code, ran.out.as_str()), (4, ""), "{args:?}: {}", ran.err);
        assert!(ran.err.contains(said), "{args:?}: {}", ran.err);
    }
}

#[test]
fn the_printed_forms_are_the_result_and_nothing_else() {
    let (_runtime, _account, operator) = practice("no-access");
    for (form, begins, holds) in [
        ("aws", "#!/bin/sh", "aws iam create-user"),
        (
            "terraform",
            "# This owns the WHOLE bucket policy",
            "resource \"aws_iam_user\"",
        ),
        (
            "cloudformation",
            "# This owns the WHOLE bucket policy",
            "AWS::IAM::User",
        ),
        (
            "spark",
            "# The integration page's confirm step",
            "\"s3a://acme-statsig-export/metrics/\"",
        ),
    ] {
        let ran = operator.run(&[
            "grant",
            "plan",
            TARGET,
            "--user",
            "statsig-reader",
            "--print",
            form,
        ]);
        assert_eq!(ran.code, 0, "{form}: {}", ran.err);
        assert!(
            ran.out.starts_with(begins) && ran.out.contains(holds),
            "{form}: {}",
            ran.out
        );
        assert!(!ran.out.contains("@REGION@") && !ran.out.contains("@FOLDERS@"));
    }
    assert_eq!(operator.names(), Vec::<String>::new());
}

#[test]
fn on_the_practice_account_only_what_is_named_is_written() {
    let (_runtime, _account, operator) = practice("healthy");
    let args = [
        "grant",
        "apply",
        "demo:no-access",
        "--user",
        "statsig-reader",
        "--confirm",
        BUCKET,
        "--key-file",
        "key.json",
    ];
    let applied = ran(operator.command(&args).output().unwrap());
    assert_eq!(applied.code, 0, "{}", applied.err);
    assert!(
        applied
            .err
            .contains("the practice account ends with this command"),
        "{}",
        applied.err
    );
    assert!(!applied.out.contains("grant undo"), "{}", applied.out);
    assert!(!applied.err.contains("undo"), "{}", applied.err);
    assert_eq!(operator.names(), ["key.json"]);
    let args = [
        &args[..7],
        &["--key-file", "key-2.json", "--undo-file", "undo.json"],
    ]
    .concat();
    let applied = ran(operator.command(&args).output().unwrap());
    assert_eq!(applied.code, 0, "{}", applied.err);
    assert!(applied.err.contains("undo file: undo.json"), "{}", applied.err);
    assert!(!applied.out.contains("grant undo"), "{}", applied.out);
    assert_eq!(operator.names(), ["key-2.json", "key.json", "undo.json"]);
}

/// `moto` ignores conditions, so that a Deny with one would refuse everything.
const UNCONDITIONAL: &str = r#"{"Version":"2012-10-17","Statement":[{"Sid":"NoDeletes","Effect":"Deny","Principal":"*","Action":"s3:DeleteObject","Resource":"arn:aws:s3:::acme-statsig-export/*"}]}"#;

#[test]
fn the_same_flow_runs_on_a_server_that_we_did_not_write() {
    let moto = Moto::start();
    let operator = Operator {
        endpoint: moto.endpoint.clone(),
        id: moto.admin_id.clone(),
        secret: moto.admin_secret.clone(),
        home: tempfile::tempdir().unwrap(),
    };
    let runtime = runtime();
    let s3 = operator.s3("us-east-1");
    runtime.block_on(async {
        s3.create_bucket().bucket(BUCKET).send().await.unwrap();
        let object = s3
            .put_object()
            .bucket(BUCKET)
            .key("events/2026-06-22/part-0.parquet");
        object
            .body(ByteStream::from_static(b"PAR1 PAR1"))
            .send()
            .await
            .unwrap();
        s3.put_bucket_policy()
            .bucket(BUCKET)
            .policy(UNCONDITIONAL)
            .send()
            .await
            .unwrap();
    });
    let before = runtime.block_on(bucket_policy(&s3, BUCKET)).unwrap();

    let planned = operator.run(&[
        "grant",
        "plan",
        TARGET,
        "--user",
        "statsig-reader",
        "--out",
        "plan.json",
    ]);
    assert_eq!(planned.code, 0, "{}", planned.err);
    let apply = [
        "grant",
        "apply",
        TARGET,
        "--plan",
        "plan.json",
        "--confirm",
        BUCKET,
        "--key-file",
        "key.json",
    ];
    let applied = operator.run(&apply);
    assert_eq!(applied.code, 0, "{}\n{}", applied.out, applied.err);
    assert!(
        applied.out.contains("it lists and reads events/"),
        "{}",
        applied.out
    );
    let merged = runtime.block_on(bucket_policy(&s3, BUCKET)).unwrap();
    assert!(
        merged.contains("NoDeletes") && merged.contains("BucketReadyRead"),
        "{merged}"
    );
    assert_eq!(operator.run(&apply).code, 0);

    let undo_file = operator.undo_file();
    assert!(Path::new(&undo_file).extension().is_some_and(|e| e == "json"));
    let undone = operator.run(&["grant", "undo", &undo_file, "--confirm", BUCKET]);
    assert_eq!(undone.code, 0, "{}", undone.err);
    assert_eq!(runtime.block_on(bucket_policy(&s3, BUCKET)).unwrap(), before);
    let again = operator.run(&["grant", "plan", TARGET, "--user", "statsig-reader"]);
    assert!(
        again.out.contains("+ create user statsig-reader"),
        "{}",
        again.out
    );
}
