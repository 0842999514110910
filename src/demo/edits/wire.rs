//! Clients of the account, as an outsider would make them; the calls that no cloud has; problems made of errors.

use std::error::Error;

use aws_credential_types::Credentials;
use aws_sdk_iam::config::{BehaviorVersion, Region, retry::RetryConfig};
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use secrecy::ExposeSecret;
use serde::Deserialize;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::{
    demo::{account::AccessKey, practice},
    report::{Problem, ProblemKind, escape},
    rule::Next,
};

/// IAM has no region; requests to it are signed for this one.
const IAM_REGION: &str = "us-east-1";

fn credentials(key: &AccessKey) -> Credentials {
    Credentials::new(&key.id, key.secret.expose_secret(), None, None, "practice")
}

/// IAM with a key. Nothing of the user's environment is used.
pub(super) fn iam(endpoint: &str, key: &AccessKey) -> aws_sdk_iam::Client {
    aws_sdk_iam::Client::from_conf(
        aws_sdk_iam::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .endpoint_url(endpoint)
            .region(Region::new(IAM_REGION))
            .credentials_provider(credentials(key))
            .retry_config(RetryConfig::disabled())
            .http_client(aws_smithy_http_client::Builder::new().build_http())
            .build(),
    )
}

/// S3 with a key.
pub(super) fn s3(endpoint: &str, region: &str, key: &AccessKey) -> aws_sdk_s3::Client {
    aws_sdk_s3::Client::from_conf(
        aws_sdk_s3::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .endpoint_url(endpoint)
            .force_path_style(true)
            .region(Region::new(region.to_owned()))
            .credentials_provider(credentials(key))
            .retry_config(RetryConfig::disabled())
            .http_client(aws_smithy_http_client::Builder::new().build_http())
            .build(),
    )
}

/// A call's name and the action that it needs.
pub(super) type Call = (&'static str, &'static str);

/// What went wrong with a call.
pub(super) fn problem<E, R>((call, action): Call, error: &SdkError<E, R>) -> Problem
where
    E: ProvideErrorMetadata + Error + 'static,
    R: std::fmt::Debug,
{
    let code = error.code().map(|code| escape(code).into_owned());
    let words = error.message().map(|words| escape(words).into_owned());
    let refused = code.as_deref() == Some("AccessDenied");
    let cause = match (&code, words) {
        (Some(code), Some(words)) => format!("{code}: {words}"),
        (Some(code), None) => code.clone(),
        _ => "the practice account gave no answer".to_owned(),
    };
    Problem {
        call: Some(call),
        action: Some(action),
        error_code: code,
        ..Problem::new(
            if refused {
                ProblemKind::Refused
            } else {
                ProblemKind::Other
            },
            format!("the edit stopped at {call}"),
            cause,
            Next::say("`Put everything back` makes all as it was when the account opened."),
        )
    }
}

/// `None` where the call says that there is no such thing.
pub(super) fn found<T, E, R>(
    call: Call,
    missing: &str,
    answer: Result<T, SdkError<E, R>>,
) -> Result<Option<T>, Problem>
where
    E: ProvideErrorMetadata + Error + 'static,
    R: std::fmt::Debug,
{
    match answer {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.code() == Some(missing) => Ok(None),
        Err(error) => Err(problem(call, &error)),
    }
}

#[derive(Deserialize)]
struct Told {
    say: Vec<String>,
}

/// A call that no cloud has: `restore`, `clock?seconds=3600`. What the account says to it.
///
/// # Errors
/// No answer, or another one than 200.
pub(super) async fn practice(endpoint: &str, account: &str, call: &str) -> Result<Vec<String>, Problem> {
    let failed = |cause: String| {
        Problem::new(
            ProblemKind::Other,
            "the practice account did not do it",
            cause,
            Next::say("Open the scenario again."),
        )
    };
    let lost = |error: std::io::Error| failed(format!("no answer: {error}"));
    let host = endpoint.strip_prefix("http://").unwrap_or(endpoint);
    let mut stream = TcpStream::connect(host).await.map_err(lost)?;
    let request = format!(
        "POST {}{call} HTTP/1.1\r\nhost: {host}\r\n{}: {account}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
        practice::PATH,
        practice::HEADER
    );
    stream.write_all(request.as_bytes()).await.map_err(lost)?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.map_err(lost)?;
    let answer = String::from_utf8_lossy(&answer);
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    let told: Told = serde_json::from_str(body).map_err(|_| failed("the answer can't be read".to_owned()))?;
    if head.split(' ').nth(1) == Some("200") {
        Ok(told.say)
    } else {
        Err(failed(told.say.join(" ")))
    }
}
