//! E5xx: rows of `events/`.

use crate::rule::{Basis, Category, Code, Rule, Severity, Subject, Unit};

const EVENTS: &[Subject] = &[Subject::Events];
const FAIL: Rule = Rule::base(
    Category::EventRows,
    Severity::Fail,
    Unit::Rows,
    EVENTS,
    Basis::Contract,
);
const WARN: Rule = Rule::base(
    Category::EventRows,
    Severity::Warn,
    Unit::Rows,
    EVENTS,
    Basis::Inference,
);

/// E501 to E552.
pub static RULES: &[Rule] = &[
    Rule {
        code: Code::new("E501"),
        slug: "timestamp-null",
        title: "Timestamp is null",
        counts: "Rows whose `timestamp` is null.",
        why: "An event without a time belongs to no day and can't be counted.",
        fix: "Leave such rows out, or fill in the time at which the event happened.",
        ..FAIL
    },
    Rule {
        code: Code::new("E502"),
        slug: "timestamp-unreadable",
        title: "Timestamp can't be read",
        counts: "Rows whose `timestamp` is text that is neither ISO 8601 nor an integer (empty text too), or a number that is NaN or infinite.",
        why: "The event's day can't be told, so it can't be counted.",
        fix: "Write the time as epoch seconds (INT64) or as a UTC timestamp column.",
        ..FAIL
    },
    Rule {
        code: Code::new("E503"),
        slug: "timestamp-unit",
        title: "Timestamp is not in seconds",
        counts: "Rows whose `timestamp` is a number too large for seconds: 1e11 and above is taken for milliseconds, 1e14 for microseconds, 1e17 for nanoseconds. Other rules then use that unit.",
        why: "The contract asks for a UNIX timestamp. Milliseconds read as seconds lie thousands of years ahead.",
        fix: "Divide in the query that writes the files, so that the column holds whole seconds.",
        ..FAIL
    },
    Rule {
        code: Code::new("E504"),
        slug: "event-in-future",
        title: "Event lies in the future",
        counts: "Rows whose time is more than 24 hours after the clock of this check.",
        why: "It is ingested with a day that has not come yet, or not at all. Often the clock of a device or the wrong time zone is behind it.",
        fix: "Use the server's time of receipt where a device's clock can't be trusted.",
        ..WARN
    },
    Rule {
        code: Code::new("E505"),
        slug: "event-outside-day",
        title: "Event does not belong to its folder's day",
        counts: "Rows in a day folder whose PST day is not the folder's date.",
        why: "Statsig cuts days in PST, which is UTC−8 all year. Folders by UTC date put 16:00 to 24:00 PST of a day into the next day's folder: when a day is signalled by its folder, a third of it is still missing.",
        fix: "Cut days at 08:00 UTC: the folder of day D holds D 08:00 UTC up to D+1 08:00 UTC. In SQL: `dateadd(hour, -8, ts)::date`.",
        basis: Basis::Contract,
        ..WARN
    },
    Rule {
        code: Code::new("E506"),
        slug: "event-too-old",
        title: "Event lies before 2010",
        counts: "Rows whose time can be read and lies before 2010-01-01 UTC.",
        why: "Such times are mostly a zero, or a date in the wrong unit, such as days in place of seconds.",
        fix: "Look at the values below, and write whole seconds since 1970-01-01 UTC.",
        ..WARN
    },
    Rule {
        code: Code::new("E510"),
        slug: "event-name-null",
        title: "Event name is null or empty",
        counts: "Rows whose `event_name` is null or empty.",
        why: "An event without a name can't be used by any metric.",
        fix: "Leave such rows out, or give them a name.",
        ..FAIL
    },
    Rule {
        code: Code::new("E511"),
        slug: "event-name-too-long",
        title: "Event name has 128 characters or more",
        counts: "Rows whose `event_name` has 128 or more characters (Unicode scalar values).",
        why: "The contract asks for names under 128 characters.",
        fix: "Shorten the name, and move what varies into `event_value` or `event_metadata`.",
        ..FAIL
    },
    Rule {
        code: Code::new("E512"),
        slug: "event-name-space",
        title: "Event name has white space",
        counts: "Rows whose `event_name` holds any white space, at its ends too.",
        why: "The contract asks for `_` in place of spaces.",
        fix: "Replace white space by `_`: `replace(event_name, ' ', '_')`. Use the same name wherever the event is logged.",
        ..FAIL
    },
    Rule {
        code: Code::new("E513"),
        slug: "event-name-dropped",
        title: "Event name has a character for which events are dropped",
        counts: "Rows whose `event_name` holds one of `\\ [ ] { } < > # = ; & $ % |` or NUL, LF, CR.",
        why: "Statsig says of a sibling import that it drops events with such names. The page of this import does not say it.",
        fix: "Use letters, digits, `_`, `-`, `.` and `:` in names.",
        basis: Basis::Sibling,
        ..FAIL
    },
    Rule {
        code: Code::new("E514"),
        slug: "event-name-reserved",
        title: "Event name starts with `statsig::`",
        counts: "Rows whose `event_name` starts with `statsig::`.",
        why: "Statsig's own events have such names (exposures, for one). We conclude that others of that name are ignored or confuse its counts.",
        fix: "Choose a name without this start, and leave out rows that were exported from Statsig.",
        ..WARN
    },
    Rule {
        code: Code::new("E520"),
        slug: "event-value-too-long",
        title: "Event value has 128 characters or more",
        counts: "Rows whose `event_value` has 128 or more characters.",
        why: "Statsig states this limit for a sibling import: a longer value is cut or refused.",
        fix: "Put long text into `event_metadata`.",
        basis: Basis::Sibling,
        ..WARN
    },
    Rule {
        code: Code::new("E530"),
        slug: "event-metadata-invalid",
        title: "Event metadata is not a JSON object",
        counts: "Rows whose `event_metadata` is not null, not empty and not a JSON object (RFC 8259, up to 1,000 levels deep).",
        why: "The contract asks for a dictionary as a JSON string. Spark reads other text as null: the metadata is lost.",
        fix: "Write `{\"key\": \"value\"}`, with double quotes. A Python dictionary's own print (`{'key': …}`) is not JSON: use `json.dumps`.",
        ..FAIL
    },
    Rule {
        code: Code::new("E531"),
        slug: "event-metadata-value",
        title: "Event metadata has values that are not text",
        counts: "Rows whose `event_metadata` is a JSON object with a top-level value that is not a string.",
        why: "The contract says dictionary<string, string>. Numbers, lists and objects may be dropped or turned into text that no filter expects.",
        fix: "Write every value as text: `{\"price\": \"12.5\"}`. Flatten nested objects.",
        basis: Basis::Contract,
        ..WARN
    },
    Rule {
        code: Code::new("E532"),
        slug: "event-metadata-dotted-key",
        title: "Event metadata has keys with a dot",
        counts: "Rows whose `event_metadata` is a JSON object with a dot in a top-level key.",
        why: "Statsig says of a sibling import that such a key is read as a path into nested objects, and yields null.",
        fix: "Use `_` in place of the dot.",
        basis: Basis::Sibling,
        ..WARN
    },
    Rule {
        code: Code::new("E533"),
        slug: "event-metadata-too-long",
        title: "Event metadata has 16,384 characters or more",
        counts: "Rows whose `event_metadata` has 16,384 or more characters.",
        why: "Statsig states this limit for a sibling import: longer metadata is cut or refused.",
        fix: "Keep what filters and metrics need, and leave the rest out.",
        basis: Basis::Sibling,
        ..WARN
    },
    Rule {
        code: Code::new("E540"),
        slug: "user-null",
        title: "User is null or empty",
        counts: "Rows whose `user` is null or empty.",
        why: "The contract asks for a user with an id. An event of nobody can't be joined to an experiment.",
        fix: "Write the user object with at least a `userID` or one of `customIDs`.",
        ..FAIL
    },
    Rule {
        code: Code::new("E541"),
        slug: "user-invalid",
        title: "User is not a JSON object",
        counts: "Rows whose `user` is neither a JSON object (RFC 8259, up to 1,000 levels deep) nor a JSON string that holds one (that is E542). The JSON text `null` counts here.",
        why: "The contract asks for a JSON object. Spark reads other text as null: the event has no user.",
        fix: "Write `{\"userID\": \"…\", \"custom\": {}, \"customIDs\": {}}`, with double quotes, made by a JSON library.",
        ..FAIL
    },
    Rule {
        code: Code::new("E542"),
        slug: "user-double-encoded",
        title: "User is JSON inside a JSON string",
        counts: "Rows whose `user` is a JSON string that itself holds a JSON object. The rules on users then look at the inner object.",
        why: "The page says \"Escaped JSON string\", which can be read so, but a plain JSON object in a text column is what readers usually expect.",
        fix: "Confirm with Statsig which one is meant. To write it plain, leave out the second encoding.",
        ..WARN
    },
    Rule {
        code: Code::new("E543"),
        slug: "user-without-custom",
        title: "User has no key `custom`",
        counts: "Rows whose `user` is a JSON object without the key `custom`.",
        why: "The contract asks for the keys `custom` and `customIDs` in every user.",
        fix: "Add `\"custom\": {}` where there is nothing to tell.",
        ..FAIL
    },
    Rule {
        code: Code::new("E544"),
        slug: "user-without-custom-ids",
        title: "User has no key `customIDs`",
        counts: "Rows whose `user` is a JSON object without the key `customIDs`.",
        why: "The contract asks for the keys `custom` and `customIDs` in every user.",
        fix: "Add `\"customIDs\": {}` where there are none. The spelling is exact: a capital I, a capital D, a small s.",
        ..FAIL
    },
    Rule {
        code: Code::new("E545"),
        slug: "user-without-id",
        title: "User has no id",
        counts: "Rows whose `user` is a JSON object with no non-empty `userID` and no non-empty value in `customIDs`. A number is an id; null, true, false, lists and objects are not.",
        why: "The contract asks for a userID or a customID. Without one, the event can't be joined to an experiment.",
        fix: "Fill `userID`, or an entry of `customIDs` such as `stableID`.",
        ..FAIL
    },
    Rule {
        code: Code::new("E546"),
        slug: "user-misspelled-key",
        title: "User has a misspelled key",
        counts: "Rows whose `user` has one of these at its top level: `userId`, `user_id`, `userid`, `UserID`, `customIds`, `custom_ids`, `customids`, `stableID`, `stableId`, `stable_id`.",
        why: "Keys match exactly, so the id under such a key is not seen. A stable id belongs inside `customIDs`.",
        fix: "Spell `userID` and `customIDs`, and write a stable id as `\"customIDs\": {\"stableID\": \"…\"}`.",
        ..WARN
    },
    Rule {
        code: Code::new("E547"),
        slug: "user-private-attributes",
        title: "User has private attributes",
        counts: "Rows whose `user` has `privateAttributes` that are not empty.",
        why: "They exist to be used in an SDK and never be stored. An import can't use them, so personal data lies in the bucket for nothing.",
        fix: "Leave `privateAttributes` out of the export.",
        ..WARN
    },
    Rule {
        code: Code::new("E548"),
        slug: "user-environment",
        title: "Event is not of the production environment",
        counts: "Rows whose `user` has a `statsigEnvironment.tier` other than `production`.",
        why: "Statsig says of sibling imports that only production counts in experiments: such events are not counted.",
        fix: "Leave events of staging and development out, or leave the tier out if they are production's.",
        basis: Basis::Sibling,
        ..WARN
    },
    Rule {
        code: Code::new("E549"),
        slug: "user-placeholder-id",
        title: "User id is a placeholder",
        counts: "Rows whose `userID` is, in any case, `null`, `undefined`, `none`, `nan`, `0`, `-1`, `unknown`, `anonymous` or `n/a`.",
        why: "All these events count as one very busy user, which skews every experiment that it falls into.",
        fix: "Leave `userID` out where there is none, and use a stable id in `customIDs` for anonymous visitors.",
        ..WARN
    },
    Rule {
        code: Code::new("E550"),
        slug: "timeuuid-null",
        title: "Event has no timeuuid",
        counts: "Rows whose `timeuuid` is null or empty.",
        why: "One is generated at ingestion, but it can't find duplicates: an event that is loaded twice counts twice.",
        fix: "Write a UUID that is made once, when the event is made.",
        basis: Basis::Contract,
        ..WARN
    },
    Rule {
        code: Code::new("E551"),
        slug: "timeuuid-invalid",
        title: "Timeuuid is not a UUID",
        counts: "Rows whose `timeuuid` is not null and is not 8-4-4-4-12 hexadecimal digits.",
        why: "The contract asks for the UUID format.",
        fix: "Write the UUID as text with hyphens: `123e4567-e89b-12d3-a456-426614174000`.",
        ..FAIL
    },
    Rule {
        code: Code::new("E552"),
        slug: "timeuuid-duplicate",
        title: "Events share a timeuuid",
        counts: "Rows less distinct values, among valid, non-null `timeuuid`s, compared without case.",
        why: "All but one event of the same timeuuid are dropped as duplicates.",
        fix: "If they are one event loaded twice, remove the copies. If they are different events, give each its own UUID.",
        basis: Basis::Contract,
        ..WARN
    },
];
