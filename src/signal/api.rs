//! Signals by the API: one timestamp, with the ledger asked before and told after.
//!
//! A request is sent again only where it is certain that the one before was not taken: there was no connection, or the
//! server said *not now* (429). Whatever leaves that open ends the run; what came back is told as it came.

use std::time::Duration;

use futures_util::future::BoxFuture;
use jiff::Timestamp;

use super::ledger::{Intent, Ledger, LedgerError, Line, OpenLedger, Outcome};
use crate::calendar::{DayOffset, PstDay};

/// The one documented `type`. Source: Statsig's documentation of `mark_data_ready`.
pub const METRICS: &str = "metrics";

/// What is told: all data before the timestamp is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Seconds since the epoch.
    pub timestamp: i64,
    /// [`METRICS`], or the operator's own word.
    pub kind: String,
}

impl Mark {
    /// The timestamp that completes a day: the first instant after it, D+1 08:00Z for PST.
    pub fn day(day: PstDay, offset: DayOffset, kind: &str) -> Self {
        Self {
            timestamp: day.end_second(offset),
            kind: kind.to_owned(),
        }
    }

    /// The request's body. Source: Statsig's documentation of `mark_data_ready`.
    pub fn body(&self) -> String {
        serde_json::json!({"timestamp": self.timestamp, "type": self.kind}).to_string()
    }

    /// The timestamp as an instant; `None` at the edge of the year 9999.
    pub fn instant(&self) -> Option<Timestamp> {
        Timestamp::from_second(self.timestamp).ok()
    }
}

/// What the server answered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The body as it came: escaped, cut, without the key should it stand there.
    pub body: String,
    /// Whether the body ended early.
    pub cut: bool,
    /// How long to wait before another try, where the server says.
    pub retry_after: Option<Duration>,
}

/// What came of one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// The server answered.
    Answered(Answer),
    /// There was no connection, so nothing was sent: why.
    NotSent(String),
    /// Something was sent and no answer came, or none that could be read: why.
    Lost(String),
}

/// Something that can mark data ready: Statsig's API with a key.
pub trait MarkReady: Send + Sync {
    /// Where requests go.
    fn url(&self) -> &str;

    /// Sends one request, once.
    fn send<'a>(&'a self, mark: &'a Mark) -> BoxFuture<'a, Reply>;
}

/// What became of a mark.
#[derive(Debug)]
pub enum Marked {
    /// The server took it.
    Taken(Answer),
    /// The ledger says that exactly this was taken before: nothing was sent.
    Already {
        /// When, where it is known.
        at: Option<Timestamp>,
    },
    /// A later timestamp was taken, or may have been: an earlier one does nothing, and none was sent.
    Earlier {
        /// The later timestamp, in seconds since the epoch.
        marked: i64,
        /// Whether that one was certainly taken.
        certain: bool,
    },
    /// The server refused it.
    Refused(Answer),
    /// Nothing was sent: why.
    NotSent(String),
    /// It may have been taken: why, and the answer where there was one.
    Open {
        /// What happened.
        why: String,
        /// The answer, where there was one.
        answer: Option<Answer>,
    },
    /// The guard, asked right before sending, said no: nothing was sent.
    Withheld(String),
    /// The ledger can't be used: nothing was sent.
    NoLedger(LedgerError),
    /// It was answered, and that could not be entered.
    Unentered {
        /// What became of the mark.
        marked: Box<Marked>,
        /// Why it could not be entered.
        error: LedgerError,
    },
}

/// How often a request that was certainly not taken is made.
const TRIES: u32 = 3;
/// A server that asks for a longer wait is not waited for.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// Marks, once. `now` tells the time, and `gate` is asked right before sending.
pub async fn mark(
    client: &dyn MarkReady,
    ledger: &Ledger,
    mark: &Mark,
    now: impl Fn() -> Timestamp + Send + Sync,
    gate: impl FnOnce() -> Result<(), String> + Send,
) -> Marked {
    let target = ledger.target().map(str::to_owned);
    let opened = {
        let ledger = ledger.clone();
        // Another program may hold it for as long as its request takes.
        tokio::task::spawn_blocking(move || ledger.open()).await
    };
    let mut ledger = match opened {
        Ok(Ok(ledger)) => ledger,
        Ok(Err(error)) => return Marked::NoLedger(error),
        Err(_) => return Marked::NotSent("waiting for the ledger was interrupted".into()),
    };
    match before(&mut ledger, client.url(), mark) {
        Ok(None) => {}
        Ok(Some(stands)) => return stands,
        Err(error) => return Marked::NoLedger(error),
    }
    if let Err(why) = gate() {
        return Marked::Withheld(why);
    }
    let intent = Intent {
        id: format!("{:016x}", fastrand::u64(..)),
        at: now(),
        url: client.url().to_owned(),
        kind: mark.kind.clone(),
        timestamp: mark.timestamp,
        target,
    };
    if let Err(error) = ledger.append(&Line::Intent(intent.clone())) {
        return Marked::NoLedger(error);
    }
    let marked = told(send(client, mark).await);
    let line = answer_line(&marked, intent.id, now());
    match ledger.append(&line) {
        Ok(()) => marked,
        Err(error) => Marked::Unentered {
            marked: Box::new(marked),
            error,
        },
    }
}

/// What the ledger has to say before anything is sent; `None` where nothing stands in the way.
fn before(ledger: &mut OpenLedger, url: &str, mark: &Mark) -> Result<Option<Marked>, LedgerError> {
    let known = ledger.marked(url, &mark.kind)?;
    Ok(match (known.taken, known.open) {
        (Some(taken), _) if taken == mark.timestamp => Some(Marked::Already { at: known.taken_at }),
        (Some(taken), _) if taken > mark.timestamp => Some(Marked::Earlier {
            marked: taken,
            certain: true,
        }),
        (_, Some(open)) if open > mark.timestamp => Some(Marked::Earlier {
            marked: open,
            certain: false,
        }),
        _ => None,
    })
}

/// Sends, and sends again where nothing can have been taken.
async fn send(client: &dyn MarkReady, mark: &Mark) -> Reply {
    let mut pause = Duration::from_millis(250);
    for _ in 1..TRIES {
        let reply = client.send(mark).await;
        let wait = match &reply {
            Reply::NotSent(_) => pause,
            Reply::Answered(answer) if answer.status == 429 => answer.retry_after.unwrap_or(pause),
            _ => return reply,
        };
        if wait > LONGEST_WAIT {
            return reply;
        }
        tokio::time::sleep(wait).await;
        pause = pause.saturating_mul(2);
    }
    client.send(mark).await
}

fn told(reply: Reply) -> Marked {
    match reply {
        Reply::NotSent(why) => Marked::NotSent(why),
        Reply::Lost(why) => Marked::Open { why, answer: None },
        Reply::Answered(answer) => match answer.status {
            200..=299 if says_no(&answer.body) => Marked::Open {
                why: format!(
                    "the server answered {} and said that it did not succeed",
                    answer.status
                ),
                answer: Some(answer),
            },
            200..=299 if !answer.cut => Marked::Taken(answer),
            200..=299 => Marked::Open {
                why: format!("the answer began with {} and was cut", answer.status),
                answer: Some(answer),
            },
            // The server gave up waiting for the request, or says that it failed over it: who knows how far it got.
            408 | 500..=599 => Marked::Open {
                why: format!("the server answered {}", answer.status),
                answer: Some(answer),
            },
            _ => Marked::Refused(answer),
        },
    }
}

/// Whether an answer says in its words, as they are told, that it did not succeed. Statsig documents none; what it would
/// mean is not known, and a mark that is entered as taken is never sent again.
fn says_no(body: &str) -> bool {
    let bare = body.replace("\\n", "").replace("\\r", "").replace("\\t", "");
    let bare: String = bare.split_whitespace().collect();
    bare.contains("\"success\":false")
}

fn answer_line(marked: &Marked, id: String, at: Timestamp) -> Line {
    let (outcome, answer, why) = match marked {
        Marked::Taken(answer) => (Outcome::Taken, Some(answer), None),
        Marked::Refused(answer) => (Outcome::Refused, Some(answer), None),
        Marked::NotSent(why) => (Outcome::NotSent, None, Some(why)),
        Marked::Open { why, answer } => (Outcome::Open, answer.as_ref(), Some(why)),
        _ => (Outcome::Open, None, None),
    };
    Line::Answer {
        id,
        at,
        outcome,
        status: answer.map(|answer| answer.status),
        said: answer
            .map(|answer| answer.body.clone())
            .filter(|body| !body.is_empty())
            .or_else(|| why.cloned())
            .unwrap_or_default(),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests;
