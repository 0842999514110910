//! From a footer to what is read of its file, and as what.

use std::{collections::HashMap, sync::Arc};

use arrow_schema::{Field, Fields};
use parquet::arrow::parquet_to_arrow_schema;

use crate::{
    calendar::PstDay,
    contract::{
        rows::{Column, FilePlan, Reading},
        schema::{self, FileFooter, Shape, Standing},
    },
    rule::{Code, Dataset, Severity},
};

const S402: Code = Code::new("S402");
const S403: Code = Code::new("S403");
const S404: Code = Code::new("S404");
const S405: Code = Code::new("S405");
const S408: Code = Code::new("S408");

/// What files of one shape share.
#[derive(Debug)]
pub(super) struct Template {
    /// How each contract column is read.
    readings: Vec<(Column, Reading)>,
    /// The columns to read, in the order in which they become leaves.
    pub names: Vec<&'static str>,
    /// The Arrow types to ask for.
    pub hints: Fields,
    /// The schema rules that such a file breaks, for the days that it holds.
    pub findings: Vec<(Code, Severity)>,
}

/// The templates of a dataset's shapes.
#[derive(Debug)]
pub(super) struct Templates {
    dataset: Dataset,
    /// By the shape, which files of equal columns share.
    known: HashMap<usize, (Arc<Shape>, Arc<Template>)>,
}

impl Templates {
    pub fn new(dataset: Dataset) -> Self {
        Self {
            dataset,
            known: HashMap::new(),
        }
    }

    /// The template of a file, and its plan. `rows_before` are the rows of all files before it.
    pub fn plan(
        &mut self,
        footer: &FileFooter,
        folder_day: Option<PstDay>,
        rows_before: u64,
    ) -> (Arc<Template>, FilePlan) {
        let place = Arc::as_ptr(&footer.shape) as usize;
        let dataset = self.dataset;
        let (_, template) = self
            .known
            .entry(place)
            .or_insert_with(|| (Arc::clone(&footer.shape), Arc::new(template(dataset, footer))));
        let plan = FilePlan::new(
            dataset,
            footer.key.as_ref().into(),
            folder_day,
            &template.readings,
        )
        .after(rows_before);
        (Arc::clone(template), plan)
    }
}

fn template(dataset: Dataset, footer: &FileFooter) -> Template {
    let found = schema::readings(dataset, footer);
    let mut readings = Vec::new();
    let mut names = Vec::new();
    let mut findings = Vec::new();
    for column in Column::of(dataset) {
        let Some(reading) = found.get(column.name()) else {
            continue;
        };
        findings.extend(finding(*column, reading.standing));
        let blocked = found.blocked_by.or_else(|| reading.blocked_by());
        let reading = match (blocked, reading.reading) {
            (Some(code), _) => Reading::Blocked(code),
            (None, Some(reading)) => as_read(*column, reading, names.len()),
            (None, None) => continue,
        };
        if matches!(reading, Reading::Leaf { .. }) {
            names.push(column.name());
        }
        readings.push((*column, reading));
    }
    match hints(footer, &names, &readings) {
        Some(hints) => Template {
            readings,
            names,
            hints,
            findings,
        },
        None => Template {
            readings: readings
                .into_iter()
                .map(|(column, reading)| match reading {
                    Reading::Leaf { .. } => (column, Reading::Blocked(S408)),
                    other => (column, other),
                })
                .collect(),
            names: Vec::new(),
            hints: Fields::empty(),
            findings,
        },
    }
}

/// The rule that a column breaks in a file, and how gravely.
fn finding(column: Column, standing: Standing) -> Option<(Code, Severity)> {
    match standing {
        Standing::Accepted => None,
        Standing::Doubtful => Some((S405, Severity::Warn)),
        Standing::Wrong => Some((S404, Severity::Fail)),
        Standing::Misspelled => Some((S403, Severity::Fail)),
        Standing::Missing if column == Column::Timeuuid => Some((S402, Severity::Warn)),
        Standing::Missing => Some((S402, Severity::Fail)),
    }
}

/// How a column is read as the rows' rules take it.
fn as_read(column: Column, reading: schema::Reading, leaf: usize) -> Reading {
    use schema::Reading as S;
    match reading {
        S::Null => Reading::AllNull,
        // Spark reads bytes as they are; whether they are UTF-8 is judged with the rows.
        S::Text => Reading::text(leaf, false, false),
        S::Int96 => Reading::int96(leaf),
        _ if column == Column::EventValue => Reading::Unread,
        _ => Reading::plain(leaf),
    }
}

/// The Arrow types to ask for: what the readings want, else what the reader makes of a column by itself. `None` when it
/// can't map the columns.
fn hints(footer: &FileFooter, names: &[&'static str], readings: &[(Column, Reading)]) -> Option<Fields> {
    let metadata = footer.metadata(names).ok()?;
    let natural = parquet_to_arrow_schema(metadata.file_metadata().schema_descr(), None).ok()?;
    let fields = natural.fields().iter().enumerate().map(|(index, field)| {
        let wanted = readings.iter().find_map(|(_, reading)| match reading {
            Reading::Leaf { leaf, arrow, .. } if *leaf == index => arrow.clone(),
            _ => None,
        });
        let wanted = wanted.unwrap_or_else(|| field.data_type().clone());
        Field::new(field.name(), wanted, field.is_nullable())
    });
    (natural.fields().len() == names.len()).then(|| fields.collect())
}

/// The name of an object's level-one folder; empty for an object that lies directly in the dataset's folder.
pub(super) fn level_one(key: &str) -> &str {
    let mut parts = key.split('/');
    let _dataset = parts.next();
    match (parts.next(), parts.next()) {
        (Some(folder), Some(_)) => folder,
        _ => "",
    }
}
