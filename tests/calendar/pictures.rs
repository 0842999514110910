//! The calendar's pictures: every state of a day, every kind of signal, every stage of sending one.

use bucket_ready::{
    calendar::{DayState, PstDay},
    contract::SignalVia,
    report::{Problem, ProblemKind},
    rule::{Dataset, Next},
    tui::Theme,
    wizard::{
        Event, Field, Key, Lane, Wizard,
        signal::{ApiFacts, Sent, SignalEvent},
    },
};
use insta::assert_snapshot;
use ratatui::style::Color;

use super::{
    draw, go_to,
    month::{Bucket, NOW, after_end, day, every_state, instant, june, tell, three_ready},
    press, told, type_text,
};

fn on(bucket: &Bucket, to: PstDay) -> Wizard {
    let mut wizard = bucket.wizard();
    go_to(&mut wizard, to);
    wizard
}

fn ranged(bucket: &Bucket, first: PstDay, last: PstDay) -> Wizard {
    let mut wizard = on(bucket, first);
    press(&mut wizard, Key::Char(' '));
    go_to(&mut wizard, last);
    wizard
}

#[test]
fn the_reader_is_not_named_as_the_operator_who_writes() {
    let mut wizard = ranged(&three_ready(), june(20), june(22));
    wizard.connect.set(Field::ReaderKey, "key.json".into());
    press(&mut wizard, Key::Char('s'));
    let shown = draw::text(&wizard, 120, 40);
    assert!(
        shown.contains("the operator, ana: the reader must not"),
        "{shown}"
    );
    // Nothing is known of an operator: his credentials were not found.
    wizard.report.as_mut().unwrap().operator = None;
    let shown = draw::text(&wizard, 120, 40);
    assert!(shown.contains("the operator: the reader must not"), "{shown}");
}

/// Lines of the frame's top: the header and the steps, which have pictures of their own.
const FRAME: usize = 3;

/// The screen below the frame's top, with its styles.
fn styled(wizard: &Wizard, theme: Theme, width: u16, height: u16) -> String {
    let all = draw::styled(wizard, theme, width, height);
    let (screen, styles) = all.split_once("--- styles\n").unwrap();
    let own = |line: &&str| {
        let row = line
            .split(':')
            .next()
            .and_then(|n| n.trim().parse::<usize>().ok());
        row.is_some_and(|row| row >= FRAME)
    };
    let styles: Vec<&str> = styles.lines().filter(own).collect();
    format!("{}--- styles\n{}\n", below(screen), styles.join("\n"))
}

/// The screen below the frame's top.
fn text(wizard: &Wizard, width: u16, height: u16) -> String {
    below(&draw::text(wizard, width, height))
}

fn below(screen: &str) -> String {
    screen.split_inclusive('\n').skip(FRAME).collect()
}

/// The panel that Enter opens, on the smallest screen for which the design promises everything.
fn opened(wizard: &Wizard) -> String {
    let mut wizard = wizard.clone();
    press(&mut wizard, Key::Enter);
    text(&wizard, 80, 24)
}

/// Every state with a day that has it.
fn states() -> [(DayState, i8); 8] {
    [
        (DayState::Signalled, 11),
        (DayState::ClosedEmpty, 12),
        (DayState::Late, 14),
        (DayState::Ready, 16),
        (DayState::Landed, 17),
        (DayState::Empty, 18),
        (DayState::Partial, 23),
        (DayState::Future, 24),
    ]
}

#[test]
fn every_state_of_a_day_in_its_month_and_by_itself() {
    let bucket = every_state();
    for (state, number) in states() {
        let wizard = on(&bucket, june(number));
        let found = wizard.calendar_day(june(number)).map(|d| d.state);
        assert!(
            found == Some(state) || (found.is_none() && state == DayState::Future),
            "{state:?}"
        );
        let name = state.as_str();
        assert_snapshot!(
            format!("day_{name}_100x30"),
            styled(&wizard, Theme::COLOUR, 100, 30)
        );
        assert_snapshot!(
            format!("day_{name}_80x24_plain"),
            styled(&wizard, Theme::PLAIN, 80, 24)
        );
        assert_snapshot!(format!("day_{name}_opened"), opened(&wizard));
    }
}

#[test]
fn a_day_that_was_signalled_before_it_was_over_does_not_look_open() {
    let early = |day: PstDay| on(&three_ready().late(june(23), -12).signal(day), day);
    for day in [june(23), june(25)] {
        let screen = draw::text(&early(day), 120, 40);
        assert!(
            screen.contains("signalled by its own date, before the day was over"),
            "{screen}"
        );
        assert!(!screen.contains("not signalled"), "{screen}");
    }
}

#[test]
fn without_colour_every_day_is_told_by_the_same_glyphs_and_words() {
    for (_, number) in states() {
        let wizard = on(&every_state(), june(number));
        let plain = draw::buffer(&wizard, Theme::PLAIN, 100, 30);
        let coloured = draw::buffer(&wizard, Theme::COLOUR, 100, 30);
        for (a, b) in plain.content().iter().zip(coloured.content()) {
            assert_eq!((a.fg, a.bg), (Color::Reset, Color::Reset));
            assert_eq!((a.symbol(), a.modifier), (b.symbol(), b.modifier));
        }
    }
}

#[test]
fn a_range_is_seen_without_colour_and_over_the_ends_of_weeks() {
    let wizard = ranged(&three_ready(), june(20), june(22));
    assert_snapshot!("range_80x24", styled(&wizard, Theme::PLAIN, 80, 24));
    assert_snapshot!("range_120x40", styled(&wizard, Theme::COLOUR, 120, 40));
    assert_snapshot!("range_60x16", text(&wizard, 60, 16));
    assert_snapshot!(
        "range_over_today_100x30",
        text(&ranged(&three_ready(), june(19), june(26)), 100, 30)
    );
}

/// Each kind of signal, by what speaks against it.
fn kinds() -> Vec<(&'static str, Wizard)> {
    let typo = {
        let mut wizard = on(&three_ready(), june(22));
        for _ in 0..36 * 12 {
            press(&mut wizard, Key::Char(']'));
        }
        assert_eq!(wizard.day(), Some(day("2062-06-22")));
        wizard
    };
    let mut unseen = three_ready();
    unseen.evidence.events.unknown = Some("events/ is not wholly listed (the listing was refused)".into());
    let by_utc = three_ready().by_utc();
    vec![
        ("clean", on(&three_ready(), june(20))),
        ("clean_with_inferred", on(&three_ready(), june(22))),
        ("empty", on(&three_ready().gap(june(21)), june(22))),
        ("failing", on(&three_ready().failing(june(20)), june(22))),
        (
            "half",
            on(&three_ready().remove(Dataset::Metrics, june(22)), june(22)),
        ),
        ("not_over", on(&three_ready().late(june(23), -12), june(23))),
        ("future", on(&three_ready(), june(26))),
        ("typo_2062", typo),
        ("landing", on(&by_utc, june(22))),
        ("already", on(&three_ready(), june(15))),
        ("unknown", on(&unseen, june(22))),
        ("before_all_data", on(&three_ready(), day("2026-05-29"))),
        (
            "no_signals_yet",
            on(&Bucket::with_days(june(1).through(june(22))), june(22)),
        ),
    ]
}

#[test]
fn what_each_kind_of_signal_would_do() {
    for (name, wizard) in kinds() {
        assert_snapshot!(format!("if_{name}_120x40"), text(&wizard, 120, 40));
        assert_snapshot!(format!("if_{name}_opened"), opened(&wizard));
    }
}

#[test]
fn the_preview_of_each_kind_of_signal() {
    for (name, mut wizard) in kinds() {
        press(&mut wizard, Key::Char('s'));
        assert_snapshot!(format!("preview_{name}"), text(&wizard, 80, 24));
    }
    let mut wizard = ranged(&three_ready(), june(18), june(22));
    press(&mut wizard, Key::Char('s'));
    assert_snapshot!("preview_range_80x24", styled(&wizard, Theme::COLOUR, 80, 24));
    assert_snapshot!("preview_range_120x40", styled(&wizard, Theme::COLOUR, 120, 40));
    assert_snapshot!("preview_range_plain", styled(&wizard, Theme::PLAIN, 100, 30));
}

fn confirming(bucket: &Bucket, to: PstDay) -> Wizard {
    let mut wizard = on(bucket, to);
    press(&mut wizard, Key::Char('s'));
    press(&mut wizard, Key::Enter);
    wizard
}

#[test]
fn the_confirmation() {
    let wizard = confirming(&three_ready(), june(22));
    assert_snapshot!("confirm_clean", styled(&wizard, Theme::COLOUR, 80, 24));
    let mut wizard = confirming(&every_state(), june(23));
    type_text(&mut wizard, "2026-06-23 not-o");
    assert_snapshot!("confirm_consequences", styled(&wizard, Theme::COLOUR, 80, 24));
    assert_snapshot!(
        "confirm_consequences_plain_120x40",
        styled(&wizard, Theme::PLAIN, 120, 40)
    );
    type_text(&mut wizard, "ff");
    press(&mut wizard, Key::Enter);
    assert_snapshot!("confirm_wrong", text(&wizard, 80, 24));
    wizard.handle(Event::Paste("2026-06-23 not-over empty failing half".into()));
    assert_snapshot!("confirm_pasted", text(&wizard, 80, 24));
    wizard.handle(Event::Tick {
        now: instant("2026-06-24T08:00:01Z"),
    });
    assert_snapshot!("confirm_asked_again", text(&wizard, 80, 24));
}

fn sending() -> Wizard {
    let mut wizard = ranged(&three_ready(), june(20), june(22));
    press(&mut wizard, Key::Char('s'));
    press(&mut wizard, Key::Enter);
    type_text(&mut wizard, "2026-06-22");
    press(&mut wizard, Key::Enter);
    wizard
}

fn sent(wizard: &mut Wizard, number: i8, how: Sent) {
    let day = june(number);
    told(
        wizard,
        SignalEvent::Sent {
            day,
            how,
            say: format!("signals/{day}/finished_date.parquet, 412 bytes"),
        },
    );
}

#[test]
fn sending_and_what_came_of_it() {
    let mut wizard = sending();
    sent(&mut wizard, 20, Sent::Written);
    told(&mut wizard, SignalEvent::Sending { day: june(21) });
    assert_snapshot!("sending", styled(&wizard, Theme::COLOUR, 80, 24));
    let mut elsewhere = wizard.clone();
    press(&mut elsewhere, Key::Char('4'));
    let screen = draw::text(&elsewhere, 80, 24);
    assert!(screen.contains("signalling: 1/3 told"), "{screen}");
    let mut stopping = wizard.clone();
    press(&mut stopping, Key::Esc);
    assert_snapshot!("sending_stopping", text(&stopping, 80, 24));
    let mut failing = wizard.clone();
    let mut problem = Problem::new(
        ProblemKind::Refused,
        "writing signals/2026-06-21/finished_date.parquet was refused",
        "no statement of the user's policies allows it",
        Next::say("use credentials that may write to signals/; the reader must not"),
    );
    problem.call = Some("s3:PutObject");
    problem.action = Some("s3:PutObject");
    problem.status = Some(403);
    problem.error_code = Some("AccessDenied".into());
    let run = failing.signal.run;
    failing.handle(Event::Signal {
        run,
        event: Lane::Failed(Box::new(problem)),
    });
    assert_snapshot!("sending_failed", styled(&failing, Theme::COLOUR, 80, 24));
    sent(&mut wizard, 21, Sent::Already);
    sent(&mut wizard, 22, Sent::Written);
    told(&mut wizard, SignalEvent::Finished);
    assert_snapshot!("sent", styled(&wizard, Theme::COLOUR, 80, 24));
    let after = three_ready().signal(june(20)).signal(june(21)).signal(june(22));
    tell(&mut wizard, &after.events(NOW));
    press(&mut wizard, Key::Enter);
    assert_snapshot!("after_the_signal", text(&wizard, 100, 30));
}

fn api(secret_from: Option<&str>) -> ApiFacts {
    ApiFacts {
        secret_from: secret_from.map(Into::into),
        url: "https://api.statsig.com/v1/mark_data_ready".into(),
        ..ApiFacts::default()
    }
}

#[test]
fn a_signal_by_the_api() {
    let bucket = three_ready().via(SignalVia::Api);
    let mut wizard = ranged(&bucket, june(20), june(22));
    press(&mut wizard, Key::Char('s'));
    assert_snapshot!("api_looking", text(&wizard, 80, 24));
    told(&mut wizard, SignalEvent::Api(api(None)));
    assert_snapshot!("api_without_secret", text(&wizard, 80, 24));
    press(&mut wizard, Key::Enter);
    type_text(&mut wizard, "secret-EXAMPLE");
    assert_snapshot!("api_secret", styled(&wizard, Theme::COLOUR, 80, 24));
    press(&mut wizard, Key::Enter);
    let mut known = api(Some("typed here, for this signal alone"));
    known.marked = Some(after_end(june(19), 0).as_second());
    known.note = Some("a request of 2026-06-23T09:00:00Z was never answered; it may have been taken".into());
    told(&mut wizard, SignalEvent::Api(known));
    assert_snapshot!("api_preview", styled(&wizard, Theme::COLOUR, 100, 30));
    press(&mut wizard, Key::Enter);
    type_text(&mut wizard, "2026-06-22");
    press(&mut wizard, Key::Enter);
    told(
        &mut wizard,
        SignalEvent::Sent {
            day: june(22),
            how: Sent::Answered,
            say: "HTTP 200: {\"success\":true}".into(),
        },
    );
    told(&mut wizard, SignalEvent::Finished);
    assert_snapshot!("api_sent", text(&wizard, 80, 24));
    let mut trouble = on(&bucket, june(22));
    press(&mut trouble, Key::Char('s'));
    let mut known = api(Some("from STATSIG_SERVER_SECRET"));
    known.trouble = Some("it is a client key (client-…): a server secret is needed".into());
    told(&mut trouble, SignalEvent::Api(known));
    assert_snapshot!("api_trouble", text(&trouble, 80, 24));
}

#[test]
fn no_size_makes_the_calendar_or_its_panels_fail() {
    let mut states = vec![
        ranged(&every_state(), june(3), june(29)),
        confirming(&every_state(), june(23)),
        sending(),
    ];
    for (_, mut wizard) in kinds() {
        states.push(wizard.clone());
        press(&mut wizard, Key::Char('s'));
        states.push(wizard);
    }
    for (i, wizard) in states.iter().enumerate() {
        for width in (0u16..=130).step_by(7).chain([59, 60, 73, 74, 80, 120]) {
            let height = (usize::from(width) * 7 + i * 3) % 45;
            draw::text(wizard, width, u16::try_from(height).unwrap());
        }
    }
}
