//! Why no credentials could be had, and how to get some.

use std::error::Error;

use aws_credential_types::{Credentials, provider::error::CredentialsError};

use crate::{
    report::{Problem, ProblemKind, escape::escape},
    rule::Next,
};

/// Whether an error came from looking for credentials rather than from the service.
pub(super) fn in_error(error: &(dyn Error + 'static), profile: Option<&str>) -> Option<Problem> {
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
pub(in crate::store::s3) fn no_credentials(error: &CredentialsError, profile: Option<&str>) -> Problem {
    let told = chain(error);
    let lower = told.to_lowercase();
    let session = ["expired", "sso", "refresh", "login"]
        .iter()
        .any(|word| lower.contains(word));
    let told = escape(&told).into_owned();
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

/// A region that none can be: requests can't be signed for it.
pub(in crate::store::s3) fn no_region(region: &str) -> Problem {
    Problem::new(
        ProblemKind::Unreachable,
        "the region's name can't be one",
        format!("it is `{}`", escape(region)),
        Next::say(
            "Give it as in us-west-2: with --region, in AWS_REGION or in the profile; or leave it out, and the bucket is asked.",
        ),
    )
}

/// Why credentials can't be used: key id and token stand in headers, which do not hold just anything.
pub(in crate::store::s3) fn unusable(key: &Credentials) -> Option<Problem> {
    let fits = |text: &str| text.bytes().all(|byte| byte.is_ascii_graphic());
    let what = if !fits(key.access_key_id()) {
        "the access key id"
    } else if !key.session_token().is_none_or(fits) {
        "the session token"
    } else {
        return None;
    };
    Some(Problem::new(
        ProblemKind::KeyUnknown,
        "the credentials can't be used",
        format!("{what} holds spaces, line ends or other characters that none has"),
        Next::say("Copy it again, without quotes, spaces or line ends."),
    ))
}

/// How to get credentials.
pub(super) fn no_credentials_next() -> Next {
    Next::say(
        "Choose a profile with --profile, set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, \
         or give the reader's key with --reader-key-file.",
    )
}

/// How to log in again.
pub(super) fn login_next(profile: Option<&str>) -> Next {
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
