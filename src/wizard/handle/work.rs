//! The survey's lane: checks started, told of, ended, and put together with what was known before.

use crate::{
    report::{DatasetReport, Problem, Report, Rows, Stage, SurveyEvent},
    rule::Code,
    wizard::{
        connect::{Field, Role},
        event::{Effect, RunId, Scope, StartSurvey},
        state::{Notice, Overlay, Progress, Run, RunState, Source, Wizard},
        step::Step,
    },
};

impl Wizard {
    pub(in crate::wizard) fn rerun_all(&mut self) -> Vec<Effect> {
        if !self.connect.is_complete() {
            let what = match self.connect.role {
                Role::SavedReport => "Name the report's file first.",
                Role::Operator | Role::Reader => "Name the bucket first.",
            };
            self.notice = Some(Notice::No(what.into()));
            return Vec::new();
        }
        if self.is_working() {
            self.notice = Some(Notice::No("Checks are running; Esc cancels them.".into()));
            return Vec::new();
        }
        if self.grant.is_changing() {
            self.notice = Some(Notice::No(
                "2 Grant is changing the account; Esc there stops it between two changes.".into(),
            ));
            return Vec::new();
        }
        let rows = match self.run.rows {
            Rows::All if self.report.is_some() => Rows::All,
            _ => Rows::Sample,
        };
        self.adopt_new_key();
        self.start(rows, Scope::All)
    }

    pub(in crate::wizard) fn rerun_step(&mut self) -> Vec<Effect> {
        let codes = self.codes_of(self.step);
        if self.step == Step::Grant {
            return self.plan_now();
        }
        // A reader who was made since is told of by all checks.
        let whole = matches!(self.step, Step::Connect | Step::Report) || self.has_reader_since();
        if whole || codes.is_empty() || self.report.as_ref().is_none_or(|r| !r.complete) {
            return self.rerun_all();
        }
        self.start(self.run.rows, Scope::Codes(codes))
    }

    /// The rules of a step.
    pub(in crate::wizard) fn codes_of(&self, step: Step) -> Vec<Code> {
        let mut codes: Vec<Code> = self.checks_of(step).map(|c| c.code).collect();
        codes.dedup();
        codes
    }

    /// Checks again by itself, since the account was changed: what was seen before is out of date. What is open stays
    /// open.
    pub(in crate::wizard) fn check_anew(&mut self) -> Vec<Effect> {
        let judged = matches!(
            self.run.state,
            RunState::Done | RunState::Working | RunState::Cancelling
        );
        if !judged || self.source != Source::Live || !self.connect.is_complete() {
            return Vec::new();
        }
        // A full scan is not made again for it: what rows hold has not changed.
        let codes = self.codes_of(Step::Access);
        let is_whole = self.report.as_ref().is_some_and(|r| r.complete);
        match self.run.rows {
            Rows::All if is_whole && !codes.is_empty() => self.run_checks(Rows::All, Scope::Codes(codes)),
            _ => self.run_checks(Rows::Sample, Scope::All),
        }
    }

    pub(in crate::wizard) fn start(&mut self, rows: Rows, scope: Scope) -> Vec<Effect> {
        self.overlay = None;
        self.reveal = None;
        self.run_checks(rows, scope)
    }

    fn run_checks(&mut self, rows: Rows, scope: Scope) -> Vec<Effect> {
        let id = RunId(self.run.id.0 + 1);
        let was_outdated = self.run.outdated;
        let anew = match &scope {
            Scope::All => true,
            Scope::Codes(codes) => codes.iter().any(|code| code.as_str().starts_with('A')),
        };
        self.run = Run {
            id,
            state: RunState::Working,
            rows,
            scope: scope.clone(),
            outdated: was_outdated && !anew,
            was_outdated,
            ..Run::default()
        };
        self.partial = None;
        if self.connect.role == Role::SavedReport {
            return vec![Effect::OpenReport {
                run: id,
                path: self.connect.value(Field::ReportFile).to_owned(),
            }];
        }
        self.source = Source::Live;
        let connection = self.connect.connection();
        self.grant_of(&connection);
        if scope == Scope::All {
            self.practice.is_news = false;
        }
        vec![Effect::StartSurvey(Box::new(StartSurvey {
            run: id,
            connection,
            rows,
            scope,
        }))]
    }

    pub(in crate::wizard) fn survey(&mut self, event: SurveyEvent) {
        match &event {
            SurveyEvent::Connected { .. } => self.run.connected = true,
            SurveyEvent::Progress {
                stage,
                dataset,
                done,
                of,
                bytes,
            } => {
                self.run.counts.insert((*stage, *dataset), (*done, *of));
                self.run.progress = Some(self.summed(*stage, *bytes));
                return;
            }
            _ => {}
        }
        let finished = match &event {
            SurveyEvent::Finished { complete, .. } => Some(*complete),
            _ => None,
        };
        if self.run.scope == Scope::All {
            if matches!(event, SurveyEvent::Started { .. }) {
                self.previous = self.report.take().filter(|r| r.complete);
            }
            self.report.get_or_insert_default().apply(&event);
        } else {
            self.partial.get_or_insert_default().apply(&event);
        }
        if let Some(complete) = finished {
            self.finished(complete);
        }
    }

    /// Progress of one kind of work over all datasets.
    fn summed(&self, stage: Stage, bytes: u64) -> Progress {
        let parts = || {
            self.run
                .counts
                .iter()
                .filter(|((s, _), _)| *s == stage)
                .map(|(_, n)| n)
        };
        Progress {
            stage,
            done: parts().fold(0, |sum, (done, _)| sum.saturating_add(*done)),
            of: parts().try_fold(0u64, |sum, (_, of)| of.map(|of| sum.saturating_add(of))),
            bytes,
        }
    }

    fn finished(&mut self, complete: bool) {
        let cancelled = self.run.state == RunState::Cancelling;
        self.run.state = RunState::Done;
        self.run.progress = None;
        let partial = self.partial.take();
        match (&self.run.scope, partial) {
            (Scope::Codes(codes), Some(partial)) if complete => {
                if let Some(report) = &mut self.report {
                    merge(report, partial, codes);
                }
                self.notice = Some(Notice::Done("The step's checks were made again.".into()));
            }
            (Scope::Codes(_), _) => {
                self.run.outdated |= self.run.was_outdated;
                self.notice = Some(Notice::No("Cut short: the earlier results stand.".into()));
            }
            (Scope::All, _) if !complete && self.previous.is_some() => {
                self.report = self.previous.take();
                self.run.connected = true;
                self.run.outdated |= self.run.was_outdated;
                self.notice = Some(Notice::No(
                    if cancelled {
                        "Cancelled: the earlier results stand."
                    } else {
                        "Cut short: the earlier results stand."
                    }
                    .into(),
                ));
            }
            (Scope::All, _) => {
                self.previous = None;
                if cancelled && !complete {
                    self.notice = Some(Notice::No("Cancelled: what was found so far stands.".into()));
                }
            }
        }
    }

    pub(in crate::wizard) fn failed(&mut self, problem: Box<Problem>) {
        self.run.state = RunState::Failed;
        self.run.progress = None;
        self.partial = None;
        if let Some(previous) = self.previous.take() {
            self.report = Some(previous);
        }
        self.run.outdated |= self.run.was_outdated;
        self.run.problem = Some(problem.clone());
        if self.step != Step::Connect && self.overlay.is_none() && self.editing.is_none() {
            self.open(Overlay::Problem(problem));
        }
    }

    /// A run's end that was not told by [`SurveyEvent::Finished`].
    pub(in crate::wizard) fn ended(&mut self) {
        if self.is_working() {
            self.finished(false);
        }
    }
}

/// Replaces the checks of some rules and what they were judged on, and weighs the whole anew.
fn merge(report: &mut Report, partial: Report, codes: &[Code]) {
    let steps: Vec<Step> = partial
        .checks
        .iter()
        .filter(|c| codes.contains(&c.code))
        .map(|c| Step::of(c.category))
        .collect();
    for (name, mut dataset) in partial.datasets {
        let earlier = report.datasets.remove(&name).unwrap_or_default();
        // Days are judged on all footers and rows, as the data is.
        if !steps.contains(&Step::Data) && !steps.contains(&Step::Calendar) {
            // Footers and rows may not have been read: what was known of them stands.
            dataset = DatasetReport {
                objects: dataset.objects,
                bytes: dataset.bytes,
                layout: dataset.layout,
                ..earlier
            };
        }
        report.datasets.insert(name, dataset);
    }
    if steps.contains(&Step::Calendar) {
        report.calendar = partial.calendar;
    }
    if steps.contains(&Step::Access) {
        report.access = partial.access;
    }
    for check in partial.checks {
        if codes.contains(&check.code) {
            report.apply(&SurveyEvent::Check {
                check: Box::new(check),
            });
        }
    }
    report.created_at = partial.created_at;
    report.usage.requests = report.usage.requests.saturating_add(partial.usage.requests);
    report.usage.bytes_read = report.usage.bytes_read.saturating_add(partial.usage.bytes_read);
    report.usage.seconds += partial.usage.seconds;
    report.verdict = report.weigh();
}
