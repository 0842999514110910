//! A206 to A213: why a need is unmet. They fail when they explain one, warn (A206, A211, A213) when the fault stands
//! there without doing harm yet, and never say more than the evidence.

use super::{Findings, unknown, why_unseen};
use crate::{
    access::{
        evidence::Evidence,
        explain::{Explanation, diagnose, met_but_for, near, unmet},
        policy::{Attached, Effect, Source, Statement},
        principal::{is_everyone, is_unique_id},
        public,
        truth::Truth,
    },
    rule::{Code, Next, Outcome, Severity},
};

/// A206 to A213, in order.
pub(super) fn explanations(evidence: &Evidence) -> Vec<Outcome> {
    let explained = diagnose(evidence);
    let unmet = unmet(evidence);
    let met = Truth::all(evidence.needs().map(|n| met_but_for(evidence, n, &unmet)));
    let run = Run {
        evidence,
        explained: &explained,
        met,
    };
    vec![
        run.one("A206", dead_grants(evidence)),
        run.cross_account(),
        run.one("A208", Vec::new()),
        run.one("A209", Vec::new()),
        run.one("A210", Vec::new()),
        run.one("A211", dead_principals(evidence)),
        run.one("A212", Vec::new()),
        run.one("A213", public_statements(evidence)),
    ]
}

struct Run<'r> {
    evidence: &'r Evidence,
    explained: &'r [Explanation],
    met: Truth,
}

impl Run<'_> {
    fn of(&self, code: &'static str) -> Vec<&Explanation> {
        self.explained
            .iter()
            .filter(|e| e.code == Code::new(code))
            .collect()
    }

    /// A rule of which `standing` are the faults that stand in the policies, harmful or not.
    fn one(&self, code: &'static str, standing: Vec<String>) -> Outcome {
        let explains = self.of(code);
        if let Some(first) = explains.first() {
            let mut findings = Findings::new(code, self.examined());
            findings.next = Some(first.next.clone());
            findings.found = explains.iter().map(|e| e.say.clone()).collect();
            findings.severity = Some(Severity::Fail);
            return findings.outcome();
        }
        if !standing.is_empty() {
            let mut findings = Findings::new(code, self.examined());
            // A dead principal or a public policy keeps a reader of another account out, whatever else grants.
            let grave = matches!(code, "A211" | "A213") && self.evidence.same_account().is_no();
            findings.severity = Some(if grave { Severity::Fail } else { Severity::Warn });
            findings.found = standing;
            return findings.outcome();
        }
        let seen = self.evidence.saw_all_policies();
        if seen || self.met.is_yes() {
            return Findings::new(code, self.examined().max(1)).outcome();
        }
        unknown(code, why_unseen(self.evidence))
    }

    /// A207 also without a refusal: where the accounts differ and a side that was seen does not allow.
    fn cross_account(&self) -> Outcome {
        if !self.of("A207").is_empty() {
            return self.one("A207", Vec::new());
        }
        let evidence = self.evidence;
        match evidence.same_account() {
            Truth::Yes => Findings::new("A207", 1).outcome(),
            _ if self.met.is_yes() => Findings::new("A207", 1).outcome(),
            Truth::Unknown => unknown(
                "A207",
                "whether reader and bucket are of one account is not known",
            ),
            Truth::No => {
                let missing = missing_sides(evidence);
                match missing.is_empty() {
                    false => {
                        let mut findings = Findings::new("A207", 2);
                        findings.severity = Some(Severity::Fail);
                        findings.next = Some(Next::say(
                            "Grant it on the side that is missing; between accounts both must allow.",
                        ));
                        findings.found = missing;
                        findings.outcome()
                    }
                    true if evidence.saw_all_policies() => Findings::new("A207", 2).outcome(),
                    true => unknown("A207", why_unseen(evidence)),
                }
            }
        }
    }

    fn examined(&self) -> usize {
        let f = &self.evidence.in_force;
        [&f.identity, &f.resource]
            .iter()
            .flat_map(|l| &l.policies)
            .map(|p| p.policy.statements.len())
            .sum()
    }
}

/// The sides that were seen whole and do not allow some need, where the accounts differ.
fn missing_sides(evidence: &Evidence) -> Vec<String> {
    let mut missing = Vec::new();
    for need in evidence.needs() {
        for request in evidence.target.requests(need) {
            let Some(decision) = evidence.predict(&request) else {
                continue;
            };
            let dataset = need.dataset().folder();
            if decision.resource_allows.is_no() {
                missing.push(format!(
                    "The bucket policy does not allow {} for {dataset} to the reader's account.",
                    request.action
                ));
            }
            if decision.identity_allows.is_no() {
                missing.push(format!(
                    "The user's policies do not allow {} for {dataset}.",
                    request.action
                ));
            }
        }
    }
    missing.dedup();
    missing
}

fn attached(evidence: &Evidence) -> impl Iterator<Item = (&Attached, &Statement)> {
    let f = &evidence.in_force;
    f.identity
        .policies
        .iter()
        .chain(&f.resource.policies)
        .flat_map(|p| p.policy.statements.iter().map(move |s| (p, s)))
}

fn place(attached: &Attached, statement: &Statement) -> String {
    format!("{}, {}", attached.source, statement.place())
}

/// Statements about this bucket of which a spelled-out action has no resource that it works on.
fn dead_grants(evidence: &Evidence) -> Vec<String> {
    let target = &evidence.target;
    let mut found = Vec::new();
    for (attached, statement) in attached(evidence) {
        let about: Vec<&str> = statement
            .resources
            .patterns
            .iter()
            .map(|r| r.text.as_str())
            .filter(|r| near::is_about(r, target))
            .collect();
        if statement.effect != Effect::Allow
            || statement.actions.not
            || statement.resources.not
            || about.is_empty()
        {
            continue;
        }
        for action in &statement.actions.patterns {
            let action = action.text.as_str();
            let fault = match (near::meant(action), near::works_on(action)) {
                (Some(right), _) => Some(format!("an action that does not exist; {right} is meant")),
                (None, near::WorksOn::Objects) if !about.iter().any(|r| near::can_fit_objects(r)) => {
                    Some("which works on objects, on the bucket's ARN".to_owned())
                }
                (None, near::WorksOn::Bucket)
                    if about
                        .iter()
                        .all(|r| near::can_fit_bucket(r, &target.bucket_arn()).is_no()) =>
                {
                    Some("which works on the bucket, on objects".to_owned())
                }
                _ => None,
            };
            if let Some(fault) = fault {
                found.push(format!(
                    "{} allows {action}, {fault}: it grants nothing.",
                    place(attached, statement)
                ));
            }
        }
    }
    found
}

fn dead_principals(evidence: &Evidence) -> Vec<String> {
    let mut found = Vec::new();
    for (attached, statement) in attached(evidence) {
        for entry in statement.principals.iter().flat_map(|p| &p.entries) {
            if is_unique_id(&entry.value.text) {
                found.push(format!(
                    "{} names {}, the id of a deleted user or role; no change of the policy can be saved as long as it stands there.",
                    place(attached, statement),
                    entry.value.text
                ));
            }
        }
    }
    found
}

fn public_statements(evidence: &Evidence) -> Vec<String> {
    if evidence.in_force.restrict_public_buckets != Some(true) {
        return Vec::new();
    }
    let public = |p: &Attached| p.source == Source::Bucket && public::is_public(&p.policy).is_yes();
    attached(evidence)
        .filter(|(attached, statement)| {
            public(attached)
                && statement.effect == Effect::Allow
                && statement.principals.iter().flat_map(|p| &p.entries).any(is_everyone)
        })
        .map(|(attached, statement)| {
            format!(
                "{} is for everyone (\"*\"): the policy is public, and RestrictPublicBuckets keeps every other account out.",
                place(attached, statement)
            )
        })
        .collect()
}
