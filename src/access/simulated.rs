//! What IAM's own simulator (`iam:SimulatePrincipalPolicy`) says of a request: one more opinion beside our evaluation.
//! It sees organisation policies that we can't, and no condition keys that it was not given.

use serde::{Deserialize, Serialize};

use super::truth::Truth;

/// What the simulator comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SimulatedDecision {
    /// Some policy allows it, none denies it.
    Allowed,
    /// A policy denies it.
    ExplicitDeny,
    /// No policy allows it.
    ImplicitDeny,
}

/// The simulator's answer for one request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Simulated {
    /// What it comes to, for exactly the request's resource.
    pub decision: SimulatedDecision,
    /// The policies whose statements decided, as IAM names them: `statsig-reader_bucket-ready-read`.
    #[serde(default)]
    pub decided_by: Vec<String>,
    /// Condition keys that statements ask for and that the request did not tell: the answer is made without them.
    #[serde(default)]
    pub missing_keys: Vec<String>,
    /// Whether the organisation's policies let it through; `None` where the simulator does not say.
    #[serde(default)]
    pub organisation_allows: Option<bool>,
    /// Whether the permissions boundary lets it through; `None` where there is none.
    #[serde(default)]
    pub boundary_allows: Option<bool>,
}

impl Simulated {
    /// The answer as a truth: with a condition key missing, what the simulator says is not certain.
    pub fn truth(&self) -> Truth {
        match (self.decision, self.missing_keys.is_empty()) {
            (_, false) => Truth::Unknown,
            (SimulatedDecision::Allowed, true) => Truth::Yes,
            (SimulatedDecision::ExplicitDeny | SimulatedDecision::ImplicitDeny, true) => Truth::No,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_made_without_a_condition_key_is_not_taken_for_certain() {
        let mut answer = Simulated {
            decision: SimulatedDecision::Allowed,
            decided_by: Vec::new(),
            missing_keys: Vec::new(),
            organisation_allows: None,
            boundary_allows: None,
        };
        assert_eq!(answer.truth(), Truth::Yes);
        answer.missing_keys.push("aws:SourceVpce".into());
        assert_eq!(answer.truth(), Truth::Unknown);
        answer.missing_keys.clear();
        answer.decision = SimulatedDecision::ExplicitDeny;
        assert_eq!(answer.truth(), Truth::No);
    }
}
