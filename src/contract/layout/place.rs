//! What each object of a folder is, and what a Spark read of `folder/*` makes of it.
//!
//! Spark 3.5 takes every entry of the folder that the glob matches as a root, hidden ones too; lists what lies below,
//! passing over hidden names; and looks for `key=value` folders between each root and its files. Where it finds none it
//! reads the files at most one level down and drops the deeper ones. Where it finds some, all must start below one and
//! the same folder and have the same keys, else the read fails; then only files in such folders are read.

use std::collections::{BTreeSet, HashMap};

use super::{
    FolderListing, Listed, SparkView,
    name::{folder_day, is_hidden_data, is_hidden_file, is_hidden_folder, is_metadata, says_not_parquet},
    stale,
};
use crate::{
    calendar::PstDay,
    rule::{Code, Dataset},
};

/// What an object is, by its name and size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// To be read as Parquet: its footer is judged, its rows are counted. Too deep ones and those in `_temporary/` and
    /// the like, too.
    Data,
    /// `_metadata` or `_common_metadata` (L310): its footer is read and compared, it is no file of the dataset.
    Metadata,
    /// Named like Parquet data, but with `_` or `.` before it: never read (L314).
    HiddenData,
    /// Another name that starts with `_` or `.`: `_SUCCESS`, `.part-0.parquet.crc`.
    Ignored,
    /// Its name says that it is not Parquet (L303).
    NotParquet,
    /// Zero bytes, named like data (L311).
    Empty,
    /// What a console or tool leaves to show a folder: a key that ends in `/`, `…_$folder$`.
    Marker,
}

impl Role {
    /// The role of an object of one of the three folders.
    pub fn of_object(object: &Listed) -> Self {
        let name = object.key.rsplit('/').next().unwrap_or_default();
        Self::of(name, object.size)
    }

    fn of(name: &str, size: u64) -> Self {
        if name.is_empty() || name.ends_with("_$folder$") {
            Self::Marker
        } else if is_metadata(name) {
            Self::Metadata
        } else if is_hidden_data(name) {
            Self::HiddenData
        } else if is_hidden_file(name) {
            Self::Ignored
        } else if says_not_parquet(name) {
            Self::NotParquet
        } else if size == 0 {
            Self::Empty
        } else {
            Self::Data
        }
    }

    /// Whether Spark would try to read it, going by its name.
    pub fn visible(self) -> bool {
        matches!(self, Self::Data | Self::NotParquet | Self::Empty)
    }
}

/// Where an object lies and what comes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// What it is.
    pub role: Role,
    /// What Spark makes of it.
    pub spark: SparkView,
    /// The day of its level-one folder.
    pub folder_day: Option<PstDay>,
    /// Folders between the dataset's folder and the object: 0 directly in it, 1 in a day folder.
    pub depth: u16,
    /// The length of the level-one folder's name, 0 where there is none.
    folder_len: u32,
    findings: u16,
}

impl Place {
    /// The name of the object's level-one folder; empty where it lies directly in the dataset's folder.
    pub fn folder(self, dataset: Dataset, key: &str) -> &str {
        let rest = key.strip_prefix(dataset.folder()).unwrap_or(key);
        rest.get(..self.folder_len as usize).unwrap_or_default()
    }

    /// Whether a layout rule that counts objects counts this one: L303 to L314.
    pub fn counts_for(self, code: Code) -> bool {
        bit(code).is_some_and(|bit| self.findings & bit != 0)
    }

    pub(super) fn mark(&mut self, code: Code) {
        self.findings |= bit(code).unwrap_or(0);
    }

    /// Whether Spark comes across it at all.
    pub(super) fn seen(self) -> bool {
        self.findings & SEEN != 0
    }

    /// Whether a colon in its own name is all that L305 says of it.
    pub(super) fn colon_in_name(self) -> bool {
        self.findings & COLON_IN_NAME != 0
    }
}

/// Beside the rules' bits in [`Place::findings`].
const SEEN: u16 = 1;
const COLON_IN_NAME: u16 = 1 << 15;

/// The bit of a rule among L301 to L314.
fn bit(code: Code) -> Option<u16> {
    let number: u16 = code.as_str().strip_prefix("L3")?.parse().ok()?;
    (1..=14).contains(&number).then(|| 1 << number)
}

/// The places of all objects of a folder, and what a read of the whole folder comes to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Placement {
    /// One for each object of the listing, in its order.
    pub places: Vec<Place>,
    /// Why a read of the whole folder fails because of its layout, in words.
    pub read_fails: Option<String>,
    /// What of that is L305, in words.
    pub(super) unreadable: Option<String>,
    /// Two `key=value` levels with one value of the first so far: the read works, until a second value appears.
    pub(super) fails_from_second_value: bool,
}

/// A size far below 1 MiB, for L312.
const SMALL: u64 = 256 << 10;
/// So many small files in a day are many, for L312.
const MANY: usize = 20;

/// What each listed object is and what Spark makes of it.
pub fn place(dataset: Dataset, listing: &FolderListing) -> Placement {
    let mut folders = HashMap::new();
    let mut places: Vec<Place> = listing
        .objects
        .iter()
        .map(|object| first_look(dataset, object, &mut folders))
        .collect();
    let discovery = discover(dataset, listing, &places);
    let mut shallow = false;
    for (object, place) in listing.objects.iter().zip(&mut places) {
        discovery.settle(dataset, object, place);
        shallow |= place.spark == SparkView::Read && place.role.visible();
    }
    let mut unreadable = discovery.fails.clone();
    let dropped = places
        .iter()
        .any(|p| p.role == Role::Data && p.spark == SparkView::Dropped);
    if dropped
        && !shallow
        && !places
            .iter()
            .any(|p| p.role.visible() && p.spark == SparkView::Fails)
    {
        // Further pages may bring files less deep.
        if listing.complete() {
            unreadable.get_or_insert_with(|| "all files lie too deep: nothing is read".into());
            mark(&mut places, "L305", |p| {
                p.role == Role::Data && p.spark == SparkView::Dropped
            });
        }
    } else {
        mark(&mut places, "L304", |p| {
            p.role == Role::Data && p.spark == SparkView::Dropped
        });
    }
    if mark_names(dataset, listing, &mut places) {
        unreadable.get_or_insert_with(|| "a folder's name holds a colon".into());
    }
    stale::mark(listing, &mut places);
    mark_small(dataset, listing, &mut places);
    let read_fails = read_fails(unreadable.clone(), &mut places);
    Placement {
        places,
        read_fails,
        unreadable,
        fails_from_second_value: discovery.two_levels,
    }
}

fn mark(places: &mut [Place], code: &str, of: impl Fn(&Place) -> bool) {
    let Some(code) = Code::parse(code) else { return };
    for place in places.iter_mut().filter(|place| of(place)) {
        place.mark(code);
    }
}

/// Role and place, as far as the key alone tells.
fn first_look<'a>(
    dataset: Dataset,
    object: &'a Listed,
    days: &mut HashMap<&'a str, Option<PstDay>>,
) -> Place {
    let rest = object.key.strip_prefix(dataset.folder()).unwrap_or(&object.key);
    let (path, name) = rest.rsplit_once('/').map_or((None, rest), |(p, n)| (Some(p), n));
    let folder = path.map_or("", |path| path.split('/').next().unwrap_or_default());
    let depth = path.map_or(0, |path| path.split('/').count());
    Place {
        role: Role::of(name, object.size),
        spark: SparkView::Skipped,
        folder_day: *days.entry(folder).or_insert_with(|| folder_day(folder)),
        depth: u16::try_from(depth).unwrap_or(u16::MAX),
        folder_len: u32::try_from(folder.len()).unwrap_or(0),
        findings: 0,
    }
}

/// What partition discovery makes of one folder that holds files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct LeafFolder {
    /// A hidden folder below a root: Spark does not list it.
    hidden: bool,
    /// The keys of its `key=value` chain, in lower case; empty where it has none.
    keys: Vec<String>,
    /// The folder below which its chain starts, in lower case; of a folder without a chain, itself. `None` where
    /// `_temporary` keeps it out of the comparison.
    base: Option<String>,
    /// A `key=value` folder with nothing before or behind the sign.
    half_pair: bool,
}

impl LeafFolder {
    /// Follows Spark's `PartitioningUtils.parsePartition`: from the folder up to its root, the level-one folder.
    fn of(path: &str) -> Self {
        let parts: Vec<&str> = path.split('/').collect();
        let mut leaf = Self {
            hidden: parts.iter().skip(1).any(|part| is_hidden_folder(part)),
            base: Some(path.to_lowercase()),
            ..Self::default()
        };
        let mut at = parts.len();
        while let Some(part) = at.checked_sub(1).and_then(|i| parts.get(i)) {
            if part.eq_ignore_ascii_case("_temporary") {
                leaf.base = None;
                leaf.keys.clear();
                return leaf;
            }
            if at == 1 {
                break;
            }
            match part.split_once('=') {
                Some((key, value)) => {
                    leaf.half_pair |= key.is_empty() || value.is_empty();
                    leaf.keys.push(key.to_lowercase());
                }
                None if !leaf.keys.is_empty() => break,
                None => {}
            }
            at -= 1;
        }
        leaf.keys.reverse();
        if !leaf.keys.is_empty() {
            leaf.base = parts.get(..at).map(|parts| parts.join("/").to_lowercase());
        }
        leaf
    }
}

/// What partition discovery makes of the whole folder.
#[derive(Debug, Default)]
struct Discovery<'a> {
    leaves: HashMap<&'a str, LeafFolder>,
    /// Level-one folders that hold a chain.
    chained: BTreeSet<&'a str>,
    /// Why the read fails, in words.
    fails: Option<String>,
    /// Whether it is the chains that make it fail.
    chains_fail: bool,
    two_levels: bool,
}

fn folder_path(dataset: Dataset, key: &str) -> &str {
    let rest = key.strip_prefix(dataset.folder()).unwrap_or(key);
    rest.rsplit_once('/').map_or("", |(path, _)| path)
}

fn level_one(path: &str) -> &str {
    path.split('/').next().unwrap_or_default()
}

fn discover<'a>(dataset: Dataset, listing: &'a FolderListing, places: &[Place]) -> Discovery<'a> {
    let mut found = Discovery::default();
    for (object, place) in listing.objects.iter().zip(places) {
        let path = folder_path(dataset, &object.key);
        if place.role.visible() && !found.leaves.contains_key(path) {
            found.leaves.insert(path, LeafFolder::of(path));
        }
    }
    let listed = || found.leaves.iter().filter(|(_, leaf)| !leaf.hidden);
    let chains: Vec<_> = listed().filter(|(_, leaf)| !leaf.keys.is_empty()).collect();
    if chains.is_empty() {
        return found;
    }
    let bases: BTreeSet<_> = listed().filter_map(|(_, leaf)| leaf.base.as_ref()).collect();
    let firsts: BTreeSet<_> = chains.iter().map(|(path, _)| level_one(path)).collect();
    let keys: BTreeSet<_> = chains.iter().map(|(_, leaf)| &leaf.keys).collect();
    let fails = if chains.iter().any(|(_, leaf)| leaf.half_pair) {
        Some("a key=value folder has nothing before or behind its sign")
    } else if firsts.len() > 1 {
        Some(
            "key=value folders lie below more than one level-one folder: Spark takes these for conflicting partitions",
        )
    } else if bases.len() > 1 {
        Some(
            "key=value folders below a level-one folder stand beside plain folders: Spark takes these for conflicting partitions",
        )
    } else if keys.len() > 1 {
        Some("key=value folders have different keys or a different number of levels")
    } else {
        None
    };
    let two_levels = fails.is_none() && firsts.iter().any(|first| first.contains('='));
    let chained = firsts.clone();
    found.fails = fails.map(Into::into);
    found.chains_fail = fails.is_some();
    found.two_levels = two_levels;
    found.chained = chained;
    found
}

impl Discovery<'_> {
    /// Spark's view of one object, and the findings that hang on its folder.
    fn settle(&self, dataset: Dataset, object: &Listed, place: &mut Place) {
        let path = folder_path(dataset, &object.key);
        let Some(leaf) = self.leaves.get(path).filter(|_| place.role.visible()) else {
            if place.role == Role::Metadata && place.depth <= 1 {
                place.spark = SparkView::Read;
            }
            return;
        };
        let in_chain = !leaf.hidden && !leaf.keys.is_empty();
        let beside_chain = place.depth == 1 && self.chained.contains(path);
        let read = if self.chained.is_empty() || self.chains_fail {
            in_chain || (place.depth <= 1 && !beside_chain)
        } else {
            in_chain
        };
        place.spark = match (read, place.role) {
            (true, Role::Empty) => SparkView::Skipped,
            (true, Role::NotParquet) => SparkView::Fails,
            (true, _) if in_chain && self.chains_fail => SparkView::Fails,
            (true, _) => SparkView::Read,
            (false, Role::Data) => SparkView::Dropped,
            (false, _) => SparkView::Skipped,
        };
        if read {
            place.findings |= SEEN;
        }
        if in_chain && self.chains_fail {
            place.mark(Code::new("L305"));
        }
        if read && place.role == Role::NotParquet {
            place.mark(Code::new("L303"));
        }
    }
}

/// Findings that hang on an object's own name, size or class, or its folders' names. Whether a folder's name holds a
/// colon.
fn mark_names(dataset: Dataset, listing: &FolderListing, places: &mut [Place]) -> bool {
    let mut colon = false;
    for (object, place) in listing.objects.iter().zip(places) {
        let folder = place.folder(dataset, &object.key);
        let visible = place.role.visible();
        let archived = object.archived
            || object.storage_class.as_deref().is_some_and(|class| {
                class.eq_ignore_ascii_case("GLACIER") || class.eq_ignore_ascii_case("DEEP_ARCHIVE")
            });
        let hive = folder.contains('=');
        let hidden = is_hidden_folder(folder);
        // Deeper down a colon was seen to do no harm: only the glob stumbles over it.
        let colon_in_folder = folder.contains(':');
        let found = [
            ("L305", visible && colon_in_folder),
            ("L306", visible && hive),
            ("L307", visible && place.depth > 0 && hidden),
            (
                "L308",
                visible && place.depth > 0 && !hidden && place.folder_day.is_none(),
            ),
            ("L309", archived && (visible || place.role == Role::Metadata)),
            ("L310", place.role == Role::Metadata),
            ("L311", place.role == Role::Empty),
            ("L314", place.role == Role::HiddenData),
        ];
        for (code, _) in found.iter().filter(|(_, found)| *found) {
            if let Some(code) = Code::parse(code) {
                place.mark(code);
            }
        }
        if visible && colon_in_folder {
            place.spark = SparkView::Fails;
            colon = true;
        } else if visible && object.key.contains(':') {
            place.findings |= COLON_IN_NAME;
        }
    }
    colon
}

/// L312: the small files of days that have many of them.
fn mark_small(dataset: Dataset, listing: &FolderListing, places: &mut [Place]) {
    let small = |object: &Listed, place: &Place| {
        place.role == Role::Data && place.folder_day.is_some() && object.size < SMALL
    };
    let mut days: HashMap<&str, usize> = HashMap::new();
    for (object, place) in listing.objects.iter().zip(places.iter()) {
        if small(object, place) {
            *days.entry(place.folder(dataset, &object.key)).or_default() += 1;
        }
    }
    for (object, place) in listing.objects.iter().zip(places) {
        let day = place.folder(dataset, &object.key);
        if small(object, place) && days.get(day).is_some_and(|files| *files >= MANY) {
            place.mark(Code::new("L312"));
        }
    }
}

/// Why a read of the whole folder fails, all layout rules together; the empty object that sorts first fails it, too.
fn read_fails(unreadable: Option<String>, places: &mut [Place]) -> Option<String> {
    let first = places.iter_mut().find(|p| p.seen());
    let empty_first = first.is_some_and(|place| {
        let empty = place.role == Role::Empty;
        if empty {
            place.spark = SparkView::Fails;
        }
        empty
    });
    let other = places.iter().any(|p| p.counts_for(Code::new("L303")));
    unreadable
        .or_else(|| other.then(|| "objects that are not Parquet lie among the data (L303)".into()))
        .or_else(|| empty_first.then(|| "the first object by key is empty (L311)".into()))
}
