//! Judges A203 to A218 from [`Evidence`]: one [`Outcome`] a rule, on the bucket.
//!
//! - `open`: A203 to A205, more is open than is needed
//! - `grants`: A206 to A213, which explain what A201 and A202 find
//! - `network`: A214, conditions that Statsig's requests may not meet
//! - `hygiene`: A215 to A217, settings, keys and texts
//! - `difference`: A218, the policies say one thing and the server another; `simulator`: what IAM's simulator says of that

mod difference;
mod grants;
mod hygiene;
mod network;
mod open;
mod simulator;

pub use difference::candidates;
pub(in crate::access) use difference::compared;
pub use hygiene::placeholder_in;
pub use network::{conditions as network_conditions, is_network_key};
pub(in crate::access) use open::{lists_outside, reads_outside, write_requests};
pub(in crate::access) use simulator::seconds;

use super::evidence::Evidence;
use crate::rule::{Code, Judged, MAX_SAMPLES, Next, Outcome, Sample, Severity, Subject};

/// Every outcome of A203 to A218, in order.
pub fn judge(evidence: &Evidence) -> Vec<Outcome> {
    let mut outcomes = vec![
        open::can_write(evidence),
        open::reads_elsewhere(evidence),
        open::lists_elsewhere(evidence),
    ];
    outcomes.extend(grants::explanations(evidence));
    outcomes.push(network::conditions(evidence));
    outcomes.push(hygiene::requester_pays(evidence));
    outcomes.push(hygiene::keys(evidence));
    outcomes.push(hygiene::texts(evidence));
    outcomes.push(difference::prediction(evidence));
    outcomes
}

/// What was found of one rule, one text a finding.
struct Findings {
    code: &'static str,
    found: Vec<String>,
    checked: u64,
    severity: Option<Severity>,
    next: Option<Next>,
}

impl Findings {
    fn new(code: &'static str, checked: usize) -> Self {
        Self {
            code,
            found: Vec::new(),
            checked: checked as u64,
            severity: None,
            next: None,
        }
    }

    /// Judged: each finding counts once, all of them make the cause.
    fn outcome(self) -> Outcome {
        let count = self.found.len() as u64;
        let samples = self
            .found
            .iter()
            .take(MAX_SAMPLES)
            .map(|text| Sample {
                value: Some(text.clone()),
                ..Sample::default()
            })
            .collect();
        let judged = Judged {
            count,
            checked: self.checked.max(count),
            of: self.checked.max(count),
            severity: self.severity,
            samples,
            cause: (count > 0).then(|| joined(&self.found)),
            next: self.next,
        };
        Outcome::judged(Code::new(self.code), Subject::Bucket, judged)
    }
}

/// Findings in one text; long lists are cut.
fn joined(found: &[String]) -> String {
    const SHOWN: usize = 4;
    let mut text = found.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(" ");
    if found.len() > SHOWN {
        text.push_str(&format!(" And {} more.", found.len() - SHOWN));
    }
    text
}

fn unknown(code: &'static str, cause: impl Into<String>) -> Outcome {
    Outcome::unknown(Code::new(code), Subject::Bucket, cause)
}

/// Why the policies can't be asked, in words.
fn why_unseen(evidence: &Evidence) -> String {
    if evidence.reader.is_none() {
        return "it is not known whose key this is".into();
    }
    let f = &evidence.in_force;
    let unseen: Vec<String> = [&f.identity, &f.boundary, &f.session, &f.resource]
        .iter()
        .flat_map(|l| &l.unseen)
        .map(|u| format!("{} could not be seen ({})", u.what, u.why))
        .collect();
    match unseen.is_empty() {
        true => "the policies leave it open".into(),
        false => unseen.join("; "),
    }
}

#[cfg(test)]
mod tests;
