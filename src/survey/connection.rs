//! C101 to C109: what requests prove of credentials, bucket and network.

use crate::{
    report::{Problem, ProblemKind},
    rule::{Code, Found, Judged, Outcome, Subject},
};

const CODES: [Code; 9] = [
    Code::new("C101"),
    Code::new("C102"),
    Code::new("C103"),
    Code::new("C104"),
    Code::new("C105"),
    Code::new("C106"),
    Code::new("C107"),
    Code::new("C108"),
    Code::new("C109"),
];

/// What the run has seen of the way to the bucket.
#[derive(Clone, Debug, Default)]
pub(super) struct Connection {
    /// Credentials were found, or none are used.
    pub credentials: bool,
    /// Requests are not signed.
    pub unsigned: bool,
    /// A request to the bucket was answered by success or by a refusal for lack of permission: key, secret, session,
    /// clock, bucket and region are good.
    pub accepted: bool,
    /// The first problem that is one of C101 to C109.
    pub problem: Option<Problem>,
    /// The first problem that is none of them and proves nothing either.
    pub other: Option<Problem>,
}

impl Connection {
    /// The connection check that explains why things are unknown.
    pub fn blocker(&self) -> Option<Code> {
        self.problem.as_ref().and_then(Problem::connection_code)
    }

    /// Notes what came of a request. Only the first connection problem is kept: it explains the others.
    pub fn note(&mut self, problem: &Problem) {
        if problem.connection_code().is_some() {
            if self.problem.is_none() {
                self.problem = Some(problem.clone());
            }
        } else if matches!(
            problem.kind,
            ProblemKind::Refused | ProblemKind::NotFound | ProblemKind::Archived | ProblemKind::Changed
        ) {
            self.accepted = true;
        } else {
            self.other.get_or_insert_with(|| problem.clone());
        }
    }

    /// The outcomes. While the run goes on, C109 is left open unless it was met: later requests may still be throttled.
    pub fn outcomes(&self, done: bool) -> Vec<Outcome> {
        let blocker = self.blocker();
        CODES
            .into_iter()
            .filter_map(|code| {
                if Some(code) == blocker {
                    return self.problem.as_ref().map(|problem| found(code, problem));
                }
                match (self.proved(code, done), blocker) {
                    (Some(cause), _) => Some(pass(code, cause)),
                    (None, Some(blocker)) => Some(Outcome::skipped(
                        code,
                        Subject::Account,
                        blocker,
                        format!("nothing could be seen: {blocker} stands in the way"),
                    )),
                    (None, None) => {
                        let other = self.other.as_ref().filter(|_| done)?;
                        Some(Outcome::unknown(code, Subject::Account, other.to_string()))
                    }
                }
            })
            .collect()
    }

    /// Whether a check passes, and on what evidence where that needs saying.
    fn proved(&self, code: Code, done: bool) -> Option<Option<String>> {
        let unsigned = || Some("requests are not signed (--no-sign-request), so no key is used".to_owned());
        let answered = self.accepted
            || self
                .problem
                .as_ref()
                .is_some_and(|problem| problem.status.is_some());
        match code.as_str() {
            "C101" if self.unsigned => Some(unsigned()),
            "C101" => self.credentials.then_some(None),
            "C102" | "C103" | "C104" | "C105" if self.unsigned => self.accepted.then(unsigned),
            "C102" | "C103" | "C104" | "C105" | "C106" | "C107" => self.accepted.then_some(None),
            "C108" => answered.then_some(None),
            "C109" => (self.accepted && done).then_some(None),
            _ => None,
        }
    }
}

fn pass(code: Code, cause: Option<String>) -> Outcome {
    Outcome::judged(
        code,
        Subject::Account,
        Judged {
            count: 0,
            checked: 1,
            of: 1,
            cause,
            ..Judged::default()
        },
    )
}

/// A wrong key, secret, bucket or region is a finding; where nothing was learned of them, it is *unknown*.
fn found(code: Code, problem: &Problem) -> Outcome {
    let cause = problem.to_string();
    let is_finding = matches!(
        problem.kind,
        ProblemKind::KeyUnknown
            | ProblemKind::WrongSecret
            | ProblemKind::NoSuchBucket
            | ProblemKind::WrongRegion(_)
    );
    let found = if is_finding {
        Found::Judged(Judged {
            count: 1,
            checked: 1,
            of: 1,
            cause: Some(cause),
            next: Some(problem.next.clone()),
            ..Judged::default()
        })
    } else {
        Found::Unknown {
            cause,
            next: Some(problem.next.clone()),
        }
    };
    Outcome {
        code,
        subject: Subject::Account,
        found,
    }
}
