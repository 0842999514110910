//! Tests of `merge`.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use proptest::prelude::*;
use serde_json::{Value as Json, json};

use super::*;
use crate::access::needs::{BUCKET_SIDS, Target};

const READER: &str = "arn:aws:iam::111111111111:user/statsig-reader";

fn ours() -> Vec<String> {
    Target::new("acme", "", "aws").bucket_statements(READER)
}

const VPC_ONLY: &str = r#"{
    "Version":   "2012-10-17",
    "Id": "made by hand",
    "Statement": [
        {
            "Sid": "VpcOnly",  "Effect": "Deny",
            "Principal": "*", "Action": ["s3:*"], "Resource": "arn:aws:s3:::acme/*",
            "Condition": {"StringNotEquals": {"aws:SourceVpc": "vpc-0a1b"}}
        }
    ]
}
"#;

#[test]
fn our_statements_stand_among_the_others_as_if_they_had_been_written_there() {
    let merged = merge(Some(VPC_ONLY), &ours()).unwrap();
    let before_end = VPC_ONLY.find("\n    ]").unwrap();
    assert!(merged.text.starts_with(&VPC_ONLY[..before_end]));
    assert!(merged.text.ends_with(&VPC_ONLY[before_end..]));
    assert!(
        merged
            .text
            .contains("\n        {\n          \"Sid\": \"BucketReadyList\"")
    );
    let fates: Vec<(Fate, &str)> = merged
        .statements
        .iter()
        .map(|s| (s.fate, s.name.as_str()))
        .collect();
    assert_eq!(
        fates,
        [
            (Fate::Kept, "VpcOnly"),
            (Fate::Added, "BucketReadyList"),
            (Fate::Added, "BucketReadyRead")
        ]
    );
    assert_eq!(
        unmerge(&merged.text, &BUCKET_SIDS).unwrap().text.as_deref(),
        Some(VPC_ONLY)
    );
}

#[test]
fn a_single_statement_becomes_a_list_and_stays_itself() {
    let one = r#"{"Statement": {"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"*"}}"#;
    let merged = merge(Some(one), &ours()).unwrap();
    let policy = Policy::parse(&merged.text).unwrap();
    assert_eq!(policy.statements.len(), 3);
    assert!(one.contains(policy.text_of(&policy.statements[0])));
    assert!(!merged.text.contains('\n'));
}

#[test]
fn no_policy_becomes_ours_and_goes_again_with_it() {
    for none in [None, Some(""), Some(" \n")] {
        let merged = merge(none, &ours()).unwrap();
        assert_eq!(merged.count(Fate::Added), 2);
        assert_eq!(unmerge(&merged.text, &BUCKET_SIDS).unwrap().text, None);
    }
}

#[test]
fn what_s3_gives_back_in_other_words_is_not_written_again() {
    let returned = format!(
        r#"{{"Version":"2012-10-17","Statement":[
        {{"Sid":"BucketReadyRead","Effect":"Allow","Principal":{{"AWS":["{READER}"]}},"Action":["S3:GetObject"],
          "Resource":["arn:aws:s3:::acme/signals/*","arn:aws:s3:::acme/events/*","arn:aws:s3:::acme/metrics/*"]}},
        {{"Sid":"BucketReadyList","Effect":"Allow","Principal":{{"AWS":"{READER}"}},"Action":"s3:ListBucket",
          "Resource":["arn:aws:s3:::acme"],"Condition":{{"StringLike":{{"S3:PREFIX":["signals/*","signals","events","events/*","metrics","metrics/*"]}}}}}}]}}"#
    );
    let merged = merge(Some(&returned), &ours()).unwrap();
    assert!(!merged.changes());
    assert_eq!(merged.text, returned);
}

#[test]
fn a_grant_to_a_deleted_user_under_our_sid_is_replaced_in_its_place() {
    let dead = merge(Some(VPC_ONLY), &ours())
        .unwrap()
        .text
        .replace(READER, "AIDACKCEVSQ6C2EXAMPLE");
    let merged = merge(Some(&dead), &ours()).unwrap();
    assert_eq!(merged.count(Fate::Replaced), 2);
    assert_eq!(merged.text, merge(Some(VPC_ONLY), &ours()).unwrap().text);
    assert!(merged.statements[1].before.as_deref().unwrap().contains("AIDA"));
}

#[test]
fn a_doubled_statement_of_ours_goes() {
    let once = merge(Some(VPC_ONLY), &ours()).unwrap().text;
    let policy = Policy::parse(&once).unwrap();
    let twice = appended(&policy, &ours()[0]);
    let merged = merge(Some(&twice), &ours()).unwrap();
    assert_eq!(
        (merged.text.as_str(), merged.count(Fate::Removed)),
        (once.as_str(), 1)
    );
}

#[test]
fn a_dropped_statement_goes_by_its_text_and_not_by_its_place() {
    let policy = Policy::parse(VPC_ONLY).unwrap();
    let text = policy.text_of(&policy.statements[0]).to_owned();
    let merged = merge(Some(VPC_ONLY), &ours()).unwrap();
    let dropped = drop_statements(&merged.text, &[text]).unwrap();
    assert_eq!(
        Policy::parse(dropped.text.as_deref().unwrap())
            .unwrap()
            .statements
            .len(),
        2
    );
    assert_eq!(dropped.removed[0].name, "VpcOnly");
    let nothing = drop_statements(&merged.text, &["{}".into()]).unwrap();
    assert_eq!(nothing.text.as_deref(), Some(merged.text.as_str()));
}

/// Documents as people, consoles and scripts leave them, each with what stands around its statements.
const ODD: &[&str] = &[
    // Tabs, carriage returns, spaces at the ends of lines, and nothing in line.
    "\t{\r\n\t\"Statement\" :\t[ \r\n\t\t{\"Effect\":\"Deny\" ,\t\"Principal\":\"*\",\r\n\"Action\":\"s3:*\",\"Resource\":\"*\"}  \r\n\t] \r\n}\r\n ",
    // Escapes that mean what needs none, and what does.
    r#"{"Statement":[{"Sid":"\u0042ucketReadyLis\u0074\u0020","Effect":"Allow","Principal":"*","Action":"s3:\u0047etObject","Resource":"arn:aws:s3:::acme\/\ud83d\ude00"}]}"#,
    // Sids that are ours but for case, and ids of deleted users.
    r#"{"Id":"","Statement":[
  {"Sid":"bucketreadylist","Effect":"Allow","Principal":{"AWS":["AIDACKCEVSQ6C2EXAMPLE","*"]},"Action":"s3:*","Resource":"*"},
  {"Sid":"BUCKETREADYREAD","Effect":"Allow","Principal":{"AWS":"AROACKCEVSQ6C2EXAMPLE"},"Action":"s3:*","Resource":"*"}
],"Version":"2008-10-17"}"#,
    // Two statements that are the same, one without white space and one on lines of its own.
    "{\"Statement\":[{\"Effect\":\"Deny\",\"Principal\":\"*\",\"Action\":\"*\",\"Resource\":\"*\"},\n\n      {\"Effect\":\"Deny\",\"Principal\":\"*\",\"Action\":\"*\",\"Resource\":\"*\"}]}",
];

#[test]
fn odd_documents_come_back_byte_for_byte() {
    for odd in ODD {
        let merged = merge(Some(odd), &ours()).unwrap();
        assert_eq!(merged.count(Fate::Added), 2, "{odd}");
        assert_eq!(statements_of(&merged.text), statements_of(odd));
        assert!(!merge(Some(&merged.text), &ours()).unwrap().changes(), "{odd}");
        let undone = unmerge(&merged.text, &BUCKET_SIDS).unwrap().text;
        assert_eq!(undone.as_deref(), Some(*odd));
    }
}

#[test]
fn a_list_without_statements_takes_ours() {
    for empty in [
        "{\"Statement\": []}",
        "{\"Statement\":[ \n ],\"Version\":\"2012-10-17\"}",
    ] {
        let merged = merge(Some(empty), &ours()).unwrap();
        assert_eq!(merged.count(Fate::Added), 2);
        assert!(!merge(Some(&merged.text), &ours()).unwrap().changes());
    }
}

#[test]
fn what_is_no_policy_is_refused_and_not_mended() {
    let twice = r#"{"Statement": [], "Statement": []}"#;
    let deep = format!(
        "{{\"Statement\": {}1{}}}",
        "[".repeat(100_000),
        "]".repeat(100_000)
    );
    for text in [
        "\u{feff}{\"Statement\": []}",
        twice,
        &deep,
        "{\"Statement\": [{}]}",
        "null",
        "{",
    ] {
        let error = merge(Some(text), &ours()).unwrap_err();
        assert!(error.line >= 1 && !error.what.is_empty());
        assert!(unmerge(text, &BUCKET_SIDS).is_err());
    }
}

#[test]
fn a_statement_of_ours_that_says_something_else_is_replaced_where_it_stands() {
    for (was, is) in [
        ("\"Allow\"", "\"Deny\""),
        ("\"s3:GetObject\"", "\"s3:*\""),
        ("acme/events/*", "acme/EVENTS/*"),
        ("\"Principal\"", "\"NotPrincipal\""),
        ("\"Resource\"", "\"NotResource\""),
        ("StringLike", "StringEquals"),
        ("\"events\"", "\"Events\""),
        ("user/statsig-reader", "user/Statsig-Reader"),
    ] {
        let ours_in_it = merge(Some(VPC_ONLY), &ours()).unwrap().text;
        let other = ours_in_it.replace(was, is);
        // The foreign statement stays, also where the change hit it.
        let foreign = statements_of(&other);
        let merged = merge(Some(&other), &ours()).unwrap();
        assert!(merged.count(Fate::Replaced) >= 1, "{is}");
        assert_eq!(statements_of(&merged.text), foreign, "{is}");
        assert!(!merge(Some(&merged.text), &ours()).unwrap().changes(), "{is}");
    }
}

fn scalar_or_list(values: Vec<String>) -> Json {
    match values.as_slice() {
        [one] if one.len() % 2 == 0 => json!(one),
        _ => json!(values),
    }
}

fn foreign_statement() -> impl Strategy<Value = Json> {
    let name = "[A-Za-z0-9]{0,8}";
    let texts = || proptest::collection::vec("[ -~é“]{0,10}", 1..4).prop_map(scalar_or_list);
    (
        proptest::option::of(name),
        any::<bool>(),
        texts(),
        texts(),
        proptest::option::of((name, name, texts())),
        proptest::option::of(("[a-z]{1,5}", any::<i32>())),
        prop_oneof![
            Just(json!("*")),
            texts().prop_map(|t| json!({"AWS": t})),
            texts().prop_map(|t| json!({"Service": t}))
        ],
    )
        .prop_map(|(sid, allow, actions, resources, condition, odd, principal)| {
            let mut s = serde_json::Map::new();
            if let Some(sid) = sid {
                s.insert("Sid".into(), sid.into());
            }
            s.insert("Effect".into(), if allow { "Allow" } else { "Deny" }.into());
            s.insert("Principal".into(), principal);
            s.insert(if allow { "Action" } else { "NotAction" }.into(), actions);
            s.insert("Resource".into(), resources);
            if let Some((operator, key, values)) = condition {
                s.insert("Condition".into(), json!({operator: {key: values}}));
            }
            if let Some((name, value)) = odd {
                s.insert(name, value.into());
            }
            Json::Object(s)
        })
}

pub(in crate::access) fn foreign_policy() -> impl Strategy<Value = String> {
    (
        proptest::collection::vec(foreign_statement(), 1..6),
        0..4u8,
        proptest::option::of("[a-z ]{0,6}"),
    )
        .prop_map(|(statements, style, id)| {
            let mut policy = serde_json::Map::new();
            if let Some(id) = id {
                policy.insert("Id".into(), id.into());
            }
            let single = statements.len() == 1 && style == 3;
            let mut statements = Json::Array(statements);
            policy.insert(
                "Statement".into(),
                if single { statements[0].take() } else { statements },
            );
            policy.insert("Version".into(), "2012-10-17".into());
            let policy = Json::Object(policy);
            match style {
                0 => policy.to_string(),
                1 => format!("{policy:#}\n"),
                2 => format!("{policy:#}").replace("\n", "\r\n"),
                _ => format!(" {policy} "),
            }
        })
}

pub(in crate::access) fn statements_of(text: &str) -> Vec<String> {
    let policy = Policy::parse(text).unwrap();
    policy
        .statements
        .iter()
        .filter(|s| !BUCKET_SIDS.contains(&s.sid.as_deref().unwrap_or_default()))
        .map(|s| policy.text_of(s).to_owned())
        .collect()
}

proptest! {
    #[test]
    fn foreign_policies_survive_merge_and_undo(foreign in foreign_policy()) {
        let merged = merge(Some(&foreign), &ours()).unwrap();
        prop_assert_eq!(statements_of(&merged.text), statements_of(&foreign));
        prop_assert_eq!(merged.count(Fate::Added), 2);
        let again = merge(Some(&merged.text), &ours()).unwrap();
        prop_assert!(!again.changes());
        prop_assert_eq!(&again.text, &merged.text);
        let undone = unmerge(&merged.text, &BUCKET_SIDS).unwrap().text.unwrap();
        prop_assert_eq!(statements_of(&undone), statements_of(&foreign));
        let was_list = matches!(Policy::parse(&foreign).unwrap().root().get("Statement").unwrap().value, Value::List(_));
        if was_list {
            prop_assert_eq!(undone, foreign);
        }
    }

    #[test]
    fn a_foreign_statement_taken_out_leaves_the_others_as_they_are(foreign in foreign_policy(), at in 0..6usize) {
        let merged = merge(Some(&foreign), &ours()).unwrap().text;
        let policy = Policy::parse(&merged).unwrap();
        let at = at % policy.statements.len();
        let mut rest: Vec<String> = policy.statements.iter().map(|s| policy.text_of(s).to_owned()).collect();
        rest.remove(at);
        let without = without(&policy, at).unwrap();
        let left = Policy::parse(&without).unwrap();
        let now: Vec<String> = left.statements.iter().map(|s| left.text_of(s).to_owned()).collect();
        prop_assert_eq!(now, rest);
    }
}
