//! From outcomes to checks: severities in force, what counts as evidence, escaping.
//!
//! The one place that decides a status. A check passes only on positive evidence: nothing looked at is *unknown*, a
//! part looked at where all should have been is *unknown*, a set seen in part is *unknown* unless something was found.

use super::{
    catalogue,
    escape::{MAX_VALUE, escape_cut, escape_in_place},
    model::{Check, Mode, Rows, Status, Target},
};
use crate::rule::{
    Category, Code, Found, Judged, MAX_SAMPLES, Next, Outcome, Rule, Sample, Severity, Subject, Unit, grouped,
};

/// Turns outcomes into checks under a configuration.
#[derive(Clone, Debug)]
pub struct Judge {
    mode: Mode,
    on_folder: bool,
    prefix: String,
}

/// A rule of a newer version, met in events that this version did not make.
static UNKNOWN_RULE: Rule = Rule {
    title: "A rule that this version does not know",
    ..Rule::base(
        Category::Datasets,
        Severity::Info,
        Unit::Objects,
        &[],
        crate::rule::Basis::Inference,
    )
};

/// Rules over sets: a sample that shows no violation proves nothing.
const OVER_SETS: [Code; 6] = [
    Code::new("E552"),
    Code::new("M623"),
    Code::new("M630"),
    Code::new("X801"),
    Code::new("X802"),
    Code::new("X803"),
];

impl Judge {
    /// A judge for a run over a target. The mode holds the severities and selections in force.
    pub fn new(target: &Target, mode: &Mode) -> Self {
        Self {
            mode: mode.clone(),
            on_folder: matches!(target, Target::Folder { .. }),
            prefix: target.prefix().to_owned(),
        }
    }

    /// The gravest severity that a rule can reach under the configuration; `Off` when it is switched off.
    pub fn worst(&self, rule: &Rule) -> Severity {
        self.mode.severity.get(&rule.code).copied().unwrap_or(rule.worst)
    }

    /// Whether a rule is to be judged at all: not switched off, not left out. The survey may save the work of others.
    pub fn wants(&self, code: Code) -> bool {
        self.left_out(code).is_none()
    }

    /// The severity in force of a finding: its own (or the rule's usual one), unless the configuration says otherwise.
    /// `None` for a rule that is skipped or switched off. `--only` chooses what is told, not what a finding weighs: a day
    /// with rows that fail is not ready, whatever was asked for.
    pub fn severity(&self, code: Code, own: Option<Severity>) -> Option<Severity> {
        if self.is_off(code).is_some() {
            return None;
        }
        let usual = || own.or_else(|| catalogue::find(code).map(|rule| rule.severity));
        self.mode.severity.get(&code).copied().or_else(usual)
    }

    /// The checks of rules that are not judged by the user's will. To be emitted when a run starts.
    pub fn left_out_checks(&self) -> Vec<Check> {
        catalogue::checks(self.on_folder)
            .filter_map(|(rule, subject)| self.left_out_check(rule, subject))
            .collect()
    }

    /// The check of a rule that is not judged by the user's will; `None` for one that is.
    pub(crate) fn left_out_check(&self, rule: &Rule, subject: Subject) -> Option<Check> {
        let cause = self.left_out(rule.code)?;
        let mut check = self.blank(rule, rule.code, subject);
        check.status = Status::Skipped;
        check.required = false;
        check.cause = Some(cause.to_owned());
        Some(check)
    }

    /// The check that an outcome makes.
    pub fn check(&self, outcome: Outcome) -> Check {
        let rule = catalogue::find(outcome.code).unwrap_or(&UNKNOWN_RULE);
        if let Some(check) = self.left_out_check(rule, outcome.subject)
            && !self.must_be_told(rule, &outcome.found)
        {
            return check;
        }
        let mut check = self.blank(rule, outcome.code, outcome.subject);
        match outcome.found {
            Found::Judged(judged) => self.weigh(rule, judged, &mut check),
            Found::Unknown { cause, next } => {
                check.cause = Some(cause);
                check.next = next;
            }
            Found::Skipped { blocked_by, cause } => {
                check.status = Status::Skipped;
                check.blocked_by = blocked_by;
                check.cause = cause;
            }
        }
        clean_check(&mut check);
        check
    }

    /// `--only` asks for some rules; trouble with the connection or a refusal is told all the same, since it is why
    /// they can't be judged.
    fn must_be_told(&self, rule: &Rule, found: &Found) -> bool {
        let trouble = match found {
            Found::Judged(judged) => judged.count > 0,
            Found::Unknown { .. } => true,
            Found::Skipped { .. } => false,
        };
        trouble
            && matches!(rule.category, Category::Connection | Category::Access)
            && self.is_off(rule.code).is_none()
    }

    /// Why a rule is not told of, where that is the user's will.
    fn left_out(&self, code: Code) -> Option<&'static str> {
        let not_asked_for = !self.mode.only.is_empty() && !self.mode.only.contains(&code);
        self.is_off(code)
            .or_else(|| not_asked_for.then_some("left out by --only"))
    }

    /// Why a rule counts for nothing, where that is the user's will.
    fn is_off(&self, code: Code) -> Option<&'static str> {
        if self.mode.severity.get(&code) == Some(&Severity::Off) {
            Some("switched off in the configuration")
        } else if self.mode.skip.contains(&code) {
            Some("left out by --skip")
        } else {
            None
        }
    }

    /// A check of which nothing is known yet.
    fn blank(&self, rule: &Rule, code: Code, subject: Subject) -> Check {
        let subject = match (rule.category, subject) {
            (Category::Access, Subject::Events | Subject::Metrics | Subject::Signals) => {
                format!("{}{}", self.prefix, subject)
            }
            _ => subject.to_string(),
        };
        Check {
            code,
            slug: rule.slug.to_owned(),
            title: rule.title.to_owned(),
            category: rule.category,
            status: Status::Unknown,
            required: self.worst(rule) == Severity::Fail && !rule.explains_only,
            subject,
            count: None,
            unit: rule.unit,
            checked: None,
            of: None,
            share_below: None,
            samples: Vec::new(),
            cause: None,
            next: None,
            blocked_by: None,
            basis: rule.basis,
        }
    }

    fn weigh(&self, rule: &Rule, judged: Judged, check: &mut Check) {
        check.checked = Some(judged.checked);
        check.of = Some(judged.of.max(judged.checked));
        if judged.count > 0 {
            let own = judged.severity.unwrap_or(rule.severity);
            check.status = match self.mode.severity.get(&rule.code).copied().unwrap_or(own) {
                Severity::Fail => Status::Fail,
                Severity::Warn => Status::Warn,
                Severity::Info | Severity::Off => Status::Info,
            };
            check.count = Some(judged.count);
            check.samples = judged.samples;
            check.cause = judged.cause;
            check.next = Some(judged.next.unwrap_or_else(|| Next::say(rule.fix)));
            return;
        }
        if let Some(doubt) = self.doubt(rule, &judged) {
            check.cause = Some(doubt);
            check.next = judged.next;
            return;
        }
        check.status = Status::Pass;
        check.count = Some(0);
        check.cause = judged.cause;
        if self.mode.rows == Rows::Sample && rule.unit == Unit::Rows && judged.checked < judged.of {
            // The rule of three: with 0 in n, the share is under 3/n at 95 %.
            check.share_below = Some((3.0 / judged.checked as f64).min(1.0));
        }
    }

    /// Why finding nothing proves nothing here.
    fn doubt(&self, rule: &Rule, judged: &Judged) -> Option<String> {
        let (checked, of, unit) = (judged.checked, judged.of, rule.unit.as_str());
        if checked == 0 {
            let why = judged
                .cause
                .as_deref()
                .map(|why| format!(": {why}"))
                .unwrap_or_default();
            return Some(format!("nothing was checked{why}"));
        }
        if checked >= of || matches!(rule.category, Category::Connection | Category::Access) {
            return None;
        }
        if self.mode.rows == Rows::Sample && rule.unit == Unit::Rows {
            return OVER_SETS.contains(&rule.code).then(|| {
                format!(
                    "none was found in {} of {} rows, but a sample can't show that there are none: --full reads every row",
                    grouped(checked),
                    grouped(of)
                )
            });
        }
        Some(format!(
            "none was found, but only {} of {} {unit} could be looked at",
            grouped(checked),
            grouped(of)
        ))
    }
}

/// Escapes what may come from outside, and cuts samples to their limits.
pub(crate) fn clean_check(check: &mut Check) {
    for text in [&mut check.slug, &mut check.title, &mut check.subject] {
        escape_in_place(text);
    }
    check.samples.truncate(MAX_SAMPLES);
    check.samples.iter_mut().for_each(clean_sample);
    if let Some(cause) = &mut check.cause {
        escape_in_place(cause);
    }
    if let Some(next) = &mut check.next {
        escape_in_place(&mut next.say);
        for text in [&mut next.command, &mut next.url].into_iter().flatten() {
            escape_in_place(text);
        }
    }
}

fn clean_sample(sample: &mut Sample) {
    escape_in_place(&mut sample.key);
    if let Some(column) = &mut sample.column {
        *column = escape_cut(column, MAX_VALUE);
    }
    if let Some(value) = &mut sample.value {
        *value = escape_cut(value, MAX_VALUE);
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    fn s3() -> Target {
        Target::S3 {
            bucket: "acme".into(),
            prefix: "prod/".into(),
            region: None,
        }
    }

    fn sample(mode: impl FnOnce(&mut Mode)) -> Judge {
        let mut made = Mode::default();
        mode(&mut made);
        Judge::new(&s3(), &made)
    }

    fn full() -> Judge {
        sample(|mode| {
            mode.rows = Rows::All;
            mode.sample_rows = None;
        })
    }

    fn clean(checked: u64, of: u64) -> Judged {
        Judged {
            checked,
            of,
            ..Judged::default()
        }
    }

    fn found(count: u64, severity: Option<Severity>) -> Judged {
        Judged {
            count,
            severity,
            ..clean(100, 100)
        }
    }

    #[test]
    fn no_rule_passes_on_empty_denied_truncated_or_skipped_evidence() {
        for judge in [sample(|_| ()), full()] {
            for (rule, subject) in catalogue::checks(false) {
                let code = rule.code;
                let evidence = [
                    ("empty", Found::Judged(clean(0, 0))),
                    ("denied", Found::Judged(clean(0, 214))),
                    (
                        "refused",
                        Found::Unknown {
                            cause: "AccessDenied".into(),
                            next: None,
                        },
                    ),
                    (
                        "skipped",
                        Found::Skipped {
                            blocked_by: Some(Code::new("L301")),
                            cause: None,
                        },
                    ),
                    (
                        "skipped without a reason",
                        Found::Skipped {
                            blocked_by: None,
                            cause: None,
                        },
                    ),
                ];
                for (name, found) in evidence {
                    let check = judge.check(Outcome { code, subject, found });
                    assert!(
                        matches!(check.status, Status::Unknown | Status::Skipped),
                        "{code} on {name} evidence is {:?}",
                        check.status
                    );
                    assert!(
                        check.count.is_none() && check.share_below.is_none(),
                        "{code} on {name} evidence"
                    );
                }
                // Truncated: some of it was seen, and nothing wrong with that. Only a sample of rows may then pass,
                // and says how much it proves; connection and access sum up what was asked.
                let check = judge.check(Outcome::judged(code, subject, clean(10, 214)));
                let sampled =
                    judge.mode.rows == Rows::Sample && rule.unit == Unit::Rows && !OVER_SETS.contains(&code);
                if !sampled && !matches!(rule.category, Category::Connection | Category::Access) {
                    assert_eq!(check.status, Status::Unknown, "{code} on truncated evidence");
                    assert!(check.cause.unwrap().contains("10 of 214"));
                } else if sampled {
                    assert_eq!(
                        (check.status, check.share_below),
                        (Status::Pass, Some(0.3)),
                        "{code}"
                    );
                }
            }
        }
    }

    #[test]
    fn a_clean_sample_says_what_it_proves_and_a_full_read_needs_no_bound() {
        let code = Code::new("E511");
        let check = sample(|_| ()).check(Outcome::judged(code, Subject::Events, clean(20_000, 5_210_000)));
        assert_eq!((check.status, check.count), (Status::Pass, Some(0)));
        assert_eq!(check.share_below, Some(3.0 / 20_000.0));
        let two = sample(|_| ()).check(Outcome::judged(code, Subject::Events, clean(2, 9)));
        assert_eq!(two.share_below, Some(1.0));
        let whole = sample(|_| ()).check(Outcome::judged(code, Subject::Events, clean(9, 9)));
        assert_eq!((whole.status, whole.share_below), (Status::Pass, None));
        let all = full().check(Outcome::judged(code, Subject::Events, clean(9, 9)));
        assert_eq!((all.status, all.share_below), (Status::Pass, None));
        let found = sample(|_| ()).check(Outcome::judged(code, Subject::Events, found(3, None)));
        assert_eq!(
            (found.status, found.count, found.share_below),
            (Status::Fail, Some(3), None)
        );
    }

    #[test]
    fn the_configuration_decides_severity_and_what_the_verdict_waits_for() {
        let judge = sample(|mode| {
            mode.severity = [
                (Code::new("E512"), Severity::Warn),
                (Code::new("S402"), Severity::Info),
                (Code::new("E505"), Severity::Fail),
                (Code::new("L302"), Severity::Off),
            ]
            .into();
            mode.skip = vec![Code::new("E511")];
        });
        let on = |code: &str, subject, judged| judge.check(Outcome::judged(Code::new(code), subject, judged));
        let check = on("E512", Subject::Events, found(1, None));
        assert_eq!((check.status, check.required), (Status::Warn, false));
        let check = on("S402", Subject::Events, found(1, Some(Severity::Warn)));
        assert_eq!((check.status, check.required), (Status::Info, false));
        let check = on("E505", Subject::Events, found(1, None));
        assert_eq!((check.status, check.required), (Status::Fail, true));
        let check = on("L306", Subject::Events, found(1, Some(Severity::Fail)));
        assert_eq!((check.status, check.required), (Status::Fail, true));
        let check = on("L306", Subject::Events, found(1, None));
        assert_eq!((check.status, check.required), (Status::Warn, true));
        for (code, subject) in [("L302", Subject::Bucket), ("E511", Subject::Events)] {
            let check = on(code, subject, found(9, None));
            assert_eq!(
                (check.status, check.required, check.count),
                (Status::Skipped, false, None)
            );
            assert!(check.cause.is_some() && check.blocked_by.is_none());
        }
        assert_eq!(judge.left_out_checks().len(), 2);
    }

    #[test]
    fn only_leaves_out_every_other_rule() {
        let judge = sample(|mode| mode.only = vec![Code::new("E511")]);
        assert!(judge.wants(Code::new("E511")) && !judge.wants(Code::new("S401")));
        assert_eq!(
            judge.left_out_checks().len(),
            catalogue::checks(false).count() - 1
        );
    }

    #[test]
    fn a_day_is_judged_by_all_rules_whatever_only_asks_for_but_not_by_those_that_are_off() {
        let judge = sample(|mode| {
            mode.only = vec![Code::new("G711")];
            mode.skip = vec![Code::new("E512")];
            mode.severity = [
                (Code::new("E513"), Severity::Off),
                (Code::new("E505"), Severity::Fail),
            ]
            .into();
        });
        let of = |code: &str| judge.severity(Code::new(code), None);
        assert_eq!(of("E511"), Some(Severity::Fail));
        assert_eq!(of("E505"), Some(Severity::Fail), "as it is configured");
        assert_eq!((of("E512"), of("E513")), (None, None));
    }

    #[test]
    fn what_comes_from_outside_cannot_act_on_a_terminal() {
        let judged = Judged {
            samples: vec![
                Sample {
                    key: "events/\u{1b}[2J.parquet".into(),
                    row: Some(1),
                    column: Some("a\u{202e}".into()),
                    value: Some("x\n".repeat(500)),
                };
                7
            ],
            cause: Some("the server said \u{7}".into()),
            ..found(1, None)
        };
        let check = full().check(Outcome::judged(Code::new("E511"), Subject::Events, judged));
        assert_eq!(check.samples.len(), MAX_SAMPLES);
        assert_eq!(check.samples[0].key, "events/\\u{1b}[2J.parquet");
        assert_eq!(
            check.samples[0].value.as_ref().unwrap().chars().count(),
            MAX_VALUE
        );
        assert_eq!(check.cause.unwrap(), "the server said \\u{7}");
    }

    #[test]
    fn access_checks_carry_the_prefix_and_others_do_not() {
        let judge = full();
        let subject = |code: &str| {
            let check = judge.check(Outcome::judged(Code::new(code), Subject::Events, clean(1, 1)));
            assert_eq!(check.subject_kind(), Some(Subject::Events));
            check.subject
        };
        assert_eq!(subject("A201"), "prod/events/");
        assert_eq!(subject("S401"), "events/");
    }
}
