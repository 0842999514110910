//! How step 2 stands, in sentences: under the list, and the same in every state.

use crate::{
    access::plan::Plan,
    tui::screens::connect::last4,
    wizard::{
        Mark, Wizard,
        grant::{Applied, Doing, End, Verified},
        words,
    },
};

/// How things stand, in sentences.
pub(super) fn standing(wizard: &Wizard) -> Vec<(Mark, String)> {
    let grant = &wizard.grant;
    let mut out = Vec::new();
    if let Some(problem) = &grant.problem {
        out.push((
            Mark::Fail,
            format!("fail: {}. {}", problem.what, problem.next.say),
        ));
    }
    match (wizard.shown_plan(), grant.doing) {
        (None, Some(Doing::Planning)) => {
            out.push((Mark::Working, "Looking at user and bucket, to plan.".into()));
        }
        (None, _) if out.is_empty() => {
            out.push((
                Mark::ToDo,
                match wizard.is_working() {
                    true => "The plan is made once the bucket has answered.".into(),
                    false => "There is no plan yet. r makes one.".into(),
                },
            ));
        }
        (Some(_), Some(Doing::Planning)) => {
            out.push((Mark::Working, "Planning again, from what is there now.".into()));
        }
        (Some(plan), _) => match &grant.applied {
            Some(applied) => out.extend(applied_words(wizard, plan, applied)),
            None => out.extend(planned_words(wizard, plan)),
        },
        _ => {}
    }
    if grant.undo.done && grant.applied.is_none() {
        out.insert(
            0,
            (
                Mark::Pass,
                format!(
                    "Taken back: {}{}.{}",
                    words::counted(grant.undo.told.len() as u64, "things"),
                    match wizard.is_practice() {
                        true => String::new(),
                        false => format!(", from {}", grant.undo.path),
                    },
                    older_words(grant.undo_files.iter().filter(|f| **f != grant.undo.path).count())
                ),
            ),
        );
    }
    if grant.undo.done && !grant.undo.stays.is_empty() && wizard.is_practice() {
        out.push((
            Mark::Info,
            "What was tried with D is not the grant's, and stays: D, put everything back.".into(),
        ));
    }
    out
}

/// What of this session is still there to take back.
fn older_words(files: usize) -> String {
    match files {
        0 => String::new(),
        1 => " u takes back the apply before it, too.".into(),
        n => format!(" u goes on with the {n} applies before it."),
    }
}

/// The plan in a sentence, after what there is already.
fn planned_words(wizard: &Wizard, plan: &Plan) -> Vec<(Mark, String)> {
    if !wizard.plan_only_tightens() {
        return vec![plan_sentence(plan, wizard.grant.plan.is_none())];
    }
    let what = match plan.changes.len() {
        1 => "The change would only put".to_owned(),
        n => format!("The {n} changes would only put"),
    };
    vec![
        (
            Mark::Pass,
            "What is there works: the reader lists and reads all folders, without these changes.".into(),
        ),
        (
            Mark::Info,
            format!(
                "{what} the grant into our own statements, which allow no more than is needed. a applies, p prints."
            ),
        ),
    ]
}

fn plan_sentence(plan: &Plan, saved: bool) -> (Mark, String) {
    let stops = plan.blocking().count() as u64;
    let problems = plan.problems.len() as u64;
    let problem_words = match problems {
        0 => String::new(),
        n => format!(", {}", words::counted(n, "problems")),
    };
    if plan.is_satisfied() {
        return match (plan.unseen.is_empty(), problems) {
            (true, 0) => (
                Mark::Pass,
                "All is as it should be: there is nothing to change.".into(),
            ),
            (true, _) => (
                Mark::Warn,
                format!("There is nothing to change{problem_words} that no change of ours meets."),
            ),
            (false, _) => (
                Mark::Unknown,
                format!("Nothing to change as far as could be seen{problem_words}; not all could be seen."),
            ),
        };
    }
    let changes = words::counted(plan.changes.len() as u64, "changes");
    if saved {
        return (
            Mark::Info,
            format!("{changes}{problem_words}, as the report saved them."),
        );
    }
    if stops > 0 {
        return (
            Mark::Fail,
            format!(
                "{changes}{problem_words}. {} must be met first: Enter on it says how.",
                words::counted(stops, "problems")
            ),
        );
    }
    (
        if problems > 0 { Mark::Warn } else { Mark::ToDo },
        format!("{changes}{problem_words}. a applies them, p prints them for somebody who may."),
    )
}

/// How far applying is, or how it ended.
fn applied_words(wizard: &Wizard, plan: &Plan, applied: &Applied) -> Vec<(Mark, String)> {
    let mut out = Vec::new();
    let all = plan.changes.len();
    let made = applied.standing();
    let of = format!("{made} of {}", words::counted(all as u64, "changes"));
    let named = |path: &String| match wizard.is_practice() {
        true => " What takes it back is kept in memory while the account lives: u.".to_owned(),
        false => format!(" Undo file: {path}."),
    };
    let undo = match (&applied.undo_file, applied.has_changed()) {
        (Some(path), true) => named(path),
        _ => String::new(),
    };
    for last4 in &applied.discarded {
        out.push((
            Mark::Info,
            format!("A key of an interrupted run, …{last4}, that was never handed out was deleted."),
        ));
    }
    match applied.end {
        None => {
            let undo_file = applied.undo_file.as_ref();
            let journal = undo_file.map_or(String::new(), named);
            out.push((Mark::Working, format!("{of} made.{journal}")));
            if let Some(waiting) = &applied.waiting {
                let last = waiting.last_error.as_deref();
                out.push((
                    Mark::Working,
                    format!(
                        "Waiting until AWS agrees with itself: {} of {} s, {} in a row as it should be{}",
                        waiting.elapsed,
                        waiting.deadline,
                        words::counted(u64::from(waiting.in_a_row), "answers"),
                        last.map_or(String::from("."), |e| format!("; last: {e}"))
                    ),
                ));
            }
        }
        Some(End::Done) => out.push((Mark::Pass, format!("Applied: {of} made.{undo}"))),
        Some(End::Stopped) => out.push((
            Mark::Warn,
            format!("Stopped: {of} stand, the rest was not begun. a goes on, u takes back.{undo}"),
        )),
        Some(End::Failed) => out.push((
            Mark::Fail,
            format!("Failed: {of} stand. a tries the rest again, u takes back.{undo}"),
        )),
        Some(End::Refused) => out.push((
            Mark::Fail,
            format!(
                "Refused: what the plan would change has changed since; {of} stand. r plans again.{undo}"
            ),
        )),
    }
    if let Some((verified, say)) = &applied.verified {
        let key = match (applied.made_key, &wizard.grant.key) {
            (false, Some(key)) => format!("the key …{}", last4(&key.id)),
            _ => "the new key".to_owned(),
        };
        out.push(match verified {
            Verified::Works => (Mark::Pass, format!("Tried with {key}: {say}")),
            Verified::Refused => (Mark::Fail, format!("Tried with {key}: {say}")),
            Verified::NotTried => (Mark::Warn, format!("Not tried: {say}")),
        });
    }
    if let (Some(key), true) = (wizard.grant.secret_to_lose(), applied.end.is_some()) {
        out.push((
            Mark::Warn,
            format!(
                "The secret of …{} is neither copied nor saved; AWS does not tell it again.",
                last4(&key.id)
            ),
        ));
    }
    out
}
