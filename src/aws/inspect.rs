//! Looks at user and bucket. What may not be read is unknown with the reason, and the rest goes on; nothing is written.

use futures_util::future::BoxFuture;

use super::{
    AwsAccount,
    ask::{known, why},
    owner::Belongs,
};
use crate::{
    access::{Actor, ActorKind, Inspected, Known, Opinion, Owner, Target, UserFacts},
    report::{Problem, escape::escape},
    survey::Inspect,
};

/// Whose policies are looked at.
#[derive(Clone, Copy, Debug)]
pub(super) enum Whom<'a> {
    /// A user of the caller's account, by its name.
    User(&'a str),
    /// An identity, by its ARN.
    Identity(&'a str),
    /// Nobody: it is not known who the reader is.
    Nobody,
}

/// The port of the survey.
impl Inspect for AwsAccount {
    fn inspect<'a>(
        &'a self,
        target: &'a Target,
        reader: Option<&'a str>,
    ) -> BoxFuture<'a, Result<Inspected, Problem>> {
        Box::pin(self.inspect_reader(target, reader))
    }

    fn requests(&self) -> u64 {
        self.usage().requests
    }
}

impl AwsAccount {
    /// Looks at the bucket, and at the identity of an ARN as STS tells it. IAM tells of the caller's own account only: a
    /// reader of another account is unknown, not absent.
    ///
    /// # Errors
    /// C101 to C108 of the bucket: then there is nothing to be said.
    pub async fn inspect_reader(&self, target: &Target, reader: Option<&str>) -> Result<Inspected, Problem> {
        let whom = reader.map_or(Whom::Nobody, Whom::Identity);
        let mut inspected = self.look(target, whom).await?;
        inspected.simulated = self.opinions(&inspected).await;
        Ok(inspected)
    }

    /// What IAM's simulator says, where all that it must be told is known: without the bucket's policy its word would be
    /// about something else.
    async fn opinions(&self, seen: &Inspected) -> Vec<Opinion> {
        let (Known::Known(Some(user)), Known::Known(policy), Known::Known(owner)) =
            (&seen.user, &seen.bucket_policy, &seen.bucket_account)
        else {
            return Vec::new();
        };
        let asked = self.simulate(&seen.target, &user.arn, policy.as_deref(), Some(owner));
        asked.await.unwrap_or_default()
    }

    /// Looks at a user and a bucket.
    pub(super) async fn look(&self, target: &Target, whom: Whom<'_>) -> Result<Inspected, Problem> {
        let (caller, bucket) = tokio::join!(self.caller(), self.bucket(&target.bucket));
        let bucket = bucket?;
        let mut target = target.clone();
        if let Ok(caller) = &caller {
            target.partition = caller.partition().to_owned();
        }
        let reader = match whom {
            Whom::Identity(arn) => Actor::from_arn(arn),
            _ => None,
        };
        let (user, facts) = tokio::join!(
            self.whom(whom, reader.as_ref(), &caller),
            self.bucket_facts(&bucket, &target)
        );
        let facts = facts?;
        let belongs = match &caller {
            Ok(caller) => {
                let mut accounts = vec![caller.account.as_str()];
                accounts.extend(reader.as_ref().map(|r| r.account.as_str()));
                accounts.dedup();
                self.belongs(&bucket, &target, &accounts, facts.policy.get().is_some())
                    .await
            }
            Err(problem) => Belongs::Unknown(why(problem)),
        };
        let user_account = match (whom, reader, caller) {
            (Whom::User(_), _, caller) => known(caller.map(|caller| caller.account)),
            (_, Some(reader), _) => Known::Known(reader.account),
            (_, None, _) => Known::Unknown("it is not known who the reader is".into()),
        };
        Ok(Inspected {
            region: Some(bucket.link.region())
                .filter(|_| bucket.region.is_some() || facts.policy.get().is_some()),
            owner: owner(&belongs, user_account.get()),
            bucket_account: belongs.account(),
            user_account,
            user,
            bucket_policy: facts.policy,
            restrict_public_buckets: facts.restrict_public_buckets,
            encryption: facts.encryption,
            settings: facts.settings,
            unseen_settings: facts.unseen,
            simulated: Vec::new(),
            target,
        })
    }

    async fn whom(
        &self,
        whom: Whom<'_>,
        reader: Option<&Actor>,
        caller: &Result<Actor, Problem>,
    ) -> Known<Option<UserFacts>> {
        let name = match (whom, reader) {
            (Whom::User(name), _) => name,
            (Whom::Nobody, _) => return Known::Unknown("it is not known who the reader is".into()),
            (Whom::Identity(arn), None) => {
                return Known::Unknown(format!("{} names no identity", escape(arn)));
            }
            (Whom::Identity(_), Some(reader)) => {
                if let Err(unknown) = within_sight(reader, caller) {
                    return unknown;
                }
                reader.name().unwrap_or_default()
            }
        };
        match self.user(name).await {
            Ok(None) => Known::Known(None),
            // A user of that name in another account than the reader's.
            Ok(Some(user)) if reader.is_some_and(|reader| reader.arn != user.arn()) => {
                Known::Unknown(format!(
                    "the operator's account has a user {}, and it is not the reader",
                    escape(name)
                ))
            }
            Ok(Some(user)) => Known::Known(Some(self.user_facts(&user).await)),
            Err(problem) => known(Err(problem)),
        }
    }
}

/// Whether IAM can tell the caller of an identity: a user of the same account.
fn within_sight(reader: &Actor, caller: &Result<Actor, Problem>) -> Result<(), Known<Option<UserFacts>>> {
    if let Ok(caller) = caller
        && caller.account != reader.account
    {
        return Err(Known::Unknown(format!(
            "the reader is of account {}, and the operator's key of account {}: IAM tells of one's own account only",
            reader.account, caller.account
        )));
    }
    match reader.kind {
        ActorKind::User => Ok(()),
        // No policy of an identity stands between the root of an account and what is the account's.
        ActorKind::Root => Err(Known::Known(None)),
        ActorKind::RoleSession => Err(Known::Unknown(format!(
            "the reader is a session of the role {}; policies of roles are not looked at",
            escape(reader.name().unwrap_or("(unnamed)"))
        ))),
        ActorKind::Anonymous | ActorKind::Other => Err(Known::Unknown(
            "the reader is no IAM user; its policies are not looked at".into(),
        )),
    }
}

/// Whose the bucket is beside the user's account.
fn owner(belongs: &Belongs, user_account: Option<&String>) -> Owner {
    match (belongs, user_account) {
        (Belongs::To(owner), Some(account)) if owner == account => Owner::Same,
        (Belongs::To(_), Some(_)) => Owner::Other,
        (Belongs::ToNoneOf(accounts), Some(account)) if accounts.contains(account) => Owner::Other,
        _ => Owner::Unknown,
    }
}
