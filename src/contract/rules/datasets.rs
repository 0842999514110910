//! X8xx: events and metrics side by side.

use crate::rule::{Basis, Category, Code, Rule, Severity, Subject, Unit};

const METRICS: &[Subject] = &[Subject::Metrics];
const WARN: Rule = Rule::base(
    Category::Datasets,
    Severity::Warn,
    Unit::Rows,
    METRICS,
    Basis::Contract,
);

/// X801 to X803.
pub static RULES: &[Rule] = &[
    Rule {
        code: Code::new("X801"),
        slug: "unit-ids-disjoint",
        title: "No unit id of the metrics is seen among the events",
        counts: "Rows of metrics of an id type none of whose unit ids, of 100 or more distinct ones looked at, is among the events' ids of that type.",
        why: "The page asks for unit ids in the same format as the logged ones. Where none is the same, metrics and exposures can't be joined: experiments show no results.",
        fix: "Compare the two: hashed or plain, with or without a prefix, upper or lower case, the internal id or the public one.",
        ..WARN
    },
    Rule {
        code: Code::new("X802"),
        slug: "id-shape-differs",
        title: "Ids of events and metrics look different",
        counts: "Rows of metrics of an id type whose ids differ from the events' ids of that type in length, alphabet or prefix.",
        why: "Ids that look different are mostly not the same ids: metrics and exposures can't be joined.",
        fix: "Write the same id in the same form to both.",
        basis: Basis::Inference,
        ..WARN
    },
    Rule {
        code: Code::new("X803"),
        slug: "id-type-without-ids",
        title: "An id type of the metrics is carried by no event",
        counts: "Rows of metrics of an id type other than `user_id` that no event carries in `customIDs`.",
        why: "Experiments on that id type have metrics but nothing logged to join them to.",
        fix: "Add the id to `customIDs` of the events, or correct `id_type`. If exposures of this type are logged by an SDK, nothing is wrong.",
        basis: Basis::Inference,
        ..WARN
    },
];
