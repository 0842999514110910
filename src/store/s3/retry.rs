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
    /// Some request used up its retries and none has succeeded since. Others then insist less, so that ten thousand
    /// requests to a busy server do not wait ten thousand times.
    struggling: Arc<AtomicBool>,
}

impl Default for Retry {
    fn default() -> Self {
        Self {
            base: Duration::from_millis(100),
            cap: Duration::from_secs(5),
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
