//! A plan on paper, for the person who holds the rights: `aws` commands, Terraform, CloudFormation.
//!
//! Terraform and CloudFormation own the whole bucket policy, so they print the merged one; the first comment says so,
//! and how what is there is imported. None of them prints a key: its secret would end up in a state file.

mod cloudformation;
mod spark;
mod terraform;
mod text;

pub use cloudformation::cloudformation;
pub use spark::spark;
pub use terraform::terraform;

use super::{ChangeKind, Plan};
use crate::access::needs::POLICY_NAME;

/// A text as one word of a POSIX shell.
pub fn shell_quote(text: &str) -> String {
    let plain = !text.is_empty()
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"-_./:@%+=,".contains(&b));
    match plain {
        true => text.to_owned(),
        false => format!("'{}'", text.replace('\'', r"'\''")),
    }
}

/// What a comment may hold of a text from outside: no line ends, no control characters.
fn comment(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}

/// The plan as `aws` commands, in order, with its concerns as comments.
pub fn aws(plan: &Plan) -> String {
    let mut out = format!(
        "#!/bin/sh\n# Lets {} list and read the three folders of {} and nothing else. Run it as it is, from top to bottom.\nset -eu\n",
        comment(&plan.user),
        comment(&plan.target.bucket)
    );
    for problem in &plan.problems {
        let mark = if problem.blocking { "STOP: " } else { "Note: " };
        out.push_str(&format!(
            "# {mark}{}\n#   {}\n",
            comment(&problem.say),
            comment(&problem.next.say)
        ));
    }
    if plan.blocking().next().is_some() {
        out.push_str("exit 1 # Take this line out once what is marked STOP is settled.\n");
    }
    for change in &plan.changes {
        if let ChangeKind::PutBucketPolicy { bucket, .. } = &change.kind {
            out.push_str("\n# The bucket policy is replaced as a whole below. Is it still the one that the plan was made for?\n");
            out.push_str(&guard(bucket, change.before.as_deref()));
        }
    }
    if plan.changes.is_empty() {
        out.push_str("\n# Nothing to do: all is as it should be.\n");
    }
    for change in &plan.changes {
        out.push_str(&format!(
            "\n# {}. {}\n",
            comment(&change.title),
            comment(&change.why)
        ));
        if matches!(change.kind, ChangeKind::PutBucketPolicy { .. }) && makes_user(plan) {
            out.push_str(
                "# S3 may not know a new user for some seconds: on \"Invalid principal\", wait and run the rest from here.\n",
            );
        }
        out.push_str(&change.command);
        out.push('\n');
        if let ChangeKind::CreateUser { user, .. } = &change.kind {
            out.push_str(&format!(
                "aws iam wait user-exists --user-name {}\n",
                shell_quote(user)
            ));
        }
    }
    out
}

fn makes_user(plan: &Plan) -> bool {
    plan.changes
        .iter()
        .any(|c| matches!(c.kind, ChangeKind::CreateUser { .. }))
}

/// Shell lines that stop, before anything is changed, where the bucket policy is no longer the one that the plan was
/// made for.
fn guard(bucket: &str, before: Option<&str>) -> String {
    const STOP: &str =
        "{ echo 'The bucket policy has changed since the plan was made: plan again.' >&2; exit 1; }";
    let get = format!("aws s3api get-bucket-policy --bucket {}", shell_quote(bucket));
    match before {
        Some(before) => format!(
            "[ \"$({get} --query Policy --output text)\" = {} ] ||\n  {STOP}\n",
            shell_quote(before.trim_end_matches('\n'))
        ),
        // Only S3's own word that there is none will do: a refusal or a broken line proves nothing.
        None => format!("case \"$({get} 2>&1)\" in\n  *NoSuchBucketPolicy*) ;;\n  *) {STOP} ;;\nesac\n"),
    }
}

/// Texts that both other forms need: what will be there once the plan is applied.
struct After<'p> {
    plan: &'p Plan,
    user_is_new: bool,
    path: &'p str,
    user_policy: String,
    bucket_policy: Option<&'p str>,
    bucket_policy_was_there: bool,
}

impl<'p> After<'p> {
    fn of(plan: &'p Plan) -> Self {
        let mut after = Self {
            plan,
            user_is_new: false,
            path: "/",
            user_policy: plan.target.user_policy(&plan.extras),
            bucket_policy: None,
            bucket_policy_was_there: false,
        };
        for change in &plan.changes {
            match &change.kind {
                ChangeKind::CreateUser { path, .. } => {
                    after.user_is_new = true;
                    after.path = path;
                }
                ChangeKind::PutBucketPolicy { document, .. } => {
                    after.bucket_policy = Some(document);
                    after.bucket_policy_was_there = change.before.is_some();
                }
                _ => {}
            }
        }
        after
    }

    /// The head of comments: what it owns, what to import, what stands in the way.
    fn head(&self, import: &[String]) -> String {
        let bucket = comment(&self.plan.target.bucket);
        let mut out = String::new();
        match self.bucket_policy {
            Some(_) => out.push_str(&format!(
                "# This owns the WHOLE bucket policy of {bucket}: the one that was there when the plan was made, with our two\n# statements merged into it. Whatever is changed elsewhere will be overwritten by it.\n"
            )),
            None => out.push_str(&format!(
                "# The bucket policy of {bucket} is not part of this: it is as it should be, or could not be read.\n"
            )),
        }
        if !import.is_empty() {
            out.push_str("# What is there already must be imported first:\n");
            for line in import {
                out.push_str(&format!("#   {}\n", comment(line)));
            }
        }
        for problem in &self.plan.problems {
            let mark = if problem.blocking { "STOP: " } else { "Note: " };
            out.push_str(&format!("# {mark}{}\n", comment(&problem.say)));
        }
        out.push_str(&format!(
            "# It makes no key: the secret would stand in the state. Make it by hand, and hand it over:\n#   aws iam create-access-key --user-name {}\n",
            comment(&shell_quote(&self.plan.user))
        ));
        out
    }

    fn policy_name(&self) -> &'static str {
        POLICY_NAME
    }
}

fn indented(text: &str, by: usize) -> String {
    let pad = " ".repeat(by);
    text.lines()
        .map(|line| match line.is_empty() {
            true => String::new(),
            false => format!("{pad}{line}"),
        })
        .collect::<Vec<_>>()
        .join("\n")
}
