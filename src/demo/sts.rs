//! Who am I: `sts:GetCallerIdentity`, in AWS' query protocol.

use std::collections::BTreeMap;

use super::iam::{
    world::Caller,
    xml::{self, Answer, Refusal, tag},
};

/// Answers a form that was posted to STS. Nobody needs a permission for it.
pub fn answer(form: &BTreeMap<String, String>, caller: &Caller, request_id: &str) -> Answer {
    match form.get("Action").map(String::as_str) {
        Some(action @ "GetCallerIdentity") => {
            let inner = format!(
                "{}{}{}",
                tag("Arn", &caller.arn),
                tag("UserId", &caller.user_id),
                tag("Account", &caller.account)
            );
            xml::result(xml::STS, action, Some(&inner), request_id)
        }
        other => {
            let words = format!(
                "Could not find operation {} for version 2011-06-15",
                other.unwrap_or("(none)")
            );
            Refusal::new(400, "InvalidAction", words).answer(xml::STS, request_id)
        }
    }
}
