//! A plan as CloudFormation.

use super::{
    After, indented,
    text::{Astral, document, quoted},
};
use crate::access::plan::Plan;

/// The plan as a CloudFormation template, YAML (of which JSON is a part).
///
/// A user that is there gets the policy as a resource of its own and is not owned: a template of it would have to repeat
/// its boundary, groups, policies and tags.
pub fn cloudformation(plan: &Plan) -> String {
    let after = After::of(plan);
    let mut import = Vec::new();
    if after.bucket_policy_was_there {
        import.push(format!(
            "the bucket policy, as resource BucketPolicy, by its Bucket {}",
            plan.target.bucket
        ));
        import.push(
            "(aws cloudformation create-change-set --change-set-type IMPORT --resources-to-import ...)"
                .into(),
        );
    }
    let mut out = after.head(&import);
    out.push_str("# It names what it makes, so it is deployed with --capabilities CAPABILITY_NAMED_IAM.\n");
    let texts = [Some(after.user_policy.as_str()), after.bucket_policy];
    if texts.iter().flatten().any(|text| text.contains("{{resolve:")) {
        out.push_str(
            "# STOP: a policy holds {{resolve:...}}, which CloudFormation would replace by something else.\n",
        );
    }
    out.push_str("AWSTemplateFormatVersion: \"2010-09-09\"\n");
    out.push_str(&format!(
        "Description: {}\nResources:\n",
        text(&format!(
            "Lets {} list and read three folders of {}",
            plan.user, plan.target.bucket
        ))
    ));
    let reader = reader(&after, &mut out);
    if let Some(policy) = after.bucket_policy {
        out.push_str(&format!(
            "  BucketPolicy:\n    Type: AWS::S3::BucketPolicy\n    DeletionPolicy: Retain\n    DependsOn: {reader}\n    Properties:\n      Bucket: {}\n      PolicyDocument:\n{}\n",
            text(&plan.target.bucket),
            indented(&document(policy, Astral::Whole), 8)
        ));
    }
    out
}

/// The user with its policy, or the policy of a user that is there; the resource's name.
fn reader(after: &After<'_>, out: &mut String) -> &'static str {
    let user = text(&after.plan.user);
    let name = text(after.policy_name());
    let policy = document(&after.user_policy, Astral::Whole);
    if after.user_is_new {
        out.push_str(&format!(
            "  StatsigReader:\n    Type: AWS::IAM::User\n    DeletionPolicy: Retain\n    Properties:\n      UserName: {user}\n      Path: {}\n      Policies:\n        - PolicyName: {name}\n          PolicyDocument:\n{}\n",
            text(after.path),
            indented(&policy, 12)
        ));
        return "StatsigReader";
    }
    out.push_str(&format!(
        "  StatsigReaderPolicy:\n    Type: AWS::IAM::UserPolicy\n    DeletionPolicy: Retain\n    Properties:\n      UserName: {user}\n      PolicyName: {name}\n      PolicyDocument:\n{}\n",
        indented(&policy, 8)
    ));
    "StatsigReaderPolicy"
}

fn text(text: &str) -> String {
    quoted(text, Astral::Whole)
}
