//! The calendar: a state for every day, and why.

use super::{CalendarReport, DataDay, DatasetDays, Evidence};
use crate::contract::Context;

/// The days of the calendar with their states, and when data usually lands.
pub fn calendar(ctx: &Context, evidence: &Evidence) -> CalendarReport {
    let _ = evidence;
    CalendarReport {
        today: Some(ctx.today().to_string()),
        ..CalendarReport::default()
    }
}

/// The data days of a dataset as reports list them, oldest first.
pub fn data_days(dataset: &DatasetDays) -> Vec<DataDay> {
    dataset
        .days
        .iter()
        .map(|(day, data)| DataDay {
            day: day.to_string(),
            files: u64::try_from(data.files.len()).unwrap_or(u64::MAX),
            rows: data.rows,
            first: data.first.map(|at| at.to_string()),
            last: data.last.map(|at| at.to_string()),
            landed_at: data.landed_at().map(|at| at.to_string()),
        })
        .collect()
}
