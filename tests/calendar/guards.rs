//! Trying to get past the confirmation: by paste, by mashing keys, by a clock that jumps, by what an older run says.

use bucket_ready::{
    contract::{SignalVia, days::what_if::Accept},
    report::{Problem, ProblemKind},
    rule::Next,
    wizard::{
        Effect, Event, Key, Lane, Overlay, RunId, Scope, Step, Wizard,
        connect::Connection,
        signal::{Order, Progress, Sent, SignalEvent, SignalTask, Stage},
    },
};
use proptest::prelude::*;

use super::{
    go_to,
    month::{Bucket, NOW, every_state, instant, june, tell, three_ready},
    notice, press, told, type_text,
};

pub(super) fn stage(wizard: &Wizard) -> &Stage {
    &wizard.signal.sheet.as_ref().unwrap().stage
}

/// What was asked to be sent, if anything was.
pub(super) fn order(effects: &[Effect]) -> Option<&Order> {
    effects.iter().find_map(|effect| match effect {
        Effect::Signal(start) => match &start.task {
            SignalTask::Send(order) => Some(&**order),
            SignalTask::Look { .. } => None,
        },
        _ => None,
    })
}

/// In the confirmation of the day under the cursor.
fn confirming(bucket: &Bucket) -> Wizard {
    let mut wizard = bucket.wizard();
    press(&mut wizard, Key::Char('s'));
    assert!(matches!(stage(&wizard), Stage::Preview));
    press(&mut wizard, Key::Enter);
    assert!(matches!(stage(&wizard), Stage::Confirm { .. }));
    wizard
}

#[test]
fn a_clean_signal_takes_its_last_date_and_nothing_less() {
    let mut wizard = confirming(&three_ready());
    for wrong in [
        "",
        "2026-06-2",
        "2026-06-21",
        "2026-6-22",
        "2026-06-22 empty",
        "y",
        "yes",
        "2026-06-22x",
    ] {
        press(&mut wizard, Key::Ctrl('u'));
        type_text(&mut wizard, wrong);
        assert_eq!(press(&mut wizard, Key::Enter), [], "{wrong:?}");
        assert!(notice(&wizard).contains("Nothing was sent"), "{wrong:?}");
    }
    press(&mut wizard, Key::Ctrl('u'));
    type_text(&mut wizard, "2026-06-22");
    let effects = press(&mut wizard, Key::Enter);
    let order = order(&effects).unwrap();
    assert_eq!(order.days, [june(22)]);
    assert_eq!((order.via, &order.accepted[..]), (SignalVia::Files, &[][..]));
    assert!(wizard.is_signalling());
}

#[test]
fn each_consequence_is_typed_by_its_word() {
    let mut wizard = every_state().wizard();
    go_to(&mut wizard, june(19));
    press(&mut wizard, Key::Char('s'));
    press(&mut wizard, Key::Enter);
    type_text(&mut wizard, "2026-06-19");
    assert_eq!(press(&mut wizard, Key::Enter), []);
    assert!(
        notice(&wizard).contains("`empty` is not accepted"),
        "{}",
        notice(&wizard)
    );
    type_text(&mut wizard, " empty");
    assert_eq!(press(&mut wizard, Key::Enter), []);
    assert!(
        notice(&wizard).contains("`failing` is not accepted"),
        "{}",
        notice(&wizard)
    );
    type_text(&mut wizard, " failing half");
    assert_eq!(
        press(&mut wizard, Key::Enter),
        [],
        "what is not there can't be accepted"
    );
    press(&mut wizard, Key::Ctrl('u'));
    type_text(&mut wizard, "2026-06-19 empty failing");
    let effects = press(&mut wizard, Key::Enter);
    let order = order(&effects).unwrap();
    assert_eq!(order.accepted, [Accept::Empty, Accept::Failing]);
    assert_eq!(order.days, [june(19)], "the days before are inferred, not named");
}

#[test]
fn a_range_names_its_open_days_and_leaves_out_the_closed_ones() {
    let mut wizard = three_ready().wizard();
    go_to(&mut wizard, june(18));
    press(&mut wizard, Key::Char(' '));
    go_to(&mut wizard, june(21));
    press(&mut wizard, Key::Char('s'));
    press(&mut wizard, Key::Enter);
    type_text(&mut wizard, "2026-06-21");
    let effects = press(&mut wizard, Key::Enter);
    assert_eq!(order(&effects).unwrap().days, [june(20), june(21)]);
}

#[test]
fn a_paste_confirms_nothing() {
    let mut wizard = confirming(&three_ready());
    for text in ["2026-06-22", "2026-06-22\n", "2026-06-22\r\n"] {
        assert_eq!(wizard.handle(Event::Paste(text.into())), []);
        assert!(notice(&wizard).contains("Pasting is ignored"));
        assert_eq!(press(&mut wizard, Key::Enter), []);
    }
    assert!(matches!(stage(&wizard), Stage::Confirm { typed } if typed.is_empty()));
}

#[test]
fn a_held_enter_sends_nothing() {
    let mut wizard = three_ready().wizard();
    press(&mut wizard, Key::Char('s'));
    for _ in 0..200 {
        assert_eq!(press(&mut wizard, Key::Enter), []);
    }
    assert!(matches!(stage(&wizard), Stage::Confirm { .. }));
}

#[test]
fn a_clock_that_passes_the_days_end_between_preview_and_confirmation_asks_again() {
    let mut wizard = every_state().wizard();
    go_to(&mut wizard, june(23));
    press(&mut wizard, Key::Char('s'));
    press(&mut wizard, Key::Enter);
    type_text(&mut wizard, "2026-06-23 not-over empty failing half");
    wizard.handle(Event::Tick {
        now: instant("2026-06-24T08:00:00Z"),
    });
    let sheet = wizard.signal.sheet.as_ref().unwrap();
    assert!(matches!(sheet.stage, Stage::Preview), "{:?}", sheet.stage);
    assert!(sheet.again.as_ref().unwrap().contains("2026-06-24"));
    press(&mut wizard, Key::Enter);
    type_text(&mut wizard, "2026-06-23 not-over empty failing half");
    assert_eq!(press(&mut wizard, Key::Enter), [], "the old words are wrong now");
    press(&mut wizard, Key::Ctrl('u'));
    type_text(&mut wizard, "2026-06-23 empty failing half");
    assert!(order(&press(&mut wizard, Key::Enter)).is_some());
}

#[test]
fn a_clock_that_jumps_back_makes_a_clean_signal_ask_for_the_future() {
    let mut wizard = confirming(&three_ready());
    type_text(&mut wizard, "2026-06-22");
    wizard.handle(Event::Tick {
        now: instant("2026-06-21T12:00:00Z"),
    });
    assert!(matches!(stage(&wizard), Stage::Preview));
    press(&mut wizard, Key::Enter);
    type_text(&mut wizard, "2026-06-22");
    assert_eq!(press(&mut wizard, Key::Enter), []);
    assert!(notice(&wizard).contains("and 1 more"), "{}", notice(&wizard));
    type_text(&mut wizard, " not-over");
    assert_eq!(press(&mut wizard, Key::Enter), []);
    assert!(
        notice(&wizard).contains("`future` is not accepted"),
        "{}",
        notice(&wizard)
    );
}

#[test]
fn a_clock_that_only_ticks_leaves_what_is_typed() {
    let mut wizard = confirming(&three_ready());
    type_text(&mut wizard, "2026-06");
    wizard.handle(Event::Tick {
        now: instant("2026-06-24T07:59:59Z"),
    });
    type_text(&mut wizard, "-22");
    assert!(order(&press(&mut wizard, Key::Enter)).is_some());
}

#[test]
fn what_could_not_be_seen_is_never_taken_for_clean() {
    let mut bucket = three_ready();
    bucket.evidence.metrics.unknown = Some("listing metrics/ was refused".into());
    let mut wizard = bucket.wizard();
    go_to(&mut wizard, june(22));
    press(&mut wizard, Key::Char('s'));
    press(&mut wizard, Key::Enter);
    type_text(&mut wizard, "2026-06-22");
    assert_eq!(press(&mut wizard, Key::Enter), []);
    assert!(notice(&wizard).contains("`unknown`"), "{}", notice(&wizard));
}

#[test]
fn whoever_sends_weighs_it_once_more_by_the_clock() {
    let mut wizard = confirming(&three_ready());
    type_text(&mut wizard, "2026-06-22");
    let effects = press(&mut wizard, Key::Enter);
    let order = order(&effects).unwrap();
    assert_eq!(order.still_holds(instant(NOW)), Ok(()));
    assert_eq!(
        order.still_holds(instant("2026-06-23T08:00:00Z")),
        Ok(()),
        "over to the second"
    );
    let said = order.still_holds(instant("2026-06-23T07:59:59Z")).unwrap_err();
    assert!(said.contains("not-over"), "{said}");
}

#[test]
fn a_closed_day_is_not_signalled_again() {
    let mut wizard = three_ready().wizard();
    go_to(&mut wizard, june(19));
    press(&mut wizard, Key::Char('s'));
    assert_eq!(press(&mut wizard, Key::Enter), []);
    assert!(notice(&wizard).contains("closed already"), "{}", notice(&wizard));
}

#[test]
fn the_readers_own_key_can_not_sign_and_nobody_signs_while_days_are_judged() {
    let mut wizard = three_ready().wizard();
    wizard.connect.role = bucket_ready::wizard::Role::Reader;
    press(&mut wizard, Key::Char('s'));
    assert_eq!(wizard.overlay, None);
    assert!(
        notice(&wizard).contains("must not be able to write"),
        "{}",
        notice(&wizard)
    );
    let mut wizard = three_ready().wizard();
    press(&mut wizard, Key::Char('R'));
    press(&mut wizard, Key::Char('s'));
    assert_eq!(wizard.overlay, None);
    assert!(notice(&wizard).contains("running"));
}

fn sent(day: bucket_ready::calendar::PstDay, how: Sent) -> SignalEvent {
    SignalEvent::Sent {
        day,
        how,
        say: format!("signals/{day}/finished_date.parquet"),
    }
}

/// Sending the 22nd.
pub(super) fn sending() -> Wizard {
    let mut wizard = confirming(&three_ready());
    type_text(&mut wizard, "2026-06-22");
    assert!(order(&press(&mut wizard, Key::Enter)).is_some());
    wizard
}

#[test]
fn what_an_older_run_still_says_changes_nothing() {
    let mut wizard = sending();
    let run = RunId(wizard.signal.run.0 - 1);
    let stale = wizard.handle(Event::Signal {
        run,
        event: Lane::Did(Box::new(SignalEvent::Finished)),
    });
    assert_eq!(stale, []);
    assert!(wizard.is_signalling());
}

#[test]
fn after_a_signal_the_days_are_read_again_and_the_panel_stays() {
    let mut wizard = sending();
    told(&mut wizard, SignalEvent::Sending { day: june(22) });
    told(&mut wizard, sent(june(22), Sent::Written));
    let effects = told(&mut wizard, SignalEvent::Finished);
    assert!(
        matches!(&effects[..], [Effect::StartSurvey(start)] if matches!(&start.scope, Scope::Codes(codes)
            if codes.iter().any(|c| c.as_str() == "G711") && codes.iter().all(|c| c.as_str().starts_with('G')))),
        "{effects:?}"
    );
    assert_eq!(wizard.overlay, Some(Overlay::Signal));
    let sheet = wizard.signal.sheet.as_ref().unwrap();
    assert!(matches!(sheet.stage, Stage::Done));
    assert!(matches!(
        &sheet.rows[0].progress,
        Progress::Sent(Sent::Written, _)
    ));
    tell(&mut wizard, &three_ready().signal(june(22)).events(NOW));
    press(&mut wizard, Key::Enter);
    assert_eq!(wizard.overlay, None);
    assert!(
        wizard.what_if().unwrap().days.is_empty(),
        "the 22nd is closed now"
    );
    let last = wizard.report.as_ref().unwrap().finished_dates().last().copied();
    assert_eq!(last, Some(june(22)), "the new signal is among those shown");
}

#[test]
fn a_failure_says_what_stands_and_the_days_are_read_again() {
    let mut wizard = three_ready().wizard();
    go_to(&mut wizard, june(20));
    press(&mut wizard, Key::Char(' '));
    go_to(&mut wizard, june(22));
    press(&mut wizard, Key::Char('s'));
    press(&mut wizard, Key::Enter);
    type_text(&mut wizard, "2026-06-22");
    press(&mut wizard, Key::Enter);
    told(&mut wizard, sent(june(20), Sent::Already));
    let run = wizard.signal.run;
    let problem = Problem::new(
        ProblemKind::Refused,
        "writing signals/2026-06-21/finished_date.parquet was refused",
        "no statement allows s3:PutObject",
        Next::say("use credentials that may write"),
    );
    let effects = wizard.handle(Event::Signal {
        run,
        event: Lane::Failed(Box::new(problem)),
    });
    assert!(matches!(&effects[..], [Effect::StartSurvey(_)]));
    let screen = super::draw::text(&wizard, 100, 30);
    assert!(screen.contains("What was told stands: 2026-06-20."), "{screen}");
    assert!(screen.contains("waits"), "the 22nd was not tried\n{screen}");
}

#[test]
fn a_failure_out_of_sight_is_found_again_by_the_same_key() {
    let mut wizard = sending();
    press(&mut wizard, Key::Char('4'));
    assert_eq!(wizard.step, Step::Layout);
    let run = wizard.signal.run;
    let problem = Problem::new(ProblemKind::Other, "it failed", "a cause", Next::default());
    wizard.handle(Event::Signal {
        run,
        event: Lane::Failed(Box::new(problem)),
    });
    assert!(notice(&wizard).contains("s in 6 Calendar"), "{}", notice(&wizard));
    press(&mut wizard, Key::Char('6'));
    tell(&mut wizard, &three_ready().events(NOW));
    press(&mut wizard, Key::Char('s'));
    assert!(matches!(stage(&wizard), Stage::Failed(_)));
}

#[test]
fn esc_stops_before_the_next_day_and_never_hides_a_signal_under_way() {
    let mut wizard = sending();
    let run = wizard.signal.run;
    assert_eq!(press(&mut wizard, Key::Esc), [Effect::CancelLane { run }]);
    assert!(wizard.is_signalling());
    assert_eq!(wizard.overlay, Some(Overlay::Signal));
    assert_eq!(press(&mut wizard, Key::Esc), [], "it is asked once");
    assert!(wizard.is_signalling());
    press(&mut wizard, Key::Char('s'));
    assert_eq!(wizard.overlay, Some(Overlay::Signal), "s shows it");
}

#[test]
fn q_asks_while_a_signal_is_being_sent_and_only_then() {
    let mut wizard = sending();
    assert_eq!(press(&mut wizard, Key::Char('q')), []);
    assert!(super::draw::text(&wizard, 80, 24).contains("A signal is being sent"));
    press(&mut wizard, Key::Esc);
    assert!(wizard.is_signalling());
    press(&mut wizard, Key::Char('q'));
    assert_eq!(press(&mut wizard, Key::Enter), [Effect::Quit]);
    told(&mut wizard, SignalEvent::Finished);
    assert_eq!(press(&mut wizard, Key::Char('q')), [Effect::Quit]);
    let mut wizard = confirming(&three_ready());
    assert_eq!(
        press(&mut wizard, Key::Char('q')),
        [],
        "it is a letter in a field"
    );
    assert_eq!(press(&mut wizard, Key::Ctrl('c')), [Effect::Quit]);
}

#[test]
fn a_sender_that_finds_something_else_than_was_confirmed_sends_nothing_and_asks_again() {
    let mut wizard = sending();
    told(
        &mut wizard,
        SignalEvent::Changed {
            say: "2026-06-22 is not over by this machine's clock".into(),
        },
    );
    let sheet = wizard.signal.sheet.as_ref().unwrap();
    assert!(matches!(sheet.stage, Stage::Preview));
    assert!(sheet.again.as_ref().unwrap().contains("not over"));
    assert!(!wizard.is_signalling());
}

#[test]
fn with_nothing_to_say_which_way_the_user_chooses() {
    let bucket = Bucket::with_days(june(1).through(june(22)));
    let mut wizard = bucket.wizard();
    press(&mut wizard, Key::Char('s'));
    assert_eq!(wizard.signal_via(), None);
    press(&mut wizard, Key::Enter);
    assert!(notice(&wizard).contains("Tab"), "{}", notice(&wizard));
    press(&mut wizard, Key::Tab);
    assert_eq!(wizard.signal_via(), Some(SignalVia::Files));
    let effects = press(&mut wizard, Key::Tab);
    assert_eq!(wizard.signal_via(), Some(SignalVia::Api));
    assert!(
        matches!(&effects[..], [Effect::Signal(_)]),
        "it looks up what the API needs"
    );
    press(&mut wizard, Key::Tab);
    press(&mut wizard, Key::Enter);
    assert!(matches!(stage(&wizard), Stage::Confirm { .. }));
}

fn any_key() -> impl Strategy<Value = Key> {
    prop_oneof![
        3 => prop::sample::select(vec![Key::Enter, Key::Esc, Key::Tab, Key::Backspace, Key::Ctrl('u'), Key::Left, Key::Right]),
        2 => prop::sample::select("sv yqrR[]jkn0123456789-".chars().collect::<Vec<_>>()).prop_map(Key::Char),
        1 => any::<char>().prop_map(Key::Char),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever is mashed, pasted and ticked: what is sent was typed, whole, after the panel showed what it would do.
    #[test]
    fn no_mash_of_keys_sends_a_signal(
        keys in prop::collection::vec(any_key(), 1..120),
        hours in prop::collection::vec(0i64..200, 0..4),
    ) {
        let mut wizard = every_state().wizard();
        let mut typed = String::new();
        for (i, key) in keys.into_iter().enumerate() {
            if let Some(hours) = hours.get(i % 17) {
                let now = june(22).end(Default::default()).unwrap().as_second() + hours * 3600;
                wizard.handle(Event::Tick { now: jiff::Timestamp::from_second(now).unwrap() });
            }
            wizard.handle(Event::Paste("2026-06-22\n".into()));
            if let Key::Char(c) = key {
                typed.push(c);
            }
            let effects = press(&mut wizard, key);
            if let Some(order) = order(&effects) {
                // Only if chance has really typed the whole of it.
                let last = order.last().unwrap().to_string();
                prop_assert!(typed.contains(&last), "{:?}", order);
            }
            if effects.contains(&Effect::Quit) {
                break;
            }
        }
    }
}

#[test]
fn the_signalled_day_stays_under_the_cursor() {
    let mut wizard = sending();
    told(&mut wizard, sent(june(22), Sent::Written));
    told(&mut wizard, SignalEvent::Finished);
    tell(
        &mut wizard,
        &three_ready().signal(june(22)).events("2026-06-26T12:00:00Z"),
    );
    assert_eq!(wizard.day(), Some(june(22)));
}

#[test]
fn what_came_of_one_day_is_not_shown_for_another() {
    let mut wizard = sending();
    told(&mut wizard, SignalEvent::Sending { day: june(22) });
    told(&mut wizard, sent(june(22), Sent::Written));
    told(&mut wizard, SignalEvent::Finished);
    tell(&mut wizard, &three_ready().signal(june(22)).events(NOW));
    // Away while the result is open, and back: of the same day it is found again, of another it is not.
    press(&mut wizard, Key::Char('7'));
    press(&mut wizard, Key::Char('6'));
    press(&mut wizard, Key::Char('s'));
    assert!(matches!(stage(&wizard), Stage::Done));
    press(&mut wizard, Key::Char('7'));
    press(&mut wizard, Key::Char('6'));
    go_to(&mut wizard, june(23));
    press(&mut wizard, Key::Char('s'));
    assert!(matches!(stage(&wizard), Stage::Preview));
    assert_eq!(wizard.signal.sheet.as_ref().unwrap().days, [june(23)]);
}

#[test]
fn without_a_time_of_day_nothing_is_signalled() {
    let mut wizard = Wizard::new(Connection {
        target: "s3://acme-export".into(),
        ..Connection::default()
    });
    wizard.begin();
    tell(&mut wizard, &three_ready().events(NOW));
    wizard.step = Step::Calendar;
    press(&mut wizard, Key::Char('s'));
    assert_eq!(wizard.overlay, None);
}
