//! `grant apply`: exactly a plan's changes.

use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::{Work, confirmed, read_small, shown};
use crate::{
    access::{self, Plan, Wanted, plan::print::shell_quote},
    cli::{
        INTERRUPTED, Outcome,
        args::{GlobalArgs, GrantApplyArgs},
        failure::Failure,
        granting,
        output::Console,
        target::Place,
    },
    grant::{Applied, KeyPlace, Places, Stopped, Verdict, unfinished},
    report::{
        escape,
        render::{Style, grant as words, paragraph_text},
    },
};

pub(super) async fn run(global: &GlobalArgs, args: &GrantApplyArgs, console: &Console) -> Outcome {
    let place = Place::parse(&args.target)?;
    let saved = args.plan.as_deref().map(read_plan).transpose()?;
    // What can be refused without asking anybody is refused first.
    if let Place::S3 { bucket, .. } = &place {
        confirmed(args.confirm.as_deref(), bucket)?;
    }
    let named = [&args.key_file, &args.undo_file];
    let named = named.into_iter().flatten().cloned().collect();
    let mut work = Work::open(global, &place, named).await?;
    let target = granting::target(&work.session)?;
    let is_confirmed = confirmed(args.confirm.as_deref(), &target.bucket)?;
    let plan = match saved {
        Some(plan) => {
            must_be_its_own(&plan, &target)?;
            plan
        }
        None => match made_now(&mut work, args, &target, console).await? {
            Some(plan) => plan,
            None => {
                console.note("interrupted: nothing was changed");
                return Ok(INTERRUPTED);
            }
        },
    };
    if plan.is_satisfied() && plan.blocking().next().is_none() {
        console.result(&words::plan(&plan, console.stdout_style()))?;
        return Ok(0);
    }
    if !is_confirmed {
        console.result(&words::plan(&plan, console.stdout_style()))?;
        return Err(
            Failure::cannot("nothing was changed: it is not confirmed").hint(format!(
                "to make these changes, repeat the bucket's name: --confirm {}",
                plan.target.bucket
            )),
        );
    }
    if work.session.is_practice() {
        console.note("the practice account ends with this command: only the files that you name are written, and they open nothing afterwards");
    }
    apply(work, args, plan, console).await
}

async fn apply(mut work: Work, args: &GrantApplyArgs, plan: Plan, console: &Console) -> Outcome {
    let undo_file = match &args.undo_file {
        Some(file) => file.clone(),
        None => granting::undo_file_name(&*work.engine.disk, &plan.target.bucket, Timestamp::now())?,
    };
    let places = Places {
        folder: PathBuf::new(),
        undo_file,
        key: args.key_file.clone().map(KeyPlace::File),
    };
    let engine = work.engine.clone();
    let applied = plan.clone();
    work.names_undo_file |= args.undo_file.is_some();
    work.titles = plan.changes.iter().map(|c| c.title.clone()).collect();
    let ended = work
        .watched(console, async move { Ok(engine.apply(&applied, &places).await) })
        .await?;
    let again = Again {
        args,
        plan: &plan,
        is_practice: work.session.is_practice(),
    };
    match ended {
        None => {
            console.note("interrupted in the middle of a call");
            again.say_how_to_go_on(None, console);
            Ok(INTERRUPTED)
        }
        Some(Ok(applied)) => again.done(&applied, console),
        Some(Err(stopped)) => again.stopped(&stopped, console),
    }
}

fn read_plan(path: &Path) -> Result<Plan, Failure> {
    Plan::read(&read_small(path, "plan")?).map_err(|why| {
        Failure::cannot(format!("{} can't be applied: {}", shown(path), escape(&why)))
            .hint("a plan is saved with `bucket-ready grant plan TARGET --user NAME --out PLAN.json`")
    })
}

/// The plan of an apply that was interrupted in this folder, or a new one.
async fn made_now(
    work: &mut Work,
    args: &GrantApplyArgs,
    target: &access::Target,
    console: &Console,
) -> Result<Option<Plan>, Failure> {
    let user = args.user.clone().unwrap_or_default();
    let folder = PathBuf::new();
    if let Some(before) = unfinished(&*work.engine.disk, &folder, target, &user) {
        console.note(&format!(
            "an earlier apply was interrupted (journal {}): this goes on with its plan",
            shown(&before.journal)
        ));
        return Ok(Some(before.plan));
    }
    let (engine, target) = (work.engine.clone(), target.clone());
    let wanted = Wanted {
        user,
        ..Wanted::default()
    };
    work.watched(console, async move { Ok(engine.plan(&target, &wanted).await?) })
        .await
}

fn must_be_its_own(plan: &Plan, target: &access::Target) -> Result<(), Failure> {
    if plan.target.bucket == target.bucket && plan.target.prefix == target.prefix {
        return Ok(());
    }
    let of = format!("s3://{}/{}", plan.target.bucket, plan.target.prefix);
    Err(Failure::cannot(format!(
        "nothing was changed: the plan is for {}, and TARGET is s3://{}/{}",
        escape(&of),
        target.bucket,
        target.prefix
    ))
    .hint(format!(
        "give the plan's own target: {}",
        of.trim_end_matches('/')
    )))
}

/// What is said at the end, and how the same is asked for again.
struct Again<'a> {
    args: &'a GrantApplyArgs,
    plan: &'a Plan,
    /// Then nothing can follow: the account is gone.
    is_practice: bool,
}

impl Again<'_> {
    fn done(&self, applied: &Applied, console: &Console) -> Outcome {
        console.result(&self.summary(applied, console.stdout_style()))?;
        match &applied.verdict {
            Verdict::Refused(say) => Err(Failure::cannot(format!(
                "the grant is made, but the new key does not work: {say}"
            ))
            .hint(format!("to see what refuses it: {}", self.check(applied)))
            .maybe_hint(
                applied
                    .undo_file
                    .as_ref()
                    .filter(|_| !self.is_practice)
                    .map(|file| format!("to take it back: {}", self.undo(file))),
            )),
            Verdict::Works(_) | Verdict::Unseen(_) if self.is_practice => Ok(0),
            Verdict::Works(_) | Verdict::Unseen(_) => {
                console.note(&format!(
                    "to see every finding with the new key: {}",
                    self.check(applied)
                ));
                console.note(&format!(
                    "for the integration page's own confirm step, on Spark: bucket-ready grant plan {} --user {} --print spark",
                    shell_quote(&self.args.target),
                    shell_quote(&self.plan.user)
                ));
                Ok(0)
            }
            Verdict::NothingChanged => Ok(0),
        }
    }

    fn summary(&self, applied: &Applied, style: Style) -> String {
        let plan = self.plan;
        let place = format!("s3://{}/{}", plan.target.bucket, plan.target.prefix);
        let head = match applied.changed.is_empty() {
            true => format!(
                "Nothing to do: this plan for {} on {place} was applied before.",
                plan.user
            ),
            false => format!(
                "Done: {} may list and read the three folders of {place}.",
                plan.user
            ),
        };
        let mut out = paragraph_text(&escape(&head), 0, style);
        for title in &applied.changed {
            out.push_str(&format!("  + {}\n", escape(title)));
        }
        for title in &applied.found {
            out.push_str(&format!("  = {} (was there)\n", escape(title)));
        }
        let mut line = |label: &str, text: &str| {
            out.push_str(&paragraph_text(&escape(&format!("{label} {text}")), 2, style));
        };
        if let Some(key) = &applied.key {
            let file = key.file.as_ref().map(|file| shown(file)).unwrap_or_default();
            line(
                "key",
                &format!("{} in {file}; its secret stands nowhere else", key.id),
            );
        }
        match &applied.verdict {
            Verdict::Works(say) => line("proof", &format!("✓ tried with the new key: {say}")),
            Verdict::Refused(say) => line("proof", &format!("✗ tried with the new key: {say}")),
            Verdict::Unseen(say) => line("proof", &format!("? {say}")),
            Verdict::NothingChanged => {}
        }
        if self.is_practice {
            if let (Some(file), true) = (&self.args.undo_file, applied.undo_file.is_some()) {
                line(
                    "undo",
                    &format!("{} has it, though this account is gone now", shown(file)),
                );
            }
        } else if let Some(file) = &applied.undo_file {
            // On a line of its own, unbroken: it is there to be copied.
            out.push_str(&format!("  undo with\n    {}\n", escape(&self.undo(file))));
        }
        out
    }

    fn stopped(&self, stopped: &Stopped, console: &Console) -> Outcome {
        let has_changed = stopped.undo_file.is_some();
        for title in stopped.left.iter().filter(|_| has_changed) {
            console.note(&format!("  not done: {title}"));
        }
        if stopped.is_cancelled() {
            console.note("interrupted; what was done until then is in the journal");
            self.say_how_to_go_on(Some(stopped), console);
            return Ok(INTERRUPTED);
        }
        let mut failure = Failure::from((*stopped.why).clone());
        if let Some(file) = stopped.undo_file.as_ref().filter(|_| !self.is_practice) {
            failure = failure
                .hint(format!("to go on: {}", self.again()))
                .hint(format!("to take back what was done: {}", self.undo(file)));
        }
        Err(failure)
    }

    fn say_how_to_go_on(&self, stopped: Option<&Stopped>, console: &Console) {
        if self.is_practice {
            return; // there is nothing left to go on with
        }
        console.note(&format!("to go on: {}", self.again()));
        if let Some(file) = stopped.and_then(|s| s.undo_file.as_ref()) {
            console.note(&format!("to take back what was done: {}", self.undo(file)));
        }
    }

    /// This command once more.
    fn again(&self) -> String {
        let quoted = |path: &PathBuf| shell_quote(&path.to_string_lossy());
        let args = self.args;
        let mut command = format!("bucket-ready grant apply {}", shell_quote(&args.target));
        if let Some(user) = &args.user {
            command.push_str(&format!(" --user {}", shell_quote(user)));
        }
        if let Some(plan) = &args.plan {
            command.push_str(&format!(" --plan {}", quoted(plan)));
        }
        command.push_str(&format!(" --confirm {}", shell_quote(&self.plan.target.bucket)));
        if let Some(file) = &args.key_file {
            command.push_str(&format!(" --key-file {}", quoted(file)));
        }
        command
    }

    fn undo(&self, file: &Path) -> String {
        format!(
            "bucket-ready grant undo {} --confirm {}",
            shell_quote(&file.to_string_lossy()),
            shell_quote(&self.plan.target.bucket)
        )
    }

    fn check(&self, applied: &Applied) -> String {
        let file = applied.key.as_ref().and_then(|key| key.file.as_ref());
        let key = match file {
            Some(file) => format!(" --reader-key-file {}", shell_quote(&file.to_string_lossy())),
            None => String::new(),
        };
        format!("bucket-ready check {}{key}", shell_quote(&self.args.target))
    }
}
