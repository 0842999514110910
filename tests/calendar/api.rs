//! Signals by the API: the secret that is typed, what this machine's ledger knows, and where it goes.

use bucket_ready::{
    access::plan::Secret,
    calendar::DayState,
    contract::SignalVia,
    report::{Problem, ProblemKind},
    rule::Next,
    wizard::{
        Effect, Event, Key, Lane, Wizard,
        signal::{ApiFacts, ApiMark, SignalEvent, SignalTask, Stage},
    },
};

use super::{
    go_to,
    guards::{order, sending, stage},
    month::{NOW, after_end, instant, june, three_ready},
    notice, press, told, type_text,
};

fn looked(wizard: &mut Wizard, facts: ApiFacts) {
    told(wizard, SignalEvent::Api(facts));
}

fn facts(secret_from: Option<&str>) -> ApiFacts {
    ApiFacts {
        secret_from: secret_from.map(Into::into),
        url: "https://api.statsig.com/v1/mark_data_ready".into(),
        ..ApiFacts::default()
    }
}

const CANARY: &str = "secret-EXAMPLEcanary0123456789";

#[test]
fn a_typed_secret_is_in_no_debug_no_screen_no_export_and_reaches_the_sender_alone() {
    let mut wizard = three_ready().via(SignalVia::Api).wizard();
    let effects = press(&mut wizard, Key::Char('s'));
    assert!(
        matches!(&effects[..], [Effect::Signal(start)] if start.task == SignalTask::Look { secret: None }),
        "{effects:?}"
    );
    assert_eq!(
        press(&mut wizard, Key::Enter),
        [],
        "what the API needs is not known yet"
    );
    looked(&mut wizard, facts(None));
    press(&mut wizard, Key::Enter);
    assert!(matches!(stage(&wizard), Stage::Secret { .. }));
    type_text(&mut wizard, &CANARY[..10]);
    wizard.handle(Event::Paste(format!(" {}\n", &CANARY[10..])));
    let unseen = |wizard: &Wizard| {
        assert!(!format!("{wizard:?}").contains("canary"));
        assert!(!super::draw::text(wizard, 120, 40).contains("canary"));
        assert!(!wizard.value_here().unwrap_or_default().contains("canary"));
        assert!(!wizard.command_here().unwrap_or_default().contains("canary"));
    };
    unseen(&wizard);
    let effects = press(&mut wizard, Key::Enter);
    assert!(!format!("{effects:?}").contains("canary"));
    let [Effect::Signal(start)] = &effects[..] else {
        panic!("{effects:?}");
    };
    assert!(matches!(&start.task, SignalTask::Look { secret: Some(s) } if s.expose() == CANARY));
    looked(&mut wizard, facts(Some("typed here")));
    press(&mut wizard, Key::Enter);
    type_text(&mut wizard, "2026-06-22");
    unseen(&wizard);
    let effects = press(&mut wizard, Key::Enter);
    let order = order(&effects).unwrap();
    assert_eq!(order.via, SignalVia::Api);
    assert_eq!(order.secret.as_ref().map(Secret::expose), Some(CANARY));
    assert!(
        !wizard.signal.sheet.as_ref().unwrap().has_secret(),
        "it is not kept"
    );
    unseen(&wizard);
}

#[test]
fn a_key_of_the_wrong_kind_is_not_used_and_another_is_asked_for() {
    let mut wizard = three_ready().via(SignalVia::Api).wizard();
    press(&mut wizard, Key::Char('s'));
    let mut client = facts(None);
    looked(&mut wizard, client.clone());
    press(&mut wizard, Key::Enter);
    type_text(&mut wizard, "client-EXAMPLE");
    press(&mut wizard, Key::Enter);
    client.trouble = Some("this is a client key; a server secret is needed".into());
    looked(&mut wizard, client);
    assert!(!wizard.signal.sheet.as_ref().unwrap().has_secret());
    press(&mut wizard, Key::Enter);
    assert!(matches!(stage(&wizard), Stage::Secret { .. }));
}

#[test]
fn what_this_machine_marked_before_is_not_sent_again() {
    let mut wizard = three_ready().via(SignalVia::Api).wizard();
    press(&mut wizard, Key::Char('s'));
    let mut known = facts(Some("from STATSIG_SERVER_SECRET"));
    known.marked = Some(instant("2026-06-23T08:00:00Z").as_second());
    looked(&mut wizard, known);
    assert_eq!(press(&mut wizard, Key::Enter), []);
    assert!(notice(&wizard).contains("closed already"), "{}", notice(&wizard));
}

/// Marked up to the end of a day.
fn mark(up_to: bucket_ready::calendar::PstDay) -> ApiMark {
    ApiMark {
        timestamp: after_end(up_to, 0).as_second(),
        taken: true,
        at: after_end(up_to, 9),
        status: Some(200),
        kind: "metrics".into(),
        url: None,
        key: None,
    }
}

/// What a screen says, without the lines between its panes.
fn words(wizard: &Wizard) -> String {
    let screen = super::draw::text(wizard, 120, 40);
    let words: Vec<&str> = screen.split_whitespace().filter(|word| *word != "│").collect();
    words.join(" ")
}

#[test]
fn a_signal_by_the_api_is_seen_on_the_days_it_covers_though_the_bucket_does_not_show_it() {
    let mut wizard = three_ready().wizard();
    let marked = ApiFacts {
        marks: vec![mark(june(20)), mark(june(21))],
        ..facts(None)
    };
    looked(&mut wizard, marked);
    for day in [20, 21] {
        go_to(&mut wizard, june(day));
        let screen = super::draw::text(&wizard, 120, 40);
        assert!(
            screen.contains("API       marked by API up to 2026-06-21 PST"),
            "{screen}"
        );
        assert!(screen.contains("answered 200"), "{screen}");
        assert!(screen.contains("● signalled"), "{screen}");
        assert!(words(&wizard).contains("by the API alone: the bucket itself shows none"));
        let report = wizard.calendar_day(june(day)).unwrap().state;
        assert_eq!(report, DayState::Ready, "the report tells of the bucket");
    }
    assert!(words(&wizard).contains("by API up to 2026-06-21; 1 day ready"));
    go_to(&mut wizard, june(22));
    assert!(!words(&wizard).contains("marked by API"), "{}", words(&wizard));
    assert_eq!(wizard.day_state(june(22)), Some(DayState::Ready));
    // Told by file all the same: said before.
    go_to(&mut wizard, june(21));
    press(&mut wizard, Key::Char('s'));
    assert!(
        words(&wizard).contains("by file they are told once more"),
        "{}",
        words(&wizard)
    );
    press(&mut wizard, Key::Esc);
    go_to(&mut wizard, june(22));
    // Opening the panel and a look that fails take nothing of it away.
    press(&mut wizard, Key::Char('s'));
    assert!(wizard.mark_of(june(21)).is_some());
    let run = wizard.signal.run;
    let problem = Problem::new(ProblemKind::Io, "it was not read", "no", Next::say("wait"));
    wizard.handle(Event::Signal {
        run,
        event: Lane::Failed(Box::new(problem)),
    });
    assert!(wizard.mark_of(june(21)).is_some());
}

#[test]
fn a_mark_that_is_in_doubt_or_of_another_project_closes_no_day() {
    let sure = mark(june(22));
    let in_doubt = ApiMark {
        taken: false,
        status: None,
        ..sure.clone()
    };
    let elsewhere = ApiMark {
        url: Some("http://localhost:1".into()),
        ..sure.clone()
    };
    let of_another = ApiMark {
        key: Some("1f2e3d4c".into()),
        ..sure.clone()
    };
    let other_type = ApiMark {
        kind: "events".into(),
        ..sure.clone()
    };
    for marked in [in_doubt, elsewhere, of_another, other_type] {
        let mut wizard = three_ready().wizard();
        looked(
            &mut wizard,
            ApiFacts {
                marks: vec![marked.clone()],
                ..facts(None)
            },
        );
        assert_eq!(wizard.day_state(june(22)), Some(DayState::Ready), "{marked:?}");
    }
    // Data that came after the mark is late.
    let mut wizard = three_ready().wizard();
    let early = ApiMark {
        at: after_end(june(22), 0),
        ..sure
    };
    looked(
        &mut wizard,
        ApiFacts {
            marks: vec![early],
            ..facts(None)
        },
    );
    assert_eq!(wizard.day_state(june(22)), Some(DayState::Late));
}

/// How often the ledger is looked at while the days are read again.
fn looks(wizard: &mut Wizard) -> usize {
    press(wizard, Key::Char('r'));
    let run = wizard.run.id;
    let mut looks = 0;
    for event in three_ready().events(NOW) {
        let event = Box::new(event);
        for effect in wizard.handle(Event::Survey { run, event }) {
            looks += usize::from(
                matches!(effect, Effect::Signal(start) if start.task == SignalTask::Look { secret: None }),
            );
        }
    }
    looks
}

#[test]
fn the_ledger_is_looked_at_once_days_were_read_but_never_beside_a_signal_that_is_sent() {
    assert_eq!(looks(&mut three_ready().wizard()), 1);
    let mut wizard = sending();
    press(&mut wizard, Key::Esc);
    press(&mut wizard, Key::Esc);
    let run = wizard.signal.run;
    assert_eq!((looks(&mut wizard), wizard.signal.run), (0, run));
    assert!(wizard.is_signalling());
}

#[test]
fn the_preview_says_where_it_goes_and_which_type_is_not_documented() {
    let mut wizard = three_ready().via(SignalVia::Api).wizard();
    press(&mut wizard, Key::Char('s'));
    let mut with = |kind: Option<&str>| {
        let facts = ApiFacts {
            kind: kind.map(str::to_owned),
            ..facts(Some("from STATSIG_SERVER_SECRET"))
        };
        looked(&mut wizard, facts);
        super::draw::text(&wizard, 120, 40)
    };
    let documented = with(None);
    assert!(
        documented.contains("POST https://api.statsig.com/v1/mark_data_ready: timestamp"),
        "{documented}"
    );
    assert!(
        documented.contains("type metrics") && !documented.contains("not documented"),
        "{documented}"
    );
    let other = with(Some("events"));
    assert!(
        other.contains("type events, which is not") && other.contains("documented"),
        "{other}"
    );
}

#[test]
fn a_secret_is_gone_once_the_panel_is_left() {
    let mut wizard = three_ready().via(SignalVia::Api).wizard();
    press(&mut wizard, Key::Char('s'));
    looked(&mut wizard, facts(None));
    press(&mut wizard, Key::Enter);
    type_text(&mut wizard, CANARY);
    press(&mut wizard, Key::Enter);
    looked(&mut wizard, facts(Some("typed here")));
    assert!(wizard.signal.sheet.as_ref().unwrap().has_secret());
    press(&mut wizard, Key::Char('5'));
    wizard.handle(Event::Tick { now: instant(NOW) });
    assert!(wizard.signal.sheet.is_none());
}
