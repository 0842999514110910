//! Whether a request is allowed, as far as the policies that could be seen tell: yes, no, or unknown.
//!
//! One account: what the identity's policies or the bucket's allow is allowed. Two accounts: both must allow. A Deny
//! anywhere refuses. A boundary and a session's policy must allow too, but they do not limit what the bucket's policy
//! grants to the identity's own ARN in the same account.
//! Source: IAM User Guide, "Policy evaluation logic" and "Cross-account policy evaluation logic".

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{
    condition::{self, Checked},
    context::{Actor, ActorKind, Context, Held, Request},
    pattern::{Pattern, Replaced},
    policy::{Attached, Effect, Patterns, Policy, Source, Statement},
    principal::{Coverage, Grantee},
    public,
    truth::Truth,
};

/// Something that may be in force and could not be seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unseen {
    /// What: `the user's inline policies`.
    pub what: String,
    /// Why it could not be seen: `iam:ListUserPolicies was refused`.
    pub why: String,
}

/// The policies of one kind: those seen, and what could not be seen.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Layer {
    /// The policies.
    pub policies: Vec<Attached>,
    /// What else may be in force.
    pub unseen: Vec<Unseen>,
}

impl Layer {
    /// A layer of which nothing is hidden.
    pub fn seen(policies: Vec<Attached>) -> Self {
        Self {
            policies,
            unseen: Vec::new(),
        }
    }

    /// A layer that could not be seen at all.
    pub fn unseen(what: impl Into<String>, why: impl Into<String>) -> Self {
        let unseen = vec![Unseen {
            what: what.into(),
            why: why.into(),
        }];
        Self {
            policies: Vec::new(),
            unseen,
        }
    }

    /// Whether all of it was seen.
    pub fn is_whole(&self) -> bool {
        self.unseen.is_empty()
    }

    fn may_hide(&self) -> Truth {
        if self.is_whole() {
            Truth::No
        } else {
            Truth::Unknown
        }
    }
}

/// All that decides on an identity's requests to a bucket (or to a KMS key).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct InForce {
    /// The user's inline and managed policies and those of its groups.
    pub identity: Layer,
    /// The permissions boundary; empty where there is none.
    pub boundary: Layer,
    /// The session's policies; empty for users.
    pub session: Layer,
    /// The bucket's policy (or the key's); empty where there is none.
    pub resource: Layer,
    /// Policies of organisation and network, where they are known; each must let the request through.
    pub limits: Vec<Attached>,
    /// The account that owns the bucket (or the key), where it is known.
    pub resource_account: Option<String>,
    /// Whether the bucket's or its account's public access block has `RestrictPublicBuckets`, where it is known.
    pub restrict_public_buckets: Option<bool>,
}

/// A statement held against the request.
#[derive(Clone, Debug, PartialEq)]
pub struct Judged {
    /// Where its policy is attached.
    pub source: Source,
    /// The policy.
    pub policy: Arc<Policy>,
    /// Its place in the policy, from 0.
    pub index: usize,
    /// What it does.
    pub effect: Effect,
    /// Whether it matches the request.
    pub answer: Truth,
    /// Whom it is about; `None` in policies of identities.
    pub principal: Option<Coverage>,
    /// Whether the action is among its actions.
    pub action: Truth,
    /// Whether the resource is among its resources.
    pub resource: Truth,
    /// Its conditions.
    pub conditions: Vec<Checked>,
}

impl Judged {
    /// The statement.
    pub fn statement(&self) -> Option<&Statement> {
        self.policy.statements.get(self.index)
    }

    /// How people find it: `bucket policy, statement VpcOnly (line 4)`.
    pub fn place(&self) -> String {
        match self.statement() {
            Some(s) => format!("{}, {}", self.source, s.place()),
            None => self.source.to_string(),
        }
    }

    /// The conditions that do not hold, or may not.
    pub fn unmet(&self) -> impl Iterator<Item = &Checked> {
        self.conditions.iter().filter(|c| !c.answer.is_yes())
    }
}

/// The sides that must allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Side {
    /// The identity's policies.
    Identity,
    /// The permissions boundary.
    Boundary,
    /// The session's policies.
    Session,
    /// The bucket's (or key's) policy.
    Resource,
    /// A policy of the organisation or the network.
    Limit,
}

impl Side {
    /// In words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Identity => "the user's policies",
            Self::Boundary => "the permissions boundary",
            Self::Session => "the session's policies",
            Self::Resource => "the bucket policy",
            Self::Limit => "a policy of the organisation or the network",
        }
    }
}

/// Why the answer is what it is. Numbers are places in [`Decision::trace`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// These statements allow, and nothing denies.
    Allowed(Vec<usize>),
    /// These statements deny.
    Denied(Vec<usize>),
    /// The bucket's policy is public and `RestrictPublicBuckets` keeps other accounts out.
    PublicBlocked,
    /// These sides would have to allow, and do not.
    NotAllowed(Vec<Side>),
    /// It can't be told, because of these.
    Unknown(Vec<String>),
}

/// The answer, with every statement that was looked at.
#[derive(Clone, Debug, PartialEq)]
pub struct Decision {
    /// Whether the request is allowed.
    pub answer: Truth,
    /// Why.
    pub reason: Reason,
    /// Every statement of every policy, in the order identity, boundary, session, limits, resource.
    pub trace: Vec<Judged>,
    /// Whether identity and bucket are of one account.
    pub same_account: Truth,
    /// Whether the identity's own policies allow (boundary and session aside).
    pub identity_allows: Truth,
    /// Whether the resource's policy allows, to whomever of the identity, its account or everyone.
    pub resource_allows: Truth,
}

/// Whether a request is allowed.
pub fn evaluate(actor: &Actor, request: &Request, in_force: &InForce) -> Decision {
    let mut run = Run {
        actor,
        request,
        context: request.whole_context(actor),
        bounded: match in_force.boundary.policies.is_empty() {
            true => in_force.boundary.may_hide(),
            false => Truth::Yes,
        },
        trace: Vec::new(),
    };
    let identity = match actor.kind {
        ActorKind::Anonymous | ActorKind::Root => Tally::default(),
        _ => run.layer(&in_force.identity),
    };
    let boundary = run.limit(&in_force.boundary);
    let session = run.limit(&in_force.session);
    let limits: Vec<Tally> = in_force.limits.iter().map(|p| run.organisation(p)).collect();
    let resource = run.layer(&in_force.resource);
    let sides = Sides {
        identity: match actor.kind {
            ActorKind::Root => Truth::Yes,
            _ => identity.allow,
        },
        boundary: boundary.allow,
        session: session.allow,
        limits: Truth::all(limits.iter().map(|l| l.allow)),
        resource,
    };
    let deny = Truth::any([identity.deny, boundary.deny, session.deny, resource.deny])
        .or(Truth::any(limits.iter().map(|l| l.deny)));
    run.decide(in_force, &sides, deny)
}

/// What the statements of one layer come to.
#[derive(Clone, Copy, Debug)]
struct Tally {
    allow: Truth,
    deny: Truth,
    /// Allows by how the statement names who asks; for policies of resources.
    by_identity: Truth,
    by_role: Truth,
    by_account: Truth,
    by_everyone: Truth,
}

impl Default for Tally {
    fn default() -> Self {
        Self {
            allow: Truth::No,
            deny: Truth::No,
            by_identity: Truth::No,
            by_role: Truth::No,
            by_account: Truth::No,
            by_everyone: Truth::No,
        }
    }
}

struct Sides {
    identity: Truth,
    boundary: Truth,
    session: Truth,
    limits: Truth,
    resource: Tally,
}

impl Sides {
    /// What the identity may do by its own policies.
    fn own(&self) -> Truth {
        self.identity.and(self.boundary).and(self.session)
    }

    fn same_account(&self, key: bool) -> Truth {
        let r = &self.resource;
        let unlimited = self.boundary.and(self.session);
        // Whether a boundary limits what a policy grants to everyone is not documented.
        let cautious = if unlimited.is_yes() {
            Truth::Yes
        } else {
            Truth::Unknown
        };
        let granted = r
            .by_identity
            .or(r.by_role.and(unlimited))
            .or(r.by_everyone.and(cautious));
        if key {
            // KMS: without the key policy's leave, the account's own policies count for nothing.
            granted.or(r.by_account.and(self.own()))
        } else {
            granted.or(self.own())
        }
    }

    fn cross_account(&self) -> Truth {
        self.own().and(self.resource.allow)
    }
}

struct Run<'a> {
    actor: &'a Actor,
    request: &'a Request,
    context: Context,
    /// Whether the identity has a permissions boundary.
    bounded: Truth,
    trace: Vec<Judged>,
}

impl Run<'_> {
    fn layer(&mut self, layer: &Layer) -> Tally {
        let hidden = layer.may_hide();
        let mut tally = Tally {
            allow: hidden,
            deny: hidden,
            by_identity: hidden,
            by_role: hidden,
            by_account: hidden,
            by_everyone: hidden,
        };
        for attached in &layer.policies {
            self.policy(attached, &mut tally);
        }
        tally
    }

    fn policy(&mut self, attached: &Attached, tally: &mut Tally) {
        for statement in &attached.policy.statements {
            let judged = self.judge(attached, statement);
            match statement.effect {
                Effect::Deny => tally.deny = tally.deny.or(judged.answer),
                Effect::Allow => {
                    tally.allow = tally.allow.or(judged.answer);
                    let by = judged.principal.as_ref().map(|p| p.by);
                    let side = match by {
                        Some(Some(Grantee::Identity)) => Some(&mut tally.by_identity),
                        Some(Some(Grantee::Role)) => Some(&mut tally.by_role),
                        Some(Some(Grantee::Account)) => Some(&mut tally.by_account),
                        Some(Some(Grantee::Everyone)) => Some(&mut tally.by_everyone),
                        // An unknown kind of principal may name anybody, but hardly by their own ARN.
                        Some(None) => Some(&mut tally.by_everyone),
                        None => None,
                    };
                    if let Some(side) = side {
                        *side = side.or(judged.answer);
                    }
                }
            }
            self.trace.push(judged);
        }
    }

    /// A layer that limits where it exists: no policy and nothing hidden means no limit.
    fn limit(&mut self, layer: &Layer) -> Tally {
        if layer.policies.is_empty() && layer.is_whole() {
            return Tally {
                allow: Truth::Yes,
                ..Tally::default()
            };
        }
        self.layer(layer)
    }

    /// A policy of organisation or network; one that only denies is taken to stand beside one that allows all.
    fn organisation(&mut self, attached: &Attached) -> Tally {
        let mut tally = Tally::default();
        self.policy(attached, &mut tally);
        let allows = |s: &Statement| s.effect == Effect::Allow;
        if !attached.policy.statements.iter().any(allows) {
            tally.allow = Truth::Yes;
        }
        tally
    }

    fn judge(&self, attached: &Attached, statement: &Statement) -> Judged {
        let variables = attached.policy.has_variables();
        let held = |key: &str| self.request.held(&self.context, self.actor, key);
        let principal = self.principal(&attached.source, statement);
        let action = by_patterns(&statement.actions, |text| {
            Pattern::wild(text).fits_any_case(&self.request.action).into()
        });
        let resource = by_patterns(&statement.resources, |text| {
            resource_fits(text, variables, &self.request.resource, &held)
        });
        // A variable that can't be resolved may void the whole statement.
        let resource = match resource {
            Truth::Yes if variables && has_void_variable(&statement.resources, &held) => Truth::Unknown,
            resource => resource,
        };
        let conditions: Vec<Checked> = statement
            .conditions
            .iter()
            .map(|c| condition::check(c, variables, &held))
            .collect();
        let understood = if statement.unknown.is_empty() {
            Truth::Yes
        } else {
            Truth::Unknown
        };
        let answer = principal
            .as_ref()
            .map_or(Truth::Yes, |p| p.answer)
            .and(action)
            .and(resource)
            .and(Truth::all(conditions.iter().map(|c| c.answer)))
            .and(understood);
        Judged {
            source: attached.source.clone(),
            policy: Arc::clone(&attached.policy),
            index: statement.index,
            effect: statement.effect,
            answer,
            principal,
            action,
            resource,
            conditions,
        }
    }

    /// Whom a statement is about. One that AWS would not have saved where it stands decides nothing.
    ///
    /// Source: IAM User Guide, "Grammar of the IAM JSON policy language" and "AWS JSON policy elements: NotPrincipal".
    fn principal(&self, source: &Source, statement: &Statement) -> Option<Coverage> {
        let odd = |note: &str| {
            Some(Coverage {
                answer: Truth::Unknown,
                by: None,
                note: Some(note.into()),
            })
        };
        let Some(principals) = &statement.principals else {
            return match source {
                Source::Bucket | Source::Key => {
                    odd("it has no Principal, which a policy of a resource must have")
                }
                _ => None,
            };
        };
        if source.is_of_identity() {
            return odd("it has a Principal, which a policy of an identity must not have");
        }
        let denies = statement.effect == Effect::Deny;
        let mut coverage = principals.covers(self.actor, denies);
        if principals.not && denies && !coverage.answer.is_yes() && !self.bounded.is_no() {
            coverage.answer = coverage.answer.or(self.bounded);
            coverage.note = Some(
                "NotPrincipal in a Deny refuses every identity with a permissions boundary, named or not"
                    .into(),
            );
        }
        Some(coverage)
    }

    fn decide(self, in_force: &InForce, sides: &Sides, deny: Truth) -> Decision {
        let key = self.request.action.starts_with("kms:");
        let same_account = match &in_force.resource_account {
            _ if self.actor.kind == ActorKind::Anonymous => Truth::No,
            Some(account) => (*account == self.actor.account).into(),
            None => Truth::Unknown,
        };
        let granted = if self.actor.kind == ActorKind::Anonymous {
            sides.resource.by_everyone
        } else {
            let (same, cross) = (sides.same_account(key), sides.cross_account());
            match same_account {
                Truth::Yes => same,
                Truth::No => cross,
                Truth::Unknown if same == cross => same,
                Truth::Unknown => Truth::Unknown,
            }
        };
        let blocked = if key {
            Truth::No
        } else {
            self.public_blocked(in_force, same_account)
        };
        let mut answer = granted
            .and(sides.limits)
            .and(deny.negated())
            .and(blocked.negated());
        let foreign = self.request.foreign_object_owner.as_ref();
        if answer.is_yes() && foreign.is_some_and(|o| Some(o) != in_force.resource_account.as_ref()) {
            // Who owns the object decides by its ACL, which is not seen here.
            answer = Truth::Unknown;
        }
        let reason = self.reason(in_force, sides, answer, deny, blocked, same_account);
        Decision {
            answer,
            reason,
            trace: self.trace,
            same_account,
            identity_allows: sides.identity,
            resource_allows: sides.resource.allow,
        }
    }

    /// `RestrictPublicBuckets` keeps everyone of other accounts out of a bucket whose policy is public.
    fn public_blocked(&self, in_force: &InForce, same_account: Truth) -> Truth {
        let restricted = match in_force.restrict_public_buckets {
            Some(restricted) => restricted.into(),
            None => Truth::Unknown,
        };
        let public = Truth::any(
            in_force
                .resource
                .policies
                .iter()
                .map(|p| public::is_public(&p.policy)),
        );
        restricted.and(public).and(same_account.negated())
    }

    fn reason(
        &self,
        in_force: &InForce,
        sides: &Sides,
        answer: Truth,
        deny: Truth,
        blocked: Truth,
        same_account: Truth,
    ) -> Reason {
        let of = |effect: Effect, wanted: Truth| -> Vec<usize> {
            (0..)
                .zip(&self.trace)
                .filter(|(_, j)| j.effect == effect && j.answer == wanted)
                .map(|(at, _)| at)
                .collect()
        };
        if deny.is_yes() {
            return Reason::Denied(of(Effect::Deny, Truth::Yes));
        }
        if blocked.is_yes() {
            return Reason::PublicBlocked;
        }
        match answer {
            Truth::Yes => Reason::Allowed(of(Effect::Allow, Truth::Yes)),
            Truth::No => Reason::NotAllowed(self.missing(sides, same_account)),
            Truth::Unknown => Reason::Unknown(self.unknowns(in_force, same_account)),
        }
    }

    fn missing(&self, sides: &Sides, same_account: Truth) -> Vec<Side> {
        let mut missing = Vec::new();
        let anonymous = self.actor.kind == ActorKind::Anonymous;
        let mut need = |side, answer: Truth| {
            if answer.is_no() {
                missing.push(side);
            }
        };
        if !anonymous {
            need(Side::Identity, sides.identity);
            need(Side::Boundary, sides.boundary);
            need(Side::Session, sides.session);
        }
        if !same_account.is_yes() || sides.identity.is_no() || anonymous {
            need(Side::Resource, sides.resource.allow);
        }
        need(Side::Limit, sides.limits);
        missing
    }

    fn unknowns(&self, in_force: &InForce, same_account: Truth) -> Vec<String> {
        let mut because: Vec<String> = Vec::new();
        let layers = [
            &in_force.identity,
            &in_force.boundary,
            &in_force.session,
            &in_force.resource,
        ];
        for unseen in layers.iter().flat_map(|l| &l.unseen) {
            because.push(format!("{} could not be seen: {}", unseen.what, unseen.why));
        }
        for judged in self.trace.iter().filter(|j| j.answer.is_unknown()) {
            let place = judged.place();
            for checked in judged.conditions.iter().filter(|c| c.answer.is_unknown()) {
                because.push(format!("{place}: {}", checked.both_sides()));
            }
            if let Some(note) = judged.principal.as_ref().and_then(|p| p.note.as_ref()) {
                because.push(format!("{place}: {note}"));
            }
            for element in judged.statement().iter().flat_map(|s| &s.unknown) {
                because.push(format!("{place}: the element {element} is not known here"));
            }
        }
        if same_account.is_unknown() {
            because.push("whose account the bucket belongs to is not known".into());
        }
        if let Some(owner) = &self.request.foreign_object_owner {
            because.push(format!("the object belongs to {owner}, and its ACL is not seen"));
        }
        because
    }
}

fn by_patterns(patterns: &Patterns, fits: impl Fn(&str) -> Truth) -> Truth {
    let any = Truth::any(patterns.patterns.iter().map(|p| fits(&p.text)));
    if patterns.not { any.negated() } else { any }
}

fn resource_fits(text: &str, variables: bool, resource: &str, held: &dyn Fn(&str) -> Held) -> Truth {
    let replaced = if variables {
        Pattern::with_variables(text, true, held)
    } else {
        Replaced::Known(Pattern::wild(text))
    };
    replaced.ask(|pattern| pattern.fits_resource(resource))
}

/// Whether a variable of one of the patterns is not in the request and has no default.
fn has_void_variable(patterns: &Patterns, held: &dyn Fn(&str) -> Held) -> bool {
    patterns
        .patterns
        .iter()
        .filter(|p| p.text.contains("${"))
        .any(|p| matches!(Pattern::with_variables(&p.text, true, held), Replaced::Absent(_)))
}

#[cfg(test)]
mod tests;
