//! Whether a saved plan says what it does. Whoever applies it sees titles and statements, and confirms those.

use super::{Change, ChangeKind, Plan};
use crate::access::{
    merge::{Fate, drop_statements, merge},
    needs::POLICY_NAME,
};

/// Whether a change is to the plan's own user and bucket: whoever confirms the bucket confirms all that is changed.
pub(super) fn is_its_own(plan: &Plan, kind: &ChangeKind) -> bool {
    match kind {
        ChangeKind::CreateUser { user, .. } | ChangeKind::CreateAccessKey { user, .. } => *user == plan.user,
        ChangeKind::PutUserPolicy { user, name, .. } => *user == plan.user && name == POLICY_NAME,
        ChangeKind::PutBucketPolicy { bucket, .. } => *bucket == plan.target.bucket,
    }
}

/// Whether the document of a change is the one that this program makes for the plan's target and user, and its
/// statements are told as they are.
pub(super) fn is_as_told(plan: &Plan, change: &Change) -> bool {
    match &change.kind {
        ChangeKind::PutUserPolicy { document, .. } => *document == plan.target.user_policy(&plan.extras),
        ChangeKind::PutBucketPolicy { document, .. } => is_merged(plan, change, document),
        ChangeKind::CreateUser { .. } | ChangeKind::CreateAccessKey { .. } => true,
    }
}

/// Whether a document is what was there, without the statements that are told as dropped and with ours.
fn is_merged(plan: &Plan, change: &Change, document: &str) -> bool {
    let Some(arn) = &plan.user_arn else { return false };
    let ours = plan.target.bucket_statements(arn);
    let removed: Vec<String> = change
        .statements
        .iter()
        .filter(|s| s.fate == Fate::Removed)
        .filter_map(|s| s.before.clone())
        .collect();
    let made = |before: Option<&str>| {
        let merged = merge(before, &ours).ok()?;
        let told = change.statements.get(..merged.statements.len())?;
        Some(merged.text == document && merged.statements == told)
    };
    let before = change.before.as_deref();
    // Statements go by merging, where they bear our Sid, or because the user wants them dropped.
    let dropped = before.and_then(|before| drop_statements(before, &removed).ok());
    made(before) == Some(true) || dropped.is_some_and(|dropped| made(dropped.text.as_deref()) == Some(true))
}
