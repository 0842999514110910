//! AWS accounts by the SDK: IAM, STS and the bucket's settings, behind [`crate::grant::Account`].
//!
//! Every SDK error becomes a [`Problem`] that a person can act on. This module must not know the
//! terminal, the command line or what a plan is for. Credentials, region and retries are the store's
//! ([`crate::store::s3`]), so that bucket and account are always asked in the same way.
//!
//! - `ask`: how a call is made: counted, retried where that is safe, read to its last page
//! - `inspect`: all that is there, as far as it may be seen; `user` and `bucket` are its halves, `owner` says whose the
//!   bucket is
//! - `change`: the calls that change something, and the strict look between them
//! - `document`: what may be wrong with a policy that AWS does not take
//! - `simulate`: IAM's own opinion of the reader's needs

mod ask;
mod bucket;
mod change;
mod document;
mod inspect;
mod owner;
mod simulate;
mod user;

use std::sync::Arc;

use tokio::sync::OnceCell;

use crate::{
    access::{Actor, ActorKind},
    report::{Problem, ProblemKind, Usage},
    rule::Next,
    store::{
        Meter, S3Settings,
        s3::{client::Link, failure::On, retry::Retry, session::Session},
    },
};

/// An account, as the holder of one key sees it. Cloning shares it.
#[derive(Clone, Debug)]
pub struct AwsAccount {
    session: Arc<Session>,
    iam: aws_sdk_iam::Client,
    sts: aws_sdk_sts::Client,
    caller: Arc<OnceCell<Actor>>,
    /// The settings' bucket, once it was found.
    bucket: Arc<OnceCell<Bucket>>,
    meter: Arc<Meter>,
    retry: Retry,
}

/// A bucket within reach: a client that follows it, and its region as far as it is known.
#[derive(Clone, Debug)]
struct Bucket {
    link: Link,
    region: Option<String>,
}

impl AwsAccount {
    /// Finds credentials and region. No request is made to AWS before something is asked of the account.
    ///
    /// # Errors
    /// C101 and C102: no credentials, or a session that has expired.
    pub async fn connect(settings: S3Settings) -> Result<Self, Problem> {
        let session = Session::find(settings).await?;
        if session.credentials.is_none() {
            return Err(Problem::new(
                ProblemKind::NoCredentials,
                "an account can't be asked without a key",
                "requests are not signed (--no-sign-request)",
                Next::say("Leave --no-sign-request out."),
            ));
        }
        Ok(Self {
            iam: session.iam(),
            sts: session.sts(&session.region),
            session: Arc::new(session),
            caller: Arc::default(),
            bucket: Arc::default(),
            meter: Arc::default(),
            retry: Retry::default(),
        })
    }

    /// Whose key this is: ARN, account and unique id, with the partition. STS tells it to everyone; it is asked once.
    ///
    /// # Errors
    /// C102 to C105, C108, C109.
    pub async fn caller(&self) -> Result<Actor, Problem> {
        let known = self.caller.get_or_try_init(|| async {
            let call = self.call(
                "asking who the caller is",
                "sts:GetCallerIdentity",
                "sts:GetCallerIdentity",
                On::Account,
            );
            let told = self.read(&call, || self.sts.get_caller_identity().send()).await?;
            let arn = told.arn().unwrap_or_default();
            let mut caller = Actor::from_arn(arn).unwrap_or_else(|| Actor {
                kind: ActorKind::Other,
                arn: arn.to_owned(),
                account: told.account().unwrap_or_default().to_owned(),
                ..Actor::default()
            });
            caller.user_id = told.user_id().map(str::to_owned);
            Ok(caller)
        });
        known.await.cloned()
    }

    /// What was asked of AWS so far.
    pub fn usage(&self) -> Usage {
        self.meter.usage()
    }

    /// A bucket, in its own region.
    async fn bucket(&self, name: &str) -> Result<Bucket, Problem> {
        let find = |settings: S3Settings| async move {
            let (link, resolved) = Link::find(&self.session, &settings, &self.meter).await?;
            Ok(Bucket {
                link,
                region: resolved.region,
            })
        };
        let settings = &self.session.settings;
        if settings.bucket == name {
            return self
                .bucket
                .get_or_try_init(|| find(settings.clone()))
                .await
                .cloned();
        }
        find(S3Settings {
            bucket: name.to_owned(),
            ..settings.clone()
        })
        .await
    }
}
