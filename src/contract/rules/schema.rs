//! S4xx: columns and types, from the footer of every file, never from a sample.

use super::FOLDERS;
use crate::rule::{Basis, Category, Code, Rule, Severity, Unit};

const FAIL: Rule = Rule::base(
    Category::Schema,
    Severity::Fail,
    Unit::Files,
    FOLDERS,
    Basis::Contract,
);
const WARN: Rule = Rule::base(
    Category::Schema,
    Severity::Warn,
    Unit::Files,
    FOLDERS,
    Basis::Spark,
);
const INFO: Rule = Rule::base(
    Category::Schema,
    Severity::Info,
    Unit::Files,
    FOLDERS,
    Basis::Inference,
);

/// S401 to S412.
pub static RULES: &[Rule] = &[
    Rule {
        code: Code::new("S401"),
        slug: "unreadable-file",
        title: "Files are not readable Parquet",
        counts: "Files with a bad magic number at head or tail, a truncated or corrupt footer, or an encrypted footer or columns.",
        why: "One such file among the data usually fails the read of the whole folder. A bad head alone is read by Spark without a word; it fails here because what is read is not what was written.",
        fix: "Write the file again, whole and unencrypted (encryption at rest by S3 is fine), and remove this one.",
        ..FAIL
    },
    Rule {
        code: Code::new("S402"),
        slug: "missing-column",
        title: "A column of the contract is missing",
        counts: "Files that lack a column that the contract asks for. An absent `timeuuid` is a warning: events are ingested, but not deduplicated.",
        why: "Statsig reads columns by their exact names. Without one, the rows can't be loaded.",
        fix: "Add the column. Of the metrics' `metric_value`, `numerator` and `denominator`, write those you don't use as `cast(null as double)`: all three must exist.",
        ..FAIL
    },
    Rule {
        code: Code::new("S403"),
        slug: "misspelled-column",
        title: "A column has nearly the right name",
        counts: "Files with a column whose name is one of the contract's but for case, white space, `_` or a common slip (`event`, `time`, `metadata`, `userId`, `value`).",
        why: "Names match exactly: a misspelled column is as good as missing.",
        fix: "Rename the column in the query that writes the files.",
        ..FAIL
    },
    Rule {
        code: Code::new("S404"),
        slug: "wrong-type",
        title: "A column has a type that can't be read as the contract asks",
        counts: "Files in which a column of the contract has a type that it must not have.",
        why: "Spark fails on the type, or reads values other than those that were written.",
        fix: "Cast the column in the query that writes the files: text columns to VARCHAR, `timestamp` to epoch seconds (BIGINT) or a UTC timestamp of micro- or milliseconds, the metrics' three values to DOUBLE.",
        ..FAIL
    },
    Rule {
        code: Code::new("S405"),
        slug: "doubtful-type",
        title: "A column has a type that is read, with a catch",
        counts: "Files in which a column of the contract has a type that is accepted with a warning.",
        why: "The values are read, but perhaps not as meant: a timestamp without the UTC flag shifts with the reader's time zone, bytes without a text annotation are read as binary, a float or text as a time may lose precision.",
        fix: "Write the plain type: STRING for text, UTC timestamps or epoch seconds (INT64) for times, DOUBLE for values.",
        ..WARN
    },
    Rule {
        code: Code::new("S406"),
        slug: "schema-drift",
        title: "Files of one folder disagree on a column's type",
        counts: "Files in which a column's physical type, logical type, unit, UTC flag, precision or scale differs from the file that gives the schema, the first by key. It fails where a Spark 3.5 read fails or yields wrong values, such as INT64 beside a timestamp or INT32 beside a date.",
        why: "Spark takes the schema of the whole folder from one file and reads all others by it.",
        fix: "Write all files with the same casts, and write those that differ again.",
        worst: Severity::Fail,
        ..WARN
    },
    Rule {
        code: Code::new("S407"),
        slug: "column-lost",
        title: "A column is missing in the file that gives the schema",
        counts: "Files that have a column which the schema-giving file, the first by key, has not. It fails for a column of the contract.",
        why: "Spark takes the schema of the whole folder from one file. A column that is not in it is dropped from all files.",
        fix: "Write the first file again with all columns, or remove it.",
        worst: Severity::Fail,
        basis: Basis::Spark,
        ..INFO
    },
    Rule {
        code: Code::new("S408"),
        slug: "unsupported-coding",
        title: "Files use a coding that a reader may not support",
        counts: "Files with Brotli or LZO compression, BYTE_STREAM_SPLIT encoding, decimals of more than 38 digits, FLOAT16 or INTERVAL columns.",
        why: "Spark 3.5 fails on each of them. Spark 4 reads BYTE_STREAM_SPLIT; which one Statsig runs is not known.",
        fix: "Write with Snappy, ZSTD or GZIP compression, with the writer's default encodings.",
        basis: Basis::Spark,
        ..FAIL
    },
    Rule {
        code: Code::new("S409"),
        slug: "duplicate-column",
        title: "Two columns differ only in case",
        counts: "Files with two columns whose names are equal but for case.",
        why: "Spark compares names without case by default and fails on the ambiguity.",
        fix: "Keep one of the two, spelled as the contract does.",
        basis: Basis::Spark,
        ..FAIL
    },
    Rule {
        code: Code::new("S410"),
        slug: "extra-column",
        title: "Columns that are not in the contract",
        counts: "Files with a column that the contract does not name. On `signals/`, which has the single column `finished_date`, it is a warning.",
        why: "Extra columns are not ingested. On `signals/` the page asks for a single column.",
        fix: "Nothing needs to be done for events and metrics. In `signals/`, write `finished_date` alone. Make sure that no personal data lies in a column which nobody needs.",
        basis: Basis::Contract,
        worst: Severity::Warn,
        ..INFO
    },
    Rule {
        code: Code::new("S411"),
        slug: "no-rows",
        title: "Files without rows",
        counts: "Files whose footer says that they hold no rows.",
        why: "They do no harm. Many of them may mean that an unload ran before its table was filled.",
        fix: "Look whether the day was meant to be empty.",
        ..INFO
    },
    Rule {
        code: Code::new("S412"),
        slug: "unreadable-pages",
        title: "Files have pages or text that can't be decoded",
        counts: "Files with a good footer but pages that can't be decoded when rows are read, or with bytes in a text column that are not UTF-8.",
        why: "A broken page fails the read in the middle. Bytes that are not UTF-8 are read by Spark without a word; it fails here because what is read is not what was written.",
        fix: "Write the file again from its source. For text, convert to UTF-8 on the way.",
        ..FAIL
    },
];
