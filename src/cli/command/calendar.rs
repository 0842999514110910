//! `calendar`: the days of a month.

use crate::{
    cli::{
        INTERRUPTED, Outcome,
        args::{CalendarArgs, GlobalArgs, TextOrJson},
        output::Console,
        session::Session,
        target::Place,
        watch::{runtime, watch},
    },
    report::{
        Report, Status,
        render::{json, month},
    },
    rule::Category,
};

/// Runs `calendar`. Where the bucket could not be seen, the exit code is that of the verdict, and stderr says why.
///
/// # Errors
/// Exit 2 and 4.
pub fn run(global: &GlobalArgs, args: &CalendarArgs, console: &Console) -> Outcome {
    let place = Place::parse(&args.target)?;
    let runtime = runtime()?;
    let outcome = runtime.block_on(async {
        let session = Session::open(global, &place, args.now).await?;
        let watched = watch(&session, session.config.mode(), console, |_| Ok(())).await?;
        let report = &watched.report;
        let shown = args.month.or_else(|| month::default_month(report));
        let text = match (args.output, shown) {
            (TextOrJson::Json, Some(shown)) => json::pretty(&month::of_month(report, shown)),
            (TextOrJson::Json, None) => json::pretty(&report.calendar),
            (TextOrJson::Text, Some(shown)) => month::text(report, shown, console.stdout_style()),
            (TextOrJson::Text, None) => "No day has data or a signal.\n".to_owned(),
        };
        console.result(&text)?;
        if watched.interrupted {
            return Ok(INTERRUPTED);
        }
        Ok(unseen(report, console))
    });
    runtime.shutdown_background();
    outcome
}

/// What kept days from being seen, told on stderr; 0 where nothing did.
fn unseen(report: &Report, console: &Console) -> u8 {
    let in_the_way = report.checks.iter().find(|check| {
        matches!(check.category, Category::Connection | Category::Access)
            && (check.status == Status::Fail || (check.status == Status::Unknown && check.required))
    });
    let Some(check) = in_the_way else {
        return 0;
    };
    let cause = check.cause.as_deref().unwrap_or(&check.title);
    console.note(&format!(
        "{} {} {}: {cause}",
        check.code, check.slug, check.subject
    ));
    report.verdict.exit_code()
}
