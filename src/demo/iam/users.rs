//! Users, their tags, boundary and groups.

use jiff::Timestamp;

use super::{
    api::{Call, Outcome},
    model::{Account, User},
    xml::{Refusal, members, tag},
};

/// IAM counts quotas per account; users are few here.
const USERS_MAX: usize = 5000;
const TAGS_MAX: usize = 50;

pub(super) fn no_such_user(name: &str) -> Refusal {
    Refusal::no_such(format!("The user with name {name} cannot be found."))
}

/// Looks at the user that a call names.
pub(super) fn look<T>(
    call: &Call<'_>,
    look: impl FnOnce(&Account, &User) -> Result<T, Refusal>,
) -> Result<T, Refusal> {
    let name = call.user_name();
    call.world
        .with(&call.caller.account, |account| match account.user(name) {
            Some(user) => look(account, user),
            None => Err(no_such_user(name)),
        })
        .unwrap_or_else(|| Err(no_such_user(name)))
}

/// Changes the user that a call names.
pub(super) fn change<T>(
    call: &Call<'_>,
    change: impl FnOnce(&mut User) -> Result<T, Refusal>,
) -> Result<T, Refusal> {
    let name = call.user_name();
    call.world
        .change(&call.caller.account, |account| match account.user_mut(name) {
            Some(user) => change(user),
            None => Err(no_such_user(name)),
        })
        .unwrap_or_else(|| Err(no_such_user(name)))
}

/// A time as IAM writes it.
pub(super) fn time(instant: Timestamp) -> String {
    instant.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

pub(super) fn user_xml(account: &Account, user: &User, whole: bool) -> String {
    let mut out = tag("Path", &user.path);
    out.push_str(&tag("UserName", &user.name));
    out.push_str(&tag("UserId", &user.id));
    out.push_str(&tag("Arn", &account.user_arn(user)));
    out.push_str(&tag("CreateDate", &time(user.created)));
    // Lists leave out boundary and tags, as AWS' do.
    if whole {
        if let Some(boundary) = &user.boundary {
            out.push_str("<PermissionsBoundary><PermissionsBoundaryType>Policy</PermissionsBoundaryType>");
            out.push_str(&tag("PermissionsBoundaryArn", boundary));
            out.push_str("</PermissionsBoundary>");
        }
        if !user.tags.is_empty() {
            out.push_str(&tags_xml(&user.tags));
        }
    }
    out
}

fn tags_xml(tags: &[(String, String)]) -> String {
    members(
        "Tags",
        tags.iter()
            .map(|(key, value)| format!("{}{}", tag("Key", key), tag("Value", value))),
    )
}

fn check_name(name: &str) -> Result<(), Refusal> {
    let fits = |c: char| c.is_ascii_alphanumeric() || "+=,.@_-".contains(c);
    if !name.is_empty() && name.chars().count() <= 64 && name.chars().all(fits) {
        return Ok(());
    }
    Err(Refusal::invalid(
        "The specified value for userName is invalid. It must contain only alphanumeric characters and/or the following: \
         +=,.@_-",
    ))
}

pub(super) fn create(call: &Call<'_>) -> Outcome {
    let name = call.need("UserName")?;
    check_name(name)?;
    let path = call.get("Path").unwrap_or("/");
    if !(path.starts_with('/') && path.ends_with('/') && path.len() <= 512) {
        return Err(Refusal::invalid(
            "The specified value for path is invalid. It must begin and end with / and contain only alphanumeric \
             characters and/or / characters.",
        ));
    }
    let id = call.world.new_id("AIDA", &call.caller.account);
    let (tags, boundary) = (call.tags(), call.get("PermissionsBoundary").map(str::to_owned));
    let settling = call.world.settling();
    call.world
        .change(&call.caller.account, |account| {
            if account.user(name).is_some() {
                return Err(Refusal::exists(format!("User with name {name} already exists.")));
            }
            if account.users.len() >= USERS_MAX {
                return Err(Refusal::limit(format!(
                    "Cannot exceed quota for UsersPerAccount: {USERS_MAX}"
                )));
            }
            let user = User {
                path: path.to_owned(),
                tags,
                boundary,
                settling,
                ..User::new(name, &id, call.now)
            };
            let inner = format!("<User>{}</User>", user_xml(account, &user, true));
            account.add(user);
            Ok(Some(inner))
        })
        .unwrap_or_else(|| Err(no_such_user(name)))
}

pub(super) fn get(call: &Call<'_>) -> Outcome {
    look(call, |account, user| {
        Ok(Some(format!("<User>{}</User>", user_xml(account, user, true))))
    })
}

pub(super) fn list(call: &Call<'_>) -> Outcome {
    let prefix = call.get("PathPrefix").unwrap_or("/");
    let users = call.world.with(&call.caller.account, |account| {
        let of_path = account
            .users
            .values()
            .filter(|user| user.path.starts_with(prefix));
        of_path.map(|user| user_xml(account, user, false)).collect()
    });
    Ok(Some(call.page("Users", users.unwrap_or_default())))
}

pub(super) fn delete(call: &Call<'_>) -> Outcome {
    let name = call.need("UserName")?;
    let (arn, id) = call
        .world
        .change(&call.caller.account, |account| {
            let user = account.user(name).ok_or_else(|| no_such_user(name))?;
            let in_the_way = [
                (
                    !user.inline.is_empty(),
                    "Cannot delete entity, must delete policies first.",
                ),
                (
                    !user.attached.is_empty(),
                    "Cannot delete entity, must detach all policies first.",
                ),
                (
                    !user.keys.is_empty(),
                    "Cannot delete entity, must delete access keys first.",
                ),
                (
                    !user.groups.is_empty(),
                    "Cannot delete entity, must remove users from group first.",
                ),
            ];
            if let Some((_, words)) = in_the_way.iter().find(|(there, _)| *there) {
                return Err(Refusal::conflict(*words));
            }
            let gone = (account.user_arn(user), user.id.clone());
            account.users.remove(&name.to_lowercase());
            Ok(gone)
        })
        .unwrap_or_else(|| Err(no_such_user(name)))?;
    // Policies that named the user name a dead id from now on, even if another of that name is made.
    call.buckets
        .rewrite_policies(|text| text.replace(&format!("\"{arn}\""), &format!("\"{id}\"")));
    Ok(None)
}

fn tag_keys(call: &Call<'_>) -> Vec<String> {
    (1..=50)
        .map_while(|n| call.get(&format!("TagKeys.member.{n}")).map(str::to_owned))
        .collect()
}

fn tag_user(user: &mut User, tags: Vec<(String, String)>) -> Result<(), Refusal> {
    for (key, value) in tags {
        match user.tags.iter_mut().find(|(k, _)| *k == key) {
            Some(tag) => tag.1 = value,
            None => user.tags.push((key, value)),
        }
    }
    if user.tags.len() > TAGS_MAX {
        return Err(Refusal::limit(format!(
            "Cannot exceed quota for TagsPerUser: {TAGS_MAX}"
        )));
    }
    Ok(())
}

pub(super) fn tag_it(call: &Call<'_>) -> Outcome {
    change(call, |user| tag_user(user, call.tags()).map(|()| None))
}

pub(super) fn untag(call: &Call<'_>) -> Outcome {
    let keys = tag_keys(call);
    change(call, |user| {
        user.tags.retain(|(key, _)| !keys.contains(key));
        Ok(None)
    })
}

pub(super) fn tags(call: &Call<'_>) -> Outcome {
    let tags = look(call, |_, user| Ok(user.tags.clone()))?;
    let each = tags
        .iter()
        .map(|(key, value)| format!("{}{}", tag("Key", key), tag("Value", value)));
    Ok(Some(call.page("Tags", each.collect())))
}

pub(super) fn put_boundary(call: &Call<'_>) -> Outcome {
    let arn = call.need("PermissionsBoundary")?.to_owned();
    change(call, |user| {
        user.boundary = Some(arn);
        Ok(None)
    })
}

pub(super) fn delete_boundary(call: &Call<'_>) -> Outcome {
    change(call, |user| match user.boundary.take() {
        Some(_) => Ok(None),
        None => Err(Refusal::no_such(format!(
            "The user with name {} does not have a permissions boundary attached.",
            user.name
        ))),
    })
}

pub(super) fn groups(call: &Call<'_>) -> Outcome {
    let groups = look(call, |account, user| {
        let each = user.groups.iter().filter_map(|name| account.groups.get(name));
        Ok(each
            .map(|group| super::groups::xml(account, group, call))
            .collect())
    })?;
    Ok(Some(call.page("Groups", groups)))
}

/// Nobody here signs in to the console.
pub(super) fn login_profile(call: &Call<'_>) -> Outcome {
    look(call, |_, user| {
        Err(Refusal::no_such(format!(
            "Login Profile for User {} cannot be found.",
            user.name
        )))
    })
}

/// A list that is empty for every user.
fn none_of(call: &Call<'_>, name: &str) -> Outcome {
    look(call, |_, _| Ok(()))?;
    Ok(Some(call.page(name, Vec::new())))
}

pub(super) fn devices(call: &Call<'_>) -> Outcome {
    none_of(call, "MFADevices")
}

pub(super) fn ssh_keys(call: &Call<'_>) -> Outcome {
    none_of(call, "SSHPublicKeys")
}

pub(super) fn certificates(call: &Call<'_>) -> Outcome {
    none_of(call, "Certificates")
}

pub(super) fn service_credentials(call: &Call<'_>) -> Outcome {
    none_of(call, "ServiceSpecificCredentials")
}
