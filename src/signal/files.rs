//! Signals by file: one object for each day, written only if absent, read back and compared.
//!
//! The object's own key decides races: of any number of writers one writes, and each is told what stands there. After a
//! failure that leaves open whether the object was written, what stands there is read before anything is said.

use bytes::Bytes;

use super::object::{self, Says};
use crate::{
    calendar::PstDay,
    contract::days::form::FinishedType,
    report::{Problem, ProblemKind},
    rule::Next,
    store::{ObjectMeta, Put, Store},
};

/// A page of a listing may be empty and still be followed by another; so many are looked at.
const MAX_PAGES: usize = 100;

/// How a day's signal came to stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Written by this call, and read back.
    Written,
    /// It was there before, and says the same: nothing was written.
    Already,
    /// Writing got no clear answer, and it is there: by this call, or by another at the same time.
    Found,
}

/// What became of one day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// The day.
    pub day: PstDay,
    /// Its object's whole key.
    pub key: String,
    /// How it stands; `None` where it was not tried, because an earlier one failed or the run was ended.
    pub result: Option<Result<Standing, Failed>>,
}

/// Why a day's signal is not known to stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failed {
    /// What failed.
    pub problem: Problem,
    /// Whether the day's signal may stand all the same, by this call or from before.
    pub may_stand: bool,
}

/// Nothing of the day stands, or nothing was tried.
fn absent(problem: Problem) -> Failed {
    Failed {
        problem,
        may_stand: false,
    }
}

/// What stands could not be seen.
fn unseen(problem: Problem) -> Failed {
    Failed {
        problem,
        may_stand: true,
    }
}

/// Signals days, the oldest first, and stops at the first that fails: a later date would close that day too.
///
/// `gate` is asked right before each day; an error there ends the run like a failed write. `prefix` is what stands before
/// the three folders: empty, or ending in `/`.
pub async fn send(
    store: &dyn Store,
    prefix: &str,
    days: &[PstDay],
    kind: FinishedType,
    mut gate: impl FnMut(PstDay) -> Result<(), Problem> + Send,
) -> Vec<Written> {
    let mut days = days.to_vec();
    days.sort_unstable();
    days.dedup();
    let mut told = Vec::with_capacity(days.len());
    let mut stopped = false;
    for day in days {
        let key = object::key(prefix, day);
        let result = if stopped {
            None
        } else {
            Some(match gate(day) {
                Ok(()) => signal(store, &key, day, kind).await,
                Err(problem) => Err(absent(problem)),
            })
        };
        stopped |= matches!(result, Some(Err(_)));
        told.push(Written { day, key, result });
    }
    told
}

/// Makes sure that a day's signal stands at its key, and says how it came to.
///
/// # Errors
/// Another object stands there; the write was refused or failed and nothing is there; or it can't be told.
async fn signal(store: &dyn Store, key: &str, day: PstDay, kind: FinishedType) -> Result<Standing, Failed> {
    // Looked at first: some servers ignore the condition of a put and would overwrite.
    if let Some(there) = look(store, key, day).await.map_err(unseen)? {
        return there.map(|()| Standing::Already).map_err(absent);
    }
    let body = object::bytes(day, kind).map_err(|error| {
        absent(Problem::new(
            ProblemKind::Other,
            format!("the signal of {day} could not be made"),
            error.to_string(),
            Next::say("Please report this."),
        ))
    })?;
    match store.put_if_absent(key, body.clone()).await {
        Ok(Put::Written) => read_back(store, key, day, &body).await,
        Ok(Put::AlreadyThere) => match look(store, key, day).await.map_err(unseen)? {
            Some(there) => there.map(|()| Standing::Already).map_err(absent),
            None => Err(unseen(not_found(key))),
        },
        Err(problem) if is_open(&problem.kind) => match look(store, key, day).await {
            Ok(Some(Ok(()))) => Ok(Standing::Found),
            Ok(Some(Err(other))) => Err(absent(other)),
            Ok(None) => Err(absent(not_there(problem))),
            Err(why) => Err(unseen(unsure(problem, &why))),
        },
        Err(problem) => Err(absent(problem)),
    }
}

/// Whether a failed put may have written all the same.
fn is_open(kind: &ProblemKind) -> bool {
    matches!(
        kind,
        ProblemKind::Unreachable
            | ProblemKind::Throttled
            | ProblemKind::CutShort
            | ProblemKind::Changed
            | ProblemKind::AlreadyThere
            | ProblemKind::Cancelled
            | ProblemKind::Io
            | ProblemKind::Other
    )
}

/// What stands at a key: `None` for nothing, an error inside where it is not the day's signal.
async fn look(store: &dyn Store, key: &str, day: PstDay) -> Result<Option<Result<(), Problem>>, Problem> {
    let Some(found) = find(store, key).await? else {
        return Ok(None);
    };
    let said = said_by(store, &found, day).await?;
    Ok(Some(match said {
        Says::Finished => Ok(()),
        Says::Other(what) => Err(other_there(key, &what)),
    }))
}

/// What was just written, read back.
async fn read_back(store: &dyn Store, key: &str, day: PstDay, body: &Bytes) -> Result<Standing, Failed> {
    let unread = |why: &Problem| {
        let mut problem = why.clone();
        problem.what = format!("{} was written but could not be read back", key.escape_debug());
        problem.cause = why.to_string();
        problem.next = Next::say(
            "Let the operator's key list and read signals/ too, and run the same command again: it then says whether \
             the signal stands. Nothing is written twice.",
        );
        unseen(problem)
    };
    let found = find(store, key)
        .await
        .map_err(|why| unread(&why))?
        .ok_or_else(|| unseen(vanished(key)))?;
    let range = 0..found.size.min(object::MAX_BYTES);
    let back = store.get_range(&found, range).await.map_err(|why| unread(&why))?;
    if back == *body {
        return Ok(Standing::Written);
    }
    match judged(back, day).await {
        Says::Finished => Ok(Standing::Written),
        Says::Other(what) => Err(absent(Problem::new(
            ProblemKind::Changed,
            format!("{} was written, but reads back otherwise", key.escape_debug()),
            what,
            Next::say("Another program writes to this key. Find it before anything is signalled again."),
        ))),
    }
}

/// The object of exactly that key, as a listing tells of it.
async fn find(store: &dyn Store, key: &str) -> Result<Option<ObjectMeta>, Problem> {
    let mut token = None;
    for _ in 0..MAX_PAGES {
        let page = store.list(key, false, token).await?;
        // Keys come in order: this one would be the first.
        if let Some(first) = page.objects.into_iter().next() {
            return Ok((first.key == key).then_some(first));
        }
        match page.next {
            Some(next) => token = Some(next),
            None => break,
        }
    }
    Ok(None)
}

async fn said_by(store: &dyn Store, found: &ObjectMeta, day: PstDay) -> Result<Says, Problem> {
    if found.size > object::MAX_BYTES {
        return Ok(Says::Other(format!(
            "it has {} bytes, which no signal has",
            found.size
        )));
    }
    let bytes = store.get_range(found, 0..found.size).await?;
    Ok(judged(bytes, day).await)
}

/// Decoding is work, and of bytes that anybody may have put there: it is done apart.
async fn judged(bytes: Bytes, day: PstDay) -> Says {
    tokio::task::spawn_blocking(move || object::says(bytes, day))
        .await
        .unwrap_or_else(|_| Says::Other("it can't be read as a Parquet file".into()))
}

fn other_there(key: &str, what: &str) -> Problem {
    Problem::new(
        ProblemKind::AlreadyThere,
        format!("another object stands at {}", key.escape_debug()),
        format!("{what}; it was left as it is"),
        Next::say(
            "Look at that object. If it is a mistake, its owner may remove it; nothing here overwrites it.",
        ),
    )
}

/// The put was not taken since an object stands there, and none is seen there.
fn not_found(key: &str) -> Problem {
    Problem::new(
        ProblemKind::NotFound,
        format!(
            "the server says that an object stands at {}, and lists none there",
            key.escape_debug()
        ),
        "something removed it meanwhile, or hides it from this key; nothing was written",
        Next::say(
            "Run the same command again. If it stays so, let the operator's key list signals/; a server that is not \
             AWS may refuse writes that depend on what is there.",
        ),
    )
}

fn vanished(key: &str) -> Problem {
    Problem::new(
        ProblemKind::NotFound,
        format!("{} is not there after it was written", key.escape_debug()),
        "something removed it, or hides it from this key",
        Next::say(
            "Run the same command again, and look for a program or a lifecycle rule that removes signals.",
        ),
    )
}

fn not_there(mut problem: Problem) -> Problem {
    problem.cause = format!("{}; nothing is there", problem.cause);
    problem.next = Next::say(
        "Run the same command again. Should the write still arrive, it is found then and nothing is written twice.",
    );
    problem
}

fn unsure(mut problem: Problem, why: &Problem) -> Problem {
    problem.cause = format!(
        "{}; it may have been written all the same, and looking for it failed too: {why}",
        problem.cause
    );
    problem.next = Next::say(
        "Run the same command again once the bucket can be reached: it says *already signalled* if the signal stands.",
    );
    problem
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests;
