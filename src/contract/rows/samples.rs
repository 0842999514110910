//! The few places that a finding shows, spread over files, and the same ones however rows were split among threads.

use std::sync::Arc;

use super::plan::Column;
use crate::rule::{MAX_SAMPLES, Sample};

/// The lowest rows of the lowest files: at most [`MAX_SAMPLES`] of each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Samples {
    files: Vec<FileSamples>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct FileSamples {
    key: Arc<str>,
    rows: Vec<SampleRow>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct SampleRow {
    row: u64,
    column: Option<Column>,
    value: Option<Box<str>>,
}

impl Samples {
    /// Offers a row, and says from which row on the file needs no more offers.
    pub(super) fn offer(
        &mut self,
        key: &Arc<str>,
        row: u64,
        column: Option<Column>,
        value: impl FnOnce() -> Option<Box<str>>,
    ) -> u64 {
        let at = match self.files.binary_search_by(|file| file.key.cmp(key)) {
            Ok(at) => at,
            Err(at) if at >= MAX_SAMPLES => return 0,
            Err(at) => {
                let key = Arc::clone(key);
                self.files.insert(
                    at,
                    FileSamples {
                        key,
                        rows: Vec::new(),
                    },
                );
                self.files.truncate(MAX_SAMPLES);
                at
            }
        };
        let Some(file) = self.files.get_mut(at) else {
            return 0;
        };
        if let Err(place) = file.rows.binary_search_by_key(&row, |sample| sample.row)
            && place < MAX_SAMPLES
        {
            let value = value();
            file.rows.insert(place, SampleRow { row, column, value });
            file.rows.truncate(MAX_SAMPLES);
        }
        match file.rows.last() {
            Some(last) if file.rows.len() == MAX_SAMPLES => last.row,
            _ => u64::MAX,
        }
    }

    /// Adds those of another thread.
    pub(super) fn merge(&mut self, other: Self) {
        for file in other.files {
            for sample in file.rows {
                self.offer(&file.key, sample.row, sample.column, || sample.value);
            }
        }
    }

    /// At most [`MAX_SAMPLES`]: the first of each file, then the second of each, and so on; by key and row.
    pub(super) fn chosen(&self) -> Vec<Sample> {
        let mut chosen: Vec<_> = self
            .files
            .iter()
            .flat_map(|file| {
                file.rows
                    .iter()
                    .enumerate()
                    .map(move |(rank, row)| (rank, &file.key, row))
            })
            .collect();
        chosen.sort_by_key(|(rank, key, row)| (*rank, *key, row.row));
        chosen.truncate(MAX_SAMPLES);
        chosen.sort_by_key(|(_, key, row)| (*key, row.row));
        chosen
            .into_iter()
            .map(|(_, key, sample)| Sample {
                key: key.to_string(),
                row: Some(sample.row),
                column: sample.column.map(|column| column.name().to_owned()),
                value: sample.value.as_deref().map(str::to_owned),
            })
            .collect()
    }
}
