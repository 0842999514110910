//! Tests of `plan`.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use proptest::prelude::*;

use super::{
    apply::{
        Entry, Made, Observed, ObservedUser, Step, begun, done, journal_line, next_step, read_journal,
        undo_file,
    },
    undo::{UndoAct, UndoFile},
    *,
};
use crate::access::{
    Encryption, KeyFacts, Need, Policy, Truth,
    explain::is_met,
    merge::tests::{foreign_policy, statements_of},
    needs::POLICY_NAME,
};

const OWN: &str = "111111111111";
const OTHER: &str = "222222222222";
const VPC_ONLY: &str = r#"{"Version":"2012-10-17","Statement":[{"Sid":"VpcOnly","Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:::acme/*","Condition":{"StringNotEquals":{"aws:SourceVpc":"vpc-0a1b"}}}]}"#;

/// An account as AWS keeps it, small: what the calls of a plan change.
#[derive(Clone, Debug, Default, PartialEq)]
struct Account {
    user: Option<ObservedUser>,
    bucket_policy: Option<String>,
    users_made: u32,
    keys_made: u32,
}

impl Account {
    fn inspected(&self, bucket_account: &str) -> Inspected {
        let facts = self.user.as_ref().map(|u| UserFacts {
            arn: format!("arn:aws:iam::{OWN}:user/statsig-reader"),
            id: u.id.clone(),
            inline: Known::Known(
                u.policy
                    .iter()
                    .map(|text| InlinePolicy {
                        name: POLICY_NAME.into(),
                        document: Known::Known(text.clone()),
                    })
                    .collect(),
            ),
            attached: Known::Known(Vec::new()),
            groups: Known::Known(Vec::new()),
            boundary: Known::Known(None),
            keys: Known::Known(
                u.keys
                    .iter()
                    .map(|id| KeyFacts {
                        id: id.clone(),
                        active: true,
                        ..KeyFacts::default()
                    })
                    .collect(),
            ),
            tags: None,
        });
        Inspected {
            target: Target::new("acme", "", "aws"),
            region: Some("us-west-2".into()),
            user_account: Known::Known(OWN.into()),
            bucket_account: Known::Known(bucket_account.into()),
            user: Known::Known(facts),
            bucket_policy: Known::Known(self.bucket_policy.clone()),
            restrict_public_buckets: Known::Known(true),
            encryption: Known::Known(Encryption::S3),
            ..Inspected::default()
        }
    }

    fn call(&mut self, kind: &ChangeKind) -> Option<String> {
        match kind {
            ChangeKind::CreateUser { .. } => {
                assert!(self.user.is_none(), "a second user was made");
                self.users_made += 1;
                self.user = Some(ObservedUser {
                    id: format!("AIDAEXAMPLE{:05}", self.users_made),
                    ..ObservedUser::default()
                });
                None
            }
            ChangeKind::PutUserPolicy { document, .. } => {
                self.user.as_mut().unwrap().policy = Some(document.clone());
                None
            }
            ChangeKind::PutBucketPolicy { document, .. } => {
                self.bucket_policy = Some(document.clone());
                None
            }
            ChangeKind::CreateAccessKey { .. } => {
                self.keys_made += 1;
                let id = format!("AKIAEXAMPLE{:09}", self.keys_made);
                let keys = &mut self.user.as_mut().unwrap().keys;
                assert!(keys.len() < 2, "a third key was asked for");
                keys.push(id.clone());
                Some(id)
            }
        }
    }

    fn delete_key(&mut self, id: &str) {
        self.user.as_mut().unwrap().keys.retain(|k| k != id);
    }

    fn undo(&mut self, act: &UndoAct) {
        match act {
            UndoAct::DeleteKey { id } => self.delete_key(id),
            UndoAct::PutBucketPolicy { document, .. } => self.bucket_policy = Some(document.clone()),
            UndoAct::DeleteBucketPolicy => self.bucket_policy = None,
            UndoAct::PutUserPolicy { document } => {
                self.user.as_mut().unwrap().policy = Some(document.clone());
            }
            UndoAct::DeleteUserPolicy => self.user.as_mut().unwrap().policy = None,
            UndoAct::DeleteUser => {
                let user = self.user.take().unwrap();
                assert_eq!((user.policy, user.keys.len()), (None, 0), "AWS would refuse");
            }
        }
    }
}

/// A driver as it should be, that is killed after so many durable steps (a journal line, a call, a line of the key
/// file), and what outlives the kill.
#[derive(Default)]
struct Machine {
    account: Account,
    journal: String,
    key_file: Option<String>,
    steps_left: Option<u32>,
}

struct Killed;

impl Machine {
    fn step(&mut self) -> Result<(), Killed> {
        match &mut self.steps_left {
            None => Ok(()),
            Some(0) => Err(Killed),
            Some(left) => {
                *left -= 1;
                Ok(())
            }
        }
    }

    fn observe(&self) -> Observed {
        Observed {
            user: self.account.user.clone(),
            bucket_policy: self.account.bucket_policy.clone(),
            key_in_file: self.key_file.clone(),
        }
    }

    fn write(&mut self, entry: &Entry) -> Result<(), Killed> {
        self.step()?;
        self.journal.push_str(&journal_line(entry));
        Ok(())
    }

    fn run(&mut self, plan: &Plan) -> Result<Step, Killed> {
        if self.journal.is_empty() {
            self.write(&begun(plan))?;
        }
        loop {
            let journal = read_journal(&self.journal, plan).unwrap();
            match next_step(plan, &journal, &self.observe()) {
                Step::Make { change, intent } => {
                    self.write(&intent)?;
                    self.step()?;
                    let key = self.account.call(&plan.changes[change].kind);
                    if key.is_some() {
                        self.step()?;
                        self.key_file.clone_from(&key);
                    }
                    let entry = done(plan, change, &self.observe(), key.as_deref());
                    self.write(&entry)?;
                }
                Step::Record(entry) => self.write(&entry)?,
                Step::Discard { id, entry } => {
                    self.write(&entry)?;
                    self.step()?;
                    self.account.delete_key(&id);
                }
                last => return Ok(last),
            }
        }
    }

    fn undo_file(&self, plan: &Plan) -> UndoFile {
        undo_file(plan, &read_journal(&self.journal, plan).unwrap())
    }

    /// Undoes as a driver does, killed and begun anew before every act.
    fn undo(&mut self, file: &UndoFile) -> Vec<String> {
        for _ in 0..10 {
            let file = UndoFile::read(&file.write()).unwrap();
            let plan = file.plan(&self.observe());
            match plan.acts.first() {
                Some(act) => self.account.undo(act),
                None => return plan.stays,
            }
        }
        panic!("the undo does not end");
    }
}

fn wanted() -> Wanted {
    Wanted {
        user: "statsig-reader".into(),
        ..Wanted::default()
    }
}

fn titles(plan: &Plan) -> Vec<&str> {
    plan.changes.iter().map(|c| c.title.as_str()).collect()
}

fn nothing_there() -> (Account, Plan) {
    let account = Account {
        bucket_policy: Some(VPC_ONLY.into()),
        ..Account::default()
    };
    let plan = plan(&account.inspected(OWN), &wanted());
    (account, plan)
}

#[test]
fn from_nothing_the_plan_makes_user_policy_grant_and_key_in_this_order() {
    let (_, plan) = nothing_there();
    assert_eq!(
        titles(&plan),
        [
            "create user statsig-reader",
            "put user policy bucket-ready-read",
            "merge bucket policy: 1 kept, 2 added",
            "create access key"
        ]
    );
    assert_eq!(plan.blocking().count(), 0);
    let said = plan.problems.iter().map(|p| p.say.as_str()).collect::<Vec<_>>();
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(
        said[0].contains("statement VpcOnly") && said[0].contains("can undo a Deny"),
        "{said:?}"
    );
    assert_eq!(Plan::read(&plan.write()).unwrap(), plan);
    for change in &plan.changes {
        assert!(change.call.starts_with("iam:") || change.call.starts_with("s3:"));
        assert!(change.command.starts_with("aws ") && !change.why.is_empty() && !change.undo.is_empty());
    }
}

#[test]
fn a_second_run_of_a_satisfied_plan_changes_nothing() {
    let (account, plan) = nothing_there();
    let mut machine = Machine {
        account,
        ..Machine::default()
    };
    assert!(matches!(machine.run(&plan), Ok(Step::Finish)));
    let again = super::plan(&machine.account.inspected(OWN), &wanted());
    assert!(again.is_satisfied(), "{:?}", titles(&again));
    assert_eq!(again.satisfied.len(), 4);
    // The same saved plan, applied again with its journal.
    let before = machine.account.clone();
    assert!(matches!(machine.run(&plan), Ok(Step::Finish)));
    assert_eq!(machine.account, before);
    // And without its journal: the user is there, which the plan did not see.
    let mut lost = Machine {
        account: before,
        ..Machine::default()
    };
    assert!(matches!(lost.run(&plan), Ok(Step::Refuse(drift)) if drift.len() == 2));
}

#[test]
fn what_is_planned_meets_every_need_once_applied() {
    for owner in [OWN, OTHER] {
        let plain = Account::default();
        let plan = plan(&plain.inspected(owner), &wanted());
        let evidence = concerns::evidence_after(&plain.inspected(owner), &wanted(), &plan).unwrap();
        for need in Need::all() {
            assert_eq!(is_met(&evidence, need), Truth::Yes, "{owner} {need:?}");
        }
        assert_eq!(plan.problems, []);
    }
}

#[test]
fn a_kill_at_every_point_leaves_what_apply_completes_and_undo_reverses() {
    let (start, plan) = nothing_there();
    let mut machine = Machine {
        account: start.clone(),
        ..Machine::default()
    };
    assert!(machine.run(&plan).is_ok());
    let whole = machine.account.clone();
    let mut killed = 0;
    // An apply has fourteen durable steps; later kills never come.
    for first in 0..16 {
        for second in 0..15 {
            let mut machine = Machine {
                account: start.clone(),
                steps_left: Some(first),
                ..Machine::default()
            };
            let mut done = machine.run(&plan).is_ok();
            if done && second > 0 {
                continue;
            }
            killed += u32::from(!done);
            // What a first kill left can be undone at once.
            let mut undone = Machine {
                account: machine.account.clone(),
                journal: machine.journal.clone(),
                key_file: machine.key_file.clone(),
                steps_left: None,
            };
            if !undone.journal.is_empty() {
                let file = undone.undo_file(&plan);
                assert_eq!(undone.undo(&file), Vec::<String>::new());
            }
            assert_eq!(
                (&undone.account.user, &undone.account.bucket_policy),
                (&None, &start.bucket_policy)
            );
            // A second kill during the resumption, then a third run to the end.
            if !done {
                machine.steps_left = Some(second);
                done = machine.run(&plan).is_ok();
                machine.steps_left = None;
            }
            if !done {
                assert!(matches!(machine.run(&plan), Ok(Step::Finish)), "{first} {second}");
            }
            let user = machine.account.user.as_ref().unwrap();
            assert_eq!(
                (machine.account.users_made, user.keys.len()),
                (1, 1),
                "{first} {second}"
            );
            assert_eq!(
                machine.key_file.as_ref(),
                user.keys.first(),
                "the key file holds the key that is there"
            );
            assert_eq!(machine.account.bucket_policy, whole.bucket_policy);
            let file = machine.undo_file(&plan);
            assert_eq!(machine.undo(&file), Vec::<String>::new());
            assert_eq!(
                (machine.account.user, machine.account.bucket_policy),
                (None, start.bucket_policy.clone())
            );
        }
    }
    assert!(killed > 100, "only {killed} kills");
}

#[test]
fn a_key_that_aws_showed_late_does_not_stay_beside_the_second_try() {
    let (start, plan) = nothing_there();
    let mut machine = Machine {
        account: start,
        ..Machine::default()
    };
    assert!(machine.run(&plan).is_ok());
    let user = machine.account.user.as_mut().unwrap();
    user.keys.insert(0, "AKIALATE".into());
    // One try only: a key that somebody else made is not ours to delete.
    assert!(matches!(machine.run(&plan), Ok(Step::Finish)));
    assert_eq!(machine.account.user.as_ref().unwrap().keys.len(), 2);
    let retried = journal_line(&Entry::Intent {
        change: 3,
        keys_before: Vec::new(),
    });
    let begun_line = machine.journal.find('\n').unwrap() + 1;
    machine.journal.insert_str(begun_line, &retried);
    assert!(matches!(machine.run(&plan), Ok(Step::Finish)));
    let keys = &machine.account.user.as_ref().unwrap().keys;
    assert_eq!(
        Some(keys.as_slice()),
        machine.key_file.as_ref().map(std::slice::from_ref)
    );
}

#[test]
fn what_somebody_else_made_after_a_refusal_is_not_taken_for_ours() {
    let (_, plan) = nothing_there();
    let key = plan.changes.len() - 1;
    let refused = |at: usize| {
        let intent = Entry::Intent {
            change: at,
            keys_before: Vec::new(),
        };
        [intent, Entry::Refused { change: at }]
    };
    // Their user: made between our look and our call, which was then refused.
    let mut journal = vec![begun(&plan)];
    journal.extend(refused(0));
    let theirs = ObservedUser {
        id: "AIDATHEIRSEXAMPLE".into(),
        ..ObservedUser::default()
    };
    let observed = Observed {
        user: Some(theirs.clone()),
        ..Observed::default()
    };
    assert!(matches!(next_step(&plan, &journal, &observed), Step::Refuse(_)));
    assert_eq!(undo_file(&plan, &journal).made, []);
    // Their key: it must not be deleted as one of ours that was never handed out.
    let mut journal = vec![begun(&plan)];
    journal.extend((0..key).map(|change| Entry::Done {
        change,
        made: Made::Nothing,
    }));
    journal.extend(refused(key));
    let observed = Observed {
        user: Some(ObservedUser {
            keys: vec!["AKIATHEIRSEXAMPLE".into()],
            ..theirs
        }),
        ..Observed::default()
    };
    assert!(matches!(next_step(&plan, &journal, &observed), Step::Refuse(_)));
}

#[test]
fn drift_is_refused_before_anything_is_changed() {
    let (account, plan) = nothing_there();
    let refused = |account: Account, what: &str| {
        let mut machine = Machine {
            account: account.clone(),
            ..Machine::default()
        };
        let Ok(Step::Refuse(drift)) = machine.run(&plan) else {
            panic!("{what}: not refused")
        };
        assert!(drift.iter().any(|d| d.what.contains(what)), "{drift:?}");
        assert_eq!(machine.account, account);
    };
    let mut other = account.clone();
    other.bucket_policy = Some(VPC_ONLY.replace("vpc-0a1b", "vpc-ffff"));
    refused(other, "the bucket policy");
    let mut other = account.clone();
    other.bucket_policy = None;
    refused(other, "the bucket policy");
    let mut other = account;
    other.user = Some(ObservedUser {
        id: "AIDASOMEBODY".into(),
        ..ObservedUser::default()
    });
    refused(other, "the user statsig-reader");
}

#[test]
fn a_user_that_was_made_again_under_our_feet_is_refused() {
    let (account, plan) = nothing_there();
    let mut machine = Machine {
        account,
        steps_left: Some(6),
        ..Machine::default()
    };
    assert!(machine.run(&plan).is_err());
    machine.account.user.as_mut().unwrap().id = "AIDAANOTHER".into();
    machine.steps_left = None;
    assert!(matches!(machine.run(&plan), Ok(Step::Refuse(_))));
}

#[test]
fn a_journal_of_another_plan_or_of_garbage_is_not_gone_on_with() {
    let (_, plan) = nothing_there();
    let other = super::plan(&Account::default().inspected(OWN), &wanted());
    let line = journal_line(&begun(&plan));
    assert!(read_journal(&line, &plan).is_ok());
    assert_eq!(read_journal(&line, &other), Err(apply::JournalError::OtherPlan));
    let garbage = format!("{line}garbage\n");
    assert_eq!(
        read_journal(&garbage, &plan),
        Err(apply::JournalError::Unreadable { line: 2 })
    );
    // A line that a kill cut off was never written.
    assert_eq!(
        read_journal(&format!("{line}{{\"entry\""), &plan).unwrap().len(),
        1
    );
}

#[test]
fn undo_takes_back_only_what_the_apply_made() {
    let (start, plan) = nothing_there();
    let mut machine = Machine {
        account: start,
        ..Machine::default()
    };
    assert!(machine.run(&plan).is_ok());
    let file = machine.undo_file(&plan);
    // Meanwhile: somebody adds a statement before ours, a key, and a policy.
    let left = machine.account.bucket_policy.clone().unwrap();
    let added = r#"{"Sid":"Later","Effect":"Allow","Principal":{"AWS":"333333333333"},"Action":"s3:PutObject","Resource":"arn:aws:s3:::acme/in/*"}"#;
    machine.account.bucket_policy = Some(left.replacen("[{", &format!("[{added},{{"), 1));
    let user = machine.account.user.as_mut().unwrap();
    user.keys.push("AKIASOMEBODYELSE".into());
    user.others.push("the policy theirs".into());
    let stays = machine.undo(&file);
    assert_eq!(
        stays,
        ["the user statsig-reader: it has the key …ELSE, the policy theirs, which this apply did not make"]
    );
    let user = machine.account.user.as_ref().unwrap();
    assert_eq!(
        (user.keys.as_slice(), user.policy.as_ref()),
        (["AKIASOMEBODYELSE".to_owned()].as_slice(), None)
    );
    let now = machine.account.bucket_policy.unwrap();
    assert_eq!(
        statements_of(&now),
        [added.to_owned(), statements_of(VPC_ONLY)[0].clone()]
    );
    assert_eq!(Policy::parse(&now).unwrap().statements.len(), 2);
}

#[test]
fn undo_of_a_replaced_grant_brings_the_former_one_back_even_if_the_rest_changed() {
    let target = Target::new("acme", "", "aws");
    let former = target
        .bucket_statements("arn:aws:iam::111111111111:user/former")
        .join(",");
    let mut account = Account {
        bucket_policy: Some(format!(r#"{{"Version":"2012-10-17","Statement":[{former}]}}"#)),
        ..Account::default()
    };
    let plan = plan(&account.inspected(OWN), &wanted());
    assert!(titles(&plan).contains(&"merge bucket policy: 0 kept, 2 replaced"));
    assert!(
        plan.problems
            .iter()
            .any(|p| p.say.contains("user/former") && !p.blocking)
    );
    let mut machine = Machine {
        account: account.clone(),
        ..Machine::default()
    };
    assert!(machine.run(&plan).is_ok());
    let file = machine.undo_file(&plan);
    account.bucket_policy = machine
        .account
        .bucket_policy
        .map(|p| p.replace("2012-10-17\"", "2012-10-17\",\"Id\":\"x\""));
    machine.account.bucket_policy = account.bucket_policy;
    machine.undo(&file);
    let now = machine.account.bucket_policy.unwrap();
    assert!(
        now.contains("user/former") && !now.contains("statsig-reader") && now.contains("\"Id\""),
        "{now}"
    );
}

#[test]
fn a_user_with_a_key_needs_rotation_and_one_with_two_is_refused() {
    let (start, first) = nothing_there();
    let mut machine = Machine {
        account: start,
        ..Machine::default()
    };
    assert!(machine.run(&first).is_ok());
    let rotate = Wanted {
        rotate: true,
        ..wanted()
    };
    let second = plan(&machine.account.inspected(OWN), &rotate);
    assert_eq!(titles(&second), ["create access key"]);
    let mut rotated = Machine {
        account: machine.account.clone(),
        ..Machine::default()
    };
    assert!(rotated.run(&second).is_ok());
    assert_eq!(rotated.account.user.as_ref().unwrap().keys.len(), 2);
    // Its undo takes the second key alone.
    let file = rotated.undo_file(&second);
    let third = plan(&rotated.account.inspected(OWN), &rotate);
    assert!(third.is_satisfied());
    let problem = third.blocking().next().unwrap();
    assert!(problem.say.contains("two keys"), "{}", problem.say);
    let command = problem.next.command.as_deref().unwrap();
    assert!(command.starts_with("aws iam delete-access-key --user-name statsig-reader --access-key-id AKIA"));
    rotated.undo(&file);
    assert_eq!(rotated.account.user, machine.account.user);
}

#[test]
fn a_dead_principal_blocks_until_its_statement_is_dropped() {
    let dead = r#"{"Version":"2012-10-17","Statement":[{"Sid":"Old","Effect":"Allow","Principal":{"AWS":"AIDACKCEVSQ6C2EXAMPLE"},"Action":"s3:GetObject","Resource":"arn:aws:s3:::acme/*"},{"Sid":"Keep","Effect":"Allow","Principal":{"AWS":"333333333333"},"Action":"s3:PutObject","Resource":"arn:aws:s3:::acme/in/*"}]}"#;
    let account = Account {
        bucket_policy: Some(dead.into()),
        ..Account::default()
    };
    let blocked = plan(&account.inspected(OWN), &wanted());
    let concern = blocked.blocking().next().unwrap().clone();
    assert!(concern.say.contains("statement Old (line 1)") && concern.say.contains("AIDACKCEVSQ6C2EXAMPLE"));
    let dropped = Wanted {
        drop: concern.offer_to_drop.into_iter().collect(),
        ..wanted()
    };
    let plan = plan(&account.inspected(OWN), &dropped);
    assert_eq!(plan.blocking().count(), 0);
    assert!(titles(&plan).contains(&"merge bucket policy: 1 kept, 2 added, 1 removed"));
    assert_eq!(Plan::read(&plan.write()).unwrap(), plan);
    let mut machine = Machine {
        account,
        ..Machine::default()
    };
    assert!(machine.run(&plan).is_ok());
    let file = machine.undo_file(&plan);
    let stays = machine.undo(&file);
    // AWS takes no policy that names the dead: what else was there comes back, and this is said.
    let left = machine.account.bucket_policy.unwrap();
    assert!(left.contains("Keep") && !left.contains("AIDA") && !left.contains("BucketReady"));
    assert!(
        stays.iter().any(|say| say.contains("that name a deleted user")),
        "{stays:?}"
    );
}

#[test]
fn limits_of_aws_are_met_before_aws_refuses() {
    let account = Account {
        bucket_policy: Some(VPC_ONLY.replace("vpc-0a1b", &"x".repeat(19_900))),
        ..Account::default()
    };
    let long = plan(&account.inspected(OWN), &wanted());
    assert!(long.blocking().any(|p| p.say.contains("20480")));
    let many = Wanted {
        extras: Extras {
            location: true,
            kms_keys: (0..20)
                .map(|i| {
                    format!("arn:aws:kms:us-west-2:111111111111:key/9c1e0f2a-1111-2222-3333-4444555566{i:02}")
                })
                .collect(),
        },
        ..wanted()
    };
    let long = plan(&Account::default().inspected(OWN), &many);
    assert!(long.blocking().any(|p| p.say.contains("2048")));
}

#[test]
fn a_bucket_policy_of_exactly_twenty_kilobytes_is_still_planned() {
    let planned = |filler: usize| {
        let account = Account {
            bucket_policy: Some(VPC_ONLY.replace("vpc-0a1b", &"x".repeat(filler))),
            ..Account::default()
        };
        plan(&account.inspected(OWN), &wanted())
    };
    let size = |plan: &Plan| {
        let put = plan.changes.iter().find(|c| c.call == "s3:PutBucketPolicy");
        put.and_then(|c| c.after.as_ref()).map_or(0, String::len)
    };
    let room = 20_480 - size(&planned(0));
    let exact = planned(room);
    assert_eq!((size(&exact), exact.blocking().count()), (20_480, 0));
    assert_eq!(planned(room + 1).blocking().count(), 1);
}

#[test]
fn a_prefix_that_an_old_policy_cant_spell_is_told_of() {
    // Before version 2012-10-17 there are no variables, so no way to write a star that means itself.
    let old = r#"{"Version":"2008-10-17","Statement":[{"Sid":"Other","Effect":"Allow","Principal":{"AWS":"333333333333"},"Action":"s3:*","Resource":"arn:aws:s3:::acme/x"}]}"#.to_owned();
    let account = Account {
        bucket_policy: Some(old),
        ..Account::default()
    };
    let mut inspected = account.inspected(OTHER);
    inspected.target = Target::new("acme", "odd*", "aws");
    let plan = plan(&inspected, &wanted());
    let told = plan
        .problems
        .iter()
        .any(|p| p.say.contains("BucketReadyList") && p.say.contains("odd"));
    assert!(told, "{:#?}", plan.problems);
}

#[test]
fn without_rights_what_can_be_planned_is_planned_and_the_rest_is_named() {
    let (account, _) = nothing_there();
    let mut inspected = account.inspected(OTHER);
    inspected.bucket_policy = Known::Unknown("s3:GetBucketPolicy was refused".into());
    let half = plan(&inspected, &wanted());
    assert_eq!(titles(&half).len(), 3);
    let concern = half
        .problems
        .iter()
        .find(|p| p.say.contains("s3:GetBucketPolicy was refused"))
        .unwrap();
    assert!(concern.next.say.contains("BucketReadyRead") && concern.next.say.contains("user/statsig-reader"));
    assert_eq!(half.unseen.len(), 1);
    let mut inspected = account.inspected(OTHER);
    inspected.user = Known::Unknown("iam:GetUser was refused".into());
    let half = plan(&inspected, &wanted());
    assert_eq!(titles(&half), ["merge bucket policy: 1 kept, 2 added"]);
    assert!(
        half.problems
            .iter()
            .any(|p| p.say.contains("iam:GetUser was refused"))
    );
    inspected.user_account = Known::Unknown("sts:GetCallerIdentity was refused".into());
    assert!(plan(&inspected, &wanted()).changes.is_empty());
}

#[test]
fn encrypted_objects_need_their_key_granted() {
    let key = "arn:aws:kms:us-west-2:111111111111:key/9c1e";
    let mut inspected = Account::default().inspected(OWN);
    inspected.encryption = Known::Known(Encryption::Kms(key.into()));
    let without = plan(&inspected, &wanted());
    assert!(without.problems[0].say.contains("does not grant kms:Decrypt"));
    let granted = Wanted {
        extras: Extras {
            kms_keys: vec![key.into()],
            ..Extras::default()
        },
        ..wanted()
    };
    let with = plan(&inspected, &granted);
    assert!(with.changes[1].after.as_deref().unwrap().contains(key));
    assert!(
        with.problems[0]
            .say
            .contains("the key's own policy must allow it too")
    );
}

#[test]
fn a_plan_of_a_later_version_is_not_guessed_at() {
    let (_, plan) = nothing_there();
    let later = plan
        .write()
        .replacen("\"schema_version\": \"1\"", "\"schema_version\": \"2\"", 1);
    assert!(Plan::read(&later).unwrap_err().contains("version 2"));
    assert!(Plan::read("{}").is_err());
}

#[test]
fn a_plan_that_was_edited_to_do_what_it_does_not_tell_is_refused() {
    let (_, plan) = nothing_there();
    let open = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}"#;
    for at in [1, 2] {
        let mut edited = plan.clone();
        match &mut edited.changes[at].kind {
            ChangeKind::PutUserPolicy { document, .. } | ChangeKind::PutBucketPolicy { document, .. } => {
                *document = open.into();
            }
            _ => panic!("no policy"),
        }
        let said = Plan::read(&edited.write()).unwrap_err();
        assert!(said.contains("something else than it tells"), "{said}");
        edited.changes[at].after = Some(open.into());
        assert!(Plan::read(&edited.write()).is_err());
    }
    let mut silent = plan.clone();
    silent.changes[2].statements.clear();
    assert!(Plan::read(&silent.write()).is_err());
    let mut other = plan;
    other.user_arn = Some("arn:aws:iam::999999999999:root".into());
    assert!(Plan::read(&other.write()).is_err());
}

#[test]
fn a_shell_reads_back_exactly_what_was_quoted() {
    assert_eq!(print::shell_quote("statsig-reader"), "statsig-reader");
    assert_eq!(print::shell_quote(""), "''");
    assert_eq!(print::shell_quote("it's $HOME"), r"'it'\''s $HOME'");
}

#[test]
fn what_made_nothing_leaves_nothing_to_undo() {
    let (_, plan) = nothing_there();
    let journal = [
        begun(&plan),
        Entry::Done {
            change: 1,
            made: Made::Nothing,
        },
    ];
    assert_eq!(undo_file(&plan, &journal).made, []);
}

#[test]
fn printed_forms_hold_the_whole_plan() {
    let (account, _) = nothing_there();
    let mut inspected = account.inspected(OTHER);
    inspected.target = Target::new("acme", "it's*odd", "aws");
    let plan = plan(
        &inspected,
        &Wanted {
            path: "partners".into(),
            ..wanted()
        },
    );
    let forms = [
        print::aws(&plan),
        print::terraform(&plan),
        print::cloudformation(&plan),
    ];
    insta::assert_snapshot!(forms.join("\n--------\n"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn foreign_bucket_policies_survive_plan_apply_and_undo(foreign in foreign_policy()) {
        let account = Account { bucket_policy: Some(foreign.clone()), ..Account::default() };
        let plan = plan(&account.inspected(OTHER), &wanted());
        let mut machine = Machine { account, ..Machine::default() };
        prop_assert!(matches!(machine.run(&plan), Ok(Step::Finish)));
        let applied = machine.account.bucket_policy.clone().unwrap();
        prop_assert_eq!(statements_of(&applied), statements_of(&foreign));
        let again = super::plan(&machine.account.inspected(OTHER), &wanted());
        prop_assert!(again.is_satisfied());
        let file = machine.undo_file(&plan);
        prop_assert_eq!(machine.undo(&file), Vec::<String>::new());
        prop_assert_eq!(machine.account.bucket_policy, Some(foreign));
    }
}
