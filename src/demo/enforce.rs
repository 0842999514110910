//! The policies in force decide: every request to S3, IAM and STS is held against them, as AWS does it.
//!
//! Evaluation is [`crate::access`]'s; here are only the facts of the practice account's world, the order in which AWS
//! asks, and the words of its refusals. What evaluation can't tell is refused.

use crate::access::{
    Actor, Attached, Context, Decision as Evaluated, InForce, Layer, Policy, Reason, Request as Asked, Side,
    Source, Truth, evaluate,
};

use super::{
    gate::{Access, Decision, Request, refusal},
    iam::{
        World,
        model::{Account, User},
        world::Caller,
    },
    objects::{Bucket, Buckets},
};

/// Where requests seem to come from: an address that is reserved for examples.
pub const SOURCE_ADDRESS: &str = "203.0.113.25";

/// Decides by the policies in force.
pub fn policies(world: &World, buckets: &Buckets) -> Access {
    let (world, buckets) = (world.clone(), buckets.clone());
    std::sync::Arc::new(move |request| s3(&world, &buckets, request))
}

/// Whether a caller may do something in IAM.
///
/// # Errors
/// AWS' words of refusal.
pub fn iam(world: &World, caller: &Caller, action: &str, resource: &str) -> Result<(), String> {
    let asked = Asked {
        action: action.to_owned(),
        resource: resource.to_owned(),
        context: circumstances(),
        foreign_object_owner: None,
    };
    let in_force = InForce {
        resource_account: Some(caller.account.clone()),
        ..identity(world, caller)
    };
    let decision = evaluate(&actor(world, caller), &asked, &in_force);
    if decision.answer == Truth::Yes {
        return Ok(());
    }
    Err(format!(
        "User: {} is not authorized to perform: {action} on resource: {resource} {}",
        caller.arn,
        because(&decision, action)
    ))
}

fn circumstances() -> Context {
    Context::default()
        .from_internet(SOURCE_ADDRESS)
        .with("aws:SecureTransport", "true")
        .with("s3:TlsVersion", "1.3")
        .without("aws:PrincipalOrgID")
        .without("s3:ExistingObjectTag")
        .without("s3:VersionId")
}

pub(super) fn actor(world: &World, caller: &Caller) -> Actor {
    let tags = world
        .user(caller)
        .map(|user| user.tags.into_iter().collect())
        .unwrap_or_default();
    Actor {
        user_id: Some(caller.user_id.clone()),
        tags: Some(tags),
        ..Actor::from_arn(&caller.arn).unwrap_or_else(Actor::nobody)
    }
}

/// The policies of the caller.
pub(super) fn identity(world: &World, caller: &Caller) -> InForce {
    let found = world.with(&caller.account, |account| {
        let user = account.user(&caller.name)?;
        let boundary = user.boundary.as_ref().map(|arn| boundary(account, arn));
        Some(InForce {
            identity: Layer::seen(of_user(account, user)),
            boundary: Layer::seen(boundary.into_iter().flatten().collect()),
            limits: account.limits.clone(),
            ..InForce::default()
        })
    });
    found.flatten().unwrap_or_default()
}

fn managed(account: &Account, arn: &str, source: impl Fn(String, String) -> Source) -> Option<Attached> {
    let policy = account.policies.get(arn)?;
    let parsed = Policy::parse(policy.document()).ok()?;
    Some(Attached::new(
        source(policy.name.clone(), policy.default_name()),
        parsed,
    ))
}

fn boundary(account: &Account, arn: &str) -> Option<Attached> {
    let known = managed(account, arn, |name, version| Source::Boundary { name, version });
    // A boundary that is not there any more allows nothing.
    let nothing = || {
        let source = Source::Boundary {
            name: arn.to_owned(),
            version: "v1".to_owned(),
        };
        Policy::parse("{\"Version\":\"2012-10-17\",\"Statement\":[]}")
            .ok()
            .map(|policy| Attached::new(source, policy))
    };
    known.or_else(nothing)
}

fn of_user(account: &Account, user: &User) -> Vec<Attached> {
    let mut all = Vec::new();
    let inline = user.inline.iter().filter_map(|(name, document)| {
        let source = Source::UserInline { name: name.clone() };
        Policy::parse(document).ok().map(|p| Attached::new(source, p))
    });
    all.extend(inline);
    all.extend(user.attached.iter().filter_map(|arn| {
        managed(account, arn, |name, version| Source::UserManaged {
            name,
            version,
        })
    }));
    for group in user.groups.iter().filter_map(|name| account.groups.get(name)) {
        let of = group.name.clone();
        all.extend(group.inline.iter().filter_map(|(name, document)| {
            let source = Source::GroupInline {
                group: of.clone(),
                name: name.clone(),
            };
            Policy::parse(document).ok().map(|p| Attached::new(source, p))
        }));
        all.extend(group.attached.iter().filter_map(|arn| {
            managed(account, arn, |name, version| Source::GroupManaged {
                group: of.clone(),
                name,
                version,
            })
        }));
    }
    all
}

/// Why a caller may not, as AWS ends the sentence.
fn because(decision: &Evaluated, action: &str) -> String {
    match &decision.reason {
        Reason::Denied(places) => {
            let source = places
                .first()
                .and_then(|at| decision.trace.get(*at))
                .map(|j| &j.source);
            format!("with an explicit deny in {}", source.map_or("a policy", kind))
        }
        Reason::NotAllowed(sides) => {
            let side = match sides.first() {
                Some(Side::Boundary) => "permissions boundary",
                Some(Side::Session) => "session policy",
                Some(Side::Resource) => "resource-based policy",
                Some(Side::Limit) => "service control policy",
                _ => "identity-based policy",
            };
            format!("because no {side} allows the {action} action")
        }
        _ => format!("because no identity-based policy allows the {action} action"),
    }
}

fn kind(source: &Source) -> &'static str {
    match source {
        Source::UserInline { .. }
        | Source::UserManaged { .. }
        | Source::GroupInline { .. }
        | Source::GroupManaged { .. } => "an identity-based policy",
        Source::Boundary { .. } => "a permissions boundary",
        Source::Session => "a session policy",
        Source::Bucket | Source::Key => "a resource-based policy",
        Source::ServiceControl { .. } => "a service control policy",
        Source::ResourceControl { .. } => "a resource control policy",
        Source::VpcEndpoint { .. } => "a VPC endpoint policy",
    }
}

/// What a bucket adds to what decides.
fn with_bucket(mut in_force: InForce, bucket: &Bucket) -> InForce {
    let policy = bucket.policy.as_deref().and_then(|text| Policy::parse(text).ok());
    in_force.resource = Layer::seen(
        policy
            .map(|policy| Attached::new(Source::Bucket, policy))
            .into_iter()
            .collect(),
    );
    in_force.resource_account = Some(bucket.account.clone());
    in_force.restrict_public_buckets = Some(bucket.public_access_block.is_some_and(|b| b.restrict));
    in_force
}

fn asked(request: &Request) -> Asked {
    let query = |name: &str| request.query.get(name).map(String::as_str);
    let asked = match (&request.key, request.call.as_str()) {
        (Some(key), _) => Asked::on_object(&request.action, "aws", &request.bucket, key),
        (None, "ListObjects" | "ListObjectsV2") => {
            Asked::list("aws", &request.bucket, query("prefix"), query("delimiter"))
        }
        (None, _) => Asked::on_bucket(&request.action, "aws", &request.bucket),
    };
    let max_keys = query("max-keys");
    let context = circumstances().with_or_without("s3:max-keys", max_keys);
    asked.under(&context)
}

fn s3(world: &World, buckets: &Buckets, request: &Request) -> Decision {
    let who = request.caller.as_ref();
    let actor = who.map_or_else(Actor::nobody, |caller| actor(world, caller));
    let own = who.map_or_else(InForce::default, |caller| identity(world, caller));
    let plain = || Decision::Deny("Access Denied".to_owned());
    let Some((in_force, object, payer, account)) = buckets.with(&request.bucket, |bucket| {
        let object = request
            .key
            .as_ref()
            .and_then(|key| bucket.objects.get(key))
            .cloned();
        (
            with_bucket(own.clone(), bucket),
            object,
            bucket.requester_pays,
            bucket.account.clone(),
        )
    }) else {
        // No such bucket: that is for S3 to say.
        return if who.is_some() { Decision::Allow } else { plain() };
    };
    let mut question = asked(request);
    if let Some(object) = &object
        && object.account != account
    {
        question.foreign_object_owner = Some(object.account.clone());
    }
    let decision = evaluate(&actor, &question, &in_force);
    let foreign = who.is_none_or(|caller| caller.account != account);
    if decision.answer != Truth::Yes {
        // Across accounts AWS does not tell why.
        let reason = format!(
            "{} {}",
            refusal_start(request),
            because(&decision, &request.action)
        );
        return if foreign { plain() } else { Decision::Deny(reason) };
    }
    if foreign && payer && !request.pays {
        return plain();
    }
    if let Some(words) = unsettled(world, buckets, request) {
        return Decision::Deny(words);
    }
    let reads = matches!(request.call.as_str(), "GetObject" | "HeadObject");
    match object {
        Some(object) if reads => match &object.kms_key {
            Some(key) => decrypt(&actor, key, &in_force, buckets),
            None => Decision::Allow,
        },
        // Whoever may not list is not told that a key is not there.
        None if reads => {
            let list =
                Asked::list("aws", &request.bucket, request.key.as_deref(), None).under(&circumstances());
            match evaluate(&actor, &list, &in_force).answer {
                Truth::Yes => Decision::Allow,
                _ => plain(),
            }
        }
        _ => Decision::Allow,
    }
}

fn refusal_start(request: &Request) -> String {
    let whole = refusal(request);
    whole.split(" because ").next().unwrap_or(&whole).to_owned()
}

/// A change of policies takes a while to be felt: some requests are still answered as before.
fn unsettled(world: &World, buckets: &Buckets, request: &Request) -> Option<String> {
    let caller = request.caller.as_ref()?;
    let of_user = world.change(&caller.account, |account| {
        let user = account.user_mut(&caller.name)?;
        (!user.policies_settling.felt()).then_some(())
    });
    let of_bucket = || buckets.change(&request.bucket, |bucket| (!bucket.settling.felt()).then_some(()));
    of_user
        .flatten()
        .or_else(|| of_bucket().flatten())
        .map(|()| refusal(request))
}

/// SSE-KMS: S3 asks KMS in the caller's name.
fn decrypt(actor: &Actor, key: &str, s3: &InForce, buckets: &Buckets) -> Decision {
    let asked = Asked::decrypt(key).under(&circumstances());
    let account = key.split(':').nth(4).unwrap_or_default().to_owned();
    let policy = buckets.key_policy(key).and_then(|text| Policy::parse(&text).ok());
    let in_force = InForce {
        resource: Layer::seen(
            policy
                .map(|policy| Attached::new(Source::Key, policy))
                .into_iter()
                .collect(),
        ),
        resource_account: Some(account),
        restrict_public_buckets: None,
        ..s3.clone()
    };
    let decision = evaluate(actor, &asked, &in_force);
    if decision.answer == Truth::Yes {
        return Decision::Allow;
    }
    Decision::Deny(format!(
        "User: {} is not authorized to perform: kms:Decrypt on resource: {key} {}",
        actor.arn,
        because(&decision, "kms:Decrypt")
    ))
}
