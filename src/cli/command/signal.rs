//! `signal`: a day told complete, after what that does was shown and accepted.
//!
//! Without `--confirm` nothing is sent. With it the bucket is surveyed first, the signal is held against what it would
//! do, and again right before it leaves, by the clock of that moment.
//!
//! - `way`: by files or by the API: what the options and the configuration come to
//! - `send`: the sending, and what came of it in words

mod send;
mod way;

pub(in crate::cli) use self::{
    send::{answered, unmarked},
    way::VARIABLE,
};

use jiff::Timestamp;

use self::way::{Chosen, Ledgered};
use crate::{
    calendar::{DayOffset, PstDay},
    cli::{
        INTERRUPTED, Outcome,
        args::{GlobalArgs, PrintArg, SignalArgs},
        failure::{CANNOT, Failure},
        output::Console,
        session::Session,
        target::Place,
        watch::{runtime, watch},
    },
    contract::{
        SignalVia,
        days::{
            Evidence,
            guard::{Consent, Hurdles, hurdles},
            what_if::{Candidate, WhatIf, what_if},
        },
    },
    report::{
        Report, Status,
        render::signal::{Preview, preview},
    },
    rule::Category,
};

/// Runs `signal`. Exit 0: sent, already signalled, or shown by `--dry-run`; exit 4: not confirmed, refused, or failed.
///
/// # Errors
/// Exit 2 and 4.
pub fn run(global: &GlobalArgs, args: &SignalArgs, console: &Console) -> Outcome {
    let place = Place::parse(&args.target)?;
    let runtime = runtime()?;
    let outcome = runtime.block_on(signal(global, args, &place, console));
    runtime.shutdown_background();
    outcome
}

async fn signal(global: &GlobalArgs, args: &SignalArgs, place: &Place, console: &Console) -> Outcome {
    let session = Session::open(global, place, args.now).await?;
    let mut chosen = Chosen::of(args, &session)?;
    chosen.find_key(args, &session, console)?;
    let watched = watch(&session, session.config.mode(), console, |_| Ok(())).await?;
    if watched.interrupted {
        return Ok(INTERRUPTED);
    }
    let report = watched.report;
    let evidence = known(&report)?;
    let case = Case {
        session: &session,
        global,
        args,
        report: &report,
        evidence: &evidence,
        via: chosen.via,
        offset: session.config.day_offset,
    };
    let ledgered = chosen.ledgered(&case)?;
    let what = case.what_if(session.now, ledgered.taken);
    let hurdles = case.hurdles(&what);
    if args.print == Some(PrintArg::Curl) {
        return printed(&case, &chosen, &what, console);
    }
    let shown = shown(&case, &chosen, &ledgered, &what, &hurdles, console)?;
    if args.dry_run {
        console.result(&shown)?;
        return Ok(0);
    }
    if let Some(refusal) = ledgered.refusal() {
        console.result(&shown)?;
        return Err(refusal);
    }
    if (ledgered.is_marked || changes_nothing(&what)) && is_not_misdirected(&hurdles) {
        console.result(&shown)?;
        console.result(&already_in_words(&case, &ledgered, &what))?;
        return Ok(0);
    }
    if !hurdles.is_clear() {
        console.result(&shown)?;
        return Err(refused(&case, &hurdles));
    }
    console.result(&shown)?;
    chosen.ask_for_key(global)?;
    send::send(&case, &chosen, &what, ledgered.taken, console).await
}

/// All that is known of the signal to be sent.
struct Case<'a> {
    session: &'a Session,
    global: &'a GlobalArgs,
    args: &'a SignalArgs,
    report: &'a Report,
    evidence: &'a Evidence,
    via: SignalVia,
    offset: DayOffset,
}

impl Case<'_> {
    fn dates(&self) -> &[PstDay] {
        &self.args.dates
    }

    /// The last date, in the order in which they were given: the one to confirm.
    fn last_given(&self) -> PstDay {
        self.args.dates.last().copied().unwrap_or(PstDay::MAX)
    }

    /// The latest of the dates: the one that the API's timestamp completes.
    fn latest(&self) -> PstDay {
        self.args.dates.iter().max().copied().unwrap_or(PstDay::MAX)
    }

    fn candidate(&self, marked: Option<i64>) -> Candidate {
        match self.via {
            SignalVia::Api => Candidate::Timestamp {
                second: self.latest().end_second(self.offset),
                marked,
            },
            SignalVia::Files => Candidate::Dates(self.args.dates.clone()),
        }
    }

    /// What it would do, at a time.
    fn what_if(&self, now: Timestamp, marked: Option<i64>) -> WhatIf {
        what_if(
            &self.session.config.context(now),
            self.evidence,
            &self.candidate(marked),
        )
    }

    fn hurdles(&self, what: &WhatIf) -> Hurdles {
        let consent = Consent {
            confirm: self.args.confirm.clone(),
            accept: self.args.accept.clone(),
        };
        hurdles(what, self.last_given(), &consent)
    }

    /// Asked right before sending: whether what was accepted is still what it would do.
    ///
    /// A word that has become superfluous since does no harm; a consequence that has come up since does.
    fn still_clear(&self, marked: Option<i64>) -> Result<(), String> {
        let what = self.what_if(self.session.clock(self.args.now), marked);
        let hurdles = self.hurdles(&what);
        let now = Hurdles {
            wrong: Vec::new(),
            ..hurdles
        };
        if now.is_clear() {
            Ok(())
        } else {
            Err(now.in_words().join("; "))
        }
    }
}

/// The evidence, or why there is none: nothing is sent on no evidence.
fn known(report: &Report) -> Result<Evidence, Failure> {
    if let Some(evidence) = report.evidence()
        && report.complete
    {
        return Ok(evidence);
    }
    let in_the_way = report.checks.iter().find(|check| {
        check.category == Category::Connection && matches!(check.status, Status::Fail | Status::Unknown)
    });
    let why = match in_the_way {
        Some(check) => format!(
            "{} {}: {}",
            check.code,
            check.slug,
            check.cause.as_deref().unwrap_or(&check.title)
        ),
        None => "the survey of the bucket was cut short".to_owned(),
    };
    let next = in_the_way.and_then(|check| check.next.clone());
    Err(Failure::cannot(format!(
        "what a signal would do can't be told, and none was sent: {why}"
    ))
    .maybe_hint(next.as_ref().map(|next| next.say.clone()))
    .maybe_hint(next.and_then(|next| next.command)))
}

/// Whether all that is named was closed before.
fn changes_nothing(what: &WhatIf) -> bool {
    what.days.is_empty() && what.later_days == 0 && !what.already.is_empty()
}

/// Whether no other date than the one given is confirmed. Nothing would be sent, but another day may have been meant.
fn is_not_misdirected(hurdles: &Hurdles) -> bool {
    hurdles
        .confirm
        .as_ref()
        .is_none_or(|confirm| confirm.given.is_none())
}

/// The preview, and how to send it.
fn shown(
    case: &Case<'_>,
    chosen: &Chosen,
    ledgered: &Ledgered,
    what: &WhatIf,
    hurdles: &Hurdles,
    console: &Console,
) -> Result<String, Failure> {
    let way = chosen.way(case, ledgered, what)?;
    let daily = way::daily(case);
    let marked = chosen.marked_before(case);
    let mut text = preview(
        &Preview {
            report: case.report,
            what,
            dates: case.dates(),
            now: case.session.now,
            way: &way,
            marked: &marked,
            daily: daily.as_deref(),
        },
        console.stdout_style(),
    );
    let sends = ledgered.refusal().is_none() && !ledgered.is_marked && !changes_nothing(what);
    if sends && (case.args.dry_run || !hurdles.is_clear()) {
        text.push_str(&format!("\nTo send it:\n  {}\n", way::command(case, what)));
    }
    Ok(text)
}

fn already_in_words(case: &Case<'_>, ledgered: &Ledgered, what: &WhatIf) -> String {
    let finished = case.report.finished_dates();
    let mut text = String::from("\n");
    if ledgered.is_marked {
        let at = ledgered
            .taken_at
            .map(|at| format!(" on {at}"))
            .unwrap_or_default();
        let latest = case.latest();
        text.push_str(&format!(
            "✓ {latest} already signalled: this timestamp was taken{at}, says the ledger. Nothing was sent.\n"
        ));
        return text;
    }
    for day in &what.already {
        let closed_by = finished.iter().find(|finished| *finished >= day);
        let how = match closed_by {
            Some(by) if by != day => {
                format!("closed by the signal of {by}. A signal of its own would change nothing")
            }
            _ => "its signal stands".to_owned(),
        };
        text.push_str(&format!(
            "✓ {day} already signalled: {how}. Nothing was written.\n"
        ));
    }
    text
}

/// Exit 4, with what is missing.
fn refused(case: &Case<'_>, hurdles: &Hurdles) -> Failure {
    let only_unconfirmed = hurdles.missing.is_empty()
        && hurdles.wrong.is_empty()
        && hurdles
            .confirm
            .as_ref()
            .is_some_and(|confirm| confirm.given.is_none());
    if only_unconfirmed {
        return Failure {
            code: CANNOT,
            what: "nothing was sent: it is not confirmed".into(),
            hints: vec![format!("send it with --confirm {}", case.last_given())],
        };
    }
    let mut failure = Failure::cannot(format!("nothing was sent: {}", hurdles.briefly()));
    let words: Vec<&str> = hurdles
        .missing
        .iter()
        .map(|missing| missing.accept.word())
        .collect();
    if !words.is_empty() {
        failure = failure.hint(format!(
            "what can't be taken back is accepted word by word: add --accept {}",
            words.join(",")
        ));
    }
    if hurdles.confirm.is_some() {
        failure = failure.hint(format!("repeat the last date: --confirm {}", case.last_given()));
    }
    failure
}

/// The command that would send it by the API, with what it would do above it as comments.
fn printed(case: &Case<'_>, chosen: &Chosen, what: &WhatIf, console: &Console) -> Outcome {
    let mark = chosen.mark(case);
    let mut text = String::new();
    let at = mark.instant().map(|at| format!(", {at}")).unwrap_or_default();
    text.push_str(&format!(
        "# Completes {} and every day before it{at}.\n",
        case.latest()
    ));
    for found in &what.consequences {
        text.push_str(&format!("# {}: {}.\n", found.accept.word(), found.say));
    }
    text.push_str(&way::curl(&chosen.url(), &mark));
    console.result(&text)?;
    Ok(0)
}
