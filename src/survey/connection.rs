//! C101 to C109: what requests prove of credentials, bucket and network.

use crate::{
    access::key,
    report::{Problem, ProblemKind},
    rule::{Code, Found, Judged, Outcome, Severity, Subject},
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
    /// The reader's key id.
    pub key_id: Option<String>,
    /// What is odd about the secret, without the secret.
    pub secret_oddity: Option<String>,
    /// By how many seconds the server's clock is ahead of this machine's.
    pub clock_ahead: Option<i64>,
    /// The region that environment or profile say, and the bucket's own, where that is another.
    pub corrected: Option<(String, String)>,
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
                    return self.problem.as_ref().map(|problem| self.found(code, problem));
                }
                if let (true, "C107", Some(corrected)) = (self.accepted, code.as_str(), &self.corrected) {
                    return Some(followed(corrected));
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

/// A region that was only a default gave way to the bucket's own: context, and nothing to put right.
fn followed((configured, own): &(String, String)) -> Outcome {
    Outcome::judged(
        Code::new("C107"),
        Subject::Account,
        Judged {
            count: 1,
            checked: 1,
            of: 1,
            severity: Some(Severity::Info),
            cause: Some(format!(
                "The bucket is in {own}. The environment or the profile says {configured}, which is only a default: \
                 the bucket's own region is used. Tell Statsig {own}."
            )),
            ..Judged::default()
        },
    )
}

impl Connection {
    /// A wrong key, secret, bucket or region is a finding; where nothing was learned of them, it is *unknown*.
    fn found(&self, code: Code, problem: &Problem) -> Outcome {
        let cause = match self.hint(problem) {
            Some(hint) => format!("{problem}. {hint}"),
            None => problem.to_string(),
        };
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

    /// What the key's shape and the clocks say to a problem.
    fn hint(&self, problem: &Problem) -> Option<String> {
        match problem.kind {
            ProblemKind::WrongSecret => {
                let oddity = self.secret_oddity.as_ref()?;
                Some(format!("Look at it: {oddity}"))
            }
            ProblemKind::KeyUnknown => {
                let id = self.key_id.as_deref()?;
                let account = key::inferred_account(id)?;
                Some(format!("By its id the key is of account {account} (inferred)"))
            }
            ProblemKind::ClockSkew => {
                let ahead = self.clock_ahead.filter(|ahead| ahead.abs() >= 60)?;
                let minutes = ahead.abs() / 60;
                let way = if ahead > 0 { "behind" } else { "ahead of" };
                Some(format!("This machine is {minutes} min {way} the server"))
            }
            _ => None,
        }
    }
}
