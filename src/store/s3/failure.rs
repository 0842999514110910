//! The SDK's errors, classified into problems that a person can act on.

use std::error::Error;

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_s3::{error::ProvideErrorMetadata, operation::RequestId};
use aws_smithy_runtime_api::{client::result::SdkError, http::Response};

use super::retry::Failure;
use crate::{
    report::{Problem, ProblemKind},
    rule::Next,
};

/// A call, as problems name it.
#[derive(Clone, Debug)]
pub(super) struct Call<'a> {
    /// What is being done, in words: `listing events/`.
    pub doing: String,
    /// The API call.
    pub name: &'static str,
    /// The IAM action that it needs.
    pub action: &'static str,
    /// The bucket.
    pub bucket: &'a str,
    /// The profile, for commands to paste.
    pub profile: Option<&'a str>,
}

impl Call<'_> {
    /// A problem of this call.
    pub fn problem(&self, kind: ProblemKind, cause: impl Into<String>) -> Problem {
        let what = match kind {
            ProblemKind::Refused => format!("{} was refused", self.doing),
            _ => format!("{} failed", self.doing),
        };
        let next = self.next(&kind);
        let mut problem = Problem::new(kind, what, cause, next);
        problem.call = Some(self.name);
        problem.action = Some(self.action);
        problem
    }

    /// An SDK error as a failed attempt.
    pub fn failure<E>(&self, error: &SdkError<E, Response>) -> Failure
    where
        E: ProvideErrorMetadata + RequestId + Error + 'static,
    {
        if let Some(problem) = credentials_problem(error, self.profile) {
            return Failure::lasting(problem);
        }
        match error {
            SdkError::TimeoutError(_) => Failure::passing(
                self.problem(ProblemKind::Unreachable, "the endpoint did not answer in time"),
            ),
            SdkError::DispatchFailure(dispatch) => {
                let problem = self.problem(ProblemKind::Unreachable, root_cause(error));
                if dispatch.is_user() {
                    Failure::lasting(problem)
                } else {
                    Failure::passing(problem)
                }
            }
            SdkError::ResponseError(_) => Failure::passing(self.problem(
                ProblemKind::CutShort,
                format!("the answer could not be read: {}", root_cause(error)),
            )),
            SdkError::ServiceError(service) => self.refusal(service.err(), service.raw()),
            _ => Failure::lasting(self.problem(ProblemKind::Other, root_cause(error))),
        }
    }

    fn refusal<E>(&self, error: &E, answer: &Response) -> Failure
    where
        E: ProvideErrorMetadata + RequestId + Error + 'static,
    {
        let status = answer.status().as_u16();
        let code = error.code().unwrap_or_default();
        let message = error.message().unwrap_or_default();
        let kind = kind_of(status, code, || region_told(answer, message));
        let again = matches!(kind, ProblemKind::Throttled) || code == "RequestTimeout";
        let mut problem = self.problem(kind, quoted(status, code, message));
        problem.status = Some(status);
        problem.error_code = Some(code.to_owned()).filter(|c| !c.is_empty());
        problem.request_id = error.request_id().map(|id| id.escape_debug().to_string());
        Failure { problem, again }
    }

    fn next(&self, kind: &ProblemKind) -> Next {
        match kind {
            ProblemKind::NoCredentials => no_credentials_next(),
            ProblemKind::ExpiredSession => login_next(self.profile),
            ProblemKind::KeyUnknown => Next::say(
                "The key was deleted, is inactive, is mistyped, belongs to another partition, or is only seconds old. \
                 Check it in the IAM console; if it is new, try again in a minute.",
            ),
            ProblemKind::WrongSecret => Next::say(
                "The secret does not belong to this key id: copy it again, without quotes, spaces or line ends.",
            ),
            ProblemKind::ClockSkew => {
                Next::say("Set this computer's clock; 15 minutes off is too much for AWS.")
            }
            ProblemKind::NoSuchBucket => {
                Next::say("Check the bucket's name, and that this is the right endpoint.")
            }
            ProblemKind::WrongRegion(Some(region)) => Next {
                say: format!("The bucket is in {region}: leave --region out, or give that one."),
                command: Some(format!("--region {region}")),
                url: None,
            },
            ProblemKind::WrongRegion(None) => {
                Next::say("The bucket is in another region: leave --region out, or give the right one.")
            }
            ProblemKind::Unreachable => {
                Next::say("Check the network, a proxy, and the endpoint's URL, then run again.")
            }
            ProblemKind::Throttled => {
                Next::say("Wait a little and run again; fewer other readers of the bucket help.")
            }
            ProblemKind::Refused => Next::say(format!(
                "Allow {} on bucket {} to this key, in its own policy or the bucket's.",
                self.action, self.bucket
            )),
            ProblemKind::Archived => {
                Next::say("Restore the object, or copy it to a storage class that can be read.")
            }
            ProblemKind::NotFound | ProblemKind::Changed => {
                Next::say("Something is writing to the bucket. Run again when it has finished.")
            }
            _ => Next::say("Run it again; if it stays, the request id helps AWS support."),
        }
    }
}

fn kind_of(status: u16, code: &str, region: impl FnOnce() -> Option<String>) -> ProblemKind {
    match code {
        "ExpiredToken" | "ExpiredTokenException" | "TokenRefreshRequired" => ProblemKind::ExpiredSession,
        "InvalidAccessKeyId" | "InvalidClientTokenId" | "UnrecognizedClientException" | "InvalidToken" => {
            ProblemKind::KeyUnknown
        }
        "SignatureDoesNotMatch" => ProblemKind::WrongSecret,
        "RequestTimeTooSkewed" => ProblemKind::ClockSkew,
        "NoSuchBucket" | "InvalidBucketName" => ProblemKind::NoSuchBucket,
        "PermanentRedirect" | "TemporaryRedirect" | "AuthorizationHeaderMalformed" => {
            ProblemKind::WrongRegion(region())
        }
        "InvalidObjectState" => ProblemKind::Archived,
        "NoSuchKey" => ProblemKind::NotFound,
        "PreconditionFailed" | "InvalidRange" => ProblemKind::Changed,
        "SlowDown"
        | "Throttling"
        | "ThrottlingException"
        | "RequestLimitExceeded"
        | "TooManyRequests"
        | "ServiceUnavailable"
        | "InternalError"
        | "RequestTimeout" => ProblemKind::Throttled,
        // The object's key in KMS is disabled, deleted or refused: to the reader it is a refusal.
        _ if code.starts_with("KMS.") => ProblemKind::Refused,
        _ => match status {
            301 | 307 => ProblemKind::WrongRegion(region()),
            // Regions opened after March 2019 answer a signature for another region with nothing but this.
            400 if code.is_empty() => ProblemKind::WrongRegion(region()),
            401 | 403 => ProblemKind::Refused,
            404 => ProblemKind::NotFound,
            412 | 416 => ProblemKind::Changed,
            429 | 500..=599 => ProblemKind::Throttled,
            _ => ProblemKind::Other,
        },
    }
}

/// The region that an answer names, in its header or its message (`expecting 'us-west-2'`).
fn region_told(answer: &Response, message: &str) -> Option<String> {
    let header = answer.headers().get("x-amz-bucket-region").map(str::to_owned);
    header
        .or_else(|| {
            let (_, after) = message.split_once("expecting '")?;
            after.split_once('\'').map(|(region, _)| region.to_owned())
        })
        .filter(|region| is_region(region))
}

/// Whether text may be a region's name; what a server says is not trusted further.
pub(super) fn is_region(text: &str) -> bool {
    !text.is_empty() && text.len() <= 40 && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

fn quoted(status: u16, code: &str, message: &str) -> String {
    let message: String = message
        .chars()
        .take(400)
        .collect::<String>()
        .escape_debug()
        .to_string();
    let code = code.escape_debug();
    match (code.to_string().is_empty(), message.is_empty()) {
        (true, true) => format!("the server answered {status} without a word"),
        (false, true) => format!("the server answered {status} {code}"),
        _ => format!("the server answered {status} {code}: \u{201c}{message}\u{201d}"),
    }
}

/// Whether an error came from looking for credentials rather than from the bucket.
pub(super) fn credentials_problem(error: &(dyn Error + 'static), profile: Option<&str>) -> Option<Problem> {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if let Some(found) = error.downcast_ref::<CredentialsError>() {
            return Some(no_credentials(found, profile));
        }
        cause = error.source();
    }
    None
}

/// Why no credentials could be had.
pub(super) fn no_credentials(error: &CredentialsError, profile: Option<&str>) -> Problem {
    let told = chain(error);
    let lower = told.to_lowercase();
    let session = ["expired", "sso", "refresh", "login"]
        .iter()
        .any(|word| lower.contains(word));
    let told = told.escape_debug().to_string();
    match error {
        CredentialsError::CredentialsNotLoaded(_) if !session => Problem::new(
            ProblemKind::NoCredentials,
            "no AWS credentials were found",
            format!("the environment, the profile and this machine's role were asked: {told}"),
            no_credentials_next(),
        ),
        _ if session => Problem::new(
            ProblemKind::ExpiredSession,
            "the login session has expired",
            told,
            login_next(profile),
        ),
        _ => Problem::new(
            ProblemKind::NoCredentials,
            "no AWS credentials could be loaded",
            told,
            no_credentials_next(),
        ),
    }
}

fn no_credentials_next() -> Next {
    Next::say(
        "Choose a profile with --profile, set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, \
         or give the reader's key with --reader-key-file.",
    )
}

fn login_next(profile: Option<&str>) -> Next {
    let command = match profile {
        Some(profile) => format!("aws sso login --profile {profile}"),
        None => "aws sso login".into(),
    };
    Next {
        say: "Log in again, then run this again.".into(),
        command: Some(command),
        url: None,
    }
}

/// The innermost cause of an error, in its own words.
pub(super) fn root_cause(error: &dyn Error) -> String {
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let said = error.to_string();
        if !said.is_empty() {
            words = said;
        }
        cause = error.source();
    }
    words.escape_debug().to_string()
}

/// An error and all that caused it, in their own words.
fn chain(error: &dyn Error) -> String {
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let said = error.to_string();
        if !words.contains(&said) {
            words = format!("{words}: {said}");
        }
        cause = error.source();
    }
    words
}
