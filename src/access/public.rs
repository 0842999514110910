//! Whether a bucket policy is public, as S3 counts it.
//!
//! Source: Amazon S3 User Guide, "The meaning of public".

use super::{
    condition::{AddressRange, Operator, Quantifier},
    pattern::is_account_id,
    policy::{Condition, Effect, Policy, PrincipalEntry, Statement},
    principal::is_everyone,
    truth::Truth,
};

/// Condition keys that, held to fixed values, keep a statement for everyone from being public.
const FIXING_KEYS: [&str; 14] = [
    "aws:sourceip",
    "aws:sourcearn",
    "aws:sourcevpc",
    "aws:sourcevpce",
    "aws:sourceowner",
    "aws:sourceaccount",
    "aws:userid",
    "aws:principalorgid",
    "aws:principalorgpaths",
    "aws:principalarn",
    "aws:principalaccount",
    "s3:dataaccesspointaccount",
    "s3:x-amz-server-side-encryption-aws-kms-key-id",
    "s3:dataaccesspointarn",
];

/// Whether a policy allows anything to everyone without holding them to fixed values.
pub fn is_public(policy: &Policy) -> Truth {
    Truth::any(policy.statements.iter().map(statement))
}

fn statement(statement: &Statement) -> Truth {
    let open = match &statement.principals {
        Some(p) if p.not => Truth::Yes,
        Some(p) => Truth::any(p.entries.iter().map(is_open)),
        None => Truth::No,
    };
    if statement.effect != Effect::Allow {
        return Truth::No;
    }
    open.and(Truth::any(statement.conditions.iter().map(fixes)).negated())
}

/// Whether an entry names no fixed principal. S3's own example counts `{"Federated": "graph.facebook.com"}` as public; a
/// provider of the account's own, by its ARN, is not spoken of.
fn is_open(entry: &PrincipalEntry) -> Truth {
    match entry.kind.as_str() {
        "Federated" if entry.value.text.starts_with("arn:") => Truth::Unknown,
        "Federated" => Truth::Yes,
        _ => is_everyone(entry).into(),
    }
}

/// Whether a condition holds everyone to fixed values.
fn fixes(condition: &Condition) -> Truth {
    let key = condition.key.to_ascii_lowercase();
    if !FIXING_KEYS.contains(&key.as_str()) {
        return Truth::No;
    }
    match Operator::parse(&condition.operator) {
        // It holds where the key is absent, and S3's words do not say what it makes of that.
        Some(operator) if operator.quantifier == Some(Quantifier::All) => return Truth::Unknown,
        Some(operator) if !operator.negated && !operator.if_exists => {}
        Some(_) => return Truth::No,
        None => return Truth::Unknown,
    }
    let fixed = |value: &String| match key.as_str() {
        "aws:sourceip" => AddressRange::parse(value).map_or(Truth::Unknown, |r| (!r.is_wide()).into()),
        _ if !has_wildcard(value) => Truth::Yes,
        // An access point's name may be a wildcard where the account is fixed.
        "s3:dataaccesspointarn" => has_fixed_account(value).into(),
        // Fixed values have no wildcard, S3's words say, and yet these hold everyone to an account, organisation or role.
        "aws:principalarn" | "aws:sourcearn" if has_fixed_account(value) => Truth::Unknown,
        "aws:principalorgpaths" if value.split('/').next().is_some_and(|org| !has_wildcard(org)) => {
            Truth::Unknown
        }
        // `AROLEID:*`, every session of a role.
        "aws:userid" if value.split(':').next().is_some_and(|id| !has_wildcard(id)) => Truth::Unknown,
        _ => Truth::No,
    };
    Truth::all(condition.values.iter().map(fixed))
}

fn has_fixed_account(arn: &str) -> bool {
    arn.split(':').nth(4).is_some_and(is_account_id)
}

fn has_wildcard(value: &str) -> bool {
    value.contains(['*', '?']) || value.contains("${")
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    #[test]
    fn a_star_is_public_unless_it_is_held_to_fixed_values() {
        for (rest, answer) in [
            (r#""Principal": "*""#, Truth::Yes),
            (r#""Principal": {"AWS": "*"}"#, Truth::Yes),
            (r#""Principal": {"AWS": "123456789012"}"#, Truth::No),
            (
                r#""Principal": "*", "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-1"}}"#,
                Truth::No,
            ),
            (
                r#""Principal": "*", "Condition": {"StringLike": {"aws:PrincipalOrgID": "o-*"}}"#,
                Truth::Yes,
            ),
            (
                r#""Principal": "*", "Condition": {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}"#,
                Truth::No,
            ),
            (
                r#""Principal": "*", "Condition": {"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}}"#,
                Truth::Yes,
            ),
            (
                r#""Principal": "*", "Condition": {"Bool": {"aws:SecureTransport": "true"}}"#,
                Truth::Yes,
            ),
            (r#""Principal": {"Federated": "graph.facebook.com"}"#, Truth::Yes),
            (
                r#""Principal": {"Service": "cloudtrail.amazonaws.com"}"#,
                Truth::No,
            ),
            (
                r#""Principal": "*", "Condition": {"StringLike": {"aws:SourceVpc": "vpc-*"}}"#,
                Truth::Yes,
            ),
            (
                r#""Principal": "*", "Condition": {"StringEquals": {"aws:SourceVpc": "vpc-91237329"}}"#,
                Truth::No,
            ),
            (
                r#""Principal": "*", "Condition": {"StringEqualsIfExists": {"aws:SourceVpc": "vpc-91237329"}}"#,
                Truth::Yes,
            ),
            (
                r#""Principal": "*", "Condition": {"ArnLike": {"s3:DataAccessPointArn": "arn:aws:s3:us-west-2:123456789012:accesspoint/*"}}"#,
                Truth::No,
            ),
            (
                r#""Principal": "*", "Condition": {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::123456789012:role/*"}}"#,
                Truth::Unknown,
            ),
            (
                r#""Principal": "*", "Condition": {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/x"}}"#,
                Truth::Yes,
            ),
            (
                r#""Principal": "*", "Condition": {"StringEquals": {"s3:x-amz-server-side-encryption-aws-kms-key-id": "arn:aws:kms:us-west-2:123456789012:key/1"}}"#,
                Truth::No,
            ),
        ] {
            let text = format!(
                r#"{{"Statement": {{"Effect": "Allow", {rest}, "Action": "s3:GetObject", "Resource": "*"}}}}"#
            );
            assert_eq!(is_public(&Policy::parse(&text).unwrap()), answer, "{rest}");
        }
    }
}
