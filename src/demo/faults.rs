//! Faults on request: what a test or a demonstration asks the practice account to do wrong.
//!
//! A fault stays until it is used up or [`Faults::clear`] is called. The account also keeps a record of the requests it
//! saw, so that a test can tell one ranged read from another.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// How a request that is signed for another region than the bucket's is answered; AWS has three ways.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RegionAnswer {
    /// 400 `AuthorizationHeaderMalformed`, the right region in the body.
    #[default]
    Malformed,
    /// 301 `PermanentRedirect`, the right region in a header.
    Redirect,
    /// A bare 400 without a body, as regions opened after March 2019 answer; the right region in a header only.
    Bare,
}

/// What the next call to Statsig comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatsigFault {
    /// 401
    Unauthorized,
    /// 429, with or without `Retry-After`.
    TooMany {
        /// In seconds.
        retry_after: Option<u32>,
    },
    /// 500, and nothing was taken.
    Broken,
    /// 400: the timestamp is earlier than one that somebody else marked.
    Earlier,
    /// The connection is closed before anything is taken, and without an answer.
    RequestLost,
    /// It is taken, and the connection is closed without an answer.
    AnswerLost,
    /// It is taken, and the answer breaks off in its body.
    AnswerCut,
    /// It is held so long, and then handled as usual.
    Delay(Duration),
}

/// A request that the account saw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// `GET`, `HEAD`, `PUT`, …
    pub method: String,
    /// The path as it stood on the wire, percent-encoded.
    pub path: String,
    /// The query as it stood on the wire.
    pub query: String,
    /// The `Range` header.
    pub range: Option<String>,
    /// The access key id that signed it.
    pub key_id: Option<String>,
    /// The status of the answer; 0 where the connection was closed in its place.
    pub status: u16,
}

/// What happens to one request, as the faults in force say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// Held so long before it is looked at.
    pub delay: Option<Duration>,
    /// Answered 503 `SlowDown`.
    pub slow_down: bool,
    /// The answer's body is cut after so many bytes.
    pub cut_at: Option<u64>,
}

#[derive(Debug, Default)]
struct State {
    refused_lists: Vec<String>,
    refused_reads: Vec<String>,
    slow_downs: u32,
    cuts: VecDeque<Cut>,
    delay: Option<Duration>,
    skew_seconds: i64,
    region_answer: RegionAnswer,
    statsig: VecDeque<StatsigFault>,
    seen: VecDeque<Seen>,
    requests: u64,
}

#[derive(Debug)]
struct Cut {
    key_prefix: String,
    at: u64,
    times: u32,
}

/// The record keeps the newest so many requests.
const SEEN_MAX: usize = 20_000;

/// The faults of one practice account. Cloning shares them.
#[derive(Clone, Debug, Default)]
pub struct Faults(Arc<Mutex<State>>);

impl Faults {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Listing with a prefix that begins with this one is refused (403 `AccessDenied`); `""` refuses every listing.
    pub fn refuse_listing(&self, prefix: &str) {
        self.state().refused_lists.push(prefix.to_owned());
    }

    /// Reading objects whose key begins so is refused (403 `AccessDenied`).
    pub fn refuse_reading(&self, key_prefix: &str) {
        self.state().refused_reads.push(key_prefix.to_owned());
    }

    /// The next so many requests are answered 503 `SlowDown`.
    pub fn slow_down(&self, times: u32) {
        self.state().slow_downs = times;
    }

    /// The bodies of the next so many reads of keys that begin so end after `at` bytes, the connection closed.
    pub fn cut_bodies(&self, key_prefix: &str, at: u64, times: u32) {
        self.state().cuts.push_back(Cut {
            key_prefix: key_prefix.to_owned(),
            at,
            times,
        });
    }

    /// Each request is held so long before it is answered.
    pub fn delay(&self, delay: Duration) {
        self.state().delay = Some(delay);
    }

    /// The server's clock is off by so many seconds: beyond 15 minutes signed requests are refused
    /// (`RequestTimeTooSkewed`).
    pub fn skew_clock(&self, seconds: i64) {
        self.state().skew_seconds = seconds;
    }

    /// How requests that are signed for the wrong region are answered.
    pub fn answer_wrong_region(&self, answer: RegionAnswer) {
        self.state().region_answer = answer;
    }

    /// The next so many calls to Statsig come to this; what was asked for before comes first.
    pub fn statsig(&self, fault: StatsigFault, times: u32) {
        let mut state = self.state();
        state.statsig.extend((0..times).map(|_| fault));
    }

    /// Everything works again. The record stays.
    pub fn clear(&self) {
        let mut state = self.state();
        let (seen, requests) = (std::mem::take(&mut state.seen), state.requests);
        *state = State {
            seen,
            requests,
            ..State::default()
        };
    }

    /// The requests seen so far, oldest first; the newest 20,000.
    pub fn seen(&self) -> Vec<Seen> {
        self.state().seen.iter().cloned().collect()
    }

    /// How many requests were answered so far.
    pub fn requests(&self) -> u64 {
        self.state().requests
    }

    /// Notes an answered request.
    pub(super) fn note(&self, seen: Seen) {
        let mut state = self.state();
        state.requests += 1;
        if state.seen.len() == SEEN_MAX {
            state.seen.pop_front();
        }
        state.seen.push_back(seen);
    }

    /// Takes what is due for a call to Statsig.
    pub(super) fn due_at_statsig(&self) -> Option<StatsigFault> {
        self.state().statsig.pop_front()
    }

    /// Takes what is due for a request; `reads` is the key when it reads an object's body.
    pub(super) fn due(&self, reads: Option<&str>) -> Verdict {
        let mut state = self.state();
        let slow_down = state.slow_downs > 0;
        state.slow_downs = state.slow_downs.saturating_sub(1);
        let mut cut_at = None;
        if let Some(key) = reads.filter(|_| !slow_down)
            && let Some(cut) = state
                .cuts
                .iter_mut()
                .find(|c| c.times > 0 && key.starts_with(&c.key_prefix))
        {
            cut.times -= 1;
            cut_at = Some(cut.at);
        }
        Verdict {
            delay: state.delay,
            slow_down,
            cut_at,
        }
    }

    /// Whether listing with this prefix is refused.
    pub(super) fn refuses_list(&self, prefix: &str) -> bool {
        self.state().refused_lists.iter().any(|p| prefix.starts_with(p))
    }

    /// Whether reading this key is refused.
    pub(super) fn refuses_read(&self, key: &str) -> bool {
        self.state().refused_reads.iter().any(|p| key.starts_with(p))
    }

    /// Seconds to add to the real clock to get the server's.
    pub(super) fn skew_seconds(&self) -> i64 {
        self.state().skew_seconds
    }

    /// How a wrong region is answered.
    pub(super) fn region_answer(&self) -> RegionAnswer {
        self.state().region_answer
    }
}
