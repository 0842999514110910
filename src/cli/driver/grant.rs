//! The grant's lane: inspect, plan, apply, undo, with the same engine as the command.
//!
//! The new key's secret is shown, and nowhere saved by this lane. On the practice account it is the account of the open
//! session that is changed, and its journal and undo file stay in memory as the account does.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use tokio::sync::mpsc::{self, Sender};
use tokio_util::sync::CancellationToken;

use super::{Driver, broken, problem};
use crate::{
    access::plan::{GrantEvent, undo::UndoFile},
    cli::{
        args::GlobalArgs,
        failure::Failure,
        granting::{self, PracticeDisk},
        session::Session,
        target::Place,
    },
    grant::{Disk, Engine, KeyPlace, LocalDisk, NewKey, Places, unfinished},
    report::Problem,
    tui::Message,
    wizard::{
        Event, RunId,
        event::Lane,
        grant::{GrantTask, StartGrant},
    },
};

impl Driver {
    pub(super) fn grant(&mut self, start: StartGrant) {
        self.cancel_lane.cancel();
        self.cancel_lane = CancellationToken::new();
        let work = Work {
            global: GlobalArgs {
                profile: start.connection.profile.clone(),
                region: start.connection.region.clone(),
                endpoint_url: start.connection.endpoint.clone(),
                ..self.global.clone()
            },
            start,
            cancel: self.cancel_lane.clone(),
            practice: Arc::clone(&self.practice),
            practice_files: self.practice_files.clone(),
        };
        let (run, sender) = (work.start.run, self.sender.clone());
        tokio::spawn(async move {
            let (events, heard) = mpsc::channel(64);
            let telling = tokio::spawn(tell(run, heard, sender.clone()));
            let ended = tokio::spawn(work.run(events)).await;
            // All that was told comes before the end.
            let _ = telling.await;
            let problem = match ended {
                Ok(Ok(())) => return,
                Ok(Err(problem)) => problem,
                Err(error) => Box::new(broken(error)),
            };
            let event = Lane::Failed(problem);
            let _ = sender.send(Message::Event(Event::Grant { run, event })).await;
        });
    }
}

/// Passes on what the engine tells, until it tells no more.
async fn tell(run: RunId, mut heard: mpsc::Receiver<GrantEvent>, sender: Sender<Message>) {
    while let Some(event) = heard.recv().await {
        let event = Lane::Did(Box::new(event));
        if sender
            .send(Message::Event(Event::Grant { run, event }))
            .await
            .is_err()
        {
            return;
        }
    }
}

/// One task of the lane.
struct Work {
    start: StartGrant,
    global: GlobalArgs,
    cancel: CancellationToken,
    practice: Arc<tokio::sync::Mutex<Option<(String, Session)>>>,
    practice_files: PracticeDisk,
}

impl Work {
    async fn run(self, events: Sender<GrantEvent>) -> Result<(), Box<Problem>> {
        let (engine, target) = self.engine(events).await.map_err(|f| Box::new(problem(f)))?;
        match &self.start.task {
            GrantTask::Plan(wanted) => {
                let here = Path::new("");
                // An apply that was cut off goes on with its own plan: what it began is in no new one.
                if let Some(before) = unfinished(&*engine.disk, here, &target, &wanted.user) {
                    let inspected = engine.account.inspect(&target, wanted).await?;
                    let told = [
                        GrantEvent::Inspected(Box::new(inspected)),
                        GrantEvent::Planned(Box::new(before.plan)),
                    ];
                    for event in told {
                        let _ = engine.events.send(event).await;
                    }
                } else {
                    engine.plan(&target, wanted).await?;
                }
                let _ = engine.events.send(GrantEvent::Finished).await;
                Ok(())
            }
            GrantTask::Apply(plan) => {
                let undo_file =
                    granting::undo_file_name(&*engine.disk, &plan.target.bucket, jiff::Timestamp::now())
                        .map_err(|failure| Box::new(problem(failure)))?;
                let places = Places {
                    folder: PathBuf::new(),
                    undo_file,
                    key: Some(KeyPlace::Shown),
                };
                let known = self.start.connection.fresh_key.as_ref().map(|key| NewKey {
                    id: key.id.clone(),
                    secret: key.secret.expose().to_owned().into(),
                });
                match engine.apply_knowing(plan, &places, known).await {
                    Ok(_) => Ok(()),
                    Err(stopped) => Err(Box::new(stopped.into_problem())),
                }
            }
            GrantTask::PlanUndo { path } => {
                let file = file_of(&*engine.disk, path, &target).map_err(|f| Box::new(problem(f)))?;
                let observed = engine.account.observe(&file.target.bucket, &file.user).await?;
                let taken_back = file.plan(&observed);
                let told = [
                    GrantEvent::UndoRead(Box::new(file)),
                    GrantEvent::UndoPlanned(taken_back),
                    GrantEvent::Finished,
                ];
                for event in told {
                    let _ = engine.events.send(event).await;
                }
                Ok(())
            }
            GrantTask::Undo { path } => {
                let file = file_of(&*engine.disk, path, &target).map_err(|f| Box::new(problem(f)))?;
                match engine.undo(&file, &[Path::new("")]).await {
                    Ok(_) => Ok(()),
                    Err(stopped) => Err(Box::new(stopped.into_problem())),
                }
            }
        }
    }

    /// The engine on the connection's account; of the practice account, the one that the survey reads.
    async fn engine(&self, events: Sender<GrantEvent>) -> Result<(Engine, crate::access::Target), Failure> {
        let text = &self.start.connection.target;
        let place = Place::parse_loosely(text)?;
        let (disk, cancel): (Arc<dyn Disk>, _) = match place {
            Place::Demo(_) => (Arc::new(self.practice_files.clone()), self.cancel.clone()),
            _ => (Arc::new(LocalDisk), self.cancel.clone()),
        };
        if !matches!(place, Place::Demo(_)) {
            let session = Session::open(&self.global, &place, None).await?;
            let target = granting::target(&session)?;
            return Ok((granting::engine(&session, disk, cancel, events).await?, target));
        }
        let mut kept = self.practice.lock().await;
        let session = match kept.take().filter(|(open, _)| open == text) {
            Some((_, session)) => session,
            None => Session::open(&self.global, &place, None).await?,
        };
        let target = granting::target(&session);
        let engine = granting::engine(&session, disk, cancel, events).await;
        *kept = Some((text.clone(), session));
        Ok((engine?, target?))
    }
}

/// An undo file for the target that is open.
fn file_of(disk: &dyn Disk, path: &str, target: &crate::access::Target) -> Result<UndoFile, Failure> {
    let file = undo_file(disk, path)?;
    match file.target.bucket == target.bucket {
        true => Ok(file),
        false => Err(Failure::cannot(format!(
            "nothing was changed: the undo file is for the bucket {}, and {} is open",
            crate::report::escape(&file.target.bucket),
            target.bucket
        ))
        .hint("open that bucket first")),
    }
}

fn undo_file(disk: &dyn Disk, path: &str) -> Result<UndoFile, Failure> {
    let failed = |why: String| {
        let shown = crate::report::escape(path);
        Failure::cannot(format!("the undo file {shown} can't be used: {why}"))
            .hint("an apply names its undo file before the first change")
    };
    let text = disk
        .read(Path::new(path))
        .map_err(|error| failed(error.to_string()))?
        .ok_or_else(|| failed("it is not there".into()))?;
    UndoFile::read(&text).map_err(|why| failed(crate::report::escape(&why).into_owned()))
}
