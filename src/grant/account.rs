//! The port to an AWS account: what is there, and the calls that change it.

use std::fmt;

use futures_util::future::BoxFuture;
use secrecy::SecretString;

use crate::{
    access::{
        Inspected, Target,
        plan::{Wanted, apply::Observed},
    },
    report::Problem,
};

/// A fresh access key. The secret has no `Debug` and is wiped when dropped.
pub struct NewKey {
    /// `AKIA…`
    pub id: String,
    /// 40 characters.
    pub secret: SecretString,
}

impl fmt::Debug for NewKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewKey")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

/// What is to be looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Look {
    /// The user, its policies and keys.
    pub user: bool,
    /// The bucket's policy.
    pub bucket_policy: bool,
}

/// An AWS account, as its operator sees it. Every call is made once or retried only where that is safe; a failure is a
/// [`Problem`] with the call, the action it needs, the request id and a remedy, and never holds a secret.
pub trait Account: Send + Sync + 'static {
    /// Looks at the user and the bucket. What may not be read is [`crate::access::Known::Unknown`] with the reason, and
    /// the rest goes on; a problem is only what leaves nothing to be said: no credentials, no endpoint.
    fn inspect<'a>(
        &'a self,
        target: &'a Target,
        wanted: &'a Wanted,
    ) -> BoxFuture<'a, Result<Inspected, Problem>>;

    /// What is there now of all that a plan touches. Unlike [`Account::inspect`] it must see: a refused call is a problem.
    /// [`Observed::key_in_file`] is left to the caller.
    fn observe<'a>(&'a self, bucket: &'a str, user: &'a str) -> BoxFuture<'a, Result<Observed, Problem>>;

    /// As [`Account::observe`], of what is asked for alone: a plan that leaves the user be can be applied without rights
    /// in IAM, and one that leaves the bucket's policy be without rights on it. What was not looked at is `None`. An
    /// adapter that looks at everything all the same is right, but asks for more rights than are needed.
    fn observe_only<'a>(
        &'a self,
        bucket: &'a str,
        user: &'a str,
        _look: Look,
    ) -> BoxFuture<'a, Result<Observed, Problem>> {
        self.observe(bucket, user)
    }

    /// `iam:CreateUser`; the user's unique id, `AIDA…`.
    fn create_user<'a>(&'a self, user: &'a str, path: &'a str) -> BoxFuture<'a, Result<String, Problem>>;

    /// `iam:DeleteUser`
    fn delete_user<'a>(&'a self, user: &'a str) -> BoxFuture<'a, Result<(), Problem>>;

    /// `iam:PutUserPolicy`
    fn put_user_policy<'a>(
        &'a self,
        user: &'a str,
        name: &'a str,
        document: &'a str,
    ) -> BoxFuture<'a, Result<(), Problem>>;

    /// `iam:DeleteUserPolicy`
    fn delete_user_policy<'a>(&'a self, user: &'a str, name: &'a str) -> BoxFuture<'a, Result<(), Problem>>;

    /// `iam:CreateAccessKey`. Never retried after an answer that may have been lost: a second try may make a second key.
    fn create_access_key<'a>(&'a self, user: &'a str) -> BoxFuture<'a, Result<NewKey, Problem>>;

    /// `iam:DeleteAccessKey`
    fn delete_access_key<'a>(&'a self, user: &'a str, id: &'a str) -> BoxFuture<'a, Result<(), Problem>>;

    /// `s3:PutBucketPolicy`
    fn put_bucket_policy<'a>(
        &'a self,
        bucket: &'a str,
        document: &'a str,
    ) -> BoxFuture<'a, Result<(), Problem>>;

    /// `s3:DeleteBucketPolicy`
    fn delete_bucket_policy<'a>(&'a self, bucket: &'a str) -> BoxFuture<'a, Result<(), Problem>>;
}
