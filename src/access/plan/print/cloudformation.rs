//! A plan as CloudFormation.

use super::{After, indented};
use crate::access::{json::quote, plan::Plan};

/// The plan as a CloudFormation template, YAML (of which JSON is a part).
pub fn cloudformation(plan: &Plan) -> String {
    let after = After::of(plan);
    let mut import = Vec::new();
    if !after.user_is_new {
        import.push(format!(
            "the user, as resource StatsigReader, by its UserName {}",
            plan.user
        ));
    }
    if after.bucket_policy_was_there {
        import.push(format!(
            "the bucket policy, as resource BucketPolicy, by its Bucket {}",
            plan.target.bucket
        ));
    }
    if !import.is_empty() {
        import.push(
            "(aws cloudformation create-change-set --change-set-type IMPORT --resources-to-import ...)"
                .into(),
        );
    }
    let mut out = after.head(&import);
    out.push_str("AWSTemplateFormatVersion: \"2010-09-09\"\n");
    out.push_str(&format!(
        "Description: {}\n",
        quote(&format!(
            "Lets {} list and read three folders of {}",
            plan.user, plan.target.bucket
        ))
    ));
    out.push_str(&format!(
        "Resources:\n  StatsigReader:\n    Type: AWS::IAM::User\n    DeletionPolicy: Retain\n    Properties:\n      UserName: {}\n      Path: {}\n      Policies:\n        - PolicyName: {}\n          PolicyDocument:\n{}\n",
        quote(&plan.user),
        quote(after.path),
        quote(after.policy_name()),
        indented(after.user_policy.trim(), 12)
    ));
    if let Some(policy) = after.bucket_policy {
        // YAML takes no tabs for indentation, and a foreign policy may hold some between its values.
        let policy = untabbed(policy.trim());
        out.push_str(&format!(
            "  BucketPolicy:\n    Type: AWS::S3::BucketPolicy\n    DeletionPolicy: Retain\n    DependsOn: StatsigReader\n    Properties:\n      Bucket: {}\n      PolicyDocument:\n{}\n",
            quote(&plan.target.bucket),
            indented(&policy, 8)
        ));
    }
    out
}

/// JSON's white space outside of texts, without tabs and carriage returns.
fn untabbed(policy: &str) -> String {
    let (mut in_text, mut escaped) = (false, false);
    policy
        .chars()
        .filter_map(|c| {
            match (in_text, c) {
                (true, _) if escaped => escaped = false,
                (true, '\\') => escaped = true,
                (_, '"') => in_text = !in_text,
                (false, '\t') => return Some(' '),
                (false, '\r') => return None,
                _ => {}
            }
            Some(c)
        })
        .collect()
}
