//! What IAM's own simulator says, beside our prediction and what was seen.
//!
//! It looks at service control policies, which nobody in the account can read; and it knows nothing of resource control
//! policies, VPC endpoints and KMS. So where it differs from what requests came to, that is no finding by itself: it says
//! where to look.

use crate::access::{
    Opinion, SimulatedDecision,
    evidence::{Answer, Evidence},
    needs::Need,
    truth::Truth,
};

/// An opinion beside what else is known of its request.
#[derive(Clone, Copy, Debug)]
pub(in crate::access) struct Second<'e> {
    opinion: &'e Opinion,
    /// What the policies say by our own evaluation.
    ours: Truth,
    /// What the reader's key came to.
    seen: Truth,
}

/// The opinions on what the reader must be able to do.
pub(in crate::access) fn seconds(evidence: &Evidence) -> Vec<Second<'_>> {
    let needed = |need: Need| evidence.datasets.contains(&need.dataset());
    let opinions = evidence.simulated.iter().filter(|o| needed(o.need));
    opinions
        .map(|opinion| Second {
            opinion,
            ours: evidence
                .predict(&opinion.request)
                .map_or(Truth::Unknown, |decision| decision.answer),
            seen: seen(evidence, opinion.need),
        })
        .collect()
}

/// What requests came to that try a need: refused where any was.
fn seen(evidence: &Evidence, need: Need) -> Truth {
    let mut answers = evidence
        .probes
        .iter()
        .filter(|probe| probe.need(&evidence.target) == Some(need))
        .map(|probe| probe.answer == Answer::Allowed)
        .peekable();
    match answers.peek() {
        None => Truth::Unknown,
        Some(_) => answers.all(|answered| answered).into(),
    }
}

impl Second<'_> {
    fn theirs(&self) -> Truth {
        self.opinion.answer.truth()
    }

    /// Whether the simulator is sure of what our prediction is sure not to be.
    pub fn differs(&self) -> bool {
        !self.ours.is_unknown() && !self.theirs().is_unknown() && self.ours != self.theirs()
    }

    /// Whether it says what we say.
    pub fn agrees(&self) -> bool {
        !self.ours.is_unknown() && self.ours == self.theirs()
    }

    /// Whether nothing was seen that would decide between the two.
    pub fn is_open(&self) -> bool {
        self.differs() && self.seen.is_unknown()
    }

    /// What it says of a need, and what we say.
    pub fn words(&self) -> String {
        let ours = match self.ours {
            Truth::Yes => "our prediction is yes",
            Truth::No => "our prediction is no",
            Truth::Unknown => "our prediction is unknown",
        };
        format!(
            "{}: IAM's simulator {}; {ours}",
            what(self.opinion.need),
            self.verdict()
        )
    }

    fn verdict(&self) -> String {
        let answer = &self.opinion.answer;
        if !answer.missing_keys.is_empty() {
            return format!("can't tell without {}", answer.missing_keys.join(", "));
        }
        let mut verdict = match answer.decision {
            SimulatedDecision::Allowed => "allows it",
            SimulatedDecision::ExplicitDeny => "says that it is denied",
            SimulatedDecision::ImplicitDeny => "says that nothing allows it",
        }
        .to_owned();
        if !answer.decided_by.is_empty() {
            verdict.push_str(&format!(" ({})", answer.decided_by.join(", ")));
        }
        if answer.organisation_allows == Some(false) {
            verdict.push_str(", and that the organisation's policies do not let it through");
        }
        verdict
    }
}

fn what(need: Need) -> String {
    let folder = need.dataset().folder();
    match need {
        Need::List(_) => format!("Listing {folder}"),
        Need::Read(_) => format!("Reading {folder}"),
    }
}

/// What it says of the need that a refused request tried, for a sentence of its own.
pub(super) fn on(evidence: &Evidence, need: Option<Need>) -> Option<String> {
    let second = seconds(evidence)
        .into_iter()
        .find(|s| Some(s.opinion.need) == need)?;
    (!second.theirs().is_unknown()).then(|| format!("IAM's simulator {}.", second.verdict()))
}

/// Whether the organisation's service control policies let the needs through, as the simulator has it.
pub(super) fn organisation(evidence: &Evidence) -> Truth {
    let said: Vec<bool> = evidence
        .simulated
        .iter()
        .filter_map(|opinion| opinion.answer.organisation_allows)
        .collect();
    match said.is_empty() {
        true => Truth::Unknown,
        false => said.iter().all(|allows| *allows).into(),
    }
}
