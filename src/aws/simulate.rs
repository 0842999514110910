//! IAM's own opinion of the reader's needs, where the caller may ask for it.

use aws_sdk_iam::types::{
    ContextEntry, ContextKeyTypeEnum, EvaluationResult, PolicyEvaluationDecisionType, ResourceSpecificResult,
    Statement,
};
use futures_util::{StreamExt, stream};

use super::AwsAccount;
use crate::{
    access::{Need, Request, Simulated, SimulatedDecision, Target, context::Held},
    store::s3::failure::On,
};

/// So many simulations are asked for at a time.
const AT_A_TIME: usize = 4;
/// The condition keys that a request of the reader tells of itself.
const KEYS: [&str; 2] = ["s3:prefix", "s3:delimiter"];

impl AwsAccount {
    /// What `iam:SimulatePrincipalPolicy` says of every request that the reader's needs come to, for exactly the request's
    /// resource. `bucket_policy` is simulated with it, `owner` is the account that owns the bucket.
    ///
    /// `None` where it may not be asked, or the server has no simulator: nothing depends on it.
    pub async fn simulate(
        &self,
        target: &Target,
        user_arn: &str,
        bucket_policy: Option<&str>,
        owner: Option<&str>,
    ) -> Option<Vec<(Request, Simulated)>> {
        let mut requests: Vec<Request> = Need::all().flat_map(|need| target.requests(need)).collect();
        // The first tells whether it is worth asking for the others.
        let rest = requests.split_off(1.min(requests.len()));
        let first = requests.pop()?;
        let answer = self
            .simulated(&first, target, user_arn, bucket_policy, owner)
            .await?;
        let mut all = vec![(first, answer)];
        let others: Vec<_> = stream::iter(rest)
            .map(|request| async move {
                let answer = self
                    .simulated(&request, target, user_arn, bucket_policy, owner)
                    .await?;
                Some((request, answer))
            })
            .buffered(AT_A_TIME)
            .collect()
            .await;
        all.extend(others.into_iter().flatten());
        Some(all)
    }

    async fn simulated(
        &self,
        request: &Request,
        target: &Target,
        user_arn: &str,
        bucket_policy: Option<&str>,
        owner: Option<&str>,
    ) -> Option<Simulated> {
        let call = self.call(
            "asking IAM's simulator",
            "iam:SimulatePrincipalPolicy",
            "iam:SimulatePrincipalPolicy",
            On::Account,
        );
        let owner = owner.map(|account| format!("arn:{}:iam::{account}:root", target.partition));
        let send = || {
            self.iam
                .simulate_principal_policy()
                .policy_source_arn(user_arn)
                .action_names(&request.action)
                .resource_arns(&request.resource)
                .set_resource_policy(bucket_policy.map(str::to_owned))
                .set_resource_owner(owner.clone())
                .set_caller_arn(bucket_policy.map(|_| user_arn.to_owned()))
                .set_context_entries(Some(entries(request)))
                .send()
        };
        let answer = self.read(&call, send).await.ok()?;
        let result = answer.evaluation_results().first()?;
        read(result, &request.resource)
    }
}

/// What a request tells of itself, as the simulator takes it.
fn entries(request: &Request) -> Vec<ContextEntry> {
    let entry = |key: &str| match request.context.get(key) {
        Held::Values(values) => Some(
            ContextEntry::builder()
                .context_key_name(key)
                .set_context_key_values(Some(values))
                .context_key_type(ContextKeyTypeEnum::String)
                .build(),
        ),
        Held::Absent | Held::Unknown => None,
    };
    KEYS.into_iter().filter_map(entry).collect()
}

/// The result for exactly this resource: the one of the action as a whole sums several up.
///
/// Source: IAM API Reference, "EvaluationResult" and "ResourceSpecificResult".
fn read(result: &EvaluationResult, resource: &str) -> Option<Simulated> {
    let specific = result
        .resource_specific_results()
        .iter()
        .find(|specific| specific.eval_resource_name() == resource);
    let organisation = result
        .organizations_decision_detail()
        .map(|detail| detail.allowed_by_organizations());
    let whole_boundary = result.permissions_boundary_decision_detail();
    let boundary = specific
        .and_then(ResourceSpecificResult::permissions_boundary_decision_detail)
        .or(whole_boundary)
        .map(|detail| detail.allowed_by_permissions_boundary());
    let (verdict, statements, missing) = match specific {
        Some(specific) => (
            specific.eval_resource_decision(),
            specific.matched_statements(),
            specific.missing_context_values(),
        ),
        None => (
            result.eval_decision(),
            result.matched_statements(),
            result.missing_context_values(),
        ),
    };
    Some(Simulated {
        decision: decision(verdict)?,
        decided_by: statements
            .iter()
            .filter_map(Statement::source_policy_id)
            .map(str::to_owned)
            .collect(),
        missing_keys: missing.to_vec(),
        organisation_allows: organisation,
        boundary_allows: boundary,
    })
}

/// A decision of a kind that we don't know is none.
fn decision(told: &PolicyEvaluationDecisionType) -> Option<SimulatedDecision> {
    match told {
        PolicyEvaluationDecisionType::Allowed => Some(SimulatedDecision::Allowed),
        PolicyEvaluationDecisionType::ExplicitDeny => Some(SimulatedDecision::ExplicitDeny),
        PolicyEvaluationDecisionType::ImplicitDeny => Some(SimulatedDecision::ImplicitDeny),
        _ => None,
    }
}
