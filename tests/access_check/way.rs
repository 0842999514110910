//! The way to the bucket: sessions that have run out, clocks, secrets, regions.

use std::{process::Command, sync::Arc};

use bucket_ready::{
    report::{Report, Status, Verdict},
    rule::Subject,
    survey::Source,
};
use secrecy::{ExposeSecret, SecretString};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use crate::harness::*;

/// A server that answers every signed request with one of AWS' errors, and every other with a bare 403.
async fn answering(status: &'static str, code: &'static str, date: String) -> String {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let date = Arc::new(date);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let date = Arc::clone(&date);
            tokio::spawn(async move {
                let mut asked = Vec::new();
                let mut buffer = [0; 4096];
                while !asked.windows(4).any(|end| end == b"\r\n\r\n") {
                    match stream.read(&mut buffer).await {
                        Ok(0) | Err(_) => return,
                        Ok(read) => asked.extend_from_slice(&buffer[..read]),
                    }
                }
                let body = format!(
                    "<Error><Code>{code}</Code><Message>The token or time is no good.</Message></Error>"
                );
                let answer = if asked.starts_with(b"HEAD") {
                    format!(
                        "HTTP/1.1 403 Forbidden\r\nDate: {date}\r\nx-amz-bucket-region: us-west-2\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
                    )
                } else {
                    format!(
                        "HTTP/1.1 {status}\r\nDate: {date}\r\nContent-Type: application/xml\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
                        body.len()
                    )
                };
                let _ = stream.write_all(answer.as_bytes()).await;
            });
        }
    });
    url
}

fn date_in(seconds: i64) -> String {
    let at = jiff::Timestamp::from_second(jiff::Timestamp::now().as_second() + seconds).unwrap();
    at.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

/// A check of the practice account's bucket by a reader who is sent elsewhere.
async fn check_at(url: String, with_operator: bool) -> Report {
    let account = good_account().await;
    let mut survey = survey(
        &account,
        Asked {
            with_operator,
            inspects: with_operator,
            ..Asked::default()
        },
    );
    let Source::S3 { reader, .. } = &mut survey.source else {
        panic!("a bucket")
    };
    reader.endpoint_url = Some(url);
    reader.profile = Some("mine".into());
    run(survey).await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_session_is_c102_with_the_command_to_log_in() {
    let url = answering("400 Bad Request", "ExpiredToken", date_in(0)).await;
    let report = check_at(url.clone(), false).await;
    let check = of(&report, "C102", Subject::Account);
    assert_eq!((check.status, check.required), (Status::Unknown, true));
    let command = check.next.as_ref().unwrap().command.as_deref();
    assert_eq!(command, Some("aws sso login --profile mine"));
    for (code, subject) in [
        ("A201", Subject::Events),
        ("A203", Subject::Bucket),
        ("E511", Subject::Events),
    ] {
        let behind = of(&report, code, subject);
        assert_eq!(
            (behind.status, behind.blocked_by.unwrap().as_str()),
            (Status::Skipped, "C102"),
            "{code}"
        );
    }
    assert_eq!(report.verdict, Verdict::Inconclusive);
    // The operator's session is another: the data is read with it, and nothing is said of the reader.
    let report = check_at(url, true).await;
    assert_eq!(status(&report, "C102", Subject::Account), Status::Unknown);
    assert_eq!(status(&report, "E511", Subject::Events), Status::Pass);
    assert_eq!(
        of(&report, "A202", Subject::Events).blocked_by.unwrap().as_str(),
        "C102"
    );
    assert_eq!(report.verdict, Verdict::Inconclusive);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_clock_is_c105_and_says_by_how_much() {
    let url = answering("403 Forbidden", "RequestTimeTooSkewed", date_in(-7260)).await;
    let report = check_at(url, false).await;
    let check = of(&report, "C105", Subject::Account);
    assert_eq!(check.status, Status::Unknown);
    let told = check.cause.as_deref().unwrap();
    assert!(
        told.contains("This machine is 12") && told.contains("min ahead of the server"),
        "{told}"
    );
    assert_eq!(report.verdict, Verdict::Inconclusive);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_with_a_line_end_is_c104_and_says_what_to_look_at() {
    let account = good_account().await;
    let asked = Asked {
        with_operator: false,
        inspects: false,
        change: |settings| {
            let key = settings.credentials.as_mut().unwrap();
            let secret = format!("{}\n", key.secret_access_key.expose_secret());
            key.secret_access_key = SecretString::from(secret);
        },
        ..Asked::default()
    };
    let report = check(&account, asked).await;
    assert_eq!(status(&report, "C104", Subject::Account), Status::Fail);
    let told = cause(&report, "C104", Subject::Account);
    assert!(told.contains("the secret ends in a line end"), "{told}");
    let secret = account.reader_key().secret;
    let whole = serde_json::to_string(&report).unwrap();
    assert!(
        !whole.contains(secret.expose_secret()),
        "the secret is in the report"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_region_of_the_environment_is_a_default_and_one_that_is_given_an_instruction() {
    let account = good_account().await;
    let home = tempfile::tempdir().unwrap();
    let key = account.reader_key();
    let check = |more: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_bucket-ready"));
        command
            .env_clear()
            .env("HOME", home.path())
            .env("AWS_REGION", "eu-west-1")
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .env("AWS_ACCESS_KEY_ID", &key.id)
            .env("AWS_SECRET_ACCESS_KEY", key.secret.expose_secret())
            .current_dir(home.path())
            .args(["check", &format!("s3://{}", account.bucket())])
            .args(["--endpoint-url", &account.endpoint_url(), "--path-style"])
            .args(["--now", &account.now().to_string(), "--output", "json"])
            .args(more);
        tokio::task::block_in_place(|| command.output()).unwrap()
    };
    let followed = check(&[]);
    let report: Report = serde_json::from_slice(&followed.stdout).unwrap();
    let region = of(&report, "C107", Subject::Account);
    assert_eq!(region.status, Status::Info, "{region:?}");
    let told = region.cause.as_deref().unwrap();
    assert!(told.contains("us-west-2") && told.contains("eu-west-1"), "{told}");
    assert_eq!(followed.status.code(), Some(0), "{:?}", findings(&report));

    let told = check(&["--region", "eu-west-1"]);
    let report: Report = serde_json::from_slice(&told.stdout).unwrap();
    assert_eq!(status(&report, "C107", Subject::Account), Status::Fail);
    assert_eq!(told.status.code(), Some(1));
}
