//! The wizard's hands: what it asks for is done here, on Tokio, and what comes of it goes back as events.
//!
//! ```text
//! keys    -> tui -> Wizard::handle -> Effect* -> Driver::perform -> a task each
//! a task  -> Message::Event -> tui -> Wizard::handle
//! ```
//!
//! Nothing here waits in the loop's way: every effect becomes a task, and every task tells of its end.
//!
//! - `survey`, `grant`, `signal`, `practice`: one file a lane of work
//! - `files`: reports read, exports written

mod files;
mod grant;
mod practice;
mod signal;
mod survey;

use std::{
    io::{self, IsTerminal},
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};

use jiff::Timestamp;
use tokio::sync::mpsc::{self, Sender};
use tokio_util::sync::CancellationToken;

use super::{
    Outcome,
    args::{GlobalArgs, StatsigArgs},
    failure::Failure,
    granting::PracticeDisk,
    output::Console,
    session::Session,
    target::Place,
    watch::{Interruption, runtime},
};
use crate::{
    report::{Problem, ProblemKind, Report},
    rule::Next,
    signal::Ledger,
    tui::{self, Effects, Message, Theme, app::Ending},
    wizard::{Effect, Event, Role, RunId, Wizard, connect::Connection},
};

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
pub fn run(global: &GlobalArgs, statsig: &StatsigArgs, opening: Opening, console: &Console) -> Outcome {
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
    let ending = runtime.block_on(session(global, statsig, opening, Theme::with_colours(colours)));
    // Whatever still runs is nobody's concern any more.
    runtime.shutdown_background();
    match ending {
        Ok(Ending::Left) => Ok(0),
        Ok(Ending::Ended) => Ok(super::INTERRUPTED),
        Err(failure) => Err(failure),
    }
}

async fn session(
    global: &GlobalArgs,
    statsig: &StatsigArgs,
    opening: Opening,
    theme: Theme,
) -> Result<Ending, Failure> {
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
    let mut driver = Driver::new(global, statsig, sender.clone(), scenario_time);
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
        fresh_key: None,
        role: Role::Operator,
    }
}

/// Does what the wizard asks for.
struct Driver {
    sender: Sender<Message>,
    global: GlobalArgs,
    /// How signals are sent by the API.
    statsig: StatsigArgs,
    /// Of the newest run.
    cancel: CancellationToken,
    /// Of the newest work of the other lanes: a grant and a signal never run at once.
    cancel_lane: CancellationToken,
    /// What was marked by the API on practice accounts: it is forgotten with them.
    practice_ledger: Ledger,
    /// The practice account stays the same from run to run.
    practice: Arc<tokio::sync::Mutex<Option<(String, Session)>>>,
    /// Journals and undo files of grants on it, which are gone with it.
    practice_files: PracticeDisk,
    /// The scenario's time, where one is open.
    clock: Arc<Mutex<Option<Timestamp>>>,
}

impl Driver {
    fn new(
        global: &GlobalArgs,
        statsig: &StatsigArgs,
        sender: Sender<Message>,
        scenario_time: Option<Timestamp>,
    ) -> Self {
        Self {
            sender,
            global: global.clone(),
            statsig: statsig.clone(),
            cancel: CancellationToken::new(),
            cancel_lane: CancellationToken::new(),
            practice_ledger: Ledger::in_memory(),
            practice: Arc::default(),
            practice_files: PracticeDisk::default(),
            clock: Arc::new(Mutex::new(scenario_time)),
        }
    }
}

impl Effects for Driver {
    fn perform(&mut self, effect: Effect) {
        match effect {
            Effect::StartSurvey(start) => self.survey(*start),
            Effect::OpenReport { run, path } => self.open(run, path),
            Effect::Cancel { .. } => self.cancel.cancel(),
            Effect::Grant(start) => self.grant(*start),
            Effect::Signal(start) => self.signal(*start),
            Effect::Practice(edit) => self.practise(edit),
            Effect::CancelLane { .. } => self.cancel_lane.cancel(),
            Effect::Save { name, contents } => self.save(name, contents),
            Effect::SaveSecret { name, contents } => self.save_secret(name, contents),
            // The loop's own.
            Effect::Copy { .. } | Effect::CopySecret { .. } | Effect::Quit => {}
        }
    }

    fn now(&self) -> Timestamp {
        let scenario = *self.clock.lock().unwrap_or_else(PoisonError::into_inner);
        scenario.unwrap_or_else(Timestamp::now)
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

/// How a task's end is told when all it can tell is that it failed.
fn end_of(run: RunId, ended: Result<Result<Event, Failure>, tokio::task::JoinError>) -> Event {
    let problem = match ended {
        Ok(Ok(event)) => return event,
        Ok(Err(failure)) => problem(failure),
        Err(error) => broken(error),
    };
    Event::Failed {
        run,
        problem: Box::new(problem),
    }
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
mod tests;
