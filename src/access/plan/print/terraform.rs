//! A plan as Terraform.

use super::{
    After, indented,
    text::{Astral, document, quoted},
};
use crate::access::plan::Plan;

/// The plan as a Terraform configuration for the AWS provider.
///
/// A user that is there is looked up and not owned: a resource for it would take off its boundary and tags, of which the
/// plan does not speak.
pub fn terraform(plan: &Plan) -> String {
    let after = After::of(plan);
    let mut import = Vec::new();
    if !after.user_is_new {
        import.push(format!(
            "terraform import aws_iam_user_policy.statsig_reader {}:{}   (if the policy is there)",
            plan.user,
            after.policy_name()
        ));
    }
    if after.bucket_policy_was_there {
        import.push(format!(
            "terraform import aws_s3_bucket_policy.bucket {}",
            plan.target.bucket
        ));
    }
    let mut out = after.head(&import);
    let user = match after.user_is_new {
        true => {
            out.push_str(&format!(
                "\nresource \"aws_iam_user\" \"statsig_reader\" {{\n  name = {}\n  path = {}\n}}\n",
                hcl(&plan.user),
                hcl(after.path)
            ));
            ("aws_iam_user.statsig_reader", "name")
        }
        false => {
            out.push_str(&format!(
                "\ndata \"aws_iam_user\" \"statsig_reader\" {{\n  user_name = {}\n}}\n",
                hcl(&plan.user)
            ));
            ("data.aws_iam_user.statsig_reader", "user_name")
        }
    };
    let (reader, name) = user;
    out.push_str(&format!(
        "\nresource \"aws_iam_user_policy\" \"statsig_reader\" {{\n  name   = {}\n  user   = {reader}.{name}\n  policy = {}\n}}\n",
        hcl(after.policy_name()),
        heredoc(&after.user_policy)
    ));
    if let Some(policy) = after.bucket_policy {
        // The user must be there before its ARN stands in the policy.
        out.push_str(&format!(
            "\nresource \"aws_s3_bucket_policy\" \"bucket\" {{\n  bucket     = {}\n  depends_on = [{reader}]\n  policy     = {}\n}}\n",
            hcl(&plan.target.bucket),
            heredoc(policy)
        ));
    }
    out
}

/// A text as an HCL string, without interpolation.
fn hcl(text: &str) -> String {
    inert(&quoted(text, Astral::Whole))
}

/// A policy as an indented heredoc. Its words can't end it: set anew, no line of it is `POLICY` alone.
fn heredoc(policy: &str) -> String {
    format!(
        "<<-POLICY\n{}\n  POLICY",
        indented(&inert(&document(policy, Astral::Halves)), 4)
    )
}

/// `${` and `%{` as `$${` and `%%{`. Further such signs before them are escaped in full, so that no three stand in a row
/// and it can't be asked which two of them belong together.
///
/// Source: Terraform's configuration language, "Strings and Templates", "Escape Sequences".
fn inert(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(brace) = rest.find('{') {
        let (before, after) = rest.split_at(brace);
        let sign = before.chars().next_back().filter(|c| matches!(c, '$' | '%'));
        match sign {
            None => out.push_str(before),
            Some(sign) => {
                let start = before.trim_end_matches(sign);
                out.push_str(start);
                for _ in start.len() + 1..before.len() {
                    out.push_str(&format!("\\u{:04x}", u32::from(sign)));
                }
                out.extend([sign, sign]);
            }
        }
        out.push('{');
        rest = after.get(1..).unwrap_or_default();
    }
    out.push_str(rest);
    out
}
