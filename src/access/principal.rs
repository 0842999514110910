//! Whom a `Principal` or `NotPrincipal` element is about.

use super::{
    context::{Actor, ActorKind},
    pattern::{arn_parts, is_account_id},
    policy::{PrincipalEntry, Principals},
    truth::Truth,
};

/// How an element covers whoever asks. The order is from the nearest to the widest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Grantee {
    /// By the identity's own ARN (for a session: the session's).
    Identity,
    /// By the role's ARN, for a session of it.
    Role,
    /// By the account: what its administrators allow, they may do.
    Account,
    /// By `*`.
    Everyone,
}

/// Whether an element covers whoever asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Coverage {
    /// Whether it does.
    pub answer: Truth,
    /// How, when it does (or may).
    pub by: Option<Grantee>,
    /// What is odd about it, in words.
    pub note: Option<String>,
}

/// A text that stands for a deleted identity: AWS replaces a deleted user's or role's ARN by its unique id.
///
/// Source: IAM User Guide, "Principal: specifying IAM user principals".
pub fn is_unique_id(value: &str) -> bool {
    value.len() >= 16
        && ["AIDA", "AROA", "AGPA", "AIPA", "ANPA"]
            .iter()
            .any(|p| value.starts_with(p))
        && value
            .bytes()
            .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
}

/// The account that an entry names as a whole: by its id or its root ARN.
pub fn whole_account(value: &str) -> Option<&str> {
    if is_account_id(value) {
        return Some(value);
    }
    let [_, _, "iam", _, account, "root"] = arn_parts(value)? else {
        return None;
    };
    Some(account)
}

/// Whether an entry names everyone.
pub fn is_everyone(entry: &PrincipalEntry) -> bool {
    entry.value.text == "*" && (entry.kind.is_empty() || entry.kind == "AWS")
}

impl Principals {
    /// Whether the element covers `actor`. `denies` is the statement's effect, since AWS reads `NotPrincipal` in a Deny
    /// by account and by identity.
    pub fn covers(&self, actor: &Actor, denies: bool) -> Coverage {
        if self.not {
            return self.covers_by_exclusion(actor, denies);
        }
        let mut best: Option<Coverage> = None;
        for entry in &self.entries {
            let one = covers(entry, actor);
            let better = match &best {
                None => true,
                Some(b) => (rank(one.answer), one.by.map(reversed)) > (rank(b.answer), b.by.map(reversed)),
            };
            if better {
                best = Some(one);
            }
        }
        best.unwrap_or(Coverage {
            answer: Truth::No,
            by: None,
            note: Some("names nobody".into()),
        })
    }

    fn covers_by_exclusion(&self, actor: &Actor, denies: bool) -> Coverage {
        let named = |grantee: &[Grantee]| {
            Truth::any(self.entries.iter().map(|entry| {
                let one = covers(entry, actor);
                match one.by {
                    Some(by) if grantee.contains(&by) => one.answer,
                    Some(_) => Truth::No,
                    None => one.answer,
                }
            }))
        };
        let identity = named(&[Grantee::Identity, Grantee::Role]);
        let account = named(&[Grantee::Account]);
        let everyone = named(&[Grantee::Everyone]);
        let excluded = if !denies {
            Truth::any([identity, account, everyone])
        } else {
            // In a Deny, AWS says to list the account beside the identity, or the account itself may be refused first.
            match (identity, account) {
                (Truth::No, Truth::No) => everyone,
                (Truth::Yes, Truth::Yes) => Truth::Yes,
                _ => Truth::Unknown.or(everyone),
            }
        };
        let note = (denies && identity.is_yes() && !account.is_yes()).then(|| {
            "NotPrincipal names the identity without its account; AWS may refuse the account first".to_owned()
        });
        Coverage {
            answer: excluded.negated(),
            by: Some(Grantee::Everyone),
            note,
        }
    }
}

const fn rank(answer: Truth) -> u8 {
    match answer {
        Truth::No => 0,
        Truth::Unknown => 1,
        Truth::Yes => 2,
    }
}

fn reversed(grantee: Grantee) -> std::cmp::Reverse<Grantee> {
    std::cmp::Reverse(grantee)
}

fn covers(entry: &PrincipalEntry, actor: &Actor) -> Coverage {
    let value = entry.value.text.as_str();
    let answer = |answer: Truth, by: Option<Grantee>, note: Option<String>| Coverage { answer, by, note };
    let no = |note: String| answer(Truth::No, None, Some(note));
    if is_everyone(entry) {
        return answer(Truth::Yes, Some(Grantee::Everyone), None);
    }
    match entry.kind.as_str() {
        "" => no(format!("{value} is not a principal; only \"*\" may stand alone")),
        "Service" => no(format!("{value} is an AWS service")),
        "Federated" => no(format!("{value} is an identity provider")),
        "CanonicalUser" => {
            if actor.kind == ActorKind::Anonymous {
                return answer(Truth::No, None, None);
            }
            let note = "a canonical user id, which can't be compared with an account here";
            answer(Truth::Unknown, Some(Grantee::Account), Some(note.into()))
        }
        "AWS" => aws(value, actor),
        other => answer(
            Truth::Unknown,
            None,
            Some(format!("{other} is a kind of principal not known here")),
        ),
    }
}

fn aws(value: &str, actor: &Actor) -> Coverage {
    let yes = |by| Coverage {
        answer: Truth::Yes,
        by: Some(by),
        note: None,
    };
    let no = |note: Option<String>| Coverage {
        answer: Truth::No,
        by: None,
        note,
    };
    if actor.kind == ActorKind::Anonymous {
        return no(None);
    }
    if is_unique_id(value) {
        if actor.user_id.as_deref() == Some(value) {
            return yes(Grantee::Identity);
        }
        return no(Some(format!(
            "{value} is the id of a deleted identity: nobody has it"
        )));
    }
    if let Some(account) = whole_account(value) {
        if account == actor.account {
            return yes(match actor.kind {
                ActorKind::Root => Grantee::Identity,
                _ => Grantee::Account,
            });
        }
        return no(Some(format!("{value} is another account")));
    }
    if value == actor.arn {
        return yes(Grantee::Identity);
    }
    if actor.role_arn().as_deref() == Some(value) {
        return yes(Grantee::Role);
    }
    let Some([_, _, service, _, account, rest]) = arn_parts(value) else {
        return no(Some(format!("{value} is not an ARN or an account")));
    };
    if actor.kind == ActorKind::RoleSession && service == "iam" && account == actor.account {
        let same_name = rest.starts_with("role/") && rest.rsplit('/').next() == actor.name();
        if same_name {
            // A session's ARN does not tell the path of its role.
            return Coverage {
                answer: Truth::Unknown,
                by: Some(Grantee::Role),
                note: Some("a role of that name, on a path that the session does not tell".into()),
            };
        }
    }
    if value.contains(['*', '?']) {
        return no(Some(format!(
            "{value}: a wildcard is not allowed inside a principal, and matches nobody"
        )));
    }
    no(Some(if account == actor.account {
        format!("{value} is another identity of the account")
    } else {
        format!("{value} is an identity of another account")
    }))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;
    use crate::access::policy::Policy;

    const READER: &str = "arn:aws:iam::123456789012:user/statsig-reader";

    fn coverage(element: &str, actor: &Actor, effect: &str) -> Coverage {
        let text = format!(
            r#"{{"Statement": {{"Effect": "{effect}", {element}, "Action": "*", "Resource": "*"}}}}"#
        );
        let policy = Policy::parse(&text).unwrap();
        policy.statements[0]
            .principals
            .as_ref()
            .unwrap()
            .covers(actor, effect == "Deny")
    }

    #[test]
    fn every_form_of_principal_covers_whom_it_names() {
        let user = Actor::from_arn(READER).unwrap();
        for (principal, answer, by) in [
            (r#""*""#, Truth::Yes, Some(Grantee::Everyone)),
            (r#"{"AWS": "*"}"#, Truth::Yes, Some(Grantee::Everyone)),
            (
                r#"{"AWS": ["*", "arn:aws:iam::123456789012:user/statsig-reader"]}"#,
                Truth::Yes,
                Some(Grantee::Identity),
            ),
            (r#"{"AWS": "123456789012"}"#, Truth::Yes, Some(Grantee::Account)),
            (
                r#"{"AWS": "arn:aws:iam::123456789012:root"}"#,
                Truth::Yes,
                Some(Grantee::Account),
            ),
            (
                r#"{"AWS": "arn:aws:iam::123456789012:user/other"}"#,
                Truth::No,
                None,
            ),
            (
                r#"{"AWS": "arn:aws:iam::123456789012:user/x/statsig-reader"}"#,
                Truth::No,
                None,
            ),
            (r#"{"AWS": "arn:aws:iam::123456789012:user/*"}"#, Truth::No, None),
            (r#"{"AWS": "210987654321"}"#, Truth::No, None),
            (r#"{"AWS": "AIDACKCEVSQ6C2EXAMPLE"}"#, Truth::No, None),
            (r#"{"Service": "s3.amazonaws.com"}"#, Truth::No, None),
            (
                r#"{"CanonicalUser": "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"}"#,
                Truth::Unknown,
                Some(Grantee::Account),
            ),
            (r#"{"Martian": "x"}"#, Truth::Unknown, None),
        ] {
            let got = coverage(&format!(r#""Principal": {principal}"#), &user, "Allow");
            assert_eq!((got.answer, got.by), (answer, by), "{principal}: {got:?}");
        }
        let nobody = Actor::nobody();
        assert!(coverage(r#""Principal": "*""#, &nobody, "Allow").answer.is_yes());
        assert!(
            coverage(r#""Principal": {"AWS": "123456789012"}"#, &nobody, "Allow")
                .answer
                .is_no()
        );
    }

    #[test]
    fn not_principal_in_a_deny_spares_only_whom_it_names_with_the_account() {
        let user = Actor::from_arn(READER).unwrap();
        let deny =
            |named: &str| coverage(&format!(r#""NotPrincipal": {{"AWS": {named}}}"#), &user, "Deny").answer;
        assert_eq!(deny(&format!(r#"["{READER}", "123456789012"]"#)), Truth::No);
        assert_eq!(deny(&format!(r#""{READER}""#)), Truth::Unknown);
        assert_eq!(deny(r#""arn:aws:iam::123456789012:user/other""#), Truth::Yes);
        assert_eq!(deny(r#""*""#), Truth::No);
    }

    #[test]
    fn a_role_is_known_by_its_sessions() {
        let session = Actor::from_arn("arn:aws:sts::123456789012:assumed-role/ops/me").unwrap();
        let allow = |arn: &str| coverage(&format!(r#""Principal": {{"AWS": "{arn}"}}"#), &session, "Allow");
        assert_eq!(
            allow("arn:aws:iam::123456789012:role/ops").by,
            Some(Grantee::Role)
        );
        assert_eq!(
            allow("arn:aws:iam::123456789012:role/teams/ops").answer,
            Truth::Unknown
        );
        assert_eq!(allow("arn:aws:iam::123456789012:role/other").answer, Truth::No);
    }
}
