//! What to do about a failed call, in words that fit the call and what AWS said.

use super::{
    Call, On, Words,
    credentials::{login_next, no_credentials_next},
};
use crate::{
    access::{PolicyType, Refusal, Said},
    report::{ProblemKind, escape::escape},
    rule::Next,
};

/// What to do next.
pub(super) fn next(call: &Call<'_>, kind: &ProblemKind, words: Words<'_>) -> Next {
    match kind {
        ProblemKind::NoCredentials => no_credentials_next(),
        ProblemKind::ExpiredSession => login_next(call.profile),
        ProblemKind::WrongRegion(Some(region)) => Next {
            say: format!("The bucket is in {region}: leave --region out, or give that one."),
            command: Some(format!("--region {region}")),
            url: None,
        },
        ProblemKind::Refused => refused(call, words),
        ProblemKind::LimitReached => limit(words.message),
        ProblemKind::Malformed => malformed(words.message),
        ProblemKind::InTheWay => in_the_way(words.message),
        ProblemKind::AlreadyThere => match call.on {
            On::User(name) => Next::say(format!(
                "There is a user {} already, made by somebody else or by a call whose answer was lost. Plan again: the plan then uses it.",
                escape(name)
            )),
            _ => Next::say("Something of that name is there already. Look at it, then plan again."),
        },
        ProblemKind::NotFound | ProblemKind::Changed => match call.on {
            On::Bucket(_) => Next::say("Something is writing to the bucket. Run again when it has finished."),
            On::Account => Next::say("Look whether it was deleted meanwhile, then run again."),
            gone => Next::say(format!(
                "Look whether {gone} was deleted, or is of another account; right after it was made, wait a few seconds. Then run again."
            )),
        },
        other => Next::say(plain(other)),
    }
}

/// Remedies that need nothing but the kind.
const fn plain(kind: &ProblemKind) -> &'static str {
    match kind {
        ProblemKind::KeyUnknown => {
            "The key was deleted, is inactive, is mistyped, belongs to another partition, or is only seconds old. \
             Check it in the IAM console; if it is new, try again in a minute."
        }
        ProblemKind::WrongSecret => {
            "The secret does not belong to this key id: copy it again, without quotes, spaces or line ends."
        }
        ProblemKind::ClockSkew => "Set this computer's clock; 15 minutes off is too much for AWS.",
        ProblemKind::NoSuchBucket => "Check the bucket's name, and that this is the right endpoint.",
        ProblemKind::WrongRegion(_) => {
            "The bucket is in another region: leave --region out, or give the right one."
        }
        ProblemKind::Unreachable => "Check the network, a proxy, and the endpoint's URL, then run again.",
        ProblemKind::Throttled => "Wait a little and run again; fewer other callers at the same time help.",
        ProblemKind::Archived => "Restore the object, or copy it to a storage class that can be read.",
        ProblemKind::Busy => {
            "Another change of the same thing was under way all the time. Wait a minute and run again."
        }
        _ => "Run it again; if it stays, the request id helps AWS support.",
    }
}

/// Who can undo a refusal depends on the kind of policy that decided.
///
/// Source: IAM User Guide, "Policy evaluation logic": an explicit deny in any policy overrides every allow.
fn refused(call: &Call<'_>, words: Words<'_>) -> Next {
    let refusal = Refusal::decode(words.message);
    if words.code.starts_with("KMS.") {
        return Next::say(
            "Look at the object's KMS key: it is disabled, waits for its deletion, or is gone.",
        );
    }
    if refusal.is_kms() {
        return Next::say(
            "Allow kms:Decrypt on the object's KMS key to this key, in its own policy and, where the KMS key is another \
             account's or its policy does not leave it to IAM, in the KMS key's policy.",
        );
    }
    if let Some(setting) = &refusal.public_access_block {
        return Next::say(format!(
            "The policy would open the bucket to everyone, and {} prevents it: name accounts or users instead of \"*\".",
            escape(setting)
        ));
    }
    let action = match &refusal.action {
        Some(action) => escape(action).into_owned(),
        None => call.action.to_owned(),
    };
    match &refusal.said {
        Some(said) => Next::say(by_policy(call, said, &action)),
        None => Next::say(allow(call, &action)),
    }
}

fn allow(call: &Call<'_>, action: &str) -> String {
    match call.on {
        On::Bucket(_) => format!(
            "Allow {action} on {} to this key, in its own policy or the bucket's.",
            call.on
        ),
        _ => format!(
            "Allow {action} on {} to this key, or have somebody do it who may: \
             bucket-ready grant plan --print aws prints the commands.",
            call.on
        ),
    }
}

fn by_policy(call: &Call<'_>, said: &Said, action: &str) -> String {
    let named = match &said.policy_arn {
        Some(arn) => format!(" ({})", escape(arn)),
        None => String::new(),
    };
    match (&said.policy, said.explicit) {
        (PolicyType::ServiceControl | PolicyType::ResourceControl, _) => format!(
            "The organisation's {}{named} decides: whoever runs the organisation must let {action} through. \
             Nothing that this account grants changes it.",
            said.policy
        ),
        (PolicyType::Boundary, _) => format!(
            "Widen the permissions boundary of this key's user or role by {action}, or act as another identity."
        ),
        (PolicyType::Session, _) => format!(
            "The session's own policy leaves {action} out: log in again with a wider one, or with another role."
        ),
        (PolicyType::VpcEndpoint, _) => format!(
            "Let {action} through in the policy of the VPC endpoint, or ask from outside of that network."
        ),
        (PolicyType::Resource, true) => format!(
            "Find the Deny in the policy of {} and except this key from it; no Allow undoes a Deny.",
            call.on
        ),
        (PolicyType::Identity, true) => format!(
            "Find the Deny among the policies of this key's user, its groups or role{named}; no Allow undoes a Deny."
        ),
        _ => allow(call, action),
    }
}

/// AWS' limits, by what its message names.
///
/// Source: IAM User Guide, "IAM and STS quotas".
fn limit(message: &str) -> Next {
    Next::say(if message.contains("AccessKeysPerUser") {
        "A user has two keys at most, inactive ones included. Delete one that nobody uses, then run again; \
         --rotate makes the second where there is one."
    } else if message.contains("UsersPerAccount") {
        "The account has as many users as it may. Delete one, have the quota raised, or use a user that is there."
    } else if message.contains("2048") {
        "All inline policies of a user together have 2,048 characters at most, white space not counted. \
         Shorten or remove another inline policy, or turn one into a managed policy."
    } else if message.contains("PolicySize") || message.contains("policy size") {
        "The policy is too long: a managed policy has 6,144 characters at most, white space not counted. Shorten it."
    } else if message.contains("Tags") {
        "A user has 50 tags at most. Remove one, then run again."
    } else {
        "A quota of the account is reached: the message names it. Make room, or have it raised in Service Quotas."
    })
}

fn malformed(message: &str) -> Next {
    let lower = message.to_ascii_lowercase();
    Next::say(if lower.contains("principal") && lower.contains("should not") {
        "A user's policy has no Principal: this one belongs on the bucket."
    } else if lower.contains("principal") {
        "A Principal is not there (any more): a deleted user or role stands as AIDA… or AROA…, and a fresh user may take \
         some seconds to be known. Take the dead ones out, or wait and run again."
    } else if lower.contains("exceeds") || lower.contains("too large") {
        "A bucket policy has 20 KB at most. Shorten it, then run again."
    } else if lower.contains("resource") {
        "Every Resource must be this bucket's ARN, or begin with it and a slash; and each action must fit one of them."
    } else {
        "Look for a typing error: typographic quotes, a comma too many, a placeholder that was left in."
    })
}

/// What AWS wants removed first.
fn in_the_way(message: &str) -> Next {
    let lower = message.to_ascii_lowercase();
    Next::say(if lower.contains("access key") {
        "Delete the user's access keys first."
    } else if lower.contains("detach") {
        "Detach the managed policies first."
    } else if lower.contains("group") {
        "Take the user out of its groups first."
    } else if lower.contains("login profile") {
        "The user has a console password: delete its login profile first, if nobody logs in with it."
    } else if lower.contains("mfa") {
        "Deactivate the user's MFA devices first."
    } else if lower.contains("polic") {
        "Delete the inline policies first."
    } else {
        "Something else hangs on it: the message names it. Remove that first, or let the user be."
    })
}
