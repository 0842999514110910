//! How a [`Report`] is folded from [`SurveyEvent`]s, and what its checks come to.

use std::collections::BTreeSet;

use super::{
    access::clean as clean_access,
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
                self.clean_head();
            }
            SurveyEvent::Connected {
                target,
                identity,
                operator,
            } => {
                self.target = target.clone();
                self.identity = identity.clone();
                self.operator = operator.clone();
                self.clean_head();
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
            SurveyEvent::Access { access } => {
                let mut access = (**access).clone();
                clean_access(&mut access);
                self.access = Some(access);
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

    /// What the checks come to. A run without a failed check is inconclusive when it was cut short, and when not one
    /// check was judged: nothing is ready on no evidence.
    pub fn weigh(&self) -> Verdict {
        if self.checks.iter().any(|check| self.counts_against(check)) {
            Verdict::NotReady
        } else if !self.complete || !self.saw_anything() || self.open_questions().next().is_some() {
            Verdict::Inconclusive
        } else {
            Verdict::Ready
        }
    }

    /// Whether at least one check was judged on evidence.
    fn saw_anything(&self) -> bool {
        self.checks
            .iter()
            .any(|check| check.status == Status::Pass || check.status.is_finding())
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
            if let Some(check) = judge.left_out_check(rule, subject) {
                self.put(check);
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
        self.clean_head();
        self.notices.iter_mut().for_each(escape_in_place);
        self.checks.iter_mut().for_each(clean_check);
        self.datasets.values_mut().for_each(clean_dataset);
        clean_calendar(&mut self.calendar);
        self.access.iter_mut().for_each(clean_access);
    }

    /// Escapes what was looked at, by whom: a prefix or path as it was typed, a region or ARN as a server sent it.
    fn clean_head(&mut self) {
        let mut texts = vec![&mut self.tool.name, &mut self.tool.version, &mut self.created_at];
        match &mut self.target {
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
        for identity in [&mut self.identity, &mut self.operator].into_iter().flatten() {
            texts.extend(&mut identity.arn);
            texts.extend(&mut identity.key_last4);
        }
        texts.into_iter().for_each(escape_in_place);
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
    if let Some(evidence) = &mut calendar.evidence {
        evidence.texts().for_each(escape_in_place);
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;
    use crate::rule::{Judged, Severity};

    fn started(target: Target, mode: Mode) -> SurveyEvent {
        SurveyEvent::Started {
            tool: Tool::this(),
            created_at: "2026-06-24T05:14:00Z".into(),
            target,
            mode,
            today: "2026-06-23".into(),
        }
    }

    fn s3() -> Target {
        Target::S3 {
            bucket: "acme".into(),
            prefix: String::new(),
            region: None,
        }
    }

    fn folder() -> Target {
        Target::Folder {
            path: "data".into(),
            prefix: String::new(),
        }
    }

    /// A finished run in which every check is clean but for what `change` says.
    fn run(target: Target, mode: Mode, complete: bool, change: impl Fn(Code) -> Option<Outcome>) -> Report {
        let judge = Judge::new(&target, &mode);
        let on_folder = matches!(target, Target::Folder { .. });
        let mut report = Report::default();
        report.apply(&started(target, mode));
        // Backwards, to see that the report brings order.
        let checks: Vec<_> = catalogue::checks(on_folder).collect();
        for (rule, subject) in checks.into_iter().rev() {
            let clean = Outcome::judged(
                rule.code,
                subject,
                Judged {
                    checked: 5,
                    of: 5,
                    ..Judged::default()
                },
            );
            let check = Box::new(judge.check(change(rule.code).unwrap_or(clean)));
            report.apply(&SurveyEvent::Check { check });
        }
        report.apply(&SurveyEvent::Finished {
            complete,
            usage: Usage::default(),
        });
        report
    }

    fn finding(code: &str, severity: Severity) -> Outcome {
        let rule = catalogue::find(Code::new(code)).unwrap();
        Outcome::judged(
            rule.code,
            rule.subjects[0],
            Judged {
                count: 1,
                checked: 5,
                of: 5,
                severity: Some(severity),
                ..Judged::default()
            },
        )
    }

    fn with(code: &'static str, outcome: Outcome) -> impl Fn(Code) -> Option<Outcome> {
        move |c| (c == Code::new(code)).then(|| outcome.clone())
    }

    #[test]
    fn every_rule_stands_once_per_subject_in_the_catalogues_order() {
        let report = run(s3(), Mode::default(), true, |_| None);
        let got: Vec<_> = report
            .checks
            .iter()
            .map(|c| (c.code, c.subject.as_str()))
            .collect();
        let expected: Vec<_> = catalogue::checks(false)
            .map(|(r, s)| (r.code, s.as_str()))
            .collect();
        assert_eq!(got, expected);
        assert_eq!(report.verdict, Verdict::Ready);
        assert_eq!(report.datasets.len(), 3);
    }

    #[test]
    fn a_local_folder_has_no_connection_access_or_archive_checks() {
        let report = run(folder(), Mode::default(), true, |_| None);
        assert!(
            !report
                .checks
                .iter()
                .any(|c| { c.code.as_str().starts_with(['C', 'A']) || c.code == Code::new("L309") })
        );
        assert_eq!(report.verdict, Verdict::Ready);
    }

    #[test]
    fn a_run_that_judged_nothing_is_inconclusive() {
        let mut report = Report::default();
        report.apply(&started(s3(), Mode::default()));
        report.apply(&SurveyEvent::Finished {
            complete: true,
            usage: Usage::default(),
        });
        assert_eq!(report.checks.len(), catalogue::checks(false).count());
        assert!(
            report
                .checks
                .iter()
                .all(|check| check.status == Status::Unknown && check.cause.is_some())
        );
        assert_eq!(report.verdict, Verdict::Inconclusive);
    }

    #[test]
    fn trouble_with_credentials_skips_all_behind_it_and_is_inconclusive_but_a_missing_bucket_fails() {
        for (code, found, verdict) in [
            (
                "C101",
                Outcome::unknown(Code::new("C101"), Subject::Account, "none"),
                Verdict::Inconclusive,
            ),
            ("C106", finding("C106", Severity::Fail), Verdict::NotReady),
        ] {
            let mut report = Report::default();
            report.apply(&started(s3(), Mode::default()));
            let check = Box::new(Judge::new(&s3(), &Mode::default()).check(found));
            report.apply(&SurveyEvent::Check { check });
            report.apply(&SurveyEvent::Finished {
                complete: true,
                usage: Usage::default(),
            });
            assert_eq!(report.verdict, verdict);
            let behind = report.check(Code::new("E511"), Subject::Events).unwrap();
            assert_eq!(behind.status, Status::Skipped);
            assert_eq!(behind.blocked_by, Some(Code::new(code)));
        }
    }

    #[test]
    fn the_verdict_follows_the_specification() {
        use Verdict::{Inconclusive, NotReady, Ready};
        let verdict =
            |change: &dyn Fn(Code) -> Option<Outcome>| run(folder(), Mode::default(), true, change).verdict;
        let unknown = |code: &str| Outcome::unknown(Code::new(code), Subject::Events, "why");
        assert_eq!(verdict(&with("E511", finding("E511", Severity::Fail))), NotReady);
        assert_eq!(verdict(&with("E505", finding("E505", Severity::Warn))), Ready);
        assert_eq!(verdict(&with("E511", unknown("E511"))), Inconclusive);
        // Not required: its unknown does not hold the verdict up.
        assert_eq!(verdict(&with("E552", unknown("E552"))), Ready);
        let skipped = |blocked_by: Option<&str>| Outcome {
            code: Code::new("E511"),
            subject: Subject::Events,
            found: crate::rule::Found::Skipped {
                blocked_by: blocked_by.map(Code::new),
                cause: None,
            },
        };
        assert_eq!(verdict(&with("E511", skipped(Some("S404")))), Ready);
        assert_eq!(verdict(&with("E511", skipped(None))), Inconclusive);
    }

    #[test]
    fn leaving_a_check_out_by_will_does_not_count_and_is_named() {
        let mode = Mode {
            skip: vec![Code::new("E511")],
            ..Mode::default()
        };
        let report = run(
            folder(),
            mode,
            true,
            with("E511", finding("E511", Severity::Fail)),
        );
        assert_eq!(report.verdict, Verdict::Ready);
        assert_eq!(report.left_out(), [Code::new("E511")]);
    }

    #[test]
    fn asking_for_one_check_alone_that_has_nothing_to_judge_is_not_ready() {
        let mode = Mode {
            only: vec![Code::new("E511")],
            ..Mode::default()
        };
        let skipped = Outcome::skipped(
            Code::new("E511"),
            Subject::Events,
            Code::new("S404"),
            "no file left",
        );
        let report = run(folder(), mode, true, with("E511", skipped));
        assert_eq!(report.verdict, Verdict::Inconclusive);
    }

    #[test]
    fn warnings_count_when_they_are_asked_to() {
        let mode = Mode {
            fail_on: FailOn::Warn,
            ..Mode::default()
        };
        let report = run(
            folder(),
            mode,
            true,
            with("E505", finding("E505", Severity::Warn)),
        );
        assert_eq!(report.verdict, Verdict::NotReady);
    }

    #[test]
    fn a_run_that_was_cut_short_is_never_ready() {
        let report = run(folder(), Mode::default(), false, |_| None);
        assert_eq!(report.verdict, Verdict::Inconclusive);
        let failed = run(
            folder(),
            Mode::default(),
            false,
            with("E511", finding("E511", Severity::Fail)),
        );
        assert_eq!(failed.verdict, Verdict::NotReady);
    }

    #[test]
    fn a_later_check_replaces_the_earlier_one() {
        let judge = Judge::new(&folder(), &Mode::default());
        let mut report = Report::default();
        report.apply(&started(folder(), Mode::default()));
        for count in [1, 2] {
            let judged = Judged {
                count,
                checked: 9,
                of: 9,
                ..Judged::default()
            };
            let check = Box::new(judge.check(Outcome::judged(Code::new("E511"), Subject::Events, judged)));
            report.apply(&SurveyEvent::Check { check });
        }
        assert_eq!(report.checks.len(), 1);
        assert_eq!(report.checks[0].count, Some(2));
    }

    #[test]
    fn a_saved_report_opens_as_it_was_and_says_what_is_wrong_when_it_does_not() {
        let report = run(s3(), Mode::default(), true, |_| None);
        let text = serde_json::to_string_pretty(&report).unwrap();
        assert_eq!(Report::from_json(&text).unwrap(), report);
        let newer = text.replace("\"schema_version\": \"1\"", "\"schema_version\": \"2\"");
        let said = |text: &str| Report::from_json(text).unwrap_err().to_string();
        assert!(said(&newer).contains("update bucket-ready"));
        assert!(said(&text[..text.len() / 2]).contains("cut short"));
        assert!(said("{}").contains("not a report"));
        assert!(said("[1]").contains("not a report"));
        assert!(said("hello").contains("not JSON"));
        assert!(said("").contains("empty"));
        assert!(said(&text.replace("\"event-rows\"", "\"newer\"")).contains("newer"));
        // Fields of a newer version are ignored.
        let added = text.replacen('{', "{\"later\": [1],", 1);
        assert_eq!(Report::from_json(&added).unwrap(), report);
    }

    #[test]
    fn a_stream_of_events_that_was_cut_off_opens_as_an_incomplete_report() {
        let start = serde_json::to_string(&started(folder(), Mode::default())).unwrap();
        let judge = Judge::new(&folder(), &Mode::default());
        let check = serde_json::to_string(&SurveyEvent::Check {
            check: Box::new(judge.check(finding("E511", Severity::Fail))),
        })
        .unwrap();
        let report = Report::from_json(&format!("{start}\n{check}\n{}", &check[..40])).unwrap();
        assert!(!report.complete);
        assert_eq!(report.verdict, Verdict::NotReady);
    }
}
