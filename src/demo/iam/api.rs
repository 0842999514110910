//! From a posted form to an answer: who calls, whether they may, and which call it is.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{
    groups, keys, policies, simulate, users,
    world::{Caller, World},
    xml::{self, Answer, Refusal},
};
use crate::demo::{enforce, objects::Buckets};

/// A form that was posted.
pub type Form = BTreeMap<String, String>;

/// A call, and what it needs.
pub struct Call<'a> {
    /// All accounts.
    pub world: &'a World,
    /// The buckets, whose policies name users.
    pub buckets: &'a Buckets,
    /// Who calls.
    pub caller: &'a Caller,
    /// The form.
    pub form: &'a Form,
    /// The account's clock.
    pub now: Timestamp,
}

impl Call<'_> {
    /// A parameter that must be there.
    pub fn need(&self, name: &str) -> Result<&str, Refusal> {
        self.form
            .get(name)
            .map(String::as_str)
            .filter(|v| !v.is_empty())
            .ok_or_else(|| {
                Refusal::invalid(format!(
                    "1 validation error detected: Value null at '{name}' failed to satisfy constraint: Member must not \
                     be null"
                ))
            })
    }

    /// A parameter.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.form.get(name).map(String::as_str).filter(|v| !v.is_empty())
    }

    /// The user that a call is about: the one named, or the caller.
    pub fn user_name(&self) -> &str {
        self.get("UserName").unwrap_or(&self.caller.name)
    }

    /// `Tags.member.1.Key` and so on, in order.
    pub fn tags(&self) -> Vec<(String, String)> {
        (1..=50)
            .map_while(|n| {
                let key = self.get(&format!("Tags.member.{n}.Key"))?;
                let value = self.form.get(&format!("Tags.member.{n}.Value"))?;
                Some((key.to_owned(), value.clone()))
            })
            .collect()
    }

    /// One page of a list: `MaxItems` (100 unless told) from `Marker` on.
    pub fn page(&self, name: &str, all: Vec<String>) -> String {
        let from: usize = self.get("Marker").and_then(|m| m.parse().ok()).unwrap_or(0);
        let most: usize = self
            .get("MaxItems")
            .and_then(|m| m.parse().ok())
            .unwrap_or(100)
            .clamp(1, 1000);
        let end = from.saturating_add(most);
        let more = all.len() > end;
        let page = all.into_iter().skip(from).take(most);
        let mut out = xml::members(name, page);
        out.push_str(&xml::tag("IsTruncated", if more { "true" } else { "false" }));
        if more {
            out.push_str(&xml::tag("Marker", &end.to_string()));
        }
        out
    }
}

/// What a call yields: the inside of its result, or none.
pub type Outcome = Result<Option<String>, Refusal>;
type Handler = fn(&Call<'_>) -> Outcome;

/// What a call acts on, for the policies that allow it.
#[derive(Clone, Copy)]
enum On {
    User,
    Policy,
    Group,
    /// The user that `PolicySourceArn` names.
    Source,
    /// No resource of its own: `*`.
    All,
}

const CALLS: &[(&str, On, Handler)] = &[
    ("CreateUser", On::User, users::create),
    ("GetUser", On::User, users::get),
    ("ListUsers", On::All, users::list),
    ("DeleteUser", On::User, users::delete),
    ("TagUser", On::User, users::tag_it),
    ("UntagUser", On::User, users::untag),
    ("ListUserTags", On::User, users::tags),
    ("PutUserPermissionsBoundary", On::User, users::put_boundary),
    ("DeleteUserPermissionsBoundary", On::User, users::delete_boundary),
    ("ListGroupsForUser", On::User, users::groups),
    ("CreateGroup", On::Group, groups::create),
    ("GetGroup", On::Group, groups::get),
    ("DeleteGroup", On::Group, groups::delete),
    ("AddUserToGroup", On::Group, groups::add_user),
    ("RemoveUserFromGroup", On::Group, groups::remove_user),
    ("PutGroupPolicy", On::Group, groups::put_policy),
    ("GetGroupPolicy", On::Group, groups::get_inline),
    ("ListGroupPolicies", On::Group, groups::list_inline),
    ("DeleteGroupPolicy", On::Group, groups::delete_policy),
    ("AttachGroupPolicy", On::Group, groups::attach),
    ("DetachGroupPolicy", On::Group, groups::detach),
    ("ListAttachedGroupPolicies", On::Group, groups::list_attached),
    ("PutUserPolicy", On::User, policies::put_inline),
    ("GetUserPolicy", On::User, policies::get_inline),
    ("ListUserPolicies", On::User, policies::list_inline),
    ("DeleteUserPolicy", On::User, policies::delete_inline),
    ("AttachUserPolicy", On::User, policies::attach),
    ("DetachUserPolicy", On::User, policies::detach),
    ("ListAttachedUserPolicies", On::User, policies::list_attached),
    ("CreatePolicy", On::Policy, policies::create),
    ("GetPolicy", On::Policy, policies::get),
    ("GetPolicyVersion", On::Policy, policies::get_version),
    ("ListPolicyVersions", On::Policy, policies::list_versions),
    ("DeletePolicy", On::Policy, policies::delete),
    ("CreateAccessKey", On::User, keys::create),
    ("ListAccessKeys", On::User, keys::list),
    ("UpdateAccessKey", On::User, keys::update),
    ("DeleteAccessKey", On::User, keys::delete),
    ("GetAccessKeyLastUsed", On::All, keys::last_used),
    ("GetLoginProfile", On::User, users::login_profile),
    ("ListMFADevices", On::User, users::devices),
    ("ListSSHPublicKeys", On::User, users::ssh_keys),
    ("ListSigningCertificates", On::User, users::certificates),
    (
        "ListServiceSpecificCredentials",
        On::User,
        users::service_credentials,
    ),
    ("SimulatePrincipalPolicy", On::Source, simulate::simulate),
];

/// Answers a form that `caller` posted to IAM.
pub fn answer(call: &Call<'_>, request_id: &str) -> Answer {
    let action = call.get("Action").unwrap_or_default();
    let Some((name, on, handler)) = CALLS.iter().find(|(name, ..)| *name == action) else {
        let words = format!("Could not find operation {action} for version 2010-05-08");
        return Refusal::new(400, "InvalidAction", words).answer(xml::IAM, request_id);
    };
    let resource = resource(call, *on);
    let outcome = match enforce::iam(call.world, call.caller, &format!("iam:{name}"), &resource) {
        Ok(()) => handler(call),
        Err(words) => Err(Refusal::new(403, "AccessDenied", words)),
    };
    match outcome {
        Ok(inner) => xml::result(xml::IAM, name, inner.as_deref(), request_id),
        Err(refusal) => refusal.answer(xml::IAM, request_id),
    }
}

fn resource(call: &Call<'_>, on: On) -> String {
    let account = &call.caller.account;
    match on {
        On::All => "*".to_owned(),
        On::User => {
            let name = call.user_name();
            let known = call
                .world
                .with(account, |a| a.user(name).map(|user| a.user_arn(user)))
                .flatten();
            let path = call.get("Path").unwrap_or("/");
            known.unwrap_or_else(|| format!("arn:aws:iam::{account}:user{path}{name}"))
        }
        On::Policy => match call.get("PolicyArn") {
            Some(arn) => arn.to_owned(),
            None => format!(
                "arn:aws:iam::{account}:policy/{}",
                call.get("PolicyName").unwrap_or_default()
            ),
        },
        On::Source => call.get("PolicySourceArn").unwrap_or("*").to_owned(),
        On::Group => format!(
            "arn:aws:iam::{account}:group/{}",
            call.get("GroupName").unwrap_or_default()
        ),
    }
}
