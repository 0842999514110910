//! A grant's plan as text: a line a change with its mark, the bucket policy statement by statement, what stands in the
//! way, what could not be seen.

use unicode_width::UnicodeWidthStr;

use super::{Style, pad, paragraph};
use crate::{
    access::{
        Plan,
        merge::{Fate, StatementChange},
        plan::{Change, ChangeKind, Concern},
    },
    report::{escape, escape_cut, model::Status},
};

/// The plan, for people.
pub fn plan(plan: &Plan, style: Style) -> String {
    let mut out = head(plan, style);
    let rule = style.faint(&"─".repeat(style.width));
    out.push_str(&format!("{rule}\n"));
    for change in &plan.changes {
        one_change(&mut out, change, style);
    }
    for line in &plan.satisfied {
        let mark = style.status(Status::Pass, "✓");
        out.push_str(&format!("  {mark} {}\n", escape(line)));
    }
    for concern in &plan.problems {
        one_concern(&mut out, concern, style);
    }
    for unseen in &plan.unseen {
        let text = format!("{} could not be seen: {}", unseen.what, unseen.why);
        let mark = style.status(Status::Unknown, "?");
        marked(&mut out, &mark, &text, style);
    }
    out.push_str(&format!("{rule}\n{}\n", style.bold(&summary(plan))));
    out
}

fn head(plan: &Plan, style: Style) -> String {
    let place = escape(&format!("s3://{}/{}", plan.target.bucket, plan.target.prefix)).into_owned();
    let user = plan.user_arn.as_deref().unwrap_or(&plan.user);
    let owner = match (&plan.bucket_account, account_of(plan)) {
        (Some(bucket), Some(user)) if bucket == user => format!("account {bucket}, user and bucket alike"),
        (Some(bucket), _) => format!("the bucket belongs to account {bucket}, another than the user's"),
        (None, _) => "whose the bucket is could not be seen".to_owned(),
    };
    let mut out = format!("{}\n", style.bold(&format!("Grant on {place}")));
    paragraph(&mut out, "reader  ", &escape(user), 2, style);
    paragraph(&mut out, "owner   ", &escape(&owner), 2, style);
    if let Some(region) = &plan.region {
        paragraph(&mut out, "region  ", &escape(region), 2, style);
    }
    out
}

fn account_of(plan: &Plan) -> Option<&str> {
    plan.user_arn.as_deref()?.split(':').nth(4)
}

fn one_change(out: &mut String, change: &Change, style: Style) {
    let replaces = matches!(
        change.kind,
        ChangeKind::PutUserPolicy { .. } | ChangeKind::PutBucketPolicy { .. }
    ) && change.before.is_some();
    let mark = if replaces {
        style.status(Status::Warn, "~")
    } else {
        style.status(Status::Pass, "+")
    };
    let title = escape(&change.title).into_owned();
    let gap = style
        .width
        .saturating_sub(title.width() + change.call.width() + 4);
    match gap {
        0 | 1 => out.push_str(&format!("  {mark} {title}\n")),
        gap => out.push_str(&format!(
            "  {mark} {title}{:gap$}{}\n",
            "",
            style.faint(&escape(&change.call))
        )),
    }
    paragraph(out, "", &escape(&change.why), 6, style);
    for statement in &change.statements {
        one_statement(out, statement, style);
    }
    if matches!(change.kind, ChangeKind::PutBucketPolicy { .. }) {
        let race = "S3 can't put a policy on condition that it is still the one that was read: it is compared right before \
                    and read back right after, and a narrow race remains.";
        paragraph(out, "", race, 6, style);
    }
    paragraph(out, "undo  ", &escape(&change.undo), 6, style);
}

fn one_statement(out: &mut String, statement: &StatementChange, style: Style) {
    let (mark, word, status) = match statement.fate {
        Fate::Kept => (" ", "kept", Status::Skipped),
        Fate::Added => ("+", "added", Status::Pass),
        Fate::Replaced => ("~", "replaced", Status::Warn),
        Fate::Removed => ("-", "removed", Status::Fail),
    };
    let text = statement.after.as_ref().or(statement.before.as_ref());
    let line = text.map(|text| one_line(text)).unwrap_or_default();
    let room = style.width.saturating_sub(10 + "replaced".len() + 1).max(20);
    let shown = pad(&escape_cut(&line, room), room);
    out.push_str(&format!(
        "      {} {} {shown} {}\n",
        style.faint("│"),
        style.status(status, mark),
        style.status(status, word)
    ));
}

/// A statement on one line: white space between its parts becomes one space, texts keep theirs.
fn one_line(text: &str) -> String {
    let (mut in_text, mut escaped, mut out) = (false, false, String::new());
    for c in text.chars() {
        match (in_text, c) {
            (true, _) if escaped => escaped = false,
            (true, '\\') => escaped = true,
            (_, '"') => in_text = !in_text,
            (false, c) if c.is_whitespace() => {
                if !out.ends_with([' ', '{', '[']) {
                    out.push(' ');
                }
                continue;
            }
            (false, '}' | ']') if out.ends_with(' ') => {
                out.pop();
            }
            _ => {}
        }
        out.push(c);
    }
    out
}

fn one_concern(out: &mut String, concern: &Concern, style: Style) {
    let mark = match concern.blocking {
        true => style.status(Status::Fail, "✗"),
        false => style.status(Status::Warn, "!"),
    };
    marked(out, &mark, &concern.say, style);
    // What is to be done may hold statements to paste: their lines stay as they are.
    let (first, rest) = concern
        .next
        .say
        .split_once('\n')
        .unwrap_or((concern.next.say.as_str(), ""));
    paragraph(out, "next  ", &escape(first), 6, style);
    for line in rest.lines() {
        out.push_str(&format!("        {}\n", escape(line)));
    }
    if let Some(command) = &concern.next.command {
        out.push_str(&format!("      {} {}\n", style.faint("$"), escape(command)));
    }
    if concern.offer_to_drop.is_some() {
        paragraph(
            out,
            "next  ",
            "`grant plan … --drop-dead-principals` plans to drop it.",
            6,
            style,
        );
    }
}

fn marked(out: &mut String, mark: &str, text: &str, style: Style) {
    let mut body = String::new();
    paragraph(&mut body, "", &escape(text), 4, style);
    out.push_str(&body.replacen("    ", &format!("  {mark} "), 1));
}

/// `4 changes, 1 problem`
fn summary(plan: &Plan) -> String {
    let count = |n: usize, one: &str, many: &str| match n {
        0 => None,
        1 => Some(format!("1 {one}")),
        n => Some(format!("{n} {many}")),
    };
    let blocking = plan.blocking().count();
    let parts: Vec<String> = [
        count(plan.changes.len(), "change", "changes"),
        count(blocking, "problem that blocks it", "problems that block it"),
        count(plan.problems.len() - blocking, "problem", "problems"),
        count(plan.unseen.len(), "thing not seen", "things not seen"),
    ]
    .into_iter()
    .flatten()
    .collect();
    match (plan.is_satisfied(), parts.is_empty()) {
        (true, true) => "Nothing to do: all is as it should be.".into(),
        (true, false) => format!("No change. {}.", parts.join(", ")),
        (false, _) => format!("{}.", parts.join(", ")),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;
    use crate::access::{Encryption, Inspected, Known, Target, Wanted, plan::plan as planned};
    use crate::report::escape::must_escape;

    fn from_nothing() -> Plan {
        let policy = r#"{"Version":"2012-10-17","Statement":[{"Sid":"VpcOnly","Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:::acme/*","Condition":{"StringNotEquals":{"aws:SourceVpc":"vpc-0a1b"}}}]}"#;
        let inspected = Inspected {
            target: Target::new("acme", "", "aws"),
            user_account: Known::Known("111111111111".into()),
            bucket_account: Known::Known("111111111111".into()),
            user: Known::Known(None),
            bucket_policy: Known::Known(Some(policy.into())),
            restrict_public_buckets: Known::Known(true),
            encryption: Known::Known(Encryption::S3),
            ..Inspected::default()
        };
        let wanted = Wanted {
            user: "statsig-reader".into(),
            ..Wanted::default()
        };
        planned(&inspected, &wanted)
    }

    #[test]
    fn the_plan_says_what_is_added_what_is_kept_and_what_it_cannot_cure() {
        let text = plan(&from_nothing(), Style::default());
        for part in [
            "+ create user statsig-reader",
            "+ put user policy bucket-ready-read",
            "~ merge bucket policy: 1 kept, 2 added",
            "{\"Sid\":\"VpcOnly\"",
            "│ + {\"Sid\":\"BucketReadyList\"",
            "+ create access key",
            "iam:CreateUser",
            "Nothing that this plan adds can undo a Deny.",
            "a narrow race remains",
            "4 changes, 1 problem.",
        ] {
            // Sentences may be broken over lines.
            let flowing = text.split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(text.contains(part) || flowing.contains(part), "{part}\n{text}");
        }
        assert!(
            text.lines().all(|line| line.width() <= 100),
            "{:?}",
            text.lines().find(|line| line.width() > 100)
        );
        assert!(!text.contains('\u{1b}'));
    }

    #[test]
    fn a_policy_with_escape_sequences_cannot_act_on_the_terminal() {
        let mut hostile = from_nothing();
        hostile.user = "a\u{1b}[2J".into();
        hostile.satisfied.push("\u{202e}".into());
        hostile.problems[0].say.push('\u{9b}');
        for change in &mut hostile.changes {
            change.title.push('\u{7}');
            for statement in &mut change.statements {
                statement.after = Some("{\"Sid\": \"\u{1b}]0;x\u{7}\"}".into());
            }
        }
        hostile.user_arn = None;
        let text = plan(&hostile, Style::default());
        assert!(!text.contains(|c: char| must_escape(c) && c != '\n'), "{text:?}");
    }

    #[test]
    fn a_statement_stands_on_one_line_with_its_texts_untouched() {
        assert_eq!(
            one_line("{\n  \"Sid\":  \"a  b\",\n  \"Action\": [\n    \"x\"\n  ]\n}"),
            "{\"Sid\": \"a  b\", \"Action\": [\"x\"]}"
        );
    }
}
