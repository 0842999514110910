//! The sending of a signal, and what came of it in words. Whatever may or may not have happened is said to be so.

use std::sync::atomic::{AtomicBool, Ordering};

use jiff::Timestamp;

use super::{
    Case,
    way::{Chosen, open_days},
};
use crate::{
    calendar::PstDay,
    cli::{INTERRUPTED, Outcome, failure::Failure, output::Console, watch::Interruption},
    contract::{SignalVia, days::what_if::WhatIf},
    report::{Identity, Problem, ProblemKind, Target},
    rule::Next,
    signal::{
        Answer, Marked, Standing, Written, api,
        files::{self, Failed},
    },
    statsig::Address,
};

/// What people ask next.
const WHEN: &str = "Statsig looks for signals about once an hour; new metrics usually appear by the next morning or about noon \
                    PST. These are expectations, not promises.";

/// Sends the signal.
///
/// # Errors
/// Exit 4: it was withheld, refused, or may or may not have been taken.
pub(super) async fn send(
    case: &Case<'_>,
    chosen: &Chosen,
    what: &WhatIf,
    marked: Option<i64>,
    console: &Console,
) -> Outcome {
    replay(case, chosen)?;
    match case.via {
        SignalVia::Files => by_files(case, chosen, what, console).await,
        SignalVia::Api => by_api(case, chosen, marked, console).await,
    }
}

/// A clock ahead of this machine's makes days that are not over look over. That is for replays, and a real bucket's or
/// project's signals are none.
fn replay(case: &Case<'_>, chosen: &Chosen) -> Result<(), Failure> {
    let real = match case.via {
        SignalVia::Files => {
            matches!(case.session.target, Target::S3 { .. }) && !is_here(case.global.endpoint_url.as_deref())
        }
        SignalVia::Api => !chosen.is_loopback(),
    };
    match case.args.now.filter(|given| real && *given > Timestamp::now()) {
        None => Ok(()),
        Some(given) => Err(Failure::cannot(format!(
            "nothing was sent: --now {given} is ahead of this machine's clock, and this signal would be real"
        ))
        .hint("leave --now out to send; it is for replays, tests and --dry-run")),
    }
}

/// Whether an S3 endpoint is on this machine. AWS' own can be given as one too, and so can a VPC's.
fn is_here(endpoint: Option<&str>) -> bool {
    endpoint.is_some_and(|url| Address::parse(url).is_ok_and(|address| address.is_loopback()))
}

async fn by_files(case: &Case<'_>, chosen: &Chosen, what: &WhatIf, console: &Console) -> Outcome {
    let form = chosen.form(case)?;
    let days: Vec<PstDay> = open_days(case, what).collect();
    let (store, identity) = case.session.to_write().await.map_err(Failure::from)?;
    if let Some(whose) = identity.as_ref().and_then(in_words) {
        console.note(&format!("writing with the operator's credentials: {whose}"));
    }
    let mut interruption = Interruption::listen()?;
    let stop = AtomicBool::new(false);
    let gate = |_: PstDay| {
        let withheld = |why: String, say: &str| {
            Problem::new(ProblemKind::Cancelled, "it was withheld", why, Next::say(say))
        };
        if stop.load(Ordering::Relaxed) {
            return Err(withheld(
                "the run was interrupted".into(),
                "Run the same command again.",
            ));
        }
        case.still_clear(None).map_err(|why| {
            withheld(
                why,
                "What it would do has changed since it was shown. Look again with --dry-run.",
            )
        })
    };
    let prefix = case.session.target.prefix();
    let mut work = std::pin::pin!(files::send(&*store, prefix, &days, form.kind, gate));
    let told = loop {
        tokio::select! {
            told = &mut work => break told,
            () = interruption.next() => {
                if stop.swap(true, Ordering::Relaxed) {
                    console.note("left: the write under way may or may not have been made. Run the same command again: it says what stands");
                    return Ok(INTERRUPTED);
                }
                console.note("ending after the write under way; again leaves it");
            }
        }
    };
    written(&told, stop.load(Ordering::Relaxed), console)
}

/// `arn:aws:iam::123456789012:user/ops (key …7F3Q)`
fn in_words(identity: &Identity) -> Option<String> {
    match (&identity.arn, &identity.key_last4) {
        (Some(arn), Some(last)) => Some(format!("{arn} (key …{last})")),
        (Some(arn), None) => Some(arn.clone()),
        (None, Some(last)) => Some(format!("key …{last}")),
        (None, None) => None,
    }
}

/// What stands is the result; what failed is an error.
fn written(told: &[Written], interrupted: bool, console: &Console) -> Outcome {
    let mut text = String::from("\n");
    let mut failed: Option<(PstDay, &Failed)> = None;
    for one in told {
        let (day, key) = (one.day, &one.key);
        match &one.result {
            Some(Ok(Standing::Written)) => {
                text.push_str(&format!("✓ {day} signalled: {key} written and read back\n"));
            }
            Some(Ok(Standing::Already)) => {
                text.push_str(&format!(
                    "✓ {day} already signalled: {key} was there, nothing was written\n"
                ));
            }
            Some(Ok(Standing::Found)) => text.push_str(&format!(
                "✓ {day} signalled: the answer to the write was lost, and {key} is there and says so\n"
            )),
            Some(Err(why)) => {
                let state = if why.may_stand {
                    "may be signalled"
                } else {
                    "not signalled"
                };
                text.push_str(&format!("✗ {day} {state}: {}\n", why.problem.what));
                failed = failed.or(Some((day, why)));
            }
            None => text.push_str(&format!("– {day} not tried\n")),
        }
    }
    if failed.is_none() {
        text.push_str(&format!("\n{WHEN}\n"));
    }
    console.result(&text)?;
    match failed {
        None => Ok(0),
        Some(_) if interrupted => Ok(INTERRUPTED),
        Some((day, why)) => Err(not_written(day, why)),
    }
}

fn not_written(day: PstDay, why: &Failed) -> Failure {
    let problem = &why.problem;
    let state = if why.may_stand {
        "may be signalled, which could not be seen"
    } else {
        "is not signalled"
    };
    let failure = Failure::cannot(format!("{day} {state}: {problem}"));
    let failure = match problem.kind {
        ProblemKind::Refused => failure.hint(
            "signals are written with the operator's credentials, which need s3:PutObject and s3:GetObject on signals/*; \
             the reader's key must not be able to write",
        ),
        _ => failure,
    };
    failure
        .hint(problem.next.say.clone())
        .maybe_hint(problem.next.command.clone())
}

async fn by_api(case: &Case<'_>, chosen: &Chosen, marked: Option<i64>, console: &Console) -> Outcome {
    let Some((client, ledger)) = chosen.client() else {
        return Err(Failure::cannot("nothing was sent: there is no server secret"));
    };
    let mark = chosen.mark(case);
    let mut interruption = Interruption::listen()?;
    let mut work = std::pin::pin!(api::mark(
        &client,
        &ledger,
        &mark,
        || case.session.clock(case.args.now),
        || case.still_clear(marked),
    ));
    let mut asked_to_end = false;
    let marked = loop {
        tokio::select! {
            marked = &mut work => break marked,
            () = interruption.next() => {
                if asked_to_end {
                    console.note("left: the timestamp may or may not have been taken. The ledger holds that it was about to be sent");
                    return Ok(INTERRUPTED);
                }
                asked_to_end = true;
                console.note("a request is under way, and is waited for; again leaves it");
            }
        }
    };
    told(case, marked, &mark, console)
}

fn told(case: &Case<'_>, marked: Marked, mark: &api::Mark, console: &Console) -> Outcome {
    let day = case.latest();
    let at = mark.instant().map(|at| at.to_string()).unwrap_or_default();
    match marked {
        Marked::Taken(answer) => {
            console.result(&format!(
                "\n✓ {day} signalled: timestamp {} ({at}) was sent, and the server {}\n\n{WHEN}\n",
                mark.timestamp,
                answered(&answer)
            ))?;
            Ok(0)
        }
        Marked::Already { at: when } => {
            let when = when.map(|when| format!(" on {when}")).unwrap_or_default();
            console.result(&format!(
                "\n✓ {day} already signalled: this timestamp was taken{when}, says the ledger. Nothing was sent.\n"
            ))?;
            Ok(0)
        }
        Marked::Unentered { marked, error } => {
            let told = told(case, *marked, mark, console);
            let failure = Failure::cannot(format!("what was answered could not be entered: {error}"))
                .hint("the ledger holds that it was about to be sent: it will be told as one that may have been taken");
            match told {
                Ok(_) => Err(failure),
                Err(first) => Err(first.hint(failure.what)),
            }
        }
        other => Err(unmarked(other)),
    }
}

/// Why a timestamp was not taken, or may not have been.
pub(in crate::cli) fn unmarked(marked: Marked) -> Failure {
    match marked {
        Marked::Earlier {
            marked: later,
            certain,
        } => {
            let later = Timestamp::from_second(later).map_or_else(|_| later.to_string(), |at| at.to_string());
            let how = if certain {
                "was taken"
            } else {
                "may have been taken"
            };
            Failure::cannot(format!(
                "nothing was sent: the later timestamp {later} {how}, says the ledger"
            ))
            .hint("the timestamp only moves forward, so an earlier one would do nothing")
        }
        Marked::Refused(answer) => {
            let failure = Failure::cannot(format!("it was refused: the server {}", answered(&answer)));
            match answer.status {
                401 | 403 => failure.hint(
                    "the key is not accepted: is it a server secret (secret-…) of this project, and still active?",
                ),
                429 => failure.hint("the server asks for patience; nothing was taken. Run it again later"),
                300..=399 => failure.hint(
                    "redirects are not followed, since the key would go along: give the right address with --statsig-url",
                ),
                _ => failure.hint("nothing was taken, as far as the answer says"),
            }
        }
        Marked::NotSent(why) => Failure::cannot(format!("nothing was sent: {why}"))
            .hint("check the network, a proxy, and --statsig-url, then run it again"),
        Marked::Withheld(why) => Failure::cannot(format!("nothing was sent: {why}"))
            .hint("what it would do has changed since it was shown: look again with --dry-run"),
        Marked::NoLedger(error) => Failure::cannot(format!("nothing was sent: {error}"))
            .hint("without its ledger nothing is sent, since what was marked can't be asked for"),
        Marked::Open { why, answer } => open(&why, answer.as_ref()),
        Marked::Taken(_) | Marked::Already { .. } | Marked::Unentered { .. } => {
            Failure::cannot("internal error: a signal that was taken was told as one that was not")
        }
    }
}

/// The one thing that a script must not shrug off: nobody knows.
fn open(why: &str, answer: Option<&Answer>) -> Failure {
    let answer = answer
        .filter(|answer| !answer.body.is_empty())
        .map(|answer| format!(": “{}”", answer.body))
        .unwrap_or_default();
    Failure::cannot(format!("it may have been taken: {why}{answer}"))
        .hint("the timestamp can't be asked for: see in the project's ingestion page whether the days load within the hours to come")
        .hint("running the same command again sends the same timestamp, which changes nothing if it was taken")
}

/// `answered 200: “{"success":true}”`
pub(in crate::cli) fn answered(answer: &Answer) -> String {
    match answer.body.is_empty() {
        true => format!("answered {} without a word", answer.status),
        false => format!("answered {}: “{}”", answer.status, answer.body),
    }
}

#[cfg(test)]
mod tests {
    use super::is_here;

    #[test]
    fn only_an_endpoint_on_this_machine_makes_a_signal_one_of_no_consequence() {
        for here in [
            "http://127.0.0.1:9000",
            "http://localhost:9000/",
            "https://[::1]:9000",
        ] {
            assert!(is_here(Some(here)), "{here}");
        }
        for real in [
            "https://s3.us-west-2.amazonaws.com",
            "https://bucket.vpce-1a2b3c4d-5e6f.s3.us-east-1.vpce.amazonaws.com",
            "http://minio.internal:9000",
            "http://127.0.0.1.example.com",
            "http://127.0.0.1@s3.us-west-2.amazonaws.com",
            "",
        ] {
            assert!(!is_here(Some(real)), "{real}");
        }
        assert!(!is_here(None));
    }
}
