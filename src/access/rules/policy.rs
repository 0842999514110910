//! A203 to A218: what policies, settings and keys say. Judged by [`crate::access::lint`].

use crate::rule::{Basis, Category, Code, Rule, Severity, Subject, Unit};

const BUCKET: &[Subject] = &[Subject::Bucket];
const WARNS: Rule = Rule::base(
    Category::Access,
    Severity::Warn,
    Unit::Objects,
    BUCKET,
    Basis::Aws,
);
/// A206 to A213 say why A201 or A202 fails; the need itself is those two's.
const EXPLAINS: Rule = Rule {
    severity: Severity::Fail,
    worst: Severity::Fail,
    explains_only: true,
    ..WARNS
};

/// A203 to A218, in order.
pub static POLICY_RULES: &[Rule] = &[
    Rule {
        code: Code::new("A203"),
        slug: "can-write",
        title: "The reader may write to the bucket",
        counts: "Actions that write, delete or change the bucket's settings and that the policies allow the reader.",
        why: "The key is handed to somebody else. What it may do beside reading, anybody who gets hold of it may do: overwrite or delete your data.",
        fix: "Take the writing actions out of the reader's policies: `s3:ListBucket` and `s3:GetObject` are all that is needed.",
        ..WARNS
    },
    Rule {
        code: Code::new("A204"),
        slug: "reads-elsewhere",
        title: "The reader may read objects outside the three folders",
        counts: "Places outside `events/`, `metrics/` and `signals/` whose objects the reader may read.",
        why: "The integration's page asks to scope the access. Data that is not meant for Statsig can be read with the key.",
        fix: "Limit `s3:GetObject` to the bucket's ARN followed by `/events/*`, `/metrics/*` and `/signals/*`.",
        ..WARNS
    },
    Rule {
        code: Code::new("A205"),
        slug: "lists-elsewhere",
        title: "The reader may list outside the three folders",
        counts: "Prefixes outside `events/`, `metrics/` and `signals/` that the reader may list.",
        why: "Names of files tell much. The page's own example lets the whole bucket be listed.",
        fix: "Limit `s3:ListBucket` by a condition: `StringLike` on `s3:prefix` with `events`, `events/*`, `metrics`, `metrics/*`, `signals`, `signals/*`.",
        ..WARNS
    },
    Rule {
        code: Code::new("A206"),
        slug: "dead-grant",
        title: "A statement grants nothing",
        counts: "Statements with an object action on the bucket's ARN, a bucket action on objects, or an action that does not exist.",
        why: "`s3:GetObject` works on objects (`arn:aws:s3:::bucket/*`), `s3:ListBucket` on the bucket (`arn:aws:s3:::bucket`). The page's own user policy puts `s3:GetObject` on the bucket's ARN, which grants no object.",
        fix: "Give each action the resource it works on: `s3:ListBucket` the bucket's ARN, `s3:GetObject` the ARN followed by `/events/*` and so on. HEAD needs `s3:GetObject`, listing needs `s3:ListBucket`.",
        ..EXPLAINS
    },
    Rule {
        code: Code::new("A207"),
        slug: "cross-account-one-sided",
        title: "Reader and bucket are in different accounts, and only one side allows",
        counts: "Sides (the user's policies, the bucket policy) that do not allow what is needed, where the accounts differ.",
        why: "Between two accounts both must allow: the user's own policies, and the bucket's policy.",
        fix: "Grant it on the side that is missing: the user's policy in the user's account, the bucket policy in the bucket's.",
        ..EXPLAINS
    },
    Rule {
        code: Code::new("A208"),
        slug: "kms-refused",
        title: "The objects' KMS key refuses the reader",
        counts: "Objects encrypted with a KMS key (SSE-KMS) that the reader may not use.",
        why: "To read such an object the reader needs `kms:Decrypt` on its key beside `s3:GetObject`. The account's own `aws/s3` key can't be used from another account at all.",
        fix: "Allow `kms:Decrypt` on the key in the user policy, and let the key's policy allow it too. Objects under `aws/s3` must be copied under another key for a reader of another account.",
        ..EXPLAINS
    },
    Rule {
        code: Code::new("A209"),
        slug: "explicit-deny",
        title: "A Deny refuses the reader",
        counts: "Statements that deny what is needed.",
        why: "A Deny wins over every Allow. Nothing that is added can undo it.",
        fix: "Change the Deny so that it spares the reader, for example by a condition on `aws:PrincipalArn`. Where it is the organisation's, ask who runs the organisation.",
        ..EXPLAINS
    },
    Rule {
        code: Code::new("A210"),
        slug: "object-owner",
        title: "Objects belong to another account than the bucket",
        counts: "Objects whose owner is not the bucket's.",
        why: "What another account writes belongs to it under the setting *Object writer*. The bucket policy's Allow does not apply to such objects.",
        fix: "Set Object Ownership to *Bucket owner enforced*; objects that are there already must be copied by their owner, or onto themselves by the bucket's.",
        ..EXPLAINS
    },
    Rule {
        code: Code::new("A211"),
        slug: "dead-principal",
        title: "The bucket policy names a deleted user",
        counts: "Principals in the bucket policy that are ids of deleted users or roles (`AIDA…`, `AROA…`).",
        why: "A user made again under the same name is another user: the old grant does not count for it. And as long as the id stands there, no change of the policy can be saved.",
        fix: "Replace the id by the user's ARN, or drop the statement.",
        ..EXPLAINS
    },
    Rule {
        code: Code::new("A212"),
        slug: "wrong-principal",
        title: "The bucket policy names somebody else",
        counts: "Statements that would allow what is needed, had they named this reader.",
        why: "The grant is for another user or account than the key that was judged.",
        fix: "Name the reader's ARN in the statement's Principal, or hand over the key of the user that it names.",
        ..EXPLAINS
    },
    Rule {
        code: Code::new("A213"),
        slug: "public-policy-blocked",
        title: "The bucket policy is public, and public access is blocked",
        counts: "Statements for everyone (`*`) in a bucket policy under RestrictPublicBuckets.",
        why: "As soon as one statement makes the policy public, RestrictPublicBuckets keeps out every other account, named ones too.",
        fix: "Name principals in place of `*`, or hold `*` to fixed values by a condition such as `aws:PrincipalOrgID`.",
        ..EXPLAINS
    },
    Rule {
        code: Code::new("A214"),
        slug: "network-condition",
        title: "Access depends on network, organisation or TLS",
        counts: "Statements whose conditions on network, organisation or TLS may keep Statsig out.",
        why: "A check from here proves nothing for a request from Statsig's network.",
        fix: "Let Statsig's addresses through, or spare the reader by its ARN. Ask Statsig for its current addresses.",
        ..WARNS
    },
    Rule {
        code: Code::new("A215"),
        slug: "requester-pays",
        title: "Whoever reads the bucket must pay",
        counts: "Whether Requester Pays is switched on.",
        why: "Requests from other accounts are refused unless they declare that they pay. Statsig's reading is not known to.",
        fix: "Switch Requester Pays off for this bucket.",
        ..WARNS
    },
    Rule {
        code: Code::new("A216"),
        slug: "key-age",
        title: "The reader's key should not be handed over as it is",
        counts: "Keys over 90 days old, second active keys, temporary keys, and keys of an account's root.",
        why: "An old key may have been copied anywhere, a forgotten second key too. A temporary key stops working within hours. A root key can do everything.",
        fix: "Make a new key for the reader, hand it over, and delete the old one.",
        ..WARNS
    },
    Rule {
        code: Code::new("A217"),
        slug: "placeholder",
        title: "A policy holds a placeholder, typographic quotes, or is too long",
        counts: "Policies with a placeholder such as `<BUCKET_ARN>`, with typographic quotation marks, or over AWS' limits.",
        why: "Such a policy can't be saved, or grants nothing.",
        fix: "Put in the bucket's and the user's ARN, use straight quotation marks, and shorten it: 2,048 characters for all inline policies of a user, 20 KB for a bucket policy.",
        ..WARNS
    },
    Rule {
        code: Code::new("A218"),
        slug: "prediction-differs",
        title: "The policies say one thing and the server another",
        counts: "Requests that the policies allow and the server refused, or the reverse.",
        why: "Something decides that could not be seen: a policy of the organisation, a VPC endpoint, a KMS key, the objects' owner, or a change that has not reached every server.",
        fix: "Look at the candidates in the order given. After a change, wait a minute and check again.",
        ..WARNS
    },
];

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_whole_and_only_the_explaining_rules_do_not_hold_up_the_verdict() {
        for (number, rule) in (203..).zip(POLICY_RULES) {
            assert_eq!(rule.code.as_str(), format!("A{number}"));
            assert_eq!(rule.explains_only, (206..=213).contains(&number), "{}", rule.code);
            for words in [rule.slug, rule.title, rule.counts, rule.why, rule.fix] {
                assert!(!words.is_empty(), "{}", rule.code);
            }
        }
        assert_eq!(POLICY_RULES.len(), 16);
    }
}
