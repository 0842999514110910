//! Conditions: an operator, a key, the policy's values and the request's.
//!
//! An operator, a key or a value that is not known here makes the answer *unknown*, never *yes*.
//! Source: IAM User Guide, "IAM JSON policy elements: Condition operators", "Multivalued context keys" and "Variables
//! and tags".

mod operator;

pub use operator::{AddressRange, Operator, Quantifier};

use super::{
    context::Held,
    pattern::{Pattern, Replaced},
    policy::Condition,
    truth::Truth,
};

/// A condition held against a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// As spelled in the policy.
    pub operator: String,
    /// As spelled in the policy.
    pub key: String,
    /// The policy's side.
    pub policy: Vec<String>,
    /// The request's side.
    pub request: Held,
    /// Whether it holds.
    pub answer: Truth,
    /// Why it can't be told, where it can't.
    pub why: Option<String>,
}

impl Checked {
    /// Both sides in words: `aws:SourceVpc is absent, the policy wants StringEquals "vpc-1"`.
    pub fn both_sides(&self) -> String {
        let request = match &self.request {
            Held::Values(values) => format!("is {}", quoted(values)),
            Held::Absent => "is not in the request".into(),
            Held::Unknown => "is not known here".into(),
        };
        format!(
            "{} {request}, the policy says {} {}",
            self.key,
            self.operator,
            quoted(&self.policy)
        )
    }
}

/// Values in quotation marks, for people; long lists are cut.
pub(super) fn quoted(values: &[String]) -> String {
    const SHOWN: usize = 6;
    let mut shown: Vec<String> = values.iter().take(SHOWN).map(|v| format!("\"{v}\"")).collect();
    if values.len() > SHOWN {
        shown.push(format!("and {} more", values.len() - SHOWN));
    }
    match shown.len() {
        0 => "nothing".into(),
        _ => shown.join(", "),
    }
}

/// Holds a condition against a request, of which `held` tells the keys. `variables` is whether the policy's version has
/// policy variables.
pub fn check(condition: &Condition, variables: bool, held: &dyn Fn(&str) -> Held) -> Checked {
    let request = held(&condition.key);
    let (answer, why) = match Operator::parse(&condition.operator) {
        None => (
            Truth::Unknown,
            Some(format!(
                "{} is an operator that is not known here",
                condition.operator
            )),
        ),
        Some(operator) => judge(&operator, condition, variables, &request, held),
    };
    Checked {
        operator: condition.operator.clone(),
        key: condition.key.clone(),
        policy: condition.values.clone(),
        request,
        answer,
        why,
    }
}

fn judge(
    operator: &Operator,
    condition: &Condition,
    variables: bool,
    request: &Held,
    held: &dyn Fn(&str) -> Held,
) -> (Truth, Option<String>) {
    if operator.is_null() {
        return null(&condition.values, request);
    }
    let values = match request {
        Held::Unknown => {
            return (
                Truth::Unknown,
                Some(format!("what {} is in the request is not known", condition.key)),
            );
        }
        Held::Absent => return (operator.when_absent(), None),
        Held::Values(values) => values,
    };
    if values.is_empty() {
        // An empty multivalued key counts as absent.
        return (operator.when_absent(), None);
    }
    let wild = operator.has_wildcards();
    let sides: Vec<Replaced> = condition
        .values
        .iter()
        .map(|value| {
            if variables {
                Pattern::with_variables(value, wild, held)
            } else if wild {
                Replaced::Known(Pattern::wild(value))
            } else {
                Pattern::with_variables(&escaped(value), false, |_| Held::Unknown)
            }
        })
        .collect();
    let one = |value: &str| {
        let answers = condition
            .values
            .iter()
            .zip(&sides)
            .map(|(text, side)| match side {
                Replaced::Known(pattern) => operator.compare(value, text, pattern),
                _ => Truth::Unknown,
            });
        // A negated operator holds when none of the policy's values fits.
        let any = Truth::any(answers);
        if operator.negated { any.negated() } else { any }
    };
    let answer = match operator.quantifier {
        Some(Quantifier::All) => {
            let all = Truth::all(values.iter().map(|v| one(v)));
            if !all.is_yes() && values.iter().all(String::is_empty) {
                let why = "ForAllValues also holds where a key's value is empty, IAM's guide says";
                return (Truth::Unknown, Some(why.into()));
            }
            all
        }
        Some(Quantifier::Any) => Truth::any(values.iter().map(|v| one(v))),
        None => match values.as_slice() {
            [value] => one(value),
            _ => {
                return (
                    Truth::Unknown,
                    Some("several values without ForAllValues or ForAnyValue".into()),
                );
            }
        },
    };
    // A variable that can't be resolved may void the whole statement, whatever else its values say.
    let void = sides.iter().any(|s| matches!(s, Replaced::Absent(_)));
    let answer = if void && answer.is_yes() {
        Truth::Unknown
    } else {
        answer
    };
    let why = answer.is_unknown().then(|| {
        let variable = sides.iter().find_map(|s| match s {
            Replaced::Unknown(v) | Replaced::Absent(v) => Some(v),
            Replaced::Known(_) => None,
        });
        match variable {
            Some(variable) => format!("the policy variable ${{{variable}}} has no known value"),
            None => format!("{} can't be compared", quoted(&condition.values)),
        }
    });
    (answer, why)
}

/// In documents before 2012-10-17 `${…}` is plain text.
fn escaped(value: &str) -> String {
    value.replace("${", "${$}{")
}

fn null(policy: &[String], request: &Held) -> (Truth, Option<String>) {
    let absent = match request {
        Held::Unknown => {
            return (
                Truth::Unknown,
                Some("whether the key is there is not known".into()),
            );
        }
        Held::Absent => true,
        Held::Values(values) => values.is_empty(),
    };
    let wants = |text: &String| match text.to_ascii_lowercase().as_str() {
        "true" => Truth::from(absent),
        "false" => Truth::from(!absent),
        _ => Truth::Unknown,
    };
    (Truth::any(policy.iter().map(wants)), None)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;
    use crate::access::{context::Context, policy::Policy};

    fn ask(condition: &str, context: &Context) -> Truth {
        let text = format!(
            r#"{{"Version": "2012-10-17", "Statement": {{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {condition}}}}}"#
        );
        let policy = Policy::parse(&text).unwrap();
        Truth::all(
            policy.statements[0]
                .conditions
                .iter()
                .map(|c| check(c, policy.has_variables(), &|key| context.get(key)).answer),
        )
    }

    #[test]
    fn a_prefix_condition_lets_through_what_it_lists_and_nothing_else() {
        let listing = |prefix| Context::default().with_or_without("s3:prefix", prefix);
        let like = r#"{"StringLike": {"s3:prefix": ["metrics", "metrics/*"]}}"#;
        for (prefix, answer) in [
            (Some("metrics"), Truth::Yes),
            (Some("metrics/"), Truth::Yes),
            (Some("metrics/2022-06-22/"), Truth::Yes),
            (Some("metric"), Truth::No),
            (Some("Metrics/"), Truth::No),
            (Some(""), Truth::No),
            (None, Truth::No),
        ] {
            assert_eq!(ask(like, &listing(prefix)), answer, "{prefix:?}");
        }
        let equals = r#"{"StringEquals": {"s3:prefix": "metrics/*"}}"#;
        assert_eq!(ask(equals, &listing(Some("metrics/x"))), Truth::No);
        assert_eq!(ask(equals, &listing(Some("metrics/*"))), Truth::Yes);
        assert_eq!(ask(like, &Context::default()), Truth::Unknown);
    }

    #[test]
    fn operators_judge_as_the_iam_guide_says() {
        let context = Context::default()
            .with("aws:SourceIp", "203.0.113.7")
            .with("aws:SecureTransport", "true")
            .with("s3:TlsVersion", "1.2")
            .with("aws:CurrentTime", "2026-06-23T05:14:00Z")
            .with(
                "aws:PrincipalArn",
                "arn:aws:iam::123456789012:user/statsig-reader",
            )
            .with("aws:username", "statsig-reader")
            .without("aws:SourceVpce");
        use Truth::{No, Unknown, Yes};
        for (condition, answer) in [
            (r#"{"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}"#, Yes),
            (
                r#"{"IpAddress": {"aws:SourceIp": ["198.51.100.1", "2001:db8::/32"]}}"#,
                No,
            ),
            (
                r#"{"NotIpAddress": {"aws:SourceIp": ["198.51.100.1", "203.0.113.7/32"]}}"#,
                No,
            ),
            (r#"{"NotIpAddress": {"aws:SourceIp": "10.0.0.0/8"}}"#, Yes),
            (r#"{"IpAddress": {"aws:SourceIp": "300.1.1.1"}}"#, Unknown),
            (r#"{"Bool": {"aws:SecureTransport": "false"}}"#, No),
            (r#"{"Bool": {"aws:SecureTransport": true}}"#, Yes),
            (r#"{"NumericLessThan": {"s3:TlsVersion": 1.2}}"#, No),
            (r#"{"NumericLessThan": {"s3:TlsVersion": "1.3"}}"#, Yes),
            (r#"{"NumericGreaterThanEquals": {"s3:TlsVersion": "1.2"}}"#, Yes),
            (
                r#"{"DateGreaterThan": {"aws:CurrentTime": "2026-01-01T00:00:00Z"}}"#,
                Yes,
            ),
            (r#"{"DateLessThan": {"aws:CurrentTime": "2026-06-23"}}"#, No),
            (r#"{"DateLessThan": {"aws:CurrentTime": "1790000000"}}"#, Yes),
            (
                r#"{"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:user/statsig-*"}}"#,
                Yes,
            ),
            (
                r#"{"ArnNotEquals": {"aws:PrincipalArn": "arn:aws:iam::*:user/ops"}}"#,
                Yes,
            ),
            (
                r#"{"StringEqualsIgnoreCase": {"aws:username": "STATSIG-READER"}}"#,
                Yes,
            ),
            (
                r#"{"StringNotEqualsIgnoreCase": {"aws:username": "STATSIG-READER"}}"#,
                No,
            ),
            (r#"{"StringNotLike": {"aws:username": "stats*"}}"#, No),
            (r#"{"StringLike": {"aws:PrincipalArn": "*${aws:username}"}}"#, Yes),
            (r#"{"StringEquals": {"aws:SourceVpce": "vpce-1"}}"#, No),
            (r#"{"StringNotEquals": {"aws:SourceVpce": "vpce-1"}}"#, Yes),
            (r#"{"StringEqualsIfExists": {"aws:SourceVpce": "vpce-1"}}"#, Yes),
            (r#"{"Null": {"aws:SourceVpce": "true"}}"#, Yes),
            (r#"{"Null": {"aws:SourceVpce": false}}"#, No),
            (r#"{"Null": {"aws:username": "false"}}"#, Yes),
            (r#"{"StringEquals": {"aws:PrincipalOrgID": "o-1"}}"#, Unknown),
            (
                r#"{"StringEqualsIfExists": {"aws:PrincipalOrgID": "o-1"}}"#,
                Unknown,
            ),
            (r#"{"StringSounds": {"aws:username": "x"}}"#, Unknown),
            (
                r#"{"StringEquals": {"aws:username": "${aws:PrincipalTag/x}"}}"#,
                Unknown,
            ),
            (r#"{"BinaryEquals": {"aws:username": "QmluYXJ5"}}"#, Unknown),
            (
                r#"{"StringEquals": {"aws:username": "nobody", "aws:PrincipalOrgID": "o-1"}}"#,
                No,
            ),
        ] {
            assert_eq!(ask(condition, &context), answer, "{condition}");
        }
    }

    #[test]
    fn keys_of_many_values_are_judged_by_all_or_any() {
        let context = Context::default()
            .with_many("aws:TagKeys", vec!["a".into(), "b".into()])
            .without("aws:CalledVia");
        use Truth::{No, Unknown, Yes};
        for (condition, answer) in [
            (
                r#"{"ForAllValues:StringEquals": {"aws:TagKeys": ["a", "b", "c"]}}"#,
                Yes,
            ),
            (r#"{"ForAllValues:StringEquals": {"aws:TagKeys": ["a"]}}"#, No),
            (r#"{"ForAnyValue:StringEquals": {"aws:TagKeys": ["a"]}}"#, Yes),
            (r#"{"ForAnyValue:StringLike": {"aws:TagKeys": ["c*"]}}"#, No),
            (r#"{"ForAnyValue:StringNotEquals": {"aws:TagKeys": ["a"]}}"#, Yes),
            (r#"{"ForAllValues:StringNotEquals": {"aws:TagKeys": ["a"]}}"#, No),
            (r#"{"ForAllValues:StringEquals": {"aws:CalledVia": ["a"]}}"#, Yes),
            (r#"{"ForAnyValue:StringEquals": {"aws:CalledVia": ["a"]}}"#, No),
            (r#"{"ForAnyValue:StringNotEquals": {"aws:CalledVia": ["a"]}}"#, No),
            (r#"{"StringEquals": {"aws:TagKeys": ["a"]}}"#, Unknown),
            (r#"{"ForAllValues:Null": {"aws:TagKeys": "false"}}"#, Unknown),
        ] {
            assert_eq!(ask(condition, &context), answer, "{condition}");
        }
    }

    #[test]
    fn for_all_values_opens_where_the_key_is_absent_and_is_not_trusted_where_it_is_empty() {
        let like = r#"{"ForAllValues:StringLike": {"s3:prefix": ["events/*"]}}"#;
        let listing = |prefix| Context::default().with_or_without("s3:prefix", prefix);
        assert_eq!(ask(like, &listing(None)), Truth::Yes);
        assert_eq!(ask(like, &listing(Some("other/"))), Truth::No);
        assert_eq!(ask(like, &listing(Some(""))), Truth::Unknown);
    }

    #[test]
    fn a_variable_that_is_not_in_the_request_never_makes_a_yes() {
        let context = Context::default()
            .with("s3:prefix", "home/")
            .without("aws:username");
        for condition in [
            r#"{"StringLike": {"s3:prefix": ["home/", "${aws:username}/*"]}}"#,
            r#"{"StringNotLike": {"s3:prefix": "${aws:username}/*"}}"#,
        ] {
            assert_eq!(ask(condition, &context), Truth::Unknown, "{condition}");
        }
        let default = r#"{"StringLike": {"s3:prefix": "${aws:username, 'home'}/*"}}"#;
        assert_eq!(ask(default, &context), Truth::Yes);
    }

    #[test]
    fn arn_operators_judge_arns_only() {
        let context = Context::default().with("aws:PrincipalArn", "arn:aws:iam::111111111111:user/x");
        for (value, answer) in [
            ("*", Truth::Yes),
            ("arn:aws:iam::*:user/*", Truth::Yes),
            ("arn:aws:iam::*:*", Truth::Yes),
            ("arn:aws:iam*user/x", Truth::Unknown),
            ("arn:aws:iam", Truth::Unknown),
        ] {
            let condition = format!(r#"{{"ArnLike": {{"aws:PrincipalArn": "{value}"}}}}"#);
            assert_eq!(ask(&condition, &context), answer, "{value}");
        }
        let odd = Context::default().with("aws:PrincipalArn", "nobody");
        let not = r#"{"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::1:user/x"}}"#;
        assert_eq!(ask(not, &odd), Truth::Unknown);
    }

    #[test]
    fn an_old_policy_has_no_variables() {
        let text = r#"{"Version": "2008-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"StringEquals": {"aws:username": "${aws:username}"}}}}"#;
        let policy = Policy::parse(text).unwrap();
        let context = Context::default().with("aws:username", "x");
        let condition = &policy.statements[0].conditions[0];
        let checked = check(condition, policy.has_variables(), &|key| context.get(key));
        assert_eq!(checked.answer, Truth::No);
        assert_eq!(
            checked.both_sides(),
            "aws:username is \"x\", the policy says StringEquals \"${aws:username}\""
        );
    }
}
