//! A server that answers `mark_data_ready` as it is told, and keeps what it was asked.

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
};

/// How it answers.
#[derive(Clone, Debug)]
pub enum Mode {
    /// A status line with more headers, and a body.
    Answer(u16, &'static str, String),
    /// The connection is closed without a word.
    Hang,
    /// A body that ends before its length.
    Cut,
    /// Bytes that are no HTTP.
    Garbage,
    /// Nothing, until the other side gives up.
    Silence,
    /// The request itself, key and all.
    Echo,
}

pub struct Server {
    pub url: String,
    seen: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// Answers in these ways, one after another, the last for ever.
    pub fn start(modes: &[Mode]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let seen: Arc<Mutex<Vec<String>>> = Arc::default();
        let (kept, modes) = (Arc::clone(&seen), modes.to_vec());
        thread::spawn(move || {
            for (number, stream) in listener.incoming().enumerate() {
                let Ok(stream) = stream else { return };
                let mode = modes[number.min(modes.len() - 1)].clone();
                answer(stream, &mode, &kept);
            }
        });
        Self { url, seen }
    }

    pub fn ok() -> Self {
        Self::start(&[Mode::Answer(200, "", "{\"success\":true}".into())])
    }

    /// The requests so far, whole.
    pub fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }
}

fn answer(mut stream: TcpStream, mode: &Mode, seen: &Mutex<Vec<String>>) {
    let mut request = Vec::new();
    let mut piece = [0u8; 4096];
    let whole = loop {
        let read = stream.read(&mut piece).unwrap_or(0);
        if read == 0 {
            return;
        }
        request.extend_from_slice(&piece[..read]);
        let text = String::from_utf8_lossy(&request).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            continue;
        };
        let length: usize = head
            .lines()
            .find_map(|line| {
                line.to_ascii_lowercase()
                    .strip_prefix("content-length: ")
                    .map(str::to_owned)
            })
            .map_or(0, |length| length.trim().parse().unwrap());
        if body.len() >= length {
            break text;
        }
    };
    seen.lock().unwrap().push(whole.clone());
    let full = |status: u16, headers: &str, body: &str| {
        format!(
            "HTTP/1.1 {status} Said\r\n{headers}content-length: {}\r\nconnection: close\r\n\r\n{body}",
            body.len()
        )
    };
    let said = match mode {
        Mode::Answer(status, headers, body) => full(*status, headers, body),
        Mode::Hang => return,
        Mode::Cut => "HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n{\"succ".into(),
        Mode::Garbage => "\u{1b}[2J what is this\r\n\r\n".into(),
        Mode::Silence => {
            let _ = stream.read(&mut piece);
            return;
        }
        Mode::Echo => full(401, "", &whole),
    };
    let _ = stream.write_all(said.as_bytes());
}
