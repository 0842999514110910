//! `check`: every read-only check, without a screen.

use super::{deliver, render};
use crate::{
    cli::{
        INTERRUPTED, Outcome,
        args::{CheckArgs, Format, GlobalArgs},
        failure::Failure,
        output::{Console, OutFile, Written},
        session::Session,
        target::Place,
        watch::{runtime, watch},
    },
    report::{Mode, Report, Rows, SurveyEvent, config::Config, redact::Redactor, render::json},
};

/// Runs `check`.
///
/// # Errors
/// Exit 2 and 4; everything about the bucket itself stands in the report.
pub fn run(global: &GlobalArgs, args: &CheckArgs, console: &Console) -> Outcome {
    let place = Place::parse(&args.target)?;
    let out = args.out.as_deref().map(OutFile::create).transpose()?;
    let runtime = runtime()?;
    let outcome = runtime.block_on(check(global, args, &place, out, console));
    // Work that can't be stopped, such as a name look-up, must not hold the process up.
    runtime.shutdown_background();
    outcome
}

/// How rows are read, by the options and the configuration.
pub fn mode(args: &CheckArgs, config: &Config) -> Mode {
    Mode {
        rows: if args.full { Rows::All } else { Rows::Sample },
        sample_rows: (!args.full).then_some(args.sample),
        seed: args.seed,
        fail_on: args.fail_on.into(),
        only: args.only.clone(),
        skip: args.skip.clone(),
        ..config.mode()
    }
}

async fn check(
    global: &GlobalArgs,
    args: &CheckArgs,
    place: &Place,
    out: Option<OutFile>,
    console: &Console,
) -> Outcome {
    let session = Session::open(global, place, args.now).await?;
    let mode = mode(args, &session.config);
    let mut lines = Lines {
        out,
        console,
        streaming: args.output == Format::Jsonl,
        redactor: args.redact.then(Redactor::default),
    };
    let watched = watch(&session, mode, console, |event| lines.event(event)).await?;
    let mut report = watched.report;
    let verdict = report.verdict;
    lines.finish(&mut report, args.output)?;
    if watched.interrupted {
        console.note("interrupted: this is what was found until then");
        return Ok(INTERRUPTED);
    }
    Ok(verdict.exit_code())
}

/// The result's way out: event by event for `jsonl`, else at the end.
struct Lines<'a> {
    out: Option<OutFile>,
    console: &'a Console,
    streaming: bool,
    redactor: Option<Redactor>,
}

impl Lines<'_> {
    fn event(&mut self, event: &SurveyEvent) -> Result<(), Failure> {
        if !self.streaming {
            return Ok(());
        }
        match &mut self.redactor {
            Some(redactor) => {
                let mut event = event.clone();
                redactor.event(&mut event);
                self.line(&json::event(&event))
            }
            None => self.line(&json::event(event)),
        }
    }

    fn line(&mut self, line: &str) -> Result<(), Failure> {
        match &mut self.out {
            Some(file) => file.write(line),
            None => {
                // Whoever read the lines has gone. The run goes on, for its exit code.
                if self.console.result(line)? == Written::ReaderGone {
                    self.streaming = false;
                }
                Ok(())
            }
        }
    }

    fn finish(mut self, report: &mut Report, format: Format) -> Result<(), Failure> {
        if let Some(redactor) = &mut self.redactor {
            redactor.report(report);
        }
        if format == Format::Jsonl && self.out.is_none() && !self.streaming {
            return Ok(());
        }
        deliver(self.out.take(), self.console, |style| {
            render(report, format, style)
        })
    }
}
