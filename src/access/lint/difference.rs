//! A218: what the policies predict and what was seen, side by side.

use super::{Findings, simulator, unknown, why_unseen};
use crate::{
    access::{
        context::Request,
        evaluate::Decision,
        evidence::{Answer, Asked, Encryption, Evidence, ObjectGroup, Probe},
        explain::sentence,
        truth::Truth,
    },
    rule::{Next, Outcome},
};

/// A probe beside what the policies say of it, where they say anything.
pub(in crate::access) struct Compared<'e> {
    pub probe: &'e Probe,
    request: Request,
    decision: Decision,
    seen: Truth,
}

impl Compared<'_> {
    /// Whether the two differ. A key's refusal is no contradiction of the policies for S3.
    pub fn differs(&self) -> bool {
        self.decision.answer != self.seen && !self.probe.refusal().is_some_and(|r| r.is_kms())
    }

    /// Both sides in one sentence.
    pub fn words(&self) -> String {
        let what = match &self.probe.asked {
            Asked::List(prefix) => format!("Listing \"{prefix}\""),
            Asked::Read(key) => format!("Reading {key}"),
        };
        let outcome = if self.seen.is_yes() {
            "it was answered"
        } else {
            "it was refused"
        };
        format!("{what}: {}; {outcome}.", sentence(&self.request, &self.decision))
    }
}

/// Every probe on which the policies have a word.
pub(in crate::access) fn compared(evidence: &Evidence) -> Vec<Compared<'_>> {
    let compare = |probe: &'_ Probe| {
        let mut request = probe.request(&evidence.target);
        // The bucket's policy does not apply to what another account owns: that is no contradiction either.
        if let Asked::Read(key) = &probe.asked
            && let Some(group) = evidence.group_of(key)
            && evidence.is_foreign(group).is_yes()
        {
            request.foreign_object_owner = group.owner.clone();
        }
        let decision = evidence.predict(&request)?;
        let seen = Truth::from(probe.answer == Answer::Allowed);
        (!decision.answer.is_unknown()).then_some((request, decision, seen))
    };
    evidence
        .probes
        .iter()
        .filter_map(|probe| {
            let (request, decision, seen) = compare(probe)?;
            Some(Compared {
                probe,
                request,
                decision,
                seen,
            })
        })
        .collect()
}

/// A218.
pub(super) fn prediction(evidence: &Evidence) -> Outcome {
    let mut findings = Findings::new("A218", 0);
    let all = compared(evidence);
    let mut first_object = None;
    for one in all.iter().filter(|one| one.differs()) {
        if let Asked::Read(key) = &one.probe.asked {
            first_object = first_object.or_else(|| evidence.group_of(key));
        }
        let second = simulator::on(evidence, one.probe.need(&evidence.target));
        let words = [Some(one.words()), second];
        let words: Vec<String> = words.into_iter().flatten().collect();
        findings.found.push(words.join(" "));
    }
    // Where nothing was tried, two opinions of which one must be wrong are worth knowing of.
    let open: Vec<_> = simulator::seconds(evidence)
        .into_iter()
        .filter(|s| s.is_open())
        .collect();
    findings.found.extend(
        open.iter()
            .map(|second| format!("{}; it was not tried.", second.words())),
    );
    if all.is_empty() && open.is_empty() {
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
    findings.checked = (all.len() + open.len()) as u64;
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
    ranked.push(match simulator::organisation(evidence) {
        Truth::No => (
            0,
            "a service control policy of the organisation: IAM's simulator says that they do not let it through"
                .into(),
        ),
        Truth::Yes => (
            4,
            "a resource control policy of the organisation (its service control policies let it through, says IAM's simulator)"
                .into(),
        ),
        Truth::Unknown => (3, "a service control or resource control policy of the organisation".into()),
    });
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
