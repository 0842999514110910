//! The prompt for the server secret, on a real terminal: what is typed is not shown.

use std::{
    io::{Read, Write},
    sync::mpsc,
    time::Duration,
};

use portable_pty::{CommandBuilder, PtySize, native_pty_system};

use crate::{
    harness::{CANARY, Home, NOW},
    server::Server,
};

/// Runs the command on a terminal, types once it asks, and gives its exit code and all that the terminal was told.
fn typed(home: &Home, server: &Server, keys: &str) -> (u32, String) {
    let pair = native_pty_system().openpty(PtySize::default()).unwrap();
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_bucket-ready"));
    command.args([
        "signal",
        "data",
        "2026-06-22",
        "--via",
        "api",
        "--confirm",
        "2026-06-22",
        "--now",
        NOW,
    ]);
    command.args(["--statsig-url", &server.url]);
    command.cwd(home.path());
    command.env_clear();
    command.env("HOME", home.path());
    command.env("TERM", "xterm-256color");
    let mut child = pair.slave.spawn_command(command).unwrap();
    drop(pair.slave);
    let mut reader = pair.master.try_clone_reader().unwrap();
    let mut writer = pair.master.take_writer().unwrap();
    let (sender, pieces) = mpsc::channel();
    std::thread::spawn(move || {
        let mut buffer = [0; 4096];
        while let Ok(read) = reader.read(&mut buffer) {
            if read == 0 || sender.send(buffer[..read].to_vec()).is_err() {
                return;
            }
        }
    });
    let mut text = Vec::new();
    let mut asked = false;
    while let Ok(piece) = pieces.recv_timeout(Duration::from_secs(60)) {
        text.extend(piece);
        if !asked && String::from_utf8_lossy(&text).contains("it is not shown): ") {
            asked = true;
            writer.write_all(keys.as_bytes()).unwrap();
            writer.flush().unwrap();
        }
    }
    assert!(asked, "it never asked:\n{}", String::from_utf8_lossy(&text));
    (
        child.wait().unwrap().exit_code(),
        String::from_utf8_lossy(&text).into_owned(),
    )
}

#[test]
fn a_secret_that_is_typed_or_pasted_is_taken_and_never_shown() {
    let (home, server) = (Home::new(), Server::ok());
    let (code, text) = typed(&home, &server, &format!("wrong\u{15}{CANARY}x\u{7f}\r"));
    assert_eq!(code, 0, "{text}");
    assert!(text.contains("2026-06-22 signalled"), "{text}");
    assert!(!text.contains("canary") && !text.contains("wrong"), "{text}");
    assert!(server.seen()[0].contains(CANARY));
    assert!(!home.ledgers().contains("canary"));
}

#[test]
fn a_prompt_that_is_left_sends_nothing() {
    let (home, server) = (Home::new(), Server::ok());
    for keys in ["\u{3}", "\u{4}", "\r"] {
        let (code, text) = typed(&home, &server, keys);
        assert_eq!(code, 4, "{text}");
    }
    let (code, text) = typed(&home, &server, "client-EXAMPLEcanary\r");
    assert_eq!(code, 4, "{text}");
    assert!(
        text.contains("this is a client key") && !text.contains("canary"),
        "{text}"
    );
    assert!(server.seen().is_empty());
}
