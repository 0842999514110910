//! The machine by its events and effects.

use super::*;
use crate::{
    report::{
        Check, Mode, Problem, ProblemKind, Report, Rows, Stage, Status, SurveyEvent, Target, Tool, Usage,
        catalogue,
    },
    rule::{Category, Code, Next, Subject},
    wizard::{
        connect::{ConnectRow, Connection},
        keys::KEYS,
    },
};

fn wizard() -> Wizard {
    Wizard::new(Connection {
        target: "s3://acme".into(),
        ..Connection::default()
    })
}

fn key(wizard: &mut Wizard, c: char) -> Vec<Effect> {
    wizard.handle(Event::Key(Key::Char(c)))
}

fn told(wizard: &mut Wizard, run: u64, event: SurveyEvent) {
    wizard.handle(Event::Survey {
        run: RunId(run),
        event: Box::new(event),
    });
}

fn started() -> SurveyEvent {
    SurveyEvent::Started {
        tool: Tool::this(),
        created_at: "2026-06-24T05:14:00Z".into(),
        target: Target::S3 {
            bucket: "acme".into(),
            prefix: String::new(),
            region: None,
        },
        mode: Mode::default(),
        today: "2026-06-23".into(),
    }
}

fn check(code: &str, subject: Subject, status: Status) -> SurveyEvent {
    let rule = catalogue::find(Code::new(code)).unwrap();
    SurveyEvent::Check {
        check: Box::new(Check {
            code: rule.code,
            slug: rule.slug.into(),
            title: rule.title.into(),
            category: rule.category,
            status,
            required: true,
            subject: subject.as_str().into(),
            count: Some(u64::from(status == Status::Fail)),
            unit: rule.unit,
            checked: Some(5),
            of: Some(5),
            share_below: None,
            samples: Vec::new(),
            cause: None,
            next: None,
            blocked_by: None,
            basis: rule.basis,
        }),
    }
}

fn finished(complete: bool) -> SurveyEvent {
    SurveyEvent::Finished {
        complete,
        usage: Usage::default(),
    }
}

fn status_of(wizard: &Wizard, code: &str, subject: &str) -> Option<Status> {
    wizard.check(Code::new(code), subject).map(|c| c.status)
}

/// A wizard whose first run found L303 in events/ and ended.
fn done() -> Wizard {
    let mut wizard = wizard();
    wizard.begin();
    told(&mut wizard, 1, started());
    told(&mut wizard, 1, check("L303", Subject::Events, Status::Fail));
    told(&mut wizard, 1, finished(true));
    wizard
}

#[test]
fn a_named_target_is_read_at_once_and_none_is_read_unasked() {
    let effects = wizard().begin();
    assert!(
        matches!(&effects[..], [Effect::StartSurvey(s)] if s.run == RunId(1) && s.rows == Rows::Sample
            && s.scope == Scope::All && s.connection.target == "s3://acme")
    );
    assert_eq!(Wizard::new(Connection::default()).begin(), []);
}

#[test]
fn what_an_older_run_still_says_is_dropped() {
    let mut wizard = done();
    assert_eq!(key(&mut wizard, 'R').len(), 1);
    told(&mut wizard, 1, check("L304", Subject::Events, Status::Fail));
    wizard.handle(Event::Failed {
        run: RunId(1),
        problem: Box::new(Problem::new(ProblemKind::Other, "x", "y", Next::default())),
    });
    assert_ne!(status_of(&wizard, "L304", "events/"), Some(Status::Fail));
    assert_eq!(wizard.run.problem, None);
    assert_eq!(wizard.run.id, RunId(2));
}

#[test]
fn results_stay_until_a_new_run_begins_to_tell_and_come_back_when_it_is_cancelled() {
    let mut wizard = done();
    key(&mut wizard, 'R');
    assert_eq!(status_of(&wizard, "L303", "events/"), Some(Status::Fail));
    told(&mut wizard, 2, started());
    assert_eq!(status_of(&wizard, "L303", "events/"), None);
    assert_eq!(
        wizard.handle(Event::Key(Key::Esc)),
        [Effect::Cancel { run: RunId(2) }]
    );
    assert_eq!(wizard.handle(Event::Key(Key::Esc)), [], "it is cancelled once");
    told(&mut wizard, 2, finished(false));
    assert_eq!(status_of(&wizard, "L303", "events/"), Some(Status::Fail));
    assert!(!wizard.is_working());
}

#[test]
fn a_run_that_ends_without_a_word_leaves_nothing_running() {
    let mut wizard = wizard();
    wizard.begin();
    wizard.handle(Event::Ended { run: RunId(1) });
    assert!(!wizard.is_working());
}

#[test]
fn a_full_scan_asks_first_and_reads_every_row() {
    let mut wizard = done();
    key(&mut wizard, '5');
    assert_eq!(key(&mut wizard, 'F'), []);
    assert_eq!(wizard.overlay, Some(Overlay::Confirm(Confirm::FullScan)));
    let effects = wizard.handle(Event::Key(Key::Enter));
    assert!(matches!(&effects[..], [Effect::StartSurvey(s)] if s.rows == Rows::All));
    assert_eq!(wizard.overlay, None);
}

#[test]
fn only_one_run_goes_on_at_a_time() {
    let mut wizard = wizard();
    wizard.begin();
    for c in ['r', 'R', 'F'] {
        assert_eq!(key(&mut wizard, c), [], "{c}");
        assert!(matches!(wizard.notice, Some(Notice::No(_))));
    }
    wizard.connect.cursor = wizard.connect.fields().len();
    assert_eq!(wizard.handle(Event::Key(Key::Enter)), []);
}

#[test]
fn re_running_a_step_replaces_its_checks_and_keeps_the_rest() {
    let mut wizard = done();
    key(&mut wizard, '4');
    let effects = key(&mut wizard, 'r');
    let [Effect::StartSurvey(start)] = &effects[..] else {
        panic!("{effects:?}");
    };
    let Scope::Codes(codes) = &start.scope else {
        panic!("{:?}", start.scope);
    };
    assert!(codes.contains(&Code::new("L303")) && !codes.contains(&Code::new("E511")));
    told(&mut wizard, 2, started());
    assert_eq!(
        status_of(&wizard, "L303", "events/"),
        Some(Status::Fail),
        "until it ends"
    );
    told(&mut wizard, 2, check("L303", Subject::Events, Status::Pass));
    told(&mut wizard, 2, check("E511", Subject::Events, Status::Fail));
    told(&mut wizard, 2, finished(true));
    assert_eq!(status_of(&wizard, "L303", "events/"), Some(Status::Pass));
    assert_ne!(
        status_of(&wizard, "E511", "events/"),
        Some(Status::Fail),
        "out of scope"
    );
}

#[test]
fn ctrl_c_quits_from_everywhere_and_q_from_everywhere_but_a_field() {
    let mut wizard = Wizard::new(Connection::default());
    wizard.handle(Event::Key(Key::Enter));
    assert!(wizard.editing.is_some(), "the cursor stands on the bucket");
    assert_eq!(key(&mut wizard, 'q'), []);
    assert_eq!(wizard.editing.as_ref().unwrap().input().value(), "q");
    assert_eq!(wizard.handle(Event::Key(Key::Ctrl('c'))), [Effect::Quit]);
    let mut wizard = done();
    key(&mut wizard, '?');
    assert_eq!(key(&mut wizard, 'q'), [Effect::Quit]);
}

#[test]
fn a_screen_opens_without_a_field_taking_keys() {
    for connection in [Connection::default(), wizard().connect.connection()] {
        let wizard = Wizard::new(connection);
        assert!(wizard.editing.is_none());
    }
    let mut wizard = Wizard::new(Connection::default());
    key(&mut wizard, '4');
    assert_eq!(wizard.step, Step::Layout);
}

#[test]
fn naming_a_bucket_leads_to_the_row_that_starts() {
    let mut wizard = Wizard::new(Connection::default());
    wizard.handle(Event::Key(Key::Enter));
    wizard.handle(Event::Paste("  s3://acme\n".into()));
    wizard.handle(Event::Key(Key::Enter));
    assert_eq!(wizard.connect_row(), Some(ConnectRow::Start));
    let effects = wizard.handle(Event::Key(Key::Enter));
    assert!(matches!(&effects[..], [Effect::StartSurvey(s)] if s.connection.target == "s3://acme"));
}

#[test]
fn esc_discards_what_was_typed() {
    let mut wizard = wizard();
    wizard.connect.cursor = 1;
    wizard.handle(Event::Key(Key::Enter));
    key(&mut wizard, 'x');
    wizard.handle(Event::Key(Key::Esc));
    assert_eq!(wizard.connect.value(Field::Target), "s3://acme");
}

#[test]
fn a_saved_report_reads_nothing_again() {
    let mut wizard = Wizard::saved(done().report.unwrap(), "r.json");
    assert_eq!(wizard.begin(), []);
    assert_eq!(key(&mut wizard, 'R'), []);
    // As the report's own group says: nobody looked at the connection.
    assert_eq!(
        wizard.tally_of(Category::Connection).gravest(),
        Some(Mark::Unknown)
    );
    assert_eq!(wizard.status(Step::Connect).word, "unknown");
    assert!(wizard.status(Step::Connect).why.is_some());
    assert_eq!(
        wizard.step,
        Step::Access,
        "the first step that is not done: nobody looked at it"
    );
}

#[test]
fn the_cursor_stays_on_its_check_while_others_come_in_above() {
    let mut wizard = wizard();
    wizard.begin();
    told(&mut wizard, 1, started());
    told(&mut wizard, 1, check("L304", Subject::Metrics, Status::Fail));
    key(&mut wizard, '4');
    wizard.handle(Event::Key(Key::Down));
    wizard.handle(Event::Key(Key::Up));
    let before = wizard.item_here();
    assert!(matches!(&before, Some(rows::Item::Check { code, .. }) if *code == Code::new("L304")));
    told(&mut wizard, 1, check("L303", Subject::Events, Status::Fail));
    assert_eq!(wizard.item_here(), before);
}

#[test]
fn an_export_holds_the_report_and_its_name_is_safe() {
    let mut wizard = done();
    key(&mut wizard, '7');
    let effects = key(&mut wizard, 'x');
    let [Effect::Save { name, contents }] = &effects[..] else {
        panic!("{effects:?}");
    };
    assert_eq!(name, "bucket-ready-acme-202606240514.json");
    assert_eq!(
        &Report::from_json(contents).unwrap(),
        wizard.report.as_ref().unwrap()
    );
    let mut report = done().report.unwrap();
    report.target = Target::Folder {
        path: "../../etc/x; rm\u{1b}".into(),
        prefix: String::new(),
    };
    assert_eq!(
        Wizard::saved(report, "").export_name(),
        "bucket-ready-x--rm-202606240514.json"
    );
}

#[test]
fn what_can_not_act_says_why_instead_of_doing_nothing() {
    let mut wizard = done();
    key(&mut wizard, '6');
    assert_eq!(key(&mut wizard, 's'), []);
    assert!(wizard.notice.as_ref().unwrap().text().contains("can't be told"));
}

#[test]
fn no_key_means_two_things_and_every_key_of_the_design_is_there() {
    let mut seen = std::collections::HashSet::new();
    for (key, _) in KEYS.iter().flat_map(|b| b.keys) {
        assert!(seen.insert(*key), "{key:?} twice");
    }
    for c in "jkhl[]1234567/rReafspuyYxFnN?q".chars() {
        assert!(seen.contains(&Key::Char(c)), "{c}");
    }
}

#[test]
fn progress_sums_the_datasets() {
    let mut wizard = wizard();
    wizard.begin();
    for (dataset, done, of) in [
        (crate::rule::Dataset::Events, 30, Some(200)),
        (crate::rule::Dataset::Metrics, 7, Some(14)),
    ] {
        told(
            &mut wizard,
            1,
            SurveyEvent::Progress {
                stage: Stage::Footers,
                dataset: Some(dataset),
                done,
                of,
                bytes: 1_258_291,
            },
        );
    }
    assert_eq!(
        words::progress(wizard.run.progress.unwrap()),
        "footers 37/214, 1.2 MiB"
    );
}

#[test]
fn days_move_by_week_and_month_and_stay_in_the_calendar() {
    let mut wizard = done();
    key(&mut wizard, '6');
    let day = |w: &Wizard| w.day().unwrap().to_string();
    assert_eq!(day(&wizard), "2026-06-22", "yesterday, when no day is ready");
    wizard.handle(Event::Key(Key::Up));
    assert_eq!(day(&wizard), "2026-06-15");
    for _ in 0..16 {
        key(&mut wizard, 'l');
    }
    assert_eq!(day(&wizard), "2026-07-01");
    key(&mut wizard, 'h');
    key(&mut wizard, '[');
    assert_eq!(day(&wizard), "2026-05-30");
    for _ in 0..3 {
        key(&mut wizard, '[');
    }
    assert_eq!(day(&wizard), "2026-02-28");
}

#[test]
fn tab_goes_round_the_form() {
    let mut wizard = Wizard::new(Connection::default());
    let last = wizard.connect.rows(wizard.can_go_on()).len() - 1;
    wizard.connect.cursor = last;
    wizard.handle(Event::Key(Key::Tab));
    assert_eq!(wizard.connect.cursor, 0);
    wizard.handle(Event::Key(Key::BackTab));
    assert_eq!(wizard.connect.cursor, last);
}

#[test]
fn a_copied_command_says_that_it_does_not_know_a_changed_practice_account() {
    let mut wizard = Wizard::new(Connection {
        target: "demo:no-access".into(),
        ..Connection::default()
    });
    key(&mut wizard, 'Y');
    let told = |wizard: &Wizard| wizard.notice.as_ref().unwrap().text().to_owned();
    assert_eq!(
        told(&wizard),
        "Copied the command: bucket-ready check demo:no-access"
    );
    wizard.practice.answer = Some(practice::PracticeAnswer {
        edit: practice::PracticeEdit::AddDeny,
        said: Ok(Vec::new()),
    });
    let effects = key(&mut wizard, 'Y');
    assert!(told(&wizard).contains("a new account without what you changed"));
    assert!(matches!(&effects[..], [Effect::Copy { text }] if text == "bucket-ready check demo:no-access"));
}
