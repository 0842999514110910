//! Signals by the API, against a server on this machine that fails in every way; the key is looked for everywhere.

use std::{io::Write, process::Stdio, time::Duration};

use bucket_ready::{
    calendar::{DayOffset, PstDay},
    signal::{Mark, MarkReady, Reply, api::METRICS},
    statsig::{Address, Patience, ServerKey, Statsig},
};
use secrecy::SecretString;

use crate::{
    harness::{CANARY, Home, NOW},
    program::{Ran, ran},
    server::{Mode, Server},
};

/// `signal data DATE --via api --statsig-url …`, with the canary as the key.
fn signal(home: &Home, server: &Server, date: &str, more: &[&str]) -> Ran {
    let mut args = vec![
        "signal",
        "data",
        date,
        "--via",
        "api",
        "--statsig-url",
        &server.url,
        "--now",
        NOW,
    ];
    args.extend(more);
    let output = home
        .command(&args)
        .env("STATSIG_SERVER_SECRET", CANARY)
        .output()
        .unwrap();
    let ran = ran(output);
    assert!(!ran.all().contains("canary"), "the key is told:\n{}", ran.all());
    assert!(!home.ledgers().contains("canary"), "the key is in the ledger");
    ran
}

fn confirmed(home: &Home, server: &Server, date: &str) -> Ran {
    signal(home, server, date, &["--confirm", date])
}

#[test]
fn the_documented_request_is_sent_once_and_its_answer_told_as_it_came() {
    let (home, server) = (Home::new(), Server::ok());
    signal(&home, &server, "2026-06-22", &[])
        .expect(4)
        .says(
            "Timestamp 1782201600 = 2026-06-23 00:00 PST = 2026-06-23 08:00 UTC: all data before it is there",
        )
        .says("Type metrics, the one that is documented")
        .says("nothing was marked with this key so far");
    assert!(
        server.seen().is_empty() && home.ledgers().is_empty(),
        "a preview sends and keeps nothing"
    );
    confirmed(&home, &server, "2026-06-22")
        .expect(0)
        .says("timestamp 1782201600 (2026-06-23T08:00:00Z) was sent, and the server answered 200: “{\"success\":true}”");
    let seen = server.seen();
    assert_eq!(seen.len(), 1);
    assert!(
        seen[0].starts_with("POST /v1/mark_data_ready HTTP/1.1\r\n"),
        "{}",
        seen[0]
    );
    assert!(
        seen[0]
            .to_lowercase()
            .contains(&format!("statsig-api-key: {}\r\n", CANARY.to_lowercase()))
    );
    assert!(
        seen[0]
            .to_lowercase()
            .contains("content-type: application/json\r\n")
    );
    assert!(seen[0].ends_with("\r\n\r\n{\"timestamp\":1782201600,\"type\":\"metrics\"}"));
    let ledger = home.ledgers();
    assert_eq!(ledger.lines().count(), 2, "{ledger}");

    // Once more: known, and not sent.
    confirmed(&home, &server, "2026-06-22")
        .expect(0)
        .says("already signalled");
    // Backward: refused.
    confirmed(&home, &server, "2026-06-21")
        .expect(4)
        .says("the later timestamp 2026-06-23T08:00:00Z was taken before");
    assert_eq!(server.seen().len(), 1);
}

#[test]
fn a_day_that_this_machine_marked_is_known_by_its_bucket_even_without_the_key() {
    let (home, server) = (Home::new(), Server::ok());
    confirmed(&home, &server, "2026-06-22").expect(0);
    signal(&home, &server, "2026-06-22", &["--dry-run"])
        .expect(0)
        .says("By API marked by API up to 2026-06-22 PST, at ")
        .says(", answered 200 (this machine's ledger)");
    // By files, without any key: the ledger's lines name the bucket.
    let by_files = |date: &str| home.run(&["signal", "data", date, "--now", NOW, "--dry-run"]);
    by_files("2026-06-22")
        .expect(0)
        .says("By API marked by API up to 2026-06-22 PST, not here but to http://127.0.0.1")
        .says(", answered 200 (this machine's ledger of key ");
    let later = by_files("2026-06-23").expect(0);
    assert!(!later.out.contains("marked by API"), "{}", later.out);
    // Another bucket's preview says nothing of it.
    std::fs::rename(home.data(), home.path().join("other")).unwrap();
    let other = home.run(&["signal", "other", "2026-06-22", "--now", NOW, "--dry-run"]);
    assert!(!other.out.contains("marked by API"), "{}", other.out);
}

#[test]
fn the_guards_hold_for_the_api_too() {
    let (home, server) = (Home::new(), Server::ok());
    confirmed(&home, &server, "2026-06-24")
        .expect(4)
        .says("add --accept not-over,future,empty");
    signal(&home, &server, "2026-06-22", &["--confirm", "2026-06-21"]).expect(4);
    signal(
        &home,
        &server,
        "2026-06-22",
        &["--confirm", "2026-06-22", "--accept", "future"],
    )
    .expect(4);
    signal(
        &home,
        &server,
        "2026-06-22",
        &["--confirm", "2026-06-22", "--dry-run"],
    )
    .expect(0);
    assert!(server.seen().is_empty());
    assert!(home.ledgers().is_empty());
}

#[test]
fn what_may_have_been_taken_is_said_to_be_so_and_is_not_sent_again() {
    for mode in [
        Mode::Hang,
        Mode::Cut,
        Mode::Garbage,
        Mode::Answer(500, "", "oops \u{1b}[31m".into()),
        Mode::Answer(503, "retry-after: 0\r\n", String::new()),
    ] {
        let home = Home::new();
        let server = Server::start(&[mode.clone(), Mode::Answer(200, "", "{}".into())]);
        let ran = confirmed(&home, &server, "2026-06-22")
            .expect(4)
            .says("it may have been taken");
        assert!(!ran.all().contains('\u{1b}'), "{mode:?} acts on the terminal");
        assert_eq!(server.seen().len(), 1, "{mode:?} was sent again");
        signal(&home, &server, "2026-06-22", &["--dry-run"])
            .expect(0)
            .says("2026-06-23T08:00:00Z may have been taken: its answer was lost");
        confirmed(&home, &server, "2026-06-21")
            .expect(4)
            .says("may have been taken");
        // Whoever says so may send the same again.
        confirmed(&home, &server, "2026-06-22")
            .expect(0)
            .says("answered 200");
        assert_eq!(server.seen().len(), 2);
    }
}

#[test]
fn a_refusal_is_told_with_what_to_do_and_stands_against_nothing() {
    let home = Home::new();
    let server = Server::start(&[
        Mode::Answer(401, "", "{\"message\":\"Invalid key\"}".into()),
        Mode::Answer(302, "location: http://127.0.0.1:1/elsewhere\r\n", String::new()),
        Mode::Answer(400, "", "{\"message\":\"earlier timestamp\"}".into()),
        Mode::Answer(200, "", "{}".into()),
    ]);
    confirmed(&home, &server, "2026-06-22")
        .expect(4)
        .says("it was refused: the server answered 401: “{\"message\":\"Invalid key\"}”")
        .says("is it a server secret");
    confirmed(&home, &server, "2026-06-22")
        .expect(4)
        .says("redirects are not followed");
    confirmed(&home, &server, "2026-06-22")
        .expect(4)
        .says("earlier timestamp");
    confirmed(&home, &server, "2026-06-22").expect(0);
}

#[test]
fn a_busy_server_is_asked_again_as_it_wishes() {
    let home = Home::new();
    let busy = Mode::Answer(429, "retry-after: 0\r\n", "slow down".into());
    let server = Server::start(&[busy.clone(), busy.clone(), Mode::Answer(200, "", "{}".into())]);
    confirmed(&home, &server, "2026-06-22").expect(0);
    assert_eq!(server.seen().len(), 3);

    let home = Home::new();
    let server = Server::start(&[busy]);
    confirmed(&home, &server, "2026-06-22")
        .expect(4)
        .says("answered 429: “slow down”");
    assert_eq!(server.seen().len(), 3, "not for ever");
}

#[test]
fn a_server_that_is_not_there_was_sent_nothing() {
    let home = Home::new();
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", free.local_addr().unwrap());
    drop(free);
    let args = [
        "signal",
        "data",
        "2026-06-22",
        "--via",
        "api",
        "--statsig-url",
        &url,
        "--now",
        NOW,
        "--confirm",
        "2026-06-22",
    ];
    let output = home
        .command(&args)
        .env("STATSIG_SERVER_SECRET", CANARY)
        .output()
        .unwrap();
    ran(output).expect(4).says("nothing was sent");
    assert!(home.ledgers().contains("\"not_sent\""));
}

#[test]
fn a_server_that_repeats_the_key_does_not_bring_it_onto_the_screen_or_into_the_ledger() {
    let (home, server) = (Home::new(), Server::start(&[Mode::Echo]));
    confirmed(&home, &server, "2026-06-22")
        .expect(4)
        .says("[the key]");
}

#[test]
fn keys_come_from_a_file_or_the_environment_and_other_kinds_are_named() {
    let (home, server) = (Home::new(), Server::ok());
    let with = |key: &str, more: &[&str]| {
        let mut args = vec![
            "signal",
            "data",
            "2026-06-22",
            "--via",
            "api",
            "--statsig-url",
            &server.url,
            "--now",
            NOW,
        ];
        args.extend(["--confirm", "2026-06-22"]);
        args.extend(more);
        let mut command = home.command(&args);
        if !key.is_empty() {
            command.env("STATSIG_SERVER_SECRET", key);
        }
        let ran = ran(command.output().unwrap());
        assert!(!ran.all().contains("canary"), "{}", ran.all());
        ran
    };
    with("client-EXAMPLEcanary", &[])
        .expect(4)
        .says("this is a client key");
    with("console-EXAMPLEcanary", &[])
        .expect(4)
        .says("this is a console key");
    with("", &[])
        .expect(4)
        .says("there is no server secret")
        .says("--statsig-key-file");
    with("", &["--no-input"])
        .expect(4)
        .says("there is no server secret");
    with("", &["--statsig-key-file", "none.txt"])
        .expect(4)
        .says("can't be read");
    assert!(server.seen().is_empty());
    std::fs::write(home.path().join("key.txt"), format!("{CANARY}\n")).unwrap();
    // The file is the nearer word.
    with("client-EXAMPLEcanary", &["--statsig-key-file", "key.txt"]).expect(0);
    with("EXAMPLEcanary", &[])
        .expect(0)
        .says("does not begin with `secret-`");
    assert_eq!(server.seen().len(), 2, "another key has another ledger");
}

#[test]
fn a_key_stands_in_no_processes_arguments() {
    let home = Home::new();
    let server = Server::start(&[Mode::Silence]);
    let args = [
        "signal",
        "data",
        "2026-06-22",
        "--via",
        "api",
        "--statsig-url",
        &server.url,
        "--now",
        NOW,
        "--confirm",
        "2026-06-22",
    ];
    let mut child = home
        .command(&args)
        .env("STATSIG_SERVER_SECRET", CANARY)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // Its request shows that it is past everything that could change its arguments.
    while server.seen().is_empty() {
        std::thread::yield_now();
    }
    let line = std::fs::read(format!("/proc/{}/cmdline", child.id()));
    child.kill().unwrap();
    child.wait().unwrap();
    if let Ok(line) = line {
        assert!(!String::from_utf8_lossy(&line).contains("canary"));
    }
    // Killed while its request was under way: the ledger knows that it may have been taken.
    let ok = Server::ok();
    let moved = home.ledgers().replace(&server.url, &ok.url);
    let folder = home.path().join(".local/state/bucket-ready");
    let path = std::fs::read_dir(folder).unwrap().next().unwrap().unwrap().path();
    std::fs::File::create(path)
        .unwrap()
        .write_all(moved.as_bytes())
        .unwrap();
    signal(&home, &ok, "2026-06-22", &["--dry-run"])
        .expect(0)
        .says("may have been taken");
    confirmed(&home, &ok, "2026-06-22").expect(0);
}

#[test]
fn a_type_that_is_not_documented_is_sent_as_written_and_marked() {
    let (home, server) = (Home::new(), Server::ok());
    signal(
        &home,
        &server,
        "2026-06-22",
        &["--type", "events", "--confirm", "2026-06-22"],
    )
    .expect(0)
    .says("Type events, not documented, sent as you wrote it");
    assert!(server.seen()[0].ends_with("{\"timestamp\":1782201600,\"type\":\"events\"}"));
    // It is an account of its own.
    confirmed(&home, &server, "2026-06-21").expect(0);
}

#[test]
fn the_curl_that_is_printed_is_one_that_a_shell_reads_as_meant() {
    let home = Home::new();
    let ran = home
        .signal(&["2026-06-22", "--print", "curl", "--type", "it's"])
        .expect(0)
        .says("# Completes 2026-06-22 and every day before it, 2026-06-23T08:00:00Z.");
    assert!(ran.out.is_ascii(), "no typographic quotes: {}", ran.out);
    let script = format!("curl() {{ printf '%s\\n' \"$@\"; }}\n{}", ran.out);
    let output = std::process::Command::new("sh")
        .args(["-c", &script])
        .env("STATSIG_SERVER_SECRET", "the-secret-EXAMPLE")
        .output()
        .unwrap();
    let words = String::from_utf8(output.stdout).unwrap();
    assert_eq!(
        words.lines().collect::<Vec<_>>(),
        [
            "--fail-with-body",
            "--silent",
            "--show-error",
            "--request",
            "POST",
            "https://api.statsig.com/v1/mark_data_ready",
            "--header",
            "statsig-api-key: the-secret-EXAMPLE",
            "--header",
            "Content-Type: application/json",
            "--data",
            "{\"timestamp\":1782201600,\"type\":\"it's\"}",
        ]
    );
    home.signal(&["2026-06-24", "--print", "curl"])
        .expect(0)
        .says("# future: 2026-06-24");
}

#[test]
fn the_configured_way_is_taken_where_none_is_given() {
    let (home, server) = (Home::new(), Server::ok());
    std::fs::write(home.path().join("bucket-ready.toml"), "signal_via = \"api\"\n").unwrap();
    home.signal(&["2026-06-22", "--dry-run", "--statsig-url", &server.url])
        .expect(0)
        .says("by the API");
    home.signal(&["2026-06-22", "--dry-run", "--via", "files"])
        .expect(0)
        .says("by file");
}

#[test]
fn the_practice_account_brings_its_own_statsig_and_nothing_of_the_users_is_sent_or_kept() {
    let home = Home::new();
    let target = "demo:healthy";
    let args = [
        "signal",
        target,
        "2026-06-22",
        "--via",
        "api",
        "--confirm",
        "2026-06-22",
    ];
    let mut command = home.command(&args);
    command.env("STATSIG_SERVER_SECRET", CANARY);
    let ran = ran(command.output().unwrap())
        .expect(0)
        .says("2026-06-22 signalled: timestamp 1782201600")
        .says("the server answered 200");
    assert!(!ran.all().contains("canary"), "{}", ran.all());
    assert!(home.ledgers().is_empty(), "a practice account leaves no ledger");
    home.run(&[
        "signal",
        target,
        "2026-06-22",
        "--via",
        "api",
        "--statsig-url",
        "https://api.statsig.com",
    ])
    .expect(2)
    .says("do not go with the practice account");
}

#[test]
fn a_clock_that_runs_ahead_is_for_replays_and_sends_nothing_real() {
    let home = Home::new();
    let args = [
        "signal",
        "data",
        "2026-06-22",
        "--via",
        "api",
        "--confirm",
        "2026-06-22",
        "--accept",
        "empty",
    ];
    let mut command = home.command(&args);
    command
        .args(["--now", "2199-01-01T00:00:00Z"])
        .env("STATSIG_SERVER_SECRET", CANARY);
    ran(command.output().unwrap())
        .expect(4)
        .says("--now 2199-01-01T00:00:00Z is ahead of this machine's clock, and this signal would be real");
    assert!(home.ledgers().is_empty());
}

#[cfg(unix)]
#[test]
fn a_request_under_way_is_waited_for_and_left_only_when_asked_twice() {
    use std::io::{BufRead, BufReader};
    let (home, server) = (Home::new(), Server::start(&[Mode::Silence]));
    let args = [
        "signal",
        "data",
        "2026-06-22",
        "--via",
        "api",
        "--statsig-url",
        &server.url,
        "--now",
        NOW,
        "--confirm",
        "2026-06-22",
    ];
    let mut child = home
        .command(&args)
        .env("STATSIG_SERVER_SECRET", CANARY)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    while server.seen().is_empty() {
        std::thread::yield_now();
    }
    let id = child.id().to_string();
    let interrupt = || {
        assert!(
            std::process::Command::new("kill")
                .args(["-s", "INT", &id])
                .status()
                .unwrap()
                .success()
        );
    };
    interrupt();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let line = lines.next().unwrap().unwrap();
    assert!(
        line.contains("a request is under way, and is waited for"),
        "{line}"
    );
    interrupt();
    let line = lines.next().unwrap().unwrap();
    assert!(line.contains("may or may not have been taken"), "{line}");
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert_eq!(home.ledgers().lines().count(), 1, "the intent stands");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_waits_for_ever_for_an_answer() {
    let server = Server::start(&[Mode::Silence]);
    let key = ServerKey::new(&SecretString::from(CANARY)).unwrap();
    let patience = Patience {
        connect: Duration::from_millis(500),
        answer: Duration::from_millis(300),
    };
    let client = Statsig::new(&Address::parse(&server.url).unwrap(), key, patience);
    let mark = Mark::day(
        PstDay::parse("2026-06-22").unwrap(),
        DayOffset::default(),
        METRICS,
    );
    let reply = client.send(&mark).await;
    assert!(
        matches!(&reply, Reply::Lost(why) if why.contains("no answer")),
        "{reply:?}"
    );
    assert!(!format!("{client:?}").contains("canary"));
}

#[test]
fn what_was_marked_before_is_not_held_against_the_next_mark() {
    let (home, server) = (Home::new(), Server::ok());
    // Nothing is signalled by file, and 20 June has no data: the first mark closes it, by its word.
    for folder in ["signals", "events/2026-06-20", "metrics/2026-06-20"] {
        home.remove(folder);
    }
    signal(&home, &server, "2026-06-21", &["--confirm", "2026-06-21"])
        .expect(4)
        .says("--accept empty");
    signal(
        &home,
        &server,
        "2026-06-21",
        &["--confirm", "2026-06-21", "--accept", "empty"],
    )
    .expect(0);
    confirmed(&home, &server, "2026-06-22")
        .expect(0)
        .says("Becomes ingestible: 1 day, named");
    assert_eq!(server.seen().len(), 2);
}
