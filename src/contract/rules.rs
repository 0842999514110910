//! The tables of the contract's rules, one file a family: codes, slugs, severities and the words for people.
//!
//! The words say when a belief is not the integration page's own: each rule's `basis` does, and the text where it
//! matters. Nothing here judges; [`super::layout`], [`super::schema`], [`super::rows`], [`super::cross`] and
//! [`super::days`] do. [`crate::report::catalogue`] joins these tables with the access rules.

pub mod calendar;
pub mod datasets;
pub mod event_rows;
pub mod layout;
pub mod metric_rows;
pub mod schema;

use crate::rule::{Rule, Subject};

/// The contract's tables in the catalogue's order: L, S, E, M, G, X.
pub static TABLES: [&[Rule]; 6] = [
    layout::RULES,
    schema::RULES,
    event_rows::RULES,
    metric_rows::RULES,
    calendar::RULES,
    datasets::RULES,
];

/// The three folders.
pub(crate) const FOLDERS: &[Subject] = &[Subject::Events, Subject::Metrics, Subject::Signals];

/// Whether a name is one of a column or id type that the contract itself names: no person's.
pub(crate) fn is_column(name: &str) -> bool {
    [
        "user",
        "userID",
        "customIDs",
        "unit_id",
        "id_type",
        "user_id",
        "stable_id",
        "stableID",
        "custom",
    ]
    .contains(&name)
}
