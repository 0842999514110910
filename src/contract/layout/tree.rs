//! A dataset's folder as a tree of level-one folders, with what Spark makes of the objects in it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{FolderListing, Placement, Role};
use crate::{
    calendar::PstDay,
    rule::{Code, Dataset},
};

/// What Spark makes of an object in a `folder/*` read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SparkView {
    /// Reads it.
    Read,
    /// Passes over it by name (`_…`, `.…`) or because it is empty.
    Skipped,
    /// Drops it without a word, though it looks like data.
    Dropped,
    /// Fails on it, and the whole read with it.
    Fails,
}

/// A number of objects and their bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObjectCount {
    /// Objects.
    pub objects: u64,
    /// Their bytes.
    pub bytes: u64,
}

/// One dataset's folder as a tree of level-one folders.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct LayoutReport {
    /// Level-one folders, in key order; files directly in the dataset's folder stand under the name "".
    pub folders: Vec<LayoutFolder>,
    /// How many more folders there are than are listed here.
    pub folders_more: u64,
    /// Objects and bytes by what Spark makes of them.
    pub spark: BTreeMap<SparkView, ObjectCount>,
    /// Whether a read of the whole folder fails, and why.
    pub read_fails: Option<String>,
}

/// A level-one folder of a dataset.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct LayoutFolder {
    /// Its name without slashes.
    pub name: String,
    /// The PST day that its name says, `YYYY-MM-DD`.
    pub day: Option<String>,
    /// Objects in it, at any depth.
    pub objects: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Objects by what Spark makes of them.
    pub spark: BTreeMap<SparkView, ObjectCount>,
    /// What is in the way here, with rule codes: `L303 2 objects not Parquet`.
    pub notes: Vec<String>,
}

/// At most so many level-one folders are listed.
const MAX_FOLDERS: usize = 2000;

/// What a note says of the objects that a rule counts.
const NOTES: [(&str, &str); 11] = [
    ("L303", "not Parquet"),
    ("L304", "dropped without a word"),
    ("L305", "placed so that the read fails"),
    ("L306", "in a key=value folder"),
    ("L307", "in a working folder, read as data"),
    ("L308", "in a folder not named YYYY-MM-DD"),
    ("L309", "archived"),
    ("L310", "giving the schema to all files"),
    ("L311", "empty"),
    ("L313", "left over from an earlier unload"),
    ("L314", "never read"),
];

/// The folder as the Layout screen and the report show it. Folder markers are left out.
pub fn report(dataset: Dataset, listing: &FolderListing, placement: &Placement) -> LayoutReport {
    let mut report = LayoutReport {
        read_fails: placement.read_fails.clone(),
        ..LayoutReport::default()
    };
    let mut folders: BTreeMap<&str, Gathered> = BTreeMap::new();
    for (object, place) in listing.objects.iter().zip(&placement.places) {
        if place.role == Role::Marker {
            continue;
        }
        let folder = folders.entry(place.folder(dataset, &object.key)).or_default();
        add(&mut report.spark, place.spark, object.size);
        add(&mut folder.spark, place.spark, object.size);
        folder.day = place.folder_day;
        folder.count.objects += 1;
        folder.count.bytes = folder.count.bytes.saturating_add(object.size);
        for (noted, (code, _)) in folder.notes.iter_mut().zip(NOTES) {
            let counts = Code::parse(code).is_some_and(|code| place.counts_for(code));
            *noted += u64::from(counts);
        }
    }
    report.folders_more = folders.len().saturating_sub(MAX_FOLDERS) as u64;
    report.folders = folders
        .into_iter()
        .take(MAX_FOLDERS)
        .map(|(name, folder)| folder.named(name))
        .collect();
    report
}

/// What is known of a level-one folder.
#[derive(Default)]
struct Gathered {
    day: Option<PstDay>,
    count: ObjectCount,
    spark: BTreeMap<SparkView, ObjectCount>,
    notes: [u64; NOTES.len()],
}

impl Gathered {
    fn named(self, name: &str) -> LayoutFolder {
        let notes = self.notes.into_iter().zip(NOTES);
        LayoutFolder {
            name: name.to_owned(),
            day: self.day.map(|day| day.to_string()),
            objects: self.count.objects,
            bytes: self.count.bytes,
            spark: self.spark,
            notes: notes
                .filter(|(count, _)| *count > 0)
                .map(|(count, (code, what))| {
                    let objects = if count == 1 { "object" } else { "objects" };
                    format!("{code} {count} {objects} {what}")
                })
                .collect(),
        }
    }
}

fn add(counts: &mut BTreeMap<SparkView, ObjectCount>, view: SparkView, bytes: u64) {
    let count = counts.entry(view).or_default();
    count.objects += 1;
    count.bytes = count.bytes.saturating_add(bytes);
}
