//! `moto`, an S3, IAM and STS server that we did not write, with authorization on.
//!
//! Needs `python3` and nothing else: its environment is made under `target/` once, from pinned versions. Each
//! [`Moto`] is a server of its own on a loopback port, with one administrator; it is killed when dropped.

use std::{
    fs::{self, File},
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

const REQUIREMENTS: &str = include_str!("moto-requirements.txt");

/// A running server.
pub struct Moto {
    child: Child,
    /// `http://127.0.0.1:PORT`
    pub endpoint: String,
    /// The administrator's access key id.
    pub admin_id: String,
    /// The administrator's secret.
    pub admin_secret: String,
}

impl Moto {
    /// Starts a server, makes an administrator and a key, and turns authorization on.
    pub fn start() -> Self {
        let server = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/support/moto_server.py");
        let mut child = Command::new(environment().join("bin/python"))
            .arg(server)
            .args(["-H", "127.0.0.1", "-p", "0"])
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .env("INITIAL_NO_AUTH_ACTION_COUNT", "1000000")
            .env("PYTHONUNBUFFERED", "1")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("moto_server starts");
        let mut said = BufReader::new(child.stderr.take().unwrap());
        let address = address(&mut said);
        // The server logs each request: its pipe has to be drained, or it stops when the pipe is full.
        std::thread::spawn(move || std::io::copy(&mut said, &mut std::io::sink()));
        let iam = |form: &str| post(&address, "application/x-www-form-urlencoded", form);
        iam("Action=CreateUser&UserName=admin&Version=2010-05-08");
        iam(concat!(
            "Action=PutUserPolicy&UserName=admin&PolicyName=all&Version=2010-05-08&PolicyDocument=",
            "%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%5B%7B%22Effect%22%3A%22Allow%22%2C",
            "%22Action%22%3A%22%2A%22%2C%22Resource%22%3A%22%2A%22%7D%5D%7D",
        ));
        let key = iam("Action=CreateAccessKey&UserName=admin&Version=2010-05-08");
        let moto = Self {
            child,
            endpoint: format!("http://{address}"),
            admin_id: element(&key, "AccessKeyId"),
            admin_secret: element(&key, "SecretAccessKey"),
        };
        post_to(&address, "/moto-api/reset-auth", "text/plain", "0");
        moto
    }
}

impl Drop for Moto {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The address that the server says it listens on.
fn address(said: &mut impl BufRead) -> String {
    let mut all = String::new();
    loop {
        let from = all.len();
        let read = said.read_line(&mut all).unwrap();
        assert!(read > 0, "moto_server ended before it listened:\n{all}");
        if let Some((_, address)) = all[from..].split_once("Running on http://") {
            return address.trim().trim_end_matches('/').to_owned();
        }
    }
}

fn post(address: &str, content_type: &str, body: &str) -> String {
    post_to(address, "/", content_type, body)
}

fn post_to(address: &str, path: &str, content_type: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(address).expect("moto_server accepts");
    // The credential scope tells moto which service is meant; nothing is verified before authorization is on.
    write!(
        stream,
        "POST {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Type: {content_type}\r\n\
         Content-Length: {}\r\nAuthorization: AWS4-HMAC-SHA256 Credential=x/20260101/us-east-1/iam/aws4_request, \
         SignedHeaders=host, Signature=x\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "POST {path} {body}\n{answer}");
    answer
}

fn element(xml: &str, name: &str) -> String {
    let rest = xml.split_once(&format!("<{name}>")).expect(name).1;
    rest.split_once(&format!("</{name}>")).expect(name).0.to_owned()
}

/// The Python environment with the pinned versions; made once, by whichever test comes first.
fn environment() -> PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let folder = target.join("moto");
    let ready = folder.join("requirements.txt");
    fs::create_dir_all(target).unwrap();
    let lock = File::create(target.join("moto.lock")).unwrap();
    lock.lock().unwrap();
    if fs::read_to_string(&ready).is_ok_and(|made| made == REQUIREMENTS) {
        return folder;
    }
    let _ = fs::remove_dir_all(&folder);
    run(Command::new("python3").arg("-m").arg("venv").arg(&folder));
    let wanted = folder.join("wanted.txt");
    fs::write(&wanted, REQUIREMENTS).unwrap();
    run(Command::new(folder.join("bin/python"))
        .args([
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "--no-deps",
            "-r",
        ])
        .arg(&wanted));
    fs::rename(&wanted, &ready).unwrap();
    folder
}

fn run(command: &mut Command) {
    let done = command
        .output()
        .unwrap_or_else(|e| panic!("{command:?}: {e}; python3 is needed for this test"));
    assert!(
        done.status.success(),
        "{command:?}\n{}",
        String::from_utf8_lossy(&done.stderr)
    );
}
