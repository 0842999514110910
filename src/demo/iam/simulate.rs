//! `iam:SimulatePrincipalPolicy`: what the policies of a user would say to a request, without making it.
//!
//! As AWS' simulator, it knows of the circumstances only what it is told: a condition on another key does not hold, and
//! the key is named as missing.

use super::{
    api::{Call, Outcome},
    users::no_such_user,
    world::Caller,
    xml::{Refusal, members, tag},
};
use crate::{
    access::{Attached, Context, Decision, InForce, Layer, Policy, Reason, Request, Source, Truth, evaluate},
    demo::enforce,
};

/// Of lists in a form, at most so many members are read.
const MEMBERS_MAX: usize = 100;

fn list<'a>(call: &'a Call<'_>, name: &str) -> Vec<&'a str> {
    (1..=MEMBERS_MAX)
        .map_while(|n| call.get(&format!("{name}.member.{n}")))
        .collect()
}

fn context(call: &Call<'_>) -> Context {
    let mut context = Context::default();
    for n in 1..=MEMBERS_MAX {
        let entry = format!("ContextEntries.member.{n}");
        let Some(key) = call.get(&format!("{entry}.ContextKeyName")) else {
            break;
        };
        // An empty value is one, too.
        let values = (1..=MEMBERS_MAX)
            .map_while(|m| call.form.get(&format!("{entry}.ContextKeyValues.member.{m}")))
            .cloned();
        context = context.with_many(key, values.collect());
    }
    context
}

pub(super) fn simulate(call: &Call<'_>) -> Outcome {
    let arn = call.need("PolicySourceArn")?;
    let name = arn.rsplit('/').next().unwrap_or_default();
    let found = call.world.with(&call.caller.account, |account| {
        let user = account.user(name)?;
        (account.user_arn(user) == arn).then(|| Caller {
            arn: arn.to_owned(),
            user_id: user.id.clone(),
            name: user.name.clone(),
            account: account.id.clone(),
        })
    });
    let caller = found.flatten().ok_or_else(|| no_such_user(name))?;
    let mut in_force = enforce::identity(call.world, &caller);
    let owner = call.get("ResourceOwner").and_then(|arn| arn.split(':').nth(4));
    in_force.resource_account = Some(owner.unwrap_or(&caller.account).to_owned());
    if let Some(text) = call.get("ResourcePolicy") {
        let policy = Policy::parse(text)
            .map_err(|e| Refusal::new(400, "InvalidInput", format!("Invalid resource policy: {e}")))?;
        in_force.resource = Layer::seen(vec![Attached::new(Source::Bucket, policy)]);
    }
    let actor = enforce::actor(call.world, &caller);
    let (actions, mut resources) = (list(call, "ActionNames"), list(call, "ResourceArns"));
    if resources.is_empty() {
        resources.push("*");
    }
    let context = context(call);
    let each = actions
        .iter()
        .flat_map(|action| resources.iter().map(move |resource| (action, resource)));
    let results = each.map(|(action, resource)| {
        let request = Request {
            action: (*action).to_owned(),
            resource: (*resource).to_owned(),
            context: context.clone(),
            foreign_object_owner: None,
        };
        result(
            &evaluate(&actor, &request, &in_force),
            &in_force,
            action,
            resource,
        )
    });
    Ok(Some(call.page("EvaluationResults", results.collect())))
}

fn result(decision: &Decision, in_force: &InForce, action: &str, resource: &str) -> String {
    let (verdict, places) = match (&decision.reason, decision.answer) {
        (Reason::Allowed(places), Truth::Yes) => ("allowed", places.as_slice()),
        (Reason::Denied(places), _) => ("explicitDeny", places.as_slice()),
        _ => ("implicitDeny", [].as_slice()),
    };
    let matched = places
        .iter()
        .filter_map(|at| decision.trace.get(*at))
        .map(|judged| {
            let (id, kind) = match &judged.source {
                Source::UserInline { name } => (format!("user_{name}"), "User"),
                Source::GroupInline { group, name } => (format!("group_{group}_{name}"), "Group"),
                Source::UserManaged { name, .. } | Source::GroupManaged { name, .. } => {
                    (name.clone(), "IAM Policy")
                }
                Source::Bucket => ("ResourcePolicy".to_owned(), "Resource Policy"),
                other => (other.to_string(), "IAM Policy"),
            };
            format!("{}{}", tag("SourcePolicyId", &id), tag("SourcePolicyType", kind))
        });
    let mut missing: Vec<&str> = decision
        .trace
        .iter()
        .filter(|judged| judged.action != Truth::No && judged.resource != Truth::No)
        .flat_map(|judged| &judged.conditions)
        .filter(|checked| checked.answer == Truth::Unknown)
        .map(|checked| checked.key.as_str())
        .collect();
    missing.sort_unstable();
    missing.dedup();
    let statements = members("MatchedStatements", matched);
    let missing = members(
        "MissingContextValues",
        missing.into_iter().map(super::xml::escaped),
    );
    let boundary = if in_force.boundary.policies.is_empty() {
        String::new()
    } else {
        let stopped = matches!(&decision.reason, Reason::NotAllowed(sides) if sides.contains(&crate::access::Side::Boundary));
        let allowed = tag(
            "AllowedByPermissionsBoundary",
            if stopped { "false" } else { "true" },
        );
        format!("<PermissionsBoundaryDecisionDetail>{allowed}</PermissionsBoundaryDecisionDetail>")
    };
    let specific = format!(
        "{}{}{statements}{missing}{boundary}",
        tag("EvalResourceName", resource),
        tag("EvalResourceDecision", verdict)
    );
    format!(
        "{}{}{}{statements}{missing}{boundary}{}",
        tag("EvalActionName", action),
        tag("EvalResourceName", resource),
        tag("EvalDecision", verdict),
        members("ResourceSpecificResults", [specific])
    )
}
