//! L3xx: names and places of objects, from a listing of the three folders.

use super::FOLDERS;
use crate::rule::{Basis, Category, Code, Rule, Severity, Subject, Unit};

const FAIL: Rule = Rule::base(
    Category::Layout,
    Severity::Fail,
    Unit::Objects,
    FOLDERS,
    Basis::Spark,
);
const WARN: Rule = Rule::base(
    Category::Layout,
    Severity::Warn,
    Unit::Objects,
    FOLDERS,
    Basis::Spark,
);
const INFO: Rule = Rule::base(
    Category::Layout,
    Severity::Info,
    Unit::Objects,
    FOLDERS,
    Basis::Inference,
);

/// L301 to L314.
pub static RULES: &[Rule] = &[
    Rule {
        code: Code::new("L301"),
        slug: "folder-missing",
        title: "A folder that Statsig reads holds nothing",
        counts: "The folder, when no object lies under it. It fails when neither `events/` nor `metrics/` has an object, or when `signals/` has none and signalling by API is not declared. One of events and metrics alone is enough: the other is then told as info.",
        why: "Statsig looks in `events/`, `metrics/` and `signals/` under the bucket or its agreed prefix, and nowhere else. What is not there is not ingested.",
        fix: "Write the data under exactly these names. If days are signalled by the mark_data_ready API, say so: `signal_via = \"api\"` in bucket-ready.toml. If the data lies under a prefix, give it: `s3://bucket/prefix`.",
        basis: Basis::Contract,
        ..FAIL
    },
    Rule {
        code: Code::new("L302"),
        slug: "near-miss-folder",
        title: "A folder or file at the root that looks meant for one of the three folders",
        counts: "Entries at the root whose name is nearly `events`, `metrics` or `signals` (another case, a missing s), and data files that lie at the root itself.",
        why: "S3 keys are compared exactly: `Events/` is not `events/`. What lies there is never read.",
        fix: "Write to `events/`, `metrics/`, `signals/` in lower case, and copy what lies elsewhere. If the folder is something else, switch the rule off: `L302 = \"off\"`.",
        subjects: &[Subject::Bucket],
        basis: Basis::Inference,
        ..WARN
    },
    Rule {
        code: Code::new("L303"),
        slug: "not-parquet-object",
        title: "Objects that are not Parquet lie among the data",
        counts: "Objects that Spark would try to read and whose name says that they are not Parquet: `.csv .json .jsonl .gz .txt .tsv .avro .orc .xml .zip`, or a name that ends in `manifest`. Names that start with `_` or `.` are ignored by Spark and not counted.",
        why: "A read of the folder takes every object whose name does not start with `_` or `.`, whatever it ends in. One that is not Parquet fails the whole read.",
        fix: "Remove these objects, or write them outside the three folders. Redshift's UNLOAD writes a manifest only when told `MANIFEST`.",
        ..FAIL
    },
    Rule {
        code: Code::new("L304"),
        slug: "silently-dropped",
        title: "Files that a read of the folder drops without a word",
        counts: "Files that `folder/*` does not read: those deeper than one level below the folder that are not in a `key=value` chain, beside shallower ones; or the shallow file in a folder that also holds a `key=value` chain.",
        why: "Spark lists `folder/*` and one level below it. Files deeper down are left out, without an error and without a warning: the days look complete and are not.",
        fix: "Keep one layout: `folder/YYYY-MM-DD/file.parquet`, nothing deeper.",
        ..FAIL
    },
    Rule {
        code: Code::new("L305"),
        slug: "unreadable-layout",
        title: "The folder's layout makes the whole read fail",
        counts: "Objects whose place makes a read of `folder/*` fail: all files too deep; two or more `key=value` levels with more than one value of the first; such a chain beside plain day folders; `key=value` folders of different keys; a colon in a folder's name. A colon in a file's name is a warning (seen to fail on a local disk only).",
        why: "Spark infers partitions from folder names. Where they contradict each other it gives up, and not one row is read.",
        fix: "Keep one layout: `folder/YYYY-MM-DD/file.parquet`, with no `key=value` folders and no colon in a name.",
        ..FAIL
    },
    Rule {
        code: Code::new("L306"),
        slug: "hive-day-folder",
        title: "Day folders are named `key=value`",
        counts: "Objects under `date=…/` and the like. It fails when the column named in the path is one that the contract needs and that is not in the files.",
        why: "With `date=2022-06-22/` under `folder/*`, the column in the path is lost: the read starts below it. With two such levels and one value so far, the read works until a second value of the first appears, and fails from then on.",
        fix: "Name day folders `YYYY-MM-DD`, and keep every column of the contract in the files. Redshift's `PARTITION BY` takes the column out of the files unless it says `INCLUDE`.",
        worst: Severity::Fail,
        ..WARN
    },
    Rule {
        code: Code::new("L307"),
        slug: "hidden-made-visible",
        title: "Working folders lie where the read takes them for data",
        counts: "Objects in `_temporary/`, `.tmp/`, `.spark-staging…` directly under the folder, which are read as data, and in `_delta_log/` there, which fails the read.",
        why: "Spark ignores such names below a folder, but not when the glob `folder/*` itself matches them. Half-written files are then read as rows.",
        fix: "Remove the leftovers. Write jobs to a place outside the three folders and copy finished files in, or use a committer that leaves no `_temporary/`. Statsig reads plain Parquet, not Delta tables.",
        ..FAIL
    },
    Rule {
        code: Code::new("L308"),
        slug: "day-folder-name",
        title: "Folders that are not named after a day",
        counts: "Objects in level-one folders whose name is not an ISO date. It warns when the name looks like a date in another form, such as `20220622` or `22-06-2022`.",
        why: "Day folders are a recommendation: rows are read all the same. But which day a file belongs to can't be seen, so rules and calendar must go by the rows.",
        fix: "Name day folders `YYYY-MM-DD`.",
        basis: Basis::Contract,
        worst: Severity::Warn,
        ..INFO
    },
    Rule {
        code: Code::new("L309"),
        slug: "archived",
        title: "Objects are archived and can't be read",
        counts: "Objects in storage class GLACIER or DEEP_ARCHIVE, or in an archived access tier.",
        why: "An archived object is listed but refuses to be read (InvalidObjectState) until it is restored, and it fails the read of its folder.",
        fix: "Restore the objects and copy them to a readable class, and exempt the three folders from the lifecycle rule that archives them. GLACIER_IR can be read at once and is not counted.",
        basis: Basis::Aws,
        ..FAIL
    },
    Rule {
        code: Code::new("L310"),
        slug: "metadata-file",
        title: "A summary file decides the schema",
        counts: "Objects named `_metadata` or `_common_metadata`. It fails when what one says disagrees with the files.",
        why: "Spark takes the schema of the whole folder from such a file if there is one. A stale one hides columns or gives them the wrong type.",
        fix: "Remove `_metadata` and `_common_metadata`, and switch off their writing (`parquet.summary.metadata.level=NONE`).",
        worst: Severity::Fail,
        ..WARN
    },
    Rule {
        code: Code::new("L311"),
        slug: "empty-object",
        title: "Zero-byte objects are named like data",
        counts: "Objects of zero bytes whose name Spark does not ignore. It fails when one of them sorts first in the folder.",
        why: "Spark 3.5 skips an empty object, until it is the first by key: then the schema is read from it and the whole read fails. Spark 4 passes over it there too; which one Statsig runs is not known.",
        fix: "Remove them. They are often folder markers made by a console or left by a failed upload.",
        worst: Severity::Fail,
        ..WARN
    },
    Rule {
        code: Code::new("L312"),
        slug: "small-files",
        title: "Days are split into many small files",
        counts: "Files far below 1 MiB in days that hold many of them.",
        why: "Each file costs requests and a footer: reads get slow and dear. Nothing is lost.",
        fix: "Write fewer, larger files a day: 64 MiB and more is comfortable for readers.",
        ..INFO
    },
    Rule {
        code: Code::new("L313"),
        slug: "stale-parts",
        title: "A day folder seems to hold the parts of two unloads",
        counts: "Files of a day folder that were written more than 12 hours apart from others there and whose part numbers overlap theirs, or continue them.",
        why: "An unload that is run again does not remove the first run's files. What it wrote less of this time stays behind, and its rows are read twice.",
        fix: "Remove the older parts of these days, and empty a day's folder before it is written again (Redshift: `CLEANPATH`).",
        basis: Basis::Inference,
        ..WARN
    },
    Rule {
        code: Code::new("L314"),
        slug: "hidden-data",
        title: "Data files have names that are never read",
        counts: "Objects named like Parquet data whose name starts with `_` or `.`.",
        why: "Spark ignores names that start with `_` or `.`. The rows in these files are not ingested.",
        fix: "Rename the files, or remove them if they are leftovers of a job.",
        ..WARN
    },
];
