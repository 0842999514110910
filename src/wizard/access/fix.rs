//! What a finding about access needs of a plan; and, where nothing that a plan adds can mend it, who must act.

use crate::{
    access::{PolicyType, policy::Source, view::StatementPlace},
    rule::Code,
};

/// What mends a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fix {
    /// A plan of step 2.
    Plan(FixPlan),
    /// Somebody else must change something.
    Others {
        /// Why a plan can't mend it.
        why: String,
        /// Who must change what.
        who: String,
    },
}

/// What a plan is asked for beside the usual.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FixPlan {
    /// Texts of statements of the bucket policy that are to go.
    pub drop: Vec<String>,
    /// KMS keys to grant, by ARN.
    pub kms_keys: Vec<String>,
    /// A second key.
    pub rotate: bool,
    /// The same in words; `None` where the usual plan is enough.
    pub words: Option<String>,
}

impl FixPlan {
    fn dropping(text: String) -> Fix {
        let name = super::statement_name(&text);
        Fix::Plan(Self {
            drop: vec![text],
            words: Some(format!(
                "drops {name} from the bucket policy, for everybody; gentler, by hand: a condition in it that spares the \
                 reader's ARN"
            )),
            ..Self::default()
        })
    }
}

fn others(why: &str, who: impl Into<String>) -> Fix {
    Fix::Others {
        why: why.into(),
        who: who.into(),
    }
}

/// What mends a finding: by its rule, the statement that decides with its text where that could be seen, and the words
/// in which it was explained.
pub fn fix(code: Code, place: Option<&StatementPlace>, statement: Option<String>, said: &str) -> Fix {
    let in_bucket = place.is_some_and(|p| p.source == Source::Bucket);
    match (code.as_str(), statement.filter(|_| in_bucket)) {
        ("A209" | "A211" | "A213" | "A217", Some(text)) => FixPlan::dropping(text),
        ("A209", None) => others(
            "A Deny wins over every Allow: nothing that a plan adds can undo it.",
            whose(place, said),
        ),
        ("A208", _) => of_kms(said),
        ("A210", _) => others(
            "The objects belong to another account, and no policy of this bucket applies to them.",
            "The bucket's owner sets Object Ownership to BucketOwnerEnforced; the objects that are there must be copied \
             once by their owner.",
        ),
        ("A203" | "A204" | "A205", _) => others(
            "More is open than the reader needs. A plan only adds what is missing; it takes nothing away that others \
             may rely on.",
            "Whoever wrote the policy that the finding names takes the grant out, or narrows it to the three folders.",
        ),
        ("A213", None) => others(
            "The bucket policy is public, and RestrictPublicBuckets keeps other accounts out.",
            "Whoever owns the bucket policy names principals in place of \"*\".",
        ),
        ("A214", _) => others(
            "A condition on network or organisation can't be met by a grant.",
            "Whoever owns the statement that the finding names lets Statsig's published addresses in, or spares the \
             reader's ARN.",
        ),
        ("A215", _) => others(
            "Requester pays is a setting of the bucket.",
            "The bucket's owner switches requester pays off.",
        ),
        ("A216", _) => Fix::Plan(FixPlan {
            rotate: true,
            words: Some("makes a second key, so that the first can be retired".into()),
            ..FixPlan::default()
        }),
        ("A218", _) => others(
            "The policies that could be seen allow it; what refuses is none of them.",
            "Whoever may see them looks at the organisation's service and resource control policies, the VPC endpoint's \
             policy and the KMS key's policy.",
        ),
        _ if is_beyond(place, said) => others(
            "What does not allow it is not a policy of user or bucket.",
            whose(place, said),
        ),
        _ => Fix::Plan(FixPlan::default()),
    }
}

fn of_kms(said: &str) -> Fix {
    if said.contains("aws/s3") {
        return others(
            "The objects are encrypted with the account's own key aws/s3, which can't be granted to another account.",
            "The bucket's owner copies the objects under SSE-S3 or a KMS key of their own, and makes that the bucket's \
             default.",
        );
    }
    if said.contains("explicit deny") {
        return others(
            "A Deny in the KMS key's policy wins over every Allow.",
            "Whoever owns the KMS key spares the reader in its policy.",
        );
    }
    match super::kms_key_in(said) {
        Some(key) => Fix::Plan(FixPlan {
            words: Some(format!(
                "grants kms:Decrypt on {key}; the key's own policy must allow it too"
            )),
            kms_keys: vec![key],
            ..FixPlan::default()
        }),
        None => others(
            "The ARN of the KMS key is not known, so that a plan can't name it.",
            "Whoever owns the KMS key tells its ARN, and lets the reader decrypt with it in the key's policy.",
        ),
    }
}

/// Whether what is missing is missing in a policy that no plan touches.
fn is_beyond(place: Option<&StatementPlace>, said: &str) -> bool {
    let source = place.is_some_and(|p| {
        matches!(
            p.source,
            Source::Boundary { .. }
                | Source::Session
                | Source::Key
                | Source::ServiceControl { .. }
                | Source::ResourceControl { .. }
                | Source::VpcEndpoint { .. }
        )
    });
    source || kind_said(said).is_some()
}

/// The kind of policy beyond user and bucket that an explanation speaks of.
fn kind_said(said: &str) -> Option<PolicyType> {
    [
        PolicyType::ServiceControl,
        PolicyType::ResourceControl,
        PolicyType::VpcEndpoint,
        PolicyType::Boundary,
        PolicyType::Session,
    ]
    .into_iter()
    .find(|kind| {
        said.contains(&format!("no {kind} allows")) || said.contains(&format!("explicit deny in a {kind}"))
    })
}

/// Who must change a policy.
fn whose(place: Option<&StatementPlace>, said: &str) -> String {
    let name = place.map(|p| format!("{} of the {}", p.name, p.source));
    let kind = match place.map(|p| &p.source) {
        Some(Source::ServiceControl { .. }) => Some(PolicyType::ServiceControl),
        Some(Source::ResourceControl { .. }) => Some(PolicyType::ResourceControl),
        Some(Source::VpcEndpoint { .. }) => Some(PolicyType::VpcEndpoint),
        Some(Source::Boundary { .. }) => Some(PolicyType::Boundary),
        Some(Source::Session) => Some(PolicyType::Session),
        Some(Source::Key) => return "Whoever owns the KMS key changes its policy.".into(),
        Some(_) => None,
        None => kind_said(said),
    };
    let name = name.unwrap_or_else(|| "it".into());
    match kind {
        Some(PolicyType::ServiceControl | PolicyType::ResourceControl) => {
            format!(
                "Whoever runs your organisation in AWS Organizations changes {name} so that it spares the reader."
            )
        }
        Some(PolicyType::VpcEndpoint) => format!(
            "Whoever runs your network changes {name}; Statsig does not come through your endpoint, so check from \
             outside the VPC first."
        ),
        Some(PolicyType::Boundary) => {
            format!(
                "Whoever administers IAM in the reader's account changes {name}, or takes the boundary off the user."
            )
        }
        Some(PolicyType::Session) => {
            "The policy is this session's: check with the user's own long-lived key.".into()
        }
        _ => format!(
            "Whoever administers the reader's policies changes {name} so that it spares the three folders."
        ),
    }
}
