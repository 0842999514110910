//! From a footer to what is read of its file, and as what.

use std::{collections::HashMap, sync::Arc};

use arrow_schema::{DataType, Field, Fields};
use parquet::arrow::parquet_to_arrow_schema;

use crate::{
    calendar::PstDay,
    contract::{
        rows::{Column, FilePlan, Reading},
        schema::{self, FileFooter, Shape},
    },
    rule::{Code, Dataset},
};

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
        let plan = FilePlan::new(dataset, footer.key.as_ref().into(), folder_day, &template.readings).after(rows_before);
        (Arc::clone(template), plan)
    }
}

fn template(dataset: Dataset, footer: &FileFooter) -> Template {
    let found = schema::readings(dataset, footer);
    let mut readings = Vec::new();
    let mut names = Vec::new();
    for column in Column::of(dataset) {
        let Some(reading) = found.get(column.name()) else {
            continue;
        };
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
    match hints(footer, &names, &mut readings) {
        Some(hints) => Template { readings, names, hints },
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
        },
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
        // The type is filled in from what the reader makes of it.
        _ => Reading::plain(leaf, DataType::Null),
    }
}

/// The Arrow types to ask for, which also go into the readings. `None` when the reader can't map the columns.
fn hints(footer: &FileFooter, names: &[&'static str], readings: &mut [(Column, Reading)]) -> Option<Fields> {
    let metadata = footer.metadata(names).ok()?;
    let natural = parquet_to_arrow_schema(metadata.file_metadata().schema_descr(), None).ok()?;
    let mut fields = Vec::with_capacity(names.len());
    for (index, field) in natural.fields().iter().enumerate() {
        let (column, reading) = readings
            .iter_mut()
            .find(|(_, reading)| matches!(reading, Reading::Leaf { leaf, .. } if *leaf == index))?;
        if let Reading::Leaf { arrow, .. } = reading {
            if *arrow == DataType::Null {
                *arrow = field.data_type().clone();
            }
            debug_assert_eq!(field.name(), column.name());
            fields.push(Field::new(field.name(), arrow.clone(), field.is_nullable()));
        }
    }
    (fields.len() == names.len()).then(|| Fields::from(fields))
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

