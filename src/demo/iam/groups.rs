//! Groups: who is in them, and what they may do.

use super::{
    api::{Call, Outcome},
    model::{Account, Group},
    policies::{self, check_document},
    users::{change, no_such_user, time},
    xml::{Refusal, encoded, escaped, members, tag},
};

fn missing(name: &str) -> Refusal {
    Refusal::no_such(format!("The group with name {name} cannot be found."))
}

fn look<T>(call: &Call<'_>, look: impl FnOnce(&Account, &Group) -> Result<T, Refusal>) -> Result<T, Refusal> {
    let name = call.need("GroupName")?;
    call.world
        .with(&call.caller.account, |account| match account.groups.get(name) {
            Some(group) => look(account, group),
            None => Err(missing(name)),
        })
        .unwrap_or_else(|| Err(missing(name)))
}

fn edit<T>(call: &Call<'_>, edit: impl FnOnce(&mut Group) -> Result<T, Refusal>) -> Result<T, Refusal> {
    let name = call.need("GroupName")?;
    let settling = call.world.settling();
    call.world
        .change(&call.caller.account, |account| {
            let done = edit(account.groups.get_mut(name).ok_or_else(|| missing(name))?)?;
            let of_group = account
                .users
                .values_mut()
                .filter(|u| u.groups.iter().any(|g| g == name));
            for user in of_group {
                user.policies_settling = settling;
            }
            Ok(done)
        })
        .unwrap_or_else(|| Err(missing(name)))
}

pub(super) fn xml(account: &Account, group: &Group, call: &Call<'_>) -> String {
    let mut out = tag("Path", "/");
    out.push_str(&tag("GroupName", &group.name));
    out.push_str(&tag("GroupId", &group.id));
    out.push_str(&tag("Arn", &account.group_arn(group)));
    out.push_str(&tag("CreateDate", &time(call.now)));
    out
}

pub(super) fn create(call: &Call<'_>) -> Outcome {
    let name = call.need("GroupName")?;
    let group = Group {
        name: name.to_owned(),
        id: call.world.new_id("AGPA", &call.caller.account),
        ..Group::default()
    };
    call.world
        .change(&call.caller.account, |account| {
            if account.groups.contains_key(name) {
                return Err(Refusal::exists(format!("Group with name {name} already exists.")));
            }
            let inner = format!("<Group>{}</Group>", xml(account, &group, call));
            account.groups.insert(name.to_owned(), group);
            Ok(Some(inner))
        })
        .unwrap_or_else(|| Err(missing(name)))
}

pub(super) fn get(call: &Call<'_>) -> Outcome {
    look(call, |account, group| {
        let inside = account.users.values().filter(|u| u.groups.contains(&group.name));
        let users = inside.map(|user| super::users::user_xml(account, user, false));
        Ok(Some(format!(
            "<Group>{}</Group>{}{}",
            xml(account, group, call),
            members("Users", users),
            tag("IsTruncated", "false")
        )))
    })
}

pub(super) fn delete(call: &Call<'_>) -> Outcome {
    let name = call.need("GroupName")?;
    look(call, |account, group| {
        let inside = account.users.values().any(|u| u.groups.contains(&group.name));
        if inside || !group.inline.is_empty() || !group.attached.is_empty() {
            return Err(Refusal::conflict(
                "Cannot delete entity, must remove users and policies from group first.",
            ));
        }
        Ok(())
    })?;
    call.world
        .change(&call.caller.account, |account| account.groups.remove(name));
    Ok(None)
}

pub(super) fn add_user(call: &Call<'_>) -> Outcome {
    let (name, user) = (call.need("GroupName")?, call.need("UserName")?);
    look(call, |account, _| {
        account.user(user).map(|_| ()).ok_or_else(|| no_such_user(user))
    })?;
    let settling = call.world.settling();
    change(call, |user| {
        if !user.groups.iter().any(|group| group == name) {
            user.groups.push(name.to_owned());
            user.policies_settling = settling;
        }
        Ok(None)
    })
}

pub(super) fn remove_user(call: &Call<'_>) -> Outcome {
    let (name, _) = (call.need("GroupName")?, call.need("UserName")?);
    look(call, |_, _| Ok(()))?;
    change(call, |user| {
        let before = user.groups.len();
        user.groups.retain(|group| group != name);
        if user.groups.len() == before {
            return Err(Refusal::no_such(format!(
                "The user with name {} is not in group {name}.",
                user.name
            )));
        }
        Ok(None)
    })
}

pub(super) fn put_policy(call: &Call<'_>) -> Outcome {
    let (name, document) = (call.need("PolicyName")?, call.need("PolicyDocument")?);
    check_document(document)?;
    edit(call, |group| {
        group.inline.insert(name.to_owned(), document.to_owned());
        Ok(None)
    })
}

pub(super) fn delete_policy(call: &Call<'_>) -> Outcome {
    let name = call.need("PolicyName")?;
    edit(call, |group| match group.inline.remove(name) {
        Some(_) => Ok(None),
        None => Err(no_such_policy(name)),
    })
}

pub(super) fn attach(call: &Call<'_>) -> Outcome {
    let arn = policies::known_arn(call)?;
    edit(call, |group| {
        if !group.attached.contains(&arn) {
            group.attached.push(arn);
        }
        Ok(None)
    })
}

pub(super) fn detach(call: &Call<'_>) -> Outcome {
    let arn = call.need("PolicyArn")?;
    edit(call, |group| {
        let before = group.attached.len();
        group.attached.retain(|a| a != arn);
        if group.attached.len() == before {
            return Err(Refusal::no_such(format!("Policy {arn} was not found.")));
        }
        Ok(None)
    })
}

pub(super) fn list_inline(call: &Call<'_>) -> Outcome {
    let names = look(call, |_, group| {
        Ok(group.inline.keys().map(|n| escaped(n)).collect())
    })?;
    Ok(Some(call.page("PolicyNames", names)))
}

fn no_such_policy(name: &str) -> Refusal {
    Refusal::no_such(format!("The group policy with name {name} cannot be found."))
}

pub(super) fn get_inline(call: &Call<'_>) -> Outcome {
    let name = call.need("PolicyName")?;
    look(call, |_, group| match group.inline.get(name) {
        Some(document) => Ok(Some(format!(
            "{}{}{}",
            tag("GroupName", &group.name),
            tag("PolicyName", name),
            tag("PolicyDocument", &encoded(document))
        ))),
        None => Err(no_such_policy(name)),
    })
}

pub(super) fn list_attached(call: &Call<'_>) -> Outcome {
    let attached = look(call, |account, group| {
        Ok(policies::attached_xml(account, &group.attached))
    })?;
    Ok(Some(call.page("AttachedPolicies", attached)))
}
