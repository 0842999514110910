//! What leaves the engine: events, and outcomes made into checks.

use std::collections::HashMap;

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::objects::Access;
use crate::{
    report::{Check, Judge, Stage, SurveyEvent},
    rule::{Code, Dataset, Found, Outcome, Subject},
};

/// Sends events, and remembers which checks were told, so that none is told twice in the same words.
#[derive(Debug)]
pub(super) struct Emitter {
    events: mpsc::Sender<SurveyEvent>,
    cancel: CancellationToken,
    judge: Judge,
    told: HashMap<(Code, Subject), Check>,
    /// The connection check that stands in the way of everything that is still unknown.
    blocker: Option<Code>,
}

impl Emitter {
    pub fn new(events: mpsc::Sender<SurveyEvent>, cancel: CancellationToken, judge: Judge) -> Self {
        Self {
            events,
            cancel,
            judge,
            told: HashMap::new(),
            blocker: None,
        }
    }

    /// From now on, what could not be judged is skipped for this reason.
    pub fn block(&mut self, code: Code) {
        self.blocker.get_or_insert(code);
    }

    pub fn wants(&self, code: Code) -> bool {
        self.judge.wants(code)
    }

    pub fn wants_any(&self, codes: impl IntoIterator<Item = Code>) -> bool {
        codes.into_iter().any(|code| self.wants(code))
    }

    pub fn judge(&self) -> &Judge {
        &self.judge
    }

    /// Sends an event. When nobody listens any more, the run is cancelled.
    pub async fn send(&self, event: SurveyEvent) {
        if self.events.send(event).await.is_err() {
            self.cancel.cancel();
        }
    }

    pub async fn notice(&self, text: impl Into<String>) {
        self.send(SurveyEvent::Notice { text: text.into() }).await;
    }

    pub async fn progress(
        &self,
        stage: Stage,
        dataset: Option<Dataset>,
        done: u64,
        of: Option<u64>,
        bytes: u64,
    ) {
        self.send(SurveyEvent::Progress {
            stage,
            dataset,
            done,
            of,
            bytes,
        })
        .await;
    }

    /// Tells the checks that the user left out.
    pub async fn left_out(&self) {
        for check in self.judge.left_out_checks() {
            self.send(SurveyEvent::Check {
                check: Box::new(check),
            })
            .await;
        }
    }

    /// Tells the checks that outcomes make, those that are new or have changed.
    pub async fn outcomes(&mut self, outcomes: Vec<Outcome>) {
        for mut outcome in outcomes {
            if !self.judge.wants(outcome.code) {
                continue;
            }
            let place = (outcome.code, outcome.subject);
            if let (Some(blocker), Found::Unknown { cause, .. }) = (self.blocker, &outcome.found)
                && !is_connection(outcome.code)
            {
                outcome = Outcome::skipped(outcome.code, outcome.subject, blocker, cause.clone());
            }
            let check = self.judge.check(outcome);
            if self.told.get(&place) != Some(&check) {
                self.told.insert(place, check.clone());
                self.send(SurveyEvent::Check {
                    check: Box::new(check),
                })
                .await;
            }
        }
    }
}

/// Tells how far one kind of work has got on one dataset.
#[derive(Clone, Copy)]
pub(super) struct Progress<'a> {
    emit: &'a Emitter,
    access: &'a Access,
    stage: Stage,
    dataset: Dataset,
}

impl Emitter {
    /// Progress of one kind of work on one dataset.
    pub fn progress_of<'a>(&'a self, access: &'a Access, stage: Stage, dataset: Dataset) -> Progress<'a> {
        Progress {
            emit: self,
            access,
            stage,
            dataset,
        }
    }
}

impl Progress<'_> {
    pub async fn tell(&self, done: u64, of: Option<u64>) {
        self.emit
            .progress(self.stage, Some(self.dataset), done, of, self.access.bytes())
            .await;
    }
}

fn is_connection(code: Code) -> bool {
    code.as_str().starts_with('C')
}
