//! Who am I: `sts:GetCallerIdentity`, in AWS' query protocol.

use std::collections::BTreeMap;

use super::gate::Caller;

/// An answer in XML.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The body.
    pub xml: String,
}

const NAMESPACE: &str = "https://sts.amazonaws.com/doc/2011-06-15/";

/// Answers a form that was posted by `caller`; `None` when the key that signed it is unknown.
pub fn answer(form: &BTreeMap<String, String>, caller: Option<&Caller>, request_id: &str) -> Answer {
    let Some(caller) = caller else {
        return refused(
            403,
            "InvalidClientTokenId",
            "The security token included in the request is invalid.",
            request_id,
        );
    };
    match form.get("Action").map(String::as_str) {
        Some("GetCallerIdentity") => Answer {
            status: 200,
            xml: format!(
                "<GetCallerIdentityResponse xmlns=\"{NAMESPACE}\"><GetCallerIdentityResult><Arn>{}</Arn>\
                 <UserId>{}</UserId><Account>{}</Account></GetCallerIdentityResult><ResponseMetadata>\
                 <RequestId>{request_id}</RequestId></ResponseMetadata></GetCallerIdentityResponse>",
                escaped(&caller.arn),
                escaped(&caller.user_id),
                escaped(&caller.account),
            ),
        },
        other => refused(
            400,
            "InvalidAction",
            &format!(
                "Could not find operation {} for version 2011-06-15",
                other.unwrap_or("(none)")
            ),
            request_id,
        ),
    }
}

/// An error in the query protocol's shape.
pub fn refused(status: u16, code: &str, words: &str, request_id: &str) -> Answer {
    Answer {
        status,
        xml: format!(
            "<ErrorResponse xmlns=\"{NAMESPACE}\"><Error><Type>Sender</Type><Code>{code}</Code><Message>{}</Message>\
             </Error><RequestId>{request_id}</RequestId></ErrorResponse>",
            escaped(words)
        ),
    }
}

/// Text as it may stand between XML tags.
pub fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\r' => out.push_str("&#13;"),
            c if c < ' ' && c != '\n' && c != '\t' => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}
