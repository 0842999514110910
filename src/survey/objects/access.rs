//! Who reads: the reader whose key is judged, and the operator where the reader is refused.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use crate::{
    report::{Problem, ProblemKind},
    store::SharedStore,
};

/// After so many connection problems in a row, without any success between, there is no use in asking on.
const MAX_STRIKES: u32 = 5;

/// The reader's store and the operator's.
#[derive(Clone)]
pub(in crate::survey) struct Access {
    pub reader: SharedStore,
    pub operator: Option<SharedStore>,
    /// Connection problems in a row, over all requests.
    strikes: Arc<AtomicU32>,
}

impl Access {
    pub fn new(reader: SharedStore, operator: Option<SharedStore>) -> Self {
        Self {
            reader,
            operator,
            strikes: Arc::default(),
        }
    }

    /// Whether a problem ends the run: an expired session will not come back, a server that is gone or busy may.
    pub fn is_hopeless(&self, problem: &Problem) -> bool {
        match problem.kind {
            ProblemKind::Throttled | ProblemKind::Unreachable => {
                self.strikes.load(Ordering::Relaxed) >= MAX_STRIKES
            }
            _ => problem.connection_code().is_some(),
        }
    }

    /// Counts what came of a request as the reader.
    pub fn count<T>(&self, result: &Result<T, Problem>) {
        match result {
            Ok(_) => self.strikes.store(0, Ordering::Relaxed),
            Err(problem) if problem.connection_code().is_some() => {
                self.strikes.fetch_add(1, Ordering::Relaxed);
            }
            Err(_) => {}
        }
    }

    /// Bytes received so far, by either.
    pub fn bytes(&self) -> u64 {
        let usage = |store: &SharedStore| store.usage().bytes_read;
        usage(&self.reader) + self.operator.as_ref().map_or(0, usage)
    }

    /// Requests made so far, by either.
    pub fn requests(&self) -> u64 {
        let usage = |store: &SharedStore| store.usage().requests;
        usage(&self.reader) + self.operator.as_ref().map_or(0, usage)
    }
}
