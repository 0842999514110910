//! Grants made, cut off, gone on with and taken back: on an account and a disk that fail as they are told to, on the
//! practice account through the binary, and on `moto`.

#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "grant/fake.rs"]
mod fake;

use std::path::{Path, PathBuf};

use bucket_ready::{
    access::{
        Plan, Policy, Wanted,
        plan::{ChangeKind, ChangeState, GrantEvent, apply::ObservedUser, undo::UndoFile},
    },
    grant::{Applied, KeyPlace, Places, Stopped, TakenBack, Verdict, unfinished},
    report::ProblemKind,
};
use fake::{CANARY, State, USER, World, places, target, told, wanted};
use proptest::prelude::*;
use serde_json::{Value, json};

const VPC_ONLY: &str = r#"{"Version":"2012-10-17","Statement":[{"Sid":"VpcOnly","Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:::acme/*","Condition":{"StringNotEquals":{"aws:SourceVpc":"vpc-0a1b"}}}]}"#;

/// Applies in a process of its own.
async fn apply(world: &World, plan: &Plan) -> Result<Applied, Stopped> {
    world.engine().0.apply(plan, &places()).await
}

/// Takes back what the undo file says, in a process of its own.
async fn undo(world: &World) -> Result<TakenBack, Stopped> {
    let file = UndoFile::read(&world.text("undo.json").expect("an undo file")).unwrap();
    world.engine().0.undo(&file, &[Path::new("")]).await
}

/// What an account holds, without what was counted on the way.
fn held(world: &World) -> (Option<Vec<String>>, Option<String>, Option<String>) {
    let state = world.account.state();
    let user = state.user.as_ref();
    (
        user.map(|u| u.keys.clone()),
        user.and_then(|u| u.policy.clone()),
        state.bucket_policy.clone(),
    )
}

fn key_in_file(world: &World) -> String {
    let text = world.text("key.json").expect("a key file");
    let key: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(key["UserName"], USER);
    assert_eq!(key["SecretAccessKey"], CANARY);
    key["AccessKeyId"].as_str().unwrap().to_owned()
}

/// All that a finished apply must have left.
fn assert_whole(world: &World, why: &str) {
    let (keys, policy, bucket) = held(world);
    assert_eq!(keys.as_deref(), Some(&[key_in_file(world)][..]), "{why}");
    assert!(policy.unwrap().contains("BucketReadyList"), "{why}");
    let bucket = bucket.unwrap();
    assert!(
        bucket.contains("VpcOnly") && bucket.contains("BucketReadyRead"),
        "{why}"
    );
    let state = world.account.state();
    assert_eq!((state.users_made, state.most_keys), (1, 1), "{why}");
}

fn assert_as_before(world: &World, why: &str) {
    assert_eq!(held(world), (None, None, Some(VPC_ONLY.into())), "{why}");
}

#[tokio::test]
async fn a_grant_is_made_proven_and_taken_back_byte_for_byte() {
    let world = World::with(Some(VPC_ONLY));
    let plan = world.plan().await;
    world.account.faults().tries_until_usable = 4;
    let (engine, mut receiver) = world.engine();
    let applied = engine.apply(&plan, &places()).await.unwrap();
    assert_eq!(applied.changed.len(), 4);
    assert!(matches!(&applied.verdict, Verdict::Works(say) if say.contains("events/, metrics/, signals/")));
    assert_eq!(applied.key.unwrap().id, key_in_file(&world));
    assert_whole(&world, "at once");

    let events = told(&mut receiver);
    assert!(matches!(&events[0], GrantEvent::UndoFile { path } if path == "undo.json"));
    let waits: Vec<u32> = events
        .iter()
        .filter_map(|e| match e {
            GrantEvent::Waiting { in_a_row, .. } => Some(*in_a_row),
            _ => None,
        })
        .collect();
    assert_eq!(
        waits,
        [0, 0, 0, 0, 1, 2, 3],
        "four refusals, then three answers in a row"
    );
    assert_eq!(events.last(), Some(&GrantEvent::Finished));

    let taken = undo(&world).await.unwrap();
    assert_eq!((taken.done.len(), taken.stays), (4, Vec::new()));
    assert_as_before(&world, "undone");
    // A second run has nothing left to do.
    assert_eq!(undo(&world).await.unwrap(), TakenBack::default());
    // And the same plan can be applied afresh, with fresh files.
    world.account.state().users_made = 0;
    let afresh = Places {
        undo_file: "undo-2.json".into(),
        key: Some(KeyPlace::File("key-2.json".into())),
        ..places()
    };
    let (engine, _receiver) = world.engine();
    assert_eq!(engine.apply(&plan, &afresh).await.unwrap().changed.len(), 4);
}

#[tokio::test]
async fn a_kill_at_every_point_leaves_what_apply_completes_and_undo_reverses() {
    let mut kills = 0;
    let mut second_kills = 0;
    for first in 0.. {
        // What a kill leaves can be taken back at once.
        let world = World::with(Some(VPC_ONLY));
        let plan = world.plan().await;
        world.power.set(Some(first));
        let ended = apply(&world, &plan).await;
        world.power.set(None);
        let why = format!("after {first} steps");
        if world.text("undo.json").is_some_and(|text| !text.is_empty()) {
            undo(&world).await.unwrap();
        }
        assert_as_before(&world, &why);
        if ended.is_ok() {
            assert!(first > 15, "an apply has more steps than {first}");
            break;
        }
        kills += 1;

        // And gone on with, killed once more on the way.
        for second in 0.. {
            let world = World::with(Some(VPC_ONLY));
            world.power.set(Some(first));
            let _ = apply(&world, &plan).await.unwrap_err();
            world.power.set(Some(second));
            let again = apply(&world, &plan).await;
            world.power.set(None);
            let why = format!("after {first} and {second} steps");
            if again.is_err() {
                second_kills += 1;
                apply(&world, &plan)
                    .await
                    .unwrap_or_else(|e| panic!("{why}: {e}"));
            }
            assert_whole(&world, &why);
            undo(&world).await.unwrap();
            assert_as_before(&world, &why);
            if again.is_ok() {
                break;
            }
        }
    }
    assert!(kills > 15 && second_kills > 100, "{kills}, {second_kills}");
}

#[tokio::test]
async fn a_kill_at_every_point_of_an_undo_is_gone_on_with() {
    for steps in 0.. {
        let world = World::with(Some(VPC_ONLY));
        let plan = world.plan().await;
        apply(&world, &plan).await.unwrap();
        world.power.set(Some(steps));
        let ended = undo(&world).await;
        world.power.set(None);
        undo(&world).await.unwrap();
        assert_as_before(&world, &format!("after {steps} steps"));
        if ended.is_ok() {
            assert!(steps >= 4, "an undo has more steps than {steps}");
            return;
        }
    }
}

#[tokio::test]
async fn a_call_that_landed_without_an_answer_is_neither_made_twice_nor_forgotten() {
    for call in [
        "iam:CreateUser",
        "iam:PutUserPolicy",
        "s3:PutBucketPolicy",
        "iam:CreateAccessKey",
    ] {
        for is_undone in [false, true] {
            let world = World::with(Some(VPC_ONLY));
            let plan = world.plan().await;
            world.account.faults().lost = Some(call);
            let stopped = apply(&world, &plan).await.unwrap_err();
            assert!(stopped.undo_file.is_some(), "{call}: {stopped}");
            if !is_undone {
                apply(&world, &plan).await.unwrap();
                assert_whole(&world, call);
                let made = world.account.state().calls.iter().filter(|c| **c == call).count();
                let expected = if call == "iam:CreateAccessKey" { 2 } else { 1 };
                assert_eq!(made, expected, "{call}");
            }
            undo(&world).await.unwrap();
            assert_as_before(&world, call);
        }
    }
    // The deletion of a key that was never handed out, too.
    let world = World::with(Some(VPC_ONLY));
    let plan = world.plan().await;
    world.account.faults().lost = Some("iam:CreateAccessKey");
    apply(&world, &plan).await.unwrap_err();
    world.account.faults().lost = Some("iam:DeleteAccessKey");
    apply(&world, &plan).await.unwrap_err();
    apply(&world, &plan).await.unwrap();
    assert_whole(&world, "the key's deletion was not answered");
}

#[tokio::test]
async fn undo_calls_without_an_answer_are_gone_on_with() {
    for call in [
        "iam:DeleteAccessKey",
        "s3:PutBucketPolicy",
        "iam:DeleteUserPolicy",
        "iam:DeleteUser",
    ] {
        let world = World::with(Some(VPC_ONLY));
        let plan = world.plan().await;
        apply(&world, &plan).await.unwrap();
        world.account.faults().lost = Some(call);
        undo(&world).await.unwrap_err();
        undo(&world).await.unwrap();
        assert_as_before(&world, call);
    }
}

#[tokio::test]
async fn a_refused_call_stops_it_with_what_was_done_and_what_was_not() {
    let calls = [
        "iam:CreateUser",
        "iam:PutUserPolicy",
        "s3:PutBucketPolicy",
        "iam:CreateAccessKey",
    ];
    for (at, call) in calls.into_iter().enumerate() {
        let world = World::with(Some(VPC_ONLY));
        let plan = world.plan().await;
        world.account.faults().refused = Some(call);
        let (engine, mut receiver) = world.engine();
        let stopped = engine.apply(&plan, &places()).await.unwrap_err();
        assert_eq!((stopped.done.len(), stopped.left.len()), (at, 4 - at), "{call}");
        assert_eq!(stopped.why.call, Some(call));
        let failed = told(&mut receiver)
            .into_iter()
            .filter(
                |e| matches!(e, GrantEvent::Change { index, state: ChangeState::Failed(_) } if *index == at),
            )
            .count();
        assert_eq!(failed, 1, "{call}");
        if at == 0 {
            // Nothing was changed, and nothing is left lying about.
            assert_eq!((stopped.undo_file, world.names()), (None, Vec::new()));
        }
        // The right is given, and the same command goes on.
        drop(engine);
        world.account.faults().refused = None;
        apply(&world, &plan).await.unwrap();
        assert_whole(&world, call);
    }
}

#[tokio::test]
async fn what_somebody_else_makes_after_a_refusal_is_neither_gone_on_with_nor_taken_back() {
    // Their user. A kill before the call leaves a journal that the refused run goes on with.
    let world = World::with(Some(VPC_ONLY));
    let plan = world.plan().await;
    for steps in 0.. {
        world.power.set(Some(steps));
        apply(&world, &plan).await.unwrap_err();
        world.power.set(None);
        if world.text("undo.json").is_some() {
            break;
        }
    }
    assert!(!world.files().contains(r#""entry":"intent""#));
    world.account.faults().refused = Some("iam:CreateUser");
    apply(&world, &plan).await.unwrap_err();
    world.account.faults().refused = None;
    let theirs = ObservedUser {
        id: "AIDAEXAMPLETHEIRS".into(),
        ..ObservedUser::default()
    };
    world.account.state().user = Some(theirs.clone());
    let stopped = apply(&world, &plan).await.unwrap_err();
    assert!(stopped.why.cause.contains("the plan saw none"), "{stopped}");
    assert_eq!(undo(&world).await.unwrap().done, Vec::<String>::new());
    assert_eq!(world.account.state().user, Some(theirs));

    // Their key.
    let world = World::with(Some(VPC_ONLY));
    world.account.faults().refused = Some("iam:CreateAccessKey");
    apply(&world, &plan).await.unwrap_err();
    world.account.faults().refused = None;
    let theirs = vec!["AKIAEXAMPLETHEIRS".to_owned()];
    world
        .account
        .state()
        .user
        .as_mut()
        .unwrap()
        .keys
        .clone_from(&theirs);
    let stopped = apply(&world, &plan).await.unwrap_err();
    assert!(stopped.why.cause.contains("the keys of the user"), "{stopped}");
    let taken = undo(&world).await.unwrap();
    assert_eq!(held(&world).0, Some(theirs));
    assert!(!taken.stays.is_empty(), "that the user stays is not said");

    // Their policy of the bucket, which happens to be what we wanted.
    let world = World::with(Some(VPC_ONLY));
    world.account.faults().refused = Some("s3:PutBucketPolicy");
    apply(&world, &plan).await.unwrap_err();
    world.account.faults().refused = None;
    let wanted = plan.changes.iter().find_map(|change| match &change.kind {
        ChangeKind::PutBucketPolicy { document, .. } => Some(document.clone()),
        _ => None,
    });
    world.account.state().bucket_policy.clone_from(&wanted);
    apply(&world, &plan).await.unwrap();
    undo(&world).await.unwrap();
    assert_eq!(held(&world), (None, None, wanted));
}

#[tokio::test]
async fn an_answer_that_leaves_it_open_whether_a_user_was_made_is_no_refusal() {
    let world = World::with(Some(VPC_ONLY));
    let plan = world.plan().await;
    // The user is made, and a client that tried again by itself is told that it is there already.
    world.account.faults().lost = Some("iam:CreateUser");
    world.account.faults().lost_as = Some((409, "EntityAlreadyExists"));
    apply(&world, &plan).await.unwrap_err();
    apply(&world, &plan).await.unwrap();
    assert_whole(&world, "gone on with");
    undo(&world).await.unwrap();
    assert_as_before(&world, "its own user is taken back");
}

#[tokio::test]
async fn a_change_under_our_feet_is_refused_before_each_change() {
    // Killed before the call of each change, then somebody else is at work.
    type Meddle = fn(&mut State);
    let meddle: [(u32, Meddle, &str); 4] = [
        (
            0,
            |s| s.bucket_policy = Some("{\"Statement\":[]}".into()),
            "the bucket policy",
        ),
        (
            1,
            |s| s.user.as_mut().unwrap().policy = Some("{\"Statement\":[]}".into()),
            "the user policy",
        ),
        (
            2,
            |s| s.user.as_mut().unwrap().keys.push("AKIAEXAMPLETHEIRS".into()),
            "the keys of the user",
        ),
        (
            3,
            |s| s.user.as_mut().unwrap().id = "AIDAEXAMPLEOTHER".into(),
            "the user",
        ),
    ];
    for (calls, change, what) in meddle {
        let world = World::with(Some(VPC_ONLY));
        let plan = world.plan().await;
        for steps in 0.. {
            world.power.set(Some(steps));
            let _ = apply(&world, &plan).await;
            world.power.set(None);
            if world.account.state().calls.len() >= usize::try_from(calls).unwrap() {
                break;
            }
        }
        change(&mut world.account.state());
        let before = world.account.state().clone();
        let (engine, mut receiver) = world.engine();
        let stopped = engine.apply(&plan, &places()).await.unwrap_err();
        assert!(stopped.why.cause.contains(what), "{what}: {stopped}");
        assert_eq!(*world.account.state(), before, "{what}: something was changed");
        assert!(
            told(&mut receiver)
                .iter()
                .any(|e| matches!(e, GrantEvent::Refused(_)))
        );
    }
}

#[tokio::test]
async fn a_plan_that_is_out_of_date_leaves_no_files_and_no_changes() {
    let world = World::with(Some(VPC_ONLY));
    let plan = world.plan().await;
    world.account.state().bucket_policy = None;
    let stopped = apply(&world, &plan).await.unwrap_err();
    assert_eq!(stopped.undo_file, None);
    assert!(world.names().is_empty() && world.account.state().calls.is_empty());
}

#[tokio::test]
async fn applying_twice_changes_nothing_the_second_time() {
    let world = World::with(Some(VPC_ONLY));
    let plan = world.plan().await;
    apply(&world, &plan).await.unwrap();
    let (state, files) = (world.account.state().clone(), world.files());
    let again = apply(&world, &plan).await.unwrap();
    assert_eq!(again.changed, Vec::<String>::new());
    assert_eq!((again.found.len(), again.verdict), (4, Verdict::NothingChanged));
    assert_eq!(
        (world.account.state().clone(), world.files()),
        (state.clone(), files.clone())
    );
    // A new plan finds all as it should be, and touches no file.
    let satisfied = world.plan().await;
    assert!(satisfied.is_satisfied());
    assert_eq!(apply(&world, &satisfied).await.unwrap().undo_file, None);
    assert_eq!((world.account.state().clone(), world.files()), (state, files));
}

#[tokio::test]
async fn no_file_that_is_there_is_written_over_and_no_change_is_made_without_a_place_for_the_secret() {
    for taken in ["undo.json", "key.json"] {
        let world = World::with(Some(VPC_ONLY));
        let plan = world.plan().await;
        bucket_ready::grant::Disk::create(&world.disk, Path::new(taken), "precious", false).unwrap();
        let stopped = apply(&world, &plan).await.unwrap_err();
        assert!(stopped.why.what.contains(taken), "{stopped}");
        assert_eq!(world.names(), [taken]);
        assert_eq!(world.text(taken).as_deref(), Some("precious"));
        assert!(world.account.state().calls.is_empty());
    }
    let world = World::with(Some(VPC_ONLY));
    let plan = world.plan().await;
    let nowhere = Places {
        key: None,
        ..places()
    };
    let (engine, _receiver) = world.engine();
    let stopped = engine.apply(&plan, &nowhere).await.unwrap_err();
    assert!(stopped.why.next.say.contains("--key-file"));
    assert!(world.names().is_empty() && world.account.state().calls.is_empty());
}

#[tokio::test]
async fn a_key_whose_secret_could_not_be_saved_is_deleted_at_once() {
    let world = World::with(Some(VPC_ONLY));
    let plan = world.plan().await;
    let full = std::sync::Arc::clone(&world.disk.full);
    // The place for the key is made, and then the disk is full.
    let (engine, mut receiver) = world.engine_heard_at_once();
    let watched = tokio::spawn(async move {
        let mut all = Vec::new();
        while let Some(event) = receiver.recv().await {
            if matches!(event, GrantEvent::UndoFile { .. }) {
                *full.lock().unwrap() = Some(PathBuf::from("key.json"));
            }
            all.push(event);
        }
        all
    });
    let stopped = engine.apply(&plan, &places()).await.unwrap_err();
    drop(engine);
    let events = watched.await.unwrap();
    assert!(stopped.why.what.contains("key.json"), "{stopped}");
    assert!(events.iter().any(|e| matches!(e, GrantEvent::Discarded { .. })));
    assert_eq!(held(&world).0, Some(Vec::new()), "a key without a holder stays");
    *world.disk.full.lock().unwrap() = None;
    apply(&world, &plan).await.unwrap();
    assert_whole(&world, "once there is room");
}

#[tokio::test]
async fn a_key_file_that_somebody_put_in_the_way_is_not_taken_for_ours() {
    let world = World::with(Some(VPC_ONLY));
    let plan = world.plan().await;
    world.account.faults().lost = Some("iam:CreateAccessKey");
    apply(&world, &plan).await.unwrap_err();
    bucket_ready::grant::Disk::replace(&world.disk, Path::new("key.json"), "my notes").unwrap();
    let before = world.account.state().clone();
    let stopped = apply(&world, &plan).await.unwrap_err();
    assert!(stopped.why.next.say.contains("Move it away"), "{stopped}");
    assert_eq!(*world.account.state(), before);
    assert_eq!(world.text("key.json").as_deref(), Some("my notes"));
    bucket_ready::grant::Disk::remove(&world.disk, Path::new("key.json")).unwrap();
    apply(&world, &plan).await.unwrap();
    assert_whole(&world, "moved away");
}

#[tokio::test]
async fn what_aws_does_not_show_yet_is_asked_again_and_not_taken_for_a_change() {
    let world = World::with(Some(VPC_ONLY));
    let plan = world.plan().await;
    {
        let mut faults = world.account.faults();
        faults.hidden_looks = 3;
        faults.unknown_principal = 2;
    }
    apply(&world, &plan).await.unwrap();
    assert_whole(&world, "late");
    // But not for ever.
    let world = World::with(Some(VPC_ONLY));
    let plan = world.plan().await;
    world.account.faults().hidden_looks = 1000;
    let stopped = apply(&world, &plan).await.unwrap_err();
    assert!(stopped.why.cause.contains("is gone"), "{stopped}");
}

#[tokio::test]
async fn a_key_that_never_works_is_given_up_after_the_deadline_and_said_so() {
    let world = World::with(Some(VPC_ONLY));
    let plan = world.plan().await;
    world.account.faults().tries_until_usable = 1000;
    let (engine, mut receiver) = world.engine();
    let applied = engine.apply(&plan, &places()).await.unwrap();
    let Verdict::Refused(say) = applied.verdict else {
        panic!("{:?}", applied.verdict);
    };
    assert!(
        say.contains("60 seconds") && say.contains("InvalidAccessKeyId"),
        "{say}"
    );
    assert!(
        told(&mut receiver)
            .iter()
            .any(|e| matches!(e, GrantEvent::Verified { works: false, .. }))
    );
}

#[tokio::test]
async fn a_policy_put_by_somebody_else_in_the_same_moment_is_seen() {
    let world = World::with(Some(VPC_ONLY));
    let plan = world.plan().await;
    world.account.faults().overtaken_by = Some("{\"Statement\":[]}".into());
    let stopped = apply(&world, &plan).await.unwrap_err();
    assert!(stopped.why.cause.contains("somebody else"), "{stopped}");
    assert_eq!(stopped.left.len(), 2);
    assert_eq!(held(&world).2.as_deref(), Some("{\"Statement\":[]}"));
}

#[tokio::test]
async fn a_shown_key_is_told_once_before_the_journal_says_so_and_is_in_no_file() {
    let shown = Places {
        key: Some(KeyPlace::Shown),
        ..places()
    };
    let world = World::with(Some(VPC_ONLY));
    let plan = world.plan().await;
    let (engine, mut receiver) = world.engine();
    engine.apply(&plan, &shown).await.unwrap();
    let keys: Vec<String> = told(&mut receiver)
        .iter()
        .filter_map(|e| match e {
            GrantEvent::Key { secret, .. } => Some(secret.expose().to_owned()),
            _ => None,
        })
        .collect();
    assert_eq!(keys, [CANARY]);
    assert!(!world.files().contains(CANARY));
    // Nobody listens: the key is deleted again, and the next run makes another.
    let world = World::with(Some(VPC_ONLY));
    let (engine, receiver) = world.engine();
    drop(receiver);
    assert!(engine.apply(&plan, &shown).await.is_err());
    assert_eq!(held(&world).0, Some(Vec::new()));
    let (engine, _receiver) = world.engine();
    engine.apply(&plan, &shown).await.unwrap();
    assert_eq!(held(&world).0.map(|keys| keys.len()), Some(1));
}

#[tokio::test]
async fn stopping_leaves_a_state_that_is_told_and_gone_on_with() {
    let world = World::with(Some(VPC_ONLY));
    let plan = world.plan().await;
    let (engine, mut receiver) = world.engine_heard_at_once();
    let cancel = engine.cancel.clone();
    let watched = tokio::spawn(async move {
        while let Some(event) = receiver.recv().await {
            if matches!(
                &event,
                GrantEvent::Change {
                    index: 0,
                    state: ChangeState::Made
                }
            ) {
                cancel.cancel();
            }
        }
    });
    let stopped = engine.apply(&plan, &places()).await.unwrap_err();
    drop(engine);
    watched.await.unwrap();
    assert_eq!(stopped.why.kind, ProblemKind::Cancelled);
    assert!(
        !stopped.done.is_empty() && !stopped.left.is_empty(),
        "{stopped:?}"
    );
    let found = unfinished(&world.disk, Path::new(""), &target(), USER).unwrap();
    assert_eq!(found.plan, plan);
    assert_eq!(found.opened.key_file.as_deref(), Some(Path::new("key.json")));
    assert_eq!(unfinished(&world.disk, Path::new(""), &target(), "other"), None);
    apply(&world, &plan).await.unwrap();
    assert_eq!(unfinished(&world.disk, Path::new(""), &target(), USER), None);
    assert_whole(&world, "gone on with");
}

#[tokio::test]
async fn without_rights_what_can_be_planned_is_planned_and_applied_and_the_rest_is_named() {
    for (refused, changes) in [
        ("iam:GetUser", &["merge bucket policy: 1 kept, 2 added"][..]),
        (
            "s3:GetBucketPolicy",
            &[
                "create user statsig-reader",
                "put user policy bucket-ready-read",
                "create access key",
            ],
        ),
    ] {
        let world = World::with(Some(VPC_ONLY));
        world.account.faults().refused = Some(refused);
        let plan = world.plan().await;
        let titles: Vec<&str> = plan.changes.iter().map(|c| c.title.as_str()).collect();
        assert_eq!(titles, changes);
        assert!(
            plan.unseen.iter().any(|u| u.why.contains(refused))
                || plan.problems.iter().any(|p| p.say.contains(refused)),
            "{refused} is not named"
        );
        // What is planned needs no look at what may not be seen.
        apply(&world, &plan).await.unwrap();
        undo(&world).await.unwrap();
        assert_as_before(&world, refused);
    }
}

#[tokio::test]
async fn rotation_makes_a_second_key_and_leaves_the_first_and_two_keys_are_refused() {
    let world = World::with(Some(VPC_ONLY));
    let plan = world.plan().await;
    apply(&world, &plan).await.unwrap();
    let first = key_in_file(&world);
    let rotate = Wanted {
        rotate: true,
        ..wanted()
    };
    let plan = world.plan_for(&rotate).await;
    let second = Places {
        undo_file: "undo-2.json".into(),
        key: Some(KeyPlace::File("key-2.json".into())),
        ..places()
    };
    world.engine().0.apply(&plan, &second).await.unwrap();
    assert_eq!(held(&world).0.unwrap().len(), 2);
    assert!(world.text("key-2.json").unwrap().contains(CANARY));

    let third = world.plan_for(&rotate).await;
    let before = world.account.state().clone();
    let stopped = apply(&world, &third).await.unwrap_err();
    assert!(stopped.why.cause.contains("two keys"), "{stopped}");
    assert!(stopped.why.next.say.contains("--rotate"));
    assert_eq!(*world.account.state(), before);

    let file = UndoFile::read(&world.text("undo-2.json").unwrap()).unwrap();
    world.engine().0.undo(&file, &[Path::new("")]).await.unwrap();
    assert_eq!(held(&world).0, Some(vec![first]));
}

#[tokio::test]
async fn a_user_that_has_gained_something_stays_and_is_named() {
    let world = World::with(Some(VPC_ONLY));
    let plan = world.plan().await;
    apply(&world, &plan).await.unwrap();
    world.account.state().user.as_mut().unwrap().others = vec!["the group etl".into()];
    let taken = undo(&world).await.unwrap();
    assert_eq!(taken.done.len(), 3);
    assert!(taken.stays[0].contains("the group etl"), "{:?}", taken.stays);
    assert_eq!(held(&world).0, Some(Vec::new()));
}

#[tokio::test]
async fn two_applies_at_a_time_do_not_meet() {
    let world = World::with(Some(VPC_ONLY));
    let plan = world.plan().await;
    let (one, _one) = world.engine();
    let (two, _two) = world.engine();
    let places = places();
    let (a, b) = tokio::join!(one.apply(&plan, &places), two.apply(&plan, &places));
    assert!(a.is_ok() || b.is_ok(), "{a:?} {b:?}");
    assert_whole(&world, "both at once");
}

#[tokio::test]
async fn the_secret_is_in_no_file_but_its_own_and_in_no_words() {
    let world = World::with(Some(VPC_ONLY));
    let plan = world.plan().await;
    world.account.faults().tries_until_usable = 2;
    let (engine, mut receiver) = world.engine();
    let applied = engine.apply(&plan, &places()).await.unwrap();
    let mut words = format!(
        "{engine:?} {applied:?} {:?} {:#?}",
        world.disk.memory,
        told(&mut receiver)
    );
    words += &world.files();
    words += &plan.write();
    let shown = Places {
        undo_file: "undo-2.json".into(),
        key: Some(KeyPlace::Shown),
        ..places()
    };
    let other = World::with(None);
    let plan = other.plan().await;
    let (engine, mut receiver) = other.engine();
    engine.apply(&plan, &shown).await.unwrap();
    words += &format!("{:?} {:#?}", other.disk.memory, told(&mut receiver));
    words += &other.files();
    assert!(key_in_file(&world).starts_with("AKIA"));
    assert!(
        words.len() > 5_000 && words.contains("AKIAEXAMPLE"),
        "something was looked at"
    );
    assert!(!words.contains(CANARY), "the secret is where it must not be");
}

/// Somebody else's bucket policy, in some formatting.
fn foreign_policy() -> impl Strategy<Value = String> {
    let statement = ("[A-Za-z]{1,8}", any::<bool>(), 0..3u8, "[a-z0-9 \\\\é\"]{0,12}").prop_map(
        |(sid, deny, kind, odd)| {
            json!({
                "Sid": sid,
                "Effect": if deny { "Deny" } else { "Allow" },
                "Principal": if kind == 0 { json!("*") } else { json!({"AWS": ["arn:aws:iam::222222222222:root"]}) },
                "Action": if kind == 1 { json!("s3:GetObject") } else { json!(["s3:GetObject", "s3:PutObject"]) },
                "Resource": format!("arn:aws:s3:::acme/{odd}*"),
            })
        },
    );
    (proptest::collection::vec(statement, 1..5), 0..4u8).prop_map(|(statements, style)| {
        let policy = json!({"Version": "2012-10-17", "Statement": statements});
        match style {
            0 => policy.to_string(),
            1 => format!("{policy:#}\n"),
            2 => format!("{policy:#}").replace('\n', "\r\n"),
            _ => format!(" {policy} "),
        }
    })
}

fn foreign_statements(text: &str) -> Vec<String> {
    let policy = Policy::parse(text).unwrap();
    policy
        .statements
        .iter()
        .filter(|s| !s.sid.as_deref().is_some_and(|sid| sid.starts_with("BucketReady")))
        .map(|s| policy.text_of(s).to_owned())
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]
    #[test]
    fn foreign_policies_survive_plan_apply_and_undo_byte_for_byte(foreign in foreign_policy()) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let world = World::with(Some(&foreign));
            let plan = world.plan().await;
            apply(&world, &plan).await.unwrap();
            let (_, _, left) = held(&world);
            prop_assert_eq!(foreign_statements(&left.unwrap()), foreign_statements(&foreign));
            let calls = world.account.state().calls.len();
            apply(&world, &plan).await.unwrap();
            prop_assert!(world.plan().await.is_satisfied());
            prop_assert_eq!(world.account.state().calls.len(), calls);
            undo(&world).await.unwrap();
            prop_assert_eq!(held(&world), (None, None, Some(foreign)));
            Ok(())
        })?;
    }
}
