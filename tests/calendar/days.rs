//! The cursor, the range, and what a signal of the chosen days would do.

use bucket_ready::{
    calendar::{DayState, Month, PstDay, Weekday},
    contract::{
        SignalVia,
        days::what_if::{Accept, Candidate, what_if},
    },
    tui::{Theme, frame},
    wizard::{Action, Can, Event, Key, Step, Wizard},
};
use proptest::prelude::*;
use ratatui::{buffer::Buffer, layout::Rect};

use super::{
    go_to,
    month::{Bucket, NOW, after_end, every_state, instant, june, three_ready},
    notice, press, type_text,
};

#[test]
fn a_range_grows_with_the_cursor_and_esc_drops_it() {
    let mut wizard = three_ready().wizard();
    go_to(&mut wizard, june(20));
    assert_eq!(
        wizard.selected_days(),
        [june(20)],
        "without a range, the day alone"
    );
    press(&mut wizard, Key::Char(' '));
    press(&mut wizard, Key::Right);
    press(&mut wizard, Key::Right);
    assert_eq!(wizard.selection(), Some((june(20), june(22))));
    for _ in 0..4 {
        press(&mut wizard, Key::Left);
    }
    assert_eq!(
        wizard.selected_days(),
        [june(18), june(19), june(20)],
        "it grows to both sides of where it began"
    );
    press(&mut wizard, Key::Esc);
    assert_eq!(wizard.selected_days(), [june(18)]);
    press(&mut wizard, Key::Char(' '));
    press(&mut wizard, Key::Down);
    assert_eq!(wizard.selection(), Some((june(18), june(25))));
    press(&mut wizard, Key::Char(' '));
    assert_eq!(wizard.selected_days(), [june(25)]);
}

#[test]
fn a_range_of_years_is_dropped_and_says_so() {
    let mut wizard = three_ready().wizard();
    press(&mut wizard, Key::Char(' '));
    for _ in 0..14 {
        press(&mut wizard, Key::Char(']'));
    }
    assert!(!wizard.has_range());
    assert!(notice(&wizard).contains("400 days"), "{}", notice(&wizard));
}

#[test]
fn what_a_signal_would_do_follows_the_cursor() {
    let mut wizard = three_ready().wizard();
    assert_eq!(wizard.day(), Some(june(22)), "the newest that is ready");
    let found = wizard.what_if().unwrap();
    let days: Vec<(PstDay, bool)> = found.days.iter().map(|d| (d.day, d.named)).collect();
    assert_eq!(days, [(june(20), false), (june(21), false), (june(22), true)]);
    assert!(found.consequences.is_empty());
    press(&mut wizard, Key::Left);
    assert_eq!(wizard.what_if().unwrap().days.len(), 2);
    go_to(&mut wizard, june(23));
    let words: Vec<Accept> = wizard
        .what_if()
        .unwrap()
        .consequences
        .iter()
        .map(|c| c.accept)
        .collect();
    assert_eq!(
        words,
        [Accept::NotOver, Accept::Empty],
        "today is not over and has no data yet"
    );
    go_to(&mut wizard, june(19));
    let found = wizard.what_if().unwrap();
    assert!(found.days.is_empty());
    assert_eq!(found.already, [june(19)]);
}

#[test]
fn today_is_by_the_clock_and_not_by_when_the_days_were_judged() {
    let mut wizard = three_ready().wizard();
    assert_eq!(wizard.today(), Some(june(23)));
    wizard.handle(Event::Tick {
        now: instant("2026-06-24T08:00:00Z"),
    });
    assert_eq!(wizard.today(), Some(june(24)));
    go_to(&mut wizard, june(23));
    let words: Vec<&str> = wizard
        .what_if()
        .unwrap()
        .consequences
        .iter()
        .map(|c| c.accept.word())
        .collect();
    assert_eq!(words, ["empty"], "the 23rd is over now");
}

#[test]
fn by_the_api_only_the_last_day_is_told_and_what_was_marked_counts() {
    let mut wizard = three_ready().via(SignalVia::Api).wizard();
    go_to(&mut wizard, june(20));
    press(&mut wizard, Key::Char(' '));
    go_to(&mut wizard, june(22));
    let named: Vec<PstDay> = wizard
        .what_if()
        .unwrap()
        .days
        .iter()
        .filter(|d| d.named)
        .map(|d| d.day)
        .collect();
    assert_eq!(named, [june(22)]);
}

#[test]
fn reading_the_days_again_judges_the_rows_too_or_failing_days_would_look_ready() {
    let mut wizard = three_ready().wizard();
    assert_eq!(wizard.calendar_day(june(22)).unwrap().state, DayState::Ready);
    let effects = press(&mut wizard, Key::Char('r'));
    let [bucket_ready::wizard::Effect::StartSurvey(start)] = &effects[..] else {
        panic!("{effects:?}");
    };
    let bucket_ready::wizard::Scope::Codes(codes) = &start.scope else {
        panic!("{:?}", start.scope);
    };
    // That these alone read and weigh the rows is the survey's: `check --only G711` in tests/cli.rs.
    let of_the_calendar: Vec<_> = bucket_ready::report::catalogue::all()
        .map(|rule| rule.code)
        .filter(|code| code.as_str().starts_with('G'))
        .collect();
    assert_eq!(codes, &of_the_calendar, "the calendar's rules, and no others");
    // Rows of the 22nd fail by now, and one more object of it has come.
    super::month::tell(
        &mut wizard,
        &three_ready().failing(june(22)).late(june(22), 5).events(NOW),
    );
    let day = wizard.calendar_day(june(22)).unwrap();
    assert_eq!(day.state, DayState::Landed);
    assert!(day.codes.iter().any(|code| code.as_str() == "E511"));
    let events = bucket_ready::rule::Dataset::Events;
    assert_eq!(wizard.data_day(events, june(22)).unwrap().files, 2);
    go_to(&mut wizard, june(22));
    assert!(
        wizard
            .what_if()
            .unwrap()
            .consequences
            .iter()
            .any(|c| c.accept == Accept::Failing),
        "a signal says so, too"
    );
}

#[test]
fn a_day_says_how_many_metrics_it_has_and_an_older_report_still_opens() {
    let mut bucket = three_ready();
    let screen = |bucket: &Bucket, at: i8| {
        let mut wizard = bucket.wizard();
        go_to(&mut wizard, june(at));
        super::draw::text(&wizard, 100, 30)
    };
    for (at, names, at_least) in [(20, 42, false), (21, 1, false), (22, 42, true)] {
        let day = bucket.evidence.metrics.days.get_mut(&june(at)).unwrap();
        (day.metric_names, day.metric_names_at_least) = (Some(names), at_least);
    }
    for (at, say) in [
        (20, ", 42 names"),
        (21, ", 1 name\n"),
        (22, ", at least 42 names"),
    ] {
        let screen = screen(&bucket, at);
        assert!(screen.contains(say), "{say}: {screen}");
    }
    assert!(
        screen(&bucket, 19).contains("14,109 rows in 1 file\n"),
        "it is not known there"
    );
    let json = bucket_ready::report::render::json::json(&bucket.report(NOW));
    let mut old: serde_json::Value = serde_json::from_str(&json).unwrap();
    for day in old["datasets"]["metrics"]["days"].as_array_mut().unwrap() {
        let day = day.as_object_mut().unwrap();
        day.remove("metric_names").unwrap();
        day.remove("metric_names_at_least");
    }
    let read = bucket_ready::report::Report::from_json(&old.to_string()).unwrap();
    let mut saved = Wizard::saved(read, "r.json");
    saved.step = Step::Calendar;
    assert!(super::draw::text(&saved, 100, 30).contains("14,109 rows in 1 file"));
}

#[test]
fn the_bucket_of_the_pictures_has_a_day_in_every_state() {
    let report = every_state().report(NOW);
    for state in DayState::ALL {
        let found = report.calendar.days.iter().any(|d| d.state == state);
        assert!(found || state == DayState::Future, "{state:?}");
    }
}

#[test]
fn a_saved_report_tells_what_a_signal_would_do_and_why_it_can_not_send_it() {
    let report = three_ready().report(NOW);
    let json = bucket_ready::report::render::json::json(&report);
    let read = bucket_ready::report::Report::from_json(&json).unwrap();
    let mut saved = Wizard::saved(read, "r.json");
    saved.step = Step::Calendar;
    let live = three_ready().wizard();
    assert_eq!(saved.day(), Some(june(22)));
    assert_eq!(saved.what_if(), live.what_if());
    assert!(saved.what_if().is_some());
    assert!(matches!(saved.can(Action::Signal), Can::No(why) if why.contains("saved report")));
    type_text(&mut saved, "s");
    assert_eq!(saved.overlay, None);
    assert!(notice(&saved).contains("saved report"));
}

#[test]
fn every_day_of_1990_to_2100_stands_once_under_its_weekday() {
    let column = |day: PstDay| day.weekday().index();
    for year in 1990..=2100 {
        for month in 1..=12 {
            let month = Month::new(year, month).unwrap();
            let mut date = jiff::civil::date(year, month.month(), 1);
            for week in month.weeks() {
                for (at, day) in week.iter().enumerate() {
                    let Some(day) = day else { continue };
                    assert_eq!(day.date(), date, "{month}");
                    let expected = usize::try_from(date.weekday().to_monday_zero_offset()).unwrap();
                    assert_eq!((at, column(*day)), (expected, expected), "{date}");
                    date = date.tomorrow().unwrap();
                }
            }
            assert_eq!(date.day(), 1, "{month} ends where the next begins");
        }
    }
    assert_eq!(Weekday::ALL.map(Weekday::short).join(" "), "Mo Tu We Th Fr Sa Su");
}

#[test]
fn a_month_on_the_screen_is_the_month_of_any_wall_calendar() {
    let mut wizard = three_ready().wizard();
    for _ in 0..26 {
        press(&mut wizard, Key::Char('['));
    }
    assert_eq!(wizard.month(), Month::parse("2024-04"));
    let screen = super::draw::text(&wizard, 100, 30);
    let shown: Vec<String> = screen
        .lines()
        .skip(5)
        .take(6)
        .map(|line| {
            let grid: String = line.chars().take(43).collect();
            let digits: String = grid
                .chars()
                .map(|c| if c.is_ascii_alphanumeric() { c } else { ' ' })
                .collect();
            digits.split_whitespace().collect::<Vec<_>>().join(" ")
        })
        .collect();
    assert_eq!(
        shown,
        [
            "Mo Tu We Th Fr Sa Su",
            "1 2 3 4 5 6 7",
            "8 9 10 11 12 13 14",
            "15 16 17 18 19 20 21",
            "22 23 24 25 26 27 28",
            "29 30",
        ]
    );
}

/// A history: what each of forty days before and a few after today holds, and which were signalled.
fn any_bucket() -> impl Strategy<Value = Bucket> {
    let any_day = (any::<bool>(), any::<bool>(), 0u8..10, -20i64..200);
    (
        prop::collection::vec(any_day, 40..46),
        prop::collection::vec(0usize..46, 0..4),
        any::<bool>(),
        prop::option::of(prop::sample::select(vec![SignalVia::Files, SignalVia::Api])),
    )
        .prop_map(|(days, signals, by_utc, via)| {
            let first = june(23).plus(-40).unwrap();
            let at = |i: usize| first.plus(i64::try_from(i).unwrap()).unwrap();
            let mut bucket = Bucket::default();
            for (i, (events, metrics, luck, hours)) in days.into_iter().enumerate() {
                let landed = after_end(at(i), hours);
                if events {
                    bucket.add(bucket_ready::rule::Dataset::Events, at(i), 10, landed);
                }
                if metrics {
                    bucket.add(bucket_ready::rule::Dataset::Metrics, at(i), 5, landed);
                }
                if luck == 0 && (events || metrics) {
                    bucket = bucket.failing(at(i));
                }
            }
            for i in signals {
                bucket = bucket.signal(at(i));
            }
            if by_utc {
                bucket = bucket.by_utc();
            }
            bucket.via = via;
            bucket
        })
}

fn any_move() -> impl Strategy<Value = Key> {
    prop::sample::select(vec![
        Key::Up,
        Key::Down,
        Key::Left,
        Key::Right,
        Key::Char('['),
        Key::Char(']'),
        Key::Char(' '),
        Key::Char('n'),
        Key::Char('N'),
        Key::Enter,
        Key::Esc,
        Key::Char('s'),
        Key::Tab,
    ])
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_shown_is_what_the_evidence_says_wherever_the_cursor_goes(
        bucket in any_bucket(),
        moves in prop::collection::vec(any_move(), 1..40),
        size in (60u16..130, 16u16..45),
    ) {
        let mut wizard = bucket.wizard();
        let context = bucket.context(NOW);
        for key in moves {
            press(&mut wizard, key);
            let (first, last) = wizard.selection().unwrap();
            prop_assert!(first <= last && (first..=last).contains(&wizard.day().unwrap()));
            prop_assert!(wizard.month().unwrap().contains(wizard.day().unwrap()));
            let days: Vec<PstDay> = wizard.selected_days();
            prop_assert!(days.len() <= 400);
            let candidate = match wizard.signal_via() {
                Some(SignalVia::Api) => Candidate::Timestamp {
                    second: last.end_second(context.offset),
                    marked: None,
                },
                _ => Candidate::Dates(days),
            };
            let expected = what_if(&context, &bucket.evidence, &candidate);
            prop_assert_eq!(wizard.what_if(), Some(expected));
        }
        let area = Rect::new(0, 0, size.0, size.1);
        frame::render(&wizard, Theme::PLAIN, area, &mut Buffer::empty(area));
    }
}
