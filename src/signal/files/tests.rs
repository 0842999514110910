//! Races, crashes and lost answers: what stands, and what is told of it.

use std::{
    collections::BTreeMap,
    ops::Range,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use futures_util::future::BoxFuture;
use proptest::prelude::*;

use super::*;
use crate::{
    report::Usage,
    store::{Folder, Page},
};

/// What becomes of a put.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Fine,
    /// It is written, and the answer is lost.
    LostAfter,
    /// It never arrives.
    LostBefore,
    Refused,
    /// Another writer's file is there first, with this day.
    OvertakenBy(i8),
    /// The server says that an object stands there. None does.
    SaidThere,
}

/// A bucket in memory on which a put goes as it is told.
#[derive(Default)]
struct Bucket {
    objects: Mutex<BTreeMap<String, Bytes>>,
    fates: Mutex<Vec<Fate>>,
    puts: AtomicUsize,
    /// From which call of list or get on nothing is answered.
    deaf_from: Option<usize>,
    looks: AtomicUsize,
}

fn june(n: i8) -> PstDay {
    PstDay::from_ymd(2026, 6, n).unwrap()
}

fn date(n: i8) -> Bytes {
    object::bytes(june(n), FinishedType::Date).unwrap()
}

fn failure(kind: ProblemKind) -> Problem {
    Problem::new(kind, "it failed", "the test says so", Next::say("Nothing."))
}

impl Bucket {
    fn with(fates: &[Fate]) -> Self {
        Self {
            fates: Mutex::new(fates.to_vec()),
            ..Self::default()
        }
    }

    fn keys(&self) -> Vec<String> {
        self.objects.lock().unwrap().keys().cloned().collect()
    }

    fn hears(&self) -> Result<(), Problem> {
        let look = self.looks.fetch_add(1, Ordering::Relaxed);
        match self.deaf_from {
            Some(from) if look >= from => Err(failure(ProblemKind::Unreachable)),
            _ => Ok(()),
        }
    }
}

impl Store for Bucket {
    fn list<'a>(
        &'a self,
        prefix: &'a str,
        _delimiter: bool,
        _token: Option<String>,
    ) -> BoxFuture<'a, Result<Page, Problem>> {
        Box::pin(async move {
            self.hears()?;
            let objects = self.objects.lock().unwrap();
            let found = objects.iter().filter(|(key, _)| key.starts_with(prefix));
            Ok(Page {
                objects: found
                    .map(|(key, body)| ObjectMeta {
                        key: key.clone(),
                        size: body.len() as u64,
                        ..ObjectMeta::default()
                    })
                    .collect(),
                ..Page::default()
            })
        })
    }

    fn get_range<'a>(
        &'a self,
        object: &'a ObjectMeta,
        range: Range<u64>,
    ) -> BoxFuture<'a, Result<Bytes, Problem>> {
        Box::pin(async move {
            self.hears()?;
            let body = self.objects.lock().unwrap()[&object.key].clone();
            Ok(body.slice(range.start as usize..range.end as usize))
        })
    }

    fn get_tail<'a>(&'a self, object: &'a ObjectMeta, length: u64) -> BoxFuture<'a, Result<Bytes, Problem>> {
        self.get_range(object, object.size.saturating_sub(length)..object.size)
    }

    fn put_if_absent<'a>(&'a self, key: &'a str, body: Bytes) -> BoxFuture<'a, Result<Put, Problem>> {
        Box::pin(async move {
            self.puts.fetch_add(1, Ordering::Relaxed);
            let fate = self.fates.lock().unwrap().pop().unwrap_or(Fate::Fine);
            let mut objects = self.objects.lock().unwrap();
            match fate {
                Fate::Refused => return Err(failure(ProblemKind::Refused)),
                Fate::LostBefore => return Err(failure(ProblemKind::Unreachable)),
                Fate::SaidThere => return Ok(Put::AlreadyThere),
                Fate::OvertakenBy(day) => {
                    objects.insert(key.to_owned(), date(day));
                }
                Fate::Fine | Fate::LostAfter => {}
            }
            if objects.contains_key(key) {
                return Ok(Put::AlreadyThere);
            }
            objects.insert(key.to_owned(), body);
            match fate {
                Fate::LostAfter => Err(failure(ProblemKind::CutShort)),
                _ => Ok(Put::Written),
            }
        })
    }

    fn usage(&self) -> Usage {
        Usage::default()
    }
}

async fn one(store: &dyn Store, day: PstDay) -> Result<Standing, Problem> {
    let mut told = send(store, "", &[day], FinishedType::Date, |_| Ok(())).await;
    assert_eq!(told.len(), 1);
    told.remove(0).result.unwrap().map_err(|failed| failed.problem)
}

#[tokio::test]
async fn a_signal_is_written_once_and_the_second_run_says_that_it_stands() {
    let bucket = Bucket::default();
    assert_eq!(one(&bucket, june(22)).await, Ok(Standing::Written));
    assert_eq!(bucket.keys(), ["signals/2026-06-22/finished_date.parquet"]);
    assert_eq!(one(&bucket, june(22)).await, Ok(Standing::Already));
    assert_eq!(
        bucket.puts.load(Ordering::Relaxed),
        1,
        "the second run must not write"
    );
}

#[tokio::test]
async fn after_a_lost_answer_what_stands_is_read_before_anything_is_said() {
    let bucket = Bucket::with(&[Fate::LostAfter]);
    assert_eq!(one(&bucket, june(22)).await, Ok(Standing::Found));

    let bucket = Bucket::with(&[Fate::LostBefore]);
    let said = one(&bucket, june(22)).await.unwrap_err();
    assert!(said.cause.contains("nothing is there"), "{said}");
    assert_eq!(one(&bucket, june(22)).await, Ok(Standing::Written));

    // Neither the answer nor a look at the bucket: nobody knows, and that is what is said.
    let bucket = Bucket {
        deaf_from: Some(1),
        ..Bucket::with(&[Fate::LostAfter])
    };
    let said = one(&bucket, june(22)).await.unwrap_err();
    assert!(said.cause.contains("may have been written"), "{said}");
}

#[tokio::test]
async fn a_writer_that_was_overtaken_is_told_whether_the_other_said_the_same() {
    let bucket = Bucket::with(&[Fate::OvertakenBy(22)]);
    assert_eq!(one(&bucket, june(22)).await, Ok(Standing::Already));

    let bucket = Bucket::with(&[Fate::OvertakenBy(21)]);
    let said = one(&bucket, june(22)).await.unwrap_err();
    assert_eq!(said.kind, ProblemKind::AlreadyThere);
    assert!(
        said.cause.contains("it says 2026-06-21; it was left as it is"),
        "{said}"
    );
    let there = bucket.objects.lock().unwrap().values().next().unwrap().clone();
    assert_eq!(there, date(21), "nothing is overwritten");
}

#[tokio::test]
async fn another_programs_file_for_the_day_is_a_signal_and_anything_else_is_an_error() {
    let key = object::key("", june(22));
    let text = object::bytes(june(22), FinishedType::String).unwrap();
    for (body, equal) in [
        (text, true),
        (date(22), true),
        (date(23), false),
        (Bytes::new(), false),
        (Bytes::from_static(b"finished_date\n2026-06-22\n"), false),
        (Bytes::from_static(b"PAR1PAR1"), false),
    ] {
        let bucket = Bucket::default();
        bucket.objects.lock().unwrap().insert(key.clone(), body.clone());
        let found = one(&bucket, june(22)).await;
        match found {
            Ok(standing) => assert!(equal && standing == Standing::Already),
            Err(problem) => assert!(!equal && problem.kind == ProblemKind::AlreadyThere, "{problem}"),
        }
        assert_eq!(bucket.puts.load(Ordering::Relaxed), 0);
        assert_eq!(bucket.objects.lock().unwrap()[&key], body);
    }
}

#[tokio::test]
async fn the_oldest_is_signalled_first_and_a_failure_leaves_the_later_ones_alone() {
    // The fates are taken from the end: 20 June is fine, 21 June is refused.
    let bucket = Bucket::with(&[Fate::Refused, Fate::Fine]);
    let days = [june(22), june(20), june(21), june(22)];
    let told = send(&bucket, "acme/", &days, FinishedType::Date, |_| Ok(())).await;
    let said: Vec<_> = told
        .iter()
        .map(|one| (one.day, one.result.as_ref().map(Result::is_ok)))
        .collect();
    assert_eq!(
        said,
        [(june(20), Some(true)), (june(21), Some(false)), (june(22), None)]
    );
    assert_eq!(bucket.keys(), ["acme/signals/2026-06-20/finished_date.parquet"]);
}

#[tokio::test]
async fn the_guard_is_asked_right_before_each_day() {
    let bucket = Bucket::default();
    let mut asked = Vec::new();
    let told = send(&bucket, "", &[june(21), june(22)], FinishedType::Date, |day| {
        asked.push(day);
        match day == june(21) {
            true => Ok(()),
            false => Err(failure(ProblemKind::Cancelled)),
        }
    })
    .await;
    assert_eq!(asked, [june(21), june(22)]);
    assert!(told[0].result.as_ref().unwrap().is_ok());
    assert!(told[1].result.as_ref().unwrap().is_err());
    assert_eq!(bucket.keys().len(), 1);
}

#[tokio::test]
async fn a_read_back_that_fails_is_no_success() {
    for deaf_from in [1, 2] {
        let bucket = Bucket {
            deaf_from: Some(deaf_from),
            ..Bucket::default()
        };
        let said = one(&bucket, june(22)).await.unwrap_err();
        assert!(
            said.what.contains("was written but could not be read back"),
            "{said}"
        );
        assert_eq!(bucket.keys().len(), 1);
    }
}

#[tokio::test]
async fn a_write_that_was_never_taken_is_not_told_as_written() {
    let bucket = Bucket::with(&[Fate::SaidThere]);
    let said = one(&bucket, june(22)).await.unwrap_err();
    assert!(said.cause.contains("nothing was written"), "{said}");
    assert!(!said.to_string().contains("after it was written"), "{said}");
    assert_eq!(bucket.keys(), [""; 0]);
}

#[tokio::test]
async fn a_day_whose_signal_may_stand_is_told_apart_from_one_without() {
    async fn told(bucket: &Bucket) -> Written {
        let mut told = send(bucket, "", &[june(22)], FinishedType::Date, |_| Ok(())).await;
        told.remove(0)
    }
    let deaf = |from, fates: &[Fate]| Bucket {
        deaf_from: Some(from),
        ..Bucket::with(fates)
    };
    // Looking failed: before the write, after it, and after one that got no answer.
    for bucket in [
        deaf(0, &[]),
        deaf(1, &[]),
        deaf(2, &[]),
        deaf(1, &[Fate::LostAfter]),
        deaf(1, &[Fate::OvertakenBy(22)]),
        Bucket::with(&[Fate::SaidThere]),
    ] {
        let told = told(&bucket).await;
        assert!(
            matches!(told.result, Some(Err(Failed { may_stand: true, .. }))),
            "{told:?}"
        );
    }
    for fate in [Fate::Refused, Fate::LostBefore, Fate::OvertakenBy(21)] {
        let told = told(&Bucket::with(&[fate])).await;
        assert!(
            matches!(told.result, Some(Err(Failed { may_stand: false, .. }))),
            "{told:?}"
        );
    }
    assert!(matches!(
        told(&Bucket::default()).await.result,
        Some(Ok(Standing::Written))
    ));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_32_racers_in_a_folder_one_writes_and_all_are_told_the_truth() {
    let home = tempfile::tempdir().unwrap();
    let folder = Arc::new(Folder::open(home.path()).unwrap());
    let racers: Vec<_> = (0..32)
        .map(|_| {
            let folder = Arc::clone(&folder);
            tokio::spawn(async move { one(&*folder, june(22)).await })
        })
        .collect();
    let mut written = 0;
    for racer in racers {
        match racer.await.unwrap() {
            Ok(Standing::Written) => written += 1,
            Ok(Standing::Already) => {}
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(written, 1);
    let day = home.path().join("signals/2026-06-22");
    let names: Vec<_> = std::fs::read_dir(day)
        .unwrap()
        .map(|e| e.unwrap().file_name())
        .collect();
    assert_eq!(names, ["finished_date.parquet"], "and nothing else is left there");
}

#[tokio::test]
async fn a_crash_between_put_and_read_back_loses_nothing() {
    // The crash: the future is dropped once the object is there and before it is read back.
    struct Slow(Bucket);
    impl Store for Slow {
        fn list<'a>(
            &'a self,
            prefix: &'a str,
            delimiter: bool,
            token: Option<String>,
        ) -> BoxFuture<'a, Result<Page, Problem>> {
            Box::pin(async move {
                if self.0.puts.load(Ordering::Relaxed) > 0 {
                    std::future::pending::<()>().await;
                }
                self.0.list(prefix, delimiter, token).await
            })
        }
        fn get_range<'a>(
            &'a self,
            object: &'a ObjectMeta,
            range: Range<u64>,
        ) -> BoxFuture<'a, Result<Bytes, Problem>> {
            self.0.get_range(object, range)
        }
        fn get_tail<'a>(
            &'a self,
            object: &'a ObjectMeta,
            length: u64,
        ) -> BoxFuture<'a, Result<Bytes, Problem>> {
            self.0.get_tail(object, length)
        }
        fn put_if_absent<'a>(&'a self, key: &'a str, body: Bytes) -> BoxFuture<'a, Result<Put, Problem>> {
            self.0.put_if_absent(key, body)
        }
        fn usage(&self) -> Usage {
            Usage::default()
        }
    }
    let slow = Slow(Bucket::default());
    {
        let mut work = Box::pin(one(&slow, june(22)));
        let waker = std::task::Waker::noop();
        assert!(
            work.as_mut()
                .poll(&mut std::task::Context::from_waker(waker))
                .is_pending()
        );
    }
    assert_eq!(slow.0.keys().len(), 1, "the put was made");
    assert_eq!(one(&slow.0, june(22)).await, Ok(Standing::Already));
    assert_eq!(slow.0.puts.load(Ordering::Relaxed), 1);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// Any fates of any number of runs: what is told is what stands, and no other day's signal is ever there.
    #[test]
    fn whatever_becomes_of_the_puts_what_is_told_is_what_stands(
        fates in proptest::collection::vec(
            prop_oneof![
                Just(Fate::Fine), Just(Fate::LostAfter), Just(Fate::LostBefore), Just(Fate::Refused),
                (20i8..23).prop_map(Fate::OvertakenBy),
            ],
            0..8,
        ),
        runs in 1usize..6,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let bucket = Bucket::with(&fates);
        let key = object::key("", june(22));
        for _ in 0..runs {
            let before = bucket.objects.lock().unwrap().get(&key).cloned();
            let told = runtime.block_on(one(&bucket, june(22)));
            let after = bucket.objects.lock().unwrap().get(&key).cloned();
            match told {
                Ok(Standing::Written) => {
                    prop_assert!(before.is_none());
                    prop_assert_eq!(after, Some(date(22)));
                }
                Ok(_) => prop_assert_eq!(after, Some(date(22))),
                Err(problem) if problem.kind == ProblemKind::AlreadyThere => {
                    prop_assert!(after.is_some() && after != Some(date(22)));
                }
                Err(_) => prop_assert!(after.is_none()),
            }
            if before.is_some() {
                prop_assert_eq!(before, bucket.objects.lock().unwrap().get(&key).cloned());
            }
        }
    }
}
