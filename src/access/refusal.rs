//! What AWS says when it refuses: the sentence taken apart.
//!
//! Within one account or organisation S3 names the kind of policy that decided, and whether it denied or merely did not
//! allow; to strangers it says `Access Denied` and no more.
//! Source: Amazon S3 User Guide, "Troubleshoot access denied (403 Forbidden) errors"; IAM User Guide, "Troubleshoot
//! access denied error messages".

use std::fmt;

use serde::{Deserialize, Serialize};

/// The kinds of policy that AWS names.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PolicyType {
    /// `identity-based policy`
    Identity,
    /// `resource-based policy`: the bucket's, a key's.
    Resource,
    /// `permissions boundary`
    Boundary,
    /// `service control policy`
    ServiceControl,
    /// `resource control policy`
    ResourceControl,
    /// `VPC endpoint policy`
    VpcEndpoint,
    /// `session policy`
    Session,
    /// `role trust policy`
    RoleTrust,
    /// Another kind, in AWS' words.
    Other(String),
}

impl PolicyType {
    fn parse(words: &str) -> Self {
        match words.to_ascii_lowercase().as_str() {
            "identity-based policy" => Self::Identity,
            "resource-based policy" => Self::Resource,
            "permissions boundary" | "permission boundary" => Self::Boundary,
            "service control policy" => Self::ServiceControl,
            "resource control policy" => Self::ResourceControl,
            "vpc endpoint policy" => Self::VpcEndpoint,
            "session policy" => Self::Session,
            "role trust policy" => Self::RoleTrust,
            _ => Self::Other(words.to_owned()),
        }
    }

    /// The kind with its article: `an identity-based policy`.
    pub fn with_article(&self) -> String {
        let words = self.to_string();
        match words.starts_with(['a', 'e', 'i', 'o', 'u', 'A', 'E', 'I', 'O', 'U']) {
            true => format!("an {words}"),
            false => format!("a {words}"),
        }
    }
}

impl fmt::Display for PolicyType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Identity => "identity-based policy",
            Self::Resource => "resource-based policy",
            Self::Boundary => "permissions boundary",
            Self::ServiceControl => "service control policy",
            Self::ResourceControl => "resource control policy",
            Self::VpcEndpoint => "VPC endpoint policy",
            Self::Session => "session policy",
            Self::RoleTrust => "role trust policy",
            Self::Other(words) => words,
        })
    }
}

/// Why, in AWS' words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    /// The kind of policy that decided.
    pub policy: PolicyType,
    /// Whether it denies; else it merely does not allow.
    pub explicit: bool,
    /// The policy's ARN, where AWS tells it.
    pub policy_arn: Option<String>,
}

/// A refusal, as far as its text tells.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Refusal {
    /// The whole text.
    pub text: String,
    /// Who was refused, by ARN.
    pub principal: Option<String>,
    /// What was refused: `s3:GetObject`, or `kms:Decrypt` where the key refused.
    pub action: Option<String>,
    /// On what.
    pub resource: Option<String>,
    /// Why.
    pub said: Option<Said>,
    /// The setting of the public access block that refused: `BlockPublicPolicy`.
    pub public_access_block: Option<String>,
}

impl Refusal {
    /// Takes a refusal's text apart. Line ends and repeated spaces do not matter. Never fails: what is not understood
    /// stays in `text`.
    pub fn decode(text: &str) -> Self {
        let words: Vec<&str> = text.split_whitespace().collect();
        let flat = words.join(" ");
        let mut refusal = Self {
            text: flat.clone(),
            ..Self::default()
        };
        if let Some((before, after)) = flat.split_once("is not authorized to perform: ") {
            refusal.principal = before
                .rsplit_once("User: ")
                .map(|(_, who)| who.trim().to_owned())
                .filter(|who| who.starts_with("arn:") || !who.contains(' '));
            refusal.action = after
                .split(' ')
                .next()
                .map(|a| a.trim_end_matches(['.', ',']).to_owned());
            refusal.resource = after.split_once("on resource: ").and_then(|(_, rest)| {
                let name = match rest.strip_prefix('"') {
                    Some(quoted) => quoted.split('"').next(),
                    None => rest.split(' ').next(),
                };
                name.map(|n| n.trim_end_matches(['.', ',']).to_owned())
            });
        }
        refusal.said = explicit(&flat).or_else(|| implicit(&flat));
        refusal.public_access_block = flat
            .split_once(" are prevented by the ")
            .and_then(|(_, rest)| rest.split_once(" setting in S3 Block Public Access"))
            .map(|(setting, _)| setting.to_owned());
        if refusal.action.is_none() && mentions_key(&flat) {
            refusal.action = Some("kms:Decrypt".into());
        }
        refusal
    }

    /// Whether it was the object's KMS key that refused.
    pub fn is_kms(&self) -> bool {
        self.action.as_deref().is_some_and(|a| a.starts_with("kms:"))
    }

    /// Whether AWS' text says nothing of the reason.
    pub fn is_bare(&self) -> bool {
        self.said.is_none() && self.public_access_block.is_none() && !self.is_kms()
    }
}

/// `with an explicit deny in a service control policy: arn:aws:…`
fn explicit(text: &str) -> Option<Said> {
    let (_, rest) = text.split_once("with an explicit deny in ")?;
    let rest = ["a ", "an ", "the "]
        .iter()
        .find_map(|article| rest.strip_prefix(article))
        .unwrap_or(rest);
    let (words, after) = match rest.split_once(": ") {
        Some((words, arn)) => (words, Some(arn)),
        None => (rest, None),
    };
    let arn = after
        .and_then(|a| a.split(' ').next())
        .filter(|a| a.starts_with("arn:"));
    Some(Said {
        policy: kind_at_start(words),
        explicit: true,
        policy_arn: arn.map(|a| a.trim_end_matches('.').to_owned()),
    })
}

/// `because no identity-based policy allows the s3:GetObject action`
fn implicit(text: &str) -> Option<Said> {
    let (_, rest) = text.split_once("because no ")?;
    let (words, _) = rest.split_once(" allows ")?;
    Some(Said {
        policy: PolicyType::parse(words.trim()),
        explicit: false,
        policy_arn: None,
    })
}

/// The kind of policy that a text begins with; further words may follow it.
fn kind_at_start(words: &str) -> PolicyType {
    let end = ["policy", "boundary"]
        .iter()
        .filter_map(|w| words.find(w).map(|at| at + w.len()))
        .min();
    match end.and_then(|end| words.get(..end)) {
        Some(kind) => PolicyType::parse(kind),
        None => PolicyType::Other(words.trim_end_matches('.').to_owned()),
    }
}

/// KMS' older texts name no action.
fn mentions_key(text: &str) -> bool {
    text.contains("The ciphertext refers to a customer master key")
        || text.contains("ciphertext refers to a KMS key")
        || text.contains("KMS key") && text.contains("not allowed to access")
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    const S3: &str = "User: arn:aws:iam::123456789012:user/MaryMajor is not authorized to perform: s3:GetObject \
                      on resource: \"arn:aws:s3:::amzn-s3-demo-bucket1/object-name\" ";

    #[test]
    fn every_documented_refusal_tells_the_kind_of_policy() {
        use PolicyType::*;
        for (words, policy, explicit) in [
            (
                "with an explicit deny in a service control policy",
                ServiceControl,
                true,
            ),
            (
                "with an explicit deny in a resource control policy",
                ResourceControl,
                true,
            ),
            (
                "with\nan explicit deny in a VPC endpoint policy",
                VpcEndpoint,
                true,
            ),
            ("with an explicit deny in a permissions boundary", Boundary, true),
            ("with an explicit deny in a session policy", Session, true),
            ("with an explicit deny in a resource-based policy", Resource, true),
            (
                "with an explicit deny in an identity-based policy",
                Identity,
                true,
            ),
            ("with an explicit deny in the role trust policy", RoleTrust, true),
            (
                "with an explicit deny in a VPC endpoint policy transitively through a service control policy",
                VpcEndpoint,
                true,
            ),
            (
                "because no service control policy allows the s3:GetObject action",
                ServiceControl,
                false,
            ),
            (
                "because no resource control policy allows the s3:GetObject action",
                ResourceControl,
                false,
            ),
            (
                "because no VPC endpoint policy allows the s3:GetObject action",
                VpcEndpoint,
                false,
            ),
            (
                "because no permissions boundary allows the s3:GetObject action",
                Boundary,
                false,
            ),
            (
                "because no session policy allows the s3:GetObject action",
                Session,
                false,
            ),
            (
                "because no resource-based policy allows the s3:GetObject action",
                Resource,
                false,
            ),
            (
                "because no identity-based policy allows the s3:GetObject action",
                Identity,
                false,
            ),
            (
                "because no role trust policy allows the s3:GetObject action",
                RoleTrust,
                false,
            ),
        ] {
            let refusal = Refusal::decode(&format!("{S3}{words}"));
            let said = refusal.said.clone().unwrap();
            assert_eq!((said.policy, said.explicit), (policy, explicit), "{words}");
            assert_eq!(refusal.action.as_deref(), Some("s3:GetObject"));
            assert_eq!(
                refusal.resource.as_deref(),
                Some("arn:aws:s3:::amzn-s3-demo-bucket1/object-name")
            );
            assert_eq!(
                refusal.principal.as_deref(),
                Some("arn:aws:iam::123456789012:user/MaryMajor")
            );
            assert!(!refusal.is_bare() && !refusal.is_kms());
        }
    }

    #[test]
    fn the_policys_arn_is_kept_where_aws_tells_it() {
        let refusal = Refusal::decode(&format!(
            "{S3}with an explicit deny in a service control policy: arn:aws:organizations::1:policy/o-1/p-2"
        ));
        let said = refusal.said.unwrap();
        assert_eq!(said.policy, PolicyType::ServiceControl);
        assert_eq!(
            said.policy_arn.as_deref(),
            Some("arn:aws:organizations::1:policy/o-1/p-2")
        );
    }

    #[test]
    fn a_refusal_by_the_key_is_told_from_one_by_the_bucket() {
        for text in [
            "User: arn:aws:iam::1:user/x is not authorized to perform: kms:Decrypt on resource: arn:aws:kms:us-west-2:1:key/9 because no identity-based policy allows the kms:Decrypt action",
            "User: arn:aws:iam::1:user/x is not authorized to perform: kms:Decrypt on the resource associated with this ciphertext because the resource does not exist in this Region, no resource-based policies allow access, or a resource-based policy explicitly denies access",
            "The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you are not allowed to access.",
        ] {
            assert!(Refusal::decode(text).is_kms(), "{text}");
        }
    }

    #[test]
    fn a_bare_refusal_claims_nothing() {
        for text in [
            "Access Denied",
            "",
            "because no",
            "User: is not authorized to perform: ",
        ] {
            let refusal = Refusal::decode(text);
            assert!(refusal.is_bare(), "{text}: {refusal:?}");
        }
        let block = Refusal::decode(&format!(
            "{S3}because public policies are prevented by the BlockPublicPolicy setting in S3 Block Public Access."
        ));
        assert_eq!(block.public_access_block.as_deref(), Some("BlockPublicPolicy"));
    }
}
