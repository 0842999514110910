//! What went wrong between us and a bucket, as a value with a remedy. Adapters make problems of their SDK's errors;
//! checks and panels show them.

use std::fmt;

use crate::rule::{Code, Next};

/// A failed call, classified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// What kind of failure.
    pub kind: ProblemKind,
    /// What failed, in words: "listing events/ was refused".
    pub what: String,
    /// Why, as far as the answer says; a server's own words are quoted and escaped.
    pub cause: String,
    /// The API call, as AWS names it: `s3:ListObjectsV2`.
    pub call: Option<&'static str>,
    /// The IAM action that the call needs: `s3:ListBucket`.
    pub action: Option<&'static str>,
    /// The HTTP status.
    pub status: Option<u16>,
    /// The service's error code: `AccessDenied`.
    pub error_code: Option<String>,
    /// The service's own words, escaped and cut, for those who take a refusal apart.
    pub message: Option<String>,
    /// The request id, for a support case.
    pub request_id: Option<String>,
    /// Whether the server surely did nothing: this try and all before it were answered, and each was turned away. `false`
    /// where that is not known.
    pub did_nothing: bool,
    /// What to do next.
    pub next: Next,
}

/// The kinds of failure that people can act on differently.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProblemKind {
    /// No credentials were found (C101).
    NoCredentials,
    /// A session or token has expired (C102).
    ExpiredSession,
    /// The key id is not known (C103).
    KeyUnknown,
    /// The secret does not match the key id (C104).
    WrongSecret,
    /// The clocks differ too much (C105).
    ClockSkew,
    /// No such bucket (C106).
    NoSuchBucket,
    /// The bucket is in another region (C107), with the right one where it was told.
    WrongRegion(Option<String>),
    /// The endpoint could not be reached: name, route, TLS, refused, timed out (C108).
    Unreachable,
    /// Throttled or overloaded, retries used up (C109).
    Throttled,
    /// Refused for lack of permission (A201 for lists, A202 for reads).
    Refused,
    /// The object is archived (L309).
    Archived,
    /// The object is not there (any more).
    NotFound,
    /// The body ended early or its length was wrong, retries used up.
    CutShort,
    /// The object changed while it was read.
    Changed,
    /// A conditional put found an object there, or IAM something of that name.
    AlreadyThere,
    /// A limit of AWS is reached: two keys for a user, the length of a policy.
    LimitReached,
    /// A policy document that AWS does not take.
    Malformed,
    /// It can't be deleted as long as something else hangs on it.
    InTheWay,
    /// Another change of the same thing is under way; retries used up.
    Busy,
    /// The work was cancelled.
    Cancelled,
    /// The local file system said no.
    Io,
    /// Anything else.
    Other,
}

impl Problem {
    /// A problem without details of a call.
    pub fn new(kind: ProblemKind, what: impl Into<String>, cause: impl Into<String>, next: Next) -> Self {
        Self {
            kind,
            what: what.into(),
            cause: cause.into(),
            call: None,
            action: None,
            status: None,
            error_code: None,
            message: None,
            request_id: None,
            did_nothing: false,
            next,
        }
    }

    /// Whether it is the key itself that is not taken, whatever it may do: another key may well be.
    pub fn is_of_the_key(&self) -> bool {
        matches!(
            self.kind,
            ProblemKind::ExpiredSession | ProblemKind::KeyUnknown | ProblemKind::WrongSecret
        )
    }

    /// Whether it is a plain no to the call: the client's error by its status, and nothing was done. A timeout (408) or a
    /// busy server (429) is none: such an answer may come from something on the way.
    pub fn is_plain_no(&self) -> bool {
        let no = |status: u16| (400..500).contains(&status) && !matches!(status, 408 | 429);
        self.did_nothing && self.status.is_some_and(no)
    }

    /// The C1xx rule that names this problem, where it says nothing about the bucket's contents.
    pub fn connection_code(&self) -> Option<Code> {
        Some(Code::new(match self.kind {
            ProblemKind::NoCredentials => "C101",
            ProblemKind::ExpiredSession => "C102",
            ProblemKind::KeyUnknown => "C103",
            ProblemKind::WrongSecret => "C104",
            ProblemKind::ClockSkew => "C105",
            ProblemKind::NoSuchBucket => "C106",
            ProblemKind::WrongRegion(_) => "C107",
            ProblemKind::Unreachable => "C108",
            ProblemKind::Throttled => "C109",
            _ => return None,
        }))
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.what, self.cause)
    }
}

impl std::error::Error for Problem {}
