//! The wizard's hands: what it asks for is done here, on Tokio, and what comes of it goes back as events.
//!
//! ```text
//! keys    -> tui -> Wizard::handle -> Effect* -> Driver::perform -> a task each
//! a task  -> Message::Event -> tui -> Wizard::handle
//! ```
//!
//! Nothing here waits in the loop's way: every effect becomes a task, and every task tells of its end.

use std::{
    fs::OpenOptions,
    io::{self, IsTerminal, Write},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use jiff::Timestamp;
use tokio::sync::mpsc::{self, Sender};
use tokio_util::sync::CancellationToken;

use super::{
    Outcome,
    args::{GlobalArgs, ReaderArgs},
    command::read_report,
    failure::Failure,
    output::Console,
    session::Session,
    target::Place,
    watch::{Interruption, runtime},
};
use crate::{
    report::{Mode, Problem, ProblemKind, Report, Rows, SurveyEvent, Target},
    rule::Next,
    tui::{self, Effects, Message, Theme, app::Ending},
    wizard::{Effect, Event, Field, Resolved, Role, RunId, Scope, StartSurvey, Wizard, connect::Connection},
};

/// What is under way gets so long to end by itself once it is cancelled.
const GRACE: Duration = Duration::from_secs(3);

/// What the wizard opens on.
#[derive(Debug)]
pub enum Opening {
    /// A target, if one was named.
    Target(Option<Place>),
    /// A saved report.
    Saved {
        /// The report.
        report: Box<Report>,
        /// Its file, as the user gave it.
        name: String,
    },
}

/// Runs the wizard until its user leaves.
///
/// # Errors
/// Exit 4: no terminal to show it on, or one that can't.
pub fn run(global: &GlobalArgs, opening: Opening, console: &Console) -> Outcome {
    let instead = "`bucket-ready check TARGET` makes every check without a screen";
    if global.is_plain() {
        return Err(Failure::cannot(
            "the wizard's plain mode is not in this version, and the screens need a terminal that can draw",
        )
        .hint(instead));
    }
    if global.no_input {
        return Err(Failure::usage("the wizard asks, and --no-input says not to").hint(instead));
    }
    if !io::stdin().is_terminal() || !io::stdout().is_terminal() {
        return Err(
            Failure::cannot("the wizard needs a terminal to read keys from and to draw on").hint(instead),
        );
    }
    let colours = console.stdout_style().color;
    tui::theme::allow_colours(colours);
    let runtime = runtime()?;
    let ending = runtime.block_on(session(global, opening, Theme::with_colours(colours)));
    // Whatever still runs is nobody's concern any more.
    runtime.shutdown_background();
    match ending {
        Ok(Ending::Left) => Ok(0),
        Ok(Ending::Ended) => Ok(super::INTERRUPTED),
        Err(failure) => Err(failure),
    }
}

async fn session(global: &GlobalArgs, opening: Opening, theme: Theme) -> Result<Ending, Failure> {
    let (sender, mut messages) = mpsc::channel(256);
    let scenario_time = match &opening {
        Opening::Target(Some(Place::Demo(scenario))) => Some(scenario.now()),
        _ => None,
    };
    let mut wizard = match opening {
        Opening::Target(place) => Wizard::new(connection(global, place.as_ref())),
        Opening::Saved { report, name } => Wizard::saved(*report, name),
    };
    end_on_signals(sender.clone())?;
    let mut driver = Driver {
        sender: sender.clone(),
        global: global.clone(),
        cancel: CancellationToken::new(),
        practice: Arc::default(),
        clock: Arc::new(Mutex::new(scenario_time)),
    };
    tui::run(&mut wizard, theme, (sender, &mut messages), &mut driver)
        .await
        .map_err(|error| Failure::cannot(format!("the terminal can't be used: {error}")))
}

/// Asks the loop to end when the process is asked to, or its terminal is gone.
fn end_on_signals(sender: Sender<Message>) -> Result<(), Failure> {
    let mut interruption = Interruption::listen()?;
    #[cfg(unix)]
    let mut hangup = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::hangup())
        .map_err(|error| Failure::cannot(format!("signals can't be watched: {error}")))?;
    tokio::spawn(async move {
        #[cfg(unix)]
        tokio::select! {
            () = interruption.next() => {}
            _ = hangup.recv() => {}
        }
        #[cfg(not(unix))]
        interruption.next().await;
        let _ = sender.send(Message::End).await;
    });
    Ok(())
}

/// The form as the command line fills it.
fn connection(global: &GlobalArgs, place: Option<&Place>) -> Connection {
    let path = |p: &PathBuf| p.to_string_lossy().into_owned();
    Connection {
        target: match place {
            None => String::new(),
            Some(Place::S3 { bucket, prefix }) => {
                format!("s3://{bucket}/{prefix}").trim_end_matches('/').into()
            }
            Some(Place::Folder(folder)) => path(folder),
            Some(Place::Demo(scenario)) => format!("demo:{}", scenario.name),
        },
        profile: global.profile.clone(),
        region: global.region.clone(),
        endpoint: global.endpoint_url.clone(),
        reader_key: global.reader.reader_key_file.as_ref().map(path),
        role: Role::Operator,
    }
}

/// Does what the wizard asks for.
struct Driver {
    sender: Sender<Message>,
    global: GlobalArgs,
    /// Of the newest run.
    cancel: CancellationToken,
    /// The practice account stays the same from run to run.
    practice: Arc<tokio::sync::Mutex<Option<(String, Session)>>>,
    /// The scenario's time, where one is open.
    clock: Arc<Mutex<Option<Timestamp>>>,
}

impl Effects for Driver {
    fn perform(&mut self, effect: Effect) {
        match effect {
            Effect::StartSurvey(start) => self.survey(*start),
            Effect::OpenReport { run, path } => self.open(run, path),
            Effect::Cancel { .. } => self.cancel.cancel(),
            Effect::Save { name, contents } => self.save(name, contents),
            // The loop's own.
            Effect::Copy { .. } | Effect::Quit => {}
        }
    }

    fn now(&self) -> Timestamp {
        let scenario = *self.clock.lock().unwrap_or_else(PoisonError::into_inner);
        scenario.unwrap_or_else(Timestamp::now)
    }
}

impl Driver {
    fn survey(&mut self, start: StartSurvey) {
        self.cancel.cancel();
        self.cancel = CancellationToken::new();
        let run = start.run;
        let work = Work {
            global: GlobalArgs {
                profile: start.connection.profile.clone(),
                region: start.connection.region.clone(),
                endpoint_url: start.connection.endpoint.clone(),
                reader: match start.connection.role {
                    Role::Reader => ReaderArgs::default(),
                    _ => ReaderArgs {
                        reader_key_file: start.connection.reader_key.as_ref().map(PathBuf::from),
                        reader_profile: self.global.reader.reader_profile.clone(),
                    },
                },
                ..self.global.clone()
            },
            start,
            sender: self.sender.clone(),
            cancel: self.cancel.clone(),
            practice: Arc::clone(&self.practice),
            clock: Arc::clone(&self.clock),
        };
        let sender = self.sender.clone();
        tokio::spawn(async move {
            let end = match tokio::spawn(work.run()).await {
                Ok(Ok(())) => Event::Ended { run },
                Ok(Err(failure)) => Event::Failed {
                    run,
                    problem: Box::new(problem(failure)),
                },
                Err(error) => Event::Failed {
                    run,
                    problem: Box::new(broken(error)),
                },
            };
            let _ = sender.send(Message::Event(end)).await;
        });
    }

    fn open(&mut self, run: RunId, path: String) {
        let sender = self.sender.clone();
        tokio::spawn(async move {
            let read = tokio::task::spawn_blocking(move || {
                if path == "-" {
                    return Err(Failure::cannot("the wizard itself reads standard input").hint("name a file"));
                }
                read_report(Path::new(&path))
            });
            let event = match read.await {
                Ok(Ok(report)) => Event::Opened {
                    run,
                    report: Box::new(report),
                },
                Ok(Err(failure)) => Event::Failed {
                    run,
                    problem: Box::new(problem(failure)),
                },
                Err(error) => Event::Failed {
                    run,
                    problem: Box::new(broken(error)),
                },
            };
            let _ = sender.send(Message::Event(event)).await;
        });
    }

    fn save(&mut self, name: String, contents: String) {
        let sender = self.sender.clone();
        tokio::spawn(async move {
            let written = tokio::task::spawn_blocking(move || write_new(Path::new("."), &name, &contents));
            let event = match written.await {
                Ok(Ok(path)) => Event::Saved { path },
                Ok(Err(error)) => Event::NotSaved {
                    problem: Box::new(Problem::new(
                        ProblemKind::Io,
                        "the report was not written",
                        error.to_string(),
                        Next::say("look at the working folder's permissions and free space"),
                    )),
                },
                Err(error) => Event::NotSaved {
                    problem: Box::new(broken(error)),
                },
            };
            let _ = sender.send(Message::Event(event)).await;
        });
    }
}

/// Writes a file under a name that is free: `name.json`, else `name-2.json` and so on. Never over one that is there.
fn write_new(folder: &Path, name: &str, contents: &str) -> io::Result<String> {
    let (stem, extension) = name.rsplit_once('.').unwrap_or((name, "json"));
    for number in 1..1000 {
        let name = match number {
            1 => format!("{stem}.{extension}"),
            n => format!("{stem}-{n}.{extension}"),
        };
        let path = folder.join(&name);
        match OpenOptions::new().write(true).create_new(true).open(&path) {
            Ok(mut file) => {
                file.write_all(contents.as_bytes())?;
                file.sync_all()?;
                return Ok(name);
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(io::Error::new(
        io::ErrorKind::AlreadyExists,
        format!("{stem}.{extension} and all names after it are taken"),
    ))
}

/// A survey to run.
struct Work {
    start: StartSurvey,
    global: GlobalArgs,
    sender: Sender<Message>,
    cancel: CancellationToken,
    practice: Arc<tokio::sync::Mutex<Option<(String, Session)>>>,
    clock: Arc<Mutex<Option<Timestamp>>>,
}

impl Work {
    async fn run(self) -> Result<(), Failure> {
        let place = Place::parse_loosely(&self.start.connection.target)?;
        let is_demo = matches!(place, Place::Demo(_));
        let scenario_time = match &place {
            Place::Demo(scenario) => Some(scenario.now()),
            _ => None,
        };
        *self.clock.lock().unwrap_or_else(PoisonError::into_inner) = scenario_time;
        let mut kept = self.practice.lock().await;
        let again = kept
            .take()
            .filter(|(target, _)| is_demo && *target == self.start.connection.target)
            .map(|(_, session)| session);
        let mut session = match again {
            Some(session) => session,
            None => tokio::select! {
                opened = Session::open(&self.global, &place, None) => opened?,
                () = self.cancel.cancelled() => return Ok(()),
            },
        };
        session.tick(None);
        let survey = session.survey(self.mode(&session), self.cancel.clone());
        *kept = Some((self.start.connection.target.clone(), session));
        drop(kept);
        self.pass_on(survey).await
    }

    fn mode(&self, session: &Session) -> Mode {
        let mut mode = session.config.mode();
        mode.rows = self.start.rows;
        if self.start.rows == Rows::All {
            mode.sample_rows = None;
        }
        if let Scope::Codes(codes) = &self.start.scope {
            mode.only = codes.clone();
        }
        mode
    }

    /// Tells the wizard what the survey tells, until it ends or its time after a cancellation is over.
    async fn pass_on(&self, survey: crate::survey::Survey) -> Result<(), Failure> {
        let run = self.start.run;
        let (sender, mut events) = mpsc::channel(256);
        let mut work = tokio::spawn(survey.run(sender));
        let late = async {
            self.cancel.cancelled().await;
            tokio::time::sleep(GRACE).await;
        };
        tokio::pin!(late);
        loop {
            tokio::select! {
                event = events.recv() => {
                    let Some(event) = event else { break };
                    let resolved = self.resolved(&event);
                    let mut batch = vec![Event::Survey { run, event: Box::new(event) }];
                    batch.extend(resolved.map(|values| Event::Resolved { run, values }));
                    for event in batch {
                        if self.sender.send(Message::Event(event)).await.is_err() {
                            self.cancel.cancel();
                            return Ok(());
                        }
                    }
                }
                () = &mut late => {
                    work.abort();
                    return Ok(());
                }
            }
        }
        (&mut work).await.map_err(|error| {
            let problem = broken(error);
            Failure::cannot(problem.what).hint(problem.next.say)
        })
    }

    /// Where the connection's values came from, once it stands.
    fn resolved(&self, event: &SurveyEvent) -> Option<Vec<Resolved>> {
        let SurveyEvent::Connected { target, .. } = event else {
            return None;
        };
        let (region, is_demo) = match target {
            Target::S3 { region, .. } => (region.clone(), false),
            Target::Demo { region, .. } => (region.clone(), true),
            Target::Folder { .. } => return Some(Vec::new()),
        };
        let mut values = Vec::new();
        let mut tell = |field: Field, value: Option<String>, from: &str| {
            if let Some(value) = value.filter(|v| !v.is_empty()) {
                values.push(Resolved {
                    field,
                    value,
                    from: from.into(),
                });
            }
        };
        if is_demo {
            tell(Field::Region, region, "of the practice account");
            tell(
                Field::Endpoint,
                Some("in this process".into()),
                "nothing leaves this machine",
            );
            tell(
                Field::Profile,
                Some("none is used".into()),
                "the practice account brings its own keys",
            );
            tell(
                Field::ReaderKey,
                Some("the scenario's".into()),
                "judged beside the operator's",
            );
            return Some(values);
        }
        match &self.global.region {
            Some(_) => tell(Field::Region, region, "as you said"),
            None => tell(Field::Region, region, "from the bucket"),
        }
        if self.global.profile.is_none() {
            tell(
                Field::Profile,
                std::env::var("AWS_PROFILE").ok(),
                "from AWS_PROFILE",
            );
        }
        if self.global.endpoint_url.is_none() {
            for name in ["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"] {
                tell(Field::Endpoint, std::env::var(name).ok(), &format!("from {name}"));
            }
        }
        Some(values)
    }
}

/// A failure as the wizard shows it.
fn problem(failure: Failure) -> Problem {
    let (what, cause) = match failure.what.split_once(": ") {
        Some((what, cause)) => (what.to_owned(), cause.to_owned()),
        None => (failure.what, "nothing was read".to_owned()),
    };
    Problem::new(
        ProblemKind::Other,
        what,
        cause,
        Next::say(failure.hints.join("; ")),
    )
}

/// A task that broke.
fn broken(error: tokio::task::JoinError) -> Problem {
    let cause = match error.try_into_panic() {
        Ok(payload) => payload
            .downcast_ref::<&str>()
            .map(|text| (*text).to_owned())
            .or_else(|| payload.downcast_ref::<String>().cloned())
            .unwrap_or_else(|| "no reason is told".into()),
        Err(_) => "it was stopped".into(),
    };
    Problem::new(
        ProblemKind::Other,
        "internal error: a part of the work broke",
        cause,
        Next::say("please report this, with what you did; R runs the checks again"),
    )
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    #[test]
    fn an_export_never_replaces_a_file() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(write_new(folder.path(), "r.json", "one").unwrap(), "r.json");
        assert_eq!(write_new(folder.path(), "r.json", "two").unwrap(), "r-2.json");
        assert_eq!(
            std::fs::read_to_string(folder.path().join("r.json")).unwrap(),
            "one"
        );
        assert_eq!(
            std::fs::read_to_string(folder.path().join("r-2.json")).unwrap(),
            "two"
        );
    }
}
