//! C1xx and A2xx: reaching the bucket, and what the reader may do there.

mod policy;

pub use policy::POLICY_RULES;

use crate::rule::{Basis, Category, Code, Rule, Severity, Subject, Unit};

const ACCOUNT: &[Subject] = &[Subject::Account];
const FOLDERS: &[Subject] = &[Subject::Events, Subject::Metrics, Subject::Signals];
const CONNECTION: Rule = Rule::base(
    Category::Connection,
    Severity::Fail,
    Unit::Objects,
    ACCOUNT,
    Basis::Aws,
);
const ACCESS: Rule = Rule::base(
    Category::Access,
    Severity::Fail,
    Unit::Objects,
    FOLDERS,
    Basis::Contract,
);

/// The rules whose finding says nothing of the bucket: it is told as `unknown`.
pub const SAYS_NOTHING: [Code; 5] = [
    Code::new("C101"),
    Code::new("C102"),
    Code::new("C105"),
    Code::new("C108"),
    Code::new("C109"),
];

/// C101 to C109. C101, C102, C105, C108 and C109 say nothing of the bucket: where one of them stands in the way it is
/// `unknown`, and all behind it is skipped.
pub static CONNECTION_RULES: &[Rule] = &[
    Rule {
        code: Code::new("C101"),
        slug: "no-credentials",
        title: "No credentials were found",
        counts: "Whether the credential chain gave a key: environment, profile, SSO, process, container or instance.",
        why: "Without a key nothing can be said of the bucket.",
        fix: "Name a profile with --profile, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY. A public bucket can be read with --no-sign-request.",
        ..CONNECTION
    },
    Rule {
        code: Code::new("C102"),
        slug: "expired-session",
        title: "The session has expired",
        counts: "Whether the session or token was still valid.",
        why: "With an expired session nothing can be said of the bucket.",
        fix: "Log in again: `aws sso login`, with `--profile` where one is used. Temporary keys must be fetched again.",
        ..CONNECTION
    },
    Rule {
        code: Code::new("C103"),
        slug: "key-unknown",
        title: "AWS does not know the access key",
        counts: "Answers that the key id is not known (InvalidAccessKeyId, InvalidClientTokenId).",
        why: "The key was deleted, is inactive, is mistyped, belongs to another partition, or is only seconds old. Statsig would be refused with it.",
        fix: "Look in the IAM console whether the key is there and active. Of a new key, wait a minute and try again.",
        ..CONNECTION
    },
    Rule {
        code: Code::new("C104"),
        slug: "wrong-secret",
        title: "The secret does not belong to the key",
        counts: "Answers that the signature does not match (SignatureDoesNotMatch).",
        why: "The secret is mistyped, cut, or of another key. Statsig would be refused with it.",
        fix: "Copy the secret again: 40 characters, without quotes, spaces or a line end. If it is lost, make a new key.",
        ..CONNECTION
    },
    Rule {
        code: Code::new("C105"),
        slug: "clock-skew",
        title: "This machine's clock is wrong",
        counts: "Whether AWS accepted the time of the requests (RequestTimeTooSkewed: more than 15 minutes off).",
        why: "AWS refuses requests from a wrong clock, so nothing can be said of the bucket.",
        fix: "Set the clock: switch on network time.",
        ..CONNECTION
    },
    Rule {
        code: Code::new("C106"),
        slug: "no-such-bucket",
        title: "There is no such bucket",
        counts: "Answers that the bucket does not exist (NoSuchBucket).",
        why: "There is nothing to ingest under that name.",
        fix: "Look at the spelling, the account and, with --endpoint-url, at the endpoint. Bucket names are lower case.",
        ..CONNECTION
    },
    Rule {
        code: Code::new("C107"),
        slug: "wrong-region",
        title: "The bucket is in another region",
        counts: "Answers that the bucket is not in the region that was asked (301 PermanentRedirect, 400 AuthorizationHeaderMalformed, or a bare 400).",
        why: "A region given with --region is an instruction, and it is wrong. A region from a profile is a default, and is corrected silently.",
        fix: "Leave --region out, or give the bucket's own. Tell Statsig the bucket's region, not the profile's.",
        ..CONNECTION
    },
    Rule {
        code: Code::new("C108"),
        slug: "endpoint-unreachable",
        title: "The endpoint could not be reached",
        counts: "Whether the endpoint's name resolved and it answered in time.",
        why: "Without an answer nothing can be said of the bucket.",
        fix: "Look at the network, the proxy and, with --endpoint-url, at the address. Try again.",
        ..CONNECTION
    },
    Rule {
        code: Code::new("C109"),
        slug: "throttled",
        title: "The endpoint kept asking us to slow down",
        counts: "Whether requests were answered within the retries (503 SlowDown).",
        why: "What could not be read says nothing of the bucket.",
        fix: "Wait and try again, with a smaller sample.",
        ..CONNECTION
    },
];

/// A201 and A202. They sum up every list and every read of a run.
pub static ACCESS_RULES: &[Rule] = &[
    Rule {
        code: Code::new("A201"),
        slug: "list-refused",
        title: "The reader may not list the folder",
        counts: "Lists of the folder that were refused to the reader.",
        why: "Statsig finds files by listing the folder. With a refused list nothing in it is found.",
        fix: "Allow `s3:ListBucket` on the bucket's ARN (without `/*`) in the reader's user policy and, where bucket and user are in different accounts, in the bucket policy too.",
        ..ACCESS
    },
    Rule {
        code: Code::new("A202"),
        slug: "read-refused",
        title: "The reader may not read objects of the folder",
        counts: "Objects whose read was refused to the reader.",
        why: "Statsig can list these objects but not read them: their rows are not ingested, or the whole read fails.",
        fix: "Allow `s3:GetObject` on the bucket's ARN followed by `/events/*`, `/metrics/*`, `/signals/*`. The page's own example has the ARN without `/*`, which grants no object. Encrypted with KMS: allow `kms:Decrypt` on the key.",
        ..ACCESS
    },
];
