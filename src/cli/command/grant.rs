//! `grant plan`, `grant apply`, `grant undo`.
//!
//! Nothing is asked for here: what confirms a change is an option that repeats the bucket's name.

mod apply;
mod progress;
mod undo;

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::cli::{
    INTERRUPTED, Outcome,
    args::{GlobalArgs, GrantCommand, GrantPlanArgs, PrintForm},
    failure::Failure,
    granting::{self, PracticeDisk},
    output::Console,
    session::Session,
    small,
    target::Place,
    watch::{Interruption, runtime},
};
use crate::{
    access::{
        Extras, Plan, Wanted,
        plan::{GrantEvent, print},
    },
    grant::{Disk, Engine, LocalDisk},
    report::{escape, render::grant as words},
};

/// Runs `grant`.
///
/// # Errors
/// Exit 2 and 4.
pub fn run(global: &GlobalArgs, command: &GrantCommand, console: &Console) -> Outcome {
    let runtime = runtime()?;
    let outcome = runtime.block_on(async {
        match command {
            GrantCommand::Plan(args) => plan(global, args, console).await,
            GrantCommand::Apply(args) => apply::run(global, args, console).await,
            GrantCommand::Undo(args) => undo::run(global, args, console).await,
        }
    });
    runtime.shutdown_background();
    outcome
}

async fn plan(global: &GlobalArgs, args: &GrantPlanArgs, console: &Console) -> Outcome {
    let place = Place::parse(&args.target)?;
    if let Some(out) = &args.out {
        must_be_free(out)?;
    }
    let wanted = Wanted {
        user: args.user.clone(),
        path: args.path.clone(),
        extras: Extras {
            location: args.location,
            kms_keys: args.kms_key.clone(),
        },
        rotate: args.rotate,
        drop: Vec::new(),
    };
    let mut work = Work::open(global, &place, Vec::new()).await?;
    let engine = work.engine.clone();
    let target = granting::target(&work.session)?;
    let drop_dead = args.drop_dead_principals;
    let made = work
        .watched(console, async move {
            let plan = engine.plan(&target, &wanted).await?;
            let offers: Vec<String> = plan
                .problems
                .iter()
                .filter_map(|p| p.offer_to_drop.clone())
                .collect();
            if offers.is_empty() || !drop_dead {
                return Ok(plan);
            }
            let wanted = Wanted {
                drop: offers,
                ..wanted
            };
            Ok(engine.plan(&target, &wanted).await?)
        })
        .await?;
    let Some(plan) = made else {
        console.note("interrupted: nothing was changed");
        return Ok(INTERRUPTED);
    };
    let text = match args.print {
        None => words::plan(&plan, console.stdout_style()),
        Some(PrintForm::Aws) => print::aws(&plan),
        Some(PrintForm::Terraform) => print::terraform(&plan),
        Some(PrintForm::CloudFormation) => print::cloudformation(&plan),
        Some(PrintForm::Spark) => print::spark(&plan),
    };
    console.result(&text)?;
    if let Some(out) = &args.out {
        LocalDisk
            .create(out, &plan.write(), false)
            .map_err(|error| Failure::cannot(format!("{} can't be written: {error}", shown(out))))?;
    }
    say_what_next(args, &plan, console);
    Ok(0)
}

/// How the plan is applied, on stderr.
fn say_what_next(args: &GrantPlanArgs, plan: &Plan, console: &Console) {
    if plan.blocking().next().is_some() {
        console.note("It must not be applied as it is: what is marked ✗ comes first.");
        return;
    }
    if plan.is_satisfied() {
        return;
    }
    let key = if plan.makes_key() {
        " --key-file KEY.json"
    } else {
        ""
    };
    if let Some(out) = &args.out {
        console.note(&format!(
            "written to {}; to apply exactly this: bucket-ready grant apply {} --plan {} --confirm {}{key}",
            shown(out),
            print::shell_quote(&args.target),
            print::shell_quote(&out.to_string_lossy()),
            plan.target.bucket
        ));
    } else if args.print.is_none() {
        console.note("Nothing was changed. --out PLAN.json saves the plan, and `grant apply --plan PLAN.json` applies exactly that.");
    }
}

/// A session, and an engine on its account.
struct Work {
    session: Session,
    engine: Engine,
    events: mpsc::Receiver<GrantEvent>,
    cancel: CancellationToken,
    interruption: Interruption,
    /// Of the changes of the plan that is applied.
    titles: Vec<String>,
    /// Whether the undo file of an apply is on the disk: on the practice account only one that was named is.
    names_undo_file: bool,
}

impl Work {
    /// `named` are the files that are written even on the practice account.
    async fn open(global: &GlobalArgs, place: &Place, named: Vec<PathBuf>) -> Result<Self, Failure> {
        let interruption = Interruption::listen()?;
        let session = Session::open(global, place, None).await?;
        let names_undo_file = !session.is_practice();
        let disk: Arc<dyn Disk> = match session.is_practice() {
            true => Arc::new(PracticeDisk::with(named)),
            false => Arc::new(LocalDisk),
        };
        let (sender, events) = mpsc::channel(256);
        let cancel = CancellationToken::new();
        let engine = granting::engine(&session, disk, cancel.clone(), sender).await?;
        Ok(Self {
            session,
            engine,
            events,
            cancel,
            interruption,
            titles: Vec::new(),
            names_undo_file,
        })
    }

    /// Runs a piece of work and tells of it on stderr. The first request to end asks it to stop where it may; `None` is a
    /// second one, or one that it had no answer to.
    async fn watched<T: Send + 'static>(
        &mut self,
        console: &Console,
        work: impl Future<Output = Result<T, Failure>> + Send + 'static,
    ) -> Result<Option<T>, Failure> {
        let mut task = tokio::spawn(work);
        let mut progress = progress::Progress::new(console, self.titles.clone(), self.names_undo_file);
        loop {
            tokio::select! {
                biased;
                event = self.events.recv() => {
                    if let Some(event) = event {
                        progress.tell(&event);
                    }
                }
                ended = &mut task => {
                    while let Ok(event) = self.events.try_recv() {
                        progress.tell(&event);
                    }
                    console.clear();
                    return match ended {
                        Ok(ended) => ended.map(Some),
                        Err(_) => Err(Failure::cannot("internal error: a part of the work broke")
                            .hint("run the same command again: it goes on from the journal")
                            .hint("please report this, with the command that you ran")),
                    };
                }
                () = self.interruption.next() => {
                    if self.cancel.is_cancelled() {
                        console.clear();
                        task.abort();
                        return Ok(None);
                    }
                    console.note("stopping after the call that is under way; once more to stop at once");
                    self.cancel.cancel();
                }
            }
        }
    }
}

/// A plan or an undo file, of a page of text; anything larger is another file.
const MAX_BYTES: u64 = 4 << 20;

/// Reads a small file that a user named.
fn read_small(path: &Path, what: &str) -> Result<String, Failure> {
    small::read(path, MAX_BYTES)
        .map_err(|why| Failure::cannot(format!("the {what} {} can't be read: {why}", shown(path))))
}

/// Refuses a file that is there, before any work is done for it.
fn must_be_free(path: &Path) -> Result<(), Failure> {
    match fs::symlink_metadata(path) {
        Err(_) => Ok(()),
        Ok(_) => Err(
            Failure::cannot(format!("{} is there already, and was left as it is", shown(path)))
                .hint("name another file, or move this one away"),
        ),
    }
}

/// Whether the bucket's name was repeated.
fn confirmed(confirm: Option<&str>, bucket: &str) -> Result<bool, Failure> {
    match confirm {
        None => Ok(false),
        Some(said) if said == bucket => Ok(true),
        Some(said) => Err(Failure::cannot(format!(
            "nothing was changed: --confirm says {}, and the bucket is {}",
            escape(said),
            escape(bucket)
        ))
        .hint(format!(
            "if that is the one that is meant, repeat it: --confirm {bucket}"
        ))),
    }
}

fn shown(path: &Path) -> String {
    escape(&path.to_string_lossy()).into_owned()
}
