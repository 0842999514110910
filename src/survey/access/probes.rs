//! Requests that are made to see what the reader may do: lists of one key, reads of eight bytes. Nothing is written,
//! and no key is guessed: without the right to list, a missing key answers like a refused one.

use futures_util::future::join_all;

use super::Sight;
use crate::{
    access::{Answer, Asked, Owner, Probe},
    contract::layout::RootListing,
    report::{Problem, ProblemKind},
    rule::{Code, Dataset},
    store::{ObjectMeta, SharedStore},
    survey::{
        listing::Root,
        objects::{self, Access, Objects},
    },
};

/// Of an object, so much is read to see whether it may be.
const LAST_BYTES: u64 = 8;

/// What the probes came to. A problem stands for a refusal; other problems say nothing and are not kept.
#[derive(Debug, Default)]
pub(in crate::survey) struct Probes {
    /// Prefixes that were listed, of folders: the name without its slash, and a day below it.
    lists: Vec<(String, Option<Problem>)>,
    /// What was asked outside the folders.
    elsewhere: Vec<(Asked, Option<Problem>)>,
    /// Whose the bucket is.
    pub owner: Owner,
    /// Trouble with the connection on the way.
    pub connection: Vec<Problem>,
}

impl Probes {
    /// Those that say something, as evidence.
    pub fn evidence(&self) -> impl Iterator<Item = Probe> + '_ {
        let lists = self
            .lists
            .iter()
            .map(|(prefix, refused)| (Asked::List(prefix.clone()), refused));
        let elsewhere = self
            .elsewhere
            .iter()
            .map(|(asked, refused)| (asked.clone(), refused));
        lists.chain(elsewhere).map(|(asked, refused)| Probe {
            asked,
            answer: refused.as_ref().map_or(Answer::Allowed, |problem| {
                Answer::Refused(objects::words(problem))
            }),
        })
    }

    fn of_folder<'p>(&'p self, folder: &Objects) -> impl Iterator<Item = &'p Option<Problem>> {
        let name = format!("{}{}", folder.prefix, folder.dataset.folder());
        self.lists
            .iter()
            .filter(move |(prefix, _)| prefix.starts_with(&name) || *prefix == name.trim_end_matches('/'))
            .map(|(_, refused)| refused)
    }

    /// The refused lists of a folder.
    pub fn refused_lists(&self, folder: &Objects) -> Vec<&Problem> {
        self.of_folder(folder).flatten().collect()
    }

    /// How many lists of a folder were answered.
    pub fn answered_lists(&self, folder: &Objects) -> u64 {
        self.of_folder(folder).filter(|refused| refused.is_none()).count() as u64
    }

    /// Keeps what says something of permissions.
    fn said<T>(&mut self, answer: Result<T, Problem>) -> Option<Option<Problem>> {
        match answer {
            Ok(_) => Some(None),
            Err(problem) if problem.kind == ProblemKind::Refused => Some(Some(problem)),
            Err(problem) => {
                if problem.connection_code().is_some() {
                    self.connection.push(problem);
                }
                None
            }
        }
    }
}

/// What is worth probing, by the rules that are wanted.
pub(in crate::survey) struct Wanted {
    lists: bool,
    pub owner: bool,
    lists_elsewhere: bool,
    reads_elsewhere: bool,
}

impl Wanted {
    pub fn by(wants: impl Fn(Code) -> bool) -> Self {
        let any = |from: u16, to: u16| {
            super::codes().any(|code| {
                let number = code.as_str()[1..].parse::<u16>().unwrap_or(0);
                (from..=to).contains(&number) && wants(code)
            })
        };
        Self {
            lists: any(201, 201) || any(206, 213) || any(218, 218),
            owner: any(203, 213) || any(218, 218),
            lists_elsewhere: any(205, 205),
            reads_elsewhere: any(204, 204),
        }
    }
}

/// Asks all that is worth asking, at the same time where one does not need the other's answer.
pub(in crate::survey) async fn probe(
    access: &Access,
    sight: &Sight,
    folders: &[&Objects],
    root: &Root,
    wanted: &Wanted,
) -> Probes {
    let mut probes = Probes::default();
    let prefixes = match wanted.lists {
        true => prefixes(folders),
        false => Vec::new(),
    };
    let lists = join_all(prefixes.iter().map(|prefix| access.reader.list_one(prefix, None)));
    let elsewhere = elsewhere(access, sight, root, wanted);
    let (lists, elsewhere) = tokio::join!(lists, elsewhere);
    for (prefix, answer) in prefixes.into_iter().zip(lists) {
        if let Some(refused) = probes.said(answer) {
            probes.lists.push((prefix, refused));
        }
    }
    for (asked, answer) in elsewhere {
        if let Some(refused) = probes.said(answer) {
            probes.elsewhere.push((asked, refused));
        }
    }
    probes
}

/// What a Spark read of a folder lists beside the folder itself: its name without the slash, and what is below.
fn prefixes(folders: &[&Objects]) -> Vec<String> {
    folders
        .iter()
        .flat_map(|folder| {
            let name = format!("{}{}", folder.prefix, folder.dataset.folder());
            [Some(name.trim_end_matches('/').to_owned()), folder.first_folder()]
        })
        .flatten()
        .collect()
}

/// Whether the bucket is an account's: a list that works is asked again with the account as the owner. Refused only
/// then, the bucket belongs to another.
pub(in crate::survey) async fn probe_owner(access: &Access, folders: &[&Objects], account: &str) -> Owner {
    let prefix = |folder: &&Objects| format!("{}{}", folder.prefix, folder.dataset.folder());
    let by_reader = folders
        .iter()
        .find(|folder| folder.pages > 0 && folder.list_refused.is_none())
        .map(|folder| (&access.reader, prefix(folder)));
    let by_operator = || {
        let operator = access.operator.as_ref()?;
        let listed = folders
            .iter()
            .find(|folder| folder.list_refused.is_some() && folder.listing.complete())?;
        Some((operator, prefix(listed)))
    };
    let Some((store, prefix)) = by_reader.or_else(by_operator) else {
        return Owner::Unknown;
    };
    match store.list_one(&prefix, Some(account)).await {
        Ok(_) => Owner::Same,
        Err(problem) if problem.kind == ProblemKind::Refused => Owner::Other,
        Err(_) => Owner::Unknown,
    }
}

type Answers = Vec<(Asked, Result<(), Problem>)>;

/// Harmless lists and reads outside the folders, of what is known to be there.
async fn elsewhere(access: &Access, sight: &Sight, root: &Root, wanted: &Wanted) -> Answers {
    let mut answers = Answers::new();
    let prefix = &sight.target.prefix;
    // The run has listed the root of the prefix already.
    if let Some(reader) = &root.reader {
        answers.push((Asked::List(prefix.clone()), reader.clone()));
    }
    if wanted.lists_elsewhere && !prefix.is_empty() {
        let listed = access.reader.list_one("", None).await;
        answers.push((Asked::List(String::new()), listed.map(|_| ())));
    }
    let other = other_folder(root).map(|name| format!("{prefix}{name}/"));
    let mut stray = root.stray.clone();
    if let Some(other) = other.filter(|_| wanted.lists_elsewhere || wanted.reads_elsewhere) {
        let listed = access.reader.list_one(&other, None).await;
        if stray.is_none() && wanted.reads_elsewhere {
            stray = first_object(access.operator.as_ref(), &other, &listed).await;
        }
        answers.push((Asked::List(other), listed.map(|_| ())));
    }
    if let Some(object) = stray.filter(|_| wanted.reads_elsewhere) {
        let read = access.reader.get_tail(&object, LAST_BYTES).await;
        answers.push((Asked::Read(object.key), read.map(|_| ())));
    }
    answers
}

/// A folder at the root that is none of the three.
fn other_folder(root: &Root) -> Option<&str> {
    let RootListing::Page { folders, .. } = &root.listing else {
        return None;
    };
    let ours = |name: &str| {
        Dataset::ALL
            .iter()
            .any(|dataset| dataset.folder().trim_end_matches('/') == name)
    };
    folders.iter().map(String::as_str).find(|name| !ours(name))
}

/// An object of a folder, as the reader listed it, else as the operator does.
async fn first_object(
    operator: Option<&SharedStore>,
    folder: &str,
    listed: &Result<crate::store::Page, Problem>,
) -> Option<ObjectMeta> {
    let readable = |objects: &[ObjectMeta]| {
        objects
            .iter()
            .find(|object| object.size > 0 && !object.archived)
            .cloned()
    };
    match (listed, operator) {
        (Ok(page), _) => readable(&page.objects),
        (Err(problem), Some(operator)) if problem.kind == ProblemKind::Refused => {
            readable(&operator.list_one(folder, None).await.ok()?.objects)
        }
        _ => None,
    }
}
