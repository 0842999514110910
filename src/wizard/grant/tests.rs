//! Step 2 by its events and effects.

mod between;

use super::*;
use crate::{
    access::{
        Inspected, Known, Target as Bucket, plan,
        plan::{
            GrantEvent, Secret,
            undo::{Undo, UndoAct},
        },
    },
    report::{Identity, ProblemKind, SurveyEvent, Tool},
    rule::Next,
    wizard::{
        Confirm, Editing, Effect, Event, Key, Notice, Overlay, Step,
        connect::Field,
        event::Lane,
        keys::{Action, Can},
        rows::Item,
    },
};

const CANARY: &str = "EXAMPLEcanary/secret/of/the/new/key/0000";

fn key(wizard: &mut Wizard, c: char) -> Vec<Effect> {
    wizard.handle(Event::Key(match c {
        '\n' => Key::Enter,
        '\t' => Key::Tab,
        '\u{1b}' => Key::Esc,
        c => Key::Char(c),
    }))
}

fn keys(wizard: &mut Wizard, text: &str) -> Vec<Effect> {
    text.chars().flat_map(|c| key(wizard, c)).collect()
}

fn told(wizard: &mut Wizard, event: SurveyEvent) -> Vec<Effect> {
    let run = wizard.run.id;
    wizard.handle(Event::Survey {
        run,
        event: Box::new(event),
    })
}

fn connected(kind: Target) -> Vec<SurveyEvent> {
    vec![
        SurveyEvent::Started {
            tool: Tool::this(),
            created_at: "2026-06-24T05:14:00Z".into(),
            target: kind.clone(),
            mode: crate::report::Mode::default(),
            today: "2026-06-23".into(),
        },
        SurveyEvent::Connected {
            target: kind,
            identity: None,
            operator: None,
        },
    ]
}

fn s3() -> Target {
    Target::S3 {
        bucket: "acme".into(),
        prefix: String::new(),
        region: None,
    }
}

fn wizard_on(target: &str, kind: Target) -> Wizard {
    let mut wizard = Wizard::new(Connection {
        target: target.into(),
        ..Connection::default()
    });
    wizard.handle(Event::Tick {
        now: "2026-06-24T05:14:00Z".parse().unwrap(),
    });
    wizard.begin();
    for event in connected(kind) {
        told(&mut wizard, event);
    }
    wizard
}

fn wizard() -> Wizard {
    wizard_on("s3://acme", s3())
}

fn inspected() -> Inspected {
    Inspected {
        target: Bucket::new("acme", "", "aws"),
        user_account: Known::Known("123456789012".into()),
        bucket_account: Known::Known("123456789012".into()),
        user: Known::Known(None),
        bucket_policy: Known::Known(None),
        ..Inspected::default()
    }
}

fn grant(wizard: &mut Wizard, event: GrantEvent) -> Vec<Effect> {
    let run = wizard.grant.run;
    wizard.handle(Event::Grant {
        run,
        event: Lane::Did(Box::new(event)),
    })
}

/// On step 2, with a plan of four changes.
fn planned() -> Wizard {
    let mut wizard = wizard();
    key(&mut wizard, '2');
    let plan = plan(&inspected(), &wizard.wanted());
    grant(&mut wizard, GrantEvent::Planned(Box::new(plan)));
    grant(&mut wizard, GrantEvent::Finished);
    wizard
}

fn applying() -> Wizard {
    let mut wizard = planned();
    let effects = keys(&mut wizard, "a\nacme\n");
    assert!(is_apply(&effects), "{effects:?}");
    wizard
}

fn is_apply(effects: &[Effect]) -> bool {
    matches!(effects, [Effect::Grant(start)] if matches!(start.task, GrantTask::Apply(_)))
}

fn applied() -> Wizard {
    let mut wizard = applying();
    for index in 0..4 {
        grant(
            &mut wizard,
            GrantEvent::Change {
                index,
                state: ChangeState::Made,
            },
        );
    }
    grant(
        &mut wizard,
        GrantEvent::Key {
            id: "AKIAEXAMPLE7F3Q".into(),
            secret: Secret::new(CANARY.to_owned().into()),
        },
    );
    grant(&mut wizard, GrantEvent::Finished);
    wizard
}

#[test]
fn entering_the_step_makes_a_plan_and_entering_it_again_makes_no_second() {
    let mut wizard = wizard();
    let effects = key(&mut wizard, '2');
    let [Effect::Grant(start)] = &effects[..] else {
        panic!("{effects:?}");
    };
    assert!(matches!(&start.task, GrantTask::Plan(w) if w.user == "statsig-reader"));
    assert_eq!(keys(&mut wizard, "32"), [], "one is being made");
    assert_eq!(wizard.status(Step::Grant).word, "planning");
}

#[test]
fn a_plan_waits_until_the_target_is_known_to_be_a_bucket() {
    let mut wizard = Wizard::new(Connection {
        target: "acme".into(),
        ..Connection::default()
    });
    wizard.begin();
    assert_eq!(key(&mut wizard, '2'), [], "it may be a folder of that name");
    let effects: Vec<Effect> = connected(s3())
        .into_iter()
        .flat_map(|event| told(&mut wizard, event))
        .collect();
    assert!(matches!(&effects[..], [Effect::Grant(_)]), "{effects:?}");
}

#[test]
fn folders_readers_and_saved_reports_are_not_granted_anything() {
    let folder = Target::Folder {
        path: "exports".into(),
        prefix: String::new(),
    };
    let mut cases = vec![wizard_on("exports", folder)];
    let mut reader = wizard();
    reader.connect.role = Role::Reader;
    cases.push(reader);
    cases.push(Wizard::saved(wizard().report.unwrap(), "r.json"));
    for mut wizard in cases {
        for c in ['2', 'a', 'u', 'p', 'f', 'r', '\n'] {
            let effects = key(&mut wizard, c);
            assert!(
                !effects.iter().any(|e| matches!(e, Effect::Grant(_))),
                "{c} {effects:?}"
            );
        }
        let status = wizard.status(Step::Grant);
        assert_eq!(status.word, "skipped");
        assert!(status.why.is_some());
    }
}

#[test]
fn the_readers_own_name_is_taken_where_it_is_a_user_of_the_operators_account() {
    let with = |reader: &str| {
        let mut wizard = wizard();
        told(
            &mut wizard,
            SurveyEvent::Connected {
                target: s3(),
                identity: Some(Identity {
                    arn: Some(reader.into()),
                    key_last4: None,
                }),
                operator: Some(Identity {
                    arn: Some("arn:aws:iam::123456789012:user/ana".into()),
                    key_last4: None,
                }),
            },
        );
        wizard.reader_name()
    };
    assert_eq!(with("arn:aws:iam::123456789012:user/partners/ingest"), "ingest");
    assert_eq!(with("arn:aws:iam::999988887777:user/ingest"), "statsig-reader");
    assert_eq!(
        with("arn:aws:sts::123456789012:assumed-role/x/y"),
        "statsig-reader"
    );
}

#[test]
fn what_is_wanted_is_typed_only_after_enter_and_planned_anew() {
    let mut wizard = planned();
    assert!(wizard.editing.is_none());
    key(&mut wizard, '\n');
    for _ in 0..20 {
        wizard.handle(Event::Key(Key::Backspace));
    }
    let effects = keys(&mut wizard, "ingest\n");
    assert!(
        matches!(&effects[..], [Effect::Grant(s)] if matches!(&s.task, GrantTask::Plan(w) if w.user == "ingest")),
        "{effects:?}"
    );
    grant(&mut wizard, GrantEvent::Finished);
    key(&mut wizard, '\n');
    assert_eq!(keys(&mut wizard, " spaced\n"), [], "no such name");
    assert!(matches!(&wizard.notice, Some(Notice::No(_))));
    assert_eq!(wizard.reader_name(), "ingest");
    keys(&mut wizard, "jj");
    let effects = key(&mut wizard, '\n');
    assert!(
        matches!(&effects[..], [Effect::Grant(s)] if matches!(&s.task, GrantTask::Plan(w) if w.extras.location)),
        "{effects:?}"
    );
}

#[test]
fn nothing_is_applied_without_the_buckets_very_name() {
    for tries in [
        "a\n\n\n\n\n",
        "a\nacm\n",
        "a\nacme2\n",
        "a\nACME\n",
        "a\n\t\t\n",
        "aaaa\n",
        "a\nacme\t",
        "a\nacme\u{1b}\n",
    ] {
        let mut wizard = planned();
        let effects = keys(&mut wizard, tries);
        assert_eq!(effects, [], "{tries:?}");
        assert_eq!(wizard.grant.doing, None, "{tries:?}");
    }
    let mut wizard = planned();
    keys(&mut wizard, "a\n");
    wizard.handle(Event::Paste("s3://acme".into()));
    assert_eq!(key(&mut wizard, '\n'), []);
    assert!(wizard.notice.as_ref().unwrap().text().contains("acme"));
    keys(&mut wizard, "\n");
    wizard.handle(Event::Paste(" acme\n".into()));
    assert!(is_apply(&key(&mut wizard, '\n')), "a pasted name is the name");
}

#[test]
fn a_paste_with_a_line_end_does_not_confirm() {
    let mut wizard = planned();
    keys(&mut wizard, "a\n");
    assert_eq!(wizard.handle(Event::Paste("acme\n".into())), []);
    assert_eq!(wizard.grant.doing, None);
}

#[test]
fn exactly_the_plan_that_was_shown_is_applied() {
    let mut wizard = planned();
    let shown = wizard.grant.plan.clone().unwrap();
    let effects = keys(&mut wizard, "a\nacme\n");
    let [Effect::Grant(start)] = &effects[..] else {
        panic!("{effects:?}");
    };
    assert_eq!(start.task, GrantTask::Apply(shown));
}

#[test]
fn a_problem_that_must_be_met_first_refuses_the_apply_and_its_way_out_is_planned() {
    let mut wizard = wizard();
    key(&mut wizard, '2');
    let dead = r#"{"Version":"2012-10-17","Statement":[{"Sid":"Old","Effect":"Allow","Principal":{"AWS":"AIDAEXAMPLEEXAMPLEEXA"},"Action":"s3:GetObject","Resource":"arn:aws:s3:::acme/*"}]}"#;
    let found = Inspected {
        bucket_policy: Known::Known(Some(dead.into())),
        ..inspected()
    };
    let first = plan(&found, &wizard.wanted());
    grant(&mut wizard, GrantEvent::Planned(Box::new(first)));
    assert_eq!(key(&mut wizard, 'a'), []);
    assert!(
        wizard
            .notice
            .as_ref()
            .unwrap()
            .text()
            .contains("must be met first")
    );
    wizard.cursors.insert(
        Step::Grant,
        crate::wizard::rows::Cursor {
            item: Some(Item::Grant(GrantItem::Concern(0))),
            index: 0,
        },
    );
    let effects = key(&mut wizard, 'f');
    let [Effect::Grant(start)] = &effects[..] else {
        panic!("{effects:?}");
    };
    let GrantTask::Plan(wanted) = &start.task else {
        panic!("{:?}", start.task);
    };
    let plan = plan(&found, wanted);
    assert_eq!(plan.blocking().count(), 0);
    assert_eq!(wanted.drop.len(), 1);
}

#[test]
fn what_older_work_still_says_is_dropped() {
    let mut wizard = planned();
    let old = wizard.grant.run;
    key(&mut wizard, 'r');
    wizard.handle(Event::Grant {
        run: old,
        event: Lane::Did(Box::new(GrantEvent::Finished)),
    });
    assert_eq!(wizard.grant.doing, Some(Doing::Planning));
    wizard.handle(Event::Grant {
        run: old,
        event: Lane::Failed(Box::new(Problem::new(
            ProblemKind::Other,
            "x",
            "y",
            Next::default(),
        ))),
    });
    assert_eq!(wizard.grant.problem, None);
}

#[test]
fn esc_stops_between_two_changes_and_says_what_stands() {
    let mut wizard = applying();
    let run = wizard.grant.run;
    let made = GrantEvent::Change {
        index: 0,
        state: ChangeState::Made,
    };
    grant(&mut wizard, made);
    assert_eq!(key(&mut wizard, '\u{1b}'), [Effect::CancelLane { run }]);
    assert_eq!(key(&mut wizard, '\u{1b}'), [], "it is told once");
    grant(&mut wizard, GrantEvent::Finished);
    let applied = wizard.grant.applied.as_ref().unwrap();
    assert_eq!((applied.end, applied.standing()), (Some(End::Stopped), 1));
    assert_eq!(wizard.status(Step::Grant).word, "stopped");
    assert!(is_apply(&keys(&mut wizard, "a\nacme\n")), "it can go on");
}

#[test]
fn an_apply_that_ends_without_all_its_changes_is_not_called_done() {
    let mut wizard = applying();
    grant(&mut wizard, GrantEvent::Finished);
    assert_eq!(wizard.grant.applied.as_ref().unwrap().end, Some(End::Failed));
}

#[test]
fn leaving_asks_only_while_something_is_changed() {
    let mut wizard = planned();
    assert_eq!(key(&mut wizard, 'q'), [Effect::Quit]);
    let mut wizard = applying();
    key(&mut wizard, '7');
    assert_eq!(key(&mut wizard, 'q'), []);
    assert_eq!(wizard.overlay, Some(Overlay::Confirm(Confirm::Quit)));
    assert_eq!(key(&mut wizard, '\u{1b}'), []);
    assert_eq!(wizard.handle(Event::Key(Key::Ctrl('c'))), [Effect::Quit]);
    key(&mut wizard, 'q');
    assert_eq!(key(&mut wizard, '\n'), [Effect::Quit]);
}

#[test]
fn nothing_else_is_checked_or_changed_while_a_plan_is_applied() {
    let mut wizard = applying();
    for c in ['R', 'a', 'u', 'r', '\n'] {
        let effects = key(&mut wizard, c);
        assert!(
            !effects
                .iter()
                .any(|e| matches!(e, Effect::Grant(_) | Effect::StartSurvey(_))),
            "{c} {effects:?}"
        );
        key(&mut wizard, '\u{1b}');
        wizard.grant.cancelling = false;
    }
}

#[test]
fn a_secret_is_shown_on_request_hides_after_fifteen_seconds_and_on_leaving() {
    let mut wizard = applied();
    assert!(!wizard.is_revealed());
    let at = |second: i64| Event::Tick {
        now: jiff::Timestamp::from_second(1_782_278_040 + second).unwrap(),
    };
    wizard.handle(at(0));
    key(&mut wizard, 'v');
    wizard.handle(at(14));
    assert!(wizard.is_revealed());
    wizard.handle(at(15));
    assert!(!wizard.is_revealed());
    for leave in ["v3", "v?", "vp", "vu"] {
        keys(&mut wizard, leave);
        assert!(!wizard.is_revealed(), "{leave}");
        keys(&mut wizard, "\u{1b}2");
    }
    keys(&mut wizard, "vv");
    assert!(!wizard.is_revealed(), "v hides it, too");
}

#[test]
fn a_secret_hides_though_the_clock_stands_still_or_jumps_back() {
    let now: jiff::Timestamp = "2026-06-24T05:14:00Z".parse().unwrap();
    let mut wizard = applied();
    key(&mut wizard, 'v');
    for _ in 0..14 {
        wizard.handle(Event::Tick { now });
    }
    assert!(wizard.is_revealed());
    wizard.handle(Event::Tick { now });
    assert!(!wizard.is_revealed());
    key(&mut wizard, 'v');
    wizard.handle(Event::Tick {
        now: "2026-06-23T05:14:00Z".parse().unwrap(),
    });
    assert!(!wizard.is_revealed());
}

#[test]
fn a_secret_is_copied_and_saved_and_in_no_notice_report_or_debug() {
    let mut wizard = applied();
    assert_eq!(wizard.item_here(), Some(Item::Grant(GrantItem::Secret)));
    let effects = key(&mut wizard, 'y');
    assert!(matches!(&effects[..], [Effect::CopySecret { secret }] if secret.expose() == CANARY));
    assert!(!format!("{effects:?}{:?}", wizard.notice).contains(CANARY));
    let effects = key(&mut wizard, 'x');
    let [Effect::SaveSecret { name, contents }] = &effects[..] else {
        panic!("{effects:?}");
    };
    assert_eq!(name, "bucket-ready-key-statsig-reader.json");
    let saved: serde_json::Value = serde_json::from_str(contents.expose()).unwrap();
    assert_eq!(saved["AccessKeyId"], "AKIAEXAMPLE7F3Q");
    assert_eq!(saved["SecretAccessKey"], CANARY);
    assert!(!format!("{effects:?}").contains(CANARY));
    wizard.handle(Event::SecretSaved { path: name.clone() });
    assert!(wizard.grant.key.as_ref().unwrap().is_handed_over());
    wizard.handle(Event::Ended { run: wizard.run.id });
    key(&mut wizard, '7');
    let effects = key(&mut wizard, 'x');
    assert!(matches!(&effects[..], [Effect::Save { contents, .. }]
        if contents.contains("create user statsig-reader: made") && !contents.contains(CANARY)));
    key(&mut wizard, '2');
    for action in [Action::Copy, Action::CopyCommand] {
        for _ in 0..20 {
            let effects = wizard.handle(Event::Act(action));
            for effect in &effects {
                assert!(!matches!(effect, Effect::Copy { text } if text.contains(CANARY)));
            }
            wizard.handle(Event::Key(Key::Down));
        }
        wizard.handle(Event::Key(Key::Home));
    }
    assert!(!format!("{wizard:?}").contains(CANARY));
}

#[test]
fn the_new_key_becomes_the_readers_for_the_checks_until_the_target_changes() {
    let mut wizard = applied();
    wizard.handle(Event::Ended { run: wizard.run.id });
    wizard.handle(Event::Key(Key::Down));
    let effects = key(&mut wizard, '\n');
    let [Effect::StartSurvey(start)] = &effects[..] else {
        panic!("{effects:?}");
    };
    let used = start.connection.fresh_key.as_ref().unwrap();
    assert_eq!(
        (used.id.as_str(), used.secret.expose()),
        ("AKIAEXAMPLE7F3Q", CANARY)
    );
    assert_eq!(wizard.step, Step::Access);
    assert!(
        wizard.grant.key.is_some(),
        "the same operator's bucket: nothing is forgotten"
    );
    assert!(!format!("{effects:?}").contains(CANARY));
    wizard.connect.set(Field::Target, "s3://other".into());
    assert_eq!(wizard.connect.connection().fresh_key, None);
}

#[test]
fn another_bucket_takes_nothing_of_the_grant_before_with_it() {
    let mut wizard = applied();
    wizard.handle(Event::Ended { run: wizard.run.id });
    wizard.connect.set(Field::Target, "s3://other".into());
    key(&mut wizard, 'R');
    assert!(wizard.grant.plan.is_none() && wizard.grant.key.is_none());
    assert!(matches!(wizard.can(Action::Apply), Can::No(_)));
}

#[test]
fn an_undo_shows_first_what_it_takes_back_and_needs_the_buckets_name() {
    let mut wizard = applied();
    wizard.grant.undo_files = vec!["undo.json".into()];
    let effects = key(&mut wizard, 'u');
    assert!(
        matches!(&effects[..], [Effect::Grant(s)] if s.task == GrantTask::PlanUndo { path: "undo.json".into() }),
        "{effects:?}"
    );
    let file = UndoFile {
        schema_version: "1".into(),
        plan: String::new(),
        target: Bucket::new("acme", "", "aws"),
        region: None,
        user: "statsig-reader".into(),
        made: vec![Undo::User { id: None }],
    };
    grant(&mut wizard, GrantEvent::UndoRead(Box::new(file)));
    grant(
        &mut wizard,
        GrantEvent::UndoPlanned(UndoPlan {
            acts: vec![UndoAct::DeleteUser],
            stays: Vec::new(),
        }),
    );
    grant(&mut wizard, GrantEvent::Finished);
    assert_eq!(keys(&mut wizard, "\n\nacm\n"), []);
    let effects = keys(&mut wizard, "\nacme\n");
    assert!(
        matches!(&effects[..], [Effect::Grant(s)] if s.task == GrantTask::Undo { path: "undo.json".into() }),
        "{effects:?}"
    );
    assert_eq!(wizard.status(Step::Grant).word, "undoing");
    grant(
        &mut wizard,
        GrantEvent::Undone {
            say: "deleted the user".into(),
        },
    );
    let effects = grant(&mut wizard, GrantEvent::Finished);
    assert!(
        matches!(&effects[..], [Effect::Grant(s), Effect::StartSurvey(_)] if matches!(s.task, GrantTask::Plan(_))),
        "what is left to do is planned anew, and access is judged anew: {effects:?}"
    );
    assert!(wizard.grant.key.is_none() && wizard.grant.undo.done);
    assert_eq!(wizard.grant.undo.told, ["deleted the user"]);
}

#[test]
fn the_plan_is_printed_in_three_forms_to_copy_or_save() {
    let mut wizard = planned();
    key(&mut wizard, 'p');
    let mut seen = Vec::new();
    for _ in 0..3 {
        let Some(Overlay::PrintAs(form)) = wizard.overlay else {
            panic!("{:?}", wizard.overlay);
        };
        let printed = form.print(wizard.grant.plan.as_ref().unwrap());
        assert_eq!(wizard.value_here().as_ref(), Some(&printed));
        let effects = key(&mut wizard, 'x');
        assert!(matches!(&effects[..], [Effect::Save { contents, .. }] if *contents == printed));
        seen.push(form);
        key(&mut wizard, '\t');
    }
    assert_eq!(seen, PrintForm::ALL);
}

#[test]
fn every_undo_file_of_a_session_can_be_reached_and_one_that_is_used_up_is_offered_no_more() {
    let mut wizard = applied();
    let told = |wizard: &mut Wizard, path: &str| {
        grant(wizard, GrantEvent::UndoFile { path: path.into() });
    };
    let looked = |wizard: &mut Wizard, acts: Vec<UndoAct>| {
        let stays = Vec::new();
        grant(wizard, GrantEvent::UndoPlanned(UndoPlan { acts, stays }));
        grant(wizard, GrantEvent::Finished);
    };
    for path in ["first.json", "second.json", "first.json", "third.json"] {
        told(&mut wizard, path);
    }
    assert_eq!(
        wizard.grant.undo_files,
        ["third.json", "first.json", "second.json"],
        "an apply that goes on keeps its file"
    );
    key(&mut wizard, 'u');
    let mut seen = Vec::new();
    for _ in 0..3 {
        seen.push(wizard.grant.undo.path.clone());
        looked(&mut wizard, vec![UndoAct::DeleteUser]);
        key(&mut wizard, '\t');
    }
    assert_eq!(seen, wizard.grant.undo_files);
    assert!(
        matches!(wizard.editing, Some(Editing::UndoPath(_))),
        "then another, by name"
    );
    key(&mut wizard, '\u{1b}');
    wizard.handle(Event::Key(Key::BackTab));
    assert_eq!(wizard.grant.undo.path, "first.json");
    looked(&mut wizard, Vec::new());
    assert_eq!(wizard.grant.undo_files, ["third.json", "second.json"]);
}

#[test]
fn an_undo_of_what_made_no_key_keeps_the_key_and_what_stays_is_not_lost_from_sight() {
    let mut wizard = applied();
    wizard.grant.undo_files = vec!["fix.json".into(), "grant.json".into()];
    key(&mut wizard, 'u');
    let file = UndoFile {
        schema_version: "1".into(),
        plan: String::new(),
        target: Bucket::new("acme", "", "aws"),
        region: None,
        user: "statsig-reader".into(),
        made: vec![Undo::BucketPolicy {
            was: None,
            left: "{}".into(),
        }],
    };
    grant(&mut wizard, GrantEvent::UndoRead(Box::new(file)));
    let acts = vec![UndoAct::DeleteBucketPolicy];
    grant(
        &mut wizard,
        GrantEvent::UndoPlanned(UndoPlan {
            acts,
            stays: Vec::new(),
        }),
    );
    grant(&mut wizard, GrantEvent::Finished);
    keys(&mut wizard, "\n\nacme\n");
    let stays = vec!["the rest of the bucket policy, which was changed since".to_owned()];
    grant(&mut wizard, GrantEvent::Undone { say: "x".into() });
    grant(
        &mut wizard,
        GrantEvent::UndoPlanned(UndoPlan {
            acts: Vec::new(),
            stays,
        }),
    );
    grant(&mut wizard, GrantEvent::Finished);
    assert!(wizard.grant.key.is_some());
    assert_eq!(wizard.grant.undo_files, ["grant.json", "fix.json"]);
}

/// Without a key to try it is told that it was not tried; it did not fail.
#[test]
fn what_could_not_be_tried_is_not_called_refused() {
    for (tries, expected) in [(0, Verified::NotTried), (1, Verified::Refused)] {
        let mut wizard = applying();
        for _ in 0..tries {
            let waiting = GrantEvent::Waiting {
                elapsed: 60,
                deadline: 60,
                in_a_row: 0,
                last_error: None,
            };
            grant(&mut wizard, waiting);
        }
        let say = "so".to_owned();
        grant(&mut wizard, GrantEvent::Verified { works: false, say });
        let applied = wizard.grant.applied.as_ref().unwrap();
        assert_eq!(applied.verified.as_ref().unwrap().0, expected);
    }
}
