//! Listing: the three folders page by page, and one page of the root.

use std::{
    collections::HashSet,
    hash::{BuildHasher, RandomState},
    sync::Arc,
};

use tokio_util::sync::CancellationToken;

use super::{
    emit::Progress,
    objects::{Access, Details, Objects},
};
use crate::{
    contract::layout::{FolderListing, Listed, ListingState, RootListing},
    report::{Problem, ProblemKind},
    rule::Dataset,
    store::{ObjectMeta, Page, SharedStore, Trouble},
};

/// Empty pages in a row that promise more. S3 may send some; no end of them is a fault.
const MAX_EMPTY_PAGES: u32 = 100;

/// What listing one folder yields.
pub(super) struct Listing {
    pub objects: Objects,
    /// What stands in a local folder and is no object.
    pub troubles: Vec<Trouble>,
    /// What ended it early.
    pub problem: Option<Problem>,
    /// Why the reader's key can't be used, where the operator's listed in its place.
    pub unusable: Option<Problem>,
}

impl Listing {
    /// Whether the connection was lost.
    pub fn lost(&self) -> bool {
        self.problem
            .as_ref()
            .is_some_and(|problem| problem.connection_code().is_some())
    }
}

/// Lists one of the three folders. `progress` is told the number of objects after each page.
pub(super) async fn folder(
    access: &Access,
    prefix: Arc<str>,
    dataset: Dataset,
    cancel: &CancellationToken,
    progress: Progress<'_>,
) -> Listing {
    let full = format!("{prefix}{}", dataset.folder());
    let mut run = Lister::new(&prefix, &full);
    run.list(&access.reader, cancel, progress).await;
    let pages = run.pages;
    let refused = run
        .problem
        .take_if(|problem| problem.kind == ProblemKind::Refused);
    let unusable = match &access.operator {
        Some(_) => run.problem.take_if(|problem| problem.is_of_the_key()),
        None => None,
    };
    if let (Some(_), Some(operator)) = (&unusable, &access.operator) {
        run = Lister::new(&prefix, &full);
        run.list(operator, cancel, progress).await;
    }
    if let (Some(problem), Some(operator)) = (&refused, &access.operator) {
        run = Lister::new(&prefix, &full);
        run.list(operator, cancel, progress).await;
        if run.pages == 0 && run.problem.is_none() {
            run.problem = Some(problem.clone());
        }
    } else if let Some(problem) = &refused {
        run.problem = Some(problem.clone());
    }
    let problem = run.problem.clone();
    let (listing, details, troubles) = run.finish();
    let mut objects = Objects::new(dataset, prefix, listing, details, refused, pages);
    objects.without_reader = unusable.is_some();
    Listing {
        objects,
        troubles,
        problem,
        unusable,
    }
}

/// What one page of the root told.
pub(super) struct Root {
    /// The page, by whoever could list it.
    pub listing: RootListing,
    /// What came of asking as the reader; `None` when it says nothing of permissions.
    pub reader: Option<Result<(), Problem>>,
    /// An object that lies at the root itself, outside the folders.
    pub stray: Option<ObjectMeta>,
}

impl Root {
    /// A root of which nothing is known, and why.
    pub fn unknown(why: impl Into<String>) -> Self {
        Self {
            listing: RootListing::Refused(why.into()),
            reader: None,
            stray: None,
        }
    }
}

/// One page of the root, folded at `/`.
///
/// # Errors
/// A problem of the connection.
pub(super) async fn root(access: &Access, prefix: &str, cancel: &CancellationToken) -> Result<Root, Problem> {
    let mut listed = tokio::select! {
        () = cancel.cancelled() => return Ok(Root::unknown("the run was cancelled")),
        listed = access.reader.list(prefix, true, None) => listed,
    };
    let reader = match &listed {
        Ok(_) => Some(Ok(())),
        Err(problem) if problem.kind == ProblemKind::Refused => Some(Err(problem.clone())),
        Err(_) => None,
    };
    let by_operator =
        matches!(&listed, Err(problem) if problem.kind == ProblemKind::Refused || problem.is_of_the_key());
    if let (true, Some(operator)) = (by_operator, &access.operator) {
        listed = operator.list(prefix, true, None).await;
    }
    match listed {
        Ok(page) => Ok(Root {
            stray: page
                .objects
                .iter()
                .find(|object| object.key != prefix && object.size > 0 && !object.archived)
                .cloned(),
            listing: root_page(&page, prefix),
            reader,
        }),
        Err(problem) if problem.connection_code().is_some() => Err(problem),
        Err(problem) => Ok(Root {
            reader,
            ..Root::unknown(problem.to_string())
        }),
    }
}

fn root_page(page: &Page, prefix: &str) -> RootListing {
    let strip = |key: &str| {
        key.strip_prefix(prefix)
            .unwrap_or(key)
            .trim_end_matches('/')
            .to_owned()
    };
    RootListing::Page {
        folders: page.folders.iter().map(|folder| strip(folder)).collect(),
        objects: page
            .objects
            .iter()
            // The marker that a console leaves for the prefix itself is nothing at the root.
            .filter(|object| object.key != prefix)
            .map(|object| object.key.strip_prefix(prefix).unwrap_or(&object.key).to_owned())
            .collect(),
        more: page.next.is_some(),
    }
}

/// A listing under way.
struct Lister<'a> {
    prefix: &'a str,
    full: &'a str,
    objects: Vec<ObjectMeta>,
    troubles: Vec<Trouble>,
    pages: u64,
    problem: Option<Problem>,
    cancelled: bool,
    /// Tokens and first keys of the pages so far, hashed: a listing that repeats any of them would never end.
    seen: HashSet<u64>,
    hasher: RandomState,
    empty: u32,
}

impl<'a> Lister<'a> {
    fn new(prefix: &'a str, full: &'a str) -> Self {
        Self {
            prefix,
            full,
            objects: Vec::new(),
            troubles: Vec::new(),
            pages: 0,
            problem: None,
            cancelled: false,
            seen: HashSet::new(),
            hasher: RandomState::new(),
            empty: 0,
        }
    }

    async fn list(&mut self, store: &SharedStore, cancel: &CancellationToken, progress: Progress<'_>) {
        let mut token = None;
        loop {
            let page = tokio::select! {
                () = cancel.cancelled() => {
                    self.cancelled = true;
                    return;
                }
                page = store.list(self.full, false, token.take()) => page,
            };
            match page {
                Ok(page) => {
                    self.pages += 1;
                    let next = page.next.clone();
                    if self.repeats(&page) {
                        self.problem = Some(Problem::new(
                            ProblemKind::Other,
                            format!("listing {} was given up", self.full.escape_debug()),
                            "the server's pages repeat themselves",
                            crate::rule::Next::say("Check the endpoint: its listing never ends."),
                        ));
                        return;
                    }
                    self.troubles.extend(page.troubles);
                    self.objects.extend(page.objects);
                    progress.tell(self.objects.len() as u64, None).await;
                    match next {
                        None => return,
                        next => token = next,
                    }
                }
                Err(problem) => {
                    self.problem = Some(problem);
                    return;
                }
            }
        }
    }

    fn repeats(&mut self, page: &Page) -> bool {
        let Some(next) = &page.next else {
            return false;
        };
        if page.objects.is_empty() && page.troubles.is_empty() {
            self.empty += 1;
            if self.empty > MAX_EMPTY_PAGES {
                return true;
            }
        } else {
            self.empty = 0;
        }
        let token = self.hasher.hash_one(("token", next));
        let first = page
            .objects
            .first()
            .map(|object| self.hasher.hash_one(("key", &object.key)));
        !self.seen.insert(token) || first.is_some_and(|first| !self.seen.insert(first))
    }

    fn finish(mut self) -> (FolderListing, Details, Vec<Trouble>) {
        if !self.objects.is_sorted_by(|a, b| a.key < b.key) {
            self.objects.sort_by(|a, b| a.key.cmp(&b.key));
            self.objects.dedup_by(|a, b| a.key == b.key);
        }
        let hidden = self.troubles.iter().find(|trouble| trouble.hides_data);
        let state = match (&self.problem, hidden) {
            (Some(problem), _) if self.pages == 0 => ListingState::Refused(problem.to_string()),
            (Some(problem), _) => ListingState::Incomplete(problem.to_string()),
            _ if self.cancelled && self.pages == 0 => ListingState::Refused("the run was cancelled".into()),
            _ if self.cancelled => ListingState::Incomplete("the run was cancelled".into()),
            (None, Some(trouble)) => ListingState::Incomplete(format!(
                "{} could not be listed: {}",
                trouble.key.escape_debug(),
                trouble.why
            )),
            (None, None) => ListingState::Complete,
        };
        let mut listing = FolderListing {
            objects: Vec::with_capacity(self.objects.len()),
            state,
        };
        let mut details = Details::default();
        for object in self.objects {
            let Some(key) = object.key.strip_prefix(self.prefix) else {
                continue;
            };
            details.push(object.etag, object.owner);
            listing.objects.push(Listed {
                key: key.to_owned(),
                size: object.size,
                modified: object.modified,
                storage_class: object.storage_class,
                archived: object.archived,
            });
        }
        (listing, details, self.troubles)
    }
}
