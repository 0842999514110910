//! Access keys.

use secrecy::ExposeSecret;

use super::{
    api::{Call, Outcome},
    model::Key,
    users::{change, look, time},
    xml::{Refusal, tag},
};

/// A user has at most so many, active or not.
const KEYS_MAX: usize = 2;

fn status(key: &Key) -> &'static str {
    if key.active { "Active" } else { "Inactive" }
}

fn no_such_key(id: &str) -> Refusal {
    Refusal::no_such(format!("The Access Key with id {id} cannot be found."))
}

pub(super) fn create(call: &Call<'_>) -> Outcome {
    let settling = call.world.settling();
    let full = look(call, |_, user| Ok(user.keys.len() >= KEYS_MAX))?;
    if full {
        return Err(Refusal::limit(format!(
            "Cannot exceed quota for AccessKeysPerUser: {KEYS_MAX}"
        )));
    }
    let id = call.world.new_id("AKIA", &call.caller.account);
    let secret = call.world.new_secret();
    change(call, |user| {
        // Another call may have been quicker since.
        if user.keys.len() >= KEYS_MAX {
            return Err(Refusal::limit(format!(
                "Cannot exceed quota for AccessKeysPerUser: {KEYS_MAX}"
            )));
        }
        let inner = format!(
            "<AccessKey>{}{}{}{}{}</AccessKey>",
            tag("UserName", &user.name),
            tag("AccessKeyId", &id),
            tag("Status", "Active"),
            tag("SecretAccessKey", secret.expose_secret()),
            tag("CreateDate", &time(call.now)),
        );
        user.keys.push(Key {
            id,
            secret,
            active: true,
            created: call.now,
            last_used: None,
            settling,
        });
        Ok(Some(inner))
    })
}

pub(super) fn list(call: &Call<'_>) -> Outcome {
    let keys = look(call, |_, user| {
        let each = user.keys.iter().map(|key| {
            format!(
                "{}{}{}{}",
                tag("UserName", &user.name),
                tag("AccessKeyId", &key.id),
                tag("Status", status(key)),
                tag("CreateDate", &time(key.created))
            )
        });
        Ok(each.collect())
    })?;
    Ok(Some(call.page("AccessKeyMetadata", keys)))
}

pub(super) fn update(call: &Call<'_>) -> Outcome {
    let id = call.need("AccessKeyId")?;
    let active = match call.need("Status")? {
        "Active" => true,
        "Inactive" => false,
        other => {
            return Err(Refusal::invalid(format!(
                "1 validation error detected: Value '{other}' at 'status' failed to satisfy constraint: Member must \
                 satisfy enum value set: [Active, Inactive]"
            )));
        }
    };
    change(call, |user| {
        let key = user.keys.iter_mut().find(|k| k.id == id);
        key.ok_or_else(|| no_such_key(id))?.active = active;
        Ok(None)
    })
}

pub(super) fn delete(call: &Call<'_>) -> Outcome {
    let id = call.need("AccessKeyId")?;
    change(call, |user| {
        let before = user.keys.len();
        user.keys.retain(|k| k.id != id);
        if user.keys.len() == before {
            return Err(no_such_key(id));
        }
        Ok(None)
    })
}

pub(super) fn last_used(call: &Call<'_>) -> Outcome {
    let id = call.need("AccessKeyId")?;
    let found = call.world.with(&call.caller.account, |account| {
        account
            .owner_of(id)
            .map(|(user, key)| (user.name.clone(), key.last_used.clone()))
    });
    // AWS refuses to tell of a key that is not there, rather than that it is not there.
    let Some((user, used)) = found.flatten() else {
        return Err(Refusal::new(
            403,
            "AccessDenied",
            format!(
                "User: {} is not authorized to perform: iam:GetAccessKeyLastUsed on resource: access key {id}",
                call.caller.arn
            ),
        ));
    };
    let used = match used {
        Some((at, region, service)) => format!(
            "{}{}{}",
            tag("LastUsedDate", &time(at)),
            tag("ServiceName", &service),
            tag("Region", &region)
        ),
        None => format!("{}{}", tag("ServiceName", "N/A"), tag("Region", "N/A")),
    };
    Ok(Some(format!(
        "{}<AccessKeyLastUsed>{used}</AccessKeyLastUsed>",
        tag("UserName", &user)
    )))
}
