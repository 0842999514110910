//! Buckets in memory: objects by key, and the rules of a put that must not overwrite.
//!
//! Knows nothing of HTTP or of who asks. One lock a bucket set, held for a lookup or an insert and never across an
//! await, makes a conditional put atomic: of any number of racing callers exactly one writes.

use std::{
    collections::BTreeMap,
    ops::Bound,
    sync::{Arc, PoisonError, RwLock},
};

use bytes::Bytes;
use jiff::Timestamp;

use super::iam::Settling;

/// An object as it is kept.
#[derive(Clone, Debug)]
pub struct Object {
    /// Its bytes.
    pub body: Bytes,
    /// The entity tag without quotes: 32 hex digits of the body's hash.
    pub etag: String,
    /// Last modified, by the scenario's clock.
    pub modified: Timestamp,
    /// S3's name of the storage class.
    pub storage_class: String,
    /// The account that wrote it, which may not be the bucket's.
    pub account: String,
    /// The ARN of the KMS key that it is encrypted with, if it is.
    pub kms_key: Option<String>,
}

impl Object {
    /// An object of these bytes, its tag computed.
    pub fn new(body: Bytes, modified: Timestamp, storage_class: &str, account: &str) -> Self {
        Self {
            etag: format!("{:032x}", twox_hash::XxHash3_128::oneshot(&body)),
            body,
            modified,
            storage_class: storage_class.to_owned(),
            account: account.to_owned(),
            kms_key: None,
        }
    }

    /// Whether it must be restored before it can be read.
    pub fn is_archived(&self) -> bool {
        matches!(self.storage_class.as_str(), "GLACIER" | "DEEP_ARCHIVE")
    }
}

/// A bucket: where it is, whose it is, and what is in it.
#[derive(Clone, Debug, Default)]
pub struct Bucket {
    /// The region.
    pub region: String,
    /// The account that owns it.
    pub account: String,
    /// Objects in key order: by bytes, as S3 lists them.
    pub objects: BTreeMap<String, Arc<Object>>,
    /// The bucket policy, byte for byte as it was put.
    pub policy: Option<String>,
    /// The ARN of the KMS key with which what is put is encrypted; `None` is S3's own keys.
    pub kms_key: Option<String>,
    /// `BucketOwnerEnforced`, `ObjectWriter` and so on; empty where there is no such setting.
    pub ownership: String,
    /// The public access block, where there is one.
    pub public_access_block: Option<PublicAccessBlock>,
    /// `Enabled`, `Suspended`; `None` where it never was.
    pub versioning: Option<String>,
    /// After so many days objects go to Glacier, where a lifecycle says so.
    pub archived_after_days: Option<i32>,
    /// Whether whoever reads pays.
    pub requester_pays: bool,
    /// How far the last change of the policy has spread.
    pub settling: Settling,
}

/// A bucket's public access block.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PublicAccessBlock {
    /// `BlockPublicAcls`
    pub block_acls: bool,
    /// `IgnorePublicAcls`
    pub ignore_acls: bool,
    /// `BlockPublicPolicy`
    pub block_policy: bool,
    /// `RestrictPublicBuckets`
    pub restrict: bool,
}

impl PublicAccessBlock {
    /// All four, as new buckets have it.
    pub const ALL: Self = Self {
        block_acls: true,
        ignore_acls: true,
        block_policy: true,
        restrict: true,
    };
}

/// A listing's question.
#[derive(Clone, Debug, Default)]
pub struct ListQuestion<'a> {
    /// Only keys that begin with it.
    pub prefix: &'a str,
    /// Keys are folded after the first such text behind the prefix; empty folds nothing.
    pub delimiter: &'a str,
    /// Only what sorts after this key or folded prefix.
    pub after: &'a str,
    /// At most so many keys and folded prefixes together.
    pub limit: usize,
}

/// A page of a listing.
#[derive(Clone, Debug, Default)]
pub struct ListAnswer {
    /// Objects in key order.
    pub objects: Vec<(String, Arc<Object>)>,
    /// Folded prefixes in order, with the delimiter at their end.
    pub folders: Vec<String>,
    /// Where the next page begins; `None` when this is the last.
    pub next: Option<String>,
}

impl Bucket {
    /// One page.
    pub fn list(&self, question: &ListQuestion<'_>) -> ListAnswer {
        let mut answer = ListAnswer::default();
        let mut last: Option<String> = None;
        let from = question.prefix.max(question.after);
        let keys = self
            .objects
            .range::<str, _>((Bound::Included(from), Bound::Unbounded));
        for (key, object) in keys {
            let Some(rest) = key.strip_prefix(question.prefix) else {
                break;
            };
            let folder = (!question.delimiter.is_empty())
                .then(|| rest.find(question.delimiter))
                .flatten()
                .map(|at| {
                    key.get(..question.prefix.len() + at + question.delimiter.len())
                        .unwrap_or(key)
                });
            let entry = folder.unwrap_or(key);
            if entry <= question.after || folder.is_some_and(|f| last.as_deref() == Some(f)) {
                continue;
            }
            if answer.objects.len() + answer.folders.len() >= question.limit {
                answer.next = last;
                return answer;
            }
            match folder {
                Some(folder) => answer.folders.push(folder.to_owned()),
                None => answer.objects.push((key.clone(), Arc::clone(object))),
            }
            last = Some(entry.to_owned());
        }
        answer
    }
}

/// What came of a put.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stored {
    /// Written.
    Yes,
    /// An object of that key is there, and the put was not to overwrite.
    Exists,
    /// There is no such bucket.
    NoBucket,
}

/// All buckets of the practice account's world, and the policies of its KMS keys.
#[derive(Clone, Debug, Default)]
pub struct Buckets {
    buckets: Arc<RwLock<BTreeMap<String, Bucket>>>,
    key_policies: Arc<RwLock<BTreeMap<String, String>>>,
}

impl Buckets {
    /// Adds a bucket, in place of one of that name.
    pub fn add(&self, name: &str, bucket: Bucket) {
        self.buckets
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(name.to_owned(), bucket);
    }

    /// Looks at a bucket; `None` when there is none of that name.
    pub fn with<T>(&self, name: &str, look: impl FnOnce(&Bucket) -> T) -> Option<T> {
        let buckets = self.buckets.read().unwrap_or_else(PoisonError::into_inner);
        buckets.get(name).map(look)
    }

    /// Changes a bucket; `None` when there is none of that name.
    pub fn change<T>(&self, name: &str, change: impl FnOnce(&mut Bucket) -> T) -> Option<T> {
        let mut buckets = self.buckets.write().unwrap_or_else(PoisonError::into_inner);
        buckets.get_mut(name).map(change)
    }

    /// The names of an account's buckets.
    pub fn names_of(&self, account: &str) -> Vec<String> {
        let buckets = self.buckets.read().unwrap_or_else(PoisonError::into_inner);
        let own = buckets.iter().filter(|(_, bucket)| bucket.account == account);
        own.map(|(name, _)| name.clone()).collect()
    }

    /// Rewrites the policies of all buckets.
    pub fn rewrite_policies(&self, rewrite: impl Fn(&str) -> String) {
        let mut buckets = self.buckets.write().unwrap_or_else(PoisonError::into_inner);
        for policy in buckets.values_mut().filter_map(|bucket| bucket.policy.as_mut()) {
            *policy = rewrite(policy);
        }
    }

    /// Gives a KMS key its policy.
    pub fn put_key_policy(&self, key_arn: &str, policy: &str) {
        let mut keys = self.key_policies.write().unwrap_or_else(PoisonError::into_inner);
        keys.insert(key_arn.to_owned(), policy.to_owned());
    }

    /// All buckets by name, their objects shared.
    pub(super) fn all(&self) -> BTreeMap<String, Bucket> {
        self.buckets
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// The policies of all KMS keys.
    pub(super) fn key_policies(&self) -> BTreeMap<String, String> {
        self.key_policies
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Gives all KMS keys their policies.
    pub(super) fn put_key_policies(&self, policies: BTreeMap<String, String>) {
        *self.key_policies.write().unwrap_or_else(PoisonError::into_inner) = policies;
    }

    /// The policy of a KMS key.
    pub fn key_policy(&self, key_arn: &str) -> Option<String> {
        let keys = self.key_policies.read().unwrap_or_else(PoisonError::into_inner);
        keys.get(key_arn).cloned()
    }

    /// The region of a bucket.
    pub fn region(&self, name: &str) -> Option<String> {
        self.with(name, |bucket| bucket.region.clone())
    }

    /// An object, shared.
    pub fn object(&self, bucket: &str, key: &str) -> Option<Arc<Object>> {
        self.with(bucket, |b| b.objects.get(key).map(Arc::clone))
            .flatten()
    }

    /// Writes an object; with `only_if_absent`, atomically not over another.
    pub fn put(&self, bucket: &str, key: &str, object: Object, only_if_absent: bool) -> Stored {
        self.change(bucket, |b| {
            if only_if_absent && b.objects.contains_key(key) {
                return Stored::Exists;
            }
            b.objects.insert(key.to_owned(), Arc::new(object));
            Stored::Yes
        })
        .unwrap_or(Stored::NoBucket)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    fn bucket(keys: &[&str]) -> Bucket {
        let mut bucket = Bucket::default();
        for key in keys {
            let object = Object::new(Bytes::new(), Timestamp::UNIX_EPOCH, "STANDARD", "me");
            bucket.objects.insert((*key).to_owned(), Arc::new(object));
        }
        bucket
    }

    fn pages(bucket: &Bucket, prefix: &str, delimiter: &str, limit: usize) -> (Vec<String>, Vec<String>) {
        let (mut keys, mut folders, mut after) = (Vec::new(), Vec::new(), String::new());
        loop {
            let answer = bucket.list(&ListQuestion {
                prefix,
                delimiter,
                after: &after,
                limit,
            });
            assert!(answer.objects.len() + answer.folders.len() <= limit);
            keys.extend(answer.objects.into_iter().map(|(k, _)| k));
            folders.extend(answer.folders);
            match answer.next {
                Some(next) => after = next,
                None => return (keys, folders),
            }
        }
    }

    #[test]
    fn no_key_is_lost_or_doubled_between_pages_of_any_size() {
        let all = [
            "a", "a/1", "a/2", "a/b/3", "b", "b/", "b/1", "é", "~", "a b/x", "a/z",
        ];
        let bucket = bucket(&all);
        for limit in 1..=all.len() {
            let (keys, _) = pages(&bucket, "", "", limit);
            let mut sorted = all.to_vec();
            sorted.sort_unstable();
            assert_eq!(keys, sorted, "pages of {limit}");
            let (keys, folders) = pages(&bucket, "", "/", limit);
            assert_eq!(keys, ["a", "b", "~", "é"], "pages of {limit}");
            assert_eq!(folders, ["a b/", "a/", "b/"], "pages of {limit}");
            let (keys, folders) = pages(&bucket, "a/", "/", limit);
            assert_eq!((keys.len(), folders), (3, vec!["a/b/".to_owned()]));
        }
    }
}
