//! Retries with backoff: exponential, with full jitter, and with a bound that shrinks while the server stays busy.

use std::{
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use crate::report::{Problem, ProblemKind};

/// A failed attempt.
#[derive(Debug)]
pub(crate) struct Failure {
    /// What failed.
    pub problem: Problem,
    /// Whether trying again may help.
    pub again: bool,
    /// Whether the server surely did nothing: it answered, and turned the request away.
    pub turned_away: bool,
}

impl Failure {
    /// A failure that will not go away by itself.
    pub fn lasting(problem: Problem) -> Self {
        Self {
            problem,
            again: false,
            turned_away: false,
        }
    }

    /// A failure that may.
    pub fn passing(problem: Problem) -> Self {
        Self {
            problem,
            again: true,
            turned_away: false,
        }
    }

    /// The same of a call that must not be made twice: it is tried again only where the server surely did nothing.
    #[must_use]
    pub fn not_twice(mut self) -> Self {
        if self.again && !self.turned_away {
            self.again = false;
            self.problem.cause = format!("{} (whether it took effect is not known)", self.problem.cause);
        }
        self
    }
}

/// How long to insist.
#[derive(Clone, Debug)]
pub(crate) struct Retry {
    base: Duration,
    cap: Duration,
    /// So many attempts at most, whatever the failure.
    most: u32,
    /// Some request used up its retries and none has succeeded since. Others then insist less, so that ten thousand
    /// requests to a busy server do not wait ten thousand times.
    struggling: Arc<AtomicBool>,
}

impl Default for Retry {
    fn default() -> Self {
        Self {
            base: Duration::from_millis(100),
            cap: Duration::from_secs(5),
            most: 8,
            struggling: Arc::default(),
        }
    }
}

impl Retry {
    fn attempts(&self, kind: &ProblemKind) -> u32 {
        match kind {
            _ if self.struggling.load(Ordering::Relaxed) => 2,
            // Nobody there: insisting for long helps nobody.
            ProblemKind::Unreachable => 3,
            ProblemKind::CutShort => 4,
            _ => 8,
        }
        .min(self.most)
    }

    /// For a call that can be done without: it is over in about a second, and that it failed makes no other call insist
    /// less.
    pub fn brief(&self) -> Self {
        Self {
            most: 4,
            struggling: Arc::new(AtomicBool::new(self.struggling.load(Ordering::Relaxed))),
            ..self.clone()
        }
    }

    /// Runs a call until it succeeds, fails for good, or has been tried often enough.
    pub async fn run<T, F, Fut>(&self, mut call: F) -> Result<T, Problem>
    where
        F: FnMut() -> Fut,
        Fut: Future<Output = Result<T, Failure>>,
    {
        let mut attempt = 0;
        let mut did_nothing = true;
        loop {
            attempt += 1;
            let mut failure = match call().await {
                Ok(done) => {
                    self.struggling.store(false, Ordering::Relaxed);
                    return Ok(done);
                }
                Err(failure) => failure,
            };
            did_nothing &= failure.turned_away;
            failure.problem.did_nothing = did_nothing;
            if !failure.again {
                return Err(failure.problem);
            }
            if attempt >= self.attempts(&failure.problem.kind) {
                self.struggling.store(true, Ordering::Relaxed);
                let mut problem = failure.problem;
                problem.cause = format!("{} (tried {attempt} times)", problem.cause);
                return Err(problem);
            }
            tokio::time::sleep(self.pause(attempt)).await;
        }
    }

    fn pause(&self, attempt: u32) -> Duration {
        let most = self
            .base
            .saturating_mul(2u32.saturating_pow(attempt.saturating_sub(1)))
            .min(self.cap);
        most.mul_f64(0.5 + fastrand::f64() / 2.0)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::rule::Next;

    #[tokio::test]
    async fn a_call_that_can_be_done_without_holds_nothing_up_and_discourages_nobody() {
        let patient = Retry {
            base: Duration::from_micros(10),
            ..Retry::default()
        };
        let tries = async |retry: &Retry| {
            let mut tries = 0;
            let done: Result<(), Problem> = retry
                .run(|| {
                    tries += 1;
                    let problem = Problem::new(ProblemKind::Throttled, "asking", "busy", Next::say("wait"));
                    async { Err(Failure::passing(problem)) }
                })
                .await;
            assert!(done.is_err());
            tries
        };
        assert_eq!(tries(&patient.brief()).await, 4);
        assert_eq!(tries(&patient).await, 8);
        assert_eq!(tries(&patient.brief()).await, 2, "the server struggles by now");
    }
}
