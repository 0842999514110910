//! Who is who when the account opens: users, keys, policies and buckets, before anything is planted.
//!
//! A scenario's access is a function over a [`Stage`]; the usual one is [`granted`].

use jiff::Timestamp;

use super::{
    account::{ACCOUNT_ID, BUCKET, FAR_BUCKET, FAR_REGION, REGION},
    iam::{
        World,
        model::{Account, ManagedPolicy, User},
    },
    objects::{Bucket, Buckets, PublicAccessBlock},
};

/// The key id and the secret of a user who may do everything. Made up, but shaped like the real: the account's number
/// stands in key ids as it does in AWS' own.
pub const OPERATOR_KEY: (&str, &str) = ("AKIARZPUZDIKOEXAMPLE", "EXAMPLEsecret/of+the/practice+operator/1");
/// The key id and the secret that were handed to Statsig.
pub const READER_KEY: (&str, &str) = ("AKIARZPUZDIKLEXAMP7Q", "EXAMPLEsecret/of+the/practice+reader/222");
/// An account that is not the bucket's.
pub const FOREIGN_ACCOUNT: &str = "210987654321";
/// The key id and the secret of a reader in that account.
pub const FOREIGN_READER_KEY: (&str, &str) =
    ("AKIATCH6YDSYZEXAMP3T", "EXAMPLEsecret/of+the/practice+reader/333");
/// The key id and the secret of a user who may do everything in that account.
pub const FOREIGN_OPERATOR_KEY: (&str, &str) =
    ("AKIATCH6YDSYOEXAMPLE", "EXAMPLEsecret/of+the/practice+operator/4");
/// The operator's name.
pub const OPERATOR: &str = "data-platform-admin";
/// The reader's name.
pub const READER: &str = "statsig-reader";
/// The policy of AWS that allows everything.
pub const ADMINISTRATOR: &str = "arn:aws:iam::aws:policy/AdministratorAccess";

/// All that a scenario's access can be set up with.
pub struct Stage<'a> {
    /// Accounts, users, keys, policies.
    pub world: &'a World,
    /// Buckets, the scenario's objects in them.
    pub buckets: &'a Buckets,
    /// The account's clock.
    pub now: Timestamp,
}

impl Stage<'_> {
    /// An account with an operator in it, and an empty bucket in another region.
    pub(super) fn build(&self) {
        self.world.add(operators_account(
            ACCOUNT_ID,
            ("AIDARZPUZDIKOEXAMPLE", OPERATOR_KEY),
            self.now,
        ));
        self.buckets.add(
            FAR_BUCKET,
            Bucket {
                region: FAR_REGION.to_owned(),
                account: ACCOUNT_ID.to_owned(),
                ..Bucket::default()
            },
        );
    }

    /// The reader, with the key that is handed to Statsig.
    pub fn reader(&self) -> User {
        User::new(READER, "AIDARZPUZDIKLEXAMPLE", days_before(self.now, 40)).with_key(
            READER_KEY.0,
            READER_KEY.1,
            days_before(self.now, 40),
        )
    }

    /// Adds a user to the bucket's account.
    pub fn add_user(&self, user: User) {
        self.world.change(ACCOUNT_ID, |account| account.add(user));
    }

    /// Changes the bucket.
    pub fn bucket(&self, change: impl FnOnce(&mut Bucket)) {
        self.buckets.change(BUCKET, change);
    }
}

/// So many days before an instant.
pub fn days_before(instant: Timestamp, days: i64) -> Timestamp {
    let at = instant.as_second().saturating_sub(days.saturating_mul(86_400));
    Timestamp::from_second(at).unwrap_or(instant)
}

/// An account with an operator in it, whose user id and key these are.
pub fn operators_account(number: &str, (id, key): (&str, (&str, &str)), now: Timestamp) -> Account {
    let mut account = Account::new(number);
    account.policies.insert(
        ADMINISTRATOR.to_owned(),
        ManagedPolicy {
            arn: ADMINISTRATOR.to_owned(),
            name: "AdministratorAccess".to_owned(),
            id: "ANPAIWMBCKSKIEE64ZLYK".to_owned(),
            created: days_before(now, 3000),
            versions: vec![
                "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"*\",\"Resource\":\"*\"}]}"
                    .to_owned(),
            ],
            default_version: 1,
        },
    );
    let mut operator =
        User::new(OPERATOR, id, days_before(now, 400)).with_key(key.0, key.1, days_before(now, 30));
    operator.attached.push(ADMINISTRATOR.to_owned());
    account.add(operator);
    account
}

/// The bucket before its objects: a new one as AWS makes it.
pub(super) fn new_bucket() -> Bucket {
    Bucket {
        region: REGION.to_owned(),
        account: ACCOUNT_ID.to_owned(),
        ownership: "BucketOwnerEnforced".to_owned(),
        public_access_block: Some(PublicAccessBlock::ALL),
        ..Bucket::default()
    }
}

/// What the reader needs, and nothing else.
pub fn reader_policy(bucket: &str) -> String {
    format!(
        r#"{{
  "Version": "2012-10-17",
  "Statement": [
    {{
      "Sid": "BucketReadyList",
      "Effect": "Allow",
      "Action": "s3:ListBucket",
      "Resource": "arn:aws:s3:::{bucket}",
      "Condition": {{"StringLike": {{"s3:prefix": ["events", "events/*", "metrics", "metrics/*", "signals", "signals/*"]}}}}
    }},
    {{
      "Sid": "BucketReadyRead",
      "Effect": "Allow",
      "Action": "s3:GetObject",
      "Resource": ["arn:aws:s3:::{bucket}/events/*", "arn:aws:s3:::{bucket}/metrics/*", "arn:aws:s3:::{bucket}/signals/*"]
    }},
    {{
      "Sid": "BucketReadyLocation",
      "Effect": "Allow",
      "Action": "s3:GetBucketLocation",
      "Resource": "arn:aws:s3:::{bucket}"
    }}
  ]
}}"#
    )
}

/// A reader with exactly what it needs: the access of all scenarios that are about data.
pub fn granted(stage: &Stage<'_>) {
    stage.add_user(
        stage
            .reader()
            .with_policy("bucket-ready-read", reader_policy(BUCKET)),
    );
}
