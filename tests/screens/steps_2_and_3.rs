//! Grant, Access and the practice account's panel, in all their states, at three sizes and without colour.

use bucket_ready::{
    access::plan::{
        ChangeState, GrantEvent,
        apply::Drift,
        undo::{Undo, UndoAct, UndoFile, UndoPlan},
    },
    report::{Report, SurveyEvent, Target},
    tui::{Form, ScreenName, Theme, frame, render_to_text},
    wizard::{
        Event, Key, Step, Wizard,
        event::Lane,
        practice::{PracticeEdit, PracticeEvent},
    },
};
use insta::assert_snapshot;
use proptest::prelude::*;
use ratatui::{buffer::Buffer, layout::Rect, style::Color};

use super::{
    draw, fixture,
    reader::{self, CANARY, DEAD, DENY, grant, keys},
};

/// A state at three sizes; the smallest with its styles.
fn sizes(wizard: &Wizard) -> String {
    format!(
        "80x24\n{}\n100x30\n{}\n120x40\n{}",
        draw::styled(wizard, Theme::COLOUR, 80, 24),
        draw::text(wizard, 100, 30),
        draw::text(wizard, 120, 40)
    )
}

fn failed() -> Wizard {
    let mut wizard = reader::applying();
    reader::change(&mut wizard, 0, ChangeState::Made);
    reader::change(&mut wizard, 1, ChangeState::Making);
    let why = "putting the policy was refused: the operator has no iam:PutUserPolicy";
    reader::change(&mut wizard, 1, ChangeState::Failed(why.into()));
    grant(&mut wizard, GrantEvent::Finished);
    wizard
}

fn undo_file() -> UndoFile {
    UndoFile {
        schema_version: "1".into(),
        plan: "0".into(),
        target: bucket_ready::access::Target::new("acme-export", "", "aws"),
        region: None,
        user: "statsig-reader".into(),
        made: vec![Undo::User { id: None }],
    }
}

/// The undo panel, with what is to be taken back.
fn undoing() -> Wizard {
    let mut wizard = reader::applied();
    keys(&mut wizard, "u");
    grant(&mut wizard, GrantEvent::UndoRead(Box::new(undo_file())));
    grant(
        &mut wizard,
        GrantEvent::UndoPlanned(UndoPlan {
            acts: vec![
                UndoAct::DeleteKey {
                    id: "AKIAEXAMPLENEWKEYW4X5".into(),
                },
                UndoAct::PutBucketPolicy {
                    document: DENY.into(),
                    original: true,
                },
                UndoAct::DeleteUserPolicy,
            ],
            stays: vec![
                "the user statsig-reader: it has the key …B7C8, which this apply did not make".into(),
            ],
        }),
    );
    grant(&mut wizard, GrantEvent::Finished);
    wizard
}

fn undone() -> Wizard {
    let mut wizard = undoing();
    keys(&mut wizard, "\n\nacme-export\n");
    grant(
        &mut wizard,
        GrantEvent::UndoPlanned(UndoPlan {
            acts: Vec::new(),
            stays: vec!["the user statsig-reader: it has the key …B7C8".into()],
        }),
    );
    for say in [
        "deleted the key …W4X5",
        "put the policy of acme-export back as it was, byte for byte",
    ] {
        grant(&mut wizard, GrantEvent::Undone { say: say.into() });
    }
    grant(&mut wizard, GrantEvent::Finished);
    grant(
        &mut wizard,
        GrantEvent::Planned(Box::new(reader::planned(&reader::nobody(Some(DENY))))),
    );
    wizard
}

fn refused() -> Wizard {
    let mut wizard = reader::applying();
    grant(
        &mut wizard,
        GrantEvent::Refused(vec![Drift {
            what: "the bucket policy".into(),
            how: "it was changed since the plan was made".into(),
        }]),
    );
    grant(&mut wizard, GrantEvent::Finished);
    wizard
}

fn not_planned() -> Wizard {
    let mut wizard = reader::planning();
    let run = wizard.grant.run;
    wizard.handle(Event::Grant {
        run,
        event: Lane::Failed(Box::new(reader::refusal())),
    });
    wizard
}

fn grant_states() -> Vec<(&'static str, Wizard)> {
    let mut to_do = fixture::begun();
    to_do.step = Step::Grant;
    let planned = reader::with(reader::planned(&reader::nobody(Some(DENY))));
    let mut rest = reader::waiting();
    rest.handle(Event::Key(Key::Esc));
    grant(&mut rest, GrantEvent::Finished);
    let mut stopped = reader::applying();
    reader::change(&mut stopped, 0, ChangeState::Made);
    stopped.handle(Event::Key(Key::Esc));
    grant(&mut stopped, GrantEvent::Finished);
    let mut going = reader::applying();
    reader::change(&mut going, 0, ChangeState::Made);
    reader::change(&mut going, 1, ChangeState::Making);
    let mut typing = planned.clone();
    keys(&mut typing, "\n");
    vec![
        ("grant_to_do", to_do),
        ("grant_planning", reader::planning()),
        ("grant_planned", planned),
        (
            "grant_stopped_by_a_problem",
            reader::with(reader::planned(&reader::nobody(Some(DEAD)))),
        ),
        ("grant_satisfied", reader::with(reader::satisfied())),
        ("grant_without_rights", reader::with(reader::without_rights())),
        ("grant_not_planned", not_planned()),
        ("grant_field", typing),
        ("grant_applying", going),
        ("grant_waiting", reader::waiting()),
        ("grant_stopped", stopped),
        ("grant_failed", failed()),
        ("grant_refused", refused()),
        ("grant_applied", reader::applied()),
        ("grant_undone", undone()),
    ]
}

fn access_states() -> Vec<(&'static str, Wizard)> {
    vec![
        ("access_good", reader::at_access(Some(reader::good()))),
        ("access_bad", reader::at_access(Some(reader::bad()))),
        ("access_unknown", reader::at_access(Some(reader::unknown()))),
        ("access_not_looked_at", reader::at_access(None)),
    ]
}

fn panels() -> Vec<(&'static str, Wizard)> {
    let pressed = |mut wizard: Wizard, text: &str| {
        keys(&mut wizard, text);
        wizard
    };
    let planned = || reader::with(reader::planned(&reader::nobody(Some(DENY))));
    let down = |mut wizard: Wizard, times: usize| {
        for _ in 0..times {
            wizard.handle(Event::Key(Key::Down));
        }
        wizard
    };
    let told = |edit, said: Result<Vec<String>, ()>| {
        let mut wizard = reader::practising();
        wizard.handle(Event::Practice(reader::facts()));
        wizard.handle(Event::Key(Key::Enter));
        wizard.handle(Event::Practice(match said {
            Ok(say) => PracticeEvent::Did { edit, say },
            Err(()) => PracticeEvent::Failed {
                edit,
                problem: Box::new(reader::refusal()),
            },
        }));
        wizard
    };
    let deny = Ok(vec![
        "The bucket policy has a statement PracticeDeny now.".to_owned(),
    ]);
    vec![
        ("panel_change", pressed(down(planned(), 4), "\n")),
        ("panel_bucket_policy", pressed(down(planned(), 6), "\n")),
        ("panel_concern", pressed(down(planned(), 8), "\n")),
        (
            "panel_dead_principal",
            pressed(
                down(reader::with(reader::planned(&reader::nobody(Some(DEAD)))), 8),
                "\n",
            ),
        ),
        ("panel_print_aws", pressed(planned(), "p")),
        ("panel_print_terraform", pressed(planned(), "p\t")),
        ("panel_confirm_apply", pressed(planned(), "a")),
        ("panel_confirm_apply_typing", pressed(planned(), "a\nacme")),
        ("panel_undo_none", pressed(planned(), "u")),
        ("panel_undo", undoing()),
        ("panel_confirm_undo", pressed(undoing(), "\n")),
        ("panel_quit_while_applying", pressed(reader::waiting(), "q")),
        (
            "panel_explanation",
            pressed(reader::at_access(Some(reader::bad())), "\n"),
        ),
        (
            "panel_policy",
            pressed(reader::at_access(Some(reader::bad())), "\n\n"),
        ),
        (
            "panel_policy_next",
            pressed(reader::at_access(Some(reader::bad())), "\n\n\t"),
        ),
        (
            "panel_no_plan_mends_it",
            pressed(down(reader::at_access(Some(reader::bad())), 2), "f"),
        ),
        ("panel_practice_asking", reader::practising()),
        ("panel_practice", told(PracticeEdit::AddDeny, deny)),
        ("panel_practice_failed", told(PracticeEdit::AddDeny, Err(()))),
    ]
}

fn all() -> Vec<(&'static str, Wizard)> {
    let mut all = grant_states();
    all.extend(access_states());
    all.extend(panels());
    all
}

#[test]
fn grant_in_every_state() {
    for (name, wizard) in grant_states() {
        assert_snapshot!(name, sizes(&wizard));
    }
}

#[test]
fn access_in_every_state() {
    for (name, wizard) in access_states() {
        assert_snapshot!(name, sizes(&wizard));
    }
}

/// What is asked for is what was planned: the same signs, and what is taken away is named.
#[test]
fn the_question_before_an_apply_names_what_is_dropped() {
    let wanted = bucket_ready::access::Wanted {
        drop: vec![reader::deny_statement()],
        ..reader::wanted()
    };
    let mut wizard = reader::with(bucket_ready::access::plan(&reader::nobody(Some(DENY)), &wanted));
    keys(&mut wizard, "a");
    let screen = draw::text(&wizard, 80, 24);
    let line = |words: &str| {
        let found = screen.lines().find(|l| l.starts_with("  │") && l.contains(words));
        found.unwrap_or_else(|| panic!("{words}\n{screen}")).to_owned()
    };
    assert!(line("merge bucket policy").contains("~ "), "{screen}");
    assert!(line("VpcOnly").contains("- dropped VpcOnly"), "{screen}");
    assert!(line("create user").contains("+ "), "{screen}");
}

/// A name on the screen is taken to the command line, where there would be no such file.
#[test]
fn on_the_practice_account_no_screen_names_an_undo_file() {
    let named = |wizard: &Wizard| draw::text(wizard, 100, 30).contains("bucket-ready-undo-");
    for (keys_pressed, wizard) in [
        ("", reader::applied()),
        ("u", reader::applied()),
        ("q", reader::waiting()),
    ] {
        let mut wizard = wizard;
        keys(&mut wizard, keys_pressed);
        assert!(named(&wizard), "{keys_pressed}: on a bucket of one's own it is");
        wizard.report.as_mut().unwrap().target = Target::Demo {
            scenario: "no-access".into(),
            bucket: "acme-export".into(),
            prefix: String::new(),
            region: None,
        };
        assert!(!named(&wizard), "{keys_pressed}");
    }
}

#[test]
fn panels_of_grant_access_and_the_practice_account() {
    for (name, wizard) in panels() {
        assert_snapshot!(name, draw::styled(&wizard, Theme::COLOUR, 80, 24));
    }
}

#[test]
fn where_granting_does_not_apply_the_step_says_why() {
    let folder: Vec<SurveyEvent> = fixture::typical()
        .into_iter()
        .map(|event| match event {
            SurveyEvent::Connected { .. } => SurveyEvent::Connected {
                target: Target::Folder {
                    path: "exports".into(),
                    prefix: String::new(),
                },
                identity: None,
                operator: None,
            },
            other => other,
        })
        .collect();
    let mut wizard = fixture::told(&folder);
    keys(&mut wizard, "2");
    assert_snapshot!("grant_skipped_folder", draw::text(&wizard, 80, 24));
    keys(&mut wizard, "3");
    assert_snapshot!("access_skipped_folder", draw::text(&wizard, 80, 24));
    let mut saved = Wizard::saved(fixture::report(&fixture::typical()), "acme.json");
    keys(&mut saved, "2");
    assert_snapshot!("grant_skipped_saved", draw::text(&saved, 80, 24));
}

#[test]
fn a_saved_report_shows_its_grant_and_its_access() {
    let mut wizard = failed();
    // What was made before the failure is judged anew by itself.
    let run = wizard.run.id;
    wizard.handle(Event::Ended { run });
    keys(&mut wizard, "7");
    let effects = wizard.handle(Event::Key(Key::Char('x')));
    let [bucket_ready::wizard::Effect::Save { contents, .. }] = &effects[..] else {
        panic!("{effects:?}");
    };
    let mut report = Report::from_json(contents).unwrap();
    report.access = Some(reader::bad());
    let show = |name| {
        let name = ScreenName::parse(name).unwrap();
        render_to_text(report.clone(), name, (100, 30), None, Form::Text)
    };
    assert_snapshot!("saved_grant", show("grant"));
    assert_snapshot!("saved_access", show("access"));
}

#[test]
fn without_colour_nothing_but_the_colours_is_lost_on_steps_2_and_3() {
    for (name, wizard) in all() {
        let plain = draw::buffer(&wizard, Theme::PLAIN, 100, 30);
        let coloured = draw::buffer(&wizard, Theme::COLOUR, 100, 30);
        for (a, b) in plain.content().iter().zip(coloured.content()) {
            assert_eq!((a.fg, a.bg), (Color::Reset, Color::Reset), "{name}");
            assert_eq!((a.symbol(), a.modifier), (b.symbol(), b.modifier), "{name}");
        }
    }
}

/// A secret stays where it is: on no screen that did not ask for it, and in no `Debug`.
#[test]
fn a_secret_is_on_no_screen_and_in_no_debug() {
    let half = CANARY.get(..16).unwrap();
    for (name, wizard) in all() {
        let drawn = |wizard: &Wizard, width, height| {
            let screen = draw::text(wizard, width, height);
            assert!(!screen.contains(half), "{name} {:?}\n{screen}", wizard.step);
        };
        for (width, height) in [(60, 16), (80, 24), (160, 60)] {
            drawn(&wizard, width, height);
        }
        for step in [Step::Connect, Step::Grant, Step::Access, Step::Report] {
            let mut elsewhere = wizard.clone();
            elsewhere.step = step;
            drawn(&elsewhere, 100, 30);
        }
        assert!(!format!("{wizard:?}").contains(half), "{name}");
    }
}

#[test]
fn a_revealed_secret_is_on_the_screen_until_it_is_hidden() {
    let mut wizard = reader::applied();
    keys(&mut wizard, "v");
    assert!(
        draw::text(&wizard, 80, 24).contains(CANARY),
        "a screen of the usual width shows it whole"
    );
    keys(&mut wizard, "v");
    assert!(!draw::text(&wizard, 80, 24).contains(CANARY));
}

/// The matrix says each state by a word beside its glyph.
#[test]
fn no_cell_of_the_matrix_is_a_glyph_alone() {
    for (name, wizard) in access_states().into_iter().take(3) {
        for (width, height) in [(60, 16), (80, 24), (120, 40)] {
            let screen = draw::text(&wizard, width, height);
            let rows: Vec<&str> = screen
                .lines()
                .filter(|l| {
                    ["list objects", "read objects", "write, delete"]
                        .iter()
                        .any(|w| l.contains(w))
                })
                .collect();
            assert_eq!(rows.len(), 3, "{name}\n{screen}");
            for row in rows {
                for (at, _) in row.match_indices(['✓', '✗', '!', '?']) {
                    let word: String = row[at..].chars().skip(2).take(4).collect();
                    assert!(word.trim().chars().count() >= 2, "{name}: {row}");
                }
            }
        }
    }
}

/// What the lanes of steps 2 and 3 may say at any moment, fitting or not.
fn any_event() -> impl Strategy<Value = GrantEvent> {
    let plan = || reader::planned(&reader::nobody(Some(DENY)));
    prop_oneof![
        3 => Just(GrantEvent::Planned(Box::new(plan()))),
        1 => Just(GrantEvent::Planned(Box::new(reader::satisfied()))),
        3 => (0usize..6, prop::sample::select(vec![
            ChangeState::Making, ChangeState::Made, ChangeState::Found, ChangeState::Failed("\u{1b}[2J why".into()),
        ])).prop_map(|(index, state)| GrantEvent::Change { index, state }),
        2 => Just(GrantEvent::Key {
            id: "AKIAEXAMPLENEWKEYW4X5".into(),
            secret: bucket_ready::access::plan::Secret::new(CANARY.to_owned().into()),
        }),
        1 => any::<u64>().prop_map(|n| GrantEvent::Waiting {
            elapsed: n, deadline: n, in_a_row: 3, last_error: Some("\u{7}".into()),
        }),
        1 => any::<bool>().prop_map(|works| GrantEvent::Verified { works, say: "so".into() }),
        1 => Just(GrantEvent::UndoFile { path: "undo.json".into() }),
        1 => Just(GrantEvent::UndoRead(Box::new(undo_file()))),
        1 => Just(GrantEvent::UndoPlanned(UndoPlan { acts: vec![UndoAct::DeleteUser], stays: vec!["x".into()] })),
        1 => Just(GrantEvent::Undone { say: "x".into() }),
        1 => Just(GrantEvent::Refused(vec![Drift { what: "x".into(), how: "y".into() }])),
        4 => Just(GrantEvent::Finished),
    ]
}

fn any_press() -> impl Strategy<Value = Key> {
    prop_oneof![
        6 => prop::sample::select(vec![
            Key::Enter, Key::Esc, Key::Tab, Key::BackTab, Key::Up, Key::Down, Key::Left, Key::Right, Key::Home, Key::End,
            Key::PageUp, Key::PageDown, Key::Backspace,
        ]),
        8 => prop::sample::select("2223337apufryYxevDqnN/?acme-export".chars().collect::<Vec<_>>()).prop_map(Key::Char),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    /// Keys, and what the engines say, in any order and at any size: never a panic, the cursors always on something that
    /// is there, and the secret in no `Debug` and in no text that is copied or saved in the open.
    #[test]
    fn no_order_of_keys_and_events_breaks_steps_2_and_3(
        script in prop::collection::vec((any_press(), prop::option::of(any_event()), any::<bool>()), 1..60),
        practice in any::<bool>(),
        size in (1u16..130, 1u16..45),
    ) {
        let mut wizard = if practice { reader::practising() } else { reader::at_access(Some(reader::bad())) };
        for (key, event, fails) in script {
            let effects = wizard.handle(Event::Key(key));
            prop_assert!(effects.len() <= 1, "{effects:?}");
            let told = format!("{effects:?}").contains(CANARY);
            prop_assert!(!told, "an effect tells the secret");
            if let Some(event) = event {
                grant(&mut wizard, event);
                wizard.handle(Event::Practice(reader::facts()));
            } else if fails {
                let run = wizard.grant.run;
                wizard.handle(Event::Grant { run, event: Lane::Failed(Box::new(reader::refusal())) });
                wizard.handle(Event::Practice(PracticeEvent::Did { edit: PracticeEdit::Hour, say: vec!["x".into()] }));
            }
            let rows = wizard.rows();
            if let Some(cursor) = wizard.cursor_in(&rows) {
                prop_assert!(cursor < rows.len());
            }
            let area = Rect::new(0, 0, size.0, size.1);
            let drawn = frame::render(&wizard, Theme::PLAIN, area, &mut Buffer::empty(area));
            wizard.handle(Event::Measured(drawn.measure));
            if let Some(position) = drawn.text_cursor {
                prop_assert!(position.x < size.0 && position.y < size.1, "{position:?} in {size:?}");
            }
        }
        let told = format!("{wizard:?}").contains(CANARY);
        prop_assert!(!told, "the machine tells the secret");
    }
}
