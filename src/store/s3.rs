//! S3, and whatever speaks its protocol, by the AWS SDK.
//!
//! [`S3Store::connect`] finds credentials, the bucket's region and whose key it is; [`S3Store`] then lists and reads.
//! Every failure becomes a [`Problem`] that a person can act on. Retries are ours, not the SDK's, so that a cut body is
//! retried like a `503`, every attempt is counted, and all of it is bounded.
//!
//! - `adapter`: the port's calls
//! - `session`: credentials, region and HTTP, of which the clients of IAM and STS are made too
//! - `limit`: a bound on answers
//! - `client`: the bucket's region, and a client that follows the bucket
//! - `failure`: SDK errors become problems
//! - `retry`: backoff with a bound
//! - `keys`: keys as listings spell them

mod adapter;
pub(crate) mod client;
pub(crate) mod failure;
pub(crate) mod keys;
mod limit;
pub(crate) mod retry;
pub(crate) mod session;

use std::{fmt, sync::Arc};

use secrecy::SecretString;

use super::Meter;
use crate::report::{Identity, Problem};

/// How to reach a bucket, and as whom.
#[derive(Clone, Debug, Default)]
pub struct S3Settings {
    /// The bucket's name.
    pub bucket: String,
    /// A profile of the AWS configuration files; `None` for the default one.
    pub profile: Option<String>,
    /// The region, as an instruction: one that is not the bucket's is a failure (C107). `None` follows the bucket.
    pub region: Option<String>,
    /// Another endpoint than AWS' own.
    pub endpoint_url: Option<String>,
    /// `http://endpoint/bucket/key` rather than `http://bucket.endpoint/key`.
    pub path_style: bool,
    /// Requests are not signed.
    pub no_sign_request: bool,
    /// A key pair that takes the place of the credential chain.
    pub credentials: Option<S3Credentials>,
    /// Nothing of the user's environment or profiles is used: for the practice account.
    pub isolated: bool,
}

/// An access key pair. The secret has no `Debug` and is wiped when dropped.
#[derive(Clone)]
pub struct S3Credentials {
    /// The access key id.
    pub access_key_id: String,
    /// The secret.
    pub secret_access_key: SecretString,
    /// The session token of a temporary key.
    pub session_token: Option<SecretString>,
}

impl fmt::Debug for S3Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("S3Credentials(..)")
    }
}

/// A bucket within reach.
#[derive(Clone, Debug)]
pub struct Connected {
    /// The bucket.
    pub store: S3Store,
    /// Its region, as far as it is known.
    pub region: Option<String>,
    /// Where the region was taken from, to stand behind it: "from the bucket".
    pub region_from: &'static str,
    /// Whose key is used. `None` when requests are not signed.
    pub identity: Option<Identity>,
    /// The reader's key id, where requests are signed.
    pub key_id: Option<String>,
    /// What is odd about the secret, in words that do not hold it: it explains a signature that does not match.
    pub secret_oddity: Option<String>,
    /// By how many seconds the server's clock is ahead of this machine's, where it was told.
    pub clock_ahead: Option<i64>,
    /// The region of the environment or the profile, where the bucket is in another.
    pub corrected: Option<String>,
    /// Facts worth telling: a region taken from the bucket against the configured one.
    pub notices: Vec<String>,
}

/// A bucket of S3.
#[derive(Clone, Debug)]
pub struct S3Store {
    link: client::Link,
    bucket: Arc<str>,
    profile: Option<Arc<str>>,
    meter: Arc<Meter>,
    retry: retry::Retry,
}

impl S3Store {
    /// Finds credentials, asks the bucket for its region and STS for the caller's name, and makes a client.
    ///
    /// A problem here is one of C101, C102, C106, C107, C108: nothing was learned of the bucket's contents. The name of the
    /// caller is best effort: where STS can't be asked, only the key's last four characters are known.
    pub async fn connect(settings: S3Settings) -> Result<Connected, Problem> {
        client::connect(settings).await
    }

    /// The region that requests are signed for: the bucket's own, once it was told.
    pub fn region(&self) -> String {
        self.link.region()
    }
}
