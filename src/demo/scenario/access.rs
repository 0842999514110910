//! Scenarios about access: good data, and a reader that has not got what it needs, or has too much.

use std::sync::Arc;

use super::{Plan, Scenario, last_days};
use crate::demo::{
    account::{ACCOUNT_ID, BUCKET, FAR_REGION},
    export::{Export, signal, usual_signal},
    iam::model::User,
    stage::{
        FOREIGN_ACCOUNT, FOREIGN_OPERATOR_KEY, FOREIGN_READER_KEY, READER, Stage, days_before, granted,
        operators_account, reader_policy,
    },
};

/// The reader's policy as the integration's page has it: `s3:GetObject` on the bucket, where there are no objects.
fn the_pages_user_policy() -> String {
    format!(
        r#"{{
    "Version": "2012-10-17",
    "Statement": [
        {{
            "Sid": "VisualEditor0",
            "Effect": "Allow",
            "Action": [
                "s3:GetObject",
                "s3:ListBucket"
            ],
            "Resource": "arn:aws:s3:::{BUCKET}"
        }}
    ]
}}"#
    )
}

/// The bucket policy as the integration's page has it.
fn the_pages_bucket_policy(principal: &str) -> String {
    format!(
        r#"{{
	"Version": "2012-10-17",
	"Statement": [
		{{
			"Sid": "statement1",
			"Effect": "Allow",
			"Principal": {{
				"AWS": "{principal}"
			}},
			"Action": "s3:ListBucket",
			"Resource": "arn:aws:s3:::{BUCKET}"
		}},
		{{
			"Sid": "statement2",
			"Effect": "Allow",
			"Principal": {{
				"AWS": "{principal}"
			}},
			"Action": "s3:GetObject",
			"Resource": "arn:aws:s3:::{BUCKET}/*"
		}}
	]
}}"#
    )
}

/// Two weeks of good data.
fn two_weeks(plan: &mut Plan) {
    let days = last_days(14);
    let yesterday = days.last().copied();
    for day in days {
        plan.add(move |shop| {
            let made = shop.day(day);
            let export = Export {
                parts: 1,
                ..Export::of(day)
            };
            let mut objects = export.events(&made.events)?;
            objects.extend(export.metrics(&made.metrics)?);
            if Some(day) != yesterday {
                objects.push(signal(day, usual_signal(day))?);
            }
            Ok(objects)
        });
    }
}

const fn scenario(
    name: &'static str,
    title: &'static str,
    description: &'static str,
    access: fn(&Stage<'_>),
) -> Scenario {
    Scenario {
        name,
        title,
        description,
        planted: &[],
        plan: two_weeks,
        nightly: super::usual_night,
        about_access: true,
        access,
    }
}

/// Everything is left to do.
pub const NO_ACCESS: Scenario = scenario(
    "no-access",
    "An operator with everything left to do",
    "Good data, and nobody who may read it: no reader, no key, no bucket policy. You are the account's operator.",
    |_| {},
);

/// The integration page's own user policy.
pub const THE_PAGES_OWN_POLICY: Scenario = scenario(
    "the-pages-own-policy",
    "The integration page's own user policy",
    "The reader has the user policy as the page prints it, and the bucket has no policy: lists work, every read is \
     refused, because s3:GetObject stands on the bucket and not on its objects.",
    |stage| {
        stage.add_user(
            stage
                .reader()
                .with_policy("statsig-s3-access", the_pages_user_policy()),
        );
    },
);

/// Reader and bucket in different accounts, both policies as on the page.
pub const CROSS_ACCOUNT: Scenario = scenario(
    "cross-account",
    "Reader and bucket in different accounts",
    "The reader is a user of another account, and both policies are as the page prints them: lists work, every read is \
     refused, because across accounts both sides must allow.",
    |stage| {
        let operator = ("AIDATCH6YDSYOEXAMPLE", FOREIGN_OPERATOR_KEY);
        let mut account = operators_account(FOREIGN_ACCOUNT, operator, stage.now);
        let reader = User::new(READER, "AIDATCH6YDSYLEXAMPLE", days_before(stage.now, 40))
            .with_key(
                FOREIGN_READER_KEY.0,
                FOREIGN_READER_KEY.1,
                days_before(stage.now, 40),
            )
            .with_policy("statsig-s3-access", the_pages_user_policy());
        let arn = account.user_arn(&reader);
        account.add(reader);
        stage.world.add(account);
        stage.bucket(|bucket| bucket.policy = Some(the_pages_bucket_policy(&arn)));
    },
);

/// A Deny that no grant undoes.
pub const EXPLICIT_DENY: Scenario = scenario(
    "explicit-deny",
    "A Deny in the bucket policy",
    "The reader has what it needs, and the bucket policy denies every request from outside of one network: Statsig is \
     refused, whatever else is granted.",
    |stage| {
        granted(stage);
        stage.bucket(|bucket| {
            bucket.policy = Some(format!(
                r#"{{"Version":"2012-10-17","Statement":[{{"Sid":"VpcOnly","Effect":"Deny","Principal":"*","Action":"s3:*","Resource":["arn:aws:s3:::{BUCKET}","arn:aws:s3:::{BUCKET}/*"],"Condition":{{"StringNotEquals":{{"aws:SourceVpc":"vpc-0a1b2c3d"}},"ArnNotEquals":{{"aws:PrincipalArn":"arn:aws:iam::{ACCOUNT_ID}:user/data-platform-admin"}}}}}}]}}"#
            ));
        });
    },
);

/// The KMS key of some objects.
pub const KMS_KEY: &str = "arn:aws:kms:us-west-2:123456789012:key/9c1e7a52-0000-4000-8000-00000000d3e0";

/// The key's policy as AWS makes it: the account's own policies decide.
pub fn kms_key_policy() -> String {
    format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Sid":"EnableIAMUserPermissions","Effect":"Allow","Principal":{{"AWS":"arn:aws:iam::{ACCOUNT_ID}:root"}},"Action":"kms:*","Resource":"*"}}]}}"#
    )
}

/// Objects under a KMS key that the reader may not use.
pub const KMS: Scenario = scenario(
    "kms",
    "Metrics under a KMS key",
    "The reader may list and read, and the metrics are encrypted with a key of the account that it may not use: events \
     are read, metrics are refused.",
    |stage| {
        granted(stage);
        stage.buckets.put_key_policy(KMS_KEY, &kms_key_policy());
        stage.bucket(|bucket| {
            bucket.kms_key = Some(KMS_KEY.to_owned());
            for (key, object) in &mut bucket.objects {
                if key.starts_with("metrics/") {
                    Arc::make_mut(object).kms_key = Some(KMS_KEY.to_owned());
                }
            }
        });
    },
);

/// The bucket policy names a user who was deleted and made again.
pub const DELETED_PRINCIPAL: Scenario = scenario(
    "deleted-principal",
    "A user who was deleted and made again",
    "The bucket policy granted the reader everything, then somebody deleted the user and made it again under the same \
     name: the policy names an id that is dead, the new user has nothing, and no policy with that id can be saved.",
    |stage| {
        stage.add_user(stage.reader());
        stage.bucket(|bucket| bucket.policy = Some(the_pages_bucket_policy("AIDARZPUZDIKDEXAMPLE")));
    },
);

/// Other people's statements, in their own hand.
pub const FOREIGN_STATEMENTS: Scenario = scenario(
    "foreign-statements",
    "A bucket policy with other people's statements",
    "Nobody reads for Statsig yet, and the bucket policy holds statements of other teams, oddly formatted, which must \
     stay as they are.",
    |stage| {
        stage.bucket(|bucket| {
            bucket.policy = Some(format!(
                r#"{{
  "Version" : "2012-10-17",   "Id": "acme-data-lake/7",
  "Statement": [
    {{ "Sid": "TlsOnly", "Effect": "Deny", "Principal": "*", "Action": "s3:*",
      "Resource": [ "arn:aws:s3:::{BUCKET}", "arn:aws:s3:::{BUCKET}/*" ],
      "Condition": {{ "Bool": {{ "aws:SecureTransport": "false" }} }} }},
    {{
        "Effect" : "Allow",
        "Principal": {{ "AWS": [ "arn:aws:iam::111122223333:root" ] }},
        "Action": [ "s3:GetObject" ],
        "Resource": "arn:aws:s3:::{BUCKET}/public-reports/*"
    }},
    {{ "Sid": "Analytics\u00e9quipe", "Effect": "Allow", "Principal": {{ "AWS": "arn:aws:iam::{ACCOUNT_ID}:user/data-platform-admin" }}, "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::{BUCKET}", "Condition": {{ "StringLike": {{ "s3:prefix": "public-reports/*" }} }} }}
  ]
}}
"#
            ));
        });
    },
);

/// Two active keys already.
pub const TWO_KEYS: Scenario = scenario(
    "two-keys",
    "A reader with two active keys",
    "The reader has what it needs and two active keys, one of them over a year old: no third can be made before one \
     goes.",
    |stage| {
        let old = days_before(stage.now, 431);
        let reader = stage
            .reader()
            .with_policy("bucket-ready-read", reader_policy(BUCKET))
            .with_key(
                "AKIARZPUZDIKNEXAMP2K",
                "EXAMPLEsecret/of+the/practice+reader/old",
                old,
            );
        stage.add_user(User {
            created: old,
            ..reader
        });
    },
);

fn with_user_policy(stage: &Stage<'_>, statements: &str) {
    let document = format!("{{\"Version\":\"2012-10-17\",\"Statement\":[{statements}]}}");
    stage.add_user(stage.reader().with_policy("statsig-s3-access", document));
}

/// The list action on objects, where it does nothing.
pub const LIST_ON_OBJECTS_ONLY: Scenario = scenario(
    "list-on-objects-only",
    "s3:ListBucket on the objects",
    "The user policy allows s3:ListBucket on the bucket's objects, where it grants nothing: every list is refused, \
     though each object could be read.",
    |stage| {
        with_user_policy(
            stage,
            &format!(
                r#"{{"Sid":"StatsigRead","Effect":"Allow","Action":["s3:ListBucket","s3:GetObject"],"Resource":"arn:aws:s3:::{BUCKET}/*"}}"#
            ),
        );
    },
);

/// The read action on the bucket, where it does nothing.
pub const READ_ON_BUCKET_ONLY: Scenario = scenario(
    "read-on-bucket-only",
    "s3:GetObject on the bucket",
    "The user policy has two statements, and the one that should let objects be read names the bucket: lists work, \
     reads are refused.",
    |stage| {
        with_user_policy(
            stage,
            &format!(
                r#"{{"Sid":"List","Effect":"Allow","Action":"s3:ListBucket","Resource":"arn:aws:s3:::{BUCKET}"}},{{"Sid":"Read","Effect":"Allow","Action":["s3:GetObject","s3:GetObjectVersion"],"Resource":"arn:aws:s3:::{BUCKET}"}}"#
            ),
        );
    },
);

/// Everything is allowed.
pub const TOO_OPEN: Scenario = scenario(
    "too-open",
    "A reader who may do everything",
    "The reader may list, read, write and delete everywhere in the bucket: all that is needed works, and far too much \
     beside it.",
    |stage| {
        with_user_policy(
            stage,
            &format!(
                r#"{{"Sid":"Everything","Effect":"Allow","Action":"s3:*","Resource":["arn:aws:s3:::{BUCKET}","arn:aws:s3:::{BUCKET}/*"]}}"#
            ),
        );
    },
);

/// The bucket is not where it is looked for.
pub const WRONG_REGION: Scenario = scenario(
    "wrong-region",
    "A bucket in another region",
    "The reader has what it needs, and the bucket is in Frankfurt, while everyone believes it to be in Oregon.",
    |stage| {
        granted(stage);
        stage.bucket(|bucket| bucket.region = FAR_REGION.to_owned());
    },
);

/// So many requests do not feel a change; it is felt on and off by as many more.
const SLOW: u32 = 4;

/// Changes that take a while to be felt.
pub const SLOW_PROPAGATION: Scenario = scenario(
    "slow-propagation",
    "Changes that take a while to be felt",
    "As no-access, in an account where word of new users, keys and policies spreads slowly: they are refused a few times, \
     then work on and off, then for good.",
    |stage| stage.world.settle_after(SLOW),
);
