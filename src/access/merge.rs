//! Our statements in somebody else's bucket policy: put in, found again by their Sids, taken out. Everything else stays
//! byte for byte and in its order.

use serde::{Deserialize, Serialize};

use super::{
    json::{Node, Span, Value},
    policy::{Condition, Policy, PolicyError, PrincipalEntry, Statement},
    principal::whole_account,
};

/// What becomes of one statement of the policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Fate {
    /// It stays as it is.
    Kept,
    /// It is new.
    Added,
    /// It was there under our Sid, and said something else.
    Replaced,
    /// It goes.
    Removed,
}

/// One statement, before and after.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatementChange {
    /// What becomes of it.
    pub fate: Fate,
    /// Its Sid, or `Statement[2]`.
    pub name: String,
    /// Its text as it was.
    pub before: Option<String>,
    /// Its text as it will be.
    pub after: Option<String>,
}

/// A policy with our statements in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Merged {
    /// The whole document.
    pub text: String,
    /// Every statement, in the order of the new document; removed ones last.
    pub statements: Vec<StatementChange>,
}

impl Merged {
    /// Whether anything changes.
    pub fn changes(&self) -> bool {
        self.statements.iter().any(|s| s.fate != Fate::Kept)
    }

    /// How many statements have this fate.
    pub fn count(&self, fate: Fate) -> usize {
        self.statements.iter().filter(|s| s.fate == fate).count()
    }
}

/// Puts statements into a policy. Each is found again by its Sid: one that says the same stays byte for byte, one that
/// says something else is replaced in its place, one that is missing is added at the end. Further statements with the
/// same Sid go. Without a policy there, a new document is made.
///
/// # Errors
/// When the policy, or one of our statements, is not of the policy language.
pub fn merge(existing: Option<&str>, ours: &[String]) -> Result<Merged, PolicyError> {
    let Some(existing) = existing.filter(|text| !text.trim().is_empty()) else {
        return fresh(ours);
    };
    let mut text = existing.to_owned();
    let mut removed = Vec::new();
    let mut fates: Vec<(String, Fate, Option<String>)> = Vec::new();
    for statement in ours {
        let wanted = parse_statement(statement)?;
        let policy = Policy::parse(&text)?;
        let sid = wanted.sid.as_deref().unwrap_or_default();
        let mut same: Vec<&Statement> = policy
            .statements
            .iter()
            .filter(|s| s.sid.as_deref() == Some(sid))
            .collect();
        if same.is_empty() {
            fates.push((sid.to_owned(), Fate::Added, None));
            text = appended(&policy, statement);
            continue;
        }
        let first = same.remove(0);
        // From the last to the first, so that the earlier indices stay true.
        let again: Vec<usize> = same.iter().rev().map(|s| s.index).collect();
        let before = policy.text_of(first).to_owned();
        if says_the_same(first, &wanted) {
            fates.push((sid.to_owned(), Fate::Kept, Some(before)));
        } else {
            text = replaced(&policy, first.span, statement);
            fates.push((sid.to_owned(), Fate::Replaced, Some(before)));
        }
        for index in again {
            let policy = Policy::parse(&text)?;
            if let Some(double) = policy.statements.get(index) {
                removed.push(removal(&policy, double));
                text = without(&policy, index).unwrap_or(text);
            }
        }
    }
    let policy = Policy::parse(&text)?;
    let mut statements: Vec<StatementChange> = policy
        .statements
        .iter()
        .map(|s| {
            let now = policy.text_of(s).to_owned();
            let known = fates
                .iter()
                .find(|(sid, ..)| s.sid.as_deref() == Some(sid.as_str()));
            let (fate, before) = match known {
                Some((_, fate, before)) => (*fate, before.clone()),
                None => (Fate::Kept, Some(now.clone())),
            };
            StatementChange {
                fate,
                name: s.name(),
                before,
                after: Some(now),
            }
        })
        .collect();
    statements.extend(removed);
    Ok(Merged { text, statements })
}

fn fresh(ours: &[String]) -> Result<Merged, PolicyError> {
    let list: Vec<String> = ours
        .iter()
        .map(|s| format!("    {}", indented(s, "    ")))
        .collect();
    let text = format!(
        "{{\n  \"Version\": \"2012-10-17\",\n  \"Statement\": [\n{}\n  ]\n}}",
        list.join(",\n")
    );
    let policy = Policy::parse(&text)?;
    let statements = policy
        .statements
        .iter()
        .map(|s| StatementChange {
            fate: Fate::Added,
            name: s.name(),
            before: None,
            after: Some(policy.text_of(s).to_owned()),
        })
        .collect();
    Ok(Merged { text, statements })
}

/// A policy without some of its statements.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unmerged {
    /// The document that stays; `None` when no statement is left, and the policy itself must be deleted.
    pub text: Option<String>,
    /// What was taken out.
    pub removed: Vec<StatementChange>,
}

/// Takes out every statement with one of these Sids, and nothing else.
///
/// # Errors
/// When the policy is not of the policy language.
pub fn unmerge(current: &str, sids: &[&str]) -> Result<Unmerged, PolicyError> {
    take_out(current, |s| {
        s.sid.as_deref().is_some_and(|sid| sids.contains(&sid))
    })
}

/// Takes out the statements that are exactly these texts (as [`Policy::text_of`] gives them), and nothing else.
///
/// # Errors
/// When the policy is not of the policy language.
pub fn drop_statements(current: &str, texts: &[String]) -> Result<Unmerged, PolicyError> {
    let policy = Policy::parse(current)?;
    let gone: Vec<usize> = policy
        .statements
        .iter()
        .filter(|s| texts.iter().any(|t| t == policy.text_of(s)))
        .map(|s| s.index)
        .collect();
    take_out(current, |s| gone.contains(&s.index))
}

fn take_out(current: &str, goes: impl Fn(&Statement) -> bool) -> Result<Unmerged, PolicyError> {
    let mut policy = Policy::parse(current)?;
    let mut removed = Vec::new();
    let indices: Vec<usize> = policy
        .statements
        .iter()
        .filter(|s| goes(s))
        .map(|s| s.index)
        .collect();
    for index in indices.into_iter().rev() {
        if let Some(statement) = policy.statements.get(index) {
            removed.push(removal(&policy, statement));
        }
        match without(&policy, index) {
            Some(text) => policy = Policy::parse(&text)?,
            None => {
                removed.reverse();
                return Ok(Unmerged { text: None, removed });
            }
        }
    }
    removed.reverse();
    Ok(Unmerged {
        text: Some(policy.text().to_owned()),
        removed,
    })
}

fn removal(policy: &Policy, statement: &Statement) -> StatementChange {
    StatementChange {
        fate: Fate::Removed,
        name: statement.name(),
        before: Some(policy.text_of(statement).to_owned()),
        after: None,
    }
}

fn parse_statement(statement: &str) -> Result<Statement, PolicyError> {
    let policy = Policy::parse(&format!("{{\"Statement\": {statement}}}"))?;
    policy.statements.into_iter().next().ok_or(PolicyError {
        line: 1,
        column: 1,
        what: "there is no statement".into(),
    })
}

/// Where the policy's statements stand: the list's span (or the single statement's), and the elements' spans.
fn statement_nodes(policy: &Policy) -> Option<(&Node, &[Node])> {
    let node = policy.root().get("Statement")?;
    Some((node, node.one_or_many()))
}

fn spliced(text: &str, span: Span, by: &str) -> String {
    let before = text.get(..span.start).unwrap_or_default();
    let after = text.get(span.end..).unwrap_or_default();
    format!("{before}{by}{after}")
}

/// The policy with one more statement at the end of its list, set as its neighbours are.
fn appended(policy: &Policy, statement: &str) -> String {
    let text = policy.text();
    let Some((node, elements)) = statement_nodes(policy) else {
        return text.to_owned();
    };
    let is_list = matches!(node.value, Value::List(_));
    let Some(last) = elements.last() else {
        // An empty list: AWS saves none, but somebody may hand us one.
        let inside = Span {
            start: node.span.start + 1,
            end: node.span.start + 1,
        };
        return spliced(text, inside, &compact(statement));
    };
    let at = Span {
        start: last.span.end,
        end: last.span.end,
    };
    let addition = match line_indent(text, last.span.start) {
        Some(indent) if is_list => format!(",\n{indent}{}", indented(statement, indent)),
        _ => format!(", {}", compact(statement)),
    };
    if is_list {
        return spliced(text, at, &addition);
    }
    let with_end = spliced(text, at, &format!("{addition}]"));
    let start = Span {
        start: node.span.start,
        end: node.span.start,
    };
    spliced(&with_end, start, "[")
}

fn replaced(policy: &Policy, span: Span, statement: &str) -> String {
    let text = policy.text();
    let new = match line_indent(text, span.start) {
        Some(indent) => indented(statement, indent),
        None => compact(statement),
    };
    spliced(text, span, &new)
}

/// The document without one statement; `None` when it was the only one.
fn without(policy: &Policy, index: usize) -> Option<String> {
    let (_, elements) = statement_nodes(policy)?;
    let this = elements.get(index)?;
    let span = match (
        index.checked_sub(1).and_then(|i| elements.get(i)),
        elements.get(index + 1),
    ) {
        // With the comma before it, so that what we appended goes without a trace.
        (Some(before), _) => Span {
            start: before.span.end,
            end: this.span.end,
        },
        (None, Some(after)) => Span {
            start: this.span.start,
            end: after.span.start,
        },
        (None, None) => return None,
    };
    Some(spliced(policy.text(), span, ""))
}

/// The white space before a byte, when nothing else stands before it on its line.
fn line_indent(text: &str, at: usize) -> Option<&str> {
    let before = text.get(..at)?;
    let start = before.rfind('\n')? + 1;
    let indent = before.get(start..)?;
    indent.chars().all(|c| c == ' ' || c == '\t').then_some(indent)
}

/// A formatted statement whose further lines are indented by `indent`.
fn indented(statement: &str, indent: &str) -> String {
    statement.replace('\n', &format!("\n{indent}"))
}

/// A statement on one line.
fn compact(statement: &str) -> String {
    serde_json::from_str::<serde_json::Value>(statement)
        .map(|v| v.to_string())
        .unwrap_or_else(|_| statement.to_owned())
}

/// Whether two statements say the same, whatever their formatting: S3 gives a policy back with lists of one as plain
/// values, and account ids as root ARNs.
pub fn says_the_same(a: &Statement, b: &Statement) -> bool {
    let principals = match (&a.principals, &b.principals) {
        (None, None) => true,
        (Some(a), Some(b)) => {
            a.not == b.not && same_set(a.entries.iter().map(principal), b.entries.iter().map(principal))
        }
        _ => false,
    };
    let texts =
        |p: &super::policy::Patterns| -> Vec<String> { p.patterns.iter().map(|s| s.text.clone()).collect() };
    let actions = |p: &super::policy::Patterns| -> Vec<String> {
        p.patterns.iter().map(|s| s.text.to_ascii_lowercase()).collect()
    };
    a.sid == b.sid
        && a.effect == b.effect
        && principals
        && a.actions.not == b.actions.not
        && same_set(actions(&a.actions), actions(&b.actions))
        && a.resources.not == b.resources.not
        && same_set(texts(&a.resources), texts(&b.resources))
        && same_set(
            a.conditions.iter().map(condition),
            b.conditions.iter().map(condition),
        )
        && a.unknown.is_empty()
        && b.unknown.is_empty()
}

fn principal(entry: &PrincipalEntry) -> String {
    let value = entry.value.text.as_str();
    match whole_account(value) {
        Some(account) => format!("{} {account}", entry.kind),
        None => format!("{} {value}", entry.kind),
    }
}

fn condition(condition: &Condition) -> String {
    let mut values = condition.values.clone();
    values.sort_unstable();
    values.dedup();
    format!(
        "{} {} {values:?}",
        condition.operator.to_ascii_lowercase(),
        condition.key.to_ascii_lowercase()
    )
}

fn same_set(a: impl IntoIterator<Item = String>, b: impl IntoIterator<Item = String>) -> bool {
    let sorted = |texts: Vec<String>| {
        let mut texts = texts;
        texts.sort_unstable();
        texts.dedup();
        texts
    };
    sorted(a.into_iter().collect()) == sorted(b.into_iter().collect())
}

#[cfg(test)]
pub(in crate::access) mod tests;
