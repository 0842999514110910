//! The type in which a finished date is written: that of the signals which are there already.

use crate::contract::schema::{ColumnReport, SchemaGroup};

/// The type of the column `finished_date`. Both are in the contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FinishedType {
    /// INT32 DATE.
    Date,
    /// BYTE_ARRAY STRING, `YYYY-MM-DD`.
    String,
}

impl FinishedType {
    /// The word for `--finished-date-type`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Date => "date",
            Self::String => "string",
        }
    }

    /// As reports spell types.
    pub const fn spelled(self) -> &'static str {
        match self {
            Self::Date => "DATE",
            Self::String => "STRING",
        }
    }

    /// The one that Spark reads a column as, if it is one of them.
    fn of(column: &ColumnReport) -> Option<Self> {
        match (column.physical.as_str(), column.logical.as_str()) {
            ("INT32", "DATE") => Some(Self::Date),
            ("BYTE_ARRAY", "STRING" | "JSON" | "ENUM" | "") => Some(Self::String),
            _ => None,
        }
    }
}

/// How a date is to be written, and why so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Form {
    /// The type.
    pub kind: FinishedType,
    /// Why, to stand behind the type: "as in signals/a.parquet, which gives the schema".
    pub why: String,
    /// What comes of a type that differs from the existing one (S406), in a sentence.
    pub drift: Option<String>,
}

/// The form that follows the existing signals, by the groups of their files' columns; or the one that was asked for.
///
/// Of signals that disagree, the schema-giving file counts: the first by key.
///
/// # Errors
/// A sentence: the existing signals have a type of which no date can be written, and none was asked for.
pub fn form(groups: &[SchemaGroup], asked: Option<FinishedType>) -> Result<Form, String> {
    let Some((first_key, column)) = schema_giving(groups) else {
        return Ok(Form {
            kind: asked.unwrap_or(FinishedType::Date),
            why: if asked.is_some() {
                "as asked for".into()
            } else {
                "as there is no other signal file to follow".into()
            },
            drift: None,
        });
    };
    let there = spelled(column);
    match (asked, FinishedType::of(column)) {
        (None, None) => Err(format!(
            "`finished_date` of {first_key}, which gives the schema, is {there}: neither DATE nor STRING"
        )),
        (None, Some(kind)) => Ok(Form {
            kind,
            why: format!("as in {first_key}, which gives the schema"),
            drift: None,
        }),
        (Some(kind), existing) => Ok(Form {
            kind,
            why: "as asked for".into(),
            drift: (existing != Some(kind)).then(|| {
                format!(
                    "S406: {} beside {there} of {first_key}. Spark takes the schema of the whole folder from one \
                     file, and a read of signals/* then fails for the other type, with all signals in it",
                    kind.spelled()
                )
            }),
        }),
    }
}

/// The first file by key with a `finished_date`, and its column.
fn schema_giving(groups: &[SchemaGroup]) -> Option<(&str, &ColumnReport)> {
    groups
        .iter()
        .filter_map(|group| {
            let column = group
                .columns
                .iter()
                .find(|column| column.name == "finished_date")?;
            Some((group.first_key.as_str(), column))
        })
        .min_by_key(|(key, _)| *key)
}

fn spelled(column: &ColumnReport) -> String {
    match column.logical.as_str() {
        "" => column.physical.clone(),
        "DATE" | "STRING" | "JSON" | "ENUM" => column.logical.clone(),
        logical => format!("{} {logical}", column.physical),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    fn group(files: u64, first_key: &str, physical: &str, logical: &str) -> SchemaGroup {
        SchemaGroup {
            files,
            first_key: first_key.into(),
            columns: vec![ColumnReport {
                name: "finished_date".into(),
                physical: physical.into(),
                logical: logical.into(),
            }],
        }
    }

    #[test]
    fn a_date_is_written_as_the_signals_that_are_there() {
        let kind = |groups: &[SchemaGroup]| form(groups, None).unwrap().kind;
        assert_eq!(kind(&[]), FinishedType::Date);
        assert_eq!(
            kind(&[group(3, "signals/a", "INT32", "DATE")]),
            FinishedType::Date
        );
        assert_eq!(
            kind(&[group(3, "signals/a", "BYTE_ARRAY", "STRING")]),
            FinishedType::String
        );
        assert_eq!(
            kind(&[group(3, "signals/a", "BYTE_ARRAY", "")]),
            FinishedType::String
        );
    }

    #[test]
    fn of_signals_that_disagree_the_first_by_key_is_followed_and_not_the_most() {
        let groups = [
            group(90, "signals/2026-06-02/b.parquet", "INT32", "DATE"),
            group(1, "signals/2026-06-01/a.parquet", "BYTE_ARRAY", "STRING"),
        ];
        let found = form(&groups, None).unwrap();
        assert_eq!(found.kind, FinishedType::String);
        assert!(found.why.contains("2026-06-01/a.parquet"));
        assert_eq!(found.drift, None);
    }

    #[test]
    fn another_type_than_theirs_is_written_only_when_asked_for_and_says_what_comes_of_it() {
        let dates = [group(3, "signals/a", "INT32", "DATE")];
        let same = form(&dates, Some(FinishedType::Date)).unwrap();
        assert_eq!(same.drift, None);
        let other = form(&dates, Some(FinishedType::String)).unwrap();
        assert_eq!(other.kind, FinishedType::String);
        assert!(
            other
                .drift
                .unwrap()
                .starts_with("S406: STRING beside DATE of signals/a.")
        );
        let stamps = [group(3, "signals/a", "INT64", "TIMESTAMP(MICROS,UTC)")];
        assert!(
            form(&stamps, None)
                .unwrap_err()
                .contains("INT64 TIMESTAMP(MICROS,UTC)")
        );
        assert!(form(&stamps, Some(FinishedType::Date)).unwrap().drift.is_some());
        assert_eq!(
            form(&[], Some(FinishedType::String)).unwrap().kind,
            FinishedType::String
        );
    }
}
