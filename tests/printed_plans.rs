//! Printed plans held against what reads them: a real shell for the commands, Terraform's and YAML's documented escapes for
//! the two others. Names and documents are hostile; what comes out must be what the plan says, to the last character.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::{
    io::Write as _,
    process::{Command, Stdio},
};

use bucket_ready::access::{
    Inspected, Known, Plan, Target, UserFacts, Wanted, plan,
    plan::{ChangeKind, print},
};
use proptest::{collection::vec, prelude::*, sample::select};
use serde_json::{Value, json};

const PIECES: &[&str] = &[
    "$",
    "{",
    "}",
    "%",
    "${",
    "%{",
    "$${x}",
    "$$${",
    "%%{",
    "${aws:username}",
    "'",
    "\"",
    "\\",
    "\n",
    "\t",
    "\r",
    "POLICY",
    "\nPOLICY\n",
    "`id`",
    "$(id)",
    "#",
    ": ",
    "- ",
    "é",
    "e\u{301}",
    "😀",
    "\u{85}",
    "\u{2028}",
    "\u{202e}",
    "\u{7f}",
    "\u{9b}",
    "*",
    "?",
    " ",
    "a",
];

fn hostile() -> impl Strategy<Value = String> {
    vec(select(PIECES), 0..6).prop_map(|pieces| pieces.concat())
}

fn bucket_policy() -> impl Strategy<Value = String> {
    (vec(hostile(), 1..4), hostile(), hostile(), 0..5u8).prop_map(|(resources, value, sid, style)| {
        let policy = json!({
            "Version": "2012-10-17",
            "Statement": [{
                "Sid": sid,
                "Effect": "Deny",
                "Principal": "*",
                "Action": "s3:PutObject",
                "Resource": resources,
                "Condition": {"StringLike": {"aws:PrincipalTag/x": value}, "NumericEquals": {"s3:max-keys": 1.5}},
            }],
        });
        match style {
            0 => policy.to_string(),
            1 => format!("{policy:#}\n"),
            2 => format!("{policy:#}").replace('\n', "\r\n"),
            3 => format!("{policy:#}").replace("\n  ", "\n\t"),
            _ => format!("{policy:#}").replace("\": ", "\"\n:\n"),
        }
    })
}

fn inspected(before: Option<&str>, prefix: &str, user: Option<UserFacts>) -> Inspected {
    Inspected {
        target: Target::new("acme", prefix, "aws"),
        user_account: Known::Known("111111111111".into()),
        bucket_account: Known::Known("111111111111".into()),
        user: Known::Known(user),
        bucket_policy: Known::Known(before.map(str::to_owned)),
        restrict_public_buckets: Known::Known(true),
        ..Inspected::default()
    }
}

fn planned(before: Option<&str>, prefix: &str, user: &str) -> Plan {
    let wanted = Wanted {
        user: user.into(),
        ..Wanted::default()
    };
    plan(&inspected(before, prefix, None), &wanted)
}

fn documents(plan: &Plan) -> Vec<&str> {
    plan.changes
        .iter()
        .filter_map(|change| match &change.kind {
            ChangeKind::PutUserPolicy { document, .. } | ChangeKind::PutBucketPolicy { document, .. } => {
                Some(document.as_str())
            }
            _ => None,
        })
        .collect()
}

/// Runs a script in a real shell with an `aws` that tells what it was called with; the calls that change something.
fn run(script: &str, answer_to_get: &str) -> Vec<Vec<String>> {
    let aws = format!(
        "aws() {{\n  case \"$2\" in\n    get-bucket-policy) {answer_to_get} ;;\n    *) printf '%s\\000' \"$@\" ''; printf '%s\\000' end ;;\n  esac\n}}\n"
    );
    let mut shell = Command::new("sh")
        .arg("-s")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut stdin = shell.stdin.take().unwrap();
    stdin.write_all(aws.as_bytes()).unwrap();
    stdin.write_all(script.as_bytes()).unwrap();
    drop(stdin);
    let out = String::from_utf8(shell.wait_with_output().unwrap().stdout).unwrap();
    out.split("\0\0end\0")
        .filter(|call| !call.is_empty())
        .map(|call| call.split('\0').map(str::to_owned).collect())
        .collect()
}

/// What Terraform makes of a template's text; a bare `${` or `%{` would be an expression of somebody else's.
fn template(text: &str) -> String {
    assert!(
        text.bytes().all(|b| b == b'\n' || (b' '..=b'~').contains(&b)),
        "{text:?}"
    );
    let (mut out, mut rest) = (String::new(), text);
    while let Some(c) = rest.chars().next() {
        if let Some(after) = rest.strip_prefix("$${") {
            // Three signs in a row would leave it open which two belong together.
            assert!(!out.ends_with('$'), "{text}");
            (out, rest) = (out + "${", after);
        } else if let Some(after) = rest.strip_prefix("%%{") {
            assert!(!out.ends_with('%'), "{text}");
            (out, rest) = (out + "%{", after);
        } else {
            assert!(!rest.starts_with("${") && !rest.starts_with("%{"), "{text}");
            out.push(c);
            rest = &rest[c.len_utf8()..];
        }
    }
    out
}

/// `\U0001f600`, which JSON does not have, as JSON has it.
fn in_halves(text: &str) -> String {
    let mut parts = text.split("\\U");
    let mut out = parts.next().unwrap().to_owned();
    for part in parts {
        // An even number of backslashes before it would make it plain text; no piece of ours ends in one and goes on in U.
        let code = u32::from_str_radix(&part[..8], 16).unwrap();
        for half in char::from_u32(code).unwrap().encode_utf16(&mut [0; 2]) {
            out.push_str(&format!("\\u{half:04x}"));
        }
        out.push_str(&part[8..]);
    }
    out
}

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|e| panic!("{e}: {text}"))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_shell_hands_on_exactly_what_was_planned(before in bucket_policy(), prefix in "[a'$*é \"\\\\]{0,6}", user in hostile()) {
        prop_assume!(!user.is_empty());
        let plan = planned(Some(&before), &prefix, &user);
        prop_assume!(plan.blocking().next().is_none());
        let answer = format!("printf '%s\\n' {}", print::shell_quote(&before));
        let calls = run(&print::aws(&plan), &answer);
        let [create, wait, put_user, put_bucket, key] = calls.as_slice() else {
            panic!("{calls:?}\n{}", print::aws(&plan))
        };
        let documents = documents(&plan);
        prop_assert_eq!(&create[..4], ["iam", "create-user", "--user-name", &user]);
        prop_assert_eq!(&wait[..], ["iam", "wait", "user-exists", "--user-name", &user]);
        prop_assert_eq!(&put_user[2..4], ["--user-name", &user]);
        prop_assert_eq!(put_user.last().unwrap(), documents[0]);
        prop_assert_eq!(&put_bucket[..4], ["s3api", "put-bucket-policy", "--bucket", "acme"]);
        prop_assert_eq!(put_bucket.last().unwrap(), documents[1]);
        prop_assert_eq!(&key[..], ["iam", "create-access-key", "--user-name", &user]);
        let other = run(&print::aws(&plan), "printf '%s\\n' '{}'");
        prop_assert!(other.is_empty(), "a policy that has changed is not replaced: {:?}", other);
    }

    #[test]
    fn terraform_reads_back_exactly_what_was_planned(before in bucket_policy(), prefix in "[a${}%*é]{0,8}", user in hostile()) {
        let plan = planned(Some(&before), &prefix, &user);
        let printed = print::terraform(&plan);
        let heredocs: Vec<Value> = printed
            .split("<<-POLICY\n")
            .skip(1)
            .map(|rest| parsed(&template(rest.split("\n  POLICY\n").next().unwrap())))
            .collect();
        let wanted: Vec<Value> = documents(&plan).into_iter().map(parsed).collect();
        prop_assert_eq!(heredocs, wanted);
        let name = printed.lines().find_map(|l| l.strip_prefix("  name = ")).unwrap();
        prop_assert_eq!(parsed(&in_halves(&template(name))), json!(user));
    }

    #[test]
    fn cloudformation_reads_back_exactly_what_was_planned(before in bucket_policy(), prefix in "[a${}%*é]{0,8}", user in hostile()) {
        let plan = planned(Some(&before), &prefix, &user);
        let printed = print::cloudformation(&plan);
        let (_, template) = printed.split_once("AWSTemplateFormatVersion").unwrap();
        prop_assert!(template.bytes().all(|b| b == b'\n' || (b' '..=b'~').contains(&b)), "{}", template);
        prop_assert!(!template.contains("Fn::") && !template.contains("!Sub"));
        let policies: Vec<Value> = template
            .split("PolicyDocument:\n")
            .skip(1)
            .map(|rest| {
                let indent = rest.len() - rest.trim_start().len();
                let lines: Vec<&str> = rest.lines().take_while(|l| l.starts_with(&" ".repeat(indent))).collect();
                parsed(&in_halves(&lines.join("\n")))
            })
            .collect();
        let wanted: Vec<Value> = documents(&plan).into_iter().map(parsed).collect();
        prop_assert_eq!(policies, wanted);
        let name = template.lines().find_map(|l| l.strip_prefix("      UserName: ")).unwrap();
        prop_assert_eq!(parsed(&in_halves(name)), json!(user));
    }
}

#[test]
fn a_bucket_policy_that_could_not_be_read_is_not_overwritten() {
    let script = print::aws(&planned(None, "", "statsig-reader"));
    let refused =
        "echo 'An error occurred (AccessDenied) when calling the GetBucketPolicy operation' >&2; return 254";
    assert_eq!(run(&script, refused), Vec::<Vec<String>>::new());
    let there = "echo '{}'";
    assert_eq!(run(&script, there), Vec::<Vec<String>>::new());
    let none = "echo 'An error occurred (NoSuchBucketPolicy) when calling the GetBucketPolicy operation' >&2; return 254";
    assert_eq!(run(&script, none).len(), 5);
}

#[test]
fn a_user_that_is_there_keeps_what_the_plan_does_not_speak_of() {
    let user = UserFacts {
        arn: "arn:aws:iam::111111111111:user/partners/statsig-reader".into(),
        id: "AIDACKCEVSQ6C2EXAMPLE".into(),
        inline: Known::Known(Vec::new()),
        keys: Known::Known(Vec::new()),
        ..UserFacts::default()
    };
    let wanted = Wanted {
        user: "statsig-reader".into(),
        ..Wanted::default()
    };
    let plan = plan(&inspected(None, "", Some(user)), &wanted);
    let terraform = print::terraform(&plan);
    // To own the user would be to take off its boundary and its tags.
    assert!(!terraform.contains("resource \"aws_iam_user\" "), "{terraform}");
    assert!(
        terraform.contains("data \"aws_iam_user\" \"statsig_reader\" {\n  user_name = \"statsig-reader\"\n}")
    );
    assert!(terraform.contains("user   = data.aws_iam_user.statsig_reader.user_name\n"));
    let cloudformation = print::cloudformation(&plan);
    assert!(!cloudformation.contains("AWS::IAM::User\n"), "{cloudformation}");
    assert!(cloudformation.contains("    Type: AWS::IAM::UserPolicy\n"));
}
