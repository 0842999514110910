//! The named scenarios: what each one's bucket holds, and what is wrong with it.
//!
//! A scenario is data: its objects are made from a seed, byte for byte the same each time, and what is planted in them
//! is told in [`Scenario::planted`], finding by finding, with the counts that a check of every row must come to.

pub(super) mod access;
mod days;
mod healthy;
mod layout;
mod messy;
mod types;

use std::{
    collections::BTreeMap,
    fs, io,
    path::Path,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::SystemTime,
};

use bytes::Bytes;
use jiff::Timestamp;

use super::{account::DemoError, export::Export, shop::Shop, stage::Stage};
use crate::calendar::PstDay;

/// The clock of every scenario, as `--now` takes it: a Tuesday evening in PST.
pub const CLOCK: &str = "2026-06-23T21:14:00-08:00";

/// The scenario that `demo` opens when none is named: an operator's account with everything left to do.
pub const DEFAULT_SCENARIO: &str = "no-access";

/// A finding that a check of every row must make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Planted {
    /// The rule.
    pub code: &'static str,
    /// The check's subject.
    pub subject: &'static str,
    /// The exact count, in the rule's unit.
    pub count: u64,
    /// What was done to the data, in words.
    pub what: &'static str,
}

/// A line of a scenario's table of findings.
const fn found(code: &'static str, subject: &'static str, count: u64, what: &'static str) -> Planted {
    Planted {
        code,
        subject,
        count,
        what,
    }
}

/// An object of a scenario.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DemoObject {
    /// The key.
    pub key: String,
    /// Its bytes.
    pub body: Bytes,
    /// Last modified.
    pub modified: Timestamp,
    /// S3's name of its storage class.
    pub storage_class: &'static str,
}

/// A named scenario.
pub struct Scenario {
    /// As it is asked for: `messy-rows`.
    pub name: &'static str,
    /// One line.
    pub title: &'static str,
    /// What one sees, in a few sentences.
    pub description: &'static str,
    /// What a check of every row finds, nothing else but passed and skipped checks beside it.
    pub planted: &'static [Planted],
    /// Writes down the work of making the objects.
    plan: fn(&mut Plan),
    /// What lands for a day while the account's clock is moved on, with the instants at which it lands.
    pub(super) nightly: fn(&Shop, PstDay) -> parquet::errors::Result<Vec<DemoObject>>,
    /// Whether it is about access rather than data.
    about_access: bool,
    /// Sets up users, keys and policies.
    pub(super) access: fn(&Stage<'_>),
}

/// A piece of the work of making a scenario's objects, such as a day of it.
type Work = Box<dyn Fn(&Shop) -> parquet::errors::Result<Vec<DemoObject>> + Send + Sync>;

/// The work of making a scenario's objects. Pieces are done on all cores; of objects with the same key, the later
/// piece's stays.
#[derive(Default)]
struct Plan {
    work: Vec<Work>,
}

impl Plan {
    /// Adds a piece.
    fn add(
        &mut self,
        work: impl Fn(&Shop) -> parquet::errors::Result<Vec<DemoObject>> + Send + Sync + 'static,
    ) {
        self.work.push(Box::new(work));
    }
}

/// All scenarios, the gentlest first.
pub fn scenarios() -> &'static [Scenario] {
    SCENARIOS
}

static SCENARIOS: &[Scenario] = &[
    healthy::HEALTHY,
    healthy::FIRST_DAY,
    messy::MESSY_ROWS,
    types::WRONG_TYPES,
    layout::LAYOUT_TRAPS,
    days::WAITING_DAYS,
    days::UTC_FOLDERS,
    days::GAPS_AND_LATE_DATA,
    access::NO_ACCESS,
    access::THE_PAGES_OWN_POLICY,
    access::CROSS_ACCOUNT,
    access::EXPLICIT_DENY,
    access::KMS,
    access::DELETED_PRINCIPAL,
    access::FOREIGN_STATEMENTS,
    access::TWO_KEYS,
    access::LIST_ON_OBJECTS_ONLY,
    access::READ_ON_BUCKET_ONLY,
    access::TOO_OPEN,
    access::WRONG_REGION,
    access::SLOW_PROPAGATION,
];

/// The export of a night like any other. Signals are left to whoever practises.
fn usual_night(shop: &Shop, day: PstDay) -> parquet::errors::Result<Vec<DemoObject>> {
    let made = shop.day(day);
    let export = Export {
        parts: 2,
        ..Export::of(day)
    };
    let mut objects = export.events(&made.events)?;
    objects.extend(export.metrics(&made.metrics)?);
    Ok(objects)
}

/// The six weeks up to yesterday by the scenarios' clock.
fn six_weeks() -> Vec<PstDay> {
    let (first, last) = (day("2026-05-12"), day("2026-06-22"));
    (0..)
        .map_while(|n| first.plus(n).filter(|d| *d <= last))
        .collect()
}

/// The last so many days of them.
fn last_days(count: usize) -> Vec<PstDay> {
    let mut days = six_weeks();
    days.drain(..days.len().saturating_sub(count));
    days
}

/// A day that stands in the code; a test sees to it that all of them are days.
fn day(text: &str) -> PstDay {
    PstDay::parse(text).unwrap_or(PstDay::MIN)
}

/// The scenario of a name.
///
/// # Errors
/// [`DemoError::UnknownScenario`], which names the nearest.
pub fn find(name: &str) -> Result<&'static Scenario, DemoError> {
    if let Some(scenario) = SCENARIOS.iter().find(|s| s.name == name) {
        return Ok(scenario);
    }
    let asked = name.to_lowercase();
    let nearest = SCENARIOS
        .iter()
        .map(|s| (strsim::jaro_winkler(&asked, s.name), s.name))
        .filter(|(likeness, _)| *likeness > 0.7)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, name)| name);
    Err(DemoError::UnknownScenario {
        name: name.to_owned(),
        nearest,
    })
}

impl Scenario {
    /// The time by the scenario's clock.
    pub fn now(&self) -> Timestamp {
        CLOCK.parse().unwrap_or(Timestamp::UNIX_EPOCH)
    }

    /// Whether it is about data, and the reader may read all of it; the others are about access.
    pub fn is_about_data(&self) -> bool {
        !self.about_access
    }

    /// Its objects, in key order.
    ///
    /// # Errors
    /// [`DemoError::Start`] when a file cannot be made.
    pub fn objects(&self) -> Result<Vec<DemoObject>, DemoError> {
        let mut plan = Plan::default();
        (self.plan)(&mut plan);
        let shop = Shop::open();
        let (next, done) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
        let workers = std::thread::available_parallelism().map_or(2, usize::from).min(8);
        std::thread::scope(|scope| {
            for _ in 0..workers {
                scope.spawn(|| {
                    loop {
                        let number = next.fetch_add(1, Ordering::Relaxed);
                        let Some(work) = plan.work.get(number) else { return };
                        let made = work(&shop);
                        done.lock()
                            .unwrap_or_else(PoisonError::into_inner)
                            .push((number, made));
                    }
                });
            }
        });
        let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
        done.sort_by_key(|(number, _)| *number);
        // What is written later under the same key is what stays, as in a bucket.
        let mut objects = BTreeMap::new();
        for (_, made) in done {
            for object in made.map_err(|e| DemoError::Start(e.to_string()))? {
                objects.insert(object.key.clone(), object);
            }
        }
        Ok(objects.into_values().collect())
    }
}

/// Writes objects to a local folder, with their modification times; a key's slashes become folders.
///
/// # Errors
/// What the file system says, and keys that are no relative paths.
pub fn write_to_folder(objects: &[DemoObject], folder: &Path) -> io::Result<()> {
    for object in objects {
        if object.key.split('/').any(|part| matches!(part, "" | "." | "..")) {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                format!("the key {:?} is no relative path", object.key),
            ));
        }
        let path = folder.join(&object.key);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        let modified = SystemTime::try_from(object.modified).map_err(io::Error::other)?;
        fs::write(&path, &object.body)?;
        fs::File::options()
            .write(true)
            .open(&path)?
            .set_modified(modified)?;
    }
    Ok(())
}
