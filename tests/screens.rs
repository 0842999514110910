//! What a user sees of the wizard: every screen in its states, as snapshots with their styles, and what must hold for
//! any state, size and key.

#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "screens/draw.rs"]
mod draw;
#[path = "screens/fixture.rs"]
mod fixture;
#[path = "screens/reader.rs"]
mod reader;
#[path = "screens/steps_2_and_3.rs"]
mod steps_2_and_3;

use bucket_ready::{
    calendar::PstDay,
    report::{Problem, ProblemKind, Report, Stage, SurveyEvent},
    rule::{Code, Dataset, Next},
    tui::{Form, ScreenName, Theme, frame, render_to_text},
    wizard::{Event, Key, Mark, Notice, Overlay, RunId, Step, Wizard, connect::Connection},
};
use insta::assert_snapshot;
use proptest::prelude::*;
use ratatui::{buffer::Buffer, layout::Rect, style::Color};

fn at(mut wizard: Wizard, step: Step) -> Wizard {
    wizard.step = step;
    wizard
}

fn press(mut wizard: Wizard, keys: &[Key]) -> Wizard {
    for key in keys {
        wizard.handle(Event::Key(*key));
    }
    wizard
}

fn typical() -> Wizard {
    fixture::told(&fixture::typical())
}

fn narrow(wizard: &Wizard) -> String {
    draw::styled(wizard, Theme::COLOUR, 80, 24)
}

fn expired() -> Problem {
    let mut problem = Problem::new(
        ProblemKind::ExpiredSession,
        "asking STS who this key is was refused",
        "the session of profile `acme` has expired",
        Next {
            say: "log in again, then press r".into(),
            command: Some("aws sso login --profile acme".into()),
            url: None,
        },
    );
    problem.call = Some("sts:GetCallerIdentity");
    problem.status = Some(403);
    problem.error_code = Some("ExpiredToken".into());
    problem.request_id = Some("7e0f3c1a-2b".into());
    problem
}

fn failed() -> Wizard {
    let mut wizard = fixture::begun();
    wizard.handle(Event::Failed {
        run: RunId(1),
        problem: Box::new(expired()),
    });
    wizard
}

#[test]
fn every_step_of_a_typical_bucket() {
    for step in Step::ALL {
        let wizard = at(typical(), step);
        assert_snapshot!(
            format!("typical_{}_80x24", step.name().to_lowercase()),
            narrow(&wizard)
        );
        assert_snapshot!(
            format!("typical_{}_120x40", step.name().to_lowercase()),
            draw::styled(&wizard, Theme::COLOUR, 120, 40)
        );
    }
}

#[test]
fn every_step_while_nothing_is_known_yet() {
    for step in Step::ALL {
        let name = step.name().to_lowercase();
        assert_snapshot!(
            format!("loading_{name}"),
            draw::text(&at(fixture::begun(), step), 80, 24)
        );
    }
}

#[test]
fn every_step_while_results_come_in() {
    let events = [
        fixture::started(),
        fixture::connected(),
        fixture::dataset(Dataset::Events, fixture::events_dataset()),
        fixture::check(fixture::findings().remove(1)),
        SurveyEvent::Progress {
            stage: Stage::Footers,
            dataset: Some(Dataset::Events),
            done: 37,
            of: Some(214),
            bytes: 1_258_291,
        },
    ];
    for step in Step::ALL {
        let name = step.name().to_lowercase();
        assert_snapshot!(
            format!("halfway_{name}"),
            narrow(&at(fixture::told(&events), step))
        );
    }
}

#[test]
fn every_step_of_an_empty_bucket() {
    for step in Step::ALL {
        let name = step.name().to_lowercase();
        let wizard = at(fixture::told(&fixture::empty()), step);
        assert_snapshot!(format!("empty_{name}"), draw::text(&wizard, 80, 24));
    }
}

#[test]
fn every_step_after_a_failed_connection_says_what_to_do() {
    assert_snapshot!("problem_connect", narrow(&failed()));
    for step in [Step::Layout, Step::Data, Step::Calendar, Step::Report] {
        let name = step.name().to_lowercase();
        assert_snapshot!(format!("problem_{name}"), draw::text(&at(failed(), step), 80, 24));
    }
    let mut elsewhere = at(fixture::begun(), Step::Data);
    elsewhere.handle(Event::Failed {
        run: RunId(1),
        problem: Box::new(expired()),
    });
    assert_snapshot!("problem_panel", narrow(&elsewhere));
}

#[test]
fn every_step_with_long_wide_and_hostile_names() {
    for step in Step::ALL {
        let name = step.name().to_lowercase();
        let wizard = at(fixture::told(&fixture::hostile()), step);
        assert_snapshot!(format!("hostile_{name}"), draw::text(&wizard, 80, 24));
    }
    let check = Overlay::Check {
        code: Code::new("E511"),
        subject: "events/".into(),
    };
    let mut wizard = fixture::told(&fixture::hostile());
    wizard.overlay = Some(check);
    assert_snapshot!("hostile_check", draw::text(&wizard, 80, 24));
}

#[test]
fn a_ready_bucket_says_so_and_what_comes_next() {
    let wizard = at(fixture::told(&fixture::healthy()), Step::Report);
    assert_snapshot!("healthy_report", narrow(&wizard));
}

#[test]
fn what_a_key_came_to_can_be_read_beside_a_panel_that_fills_the_screen() {
    for (columns, lines) in [(60, 16), (80, 24), (100, 30)] {
        let mut wizard = press(at(typical(), Step::Data), &[Key::Char('?')]);
        let bottom = |wizard: &Wizard| {
            let text = draw::text(wizard, columns, lines);
            let rows: Vec<&str> = text.lines().collect();
            rows[usize::from(lines) - 2].to_owned()
        };
        assert!(bottom(&wizard).contains('└'), "help fills {columns}x{lines}");
        wizard.notice = Some(Notice::Done("Wrote acme-export.json".into()));
        let bottom = bottom(&wizard);
        assert!(bottom.starts_with(" ✓ Wrote acme-export.json "), "{bottom}");
        assert!(draw::text(&wizard, columns, lines).contains('└'));
    }
}

#[test]
fn every_panel() {
    let open = |overlay: Overlay| {
        let mut wizard = at(typical(), Step::Data);
        wizard.overlay = Some(overlay);
        narrow(&wizard)
    };
    let name = |text: &str| text.to_owned();
    assert_snapshot!("panel_help", open(Overlay::Help));
    assert_snapshot!("panel_explain", open(Overlay::Explain(Code::new("E505"))));
    assert_snapshot!(
        "panel_check",
        open(Overlay::Check {
            code: Code::new("E511"),
            subject: name("events/")
        })
    );
    assert_snapshot!(
        "panel_folder",
        open(Overlay::Folder {
            dataset: Dataset::Events,
            name: name("2026-06-22")
        })
    );
    assert_snapshot!(
        "panel_column",
        open(Overlay::Column {
            dataset: Dataset::Events,
            name: name("timestamp")
        })
    );
    assert_snapshot!(
        "panel_group",
        open(Overlay::Group {
            dataset: Dataset::Events,
            index: 1
        })
    );
    assert_snapshot!(
        "panel_day",
        open(Overlay::Day(PstDay::parse("2026-06-21").unwrap()))
    );
    assert_snapshot!("panel_questions", open(Overlay::Questions));
    assert_snapshot!("panel_hand_over", open(Overlay::HandOver));
    let wizard = press(at(typical(), Step::Data), &[Key::Char('F')]);
    assert_snapshot!("panel_full_scan", narrow(&wizard));
}

#[test]
fn a_field_and_a_filter_show_what_is_typed() {
    let blank = Wizard::new(Connection::default());
    assert_snapshot!("connect_blank", draw::text(&blank, 80, 24));
    let typed = press(
        blank,
        &[Key::Enter, Key::Char('s'), Key::Char('3'), Key::Char('q')],
    );
    assert_snapshot!("connect_typing", narrow(&typed));
    let filtered = press(
        at(typical(), Step::Report),
        &[Key::Char('/'), Key::Char('l'), Key::Char('3')],
    );
    assert_snapshot!("report_filtering", narrow(&filtered));
    let nothing = press(filtered, &[Key::Char('z'), Key::Enter]);
    assert_snapshot!("report_filtered_to_nothing", draw::text(&nothing, 80, 24));
}

#[test]
fn a_saved_report_opens_where_there_is_something_to_do() {
    let report = fixture::report(&fixture::typical());
    let wizard = Wizard::saved(report, "acme.json");
    assert_eq!(wizard.step, Step::Layout);
    assert_snapshot!("saved_layout", narrow(&wizard));
    assert_snapshot!("saved_connect", narrow(&at(wizard, Step::Connect)));
    let ready = Wizard::saved(fixture::report(&fixture::healthy()), "");
    assert_eq!(ready.step, Step::Report, "nothing is left to do");
}

#[test]
fn the_smallest_screens() {
    assert_snapshot!(
        "narrow_calendar_60x16",
        draw::text(&at(typical(), Step::Calendar), 60, 16)
    );
    assert_snapshot!(
        "narrow_layout_60x16",
        draw::text(&at(typical(), Step::Layout), 60, 16)
    );
    assert_snapshot!("tall_data_80x40", draw::text(&at(typical(), Step::Data), 80, 40));
    assert_eq!(
        draw::text(&typical(), 59, 3).trim(),
        "59x3 is too small: 60x16 is needed\n                          q quits"
    );
    assert_eq!(draw::text(&typical(), 9, 1), "too small\n");
    assert_eq!(draw::text(&typical(), 1, 1), "…\n");
}

#[test]
fn every_day_state_is_told_by_glyph_and_word_and_without_colour() {
    let wizard = at(typical(), Step::Calendar);
    assert_snapshot!(
        "calendar_states_without_colour",
        draw::styled(&wizard, Theme::PLAIN, 80, 24)
    );
    let screen = draw::text(&wizard, 80, 24);
    for state in bucket_ready::calendar::DayState::ALL {
        let glyph = state.glyph();
        assert!(
            screen.contains(&format!("{glyph} {}", state.words())),
            "the legend lacks {state:?}"
        );
    }
}

#[test]
fn without_colour_nothing_but_the_colours_is_lost() {
    for step in Step::ALL {
        let wizard = at(typical(), step);
        let plain = draw::buffer(&wizard, Theme::PLAIN, 100, 30);
        let coloured = draw::buffer(&wizard, Theme::COLOUR, 100, 30);
        for (a, b) in plain.content().iter().zip(coloured.content()) {
            assert_eq!((a.fg, a.bg), (Color::Reset, Color::Reset));
            assert_eq!((a.symbol(), a.modifier), (b.symbol(), b.modifier));
        }
    }
}

#[test]
fn only_the_sixteen_colours_are_used() {
    for step in Step::ALL {
        for cell in draw::buffer(&at(typical(), step), Theme::COLOUR, 120, 40).content() {
            for colour in [cell.fg, cell.bg] {
                assert!(
                    !matches!(colour, Color::Rgb(..) | Color::Indexed(_)),
                    "{colour:?}"
                );
            }
        }
    }
}

/// Whether a glyph is one of a state's, and stands before a word.
#[test]
fn no_state_is_told_by_a_glyph_alone() {
    let words = [
        "pass",
        "warn",
        "fail",
        "unknown",
        "info",
        "skipped",
        "checking",
        "not yet",
        "not ready",
        "inconclusive",
    ];
    for step in [Step::Data, Step::Report] {
        for line in draw::text(&at(typical(), step), 80, 24).lines().skip(3).take(19) {
            let marks = [Mark::Pass, Mark::Warn, Mark::Fail, Mark::Unknown];
            if let Some(mark) = marks.iter().find(|m| line.contains(&format!(" {} ", m.glyph()))) {
                assert!(
                    words.iter().any(|w| line.contains(w)),
                    "{} without a word: {line}",
                    mark.glyph()
                );
            }
        }
    }
}

#[test]
fn no_text_from_a_bucket_reaches_the_terminal_as_it_came() {
    let report = fixture::report(&fixture::hostile());
    // As if a saved file had not been escaped by whoever wrote it.
    let mut raw: Report = report;
    raw.notices = vec!["\u{1b}]52;c;ZXZpbA==\u{7}\u{202e}\u{9b}31m".into()];
    raw.created_at = "\u{1b}[2J".into();
    for check in &mut raw.checks {
        check.slug = format!("\u{1b}[31m{}", check.slug);
        check.cause = Some("\u{7}\u{200f}\r\n\u{85}".into());
        check.subject = format!("{}\u{1b}", check.subject);
    }
    for name in ScreenName::NAMES {
        let name = ScreenName::parse(name).unwrap();
        let text = render_to_text(raw.clone(), name, (120, 60), None, Form::Text);
        for c in text.chars().filter(|c| *c != '\n') {
            assert!(!bucket_ready::report::escape::must_escape(c), "{c:?} in\n{text}");
        }
    }
}

#[test]
fn a_printed_screen_is_the_screen() {
    let report = fixture::report(&fixture::typical());
    let screen = |name| ScreenName::parse(name).unwrap();
    let text = render_to_text(report.clone(), screen("report"), (100, 30), None, Form::Text);
    assert!(text.lines().any(|l| l.starts_with(" 7 Report")), "{text}");
    assert!(text.contains(" NOT READY: "), "{text}");
    assert_eq!(text.lines().count(), 30);
    let ansi = render_to_text(
        report,
        screen("report"),
        (100, 30),
        None,
        Form::Ansi(Theme::COLOUR),
    );
    assert!(ansi.contains("\u{1b}[0;1;31mNOT READY:"), "{ansi:?}");
    assert!(ScreenName::parse("nowhere").is_none());
}

#[test]
fn no_size_makes_a_screen_fail() {
    let states = [
        typical(),
        fixture::begun(),
        fixture::told(&fixture::hostile()),
        fixture::told(&fixture::empty()),
        press(typical(), &[Key::Char('?')]),
        press(at(typical(), Step::Report), &[Key::Char('/'), Key::Char('é')]),
        press(Wizard::new(Connection::default()), &[Key::Enter, Key::Char('購')]),
    ];
    for (i, state) in states.iter().enumerate() {
        for width in (0..=20).chain([40, 59, 60, 61, 75, 79, 80, 81, 99, 117, 118, 119, 130]) {
            for height in (0..=17).chain([20, 24, 28, 33, 34, 45]) {
                // Each state on one step for each size: all steps meet all kinds of sizes.
                let step = Step::ALL[(usize::from(width) + usize::from(height) + i) % 7];
                let wizard = at(state.clone(), step);
                let area = Rect::new(0, 0, width, height);
                frame::render(&wizard, Theme::COLOUR, area, &mut Buffer::empty(area));
            }
        }
    }
}

fn any_key() -> impl Strategy<Value = Key> {
    prop_oneof![
        6 => prop::sample::select(vec![
            Key::Enter, Key::Esc, Key::Tab, Key::BackTab, Key::Backspace, Key::Delete, Key::Up, Key::Down, Key::Left,
            Key::Right, Key::Home, Key::End, Key::PageUp, Key::PageDown, Key::Ctrl('u'), Key::Ctrl('w'),
        ]),
        6 => prop::sample::select("1234567jkhlgG[]nNe/FrRsfapuyYx?vDq".chars().collect::<Vec<_>>()).prop_map(Key::Char),
        1 => any::<char>().prop_map(Key::Char),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    /// Keys and results in any order: never a panic, the cursor always on something that is there, at most one run.
    #[test]
    fn no_sequence_of_keys_breaks_the_wizard(
        keys in prop::collection::vec((any_key(), any::<prop::sample::Index>()), 1..80),
        hostile in any::<bool>(),
        size in (55u16..130, 14u16..45),
    ) {
        let told = if hostile { fixture::hostile() } else { fixture::typical() };
        let mut wizard = fixture::begun();
        let mut next = 0;
        for (key, index) in keys {
            // As many events between two keys as chance has it.
            for _ in 0..index.index(20) {
                if let Some(event) = told.get(next) {
                    wizard.handle(Event::Survey { run: RunId(1), event: Box::new(event.clone()) });
                    next += 1;
                }
            }
            let before = wizard.run.id;
            let effects = wizard.handle(Event::Key(key));
            prop_assert!(wizard.run.id >= before);
            prop_assert!(effects.len() <= 1);
            let rows = wizard.rows();
            if let Some(cursor) = wizard.cursor_in(&rows) {
                prop_assert!(cursor < rows.len());
            }
            let area = Rect::new(0, 0, size.0, size.1);
            let drawn = frame::render(&wizard, Theme::PLAIN, area, &mut Buffer::empty(area));
            wizard.handle(Event::Measured(drawn.measure));
            prop_assert!(wizard.scroll <= drawn.measure.overlay_scroll);
            if let Some(position) = drawn.text_cursor {
                prop_assert!(position.x < size.0 && position.y < size.1, "{position:?} in {size:?}");
            }
        }
    }
}
