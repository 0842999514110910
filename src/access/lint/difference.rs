//! A218: what the policies predict and what was seen, side by side.

use super::{Findings, unknown, why_unseen};
use crate::{
    access::{
        evidence::{Answer, Asked, Encryption, Evidence, ObjectGroup},
        explain::sentence,
        truth::Truth,
    },
    rule::{Next, Outcome},
};

/// A218.
pub(super) fn prediction(evidence: &Evidence) -> Outcome {
    let mut findings = Findings::new("A218", 0);
    let mut compared = 0;
    let mut first_object = None;
    for probe in &evidence.probes {
        let request = probe.request(&evidence.target);
        let Some(decision) = evidence.predict(&request) else {
            continue;
        };
        let seen = match &probe.answer {
            Answer::Allowed => Truth::Yes,
            Answer::Refused(_) => Truth::No,
        };
        if decision.answer.is_unknown() {
            continue;
        }
        compared += 1;
        // A key's refusal is no contradiction of the policies for S3.
        if decision.answer == seen || probe.refusal().is_some_and(|r| r.is_kms()) {
            continue;
        }
        let what = match &probe.asked {
            Asked::List(prefix) => format!("Listing \"{prefix}\""),
            Asked::Read(key) => format!("Reading {key}"),
        };
        if let Asked::Read(key) = &probe.asked {
            first_object = first_object.or_else(|| evidence.group_of(key));
        }
        let outcome = if seen.is_yes() {
            "it was answered"
        } else {
            "it was refused"
        };
        findings
            .found
            .push(format!("{what}: {}; {outcome}.", sentence(&request, &decision)));
    }
    if compared == 0 {
        return match evidence.probes.is_empty() {
            true => unknown("A218", "no request was made with the reader's key"),
            false => unknown(
                "A218",
                format!(
                    "what the policies allow can't be predicted: {}",
                    why_unseen(evidence)
                ),
            ),
        };
    }
    findings.checked = compared;
    if !findings.found.is_empty() {
        let candidates = candidates(evidence, first_object).join("; ");
        findings.next = Some(Next::say(format!("Look, in this order, for: {candidates}.")));
    }
    findings.outcome()
}

/// What may refuse although every policy that was seen allows, the likeliest first.
pub fn candidates(evidence: &Evidence, object: Option<&ObjectGroup>) -> Vec<String> {
    let mut ranked: Vec<(u8, String)> = Vec::new();
    if evidence.recently_changed {
        ranked.push((
            0,
            "propagation: something was changed a moment ago, and AWS takes seconds to agree with itself"
                .into(),
        ));
    }
    match object.map(|o| &o.encryption) {
        Some(Encryption::Kms(key)) => {
            ranked.push((
                1,
                format!("the KMS key {key}: its policy, or kms:Decrypt for the reader"),
            ));
        }
        Some(Encryption::Unknown) | None => {
            ranked.push((5, "a KMS key, where objects are encrypted with one".into()));
        }
        Some(Encryption::S3) => {}
    }
    if object.is_some_and(|o| !evidence.is_foreign(o).is_no()) {
        ranked.push((
            2,
            "the object's owner: an object of another account is not the bucket policy's to give".into(),
        ));
    }
    ranked.push((
        3,
        "a service control or resource control policy of the organisation".into(),
    ));
    ranked.push((
        4,
        "the policy of a VPC endpoint that the request went through".into(),
    ));
    if !evidence.recently_changed {
        ranked.push((
            6,
            "propagation, if something was changed within the last minute".into(),
        ));
    }
    ranked.sort_by_key(|(rank, _)| *rank);
    ranked.into_iter().map(|(_, words)| words).collect()
}
