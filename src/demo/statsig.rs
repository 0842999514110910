//! Statsig's `mark_data_ready` as far as it is documented, and its failures on request.
//!
//! Served on the account's own port, so that a client is given [`super::PracticeAccount::statsig_url`] in the place of
//! `https://api.statsig.com`. Documented are the call, its header, its JSON, and that the timestamp only moves forward;
//! the words and statuses of the answers are not, so these are ours: a client must show them as they come, not know them.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use serde_json::{Value, json};

use super::faults::StatsigFault;

/// The path of the call.
pub const MARK_DATA_READY: &str = "/v1/mark_data_ready";
/// The practice project's server secret. Made up.
pub const SERVER_SECRET: &str = "secret-EXAMPLEofThePracticeProjectsServer";
/// The last second of the year 9999: what lies beyond is no number of seconds.
const LAST_SECOND: i64 = 253_402_300_799;

/// A call that arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    /// When, by the account's clock.
    pub at: Timestamp,
    /// What the key said of its kind, before its first hyphen: `secret`, `client`, `console`. The key itself is not kept.
    pub key_kind: Option<String>,
    /// `timestamp`, where it was a whole number.
    pub timestamp: Option<i64>,
    /// `type`
    pub kind: Option<String>,
    /// Whether it was taken: the timestamp is now at least this one.
    pub taken: bool,
    /// The status that was answered; `None` where the connection was closed in its place.
    pub status: Option<u16>,
}

/// What a request to Statsig brings. Not to be printed: the key is in it.
#[derive(Clone, Copy)]
pub(super) struct Post<'a> {
    pub method: &'a str,
    pub path: &'a str,
    /// The header `statsig-api-key`.
    pub key: Option<&'a str>,
    pub body: &'a [u8],
    /// The account's clock.
    pub now: Timestamp,
}

/// What becomes of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reply {
    /// `None`: the connection is closed without an answer.
    pub status: Option<u16>,
    pub body: String,
    /// Seconds.
    pub retry_after: Option<u32>,
    /// The body breaks off in its middle.
    pub cut: bool,
}

impl Reply {
    fn say(status: u16, words: &str) -> Self {
        Self {
            status: Some(status),
            body: json!({"status": status, "message": words}).to_string(),
            retry_after: None,
            cut: false,
        }
    }
}

#[derive(Debug, Default)]
struct State {
    marked: Option<i64>,
    received: Vec<Received>,
}

/// The project of one practice account. Cloning shares it.
#[derive(Clone, Debug, Default)]
pub struct Statsig(Arc<Mutex<State>>);

impl Statsig {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The latest timestamp that was taken, in seconds since the epoch.
    pub fn marked(&self) -> Option<i64> {
        self.state().marked
    }

    /// The calls that arrived, oldest first.
    pub fn received(&self) -> Vec<Received> {
        self.state().received.clone()
    }

    /// Answers a call, as the fault that is due for it says.
    pub(super) fn answer(&self, post: &Post<'_>, fault: Option<&StatsigFault>) -> Reply {
        if post.path != MARK_DATA_READY {
            return Reply::say(404, "there is no such call");
        }
        if post.method != "POST" {
            return Reply::say(405, "mark_data_ready is a POST");
        }
        let asked: Value = serde_json::from_slice(post.body).unwrap_or(Value::Null);
        let mut state = self.state();
        let reply = match fault {
            Some(StatsigFault::Unauthorized) => Reply::say(401, "the key is not known"),
            Some(StatsigFault::TooMany { retry_after }) => Reply {
                retry_after: *retry_after,
                ..Reply::say(429, "too many requests")
            },
            Some(StatsigFault::Broken) => Reply::say(500, "something went wrong on our side"),
            Some(StatsigFault::Earlier) => earlier("another one"),
            Some(StatsigFault::RequestLost) => Reply {
                status: None,
                ..Reply::say(0, "")
            },
            Some(StatsigFault::AnswerLost) => Reply {
                status: None,
                ..take(&mut state, post.key, &asked)
            },
            Some(StatsigFault::AnswerCut) => Reply {
                cut: true,
                ..take(&mut state, post.key, &asked)
            },
            Some(StatsigFault::Delay(_)) | None => take(&mut state, post.key, &asked),
        };
        let timestamp = asked.get("timestamp").and_then(Value::as_i64);
        let reached = !matches!(
            fault,
            Some(
                StatsigFault::Unauthorized
                    | StatsigFault::TooMany { .. }
                    | StatsigFault::Broken
                    | StatsigFault::Earlier
                    | StatsigFault::RequestLost
            )
        );
        let taken = reached && reply.body == done();
        let kind = |key: &str| key.split('-').next().unwrap_or_default().to_owned();
        state.received.push(Received {
            at: post.now,
            key_kind: post.key.map(kind),
            timestamp,
            kind: asked.get("type").and_then(Value::as_str).map(str::to_owned),
            taken,
            status: reply.status,
        });
        reply
    }
}

fn done() -> String {
    json!({"success": true}).to_string()
}

fn earlier(than: &str) -> Reply {
    Reply::say(
        400,
        &format!("the timestamp is earlier than {than} that was marked: it only moves forward"),
    )
}

/// The documented behaviour.
fn take(state: &mut State, key: Option<&str>, asked: &Value) -> Reply {
    match key {
        Some(SERVER_SECRET) => {}
        Some(key) if key.starts_with("client-") => {
            return Reply::say(401, "this is a client key, and the call takes a server secret");
        }
        Some(key) if key.starts_with("console-") => {
            return Reply::say(401, "this is a console key, and the call takes a server secret");
        }
        Some(_) => return Reply::say(401, "the key is not known"),
        None => return Reply::say(401, "the header statsig-api-key is missing"),
    }
    let Some(second) = asked.get("timestamp").and_then(Value::as_i64) else {
        return Reply::say(400, "timestamp must be a whole number of seconds since the epoch");
    };
    if !(0..=LAST_SECOND).contains(&second) {
        return Reply::say(400, "timestamp is not in seconds since the epoch");
    }
    match asked.get("type").and_then(Value::as_str) {
        Some("metrics") => {}
        Some(_) => return Reply::say(400, "type must be metrics: no other is documented"),
        None => return Reply::say(400, "type is missing"),
    }
    match state.marked {
        Some(marked) if second < marked => earlier(&marked.to_string()),
        _ => {
            state.marked = Some(second);
            Reply {
                body: done(),
                ..Reply::say(200, "")
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    fn post<'a>(key: Option<&'a str>, body: &'a str) -> Post<'a> {
        Post {
            method: "POST",
            path: MARK_DATA_READY,
            key,
            body: body.as_bytes(),
            now: Timestamp::UNIX_EPOCH,
        }
    }

    fn status(statsig: &Statsig, key: Option<&str>, body: &str) -> Option<u16> {
        statsig.answer(&post(key, body), None).status
    }

    const GOOD: &str = r#"{"timestamp": 1782288000, "type": "metrics"}"#;

    #[test]
    fn a_timestamp_only_moves_forward_and_only_by_a_server_secret() {
        let statsig = Statsig::default();
        for key in [
            None,
            Some("secret-other"),
            Some("client-x"),
            Some("console-x"),
            Some(""),
        ] {
            assert_eq!(status(&statsig, key, GOOD), Some(401), "{key:?}");
        }
        assert_eq!(statsig.marked(), None);
        let key = Some(SERVER_SECRET);
        for bad in [
            "",
            "{",
            "[]",
            r#"{"timestamp": "1782288000", "type": "metrics"}"#,
            r#"{"timestamp": 1782288000.5, "type": "metrics"}"#,
            r#"{"timestamp": 1782288000000, "type": "metrics"}"#,
            r#"{"timestamp": -1, "type": "metrics"}"#,
            r#"{"timestamp": 1782288000}"#,
            r#"{"timestamp": 1782288000, "type": "events"}"#,
        ] {
            assert_eq!(status(&statsig, key, bad), Some(400), "{bad}");
        }
        assert_eq!(status(&statsig, key, GOOD), Some(200));
        assert_eq!(
            status(&statsig, key, GOOD),
            Some(200),
            "the same again is no step back"
        );
        let back = r#"{"timestamp": 1782287999, "type": "metrics"}"#;
        assert_eq!(status(&statsig, key, back), Some(400));
        assert_eq!(statsig.marked(), Some(1_782_288_000));
        let taken = statsig.received().iter().filter(|r| r.taken).count();
        assert_eq!((statsig.received().len(), taken), (17, 2));
    }

    #[test]
    fn a_lost_answer_is_taken_and_a_lost_request_is_not_though_they_look_alike() {
        let statsig = Statsig::default();
        let key = Some(SERVER_SECRET);
        let lost = statsig.answer(&post(key, GOOD), Some(&StatsigFault::RequestLost));
        assert_eq!((lost.status, statsig.marked()), (None, None));
        let lost = statsig.answer(&post(key, GOOD), Some(&StatsigFault::AnswerLost));
        assert_eq!((lost.status, statsig.marked()), (None, Some(1_782_288_000)));
        let taken: Vec<bool> = statsig.received().iter().map(|r| r.taken).collect();
        assert_eq!(taken, [false, true]);
        assert!(!format!("{statsig:?}").contains(SERVER_SECRET));
    }
}
