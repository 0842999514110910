//! A target made ready to be surveyed: its source, its clock, its configuration.

use std::{path::Path, sync::Arc};

use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use tokio_util::sync::CancellationToken;

use super::{args::GlobalArgs, failure::Failure, inspector::Inspector, settings, small, target::Place};
use crate::{
    demo::{AccessKey, PracticeAccount},
    report::{
        Identity, Mode, Problem, Target,
        config::{Config, normal_prefix},
        escape,
    },
    store::{Folder, S3Credentials, S3Settings, S3Store, SharedStore},
    survey::{AccessSettings, Inspect, Source, Survey},
};

/// A target made ready. Must be made on a Tokio runtime: the practice account is served on it.
#[derive(Debug)]
pub struct Session {
    /// What is checked.
    pub target: Target,
    /// The project's configuration.
    pub config: Config,
    /// The checks' clock.
    pub now: Timestamp,
    source: Kind,
}

/// What a source is made from, each time anew.
#[derive(Debug)]
enum Kind {
    Folder(Folder),
    S3 {
        reader: Box<S3Settings>,
        operator: Option<Box<S3Settings>>,
    },
    Demo {
        account: PracticeAccount,
        /// Where the bucket is believed to be, or was said to be.
        region: Option<String>,
    },
}

impl Session {
    /// Opens a target. Nothing is asked of a bucket yet: trouble with it becomes a check.
    ///
    /// # Errors
    /// Exit 4: a target that can't be read or is not there, a configuration or key file that can't be used. Exit 2:
    /// options that contradict each other.
    pub async fn open(global: &GlobalArgs, place: &Place, now: Option<Timestamp>) -> Result<Self, Failure> {
        let config = settings::load(global, matches!(place, Place::Demo(_)))?;
        let option = global.prefix.as_deref().map(normal_prefix).transpose();
        let option = option.map_err(|why| Failure::usage(format!("--prefix: {why}")))?;
        let prefix = option.clone().unwrap_or_else(|| config.prefix.clone());
        let (target, source, clock) = match place {
            Place::Folder(path) => {
                let folder = Folder::open(path)?;
                let path = path.to_string_lossy().into_owned();
                (Target::Folder { path, prefix }, Kind::Folder(folder), None)
            }
            Place::S3 { bucket, prefix: own } => {
                let prefix = match (own.as_str(), option) {
                    ("", _) => prefix,
                    (own, Some(option)) if own != option => {
                        return Err(Failure::usage(format!(
                            "the target says the prefix {}, and --prefix says {}",
                            escape(own),
                            escape(&option)
                        ))
                        .hint("give the prefix once"));
                    }
                    (own, _) => own.to_owned(),
                };
                let target = Target::S3 {
                    bucket: bucket.clone(),
                    prefix,
                    region: None,
                };
                let (reader, operator) = keys(global, bucket)?;
                (target, Kind::S3 { reader, operator }, None)
            }
            Place::Demo(scenario) => {
                only_its_own(global)?;
                let account = PracticeAccount::start(scenario.name).await?;
                let target = Target::Demo {
                    scenario: scenario.name.to_owned(),
                    bucket: account.bucket().to_owned(),
                    prefix,
                    region: Some(account.region().to_owned()),
                };
                let clock = account.now();
                let region = global.region.clone();
                let region = region.or_else(|| account.believed_region().map(str::to_owned));
                (target, Kind::Demo { account, region }, Some(clock))
            }
        };
        Ok(Self {
            target,
            config,
            now: now.or(clock).unwrap_or_else(present),
            source,
        })
    }

    /// A survey of the target. Each one connects anew.
    pub fn survey(&self, mode: Mode, cancel: CancellationToken) -> Survey {
        self.survey_of(self.source(), mode, cancel)
    }

    /// A survey that judges this key as the reader's; the operator's part is played by whoever the session was opened as.
    pub fn survey_with(&self, key: S3Credentials, mode: Mode, cancel: CancellationToken) -> Survey {
        let source = match self.bucket() {
            Err(_) => self.source(),
            Ok(operator) => Source::S3 {
                reader: Box::new(S3Settings {
                    credentials: Some(key),
                    profile: None,
                    no_sign_request: false,
                    ..operator.clone()
                }),
                operator: Some(Box::new(operator)),
            },
        };
        self.survey_of(source, mode, cancel)
    }

    /// Whose key is judged, and who reads what it may not.
    fn source(&self) -> Source {
        match &self.source {
            Kind::Folder(folder) => Source::Folder(folder.clone()),
            Kind::S3 { reader, operator } => Source::S3 {
                reader: reader.clone(),
                operator: operator.clone(),
            },
            Kind::Demo { account, region } => {
                let operator = practice(account, account.operator_key(), region.as_ref());
                match account.reader() {
                    Some(key) => Source::S3 {
                        reader: practice(account, key, region.as_ref()),
                        operator: Some(operator),
                    },
                    // Nobody was given a key yet. The operator's would pass for the reader's, and prove nothing.
                    None => Source::NoReader { operator },
                }
            }
        }
    }

    fn survey_of(&self, source: Source, mode: Mode, cancel: CancellationToken) -> Survey {
        let inspector = match &source {
            Source::S3 { reader, operator } => Inspector::new(operator.as_deref().unwrap_or(reader)),
            _ => None,
        };
        Survey {
            target: self.target.clone(),
            source,
            mode,
            context: self.config.context(self.now),
            access: AccessSettings {
                inspector: inspector.map(|inspector| Arc::new(inspector) as Arc<dyn Inspect>),
                statsig_addresses: self.config.statsig_addresses.clone(),
            },
            cancel,
        }
    }

    /// How the bucket and its account are reached as the operator; `None` for a folder, which has neither.
    pub fn operator(&self) -> Option<S3Settings> {
        self.bucket().ok()
    }

    /// How the bucket is reached as the operator, or the folder that stands for one.
    fn bucket(&self) -> Result<S3Settings, &Folder> {
        match &self.source {
            Kind::Folder(folder) => Err(folder),
            Kind::S3 { reader, operator } => Ok((**operator.as_ref().unwrap_or(reader)).clone()),
            Kind::Demo { account, region } => Ok(*practice(account, account.operator_key(), region.as_ref())),
        }
    }

    /// The bucket or folder to write to, with the operator's credentials, and whose they are.
    ///
    /// # Errors
    /// The bucket can't be reached with them.
    pub async fn to_write(&self) -> Result<(SharedStore, Option<Identity>), Problem> {
        let settings = match self.bucket() {
            Ok(settings) => settings,
            Err(folder) => return Ok((Arc::new(folder.clone()), None)),
        };
        let connected = S3Store::connect(settings).await?;
        Ok((Arc::new(connected.store), connected.identity))
    }

    /// The address and the server secret of the practice account's own Statsig; `None` for what is no practice account.
    pub fn practice_statsig(&self) -> Option<(String, SecretString)> {
        let account = self.practice()?;
        Some((account.statsig_url(), account.statsig_secret()))
    }

    /// The time now: the one that was given, the practice account's, or this machine's.
    pub fn clock(&self, given: Option<Timestamp>) -> Timestamp {
        match (given, &self.source) {
            (Some(given), _) => given,
            (None, Kind::Demo { account, .. }) => account.now(),
            (None, _) => present(),
        }
    }

    /// Whether it is the practice account, which is gone when the process ends.
    pub fn is_practice(&self) -> bool {
        matches!(self.source, Kind::Demo { .. })
    }

    /// Moves the clock to the present, before another run: the practice account's own, or the real one. A clock that was
    /// given stays.
    pub fn tick(&mut self, given: Option<Timestamp>) {
        if given.is_none() {
            self.now = self.clock(None);
        }
    }

    /// The practice account, where the target is one.
    pub fn practice(&self) -> Option<&PracticeAccount> {
        match &self.source {
            Kind::Demo { account, .. } => Some(account),
            _ => None,
        }
    }
}

/// This machine's time, in whole seconds: a report's clock is for people to read and to give to `--now` again.
fn present() -> Timestamp {
    let now = Timestamp::now();
    Timestamp::from_second(now.as_second()).unwrap_or(now)
}

/// The practice account brings its own keys and endpoint: options that say otherwise are a mistake. A region may be
/// given, since a wrong one is among what is practised.
fn only_its_own(global: &GlobalArgs) -> Result<(), Failure> {
    let given = [
        ("--profile", global.profile.is_some()),
        ("--endpoint-url", global.endpoint_url.is_some()),
        ("--no-sign-request", global.no_sign_request),
        ("--reader-key-file", global.reader.reader_key_file.is_some()),
        ("--reader-profile", global.reader.reader_profile.is_some()),
    ];
    match given.iter().find(|(_, given)| *given) {
        Some((option, _)) => Err(
            Failure::usage(format!("{option} does not go with the practice account"))
                .hint("it brings its own keys and endpoint: leave the option out"),
        ),
        None => Ok(()),
    }
}

/// The practice account's own keys, and nothing of the user's.
fn practice(account: &PracticeAccount, key: AccessKey, region: Option<&String>) -> Box<S3Settings> {
    Box::new(S3Settings {
        region: region.cloned(),
        bucket: account.bucket().to_owned(),
        endpoint_url: Some(account.endpoint_url()),
        path_style: true,
        credentials: Some(S3Credentials {
            access_key_id: key.id,
            secret_access_key: key.secret,
            session_token: None,
        }),
        isolated: true,
        ..S3Settings::default()
    })
}

type Settings = Box<S3Settings>;

/// How to reach a bucket as the reader, and as the operator where that is another.
fn keys(global: &GlobalArgs, bucket: &str) -> Result<(Settings, Option<Settings>), Failure> {
    let reader = &global.reader;
    let own = S3Settings {
        bucket: bucket.to_owned(),
        profile: global.profile.clone(),
        region: global.region.clone(),
        endpoint_url: global.endpoint_url.clone(),
        path_style: global.path_style,
        no_sign_request: global.no_sign_request,
        ..S3Settings::default()
    };
    if let Some(path) = &reader.reader_key_file {
        let theirs = S3Settings {
            credentials: Some(key_file(path)?),
            profile: None,
            no_sign_request: false,
            ..own.clone()
        };
        return Ok((Box::new(theirs), Some(Box::new(own))));
    }
    if let Some(profile) = &reader.reader_profile {
        let theirs = S3Settings {
            profile: Some(profile.clone()),
            no_sign_request: false,
            ..own.clone()
        };
        return Ok((Box::new(theirs), Some(Box::new(own))));
    }
    Ok((Box::new(own), None))
}

/// A key file is a few lines.
const MAX_KEY_FILE: u64 = 64 << 10;

/// A key pair from a JSON file: `{"AccessKeyId": …, "SecretAccessKey": …}`, or that inside `{"AccessKey": …}` as
/// `aws iam create-access-key` prints it. No error quotes the file.
///
/// # Errors
/// Exit 4.
fn key_file(path: &Path) -> Result<S3Credentials, Failure> {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Pair {
        access_key_id: Option<String>,
        secret_access_key: Option<String>,
        session_token: Option<String>,
        access_key: Option<Box<Self>>,
    }
    let shown = escape(&path.to_string_lossy()).into_owned();
    let wanted = "it takes JSON with \"AccessKeyId\" and \"SecretAccessKey\", as `aws iam create-access-key` prints it";
    let bad = |what: &str| Failure::cannot(format!("the key file {shown} {what}")).hint(wanted);
    let text = small::read(path, MAX_KEY_FILE)
        .map(SecretString::from)
        .map_err(|error| {
            Failure::cannot(format!("the key file {shown} can't be read: {error}")).hint(wanted)
        })?;
    // serde's own message could quote a value, so only the place is told.
    let outer: Pair = serde_json::from_str(text.expose_secret())
        .map_err(|error| bad(&format!("is not such JSON, at line {}", error.line())))?;
    let pair = match outer.access_key {
        Some(inner) => *inner,
        None => outer,
    };
    let present = |text: Option<String>| text.filter(|text| !text.is_empty());
    let id = present(pair.access_key_id).ok_or_else(|| bad("has no AccessKeyId"))?;
    let secret = present(pair.secret_access_key).ok_or_else(|| bad("has no SecretAccessKey"))?;
    Ok(S3Credentials {
        access_key_id: id,
        secret_access_key: SecretString::from(secret),
        session_token: present(pair.session_token).map(SecretString::from),
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use std::fs;

    use super::*;

    fn read(text: &str) -> Result<S3Credentials, Failure> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key.json");
        fs::write(&path, text).unwrap();
        key_file(&path)
    }

    #[test]
    fn both_shapes_of_a_key_file_are_read() {
        let pair = r#"{"UserName": "r", "AccessKeyId": "AKIAEXAMPLE", "SecretAccessKey": "topsecret"}"#;
        for text in [pair.to_owned(), format!("{{\"AccessKey\": {pair}}}")] {
            let key = read(&text).unwrap();
            assert_eq!(key.access_key_id, "AKIAEXAMPLE");
            assert_eq!(key.secret_access_key.expose_secret(), "topsecret");
        }
    }

    #[test]
    fn a_bad_key_file_is_explained_without_its_secret() {
        for text in [
            "topsecret",
            r#"{"AccessKeyId": "AKIAEXAMPLE"}"#,
            r#"{"AccessKeyId": 1, "SecretAccessKey": "topsecret"}"#,
            r#"{"SecretAccessKey": "topsecret"}"#,
            r#"{"AccessKeyId": "", "SecretAccessKey": "topsecret"}"#,
            "[\"topsecret\"]",
        ] {
            let said = read(text).unwrap_err();
            assert_eq!(said.code, 4);
            assert!(!said.to_string().contains("topsecret"), "{said}");
        }
    }
}
