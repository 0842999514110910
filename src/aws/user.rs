//! The user: policies, groups, boundary, tags and keys, each as far as it may be seen.

use std::collections::BTreeMap;

use aws_sdk_iam::types::{AccessKeyMetadata, AttachedPolicy as AttachedName, StatusType, User};
use futures_util::{StreamExt, stream};
use jiff::Timestamp;

use super::{
    AwsAccount,
    ask::{known, more},
};
use crate::{
    access::{
        KeyFacts, Known, UserFacts,
        plan::{AttachedPolicy, GroupFacts, InlinePolicy},
    },
    report::{Problem, ProblemKind, escape::escape},
    store::s3::{failure::On, keys::percent_decoded},
};

/// So many documents are fetched at a time; IAM throttles soon.
const AT_A_TIME: usize = 6;

/// A document as IAM hands it out, percent-encoded as in RFC 3986, as it was put.
///
/// Source: IAM API Reference, "GetUserPolicy".
fn document(encoded: &str) -> String {
    percent_decoded(encoded, false)
}

/// An instant of the SDK's.
fn instant(at: &aws_sdk_iam::primitives::DateTime) -> Option<Timestamp> {
    Timestamp::from_second(at.secs()).ok()
}

impl AwsAccount {
    /// A user of the caller's account; `None` where there is none of that name.
    pub(super) async fn user(&self, name: &str) -> Result<Option<User>, Problem> {
        let call = self.call(
            format!("looking for {}", On::User(name)),
            "iam:GetUser",
            "iam:GetUser",
            On::User(name),
        );
        let found = self
            .read(&call, || self.iam.get_user().user_name(name).send())
            .await;
        match found {
            Ok(answer) => Ok(answer.user),
            Err(problem) if problem.kind == ProblemKind::NotFound => Ok(None),
            Err(problem) => Err(problem),
        }
    }

    /// All that can be seen of a user that is there.
    pub(super) async fn user_facts(&self, user: &User) -> UserFacts {
        let name = user.user_name();
        let boundary = async {
            match user
                .permissions_boundary()
                .and_then(|b| b.permissions_boundary_arn())
            {
                Some(arn) => Some(self.managed(short_name(arn), arn).await),
                None => None,
            }
        };
        let (inline, attached, groups, keys, tags, boundary) = tokio::join!(
            self.inline(name),
            self.attached(name),
            self.groups(name),
            self.keys(name),
            self.tags(user),
            boundary,
        );
        UserFacts {
            arn: user.arn().to_owned(),
            id: user.user_id().to_owned(),
            inline,
            attached,
            groups,
            boundary: Known::Known(boundary),
            keys,
            tags,
        }
    }

    /// The names of a user's inline policies.
    pub(super) async fn inline_names(&self, user: &str) -> Result<Vec<String>, Problem> {
        let call = self.call(
            format!("listing the inline policies of {}", On::User(user)),
            "iam:ListUserPolicies",
            "iam:ListUserPolicies",
            On::User(user),
        );
        self.pages(
            &call,
            |marker| {
                self.iam
                    .list_user_policies()
                    .user_name(user)
                    .set_marker(marker)
                    .send()
            },
            |page| (page.policy_names, more(page.is_truncated, page.marker)),
        )
        .await
    }

    /// The text of one of a user's inline policies; `None` where there is none of that name.
    pub(super) async fn inline_policy(&self, user: &str, name: &str) -> Result<Option<String>, Problem> {
        let call = self.call(
            format!("reading the policy {} of {}", escape(name), On::User(user)),
            "iam:GetUserPolicy",
            "iam:GetUserPolicy",
            On::User(user),
        );
        let send = || {
            self.iam
                .get_user_policy()
                .user_name(user)
                .policy_name(name)
                .send()
        };
        match self.read(&call, send).await {
            Ok(answer) => Ok(Some(document(answer.policy_document()))),
            Err(problem) if problem.kind == ProblemKind::NotFound => Ok(None),
            Err(problem) => Err(problem),
        }
    }

    async fn inline(&self, user: &str) -> Known<Vec<InlinePolicy>> {
        let names = match self.inline_names(user).await {
            Ok(names) => names,
            Err(problem) => return known(Err(problem)),
        };
        let texts = stream::iter(names).map(|name| async move {
            let document = match self.inline_policy(user, &name).await {
                Ok(Some(text)) => Known::Known(text),
                Ok(None) => Known::Unknown("it was deleted while it was looked at".into()),
                Err(problem) => known(Err(problem)),
            };
            InlinePolicy { name, document }
        });
        Known::Known(texts.buffered(AT_A_TIME).collect().await)
    }

    /// Names and ARNs of a user's managed policies.
    pub(super) async fn attached_names(&self, user: &str) -> Result<Vec<AttachedName>, Problem> {
        let call = self.call(
            format!("listing the managed policies of {}", On::User(user)),
            "iam:ListAttachedUserPolicies",
            "iam:ListAttachedUserPolicies",
            On::User(user),
        );
        self.pages(
            &call,
            |marker| {
                self.iam
                    .list_attached_user_policies()
                    .user_name(user)
                    .set_marker(marker)
                    .send()
            },
            |page| {
                (
                    page.attached_policies.unwrap_or_default(),
                    more(page.is_truncated, page.marker),
                )
            },
        )
        .await
    }

    async fn attached(&self, user: &str) -> Known<Vec<AttachedPolicy>> {
        match self.attached_names(user).await {
            Ok(names) => Known::Known(self.documents(names).await),
            Err(problem) => known(Err(problem)),
        }
    }

    async fn documents(&self, names: Vec<AttachedName>) -> Vec<AttachedPolicy> {
        stream::iter(names)
            .map(|policy| async move {
                let arn = policy.policy_arn().unwrap_or_default();
                let name = policy.policy_name().unwrap_or_else(|| short_name(arn));
                self.managed(name, arn).await
            })
            .buffered(AT_A_TIME)
            .collect()
            .await
    }

    /// A managed policy in its default version.
    async fn managed(&self, name: &str, arn: &str) -> AttachedPolicy {
        let mut policy = AttachedPolicy {
            name: name.to_owned(),
            arn: arn.to_owned(),
            version: String::new(),
            document: Known::default(),
        };
        let call = self.call(
            format!("looking at {}", On::Policy(arn)),
            "iam:GetPolicy",
            "iam:GetPolicy",
            On::Policy(arn),
        );
        let found = self
            .read(&call, || self.iam.get_policy().policy_arn(arn).send())
            .await;
        let version = match &found {
            Ok(answer) => answer.policy().and_then(|p| p.default_version_id()),
            Err(problem) => {
                policy.document = known(Err(problem.clone()));
                return policy;
            }
        };
        let Some(version) = version else {
            policy.document = Known::Unknown("iam:GetPolicy did not tell its default version".into());
            return policy;
        };
        policy.version = version.to_owned();
        let call = self.call(
            format!("reading version {} of {}", escape(version), On::Policy(arn)),
            "iam:GetPolicyVersion",
            "iam:GetPolicyVersion",
            On::Policy(arn),
        );
        let send = || {
            self.iam
                .get_policy_version()
                .policy_arn(arn)
                .version_id(version)
                .send()
        };
        policy.document = match self.read(&call, send).await {
            Ok(answer) => match answer.policy_version().and_then(|v| v.document()) {
                Some(text) => Known::Known(document(text)),
                None => Known::Unknown("iam:GetPolicyVersion told no document".into()),
            },
            Err(problem) => known(Err(problem)),
        };
        policy
    }

    /// The names of a user's groups.
    pub(super) async fn group_names(&self, user: &str) -> Result<Vec<String>, Problem> {
        let call = self.call(
            format!("listing the groups of {}", On::User(user)),
            "iam:ListGroupsForUser",
            "iam:ListGroupsForUser",
            On::User(user),
        );
        self.pages(
            &call,
            |marker| {
                self.iam
                    .list_groups_for_user()
                    .user_name(user)
                    .set_marker(marker)
                    .send()
            },
            |page| {
                let names = page
                    .groups()
                    .iter()
                    .map(|group| group.group_name().to_owned())
                    .collect();
                (names, more(page.is_truncated, page.marker))
            },
        )
        .await
    }

    async fn groups(&self, user: &str) -> Known<Vec<GroupFacts>> {
        let names = match self.group_names(user).await {
            Ok(names) => names,
            Err(problem) => return known(Err(problem)),
        };
        let facts = stream::iter(names).map(|name| async move {
            let (inline, attached) = tokio::join!(self.inline_of_group(&name), self.attached_to_group(&name));
            GroupFacts {
                name,
                inline: known(inline),
                attached: match attached {
                    Ok(names) => Known::Known(self.documents(names).await),
                    Err(problem) => known(Err(problem)),
                },
            }
        });
        Known::Known(facts.buffered(2).collect().await)
    }

    async fn inline_of_group(&self, group: &str) -> Result<Vec<InlinePolicy>, Problem> {
        let call = self.call(
            format!("listing the inline policies of {}", On::Group(group)),
            "iam:ListGroupPolicies",
            "iam:ListGroupPolicies",
            On::Group(group),
        );
        let names = self
            .pages(
                &call,
                |marker| {
                    self.iam
                        .list_group_policies()
                        .group_name(group)
                        .set_marker(marker)
                        .send()
                },
                |page| (page.policy_names, more(page.is_truncated, page.marker)),
            )
            .await?;
        let texts = stream::iter(names).map(|name| async move {
            let call = self.call(
                format!("reading the policy {} of {}", escape(&name), On::Group(group)),
                "iam:GetGroupPolicy",
                "iam:GetGroupPolicy",
                On::Group(group),
            );
            let send = || {
                self.iam
                    .get_group_policy()
                    .group_name(group)
                    .policy_name(&name)
                    .send()
            };
            let text = self.read(&call, send).await;
            InlinePolicy {
                document: known(text.map(|answer| document(answer.policy_document()))),
                name,
            }
        });
        Ok(texts.buffered(AT_A_TIME).collect().await)
    }

    async fn attached_to_group(&self, group: &str) -> Result<Vec<AttachedName>, Problem> {
        let call = self.call(
            format!("listing the managed policies of {}", On::Group(group)),
            "iam:ListAttachedGroupPolicies",
            "iam:ListAttachedGroupPolicies",
            On::Group(group),
        );
        self.pages(
            &call,
            |marker| {
                self.iam
                    .list_attached_group_policies()
                    .group_name(group)
                    .set_marker(marker)
                    .send()
            },
            |page| {
                (
                    page.attached_policies.unwrap_or_default(),
                    more(page.is_truncated, page.marker),
                )
            },
        )
        .await
    }

    /// A user's keys as they are listed.
    pub(super) async fn listed_keys(&self, user: &str) -> Result<Vec<AccessKeyMetadata>, Problem> {
        let call = self.call(
            format!("listing the keys of {}", On::User(user)),
            "iam:ListAccessKeys",
            "iam:ListAccessKeys",
            On::User(user),
        );
        self.pages(
            &call,
            |marker| {
                self.iam
                    .list_access_keys()
                    .user_name(user)
                    .set_marker(marker)
                    .send()
            },
            |page| (page.access_key_metadata, more(page.is_truncated, page.marker)),
        )
        .await
    }

    async fn keys(&self, user: &str) -> Known<Vec<KeyFacts>> {
        let listed = match self.listed_keys(user).await {
            Ok(listed) => listed,
            Err(problem) => return known(Err(problem)),
        };
        let facts = stream::iter(listed).map(|key| async move {
            let id = key.access_key_id().unwrap_or_default();
            KeyFacts {
                id: id.to_owned(),
                active: key.status() == Some(&StatusType::Active),
                created: key.create_date().and_then(instant),
                last_used: self.last_use(user, id).await,
            }
        });
        Known::Known(facts.buffered(AT_A_TIME).collect().await)
    }

    /// When a key was last used. Nothing depends on it: where it may not be asked, it is not known.
    async fn last_use(&self, user: &str, id: &str) -> Option<Timestamp> {
        let call = self.call(
            format!("asking when a key of {} was last used", On::User(user)),
            "iam:GetAccessKeyLastUsed",
            "iam:GetAccessKeyLastUsed",
            On::User(user),
        );
        let send = || self.iam.get_access_key_last_used().access_key_id(id).send();
        let answer = self.read(&call, send).await.ok()?;
        answer.access_key_last_used()?.last_used_date().and_then(instant)
    }

    /// All of a user's tags. `iam:GetUser` tells them too, so a refused list loses none that it told.
    async fn tags(&self, user: &User) -> Option<BTreeMap<String, String>> {
        let name = user.user_name();
        let call = self.call(
            format!("listing the tags of {}", On::User(name)),
            "iam:ListUserTags",
            "iam:ListUserTags",
            On::User(name),
        );
        let listed = self
            .pages(
                &call,
                |marker| {
                    self.iam
                        .list_user_tags()
                        .user_name(name)
                        .set_marker(marker)
                        .send()
                },
                |page| (page.tags, more(page.is_truncated, page.marker)),
            )
            .await;
        let tags = match listed {
            Ok(tags) => tags,
            Err(_) if !user.tags().is_empty() => user.tags().to_vec(),
            Err(_) => return None,
        };
        let pairs = tags
            .iter()
            .map(|tag| (tag.key().to_owned(), tag.value().to_owned()));
        Some(pairs.collect())
    }
}

/// The name in a policy's ARN, without its path.
fn short_name(arn: &str) -> &str {
    arn.rsplit('/').next().unwrap_or(arn)
}
