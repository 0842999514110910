//! A bucket to read and write, behind one small port: list by page, ranged get, get the tail, put if absent.
//!
//! Two adapters: [`folder`], a local directory, and [`s3`], by the AWS SDK. Both are cancellable by dropping the
//! future, both count what they cost. Neither knows what the objects mean.

//!
//! - [`folder`]: a local directory as a bucket
//! - [`s3`]: S3 itself, and whatever speaks its protocol
//! - [`decoder`]: what breaks on damaged bytes, kept from breaking more
//! - [`meter`]: what was asked and received

pub mod decoder;
pub mod folder;
pub mod meter;
pub mod s3;

pub use folder::Folder;
pub use meter::Meter;
pub use s3::{Connected, S3Credentials, S3Settings, S3Store};

use std::{ops::Range, sync::Arc};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use jiff::Timestamp;

use crate::{
    access::Encryption,
    report::{Problem, ProblemKind, Usage},
    rule::Next,
};

/// An object as a listing tells of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ObjectMeta {
    /// The whole key.
    pub key: String,
    /// Bytes.
    pub size: u64,
    /// Last modified.
    pub modified: Option<Timestamp>,
    /// S3's storage class as it names it; `None` in a local folder.
    pub storage_class: Option<String>,
    /// Whether the object is in an archive tier and must be restored before it can be read.
    pub archived: bool,
    /// The entity tag, quotes included; reads are made conditional on it where there is one.
    pub etag: Option<String>,
    /// The canonical id of the account that owns it, where the listing tells.
    pub owner: Option<Arc<str>>,
}

/// Bytes of an object, and what the answer told of it beside them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fetched {
    /// The bytes.
    pub bytes: Bytes,
    /// How the object is encrypted.
    pub encryption: Encryption,
}

/// A page of a listing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// Objects, in key order.
    pub objects: Vec<ObjectMeta>,
    /// Common prefixes, where a delimiter was asked for; each ends in `/`.
    pub folders: Vec<String>,
    /// Where the next page begins; `None` on the last.
    pub next: Option<String>,
    /// What could not be listed, or is no object and was passed over. Only local folders have such.
    pub troubles: Vec<Trouble>,
}

/// Something in a local folder that cannot stand for an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// Its key, were it an object.
    pub key: String,
    /// Why it is not listed, in words.
    pub why: String,
    /// Whether data may be hidden by it: an unreadable directory, as opposed to a socket.
    pub hides_data: bool,
}

/// What came of a put that must not overwrite.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Put {
    /// Written by this call.
    Written,
    /// An object of that key was there; nothing was written. Read it back and compare: a retried put may itself be
    /// what is there.
    AlreadyThere,
}

/// A bucket, or a local folder seen as one. Keys are whole keys.
pub trait Store: Send + Sync + 'static {
    /// One page of keys under a prefix, in key order, at most 1,000; with `delimiter`, folded at `/`.
    fn list<'a>(
        &'a self,
        prefix: &'a str,
        delimiter: bool,
        token: Option<String>,
    ) -> BoxFuture<'a, Result<Page, Problem>>;

    /// Bytes of an object; exactly as many as the range says, or a problem (`CutShort`, `Changed`).
    fn get_range<'a>(
        &'a self,
        object: &'a ObjectMeta,
        range: Range<u64>,
    ) -> BoxFuture<'a, Result<Bytes, Problem>>;

    /// The same, with what the answer tells of the object beside its bytes.
    fn fetch<'a>(
        &'a self,
        object: &'a ObjectMeta,
        range: Range<u64>,
    ) -> BoxFuture<'a, Result<Fetched, Problem>> {
        Box::pin(async move {
            Ok(Fetched {
                bytes: self.get_range(object, range).await?,
                encryption: Encryption::Unknown,
            })
        })
    }

    /// Lists at most one key under a prefix, to see whether it may be listed. With `owner`, an account's number, the
    /// bucket must be that account's: else the answer is a refusal, whatever may be listed.
    fn list_one<'a>(
        &'a self,
        prefix: &'a str,
        owner: Option<&'a str>,
    ) -> BoxFuture<'a, Result<Page, Problem>> {
        Box::pin(async move {
            match owner {
                None => self.list(prefix, false, None).await,
                Some(_) => Err(Problem::new(
                    ProblemKind::Other,
                    "the owner is not known",
                    "this store does not tell who owns it",
                    Next::say("Nothing needs to be done."),
                )),
            }
        })
    }

    /// The last `length` bytes of an object (all of it when it is shorter).
    fn get_tail<'a>(&'a self, object: &'a ObjectMeta, length: u64) -> BoxFuture<'a, Result<Bytes, Problem>>;

    /// Whether reading does not wait for a network: [`Store::get_range_now`] then always answers.
    fn is_local(&self) -> bool {
        false
    }

    /// The same as [`Store::get_range`] without a runtime, for adapters that can: a local folder. `None` elsewhere.
    fn get_range_now(&self, _object: &ObjectMeta, _range: Range<u64>) -> Option<Result<Bytes, Problem>> {
        None
    }

    /// Writes a whole object, only if none of that key is there.
    fn put_if_absent<'a>(&'a self, key: &'a str, body: Bytes) -> BoxFuture<'a, Result<Put, Problem>>;

    /// What was asked and received so far (`seconds` is not the store's to tell and stays 0).
    fn usage(&self) -> Usage;
}

/// A shared store.
pub type SharedStore = Arc<dyn Store>;
