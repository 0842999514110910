//! M6xx: rows of `metrics/`.

use crate::rule::{Basis, Category, Code, Rule, Severity, Subject, Unit};

const METRICS: &[Subject] = &[Subject::Metrics];
const FAIL: Rule = Rule::base(
    Category::MetricRows,
    Severity::Fail,
    Unit::Rows,
    METRICS,
    Basis::Contract,
);
const WARN: Rule = Rule::base(
    Category::MetricRows,
    Severity::Warn,
    Unit::Rows,
    METRICS,
    Basis::Inference,
);

/// M601 to M631.
pub static RULES: &[Rule] = &[
    Rule {
        code: Code::new("M601"),
        slug: "unit-id-null",
        title: "Unit id is null or empty",
        counts: "Rows whose `unit_id` is null or empty.",
        why: "A value of nobody can't be joined to an experiment.",
        fix: "Leave such rows out, or fill in the unit's id.",
        ..FAIL
    },
    Rule {
        code: Code::new("M602"),
        slug: "id-type-null",
        title: "Id type is null or empty",
        counts: "Rows whose `id_type` is null or empty.",
        why: "Without it Statsig can't tell what the unit id identifies.",
        fix: "Write `user_id`, `stable_id` or the project's own id type.",
        ..FAIL
    },
    Rule {
        code: Code::new("M603"),
        slug: "id-type-unknown",
        title: "Id type is not one of the project's",
        counts: "Rows whose `id_type` is not null and is not, by exact case, `user_id`, `stable_id` or one that is configured (`id_types` in bucket-ready.toml).",
        why: "The page says that it must match, case and all, an id type of the project, or there are no experiment results. `userID` is the spelling of the user object; in metrics it is `user_id`.",
        fix: "Correct the spelling, or name the project's own id types: `id_types = [\"company_id\"]` in bucket-ready.toml.",
        ..FAIL
    },
    Rule {
        code: Code::new("M604"),
        slug: "date-null",
        title: "Date is null",
        counts: "Rows whose `date` is null.",
        why: "A value without a date belongs to no day and can't be loaded.",
        fix: "Leave such rows out, or fill in the PST day that the value is of.",
        ..FAIL
    },
    Rule {
        code: Code::new("M605"),
        slug: "date-unreadable",
        title: "Date can't be read",
        counts: "Rows whose `date` is text that is not `YYYY-MM-DD` (empty text too). An ISO date-time passes by its date.",
        why: "The contract asks for an ISO date. Another form can't be assigned to a day.",
        fix: "Write `YYYY-MM-DD`, or a DATE column.",
        ..FAIL
    },
    Rule {
        code: Code::new("M606"),
        slug: "date-in-future",
        title: "Date lies in the future",
        counts: "Rows whose `date` is after today in PST.",
        why: "The value is loaded to a day that has not come yet. Often the date was cut in UTC or local time: Statsig's days are PST.",
        fix: "Cut dates in PST: `dateadd(hour, -8, ts)::date` of a UTC time.",
        ..WARN
    },
    Rule {
        code: Code::new("M607"),
        slug: "date-outside-folder",
        title: "Date is not that of its folder",
        counts: "Rows in a day folder whose `date` is not the folder's.",
        why: "Statsig loads by the row's date. When days are signalled by their folders, a day may be closed before all of its rows are there.",
        fix: "Write each row to the folder of its own `date`.",
        ..WARN
    },
    Rule {
        code: Code::new("M610"),
        slug: "metric-name-null",
        title: "Metric name is null or empty",
        counts: "Rows whose `metric_name` is null or empty.",
        why: "The contract says: not null. A value without a name belongs to no metric.",
        fix: "Leave such rows out, or give them a name.",
        ..FAIL
    },
    Rule {
        code: Code::new("M611"),
        slug: "metric-name-too-long",
        title: "Metric name has 128 characters or more",
        counts: "Rows whose `metric_name` has 128 or more characters (Unicode scalar values).",
        why: "The contract asks for names under 128 characters.",
        fix: "Shorten the name.",
        ..FAIL
    },
    Rule {
        code: Code::new("M620"),
        slug: "value-missing",
        title: "Row has no value",
        counts: "Rows whose `metric_value` is null and whose `numerator` and `denominator` are not both present.",
        why: "Statsig processes a metric by its value or by both parts of a ratio. With neither, the row does nothing.",
        fix: "Fill `metric_value`, or both `numerator` and `denominator`.",
        ..FAIL
    },
    Rule {
        code: Code::new("M621"),
        slug: "half-ratio",
        title: "Row has one part of a ratio",
        counts: "Rows with exactly one of `numerator` and `denominator`.",
        why: "A ratio takes both. The one part alone is not used.",
        fix: "Fill in the other part, or leave both null and use `metric_value`.",
        basis: Basis::Contract,
        ..WARN
    },
    Rule {
        code: Code::new("M622"),
        slug: "value-and-ratio",
        title: "Row has a value and a ratio",
        counts: "Rows in which `metric_value`, `numerator` and `denominator` are all present.",
        why: "Statsig says of a sibling import that the ratio wins: the value is not used.",
        fix: "Leave `metric_value` null for ratio metrics.",
        basis: Basis::Sibling,
        ..WARN
    },
    Rule {
        code: Code::new("M623"),
        slug: "mixed-metric",
        title: "Metric has ratio rows and plain rows",
        counts: "Rows with only a value, of a metric (its exact name) that has a ratio row anywhere.",
        why: "The page says that one record with both parts turns the whole metric into a ratio, calculated only for units with a denominator. These rows have none, so they no longer count.",
        fix: "Use two names, one for the ratio and one for the value.",
        basis: Basis::Contract,
        ..WARN
    },
    Rule {
        code: Code::new("M624"),
        slug: "not-finite",
        title: "Value is NaN or infinite",
        counts: "Rows with NaN or infinity in `metric_value`, `numerator` or `denominator`.",
        why: "One such value makes every mean that it enters NaN or infinite.",
        fix: "Write null in its place, or leave the row out.",
        ..WARN
    },
    Rule {
        code: Code::new("M625"),
        slug: "denominator-zero",
        title: "Denominator is zero",
        counts: "Rows whose `denominator` is zero (minus zero too), with or without a numerator.",
        why: "The unit's ratio is undefined.",
        fix: "Leave out units without a denominator, or leave both parts null.",
        ..WARN
    },
    Rule {
        code: Code::new("M630"),
        slug: "duplicate-unit-day",
        title: "A unit has several values of a metric on a day",
        counts: "Rows less distinct (`unit_id`, `id_type`, `date`, `metric_name`), among rows with all four.",
        why: "The page describes one value a unit, day and metric. Which of several counts, or whether they are added, is not documented.",
        fix: "Aggregate before writing: `group by unit_id, id_type, date, metric_name`. Look for a day that was written twice (L313).",
        ..WARN
    },
    Rule {
        code: Code::new("M631"),
        slug: "stale-metric",
        title: "Metric has no recent rows",
        counts: "Metrics without a row in the last 14 days of data: the newest readable date up to today in PST, and the 13 days before.",
        why: "Statsig says of a sibling import that the catalogue hides such metrics.",
        fix: "Nothing, if the metric was retired. Otherwise look why its rows stopped.",
        severity: Severity::Info,
        worst: Severity::Info,
        unit: Unit::Metrics,
        basis: Basis::Sibling,
        ..WARN
    },
];
