//! Arguments, surroundings and servers that nobody wishes for: the program ends by itself, without a panic, and nothing of
//! theirs acts on the terminal.

#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "support/program.rs"]
mod program;

use std::{
    fs,
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    process::{Command, Output},
    thread,
};

use tempfile::TempDir;

/// The program with a key.
fn with_key(home: &TempDir) -> Command {
    let mut command = program::program(home.path());
    command
        .env("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
        .env("AWS_SECRET_ACCESS_KEY", "EXAMPLE");
    command
}

/// All that it said, after making sure that it ended by itself and harmlessly.
fn said(output: &Output) -> (i32, String) {
    let text = String::from_utf8([&output.stdout[..], &output.stderr].concat()).expect("text");
    assert!(
        !text.contains("panicked") && !text.contains("internal error"),
        "{text}"
    );
    assert!(
        text.chars().all(|c| c == '\n' || !c.is_control()),
        "acts on a terminal: {text:?}"
    );
    (output.status.code().expect("ended by itself"), text)
}

fn run(home: &TempDir, args: &[&str]) -> (i32, String) {
    said(&with_key(home).args(args).output().unwrap())
}

/// A server that hands every connection to a function.
fn server(serve: impl Fn(TcpStream) + Send + Clone + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for connection in listener.incoming().flatten() {
            let serve = serve.clone();
            thread::spawn(move || serve(connection));
        }
    });
    url
}

/// The first line of a request, after its head was read.
fn request(connection: &mut TcpStream) -> String {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") && connection.read(&mut byte).is_ok_and(|read| read == 1) {
        head.push(byte[0]);
    }
    String::from_utf8_lossy(&head)
        .lines()
        .next()
        .unwrap_or_default()
        .to_owned()
}

#[test]
fn an_argument_that_would_act_on_a_terminal_is_written_out_wherever_it_is_quoted() {
    let home = tempfile::tempdir().unwrap();
    for args in [
        &["--bogus\u{1b}[2J"][..],
        &["screen", "\u{1b}]0;x\u{7}"],
        &["check", "demo:first-day", "--only", "\u{9b}31m"],
    ] {
        let (code, text) = run(&home, args);
        assert_eq!(code, 2, "{text}");
        assert!(text.starts_with("error: ") && text.contains("\\u{"), "{text}");
        assert!(
            text.contains("\n\nFor more information"),
            "its lines stay: {text}"
        );
    }
    let folder = "fo\u{1b}[31mlder";
    fs::create_dir_all(home.path().join(folder).join("events")).unwrap();
    for args in [
        &["check", folder][..],
        &["check", folder, "--output", "json"],
        &["calendar", folder],
        &["signal", folder, "2026-06-22", "--dry-run"],
    ] {
        let (_, text) = run(&home, args);
        assert!(
            text.contains("fo\\u{1b}[31mlder") || text.contains("fo\\\\u{1b}[31mlder"),
            "{text}"
        );
    }
}

#[test]
fn surroundings_that_no_request_can_be_signed_with_are_named_and_break_nothing() {
    let home = tempfile::tempdir().unwrap();
    let refused = ["check", "s3://acme", "--endpoint-url", "http://127.0.0.1:1"];
    let (code, text) = run(&home, &["check", "demo:first-day", "--region", "\u{1b}[31m"]);
    assert_eq!(code, 3, "{text}");
    assert!(
        text.contains("C108") && text.contains("the region's name can't be one"),
        "{text}"
    );
    for (name, value, says) in [
        ("AWS_REGION", "us west", "the region's name can't be one"),
        ("AWS_ACCESS_KEY_ID", "AKIA\nEXAMPLE", "the access key id holds"),
        ("AWS_SESSION_TOKEN", "EXAM PLE", "the session token holds"),
        // Words of other programs' AWS SDKs.
        ("AWS_RETRY_MODE", "legacy", "Connection refused"),
        ("AWS_MAX_ATTEMPTS", "many", "Connection refused"),
    ] {
        let (_, text) = said(&with_key(&home).args(refused).env(name, value).output().unwrap());
        let flat: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(flat.contains(says), "{name}: {text}");
    }
}

#[test]
fn a_file_without_an_end_is_refused_and_does_not_fill_the_memory() {
    if !cfg!(unix) {
        return;
    }
    let home = tempfile::tempdir().unwrap();
    for args in [
        &["check", ".", "--config", "/dev/zero"][..],
        &["check", "s3://acme", "--reader-key-file", "/dev/zero"],
        &[
            "signal",
            ".",
            "2026-06-22",
            "--via",
            "api",
            "--statsig-key-file",
            "/dev/zero",
        ],
        &["grant", "undo", "/dev/zero", "--confirm", "acme"],
    ] {
        let (code, text) = run(&home, args);
        assert_eq!(code, 4, "{text}");
        assert!(text.contains("too large"), "{text}");
    }
}

#[test]
fn a_listing_that_never_ends_is_given_up_before_it_fills_the_memory() {
    let home = tempfile::tempdir().unwrap();
    let url = server(|mut connection| {
        let first = request(&mut connection);
        if first.starts_with("HEAD") {
            let _ =
                connection.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
            return;
        }
        let _ = connection.write_all(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n");
        let chunk = [b"100000\r\n".as_slice(), &vec![b'A'; 1 << 20], b"\r\n"].concat();
        while connection.write_all(&chunk).is_ok() {}
    });
    let args = ["check", "s3://acme", "--path-style", "--endpoint-url", &url];
    let (code, text) = run(&home, &args);
    assert_eq!(code, 3, "{text}");
    assert!(text.contains("A201"), "{text}");
}
