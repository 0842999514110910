//! The SDK's errors, of S3, IAM and STS alike, classified into problems that a person can act on.
//!
//! - `credentials`: why no credentials could be had
//! - `remedy`: what to do next

mod credentials;
mod remedy;

use std::{error::Error, fmt};

use aws_sdk_s3::{error::ProvideErrorMetadata, operation::RequestId};
use aws_smithy_runtime_api::{client::result::SdkError, http::Response};

pub(super) use credentials::{no_credentials, no_region, unusable};

use super::retry::Failure;
use crate::{
    access::Refusal,
    report::{
        Problem, ProblemKind,
        escape::{escape, escape_cut},
    },
};

/// As much of a server's words is quoted in a cause.
const QUOTED: usize = 400;
/// As much of them is kept to be taken apart: ARNs with long keys come before the reason.
const KEPT: usize = 4_000;

/// What a call is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum On<'a> {
    /// A bucket or what is in it.
    Bucket(&'a str),
    /// An IAM user, by its name.
    User(&'a str),
    /// An IAM group, by its name.
    Group(&'a str),
    /// A managed policy, by its ARN.
    Policy(&'a str),
    /// Nothing in particular: IAM's `*`.
    Account,
}

impl fmt::Display for On<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bucket(name) => write!(f, "bucket {}", escape(name)),
            Self::User(name) => write!(f, "user {}", escape(name)),
            Self::Group(name) => write!(f, "group {}", escape(name)),
            Self::Policy(arn) => write!(f, "policy {}", escape(arn)),
            Self::Account => f.write_str("*"),
        }
    }
}

/// A call, as problems name it.
#[derive(Clone, Debug)]
pub(crate) struct Call<'a> {
    /// What is being done, in words: `listing events/`.
    pub doing: String,
    /// The API call.
    pub name: &'static str,
    /// The IAM action that it needs.
    pub action: &'static str,
    /// What it is about.
    pub on: On<'a>,
    /// The profile, for commands to paste.
    pub profile: Option<&'a str>,
}

/// What a server said no with.
#[derive(Clone, Copy, Debug, Default)]
struct Words<'a> {
    code: &'a str,
    message: &'a str,
}

impl Call<'_> {
    /// A problem of this call.
    pub fn problem(&self, kind: ProblemKind, cause: impl Into<String>) -> Problem {
        self.worded(kind, cause, Words::default())
    }

    fn worded(&self, kind: ProblemKind, cause: impl Into<String>, words: Words<'_>) -> Problem {
        let what = match kind {
            ProblemKind::Refused => format!("{} was refused", self.doing),
            _ => format!("{} failed", self.doing),
        };
        let next = remedy::next(self, &kind, words);
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
        if let Some(problem) = credentials::in_error(error, self.profile) {
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
        let words = Words {
            code: error.code().unwrap_or_default(),
            message: error.message().unwrap_or_default(),
        };
        let kind = match kind_of(status, words, || region_told(answer, words.message)) {
            // Only buckets are in a region; to IAM and STS such an answer is merely odd.
            ProblemKind::WrongRegion(_) if !matches!(self.on, On::Bucket(_)) => ProblemKind::Other,
            kind => kind,
        };
        let again =
            matches!(kind, ProblemKind::Throttled | ProblemKind::Busy) || words.code == "RequestTimeout";
        let mut problem = self.worded(kind, cause(status, words), words);
        problem.status = Some(status);
        problem.error_code = Some(words.code)
            .filter(|code| !code.is_empty())
            .map(|code| escape(code).into_owned());
        problem.message = Some(words.message)
            .filter(|message| !message.is_empty())
            .map(|message| escape_cut(message, KEPT));
        problem.request_id = error.request_id().map(|id| escape(id).into_owned());
        Failure {
            problem,
            again,
            turned_away: status < 500 || is_throttle(words.code),
        }
    }
}

/// Codes by which a server says that it did not even look at the request.
fn is_throttle(code: &str) -> bool {
    matches!(
        code,
        "SlowDown"
            | "Throttling"
            | "ThrottlingException"
            | "RequestLimitExceeded"
            | "TooManyRequests"
            | "TooManyRequestsException"
    )
}

fn kind_of(status: u16, words: Words<'_>, region: impl FnOnce() -> Option<String>) -> ProblemKind {
    let Words { code, message } = words;
    match code {
        "ExpiredToken" | "ExpiredTokenException" | "TokenRefreshRequired" => ProblemKind::ExpiredSession,
        "InvalidAccessKeyId" | "InvalidClientTokenId" | "UnrecognizedClientException" | "InvalidToken" => {
            ProblemKind::KeyUnknown
        }
        // IAM and STS say so of a request that is signed for another time.
        "SignatureDoesNotMatch" | "IncompleteSignature" | "InvalidSignatureException"
            if message.starts_with("Signature expired")
                || message.starts_with("Signature not yet current") =>
        {
            ProblemKind::ClockSkew
        }
        "SignatureDoesNotMatch" | "InvalidSignatureException" => ProblemKind::WrongSecret,
        "RequestTimeTooSkewed" | "RequestExpired" => ProblemKind::ClockSkew,
        "NoSuchBucket" | "InvalidBucketName" => ProblemKind::NoSuchBucket,
        "PermanentRedirect" | "TemporaryRedirect" | "AuthorizationHeaderMalformed" => {
            ProblemKind::WrongRegion(region())
        }
        "InvalidObjectState" => ProblemKind::Archived,
        "NoSuchKey" | "NoSuchEntity" => ProblemKind::NotFound,
        "PreconditionFailed" | "InvalidRange" => ProblemKind::Changed,
        "EntityAlreadyExists" => ProblemKind::AlreadyThere,
        "LimitExceeded" => ProblemKind::LimitReached,
        "MalformedPolicyDocument" | "MalformedPolicy" | "InvalidPolicyDocument" | "PolicyTooLarge" => {
            ProblemKind::Malformed
        }
        "DeleteConflict" => ProblemKind::InTheWay,
        "EntityTemporarilyUnmodifiable" | "ConcurrentModification" | "OperationAborted" => ProblemKind::Busy,
        "ServiceUnavailable" | "ServiceFailure" | "InternalError" | "InternalFailure" | "RequestTimeout" => {
            ProblemKind::Throttled
        }
        _ if is_throttle(code) => ProblemKind::Throttled,
        "AccessDenied" | "AccessDeniedException" | "UnauthorizedOperation" | "AllAccessDisabled" => {
            ProblemKind::Refused
        }
        // The object's key in KMS is disabled, deleted or refused: to the reader it is a refusal.
        _ if code.starts_with("KMS.") => ProblemKind::Refused,
        _ => match status {
            301 | 307 => ProblemKind::WrongRegion(region()),
            // Regions opened after March 2019 answer a signature for another region with nothing but this.
            400 if code.is_empty() => ProblemKind::WrongRegion(region()),
            401 | 403 => ProblemKind::Refused,
            404 => ProblemKind::NotFound,
            412 | 416 => ProblemKind::Changed,
            429 | 500 | 502..=599 => ProblemKind::Throttled,
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

/// Why, in our words as far as AWS' are understood, then AWS' own.
fn cause(status: u16, words: Words<'_>) -> String {
    let quoted = quoted(status, words);
    match reason(&Refusal::decode(words.message)) {
        Some(reason) => format!("{reason}; {quoted}"),
        None => quoted,
    }
}

fn quoted(status: u16, words: Words<'_>) -> String {
    let message = escape_cut(words.message, QUOTED);
    let code = escape(words.code);
    match (code.is_empty(), message.is_empty()) {
        (true, true) => format!("the server answered {status} without a word"),
        (false, true) => format!("the server answered {status} {code}"),
        _ => format!("the server answered {status} {code}: \u{201c}{message}\u{201d}"),
    }
}

/// The reason of a refusal that AWS explains: its text may be cut before it comes to that.
fn reason(refusal: &Refusal) -> Option<String> {
    if let Some(setting) = &refusal.public_access_block {
        return Some(format!(
            "{} of S3 Block Public Access prevents it",
            escape(setting)
        ));
    }
    let said = refusal.said.as_ref()?;
    let action = refusal.action.as_deref().map_or("it".into(), escape);
    let policy = said.policy.with_article();
    let policy = escape(&policy);
    Some(match (said.explicit, said.policy_arn.as_deref()) {
        (true, Some(arn)) => format!("{policy} ({}) denies {action} explicitly", escape(arn)),
        (true, None) => format!("{policy} denies {action} explicitly"),
        (false, _) => format!("no {} allows {action}", escape(&said.policy.to_string())),
    })
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
    escape(&words).into_owned()
}

#[cfg(test)]
mod tests {
    use super::{ProblemKind, Words, kind_of};

    fn kind(status: u16, code: &str, message: &str) -> ProblemKind {
        kind_of(status, Words { code, message }, || Some("eu-central-1".into()))
    }

    #[test]
    fn whatever_aws_answers_a_person_is_told_what_to_do_about_that() {
        let far = || ProblemKind::WrongRegion(Some("eu-central-1".into()));
        for (status, code, wanted) in [
            (400, "Throttling", ProblemKind::Throttled),
            (429, "TooManyRequestsException", ProblemKind::Throttled),
            (503, "SlowDown", ProblemKind::Throttled),
            (500, "InternalError", ProblemKind::Throttled),
            (502, "", ProblemKind::Throttled),
            // A server that has no such call will not have it on the next try.
            (501, "NotImplemented", ProblemKind::Other),
            (405, "MethodNotAllowed", ProblemKind::Other),
            (403, "AccessDenied", ProblemKind::Refused),
            (401, "UnauthorizedOperation", ProblemKind::Refused),
            (403, "", ProblemKind::Refused),
            (400, "KMS.KMSInvalidStateException", ProblemKind::Refused),
            (403, "InvalidAccessKeyId", ProblemKind::KeyUnknown),
            (403, "InvalidClientTokenId", ProblemKind::KeyUnknown),
            (400, "ExpiredToken", ProblemKind::ExpiredSession),
            (403, "RequestTimeTooSkewed", ProblemKind::ClockSkew),
            (400, "RequestExpired", ProblemKind::ClockSkew),
            (404, "NoSuchBucket", ProblemKind::NoSuchBucket),
            (404, "NoSuchEntity", ProblemKind::NotFound),
            (404, "NoSuchBucketPolicy", ProblemKind::NotFound),
            (301, "PermanentRedirect", far()),
            (307, "TemporaryRedirect", far()),
            (400, "AuthorizationHeaderMalformed", far()),
            (400, "", far()),
            (409, "EntityAlreadyExists", ProblemKind::AlreadyThere),
            (409, "LimitExceeded", ProblemKind::LimitReached),
            (409, "DeleteConflict", ProblemKind::InTheWay),
            (409, "ConcurrentModification", ProblemKind::Busy),
            (409, "OperationAborted", ProblemKind::Busy),
            (400, "MalformedPolicy", ProblemKind::Malformed),
            (400, "MalformedPolicyDocument", ProblemKind::Malformed),
            (412, "PreconditionFailed", ProblemKind::Changed),
        ] {
            assert_eq!(kind(status, code, ""), wanted, "{status} {code}");
        }
    }

    #[test]
    fn a_wrong_clock_is_not_taken_for_a_wrong_secret() {
        let code = "SignatureDoesNotMatch";
        let wrong = "The request signature we calculated does not match the signature you provided.";
        assert_eq!(kind(403, code, wrong), ProblemKind::WrongSecret);
        let late = "Signature expired: 20260623T051400Z is now earlier than 20260623T055900Z";
        assert_eq!(kind(403, code, late), ProblemKind::ClockSkew);
        let early = "Signature not yet current: 20260623T081400Z is still later than 20260623T062900Z";
        assert_eq!(kind(403, code, early), ProblemKind::ClockSkew);
    }
}
