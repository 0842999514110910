//! Nothing passes without positive evidence: a whole survey over stores that hold nothing, refuse, cut short or hold
//! only what is archived.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::{ops::Range, sync::Arc};

use bucket_ready::{
    contract::Context,
    demo,
    report::{Identity, Mode, Problem, ProblemKind, Report, Rows, Status, Target, Usage, Verdict},
    rule::{Category, Next},
    store::{ObjectMeta, Page, Put, Store},
    survey::{Source, Survey},
};
use bytes::Bytes;
use futures_util::future::{BoxFuture, FutureExt};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// How a store disappoints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Flaw {
    None,
    Empty,
    ListsRefused,
    ReadsRefused,
    ReadsCutShort,
    ReadsChanged,
    ListBreaksOff,
    Archived,
}

struct Flawed {
    flaw: Flaw,
    objects: Vec<(ObjectMeta, Bytes)>,
}

fn problem(kind: ProblemKind) -> Problem {
    let mut problem = Problem::new(kind, "the call failed", "as the test asks", Next::say("nothing"));
    problem.status = Some(403);
    problem
}

impl Flawed {
    fn new(flaw: Flaw) -> Self {
        let objects = demo::find("healthy").unwrap().objects().unwrap();
        let objects = objects
            .into_iter()
            .map(|object| {
                let meta = ObjectMeta {
                    owner: None,
                    size: object.body.len() as u64,
                    key: object.key,
                    modified: Some(object.modified),
                    storage_class: Some(
                        if flaw == Flaw::Archived {
                            "DEEP_ARCHIVE"
                        } else {
                            "STANDARD"
                        }
                        .into(),
                    ),
                    archived: flaw == Flaw::Archived,
                    etag: None,
                };
                (meta, object.body)
            })
            .collect();
        Self { flaw, objects }
    }

    fn read(&self, object: &ObjectMeta, range: impl FnOnce(u64) -> Range<u64>) -> Result<Bytes, Problem> {
        match self.flaw {
            Flaw::ReadsRefused => return Err(problem(ProblemKind::Refused)),
            Flaw::ReadsCutShort => return Err(problem(ProblemKind::CutShort)),
            Flaw::ReadsChanged => return Err(problem(ProblemKind::Changed)),
            Flaw::Archived => return Err(problem(ProblemKind::Archived)),
            _ => {}
        }
        let found = self.objects.iter().find(|(meta, _)| meta.key == object.key);
        let (meta, body) = found.ok_or_else(|| problem(ProblemKind::NotFound))?;
        let range = range(meta.size);
        Ok(body.slice(range.start as usize..range.end as usize))
    }
}

impl Store for Flawed {
    fn list<'a>(
        &'a self,
        prefix: &'a str,
        delimiter: bool,
        token: Option<String>,
    ) -> BoxFuture<'a, Result<Page, Problem>> {
        async move {
            match self.flaw {
                Flaw::Empty => return Ok(Page::default()),
                Flaw::ListsRefused => return Err(problem(ProblemKind::Refused)),
                Flaw::ListBreaksOff if token.is_some() => return Err(problem(ProblemKind::Throttled)),
                _ => {}
            }
            let below = self
                .objects
                .iter()
                .filter(|(meta, _)| meta.key.starts_with(prefix));
            if delimiter {
                let mut folders: Vec<_> = below
                    .filter_map(|(meta, _)| {
                        let rest = &meta.key[prefix.len()..];
                        rest.split_once('/').map(|(first, _)| format!("{prefix}{first}/"))
                    })
                    .collect();
                folders.dedup();
                return Ok(Page {
                    folders,
                    ..Page::default()
                });
            }
            let mut objects: Vec<_> = below.map(|(meta, _)| meta.clone()).collect();
            let mut next = None;
            if self.flaw == Flaw::ListBreaksOff {
                objects.truncate(3);
                next = Some("more".to_owned());
            }
            Ok(Page {
                objects,
                next,
                ..Page::default()
            })
        }
        .boxed()
    }

    fn get_range<'a>(
        &'a self,
        object: &'a ObjectMeta,
        range: Range<u64>,
    ) -> BoxFuture<'a, Result<Bytes, Problem>> {
        async move { self.read(object, |_| range) }.boxed()
    }

    fn get_tail<'a>(&'a self, object: &'a ObjectMeta, length: u64) -> BoxFuture<'a, Result<Bytes, Problem>> {
        async move { self.read(object, |size| size.saturating_sub(length)..size) }.boxed()
    }

    fn put_if_absent<'a>(&'a self, _: &'a str, _: Bytes) -> BoxFuture<'a, Result<Put, Problem>> {
        async move { Err(problem(ProblemKind::Other)) }.boxed()
    }

    fn usage(&self) -> Usage {
        Usage::default()
    }
}

async fn survey(flaw: Flaw, rows: Rows) -> Report {
    let now = demo::find("healthy").unwrap().now();
    let survey = Survey {
        target: Target::S3 {
            bucket: "acme".into(),
            prefix: String::new(),
            region: None,
        },
        source: Source::Store {
            reader: Arc::new(Flawed::new(flaw)),
            operator: None,
            identity: Some(Identity::default()),
        },
        mode: Mode {
            rows,
            sample_rows: (rows == Rows::Sample).then_some(1_000),
            ..Mode::default()
        },
        context: Context::at(now),
        access: Default::default(),
        cancel: CancellationToken::new(),
    };
    let (sender, mut events) = mpsc::channel(64);
    tokio::spawn(survey.run(sender));
    let mut report = Report::default();
    while let Some(event) = events.recv().await {
        report.apply(&event);
    }
    report
}

fn passed(report: &Report) -> Vec<String> {
    report
        .checks
        .iter()
        .filter(|check| check.status == Status::Pass && check.category != Category::Connection)
        .map(|check| format!("{} {}", check.code, check.subject))
        .collect()
}

/// Which passes a flaw leaves honest.
fn may_pass(flaw: Flaw, check: &str, category: Category) -> bool {
    match flaw {
        Flaw::None => true,
        // The lists were answered, and that is all that is known.
        Flaw::Empty => check.starts_with("A201"),
        // That the root's list is refused is the very evidence that A205 asks for.
        Flaw::ListsRefused => check.starts_with("A205"),
        // What a listing alone shows; rows and footers were never seen. A signal file is there by its name.
        Flaw::ReadsRefused | Flaw::ReadsCutShort | Flaw::ReadsChanged | Flaw::Archived => {
            check.starts_with("A201") || category == Category::Layout
        }
        // The start of a listing says nothing of the rest; the root was listed whole.
        Flaw::ListBreaksOff => check.starts_with("L302") || check.starts_with("L301"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_check_passes_on_empty_denied_truncated_or_archived_evidence() {
    for rows in [Rows::Sample, Rows::All] {
        for flaw in [
            Flaw::Empty,
            Flaw::ListsRefused,
            Flaw::ReadsRefused,
            Flaw::ReadsCutShort,
            Flaw::ReadsChanged,
            Flaw::ListBreaksOff,
            Flaw::Archived,
        ] {
            let report = survey(flaw, rows).await;
            assert_ne!(report.verdict, Verdict::Ready, "{flaw:?} {rows:?}");
            let wrong: Vec<_> = report
                .checks
                .iter()
                .filter(|check| check.status == Status::Pass && check.category != Category::Connection)
                .filter(|check| !may_pass(flaw, check.code.as_str(), check.category))
                .map(|check| {
                    format!(
                        "{} {} ({:?} of {:?})",
                        check.code, check.subject, check.checked, check.of
                    )
                })
                .collect();
            assert!(wrong.is_empty(), "{flaw:?} {rows:?}: {wrong:#?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_store_without_a_flaw_is_ready() {
    let report = survey(Flaw::None, Rows::All).await;
    assert_eq!(
        report.verdict,
        Verdict::Ready,
        "{:#?}",
        report.open_questions().collect::<Vec<_>>()
    );
    assert!(
        passed(&report).len() > 100,
        "the table above would not notice that nothing is judged"
    );
}
