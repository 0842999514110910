//! What IAM's own simulator (`iam:SimulatePrincipalPolicy`) says of a request: one more opinion beside our evaluation.
//! It sees organisation policies that we can't, and no condition keys that it was not given.

use serde::{Deserialize, Serialize};

use super::{
    context::Request,
    needs::{Need, Target},
    truth::Truth,
};
use crate::rule::Dataset;

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

/// A need, a request that it comes to, and what the simulator says of that.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opinion {
    /// The need.
    pub need: Need,
    /// The request.
    pub request: Request,
    /// What the simulator says.
    pub answer: Simulated,
}

/// What the simulator is asked, call by call: the list of each folder, and a read in each. The requests of one call differ
/// in nothing but their resource.
pub fn questions(target: &Target) -> Vec<Vec<(Need, Request)>> {
    let list = |dataset| {
        let folder = target.folder(dataset);
        let request = Request::list(&target.partition, &target.bucket, Some(&folder), None);
        (Need::List(dataset), request)
    };
    let reads = Dataset::ALL.into_iter().map(Need::Read).flat_map(|need| {
        let requests = target.requests(need).into_iter();
        requests.map(move |request| (need, request))
    });
    let mut calls: Vec<_> = Dataset::ALL.into_iter().map(|d| vec![list(d)]).collect();
    calls.push(reads.collect());
    calls
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

    #[test]
    fn what_one_call_asks_differs_in_its_resource_alone() {
        let calls = questions(&Target::new("acme", "exports/", "aws"));
        assert_eq!(calls.iter().flatten().count(), 6);
        for call in &calls {
            let like = |request: &Request| Request {
                resource: String::new(),
                ..request.clone()
            };
            assert!(
                call.iter().all(|(_, one)| like(one) == like(&call[0].1)),
                "{call:?}"
            );
        }
    }
}
