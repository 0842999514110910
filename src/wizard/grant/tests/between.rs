//! Between a plan and the next check: dialogs, leaving, and what is out of date.

use super::*;

/// As [`applied`], of a bucket that had nobody to judge when the checks were made.
fn applied_for_nobody() -> Wizard {
    let mut wizard = applied();
    let run = wizard.run.id;
    told(
        &mut wizard,
        SurveyEvent::Connected {
            target: s3(),
            identity: None,
            operator: Some(Identity {
                arn: Some("arn:aws:iam::123456789012:user/ana".into()),
                key_last4: None,
            }),
        },
    );
    wizard.handle(Event::Ended { run });
    wizard
}

#[test]
fn a_name_typed_before_enter_into_a_dialog_commands_nothing() {
    for opened in ['a', 'u', 'p'] {
        let mut wizard = applied();
        wizard.grant.applied = None;
        key(&mut wizard, opened);
        let overlay = wizard.overlay.clone();
        assert!(overlay.is_some(), "{opened}");
        let letters = match overlay {
            Some(Overlay::Confirm(_)) => "abcdefghijklmnoprstuvwxyzDFRNYG/ []-._",
            // Their own letters act: y, Y and x on a printed plan, p turns it, and all of them scroll.
            _ => "abcdefimnorstvzDFRN/ []-._",
        };
        for c in letters.chars() {
            assert_eq!(key(&mut wizard, c), [], "{opened} {c}");
            assert_eq!(wizard.overlay, overlay, "{opened} {c}");
            assert!(wizard.editing.is_none(), "{opened} {c}");
            assert!(matches!(wizard.notice, Some(Notice::No(_))), "{opened} {c}");
        }
        assert!(!wizard.is_revealed());
        key(&mut wizard, '3');
        assert_eq!(
            (wizard.step, &wizard.overlay),
            (Step::Access, &None),
            "digits act"
        );
    }
    let mut wizard = planned();
    keys(&mut wizard, "a");
    key(&mut wizard, 'x');
    assert_eq!(
        wizard.notice.as_ref().map(Notice::text),
        Some("Enter opens the field; Esc closes the panel.")
    );
}

#[test]
fn leaving_asks_once_while_nobody_took_the_new_secret_over() {
    let mut wizard = applied();
    assert_eq!(key(&mut wizard, 'q'), []);
    assert_eq!(wizard.overlay, Some(Overlay::Confirm(Confirm::Quit)));
    assert_eq!(key(&mut wizard, 'q'), [Effect::Quit], "once");
    let mut wizard = applied();
    assert_eq!(wizard.handle(Event::Key(Key::Ctrl('c'))), [Effect::Quit]);
    let mut copied = applied();
    copied.copy_secret();
    let mut saved = applied();
    saved.handle(Event::SecretSaved {
        path: "key.json".into(),
    });
    let mut gone = applied();
    gone.new_key_is_gone();
    for mut wizard in [copied, saved, gone] {
        assert_eq!(key(&mut wizard, 'q'), [Effect::Quit]);
    }
}

#[test]
fn checks_made_before_there_was_a_reader_judge_the_new_one_when_made_again() {
    for (step, c) in [(Step::Grant, 'R'), (Step::Access, 'R'), (Step::Access, 'r')] {
        let mut wizard = applied_for_nobody();
        assert!(wizard.has_reader_since());
        wizard.step = step;
        let effects = key(&mut wizard, c);
        let [Effect::StartSurvey(start)] = &effects[..] else {
            panic!("{c} {effects:?}");
        };
        assert_eq!(start.scope, crate::wizard::event::Scope::All);
        let used = start.connection.fresh_key.as_ref().unwrap();
        assert_eq!(used.id, "AKIAEXAMPLE7F3Q");
    }
    // Where a reader was judged before, it is the user who says that the new key is to be.
    let mut wizard = applied();
    wizard.handle(Event::Ended { run: wizard.run.id });
    let effects = key(&mut wizard, 'R');
    assert!(
        matches!(&effects[..], [Effect::StartSurvey(start)] if start.connection.fresh_key.is_none()),
        "{effects:?}"
    );
}

#[test]
fn what_an_apply_outdates_is_not_called_ready_until_it_is_checked_again() {
    let mut wizard = applied_for_nobody();
    assert!(wizard.is_outdated());
    for step in [Step::Access, Step::Report] {
        assert_eq!(wizard.status(step).word, "changed");
    }
    key(&mut wizard, 'R');
    assert!(!wizard.is_outdated());
    told(
        &mut wizard,
        SurveyEvent::Finished {
            complete: true,
            usage: crate::report::Usage::default(),
        },
    );
    assert!(!wizard.is_outdated());
    assert_ne!(wizard.status(Step::Report).word, "changed");
}

#[test]
fn where_the_checks_fail_the_results_of_before_are_still_out_of_date() {
    let mut wizard = applied_for_nobody();
    key(&mut wizard, 'R');
    let run = wizard.run.id;
    let problem = Box::new(Problem::new(ProblemKind::Other, "x", "y", Next::default()));
    wizard.handle(Event::Failed { run, problem });
    assert!(wizard.is_outdated());
}

#[test]
fn an_undo_that_is_opened_again_starts_with_the_newest_file() {
    let mut wizard = applied();
    wizard.grant.undo_files = vec!["new.json".into(), "old.json".into()];
    let looked = |wizard: &mut Wizard| grant(wizard, GrantEvent::Finished);
    key(&mut wizard, 'u');
    looked(&mut wizard);
    key(&mut wizard, '\t');
    looked(&mut wizard);
    assert_eq!(wizard.grant.undo.path, "old.json");
    keys(&mut wizard, "\t\t");
    assert_eq!(wizard.grant.undo.path, "old.json", "an empty name names nothing");
    key(&mut wizard, '\u{1b}');
    key(&mut wizard, 'u');
    assert_eq!(wizard.grant.undo.path, "new.json");
}

#[test]
fn on_the_practice_account_no_file_is_named_that_is_not_on_the_disk() {
    let demo = Target::Demo {
        scenario: "no-access".into(),
        bucket: "acme".into(),
        prefix: String::new(),
        region: None,
    };
    let mut wizard = wizard_on("demo:no-access", demo);
    key(&mut wizard, '2');
    let made = plan(&inspected(), &wizard.wanted());
    grant(&mut wizard, GrantEvent::Planned(Box::new(made)));
    grant(&mut wizard, GrantEvent::Finished);
    key(&mut wizard, 'u');
    assert_eq!(keys(&mut wizard, "\n\t"), []);
    assert!(wizard.editing.is_none(), "there is no file to name");
    key(&mut wizard, '\u{1b}');
    assert!(is_apply(&keys(&mut wizard, "a\nacme\n")));
    let path = "bucket-ready-undo-acme.json".to_owned();
    grant(&mut wizard, GrantEvent::UndoFile { path });
    let state = ChangeState::Made;
    grant(&mut wizard, GrantEvent::Change { index: 0, state });
    grant(&mut wizard, GrantEvent::Finished);
    assert_eq!(wizard.grant_report().unwrap().undo_file, None);
    assert_eq!(wizard.grant.undo_files.len(), 1, "u takes it back here");
}
