//! The real binary in a real terminal (a pseudo-terminal read by `vt100`): it draws, obeys, and leaves the terminal as it
//! found it, whatever ends it.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[allow(dead_code)]
#[path = "screens/fixture.rs"]
mod fixture;

use std::{
    io::{Read, Write},
    path::PathBuf,
    sync::{Arc, Condvar, Mutex},
    time::{Duration, Instant},
};

use portable_pty::{Child, CommandBuilder, ExitStatus, MasterPty, PtySize, native_pty_system};

/// No step of these tests takes longer, on however busy a machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// What a program wrote, and a terminal's idea of it.
struct Seen {
    parser: vt100::Parser,
    bytes: Vec<u8>,
    over: bool,
}

struct Session {
    child: Box<dyn Child + Send + Sync>,
    master: Box<dyn MasterPty + Send>,
    keys: Box<dyn Write + Send>,
    seen: Arc<(Mutex<Seen>, Condvar)>,
}

impl Session {
    fn start(mut command: CommandBuilder) -> Self {
        let pair = native_pty_system()
            .openpty(PtySize {
                rows: 24,
                cols: 80,
                pixel_width: 0,
                pixel_height: 0,
            })
            .unwrap();
        command.env("TERM", "xterm-256color");
        for name in ["NO_COLOR", "ACCESSIBLE"] {
            command.env_remove(name);
        }
        let child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        let mut reader = pair.master.try_clone_reader().unwrap();
        let keys = pair.master.take_writer().unwrap();
        let seen = Arc::new((
            Mutex::new(Seen {
                parser: vt100::Parser::new(24.try_into().unwrap(), 80.try_into().unwrap(), 0),
                bytes: Vec::new(),
                over: false,
            }),
            Condvar::new(),
        ));
        let shared = Arc::clone(&seen);
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            loop {
                let read = reader.read(&mut buffer).unwrap_or(0);
                let mut seen = shared.0.lock().unwrap();
                seen.parser.process(&buffer[..read]);
                seen.bytes.extend_from_slice(&buffer[..read]);
                seen.over = read == 0;
                shared.1.notify_all();
                if read == 0 {
                    return;
                }
            }
        });
        Self {
            child,
            master: pair.master,
            keys,
            seen,
        }
    }

    /// Waits until what was written satisfies `wanted`.
    fn wait(&self, what: &str, wanted: impl Fn(&Seen) -> bool) {
        let until = Instant::now() + PATIENCE;
        let mut seen = self.seen.0.lock().unwrap();
        while !wanted(&seen) {
            let left = until.saturating_duration_since(Instant::now());
            assert!(
                !left.is_zero() && !seen.over,
                "never saw {what}; the screen:\n{}",
                seen.parser.screen().contents()
            );
            seen = self.seen.1.wait_timeout(seen, left).unwrap().0;
        }
    }

    fn wait_for(&self, text: &str) {
        self.wait(text, |seen| seen.parser.screen().contents().contains(text));
    }

    fn press(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
        self.keys.flush().unwrap();
    }

    /// Waits for the end, and makes sure that the terminal is as it was before.
    fn end(mut self) -> (ExitStatus, String) {
        let status = self.child.wait().unwrap();
        self.wait_to_the_end();
        let seen = self.seen.0.lock().unwrap();
        let text = String::from_utf8_lossy(&seen.bytes).into_owned();
        let screen = seen.parser.screen();
        assert!(!screen.alternate_screen(), "still on the alternate screen");
        assert!(!screen.hide_cursor(), "the cursor is still hidden");
        assert!(!screen.bracketed_paste(), "bracketed paste is still on");
        // Raw mode is a property of the line, not of what was written.
        #[cfg(target_os = "linux")]
        if let Some(tty) = self.master.tty_name() {
            let lines = std::process::Command::new("stty")
                .arg("-F")
                .arg(tty)
                .arg("-a")
                .output();
            if let Ok(out) = lines
                && out.status.success()
            {
                let modes = String::from_utf8_lossy(&out.stdout).into_owned();
                for mode in ["icanon", "echo", "isig", "opost"] {
                    assert!(
                        modes.split([' ', '\n', ';']).any(|m| m == mode),
                        "the line is still raw, without {mode}: {modes}"
                    );
                }
            }
        }
        (status, text)
    }

    fn wait_to_the_end(&self) {
        let until = Instant::now() + PATIENCE;
        let mut seen = self.seen.0.lock().unwrap();
        while !seen.over {
            let left = until.saturating_duration_since(Instant::now());
            assert!(
                !left.is_zero(),
                "the program ended and the terminal did not hear of it"
            );
            seen = self.seen.1.wait_timeout(seen, left).unwrap().0;
        }
    }
}

/// A saved report in a folder of its own, opened by the binary.
fn open() -> (Session, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let report = fixture::report(&fixture::typical());
    std::fs::write(
        folder.path().join("report.json"),
        serde_json::to_string(&report).unwrap(),
    )
    .unwrap();
    let mut command = CommandBuilder::new(binary());
    command.args(["open", "report.json"]);
    command.cwd(folder.path());
    let session = Session::start(command);
    session.wait_for(" 4 Layout  ");
    session.wait_for("L303");
    (session, folder)
}

fn binary() -> PathBuf {
    env!("CARGO_BIN_EXE_bucket-ready").into()
}

#[test]
fn q_leaves_with_0_and_gives_the_terminal_back() {
    let (mut session, _folder) = open();
    session.press("q");
    let (status, text) = session.end();
    assert_eq!(status.exit_code(), 0);
    assert!(text.contains("\x1b[?1049h") && text.contains("\x1b[?1049l"));
}

#[test]
fn a_ready_day_is_signalled_after_its_date_was_typed_and_not_pasted() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = CommandBuilder::new(binary());
    command.args(["demo", "--scenario", "healthy"]);
    command.cwd(folder.path());
    let mut session = Session::start(command);
    session.press("6");
    session.wait_for("1 day ready");
    session.wait("an end of the checks", |seen| {
        !seen.parser.screen().contents().contains("checking")
    });
    session.press("s");
    session.wait_for("Enter leads to the confirmation");
    session.press("\r");
    session.wait_for("type its last date");
    session.press("\x1b[200~2026-06-22\r\x1b[201~\r");
    session.wait_for("Nothing was sent");
    session.press("2026-06-22\r");
    session.wait_for("written");
    session.press("\r");
    session.wait_for("last signal 2026-06-22");
    session.wait_for("signalled by its own");
    session.press("q");
    assert_eq!(session.end().0.exit_code(), 0);
}

#[test]
fn ctrl_c_leaves_even_from_a_field_and_gives_the_terminal_back() {
    let (mut session, _folder) = open();
    session.press("/abc");
    session.wait_for("filter: abc");
    session.press("\x03");
    assert_eq!(session.end().0.exit_code(), 0);
}

#[test]
fn a_request_to_end_gives_the_terminal_back() {
    for signal in ["TERM", "INT", "HUP"] {
        let (session, _folder) = open();
        let pid = session.child.process_id().unwrap().to_string();
        let sent = std::process::Command::new("kill")
            .args(["-s", signal, &pid])
            .status();
        assert!(sent.unwrap().success());
        assert_eq!(session.end().0.exit_code(), 130, "{signal}");
    }
}

#[test]
fn a_panic_gives_the_terminal_back_before_it_is_told() {
    let mut command = CommandBuilder::new(std::env::current_exe().unwrap());
    command.args(["--exact", "panics_on_a_screen", "--ignored", "--nocapture"]);
    let (_, text) = Session::start(command).end();
    let back = text.find("\x1b[?1049l").expect("the screen is given back");
    let told = text.find("a fault of the test").expect("the panic is told");
    assert!(back < told, "{text:?}");
}

/// Not a test: the program of the one above.
#[test]
#[ignore = "run by another test, in a terminal of its own"]
fn panics_on_a_screen() {
    let _screen = bucket_ready::tui::terminal::Screen::take().unwrap();
    panic!("a fault of the test");
}

#[test]
fn keys_walk_the_steps_and_a_new_size_is_drawn() {
    let (mut session, _folder) = open();
    for (key, text) in [
        ("7", " 7 Report  "),
        ("6", " 6 Calendar  "),
        ("5", " 5 Data  "),
        ("1", " 1 Connect  "),
        ("?", "┌ Keys "),
    ] {
        session.press(key);
        session.wait_for(text);
    }
    session
        .master
        .resize(PtySize {
            rows: 10,
            cols: 40,
            pixel_width: 0,
            pixel_height: 0,
        })
        .unwrap();
    session.wait_for("too small");
    session.press("q");
    session.end();
}

#[test]
fn copying_asks_the_terminal_and_exporting_makes_a_file() {
    let (mut session, folder) = open();
    session.press("6");
    session.wait_for(" 6 Calendar  ");
    session.press("y");
    session.wait_for("Copied the value: 2026-06-22");
    // OSC 52 with "2026-06-22".
    session.wait("the copy", |seen| {
        String::from_utf8_lossy(&seen.bytes).contains("\x1b]52;c;MjAyNi0wNi0yMg==\x07")
    });
    session.press("7");
    session.wait_for(" 7 Report  ");
    session.press("x");
    session.wait_for("Written to bucket-ready-acme-export-202606240514.json");
    session.press("q");
    session.end();
    let written = folder.path().join("bucket-ready-acme-export-202606240514.json");
    let text = std::fs::read_to_string(written).unwrap();
    assert!(bucket_ready::report::Report::from_json(&text).is_ok());
}

#[test]
fn no_color_sends_no_colours() {
    let folder = tempfile::tempdir().unwrap();
    let report = fixture::report(&fixture::typical());
    std::fs::write(
        folder.path().join("r.json"),
        serde_json::to_string(&report).unwrap(),
    )
    .unwrap();
    let pair = |no_color: bool| {
        let mut command = CommandBuilder::new("sh");
        let set = if no_color { "NO_COLOR=1 " } else { "" };
        command.args(["-c", &format!("{set}exec '{}' open r.json", binary().display())]);
        command.cwd(folder.path());
        let mut session = Session::start(command);
        session.wait_for("L303");
        session.wait_for("quit");
        session.press("q");
        session.end().1
    };
    let coloured = |text: &str| {
        (30..=37)
            .chain(90..=97)
            .any(|n| text.contains(&format!("\x1b[{n}m")))
            || text.contains("\x1b[38;")
            || text.contains("\x1b[48;")
    };
    assert!(coloured(&pair(false)));
    let plain = pair(true);
    assert!(!coloured(&plain), "{plain:?}");
    assert!(plain.contains("\x1b[7m"), "the cursor is still reversed");
}

#[test]
fn without_a_terminal_it_says_what_to_do_instead() {
    let out = std::process::Command::new(binary())
        .args(["demo"])
        .stdin(std::process::Stdio::null())
        .output()
        .unwrap();
    assert_eq!(out.status.code(), Some(4));
    assert!(out.stdout.is_empty());
    let said = String::from_utf8_lossy(&out.stderr);
    assert!(
        said.contains("terminal") && said.contains("bucket-ready check"),
        "{said}"
    );
}
