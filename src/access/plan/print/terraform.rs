//! A plan as Terraform.

use super::{After, indented};
use crate::access::{json::quote, plan::Plan};

/// The plan as a Terraform configuration for the AWS provider.
pub fn terraform(plan: &Plan) -> String {
    let after = After::of(plan);
    let mut import = Vec::new();
    if !after.user_is_new {
        import.push(format!(
            "terraform import aws_iam_user.statsig_reader {}",
            plan.user
        ));
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
    out.push_str(&format!(
        "\nresource \"aws_iam_user\" \"statsig_reader\" {{\n  name = {}\n  path = {}\n}}\n",
        hcl(&plan.user),
        hcl(after.path)
    ));
    out.push_str(&format!(
        "\nresource \"aws_iam_user_policy\" \"statsig_reader\" {{\n  name   = {}\n  user   = aws_iam_user.statsig_reader.name\n  policy = {}\n}}\n",
        hcl(after.policy_name()),
        heredoc(&after.user_policy)
    ));
    if let Some(policy) = after.bucket_policy {
        // The user must be there before its ARN stands in the policy.
        out.push_str(&format!(
            "\nresource \"aws_s3_bucket_policy\" \"bucket\" {{\n  bucket     = {}\n  depends_on = [aws_iam_user.statsig_reader]\n  policy     = {}\n}}\n",
            hcl(&plan.target.bucket),
            heredoc(policy)
        ));
    }
    out
}

/// A text as an HCL string: JSON's escapes, and no interpolation.
fn hcl(text: &str) -> String {
    inert(&quote(text))
}

fn inert(text: &str) -> String {
    text.replace("${", "$${").replace("%{", "%%{")
}

/// A policy as an indented heredoc. Its words can't end it: a policy has no line that is `POLICY` alone.
fn heredoc(policy: &str) -> String {
    format!("<<-POLICY\n{}\n  POLICY", indented(&inert(policy.trim_end()), 4))
}
