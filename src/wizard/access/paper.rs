//! A policy's text as it is read on a screen: in lines, with those of one statement known.

use std::ops::Range;

use crate::access::Policy;

/// A policy laid out for reading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paper {
    /// Its lines.
    pub lines: Vec<String>,
    /// Whether the lines are ours: the policy itself stands in lines too long to read.
    pub laid_out: bool,
    /// The lines of the statement that is marked, from 0.
    pub marked: Option<Range<usize>>,
    /// That statement's name.
    pub name: Option<String>,
}

/// Lines longer than this are laid out anew.
const READABLE: usize = 160;

impl Paper {
    /// Lays a policy out. `statement` is the index of the one to mark, from 0.
    pub fn of(text: &str, statement: Option<usize>) -> Self {
        let too_long = text.lines().any(|l| l.chars().count() > READABLE);
        let laid_out = too_long
            .then(|| serde_json::from_str::<serde_json::Value>(text).ok())
            .flatten()
            .map(|value| format!("{value:#}"));
        let shown = laid_out.as_deref().unwrap_or(text);
        let found = statement.and_then(|index| {
            let policy = Policy::parse(shown).ok()?;
            let statement = policy.statements.get(index)?;
            let start = statement.line.saturating_sub(1);
            let more = policy.text_of(statement).matches('\n').count();
            Some((start..start + more + 1, statement.name()))
        });
        let (marked, name) = found.unzip();
        Self {
            lines: shown.lines().map(str::to_owned).collect(),
            laid_out: laid_out.is_some(),
            marked,
            name,
        }
    }
}

/// A statement's own text in a policy.
pub(super) fn statement_text(policy: &str, index: usize) -> Option<String> {
    let policy = Policy::parse(policy).ok()?;
    let statement = policy.statements.get(index)?;
    Some(policy.text_of(statement).to_owned())
}

/// What to call a statement of which only the text is there: its Sid, else what it does.
pub fn statement_name(text: &str) -> String {
    let parsed = Policy::parse(&format!("{{\"Statement\": {text}}}")).ok();
    let statement = parsed.as_ref().and_then(|p| p.statements.first());
    match statement.and_then(|s| s.sid.clone()).filter(|s| !s.is_empty()) {
        Some(sid) => format!("the statement {sid}"),
        None => "a statement without a Sid".to_owned(),
    }
}

/// One statement in a line or two: what it does, to whom, on what. For lists, where there is no room for its text.
pub fn statement_words(text: &str) -> String {
    let Ok(policy) = Policy::parse(&format!("{{\"Statement\": {text}}}")) else {
        return String::new();
    };
    let Some(statement) = policy.statements.first() else {
        return String::new();
    };
    let effect = match statement.effect {
        crate::access::policy::Effect::Allow => "allows",
        crate::access::policy::Effect::Deny => "denies",
    };
    let list = |patterns: &crate::access::policy::Patterns| {
        let mut texts = patterns.patterns.iter().map(|p| p.text.as_str());
        let first = texts.next().unwrap_or("nothing").to_owned();
        let not = if patterns.not { "all but " } else { "" };
        match texts.count() {
            0 => format!("{not}{first}"),
            n => format!("{not}{first} and {n} more"),
        }
    };
    let condition = match statement.conditions.len() {
        0 => String::new(),
        1 => ", on a condition".into(),
        n => format!(", on {n} conditions"),
    };
    format!(
        "{effect} {} on {}{condition}",
        list(&statement.actions),
        list(&statement.resources)
    )
}
