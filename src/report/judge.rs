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
    Category, Code, Found, Judged, MAX_SAMPLES, Next, Outcome, Rule, Sample, Severity, Subject, Unit,
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

    /// The checks of rules that are not judged by the user's will. To be emitted when a run starts.
    pub fn left_out_checks(&self) -> Vec<Check> {
        catalogue::checks(self.on_folder)
            .filter(|(rule, _)| !self.wants(rule.code))
            .map(|(rule, subject)| self.check(Outcome::unknown(rule.code, subject, String::new())))
            .collect()
    }

    /// The check that an outcome makes.
    pub fn check(&self, outcome: Outcome) -> Check {
        let rule = catalogue::find(outcome.code).unwrap_or(&UNKNOWN_RULE);
        let mut check = self.blank(rule, outcome.code, outcome.subject);
        if let Some(cause) = self.left_out(outcome.code) {
            check.status = Status::Skipped;
            check.required = false;
            check.cause = Some(cause.to_owned());
            return check;
        }
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

    /// Why a rule is not judged, where that is the user's will.
    fn left_out(&self, code: Code) -> Option<&'static str> {
        if self.mode.severity.get(&code) == Some(&Severity::Off) {
            Some("switched off in the configuration")
        } else if self.mode.skip.contains(&code) {
            Some("left out by --skip")
        } else if !self.mode.only.is_empty() && !self.mode.only.contains(&code) {
            Some("left out by --only")
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
                    "none was found in {checked} of {of} rows, but a sample can't show that there are none: --full reads every row"
                )
            });
        }
        Some(format!(
            "none was found, but only {checked} of {of} {unit} could be looked at"
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
