//! How a [`Report`] is folded from [`SurveyEvent`]s, and what its checks come to.

use std::collections::BTreeSet;

use super::{
    catalogue,
    escape::escape_in_place,
    event::SurveyEvent,
    judge::{Judge, clean_check},
    model::*,
};
use crate::rule::{Category, Code, Dataset, Outcome, Subject};

impl Report {
    /// Folds one event in. Later events replace what earlier ones said of the same thing. The last,
    /// [`SurveyEvent::Finished`], fills in every check that was never made, as *unknown*, and sets the verdict.
    pub fn apply(&mut self, event: &SurveyEvent) {
        match event {
            SurveyEvent::Started {
                tool,
                created_at,
                target,
                mode,
                today,
            } => {
                *self = Self {
                    schema_version: SCHEMA_VERSION.to_owned(),
                    tool: tool.clone(),
                    created_at: created_at.clone(),
                    target: target.clone(),
                    mode: mode.clone(),
                    ..Self::default()
                };
                self.calendar.today = Some(today.clone());
            }
            SurveyEvent::Connected {
                target,
                identity,
                operator,
            } => {
                self.target = target.clone();
                self.identity = identity.clone();
                self.operator = operator.clone();
            }
            SurveyEvent::Notice { text } => {
                let mut text = text.clone();
                escape_in_place(&mut text);
                if !self.notices.contains(&text) {
                    self.notices.push(text);
                }
            }
            SurveyEvent::Progress { .. } => {}
            SurveyEvent::Dataset { name, dataset } => {
                let mut dataset = (**dataset).clone();
                clean_dataset(&mut dataset);
                self.datasets.insert(*name, dataset);
            }
            SurveyEvent::Check { check } => {
                let mut check = (**check).clone();
                clean_check(&mut check);
                self.put(check);
            }
            SurveyEvent::Calendar { calendar } => {
                self.calendar = calendar.clone();
                clean_calendar(&mut self.calendar);
            }
            SurveyEvent::Finished { complete, usage } => {
                self.complete = *complete;
                self.usage = *usage;
                self.fill();
                self.verdict = self.weigh();
            }
        }
    }

    /// The check of a rule on a subject.
    pub fn check(&self, code: Code, subject: Subject) -> Option<&Check> {
        self.checks
            .iter()
            .find(|check| check.code == code && check.subject_kind() == Some(subject))
    }

    /// What the checks come to. A cut-short run without a failed check is inconclusive.
    pub fn weigh(&self) -> Verdict {
        if self.checks.iter().any(|check| self.counts_against(check)) {
            Verdict::NotReady
        } else if !self.complete || self.open_questions().next().is_some() {
            Verdict::Inconclusive
        } else {
            Verdict::Ready
        }
    }

    /// Whether a check makes the bucket not ready.
    pub fn counts_against(&self, check: &Check) -> bool {
        check.status == Status::Fail || (check.status == Status::Warn && self.mode.fail_on == FailOn::Warn)
    }

    /// The required checks that could not be made, which keep the verdict from `ready`. Those that another check
    /// explains, and those that the user left out, are not among them.
    pub fn open_questions(&self) -> impl Iterator<Item = &Check> {
        self.checks.iter().filter(|check| {
            check.required
                && match check.status {
                    Status::Unknown => true,
                    Status::Skipped => check.blocked_by.is_none(),
                    _ => false,
                }
        })
    }

    /// The rules that `--only` and `--skip` left out of this report, in the catalogue's order.
    pub fn left_out(&self) -> Vec<Code> {
        let Mode { only, skip, .. } = &self.mode;
        if only.is_empty() && skip.is_empty() {
            return Vec::new();
        }
        let mut codes: Vec<_> = self
            .checks
            .iter()
            .map(|check| check.code)
            .filter(|code| skip.contains(code) || (!only.is_empty() && !only.contains(code)))
            .collect();
        codes.dedup();
        codes
    }

    /// Puts a check where the catalogue has it, in place of an earlier one of the same rule and subject.
    fn put(&mut self, check: Check) {
        let place = |check: &Check| {
            let subject = check.subject_kind().map_or(u8::MAX, |subject| subject as u8);
            (catalogue::position(check.code), check.code, subject)
        };
        let key = place(&check);
        match self.checks.binary_search_by(|other| {
            place(other)
                .cmp(&key)
                .then_with(|| other.subject.cmp(&check.subject))
        }) {
            Ok(at) => self.checks[at] = check,
            Err(at) => self.checks.insert(at, check),
        }
    }

    /// Every check that was never made is *unknown*, or skipped where the connection explains it.
    fn fill(&mut self) {
        let judge = Judge::new(&self.target, &self.mode);
        let made: BTreeSet<_> = self
            .checks
            .iter()
            .filter_map(|check| Some((check.code, check.subject_kind()?)))
            .collect();
        let blocker = self
            .checks
            .iter()
            .find(|check| {
                check.category == Category::Connection
                    && matches!(check.status, Status::Fail | Status::Unknown)
            })
            .map(|check| check.code);
        let on_folder = matches!(self.target, Target::Folder { .. });
        for (rule, subject) in catalogue::checks(on_folder) {
            if made.contains(&(rule.code, subject)) {
                continue;
            }
            let outcome = match blocker {
                Some(code) => Outcome::skipped(
                    rule.code,
                    subject,
                    code,
                    format!("nothing could be seen: {code} stands in the way"),
                ),
                None if self.complete => Outcome::unknown(rule.code, subject, "this run did not judge it"),
                None => Outcome::unknown(rule.code, subject, "the run was cut short before this was judged"),
            };
            self.put(judge.check(outcome));
        }
        for name in Dataset::ALL {
            self.datasets.entry(name).or_default();
        }
    }

    /// Escapes every text that may come from outside. For reports that were read from a file.
    pub(crate) fn clean(&mut self) {
        let Self {
            tool,
            created_at,
            target,
            identity,
            operator,
            checks,
            datasets,
            calendar,
            notices,
            ..
        } = self;
        let mut texts = vec![&mut tool.name, &mut tool.version, created_at];
        match target {
            Target::S3 {
                bucket,
                prefix,
                region,
            } => {
                texts.extend([bucket, prefix]);
                texts.extend(region);
            }
            Target::Folder { path, prefix } => texts.extend([path, prefix]),
            Target::Demo {
                scenario,
                bucket,
                prefix,
                region,
            } => {
                texts.extend([scenario, bucket, prefix]);
                texts.extend(region);
            }
        }
        for identity in [identity, operator].into_iter().flatten() {
            texts.extend(&mut identity.arn);
            texts.extend(&mut identity.key_last4);
        }
        texts.extend(notices);
        texts.into_iter().for_each(escape_in_place);
        checks.iter_mut().for_each(clean_check);
        datasets.values_mut().for_each(clean_dataset);
        clean_calendar(calendar);
    }
}

/// Escapes keys, column names and folder names.
fn clean_dataset(dataset: &mut DatasetReport) {
    for group in &mut dataset.schema_groups {
        escape_in_place(&mut group.first_key);
        for column in &mut group.columns {
            escape_in_place(&mut column.name);
            escape_in_place(&mut column.physical);
            escape_in_place(&mut column.logical);
        }
    }
    for day in &mut dataset.days {
        escape_in_place(&mut day.day);
        for text in [&mut day.first, &mut day.last, &mut day.landed_at]
            .into_iter()
            .flatten()
        {
            escape_in_place(text);
        }
    }
    dataset.finished_dates.iter_mut().for_each(escape_in_place);
    for folder in &mut dataset.layout.folders {
        escape_in_place(&mut folder.name);
        folder.day.iter_mut().for_each(escape_in_place);
        folder.notes.iter_mut().for_each(escape_in_place);
    }
    dataset.layout.read_fails.iter_mut().for_each(escape_in_place);
}

fn clean_calendar(calendar: &mut CalendarReport) {
    calendar.today.iter_mut().for_each(escape_in_place);
    for day in &mut calendar.days {
        escape_in_place(&mut day.day);
        escape_in_place(&mut day.safe_from);
        day.reason.iter_mut().for_each(escape_in_place);
    }
}
