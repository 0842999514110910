//! What a crash, a torn line and many writers leave of a ledger.

use super::*;

const URL: &str = "http://127.0.0.1:1/v1/mark_data_ready";

fn at() -> Timestamp {
    "2026-06-24T05:14:00Z".parse().unwrap()
}

fn intent(id: &str, timestamp: i64) -> Line {
    Line::Intent(Intent {
        target: None,
        id: id.into(),
        at: at(),
        url: URL.into(),
        kind: "metrics".into(),
        timestamp,
    })
}

fn answer(id: &str, outcome: Outcome) -> Line {
    Line::Answer {
        id: id.into(),
        at: at(),
        outcome,
        status: Some(200),
        said: "{\"success\":true}".into(),
    }
}

fn ledger(home: &tempfile::TempDir) -> Ledger {
    Ledger::in_folder(&home.path().join("state/bucket-ready"), "0123456789abcdef")
}

fn write(ledger: &Ledger, lines: &[Line]) {
    let mut open = ledger.open().unwrap();
    for line in lines {
        open.append(line).unwrap();
    }
}

fn path(ledger: &Ledger) -> PathBuf {
    PathBuf::from(ledger.shown())
}

#[test]
fn what_was_taken_stands_and_what_was_refused_or_never_left_does_not() {
    let home = tempfile::tempdir().unwrap();
    let ledger = ledger(&home);
    assert_eq!(ledger.marked(URL, "metrics").unwrap(), Marked::default());
    write(
        &ledger,
        &[
            intent("a", 100),
            answer("a", Outcome::Taken),
            intent("b", 500),
            answer("b", Outcome::Refused),
            intent("c", 600),
            answer("c", Outcome::NotSent),
            intent("d", 50),
            answer("d", Outcome::Open),
        ],
    );
    let known = ledger.marked(URL, "metrics").unwrap();
    assert_eq!((known.taken, known.taken_at), (Some(100), Some(at())));
    assert_eq!(
        known.open, None,
        "an open one that is earlier than a taken one does not matter"
    );
    write(
        &ledger,
        &[intent("e", 300), answer("e", Outcome::Open), intent("f", 200)],
    );
    assert_eq!(ledger.marked(URL, "metrics").unwrap().open, Some(300));
    // Another type and another address are other accounts.
    assert_eq!(ledger.marked(URL, "events").unwrap().taken, None);
    assert_eq!(
        ledger
            .marked("https://api.statsig.com/v1/mark_data_ready", "metrics")
            .unwrap()
            .taken,
        None
    );
}

#[test]
fn an_intent_without_an_answer_may_have_been_taken() {
    let home = tempfile::tempdir().unwrap();
    let ledger = ledger(&home);
    write(
        &ledger,
        &[intent("a", 100), answer("a", Outcome::Taken), intent("b", 200)],
    );
    let known = ledger.marked(URL, "metrics").unwrap();
    assert_eq!((known.taken, known.open), (Some(100), Some(200)));
}

#[test]
fn a_line_torn_at_any_byte_spoils_no_other_line() {
    let home = tempfile::tempdir().unwrap();
    let ledger = ledger(&home);
    write(&ledger, &[intent("a", 100), answer("a", Outcome::Taken)]);
    let whole = fs::read(path(&ledger)).unwrap();
    let mut torn = serde_json::to_vec(&answer("b", Outcome::Taken)).unwrap();
    torn.push(b'\n');
    for cut in 0..torn.len() {
        let mut left = whole.clone();
        left.extend(serde_json::to_vec(&intent("b", 200)).unwrap());
        left.push(b'\n');
        left.extend(&torn[..cut]);
        fs::write(path(&ledger), &left).unwrap();
        let known = ledger.marked(URL, "metrics").unwrap();
        // A line without its line end is whole all the same.
        let answered = cut == torn.len() - 1;
        assert_eq!(known.open.is_some(), !answered, "cut at {cut}");
        write(&ledger, &[intent("c", 300), answer("c", Outcome::Taken)]);
        let known = ledger.marked(URL, "metrics").unwrap();
        assert_eq!((known.taken, known.open), (Some(300), None), "cut at {cut}");
        assert_eq!(known.damaged, usize::from(cut > 0 && !answered), "cut at {cut}");
    }
}

#[test]
fn of_many_writers_no_line_is_lost_or_mixed() {
    let home = tempfile::tempdir().unwrap();
    let ledger = ledger(&home);
    std::thread::scope(|scope| {
        for writer in 0..16 {
            let ledger = ledger.clone();
            scope.spawn(move || {
                for n in 0..20 {
                    let id = format!("{writer}-{n}");
                    write(
                        &ledger,
                        &[intent(&id, writer * 100 + n), answer(&id, Outcome::Taken)],
                    );
                }
            });
        }
    });
    let text = fs::read_to_string(path(&ledger)).unwrap();
    assert_eq!(text.lines().count(), 16 * 20 * 2);
    let known = ledger.marked(URL, "metrics").unwrap();
    assert_eq!((known.taken, known.open, known.damaged), (Some(1519), None, 0));
}

#[cfg(unix)]
#[test]
fn nobody_else_may_read_it() {
    use std::os::unix::fs::PermissionsExt;
    let home = tempfile::tempdir().unwrap();
    let ledger = ledger(&home);
    write(&ledger, &[intent("a", 1)]);
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&path(&ledger)), 0o600);
    assert_eq!(mode(path(&ledger).parent().unwrap()), 0o700);
}

#[test]
fn a_fingerprint_names_a_key_without_telling_it() {
    let of = |text: &str| fingerprint(&SecretString::from(text));
    assert_eq!(of("secret-EXAMPLE"), of("secret-EXAMPLE"));
    assert_ne!(of("secret-EXAMPLE"), of("secret-EXAMPLF"));
    let print = of("secret-EXAMPLE");
    assert!(
        print.len() == 16 && print.bytes().all(|b| b.is_ascii_hexdigit()),
        "{print}"
    );
}

#[test]
fn a_ledger_that_cannot_be_read_is_told_and_not_taken_for_an_empty_one() {
    let home = tempfile::tempdir().unwrap();
    let ledger = ledger(&home);
    fs::create_dir_all(path(&ledger)).unwrap();
    assert!(ledger.marked(URL, "metrics").is_err());
    assert!(ledger.open().is_err());
}
