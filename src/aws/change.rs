//! The port of grants: the calls that change something, and the strict look between them.

use aws_smithy_runtime_api::client::result::SdkError;
use futures_util::future::BoxFuture;
use secrecy::SecretString;

use super::{AwsAccount, document::blamed, inspect::Whom};
use crate::{
    access::{
        Inspected, Target, Wanted,
        needs::POLICY_NAME,
        plan::apply::{Observed, ObservedUser},
    },
    grant::{Account, Look, NewKey},
    report::{Problem, ProblemKind, escape::escape},
    store::s3::failure::{Call, On},
};

/// Characters of a secret, as IAM makes them.
const SECRET_LENGTH: usize = 40;

impl Account for AwsAccount {
    fn inspect<'a>(
        &'a self,
        target: &'a Target,
        wanted: &'a Wanted,
    ) -> BoxFuture<'a, Result<Inspected, Problem>> {
        Box::pin(self.look(target, Whom::User(&wanted.user)))
    }

    fn observe<'a>(&'a self, bucket: &'a str, user: &'a str) -> BoxFuture<'a, Result<Observed, Problem>> {
        let everything = Look {
            user: true,
            bucket_policy: true,
        };
        self.observe_only(bucket, user, everything)
    }

    fn observe_only<'a>(
        &'a self,
        bucket: &'a str,
        user: &'a str,
        look: Look,
    ) -> BoxFuture<'a, Result<Observed, Problem>> {
        Box::pin(async move {
            let (user, bucket_policy) = tokio::try_join!(
                async {
                    match look.user {
                        true => self.observed_user(user).await,
                        false => Ok(None),
                    }
                },
                async {
                    if !look.bucket_policy {
                        return Ok(None);
                    }
                    let found = self.bucket(bucket).await?;
                    self.bucket_policy(&found, bucket).await
                }
            )?;
            Ok(Observed {
                user,
                bucket_policy,
                key_in_file: None,
            })
        })
    }

    fn create_user<'a>(&'a self, user: &'a str, path: &'a str) -> BoxFuture<'a, Result<String, Problem>> {
        Box::pin(async move {
            let call = self.on_user("creating", "iam:CreateUser", user);
            let send = || self.iam.create_user().user_name(user).path(path).send();
            let made = self.once(&call, send).await?;
            made.user
                .map(|user| user.user_id)
                .filter(|id| !id.is_empty())
                .ok_or_else(|| call.problem(ProblemKind::Other, "the answer does not tell the user's id"))
        })
    }

    fn delete_user<'a>(&'a self, user: &'a str) -> BoxFuture<'a, Result<(), Problem>> {
        Box::pin(async move {
            let call = self.on_user("deleting", "iam:DeleteUser", user);
            self.delete(&call, || self.iam.delete_user().user_name(user).send())
                .await
        })
    }

    fn put_user_policy<'a>(
        &'a self,
        user: &'a str,
        name: &'a str,
        document: &'a str,
    ) -> BoxFuture<'a, Result<(), Problem>> {
        Box::pin(async move {
            let doing = format!("putting the policy {} of", escape(name));
            let call = self.on_user(&doing, "iam:PutUserPolicy", user);
            let send = || {
                self.iam
                    .put_user_policy()
                    .user_name(user)
                    .policy_name(name)
                    .policy_document(document)
                    .send()
            };
            self.read(&call, send)
                .await
                .map(|_| ())
                .map_err(|problem| blamed(problem, document))
        })
    }

    fn delete_user_policy<'a>(&'a self, user: &'a str, name: &'a str) -> BoxFuture<'a, Result<(), Problem>> {
        Box::pin(async move {
            let doing = format!("deleting the policy {} of", escape(name));
            let call = self.on_user(&doing, "iam:DeleteUserPolicy", user);
            let send = || {
                self.iam
                    .delete_user_policy()
                    .user_name(user)
                    .policy_name(name)
                    .send()
            };
            self.delete(&call, send).await
        })
    }

    fn create_access_key<'a>(&'a self, user: &'a str) -> BoxFuture<'a, Result<NewKey, Problem>> {
        Box::pin(async move {
            let call = self.on_user("creating an access key for", "iam:CreateAccessKey", user);
            let made = self
                .retry
                .run(|| async {
                    self.meter.request();
                    let sent = self.iam.create_access_key().user_name(user).send().await;
                    sent.map_err(|error| {
                        let mut failure = call.failure(&error).not_twice();
                        // What could not be read is the answer that holds the secret: none of it is quoted.
                        if matches!(error, SdkError::ResponseError(_)) {
                            failure.problem.cause =
                                "the answer could not be read (one may have been made)".into();
                        }
                        failure
                    })
                })
                .await?;
            // An answer that breaks off within the secret is taken for whole by the SDK.
            let whole = made
                .access_key
                .filter(|key| !key.access_key_id.is_empty() && key.secret_access_key.len() >= SECRET_LENGTH);
            let key = whole.ok_or_else(|| {
                call.problem(
                    ProblemKind::CutShort,
                    "the answer does not tell the whole key (one may have been made)",
                )
            })?;
            Ok(NewKey {
                id: key.access_key_id,
                secret: SecretString::from(key.secret_access_key),
            })
        })
    }

    fn delete_access_key<'a>(&'a self, user: &'a str, id: &'a str) -> BoxFuture<'a, Result<(), Problem>> {
        Box::pin(async move {
            let call = self.on_user("deleting an access key of", "iam:DeleteAccessKey", user);
            let send = || {
                self.iam
                    .delete_access_key()
                    .user_name(user)
                    .access_key_id(id)
                    .send()
            };
            self.delete(&call, send).await
        })
    }

    fn put_bucket_policy<'a>(
        &'a self,
        bucket: &'a str,
        document: &'a str,
    ) -> BoxFuture<'a, Result<(), Problem>> {
        Box::pin(async move {
            let found = self.bucket(bucket).await?;
            let on = On::Bucket(bucket);
            let call = self.call(
                format!("putting the policy of {on}"),
                "s3:PutBucketPolicy",
                "s3:PutBucketPolicy",
                on,
            );
            self.on_bucket(&found, &call, |s3| {
                s3.put_bucket_policy().bucket(bucket).policy(document).send()
            })
            .await
            .map(|_| ())
            .map_err(|problem| blamed(problem, document))
        })
    }

    fn delete_bucket_policy<'a>(&'a self, bucket: &'a str) -> BoxFuture<'a, Result<(), Problem>> {
        Box::pin(async move {
            let found = self.bucket(bucket).await?;
            let on = On::Bucket(bucket);
            let call = self.call(
                format!("deleting the policy of {on}"),
                "s3:DeleteBucketPolicy",
                "s3:DeleteBucketPolicy",
                on,
            );
            // S3 answers the same whether there was one.
            self.on_bucket(&found, &call, |s3| {
                s3.delete_bucket_policy().bucket(bucket).send()
            })
            .await
            .map(|_| ())
        })
    }
}

impl AwsAccount {
    fn on_user<'a>(&'a self, doing: &str, call: &'static str, user: &'a str) -> Call<'a> {
        let on = On::User(user);
        self.call(format!("{doing} {on}"), call, call, on)
    }

    /// The user as it is now. Its id, our policy and its keys must be seen. What else hangs on it is told as far as it may
    /// be seen: AWS itself refuses to delete a user on which something hangs.
    async fn observed_user(&self, user: &str) -> Result<Option<ObservedUser>, Problem> {
        let Some(found) = self.user(user).await? else {
            return Ok(None);
        };
        let (policy, keys, others) = tokio::join!(
            self.inline_policy(user, POLICY_NAME),
            self.listed_keys(user),
            self.others(user),
        );
        // A fresh user may not be known everywhere yet: then it has no keys.
        let keys = match keys {
            Err(problem) if problem.kind == ProblemKind::NotFound => Vec::new(),
            keys => keys?,
        };
        Ok(Some(ObservedUser {
            id: found.user_id,
            policy: policy?,
            keys: keys.into_iter().filter_map(|key| key.access_key_id).collect(),
            others,
        }))
    }

    /// All else that hangs on a user, in words.
    async fn others(&self, user: &str) -> Vec<String> {
        let (inline, attached, groups, password, devices) = tokio::join!(
            self.inline_names(user),
            self.attached_names(user),
            self.group_names(user),
            self.has_password(user),
            self.devices(user),
        );
        let inline = inline.unwrap_or_default().into_iter();
        let mut others: Vec<String> = inline
            .filter(|name| name != POLICY_NAME)
            .map(|name| format!("the policy {}", escape(&name)))
            .collect();
        others.extend(attached.unwrap_or_default().iter().map(|policy| {
            let name = policy
                .policy_name()
                .or(policy.policy_arn())
                .unwrap_or("(unnamed)");
            format!("the managed policy {}", escape(name))
        }));
        others.extend(
            groups
                .unwrap_or_default()
                .iter()
                .map(|group| format!("the group {}", escape(group))),
        );
        if matches!(password, Ok(true)) {
            others.push("a console password".into());
        }
        match devices.unwrap_or(0) {
            0 => {}
            1 => others.push("an MFA device".into()),
            n => others.push(format!("{n} MFA devices")),
        }
        others
    }

    async fn has_password(&self, user: &str) -> Result<bool, Problem> {
        let call = self.on_user("looking for a password of", "iam:GetLoginProfile", user);
        let asked = self
            .read(&call, || self.iam.get_login_profile().user_name(user).send())
            .await;
        match asked {
            Ok(_) => Ok(true),
            Err(problem) if problem.kind == ProblemKind::NotFound => Ok(false),
            Err(problem) => Err(problem),
        }
    }

    async fn devices(&self, user: &str) -> Result<usize, Problem> {
        let call = self.on_user("listing the MFA devices of", "iam:ListMFADevices", user);
        let answer = self
            .read(&call, || self.iam.list_mfa_devices().user_name(user).send())
            .await?;
        Ok(answer.mfa_devices().len())
    }
}
