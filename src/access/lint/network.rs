//! A214: conditions on network, organisation or TLS, which our own requests may meet and Statsig's may not.

use super::{Findings, unknown, why_unseen};
use crate::{
    access::{
        condition::AddressRange,
        evaluate::{Decision, Judged},
        evidence::Evidence,
        policy::Effect,
        truth::Truth,
    },
    rule::{Next, Outcome},
};

/// Whether a condition key depends on where a request comes from, or by whose organisation.
pub fn is_network_key(key: &str) -> bool {
    matches!(
        key.to_ascii_lowercase().as_str(),
        "aws:sourceip"
            | "aws:sourcevpc"
            | "aws:sourcevpce"
            | "aws:sourcevpcarn"
            | "aws:vpcsourceip"
            | "aws:vpceaccount"
            | "aws:vpceorgid"
            | "aws:vpceorgpaths"
            | "aws:principalorgid"
            | "aws:principalorgpaths"
            | "s3:tlsversion"
    )
}

/// A statement that may keep Statsig out, and from which of its addresses.
struct Harm {
    place: String,
    words: String,
    addresses: Vec<String>,
}

/// A214: which statements would keep Statsig's requests out, from which of its addresses.
pub fn conditions(evidence: &Evidence) -> Outcome {
    if evidence.reader.is_none() || !evidence.saw_policies() {
        return unknown("A214", why_unseen(evidence));
    }
    let mut harms: Vec<Harm> = Vec::new();
    let mut checked = 0;
    for need in evidence.needs() {
        for request in evidence.target.requests(need) {
            for address in &evidence.statsig_addresses {
                let Some(first) = AddressRange::parse(address).map(|r| r.first().to_string()) else {
                    continue;
                };
                let Some(decision) = evidence.predict_from(&request, &first) else {
                    continue;
                };
                checked += 1;
                if !decision.answer.is_yes() {
                    collect(&decision, address, &mut harms);
                }
            }
        }
    }
    if harms.is_empty() && !evidence.saw_all_policies() {
        return unknown("A214", why_unseen(evidence));
    }
    let mut findings = Findings::new("A214", checked);
    let all = evidence.statsig_addresses.len();
    for harm in harms {
        let from = match harm.addresses.len() {
            n if n == all => "from any of Statsig's addresses".to_owned(),
            _ => format!("from Statsig's addresses {}", harm.addresses.join(", ")),
        };
        findings.found.push(format!(
            "{} would keep requests {from} out: {}.",
            harm.place, harm.words
        ));
    }
    if !findings.found.is_empty() {
        findings.next = Some(Next::say(format!(
            "Let Statsig's addresses through ({} at the time of writing; ask Statsig for the current ones), or spare the reader by its ARN. A check from here proves nothing for Statsig's network.",
            evidence.statsig_addresses.join(", ")
        )));
    }
    findings.outcome()
}

/// The statements of a decision that refuse, or do not let through, because of a network condition.
fn collect(decision: &Decision, address: &str, harms: &mut Vec<Harm>) {
    for judged in decision.trace.iter().filter(|j| harmful(j)) {
        let place = judged.place();
        match harms.iter_mut().find(|h| h.place == place) {
            Some(harm) => {
                if !harm.addresses.iter().any(|a| a == address) {
                    harm.addresses.push(address.to_owned());
                }
            }
            None => harms.push(Harm {
                words: words(judged),
                place,
                addresses: vec![address.to_owned()],
            }),
        }
    }
}

fn harmful(judged: &Judged) -> bool {
    let network = || judged.conditions.iter().filter(|c| is_network_key(&c.key));
    if network().next().is_none() {
        return false;
    }
    match judged.effect {
        Effect::Deny => !judged.answer.is_no(),
        Effect::Allow => {
            let principal = judged.principal.as_ref().is_none_or(|p| p.answer.is_yes());
            let rest = judged
                .conditions
                .iter()
                .filter(|c| !is_network_key(&c.key))
                .map(|c| c.answer);
            principal
                && judged.action.is_yes()
                && judged.resource.is_yes()
                && !Truth::all(rest).is_no()
                && network().any(|c| !c.answer.is_yes())
        }
    }
}

fn words(judged: &Judged) -> String {
    let sides: Vec<String> = judged
        .conditions
        .iter()
        .filter(|c| is_network_key(&c.key))
        .map(|c| c.both_sides())
        .collect();
    let effect = match judged.effect {
        Effect::Deny => "it denies where",
        Effect::Allow => "it allows only where the condition holds;",
    };
    format!("{effect} {}", sides.join("; "))
}
