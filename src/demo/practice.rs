//! What no cloud has: the account's clock moved on, everything put back as it was, objects encrypted where they lie.
//!
//! Plain POSTs under a path that no bucket can have, each answered with JSON: `{"now": "…", "say": ["…"]}`.
//!
//! - `/-practice/clock?seconds=3600` moves the clock on, by 31 days at most
//! - `/-practice/restore` puts users, keys, policies and settings back; objects and clock stay
//! - `/-practice/encrypt` makes a KMS key of the account the bucket's default, and encrypts the metrics with it; the key's
//!   policy leaves it to IAM who may use it
//!
//! The header `x-practice-account` must hold the account's number. It keeps nobody out who can read this; it keeps a web
//! page in somebody's browser from moving the clock, since a page can't send such a header to another origin unasked.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use serde_json::json;

use super::{
    account::{ACCOUNT_ID, BUCKET, Clock},
    iam::World,
    ingest::passing::Passing,
    objects::Buckets,
    opening::Opening,
    scenario::access::{KMS_KEY, kms_key_policy},
};

/// Where these calls are.
pub const PATH: &str = "/-practice/";
/// The header that they take.
pub const HEADER: &str = "x-practice-account";
const LONGEST: u64 = 31 * 86_400;

/// What the calls act on. Cloning shares it.
#[derive(Clone)]
pub struct Practice {
    pub(super) world: World,
    pub(super) buckets: Buckets,
    pub(super) clock: Clock,
    pub(super) passing: Passing,
    pub(super) opening: Arc<Opening>,
}

impl Practice {
    /// Status and JSON for a call. Reads and writes the bucket: not for an async task.
    pub(super) fn answer(
        &self,
        method: &str,
        path: &str,
        query: &BTreeMap<String, String>,
        account: Option<&str>,
    ) -> (u16, String) {
        let say = |status: u16, words: String| (status, self.said(&[words]));
        if account != Some(ACCOUNT_ID) {
            return say(403, format!("the header {HEADER} must hold {ACCOUNT_ID}"));
        }
        if method != "POST" {
            return say(405, "this is a POST".to_owned());
        }
        match path.strip_prefix(PATH) {
            Some("clock") => match query.get("seconds").and_then(|text| text.parse().ok()) {
                Some(seconds @ 1..=LONGEST) => {
                    let lines = self.passing.pass(Duration::from_secs(seconds));
                    (200, self.said(&lines))
                }
                _ => say(400, format!("seconds must be a number from 1 to {LONGEST}")),
            },
            Some("restore") => {
                self.opening.restore(&self.world, &self.buckets);
                say(200, "Everything but objects and clock is as it was.".to_owned())
            }
            Some("encrypt") => {
                self.encrypt();
                say(
                    200,
                    format!("The bucket's default is {KMS_KEY}, and the metrics are encrypted with it."),
                )
            }
            _ => say(404, "there is no such call".to_owned()),
        }
    }

    fn said(&self, lines: &[String]) -> String {
        json!({"now": self.clock.now().to_string(), "say": lines}).to_string()
    }

    fn encrypt(&self) {
        self.buckets.put_key_policy(KMS_KEY, &kms_key_policy());
        self.buckets.change(BUCKET, |bucket| {
            bucket.kms_key = Some(KMS_KEY.to_owned());
            for (key, object) in &mut bucket.objects {
                if key.starts_with("metrics/") {
                    Arc::make_mut(object).kms_key = Some(KMS_KEY.to_owned());
                }
            }
        });
    }
}
