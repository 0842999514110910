//! The practice account's panel by its events and effects.

use super::*;
use crate::{
    report::ProblemKind,
    rule::Next,
    wizard::{Event, Key, RunId, connect::Connection},
};

const SECRET: &str = "EXAMPLEpractice/secret";

fn facts() -> PracticeEvent {
    PracticeEvent::Facts(Box::new(PracticeFacts {
        endpoint: "http://127.0.0.1:1".into(),
        region: "us-west-2".into(),
        keys: vec![("operator".into(), "AKIAEXAMPLE".into(), SECRET.into())],
        command: format!("AWS_SECRET_ACCESS_KEY={SECRET} aws s3 ls"),
    }))
}

fn key(wizard: &mut Wizard, key: Key) -> Vec<Effect> {
    wizard.handle(Event::Key(key))
}

fn open() -> Wizard {
    let mut wizard = Wizard::new(Connection {
        target: "demo:no-access".into(),
        ..Connection::default()
    });
    wizard.begin();
    assert_eq!(
        key(&mut wizard, Key::Char('D')),
        [Effect::Practice(PracticeEdit::Look)]
    );
    wizard.handle(Event::Practice(facts()));
    wizard
}

#[test]
fn the_panel_opens_on_the_practice_account_alone() {
    let mut wizard = Wizard::new(Connection {
        target: "s3://acme".into(),
        ..Connection::default()
    });
    wizard.begin();
    assert_eq!(key(&mut wizard, Key::Char('D')), []);
    assert_eq!(wizard.overlay, None);
    let mut wizard = open();
    key(&mut wizard, Key::Char('D'));
    assert_eq!(wizard.overlay, None, "D closes it, too");
}

#[test]
fn one_edit_is_made_at_a_time_and_then_access_can_be_checked_again() {
    let mut wizard = open();
    wizard.handle(Event::Ended { run: RunId(1) });
    assert_eq!(
        key(&mut wizard, Key::Enter),
        [Effect::Practice(PracticeEdit::AddDeny)]
    );
    assert_eq!(key(&mut wizard, Key::Enter), []);
    wizard.handle(Event::Practice(PracticeEvent::Did {
        edit: PracticeEdit::AddDeny,
        say: vec!["done".into()],
    }));
    assert_eq!(
        wizard.practice_row(),
        Some(PracticeRow::Edit(PracticeEdit::AddDeny)),
        "the cursor stays on its row"
    );
    key(&mut wizard, Key::Up);
    let effects = key(&mut wizard, Key::Enter);
    assert!(matches!(&effects[..], [Effect::StartSurvey(_)]), "{effects:?}");
    assert_eq!((wizard.step, wizard.overlay.clone()), (Step::Access, None));
    assert!(!wizard.practice.is_news);
}

#[test]
fn after_an_edit_the_plan_is_made_anew() {
    let mut wizard = open();
    key(&mut wizard, Key::Esc);
    assert!(matches!(
        &key(&mut wizard, Key::Char('2'))[..],
        [Effect::Grant(_)]
    ));
    let run = wizard.grant.run;
    wizard.handle(Event::Grant {
        run,
        event: crate::wizard::Lane::Did(Box::new(crate::access::plan::GrantEvent::Finished)),
    });
    assert_eq!(key(&mut wizard, Key::Char('2')), []);
    let restored = || {
        Event::Practice(PracticeEvent::Did {
            edit: PracticeEdit::Restore,
            say: Vec::new(),
        })
    };
    assert!(
        matches!(&wizard.handle(restored())[..], [Effect::Grant(_)]),
        "at once where the plan is in sight"
    );
    key(&mut wizard, Key::Char('3'));
    assert_eq!(wizard.handle(restored()), []);
    let run = wizard.grant.run;
    wizard.handle(Event::Grant {
        run,
        event: crate::wizard::Lane::Did(Box::new(crate::access::plan::GrantEvent::Finished)),
    });
    assert!(matches!(
        &key(&mut wizard, Key::Char('2'))[..],
        [Effect::Grant(_)]
    ));
}

#[test]
fn a_key_that_was_put_back_to_nothing_is_neither_used_nor_asked_about() {
    let mut wizard = open();
    wizard.grant.key = Some(crate::wizard::grant::FreshKey {
        id: "AKIAEXAMPLENEW".into(),
        secret: Secret::new(SECRET.to_owned().into()),
        copied: false,
        saved_as: None,
        is_gone: false,
    });
    wizard.handle(Event::Practice(PracticeEvent::Did {
        edit: PracticeEdit::Restore,
        say: Vec::new(),
    }));
    assert!(wizard.grant.live_key().is_none() && wizard.grant.key.is_some());
    key(&mut wizard, Key::Esc);
    assert_eq!(key(&mut wizard, Key::Char('q')), [Effect::Quit]);
}

#[test]
fn after_an_edit_what_was_found_before_says_so_and_a_moved_clock_changes_nothing() {
    let did = |edit| {
        let mut wizard = open();
        wizard.report.get_or_insert_default();
        wizard.handle(Event::Ended { run: RunId(1) });
        let say = Vec::new();
        wizard.handle(Event::Practice(PracticeEvent::Did { edit, say }));
        wizard
    };
    assert!(did(PracticeEdit::AddDeny).is_outdated());
    assert!(!did(PracticeEdit::Day).is_outdated());
    let mut wizard = did(PracticeEdit::AddDeny);
    wizard.account_changed();
    assert_eq!(wizard.practice.answer, None, "what was mended is not called done");
}

#[test]
fn an_edit_that_fails_leaves_the_panel_usable() {
    let mut wizard = open();
    key(&mut wizard, Key::Enter);
    wizard.handle(Event::Practice(PracticeEvent::Failed {
        edit: PracticeEdit::AddDeny,
        problem: Box::new(Problem::new(ProblemKind::Other, "x", "y", Next::default())),
    }));
    assert!(!wizard.practice.is_news);
    assert_eq!(
        key(&mut wizard, Key::Enter),
        [Effect::Practice(PracticeEdit::AddDeny)]
    );
}

#[test]
fn its_secrets_are_copied_and_stand_in_no_notice_and_no_debug() {
    let mut wizard = open();
    key(&mut wizard, Key::End);
    assert_eq!(wizard.practice_row(), Some(PracticeRow::Key(0)));
    for c in ['y', 'Y'] {
        let effects = key(&mut wizard, Key::Char(c));
        assert!(matches!(&effects[..], [Effect::CopySecret { secret }] if secret.expose().contains(SECRET)));
        assert!(!format!("{:?}{effects:?}", wizard.notice).contains(SECRET));
    }
    assert!(!format!("{wizard:?}").contains(SECRET));
    key(&mut wizard, Key::Char('v'));
    assert!(wizard.is_revealed());
    key(&mut wizard, Key::Esc);
    assert!(!wizard.is_revealed());
}
