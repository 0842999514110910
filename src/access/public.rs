//! Whether a bucket policy is public, as S3 counts it.
//!
//! Source: Amazon S3 User Guide, "The meaning of public".

use super::{
    condition::{AddressRange, Operator},
    policy::{Condition, Effect, Policy, Statement},
    principal::is_everyone,
    truth::Truth,
};

/// Condition keys that, held to fixed values, keep a statement for everyone from being public.
const FIXING_KEYS: [&str; 13] = [
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
    "s3:dataaccesspointarn",
];

/// Whether a policy allows anything to everyone without holding them to fixed values.
pub fn is_public(policy: &Policy) -> Truth {
    Truth::any(policy.statements.iter().map(statement))
}

fn statement(statement: &Statement) -> Truth {
    let open = match &statement.principals {
        Some(p) if p.not => true,
        Some(p) => p.entries.iter().any(is_everyone),
        None => false,
    };
    if statement.effect != Effect::Allow || !open {
        return Truth::No;
    }
    Truth::any(statement.conditions.iter().map(fixes)).negated()
}

/// Whether a condition holds everyone to fixed values.
fn fixes(condition: &Condition) -> Truth {
    let key = condition.key.to_ascii_lowercase();
    if !FIXING_KEYS.contains(&key.as_str()) {
        return Truth::No;
    }
    match Operator::parse(&condition.operator) {
        Some(operator) if !operator.negated && !operator.if_exists => {}
        Some(_) => return Truth::No,
        None => return Truth::Unknown,
    }
    let fixed = |value: &String| match key.as_str() {
        "aws:sourceip" => AddressRange::parse(value).map_or(Truth::Unknown, |r| (!r.is_wide()).into()),
        // In an ARN a wildcard may stand behind the account.
        "aws:principalarn" | "aws:sourcearn" => {
            let account = value.split(':').nth(4).unwrap_or_default();
            (!account.is_empty() && !has_wildcard(account)).into()
        }
        _ => (!has_wildcard(value)).into(),
    };
    Truth::all(condition.values.iter().map(fixed))
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
        ] {
            let text = format!(
                r#"{{"Statement": {{"Effect": "Allow", {rest}, "Action": "s3:GetObject", "Resource": "*"}}}}"#
            );
            assert_eq!(is_public(&Policy::parse(&text).unwrap()), answer, "{rest}");
        }
    }
}
