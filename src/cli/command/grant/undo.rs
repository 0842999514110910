//! `grant undo`: exactly one apply's changes, taken back.

use std::path::Path;

use super::{Work, confirmed, read_small, shown};
use crate::{
    access::plan::undo::UndoFile,
    cli::{
        INTERRUPTED, Outcome,
        args::{GlobalArgs, GrantUndoArgs},
        failure::Failure,
        output::Console,
        target::Place,
    },
    grant::{Stopped, TakenBack},
    report::{
        escape,
        render::{Style, paragraph_text},
    },
};

pub(super) async fn run(global: &GlobalArgs, args: &GrantUndoArgs, console: &Console) -> Outcome {
    let file = UndoFile::read(&read_small(&args.file, "undo file")?).map_err(|why| {
        Failure::cannot(format!("{} can't be used: {}", shown(&args.file), escape(&why)))
            .hint("`grant apply` names its undo file on stderr")
    })?;
    let bucket = file.target.bucket.clone();
    if !confirmed(args.confirm.as_deref(), &bucket)? {
        return Err(
            Failure::cannot("nothing was changed: it is not confirmed").hint(format!(
                "to take the changes to {0} back, repeat the bucket's name: --confirm {0}",
                escape(&bucket)
            )),
        );
    }
    // Through the same door as any target, so that a file can't name what is no bucket.
    let place = Place::parse(&format!("s3://{bucket}"))?;
    let mut work = Work::open(global, &place, Vec::new()).await?;
    let engine = work.engine.clone();
    let folder = args.file.parent().unwrap_or(Path::new("")).to_owned();
    let ended = work
        .watched(console, async move {
            let here = Path::new("");
            let folders = match folder == here {
                true => vec![here],
                false => vec![here, folder.as_path()],
            };
            Ok(engine.undo(&file, &folders).await)
        })
        .await?;
    match ended {
        None => {
            console.note("interrupted in the middle of a call; run the same command again to go on");
            Ok(INTERRUPTED)
        }
        Some(Ok(taken)) => {
            console.result(&summary(&taken, console.stdout_style()))?;
            Ok(0)
        }
        Some(Err(stopped)) => halted(&stopped, console),
    }
}

fn summary(taken: &TakenBack, style: Style) -> String {
    let head = match (taken.done.is_empty(), taken.stays.is_empty()) {
        (true, true) => "There is nothing left to take back.",
        (true, false) => "There is nothing left to take back but what stays:",
        (false, true) => "Taken back; nothing of it stays.",
        (false, false) => "Taken back as far as it is ours:",
    };
    let mut out = format!("{head}\n");
    for say in &taken.done {
        out.push_str(&format!("  - {}\n", escape(say)));
    }
    for say in &taken.stays {
        out.push_str(&paragraph_text(&escape(&format!("stays: {say}")), 2, style));
    }
    out
}

fn halted(stopped: &Stopped, console: &Console) -> Outcome {
    for say in &stopped.left {
        console.note(&format!("  not done: {say}"));
    }
    if stopped.is_cancelled() {
        console.note("interrupted; run the same command again to go on");
        return Ok(INTERRUPTED);
    }
    Err(Failure::from((*stopped.why).clone())
        .hint("run the same command again to go on: what is taken back stays so"))
}
