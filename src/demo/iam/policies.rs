//! Inline and managed policies.

use super::{
    api::{Call, Outcome},
    model::{Account, ManagedPolicy},
    users::{change, look, time},
    xml::{Refusal, encoded, escaped, tag},
};
use crate::access::policy::{Policy, iam_size};

/// All inline policies of a user together, in characters without white space.
const INLINE_MAX: usize = 2048;
const MANAGED_MAX: usize = 6144;
const ATTACHED_MAX: usize = 10;

/// A document that IAM takes: policy language, and no principals in it.
pub(super) fn check_document(document: &str) -> Result<(), Refusal> {
    let malformed = |words: String| Refusal::new(400, "MalformedPolicyDocument", words);
    let policy = Policy::parse(document).map_err(|_| malformed("Syntax errors in policy.".to_owned()))?;
    if policy.statements.iter().any(|s| s.principals.is_some()) {
        return Err(malformed(
            "Policy document should not specify a principal.".to_owned(),
        ));
    }
    if let Some(statement) = policy.statements.iter().find(|s| {
        s.actions
            .patterns
            .iter()
            .any(|p| p.text != "*" && !p.text.contains(':'))
    }) {
        return Err(malformed(format!(
            "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc. ({})",
            statement.name()
        )));
    }
    if let Some(bad) = policy
        .statements
        .iter()
        .flat_map(|s| &s.resources.patterns)
        .find(|p| p.text != "*" && !p.text.starts_with("arn:"))
    {
        return Err(malformed(format!(
            "Resource {} must be in ARN format or \"*\".",
            bad.text
        )));
    }
    Ok(())
}

pub(super) fn put_inline(call: &Call<'_>) -> Outcome {
    let (name, document) = (call.need("PolicyName")?, call.need("PolicyDocument")?);
    look(call, |_, _| Ok(()))?;
    check_document(document)?;
    let settling = call.world.settling();
    change(call, |user| {
        let others: usize = user
            .inline
            .iter()
            .filter(|(other, _)| *other != name)
            .map(|(_, text)| iam_size(text))
            .sum();
        if others + iam_size(document) > INLINE_MAX {
            return Err(Refusal::limit(format!(
                "Maximum policy size of {INLINE_MAX} bytes exceeded for user {}",
                user.name
            )));
        }
        user.inline.insert(name.to_owned(), document.to_owned());
        user.policies_settling = settling;
        Ok(None)
    })
}

fn no_such_inline(name: &str) -> Refusal {
    Refusal::no_such(format!("The user policy with name {name} cannot be found."))
}

pub(super) fn get_inline(call: &Call<'_>) -> Outcome {
    let name = call.need("PolicyName")?;
    look(call, |_, user| {
        let document = user.inline.get(name).ok_or_else(|| no_such_inline(name))?;
        Ok(Some(format!(
            "{}{}{}",
            tag("UserName", &user.name),
            tag("PolicyName", name),
            tag("PolicyDocument", &encoded(document))
        )))
    })
}

pub(super) fn list_inline(call: &Call<'_>) -> Outcome {
    let names = look(call, |_, user| {
        Ok(user.inline.keys().map(|n| escaped(n)).collect())
    })?;
    Ok(Some(call.page("PolicyNames", names)))
}

pub(super) fn delete_inline(call: &Call<'_>) -> Outcome {
    let name = call.need("PolicyName")?;
    change(call, |user| match user.inline.remove(name) {
        Some(_) => Ok(None),
        None => Err(no_such_inline(name)),
    })
}

fn no_such_policy(arn: &str) -> Refusal {
    Refusal::no_such(format!("Policy {arn} does not exist or is not attachable."))
}

/// The ARN of a policy that is there to be attached.
pub(super) fn known_arn(call: &Call<'_>) -> Result<String, Refusal> {
    let arn = call.need("PolicyArn")?;
    let known = call
        .world
        .with(&call.caller.account, |a| a.policies.contains_key(arn));
    match known {
        Some(true) => Ok(arn.to_owned()),
        _ => Err(no_such_policy(arn)),
    }
}

pub(super) fn attach(call: &Call<'_>) -> Outcome {
    let arn = known_arn(call)?;
    let settling = call.world.settling();
    change(call, |user| {
        if user.attached.contains(&arn) {
            return Ok(None);
        }
        if user.attached.len() >= ATTACHED_MAX {
            return Err(Refusal::limit(format!(
                "Cannot exceed quota for PoliciesPerUser: {ATTACHED_MAX}"
            )));
        }
        user.attached.push(arn);
        user.policies_settling = settling;
        Ok(None)
    })
}

pub(super) fn detach(call: &Call<'_>) -> Outcome {
    let arn = call.need("PolicyArn")?;
    change(call, |user| {
        let before = user.attached.len();
        user.attached.retain(|a| a != arn);
        if user.attached.len() == before {
            return Err(Refusal::no_such(format!("Policy {arn} was not found.")));
        }
        Ok(None)
    })
}

pub(super) fn attached_xml(account: &Account, arns: &[String]) -> Vec<String> {
    arns.iter()
        .map(|arn| {
            let name = account
                .policies
                .get(arn)
                .map_or_else(|| arn.rsplit('/').next().unwrap_or_default(), |p| p.name.as_str());
            format!("{}{}", tag("PolicyName", name), tag("PolicyArn", arn))
        })
        .collect()
}

pub(super) fn list_attached(call: &Call<'_>) -> Outcome {
    let attached = look(call, |account, user| Ok(attached_xml(account, &user.attached)))?;
    Ok(Some(call.page("AttachedPolicies", attached)))
}

fn policy_xml(account: &Account, policy: &ManagedPolicy) -> String {
    let users = account.users.values().map(|u| &u.attached);
    let groups = account.groups.values().map(|g| &g.attached);
    let attachments = users.chain(groups).filter(|a| a.contains(&policy.arn)).count();
    let mut out = tag("PolicyName", &policy.name);
    out.push_str(&tag("PolicyId", &policy.id));
    out.push_str(&tag("Arn", &policy.arn));
    out.push_str(&tag("Path", "/"));
    out.push_str(&tag("DefaultVersionId", &policy.default_name()));
    out.push_str(&tag("AttachmentCount", &attachments.to_string()));
    out.push_str(&tag("PermissionsBoundaryUsageCount", "0"));
    out.push_str(&tag("IsAttachable", "true"));
    out.push_str(&tag("CreateDate", &time(policy.created)));
    out.push_str(&tag("UpdateDate", &time(policy.created)));
    out
}

fn look_policy<T>(
    call: &Call<'_>,
    look: impl FnOnce(&Account, &ManagedPolicy) -> Result<T, Refusal>,
) -> Result<T, Refusal> {
    let arn = call.need("PolicyArn")?;
    let missing = || Refusal::no_such(format!("Policy {arn} was not found."));
    call.world
        .with(&call.caller.account, |account| match account.policies.get(arn) {
            Some(policy) => look(account, policy),
            None => Err(missing()),
        })
        .unwrap_or_else(|| Err(missing()))
}

pub(super) fn create(call: &Call<'_>) -> Outcome {
    let (name, document) = (call.need("PolicyName")?, call.need("PolicyDocument")?);
    check_document(document)?;
    if iam_size(document) > MANAGED_MAX {
        return Err(Refusal::limit(format!(
            "Cannot exceed quota for PolicySize: {MANAGED_MAX}"
        )));
    }
    let id = call.world.new_id("ANPA", &call.caller.account);
    let arn = format!("arn:aws:iam::{}:policy/{name}", call.caller.account);
    call.world
        .change(&call.caller.account, |account| {
            if account.policies.contains_key(&arn) {
                return Err(Refusal::exists(format!(
                    "A policy called {name} already exists. Duplicate names are not allowed."
                )));
            }
            let policy = ManagedPolicy {
                arn: arn.clone(),
                name: name.to_owned(),
                id,
                created: call.now,
                versions: vec![document.to_owned()],
                default_version: 1,
            };
            let inner = format!("<Policy>{}</Policy>", policy_xml(account, &policy));
            account.policies.insert(arn.clone(), policy);
            Ok(Some(inner))
        })
        .unwrap_or_else(|| Err(no_such_policy(&arn)))
}

pub(super) fn get(call: &Call<'_>) -> Outcome {
    look_policy(call, |account, policy| {
        Ok(Some(format!("<Policy>{}</Policy>", policy_xml(account, policy))))
    })
}

pub(super) fn get_version(call: &Call<'_>) -> Outcome {
    let version = call.need("VersionId")?;
    look_policy(call, |_, policy| {
        let document = policy.version(version).ok_or_else(|| {
            Refusal::no_such(format!(
                "Policy {} version {version} does not exist or is not attachable.",
                policy.arn
            ))
        })?;
        Ok(Some(format!(
            "<PolicyVersion>{}{}{}{}</PolicyVersion>",
            tag("Document", &encoded(document)),
            tag("VersionId", version),
            tag(
                "IsDefaultVersion",
                if version == policy.default_name() {
                    "true"
                } else {
                    "false"
                }
            ),
            tag("CreateDate", &time(policy.created))
        )))
    })
}

pub(super) fn list_versions(call: &Call<'_>) -> Outcome {
    let versions = look_policy(call, |_, policy| {
        Ok((1..=policy.versions.len())
            .rev()
            .map(|n| {
                format!(
                    "{}{}{}",
                    tag("VersionId", &format!("v{n}")),
                    tag(
                        "IsDefaultVersion",
                        if n == policy.default_version {
                            "true"
                        } else {
                            "false"
                        }
                    ),
                    tag("CreateDate", &time(policy.created))
                )
            })
            .collect())
    })?;
    Ok(Some(call.page("Versions", versions)))
}

pub(super) fn delete(call: &Call<'_>) -> Outcome {
    look_policy(call, |account, policy| {
        let used = account.users.values().any(|u| u.attached.contains(&policy.arn))
            || account.groups.values().any(|g| g.attached.contains(&policy.arn));
        if used {
            return Err(Refusal::conflict("Cannot delete a policy attached to entities."));
        }
        Ok(())
    })?;
    let arn = call.need("PolicyArn")?;
    call.world
        .change(&call.caller.account, |account| account.policies.remove(arn));
    Ok(None)
}
