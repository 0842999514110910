//! Edits of policies: the bucket's, and the reader's inline ones.

use serde_json::{Value, json};

use super::{
    Editor, Said, nothing_to_edit, say,
    wire::{Call, found, problem},
};
use crate::{
    access::{merge::merge, policy::Policy},
    report::Problem,
};

const GET_POLICY: Call = ("s3:GetBucketPolicy", "s3:GetBucketPolicy");
const PUT_POLICY: Call = ("s3:PutBucketPolicy", "s3:PutBucketPolicy");
const LIST_INLINE: Call = ("iam:ListUserPolicies", "iam:ListUserPolicies");
const GET_INLINE: Call = ("iam:GetUserPolicy", "iam:GetUserPolicy");
const PUT_INLINE: Call = ("iam:PutUserPolicy", "iam:PutUserPolicy");
/// The Sid of the statement that [`Editor::add_deny`] adds.
pub const DENY_SID: &str = "PracticeDeny";
/// An account that is in nobody's world; one of AWS' own example numbers.
const SOME_ACCOUNT: &str = "111122223333";

impl Editor {
    async fn bucket_policy(&self) -> Result<Option<String>, Problem> {
        let got = self.s3.get_bucket_policy().bucket(self.bucket).send().await;
        Ok(found(GET_POLICY, "NoSuchBucketPolicy", got)?.and_then(|got| got.policy))
    }

    async fn put_bucket_policy(&self, text: String) -> Result<(), Problem> {
        let put = self.s3.put_bucket_policy().bucket(self.bucket).policy(text);
        put.send().await.map(|_| ()).map_err(|e| problem(PUT_POLICY, &e))
    }

    /// Denies one folder to everyone but the operator.
    pub(super) async fn add_deny(&self) -> Said {
        let bucket = self.bucket;
        let statement = json!({
            "Sid": DENY_SID,
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:GetObject",
            "Resource": format!("arn:aws:s3:::{bucket}/metrics/*"),
            "Condition": {"ArnNotEquals": {"aws:PrincipalArn": self.operator_arn}},
        });
        let before = self.bucket_policy().await?;
        let merged = merge(before.as_deref(), &[statement.to_string()])
            .map_err(|e| nothing_to_edit(format!("the bucket policy can't be read: {e}"), RESTORE))?;
        if !merged.changes() {
            return Err(nothing_to_edit(
                format!("the statement {DENY_SID} is in the bucket policy already"),
                RESTORE,
            ));
        }
        self.put_bucket_policy(merged.text).await?;
        Ok(say([
            "The bucket policy has one statement more, PracticeDeny: it denies s3:GetObject on metrics/* to everyone but \
             the operator.",
            "Try: R runs the checks again. A202 fails on metrics/, and step 3 Access names the statement. No Allow undoes \
             a Deny: `put everything back` takes it out, and step 2 Grant can drop it.",
        ]))
    }

    /// Leaves `signals/` out of every prefix condition on lists, in the bucket's policy and in the reader's own: in one
    /// account either would do.
    pub(super) async fn drop_prefix(&self) -> Said {
        let mut edited = Vec::new();
        if let Some(before) = self.bucket_policy().await?
            && let Some(after) = without_signals(&before)
        {
            self.put_bucket_policy(after).await?;
            edited.push("the bucket policy".to_owned());
        }
        let listed = self
            .iam
            .list_user_policies()
            .user_name(self.reader_name)
            .send()
            .await;
        let names = found(LIST_INLINE, "NoSuchEntity", listed)?.map(|l| l.policy_names);
        for name in names.unwrap_or_default() {
            let got = self.iam.get_user_policy().user_name(self.reader_name);
            let got = got.policy_name(&name).send().await;
            let document = got.map_err(|e| problem(GET_INLINE, &e))?.policy_document;
            let Some(after) = without_signals(&decoded(&document)) else {
                continue;
            };
            let put = self.iam.put_user_policy().user_name(self.reader_name);
            put.policy_name(&name)
                .policy_document(after)
                .send()
                .await
                .map_err(|e| problem(PUT_INLINE, &e))?;
            edited.push(format!("the user policy {name}"));
        }
        if edited.is_empty() {
            return Err(nothing_to_edit(
                "no policy lists folders by a condition on s3:prefix with signals in it",
                "Make a grant first: step 2 Grant writes one.",
            ));
        }
        Ok(vec![
            format!(
                "signals/ is left out of the prefixes that may be listed, in {}.",
                edited.join(" and ")
            ),
            "Try: R runs the checks again. A201 fails on signals/ alone; step 3 Access shows the statement that almost \
             matched, and a new plan in step 2 Grant mends it."
                .to_owned(),
        ])
    }

    /// Puts another account's number into the reader's ARN, in the bucket policy.
    pub(super) async fn wrong_principal(&self) -> Said {
        let wrong = format!("arn:aws:iam::{SOME_ACCOUNT}:user/{}", self.reader_name);
        let before = self.bucket_policy().await?;
        let named = format!("\"{}\"", self.reader_arn);
        let after = match &before {
            Some(text) if text.contains(&named) => text.replace(&named, &format!("\"{wrong}\"")),
            _ => {
                let statement = json!({
                    "Sid": "StatsigRead",
                    "Effect": "Allow",
                    "Principal": {"AWS": wrong},
                    "Action": "s3:GetObject",
                    "Resource": format!("arn:aws:s3:::{}/*", self.bucket),
                });
                let merged = merge(before.as_deref(), &[statement.to_string()]);
                merged
                    .map_err(|e| nothing_to_edit(format!("the bucket policy can't be read: {e}"), RESTORE))?
                    .text
            }
        };
        if before.as_deref() == Some(after.as_str()) {
            return Err(nothing_to_edit(
                "the bucket policy names a user of another account already",
                RESTORE,
            ));
        }
        self.put_bucket_policy(after).await?;
        Ok(vec![
            format!("The bucket policy names {wrong}, a user of another account, in the place of the reader."),
            "In one account the reader's own policy is enough, so that reads may still work; across accounts both must \
             allow."
                .to_owned(),
            "Try: R runs the checks again and looks for A212; a new plan in step 2 Grant mends it.".to_owned(),
        ])
    }
}

const RESTORE: &str = "`Put everything back` makes all as it was when the account opened.";

/// A document as the SDK hands it out: percent-encoded.
fn decoded(document: &str) -> String {
    crate::demo::front::percent_decoded(document, false)
}

/// A policy whose conditions on `s3:prefix` name nothing of `signals` any more; `None` where they did not. Statements
/// that change are written anew, all others stay as they are.
fn without_signals(text: &str) -> Option<String> {
    let policy = Policy::parse(text).ok()?;
    let mut out = text.to_owned();
    // From the last to the first, so that the earlier places stay true.
    for statement in policy.statements.iter().rev() {
        let mut value: Value = serde_json::from_str(policy.text_of(statement)).ok()?;
        if drop_signals(&mut value) {
            out.replace_range(statement.span.start..statement.span.end, &value.to_string());
        }
    }
    (out != text).then_some(out)
}

/// Whether anything was dropped.
fn drop_signals(statement: &mut Value) -> bool {
    let of_signals = |value: &Value| value.as_str().is_some_and(|text| text.contains("signals"));
    let Some(Value::Object(conditions)) = statement.get_mut("Condition") else {
        return false;
    };
    let mut dropped = false;
    for (key, values) in conditions.values_mut().filter_map(Value::as_object_mut).flatten() {
        if let Value::Array(prefixes) = values
            && key.eq_ignore_ascii_case("s3:prefix")
        {
            let before = prefixes.len();
            prefixes.retain(|prefix| !of_signals(prefix));
            dropped |= prefixes.len() != before;
        }
    }
    dropped
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;
    use crate::demo::stage::reader_policy;

    #[test]
    fn only_the_statement_with_the_prefixes_is_written_anew() {
        let before = reader_policy("acme");
        let after = without_signals(&before).unwrap();
        let (old, new) = (Policy::parse(&before).unwrap(), Policy::parse(&after).unwrap());
        assert_eq!(old.text_of(&old.statements[1]), new.text_of(&new.statements[1]));
        let list = new.text_of(&new.statements[0]);
        assert!(list.contains("metrics/*") && !list.contains("signals"), "{list}");
        assert_eq!(without_signals(&after), None);
        assert_eq!(without_signals("{}"), None);
    }
}
