//! A survey run to its end, or to Ctrl-C; progress on the way.

use std::{
    io,
    time::{Duration, Instant},
};

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::{failure::Failure, output::Console, session::Session};
use crate::{
    report::{Mode, Report, Stage, SurveyEvent, Usage, words},
    rule::Dataset,
};

/// After a request to end, what is under way gets so long to end by itself.
const GRACE: Duration = Duration::from_secs(3);
/// The progress line is repainted at most so often.
const REPAINT: Duration = Duration::from_millis(100);

/// A survey that has ended.
#[derive(Debug)]
pub struct Watched {
    /// What it came to.
    pub report: Report,
    /// Whether it ended by Ctrl-C or a request to end.
    pub interrupted: bool,
}

/// A runtime for a command that talks to a bucket.
///
/// # Errors
/// Exit 4: the system gives no threads.
pub fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::cannot(format!("no threads to work with: {error}")))
}

/// Runs a survey and folds its events. `each` sees every event as it comes, and may end the run by an error.
///
/// # Errors
/// What `each` says; or exit 4 when the survey broke off without a word.
pub async fn watch(
    session: &Session,
    mode: Mode,
    console: &Console,
    mut each: impl FnMut(&SurveyEvent) -> Result<(), Failure>,
) -> Result<Watched, Failure> {
    let cancel = CancellationToken::new();
    // Whatever ends this function ends the survey too.
    let _guard = cancel.clone().drop_guard();
    let mut interruption = Interruption::listen()?;
    let (sender, mut events) = mpsc::channel(256);
    let started = Instant::now();
    let work = tokio::spawn(session.survey(mode, cancel.clone()).run(sender));
    let mut report = Report::default();
    let mut progress = Progress::default();
    let mut interrupted = false;
    let mut finished = false;
    let mut deadline: Option<tokio::time::Instant> = None;
    loop {
        let over = async {
            match deadline {
                Some(at) => tokio::time::sleep_until(at).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            event = events.recv() => {
                let Some(event) = event else { break };
                progress.show(&event, console);
                report.apply(&event);
                finished |= matches!(event, SurveyEvent::Finished { .. });
                each(&event)?;
            }
            () = interruption.next() => {
                if interrupted {
                    break;
                }
                interrupted = true;
                cancel.cancel();
                deadline = Some(tokio::time::Instant::now() + GRACE);
            }
            () = over => break,
        }
    }
    console.clear();
    if !finished {
        if !interrupted {
            let why = match work.await {
                Err(error) if error.is_panic() => "a part of it broke",
                _ => "it ended early",
            };
            return Err(
                Failure::cannot(format!("internal error: the survey gave no result ({why})"))
                    .hint("please report this, with the command that you ran"),
            );
        }
        let last = SurveyEvent::Finished {
            complete: false,
            usage: Usage {
                seconds: started.elapsed().as_secs_f64(),
                ..report.usage
            },
        };
        report.apply(&last);
        each(&last)?;
    }
    Ok(Watched { report, interrupted })
}

/// Ctrl-C, and on Unix the request to end.
#[derive(Debug)]
pub struct Interruption {
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
}

impl Interruption {
    /// Begins to listen. From now on the process does not end by these signals by itself.
    ///
    /// # Errors
    /// Exit 4: the system refuses.
    pub fn listen() -> Result<Self, Failure> {
        #[cfg(unix)]
        {
            use tokio::signal::unix::{SignalKind, signal};
            let failed = |error: io::Error| Failure::cannot(format!("signals can't be watched: {error}"));
            Ok(Self {
                interrupt: signal(SignalKind::interrupt()).map_err(failed)?,
                terminate: signal(SignalKind::terminate()).map_err(failed)?,
            })
        }
        #[cfg(not(unix))]
        Ok(Self {})
    }

    /// Waits for the next one.
    pub async fn next(&mut self) {
        #[cfg(unix)]
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
        #[cfg(not(unix))]
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

/// The progress line.
#[derive(Debug, Default)]
struct Progress {
    shown: Option<Instant>,
}

impl Progress {
    fn show(&mut self, event: &SurveyEvent, console: &Console) {
        let SurveyEvent::Progress {
            stage,
            dataset,
            done,
            of,
            bytes,
        } = event
        else {
            return;
        };
        let due = self.shown.is_none_or(|at| at.elapsed() >= REPAINT);
        if due && console.can_repaint() {
            self.shown = Some(Instant::now());
            console.progress(&line(*stage, *dataset, *done, *of, *bytes));
        }
    }
}

/// `events/ footers 37/214, 1.2 MiB`
fn line(stage: Stage, dataset: Option<Dataset>, done: u64, of: Option<u64>, bytes: u64) -> String {
    let what = match stage {
        Stage::Connect => return "connecting".to_owned(),
        Stage::List => "objects listed",
        Stage::Footers => "footers",
        Stage::Rows => "rows",
    };
    let place = dataset
        .map(|dataset| format!("{} ", dataset.folder()))
        .unwrap_or_default();
    let of = of
        .map(|of| format!("/{}", words::grouped(of)))
        .unwrap_or_default();
    format!(
        "{place}{what} {}{of}, {}",
        words::grouped(done),
        words::bytes(bytes)
    )
}
