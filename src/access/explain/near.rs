//! Statements that almost match, and what keeps them from it.

use crate::access::{
    condition::{Checked, quoted},
    context::Request,
    evaluate::{Decision, Judged},
    needs::Target,
    pattern::{Pattern, arn_parts},
    policy::{Effect, Patterns},
    truth::Truth,
};

/// What keeps a statement from matching.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Gaps {
    pub principal: bool,
    pub action: bool,
    pub resource: bool,
    pub conditions: Vec<Checked>,
}

impl Gaps {
    pub fn of(judged: &Judged) -> Self {
        Self {
            principal: judged.principal.as_ref().is_some_and(|p| !p.answer.is_yes()),
            action: !judged.action.is_yes(),
            resource: !judged.resource.is_yes(),
            conditions: judged.unmet().cloned().collect(),
        }
    }

    pub fn count(&self) -> usize {
        usize::from(self.principal)
            + usize::from(self.action)
            + usize::from(self.resource)
            + usize::from(!self.conditions.is_empty())
    }

    pub fn only_principal(&self) -> bool {
        self.principal && self.count() == 1
    }

    pub fn only_action(&self) -> bool {
        self.action && self.count() == 1
    }

    pub fn only_resource(&self) -> bool {
        self.resource && self.count() == 1
    }

    pub fn only_conditions(&self) -> bool {
        !self.conditions.is_empty() && self.count() == 1
    }
}

/// A statement that came close to a request.
#[derive(Clone, Debug, PartialEq)]
pub struct NearMiss {
    /// `bucket policy, statement VpcOnly (line 4)`
    pub place: String,
    /// What it would have done.
    pub effect: Effect,
    /// What kept it from matching, one sentence each, both sides named.
    pub kept_by: Vec<String>,
    /// Whether it surely does not match; else that can't be told.
    pub surely: bool,
}

/// The statements that share something with a request and do not surely match it, the nearest first. A statement about
/// other actions and other resources alike is not near.
pub fn near_misses(request: &Request, decision: &Decision) -> Vec<NearMiss> {
    let mut near: Vec<(usize, NearMiss)> = decision
        .trace
        .iter()
        .filter(|j| !j.answer.is_yes())
        .map(|j| (j, Gaps::of(j)))
        .filter(|(_, gaps)| !(gaps.action && gaps.resource))
        .map(|(judged, gaps)| {
            let miss = NearMiss {
                place: judged.place(),
                effect: judged.effect,
                kept_by: kept_by(request, judged, &gaps),
                surely: judged.answer.is_no(),
            };
            (gaps.count(), miss)
        })
        .collect();
    near.sort_by_key(|(count, _)| *count);
    near.into_iter().map(|(_, miss)| miss).collect()
}

/// What keeps a statement from matching, one sentence for each part.
pub(super) fn kept_by(request: &Request, judged: &Judged, gaps: &Gaps) -> Vec<String> {
    let mut kept = Vec::new();
    let Some(statement) = judged.statement() else {
        return kept;
    };
    if gaps.action {
        kept.push(format!(
            "the action is {}, its {} {}",
            request.action,
            if statement.actions.not {
                "NotAction holds"
            } else {
                "Action is"
            },
            listed(&statement.actions)
        ));
    }
    if gaps.resource {
        kept.push(format!(
            "the resource is {}, its {} {}",
            request.resource,
            if statement.resources.not {
                "NotResource holds"
            } else {
                "Resource is"
            },
            listed(&statement.resources)
        ));
    }
    if gaps.principal {
        let note = judged.principal.as_ref().and_then(|p| p.note.clone());
        let names: Vec<String> = statement
            .principals
            .iter()
            .flat_map(|p| &p.entries)
            .map(|e| e.value.text.clone())
            .collect();
        let note = note.map(|n| format!(" ({n})")).unwrap_or_default();
        let element = if statement.principals.as_ref().is_some_and(|p| p.not) {
            "NotPrincipal"
        } else {
            "Principal"
        };
        kept.push(format!("its {element} is {}{note}", quoted(&names)));
    }
    kept.extend(gaps.conditions.iter().map(Checked::both_sides));
    for element in &statement.unknown {
        kept.push(format!("its element {element} is not known here"));
    }
    kept
}

pub(super) fn listed(patterns: &Patterns) -> String {
    let texts: Vec<String> = patterns.patterns.iter().map(|p| p.text.clone()).collect();
    quoted(&texts)
}

/// Actions that people write and that do not exist, with the one that they mean.
const NO_SUCH_ACTION: [(&str, &str); 12] = [
    ("s3:headobject", "s3:GetObject"),
    ("s3:getobjects", "s3:GetObject"),
    ("s3:readobject", "s3:GetObject"),
    ("s3:downloadobject", "s3:GetObject"),
    ("s3:listobjects", "s3:ListBucket"),
    ("s3:listobjectsv2", "s3:ListBucket"),
    ("s3:listobject", "s3:ListBucket"),
    ("s3:headbucket", "s3:ListBucket"),
    ("s3:getbucket", "s3:ListBucket"),
    ("s3:listbuckets", "s3:ListAllMyBuckets"),
    ("s3:copyobject", "s3:GetObject"),
    ("s3:read", "s3:GetObject"),
];

/// What an action that does not exist was meant to be.
pub(crate) fn meant(action: &str) -> Option<&'static str> {
    let lower = action.to_ascii_lowercase();
    NO_SUCH_ACTION
        .iter()
        .find(|(wrong, _)| *wrong == lower)
        .map(|(_, right)| *right)
}

/// Whether an action works on objects, on buckets, or neither is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WorksOn {
    Objects,
    Bucket,
    Other,
}

/// What an S3 action that is spelled out works on.
pub(crate) fn works_on(action: &str) -> WorksOn {
    let lower = action.to_ascii_lowercase();
    let Some(name) = lower.strip_prefix("s3:") else {
        return WorksOn::Other;
    };
    match name {
        "getobject"
        | "getobjectversion"
        | "getobjectacl"
        | "getobjecttagging"
        | "getobjectattributes"
        | "putobject"
        | "putobjectacl"
        | "putobjecttagging"
        | "deleteobject"
        | "deleteobjectversion"
        | "restoreobject"
        | "abortmultipartupload"
        | "listmultipartuploadparts" => WorksOn::Objects,
        "listbucket"
        | "listbucketversions"
        | "listbucketmultipartuploads"
        | "getbucketlocation"
        | "getbucketpolicy"
        | "getbucketacl"
        | "getbucketversioning"
        | "getencryptionconfiguration" => WorksOn::Bucket,
        _ => WorksOn::Other,
    }
}

/// Whether a resource pattern is about a bucket (its name, or one that fits it), in its partition.
pub(crate) fn is_about(pattern: &str, target: &Target) -> bool {
    if pattern == "*" {
        return true;
    }
    let Some([_, partition, service, _, _, rest]) = arn_parts(pattern) else {
        return false;
    };
    let name = rest.split('/').next().unwrap_or_default();
    matches!(service, "s3" | "*")
        && Pattern::wild(partition).fits(&target.partition)
        && Pattern::wild(name).fits(&target.bucket)
}

/// Whether a resource pattern can fit an object of a bucket that it is about.
pub(crate) fn can_fit_objects(pattern: &str) -> bool {
    let rest = pattern.splitn(6, ':').nth(5).unwrap_or(pattern);
    rest.contains('/') || rest.contains('*')
}

/// Whether a resource pattern can fit the bucket itself.
pub(crate) fn can_fit_bucket(pattern: &str, bucket_arn: &str) -> Truth {
    if pattern.contains("${") {
        return Truth::Unknown;
    }
    Pattern::wild(pattern).fits_resource(bucket_arn)
}
