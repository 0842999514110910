//! IAM's own opinion of the reader's needs, where the caller may ask for it.

use aws_sdk_iam::types::{
    ContextEntry, ContextKeyTypeEnum, EvaluationResult, PolicyEvaluationDecisionType, ResourceSpecificResult,
    Statement,
};
use futures_util::future::join_all;

use super::AwsAccount;
use crate::{
    access::{
        Need, Opinion, Request, Simulated, SimulatedDecision, Target, context::Held, simulated::questions,
    },
    store::s3::{failure::On, retry::Retry},
};

/// The condition keys that a request of the reader tells of itself.
const KEYS: [&str; 2] = ["s3:prefix", "s3:delimiter"];

impl AwsAccount {
    /// What `iam:SimulatePrincipalPolicy` says of the reader's needs, for exactly the requests' resources. `bucket_policy` is
    /// simulated with it, `owner` is the account that owns the bucket.
    ///
    /// `None` where it may not be asked, or the server has no simulator: nothing depends on it.
    pub async fn simulate(
        &self,
        target: &Target,
        user_arn: &str,
        bucket_policy: Option<&str>,
        owner: Option<&str>,
    ) -> Option<Vec<Opinion>> {
        let setting = Setting {
            user_arn,
            bucket_policy,
            owner: owner.map(|account| format!("arn:{}:iam::{account}:root", target.partition)),
        };
        let mut calls = questions(target).into_iter();
        // The first answer tells whether it is worth asking the others. A server without a simulator may say that it is at
        // fault (500) rather than that it has none: it is not asked for long.
        let mut all = self
            .simulated(&calls.next()?, &setting, &self.retry.brief())
            .await?;
        let others = calls.map(|asked| {
            let setting = &setting;
            async move { self.simulated(&asked, setting, &self.retry).await }
        });
        all.extend(join_all(others).await.into_iter().flatten().flatten());
        Some(all)
    }

    /// One call. A request of which the simulator says nothing that we know is left out.
    async fn simulated(
        &self,
        asked: &[(Need, Request)],
        setting: &Setting<'_>,
        retry: &Retry,
    ) -> Option<Vec<Opinion>> {
        let call = self.call(
            "asking IAM's simulator",
            "iam:SimulatePrincipalPolicy",
            "iam:SimulatePrincipalPolicy",
            On::Account,
        );
        let (_, like) = asked.first()?;
        let resources: Vec<String> = asked
            .iter()
            .map(|(_, request)| request.resource.clone())
            .collect();
        let send = || {
            self.iam
                .simulate_principal_policy()
                .policy_source_arn(setting.user_arn)
                .action_names(&like.action)
                .set_resource_arns(Some(resources.clone()))
                .set_resource_policy(setting.bucket_policy.map(str::to_owned))
                .set_resource_owner(setting.owner.clone())
                .set_caller_arn(setting.bucket_policy.map(|_| setting.user_arn.to_owned()))
                .set_context_entries(Some(entries(like)))
                .send()
        };
        let answer = self.read_with(retry, &call, send).await.ok()?;
        let opinions = asked.iter().filter_map(|(need, request)| {
            Some(Opinion {
                need: *need,
                request: request.clone(),
                answer: read(answer.evaluation_results(), &request.resource)?,
            })
        });
        Some(opinions.collect())
    }
}

/// What is the same of all that is asked.
struct Setting<'a> {
    user_arn: &'a str,
    bucket_policy: Option<&'a str>,
    owner: Option<String>,
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
fn read(results: &[EvaluationResult], resource: &str) -> Option<Simulated> {
    let of_it = |result: &EvaluationResult| {
        let mut each = result.resource_specific_results().iter();
        each.find(|specific| specific.eval_resource_name() == resource)
            .cloned()
    };
    let specific = results
        .iter()
        .find_map(|result| Some((result, Some(of_it(result)?))));
    let whole = || {
        let named = |result: &&EvaluationResult| result.eval_resource_name() == Some(resource);
        results.iter().find(named).map(|result| (result, None))
    };
    let (result, specific) = specific.or_else(whole)?;
    let specific = specific.as_ref();
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
