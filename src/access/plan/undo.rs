//! How exactly our own changes are taken back, and what stays because it is not ours.

use serde::{Deserialize, Serialize};

use super::{
    Change, ChangeKind, Plan,
    apply::{Made, Observed},
    build::{last4, same_policy},
};
use crate::access::{
    merge::{merge, unmerge},
    needs::{BUCKET_SIDS, POLICY_NAME, Target},
    policy::{Policy, Statement},
    principal::is_unique_id,
};

/// The version of an undo file's shape.
pub const UNDO_VERSION: &str = "1";

/// One thing that an apply made. Nothing here is secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "made", rename_all = "kebab-case")]
pub enum Undo {
    /// A user.
    User {
        /// Its unique id; `None` where the apply was killed before it learned it.
        id: Option<String>,
    },
    /// The user's policy.
    UserPolicy {
        /// Its text before.
        was: Option<String>,
        /// Its text as the apply left it.
        left: String,
    },
    /// The bucket's policy.
    BucketPolicy {
        /// Its text before.
        was: Option<String>,
        /// Its text as the apply left it.
        left: String,
    },
    /// A key.
    Key {
        /// Its id; `None` where the apply was killed before it learned it.
        id: Option<String>,
        /// The keys that were there before it.
        others: Vec<String>,
    },
}

/// All that an apply made, in the order in which it was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UndoFile {
    /// [`UNDO_VERSION`].
    pub schema_version: String,
    /// The plan's fingerprint.
    pub plan: String,
    /// The bucket.
    pub target: Target,
    /// The bucket's region, where it is known.
    pub region: Option<String>,
    /// The user's name.
    pub user: String,
    /// What was made.
    pub made: Vec<Undo>,
}

/// One call that takes something back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "act", rename_all = "kebab-case")]
pub enum UndoAct {
    /// `iam:DeleteAccessKey`
    DeleteKey {
        /// The key's id.
        id: String,
    },
    /// `s3:PutBucketPolicy`
    PutBucketPolicy {
        /// The whole document.
        document: String,
        /// Whether it is the saved original; else only our statements were taken out.
        original: bool,
    },
    /// `s3:DeleteBucketPolicy`
    DeleteBucketPolicy,
    /// `iam:PutUserPolicy`
    PutUserPolicy {
        /// The whole document, as it was.
        document: String,
    },
    /// `iam:DeleteUserPolicy`
    DeleteUserPolicy,
    /// `iam:DeleteUser`
    DeleteUser,
}

/// What is to be done to take an apply back, from what is there now.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UndoPlan {
    /// The calls, in order. A driver makes the first, observes again and asks again, until there is none.
    pub acts: Vec<UndoAct>,
    /// What stays and why, in words.
    pub stays: Vec<String>,
}

impl UndoAct {
    /// The API call, as AWS names it; also the action that it needs.
    pub const fn call(&self) -> &'static str {
        match self {
            Self::DeleteKey { .. } => "iam:DeleteAccessKey",
            Self::PutBucketPolicy { .. } => "s3:PutBucketPolicy",
            Self::DeleteBucketPolicy => "s3:DeleteBucketPolicy",
            Self::PutUserPolicy { .. } => "iam:PutUserPolicy",
            Self::DeleteUserPolicy => "iam:DeleteUserPolicy",
            Self::DeleteUser => "iam:DeleteUser",
        }
    }

    /// In words.
    pub fn say(&self, file: &UndoFile) -> String {
        let (user, bucket) = (&file.user, &file.target.bucket);
        match self {
            Self::DeleteKey { id } => format!("delete the key …{} of {user}", last4(id)),
            Self::PutBucketPolicy { original: true, .. } => {
                format!("put the policy of {bucket} back as it was, byte for byte")
            }
            Self::PutBucketPolicy { original: false, .. } => {
                format!("take our statements out of the policy of {bucket}; the rest of it stays")
            }
            Self::DeleteBucketPolicy => format!("delete the policy of {bucket}: there was none before"),
            Self::PutUserPolicy { .. } => format!("put the policy {POLICY_NAME} of {user} back as it was"),
            Self::DeleteUserPolicy => format!("delete the policy {POLICY_NAME} of {user}"),
            Self::DeleteUser => format!("delete the user {user}"),
        }
    }
}

impl UndoFile {
    /// From a plan's changes that were made or begun; `None` for what was made is a change begun, with the keys that
    /// were there then.
    pub(super) fn of<'c>(
        plan: &Plan,
        changes: impl Iterator<Item = (&'c Change, Option<Made>, Vec<String>)>,
    ) -> Self {
        let made = changes
            .filter_map(|(change, made, keys)| undo_of(change, made, keys))
            .collect();
        Self {
            schema_version: UNDO_VERSION.into(),
            plan: plan.fingerprint(),
            target: plan.target.clone(),
            region: plan.region.clone(),
            user: plan.user.clone(),
            made,
        }
    }

    /// Reads an undo file.
    ///
    /// # Errors
    /// When it is not one, or one of a later version.
    pub fn read(text: &str) -> Result<Self, String> {
        let file: Self = serde_json::from_str(text).map_err(|e| format!("this is not an undo file: {e}"))?;
        match file.schema_version == UNDO_VERSION {
            true => Ok(file),
            false => Err(format!(
                "this undo file has the version {}, and this program reads version {UNDO_VERSION}",
                file.schema_version
            )),
        }
    }

    /// The file as it is saved.
    pub fn write(&self) -> String {
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }

    /// What is to be done, from what is there now.
    pub fn plan(&self, observed: &Observed) -> UndoPlan {
        let mut plan = UndoPlan::default();
        // The last made goes first: a user must be gone from the bucket policy before it is deleted.
        for made in self.made.iter().rev() {
            match made {
                Undo::Key { id, others } => self.key(id.as_deref(), others, observed, &mut plan),
                Undo::BucketPolicy { was, left } => bucket_policy(was.as_deref(), left, observed, &mut plan),
                Undo::UserPolicy { was, left } => user_policy(was.as_deref(), left, observed, &mut plan),
                Undo::User { id } => self.user(id.as_deref(), observed, &mut plan),
            }
        }
        plan
    }

    fn key(&self, id: Option<&str>, others: &[String], observed: &Observed, plan: &mut UndoPlan) {
        let Some(user) = self.our_user(observed) else {
            return;
        };
        let ours = user.keys.iter().filter(|k| match id {
            Some(id) => *k == id,
            // Begun and never learned: whatever was not there before is ours.
            None => !others.contains(k),
        });
        plan.acts
            .extend(ours.map(|id| UndoAct::DeleteKey { id: id.clone() }));
    }

    /// The user, unless it is another one of the same name.
    fn our_user<'o>(&self, observed: &'o Observed) -> Option<&'o super::apply::ObservedUser> {
        let user = observed.user.as_ref()?;
        let replaced = self
            .made
            .iter()
            .any(|m| matches!(m, Undo::User { id: Some(id) } if *id != user.id));
        (!replaced).then_some(user)
    }

    fn user(&self, id: Option<&str>, observed: &Observed, plan: &mut UndoPlan) {
        let Some(user) = &observed.user else {
            return;
        };
        if id.is_some_and(|id| id != user.id) {
            plan.stays.push(format!(
                "the user {}: it is another one than was made ({})",
                self.user, user.id
            ));
            return;
        }
        let going = |id: &String| {
            plan.acts
                .iter()
                .any(|a| matches!(a, UndoAct::DeleteKey { id: going } if going == id))
        };
        let mut kept: Vec<String> = user
            .keys
            .iter()
            .filter(|k| !going(k))
            .map(|k| format!("the key …{}", last4(k)))
            .collect();
        if user.policy.is_some() && !plan.acts.contains(&UndoAct::DeleteUserPolicy) {
            kept.push(format!("the policy {POLICY_NAME}"));
        }
        kept.extend(user.others.iter().cloned());
        match kept.is_empty() {
            true => plan.acts.push(UndoAct::DeleteUser),
            false => plan.stays.push(format!(
                "the user {}: it has {}, which this apply did not make",
                self.user,
                kept.join(", ")
            )),
        }
    }
}

fn undo_of(change: &Change, made: Option<Made>, keys: Vec<String>) -> Option<Undo> {
    let was = change.before.clone();
    Some(match (&change.kind, made) {
        (_, Some(Made::Nothing)) => return None,
        (ChangeKind::CreateUser { .. }, made) => Undo::User {
            id: match made {
                Some(Made::User { id }) => Some(id),
                _ => None,
            },
        },
        (ChangeKind::PutUserPolicy { document, .. }, made) => Undo::UserPolicy {
            was,
            left: match made {
                Some(Made::UserPolicy { left }) => left,
                _ => document.clone(),
            },
        },
        (ChangeKind::PutBucketPolicy { document, .. }, made) => Undo::BucketPolicy {
            was,
            left: match made {
                Some(Made::BucketPolicy { left }) => left,
                _ => document.clone(),
            },
        },
        (ChangeKind::CreateAccessKey { keys_before, .. }, made) => Undo::Key {
            others: if keys.is_empty() {
                keys_before.clone()
            } else {
                keys
            },
            id: match made {
                Some(Made::Key { id }) => Some(id),
                _ => None,
            },
        },
    })
}

fn bucket_policy(was: Option<&str>, left: &str, observed: &Observed, plan: &mut UndoPlan) {
    let now = observed.bucket_policy.as_deref();
    if now == was {
        return;
    }
    let Some(now) = now else {
        plan.stays
            .push("the bucket policy: it is gone altogether, and is not made again".into());
        return;
    };
    // Dropped by the plan, since AWS would not save them.
    let unsavable = was.is_some_and(names_the_dead) && !names_the_dead(left);
    if now == left && !unsavable {
        plan.acts.push(match was {
            Some(was) => UndoAct::PutBucketPolicy {
                document: was.to_owned(),
                original: true,
            },
            None => UndoAct::DeleteBucketPolicy,
        });
        return;
    }
    if unsavable {
        plan.stays.push(
            "the bucket policy without the statements that name a deleted user or role: AWS saves no policy with them"
                .into(),
        );
    }
    match without_ours(was, now) {
        Err(why) => plan.stays.push(format!(
            "the bucket policy: it was changed since and can't be read ({why}); take out the statements {}",
            BUCKET_SIDS.join(" and ")
        )),
        Ok(None) => plan.acts.push(UndoAct::DeleteBucketPolicy),
        Ok(Some(document)) if document == now || same_policy(&document, now) => {}
        Ok(Some(document)) => {
            if now != left {
                plan.stays
                    .push("the rest of the bucket policy, which was changed since".into());
            }
            plan.acts.push(UndoAct::PutBucketPolicy {
                document,
                original: false,
            });
        }
    }
}

/// Whether a policy names a deleted user or role, so that AWS would not save it again.
fn names_the_dead(policy: &str) -> bool {
    Policy::parse(policy).is_ok_and(|policy| policy.statements.iter().any(is_of_the_dead))
}

fn is_of_the_dead(statement: &Statement) -> bool {
    let mut entries = statement.principals.iter().flat_map(|p| &p.entries);
    entries.any(|entry| is_unique_id(&entry.value.text))
}

/// A policy without our statements; those that stood under our Sids before the apply come back.
fn without_ours(was: Option<&str>, now: &str) -> Result<Option<String>, String> {
    let former: Vec<(&str, String)> = match was.map(Policy::parse) {
        Some(Ok(was)) => BUCKET_SIDS
            .into_iter()
            .filter_map(|sid| was.by_sid(sid).map(|s| (sid, s)))
            .filter(|(_, former)| !is_of_the_dead(former))
            .map(|(sid, former)| (sid, was.text_of(former).to_owned()))
            .collect(),
        _ => Vec::new(),
    };
    // In their place first, so that a policy of nothing else keeps what stands around its statements.
    let texts: Vec<String> = former.iter().map(|(_, text)| text.clone()).collect();
    let back = merge(Some(now), &texts).map_err(|e| e.to_string())?;
    let ours: Vec<&str> = BUCKET_SIDS
        .into_iter()
        .filter(|sid| !former.iter().any(|(f, _)| f == sid))
        .collect();
    let rest = unmerge(&back.text, &ours).map_err(|e| e.to_string())?;
    Ok(rest.text)
}

fn user_policy(was: Option<&str>, left: &str, observed: &Observed, plan: &mut UndoPlan) {
    let now = observed.user.as_ref().and_then(|u| u.policy.as_deref());
    let (Some(now), false) = (now, now == was) else {
        return;
    };
    if now != left && !same_policy(now, left) {
        plan.stays.push(format!(
            "the user policy {POLICY_NAME}: it was changed since, and is left as it is"
        ));
        return;
    }
    plan.acts.push(match was {
        Some(was) => UndoAct::PutUserPolicy {
            document: was.to_owned(),
        },
        None => UndoAct::DeleteUserPolicy,
    });
}
