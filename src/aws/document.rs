//! What may be wrong with a policy that AWS does not take: its message does not say where.

use crate::{
    access::{lint::placeholder_in, policy::Policy, principal::is_unique_id},
    report::{Problem, ProblemKind, escape::escape},
};

/// A problem of putting a document, with what in the document is likely to blame.
pub(super) fn blamed(mut problem: Problem, document: &str) -> Problem {
    if problem.kind == ProblemKind::Malformed
        && let Some(suspect) = suspect(document)
    {
        problem.next.say = suspect;
    }
    problem
}

/// The likeliest mistake in a document, and what to do about it.
fn suspect(document: &str) -> Option<String> {
    let policy = match Policy::parse(document) {
        Ok(policy) => policy,
        Err(error) => {
            let quotes = if document.contains(['“', '”', '„', '‘', '’']) {
                " It has typographic quotes: policies take the plain \" only."
            } else {
                ""
            };
            return Some(format!(
                "The document is not of the policy language: {error}.{quotes}"
            ));
        }
    };
    let dead = policy.statements.iter().find_map(|statement| {
        let entries = statement.principals.iter().flat_map(|p| &p.entries);
        let mut ids = entries.map(|entry| &entry.value.text);
        Some((statement, ids.find(|id| is_unique_id(id))?))
    });
    if let Some((statement, id)) = dead {
        return Some(format!(
            "The policy's {} names {}, the id of a deleted user or role. Drop that statement, or put the ARN of who is \
             meant in its place, then run again.",
            escape(&statement.place()),
            escape(id)
        ));
    }
    if let Some(left) = placeholder_in(document) {
        return Some(format!(
            "The placeholder \"{}\" is left in the policy: put the real name in its place.",
            escape(left)
        ));
    }
    let principals = policy
        .statements
        .iter()
        .flat_map(|s| &s.principals)
        .flat_map(|p| &p.entries)
        .map(|entry| entry.value.text.as_str())
        .filter(|value| value.starts_with("arn:"));
    let named: Vec<_> = principals.map(escape).collect();
    (!named.is_empty()).then(|| {
        format!(
            "If AWS means a principal, look whether all of these are there: {}. A fresh user may take some seconds to be \
             known; then run again.",
            named.join(", ")
        )
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::suspect;

    fn with_principal(principal: &str) -> String {
        format!(
            r#"{{"Statement":[{{"Sid":"Theirs","Effect":"Allow","Principal":{{"AWS":"{principal}"}},"Action":"s3:GetObject","Resource":"arn:aws:s3:::acme/*"}}]}}"#
        )
    }

    #[test]
    fn a_deleted_user_in_the_policy_is_named_with_its_statement() {
        let said = suspect(&with_principal("AIDARZPUZDIKDEXAMPLE")).unwrap();
        assert!(
            said.contains("AIDARZPUZDIKDEXAMPLE") && said.contains("Theirs"),
            "{said}"
        );
    }

    #[test]
    fn quotes_of_a_word_processor_are_named() {
        let said = suspect("{“Statement”: []}").unwrap();
        assert!(said.contains("typographic quotes"), "{said}");
    }

    #[test]
    fn a_placeholder_that_was_left_in_is_named() {
        let said = suspect(&with_principal("<IAM_ARN>")).unwrap();
        assert!(said.contains("IAM_ARN"), "{said}");
    }

    #[test]
    fn where_nothing_is_wrong_those_named_are_listed() {
        let said = suspect(&with_principal("arn:aws:iam::123456789012:user/reader")).unwrap();
        assert!(said.contains("arn:aws:iam::123456789012:user/reader"), "{said}");
        assert_eq!(suspect(&with_principal("*")), None);
    }
}
