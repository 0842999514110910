//! Edits of the reader's user and keys.

use std::sync::PoisonError;

use aws_sdk_iam::types::{AccessKeyMetadata, StatusType};

use super::{
    Editor, Said, nothing_to_edit, say,
    wire::{Call, found, problem},
};
use crate::{demo::stage::ADMINISTRATOR, report::Problem};

const LIST_KEYS: Call = ("iam:ListAccessKeys", "iam:ListAccessKeys");
const NO_SUCH: &str = "NoSuchEntity";
const MAKE_ONE: &str = "Make a reader first: step 2 Grant plans one.";

impl Editor {
    fn no_user(&self) -> Problem {
        nothing_to_edit(format!("there is no user {}", self.reader_name), MAKE_ONE)
    }

    /// The reader's keys, the newest first.
    async fn keys(&self) -> Result<Vec<AccessKeyMetadata>, Problem> {
        let listed = self.iam.list_access_keys().user_name(self.reader_name);
        let listed = found(LIST_KEYS, NO_SUCH, listed.send().await)?.ok_or_else(|| self.no_user())?;
        let mut keys = listed.access_key_metadata;
        keys.sort_by_key(|key| std::cmp::Reverse(key.create_date.map(|at| at.secs())));
        Ok(keys)
    }

    pub(super) async fn deactivate_key(&self) -> Said {
        let keys = self.keys().await?;
        let held = self.reader.as_ref().map(|key| key.id.as_str());
        let active = |key: &&AccessKeyMetadata| key.status == Some(StatusType::Active);
        let key = keys.iter().filter(active);
        let id = key
            .filter_map(|key| key.access_key_id.as_deref())
            .max_by_key(|id| Some(*id) == held)
            .ok_or_else(|| nothing_to_edit(format!("{} has no active key", self.reader_name), MAKE_ONE))?;
        self.iam
            .update_access_key()
            .user_name(self.reader_name)
            .access_key_id(id)
            .status(StatusType::Inactive)
            .send()
            .await
            .map_err(|e| problem(("iam:UpdateAccessKey", "iam:UpdateAccessKey"), &e))?;
        Ok(vec![
            format!(
                "The reader's key {id} is inactive. AWS answers an inactive key as one that it has never seen."
            ),
            "Try: R runs the checks again and finds C103. `Put everything back` makes the key active again."
                .to_owned(),
        ])
    }

    pub(super) async fn too_open(&self) -> Said {
        let attached = self
            .iam
            .attach_user_policy()
            .user_name(self.reader_name)
            .policy_arn(ADMINISTRATOR)
            .send()
            .await;
        found(
            ("iam:AttachUserPolicy", "iam:AttachUserPolicy"),
            NO_SUCH,
            attached,
        )?
        .ok_or_else(|| self.no_user())?;
        Ok(say([
            "AdministratorAccess is attached to the reader: whoever holds its key may do everything in the account.",
            "Try: R runs the checks again. All that is needed works, and A203 to A205 warn of what is open beside it.",
        ]))
    }

    /// Everything that the reader has, then the reader, in the order that IAM asks for.
    pub(super) async fn delete_user(&self) -> Said {
        let name = self.reader_name;
        for key in self.keys().await? {
            let deleted = self.iam.delete_access_key().user_name(name);
            deleted
                .set_access_key_id(key.access_key_id)
                .send()
                .await
                .map_err(|e| problem(("iam:DeleteAccessKey", "iam:DeleteAccessKey"), &e))?;
        }
        self.delete_policies().await?;
        self.leave_groups().await?;
        let deleted = self.iam.delete_user().user_name(name).send().await;
        deleted.map_err(|e| problem(("iam:DeleteUser", "iam:DeleteUser"), &e))?;
        if let Some(key) = &self.reader {
            *self.handed.lock().unwrap_or_else(PoisonError::into_inner) = Some(key.clone());
        }
        Ok(vec![
            format!("The user {name} is gone, and its keys and policies with it. Statsig still holds its last key."),
            "A bucket policy that named the user names a dead id from now on (AIDA…), even if another user of that name is \
             made, and nobody can save such a policy any more."
                .to_owned(),
            "Try: R runs the checks again and finds C103; then plan a new reader in step 2 Grant.".to_owned(),
        ])
    }

    async fn delete_policies(&self) -> Result<(), Problem> {
        let name = self.reader_name;
        let call: Call = ("iam:ListUserPolicies", "iam:ListUserPolicies");
        let inline = self.iam.list_user_policies().user_name(name).send().await;
        for policy in inline.map_err(|e| problem(call, &e))?.policy_names {
            let deleted = self.iam.delete_user_policy().user_name(name).policy_name(policy);
            deleted
                .send()
                .await
                .map_err(|e| problem(("iam:DeleteUserPolicy", "iam:DeleteUserPolicy"), &e))?;
        }
        let call: Call = ("iam:ListAttachedUserPolicies", "iam:ListAttachedUserPolicies");
        let attached = self
            .iam
            .list_attached_user_policies()
            .user_name(name)
            .send()
            .await;
        let attached = attached.map_err(|e| problem(call, &e))?.attached_policies;
        for policy in attached.unwrap_or_default() {
            let detached = self.iam.detach_user_policy().user_name(name);
            detached
                .set_policy_arn(policy.policy_arn)
                .send()
                .await
                .map_err(|e| problem(("iam:DetachUserPolicy", "iam:DetachUserPolicy"), &e))?;
        }
        Ok(())
    }

    async fn leave_groups(&self) -> Result<(), Problem> {
        let call: Call = ("iam:ListGroupsForUser", "iam:ListGroupsForUser");
        let groups = self
            .iam
            .list_groups_for_user()
            .user_name(self.reader_name)
            .send()
            .await;
        for group in groups.map_err(|e| problem(call, &e))?.groups {
            let left = self.iam.remove_user_from_group().user_name(self.reader_name);
            left.group_name(group.group_name)
                .send()
                .await
                .map_err(|e| problem(("iam:RemoveUserFromGroup", "iam:RemoveUserFromGroup"), &e))?;
        }
        Ok(())
    }
}
