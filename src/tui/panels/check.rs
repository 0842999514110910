//! A check with its samples, a rule explained, a problem.

use crate::{
    report::{Check, Problem, catalogue},
    rule::{Code, Next, Severity},
    tui::{
        frame::Look,
        widgets::{
            Paragraph, span,
            text::{fit, fit_middle},
            width, wrap,
        },
    },
    wizard::{Mark, words},
};

/// A check: what was found in how many, where, why it matters, how to mend it.
pub fn check(look: Look<'_>, check: &Check, out: &mut Paragraph) {
    let theme = look.theme;
    let mark = Mark::from(check.status);
    out.line(vec![
        span(format!("{} {}  ", mark.glyph(), mark.word()), theme.mark(mark)),
        span(
            fit(&words::evidence(check), out.columns().saturating_sub(11)),
            theme.strong(),
        ),
    ]);
    out.text(&check.title, theme.text());
    out.gap();
    cause_and_fix(look, check, out);
    samples(look, check, out);
    if let Some(rule) = catalogue::find(check.code) {
        out.labelled("why", theme.dim(), rule.why, theme.text());
    }
    out.labelled("says", theme.dim(), check.basis.sentence(), theme.text());
    if !check.required {
        out.labelled(
            "",
            theme.dim(),
            "the verdict does not wait for this check",
            theme.dim(),
        );
    }
}

/// What was found in words, and what to do.
pub fn cause_and_fix(look: Look<'_>, check: &Check, out: &mut Paragraph) {
    short_cause_and_fix(look, check, usize::MAX, out);
}

/// [`cause_and_fix`] with so many lines at most for what was found, so that what to do is in sight.
pub fn short_cause_and_fix(look: Look<'_>, check: &Check, most: usize, out: &mut Paragraph) {
    let theme = look.theme;
    if let Some(cause) = &check.cause {
        out.labelled_at_most(most, "found", theme.dim(), cause, theme.text());
    }
    if let Some(code) = check.blocked_by {
        out.labelled(
            "because",
            theme.dim(),
            &format!("of {code}, which comes first"),
            theme.text(),
        );
    }
    match &check.next {
        Some(todo) => next(look, todo, out),
        None if crate::wizard::rows::is_finding(check) => {
            if let Some(rule) = catalogue::find(check.code) {
                out.labelled("fix", theme.dim(), rule.fix, theme.text());
            }
        }
        None => {}
    }
}

/// What to do: words, a command, a link.
pub(super) fn next(look: Look<'_>, next: &Next, out: &mut Paragraph) {
    let theme = look.theme;
    if !next.say.is_empty() {
        out.labelled("fix", theme.dim(), &next.say, theme.text());
    }
    if let Some(command) = &next.command {
        out.labelled("run", theme.dim(), command, theme.command());
    }
    if let Some(url) = &next.url {
        out.labelled("see", theme.dim(), url, theme.text());
    }
}

fn samples(look: Look<'_>, check: &Check, out: &mut Paragraph) {
    let theme = look.theme;
    if check.samples.is_empty() {
        return;
    }
    out.gap();
    let heading = match check.count {
        Some(all) if all > check.samples.len() as u64 => {
            format!("{} of {} places", check.samples.len(), words::count(all))
        }
        _ => words::counted(check.samples.len() as u64, "places"),
    };
    out.line(vec![span(heading, theme.heading())]);
    for sample in &check.samples {
        let mut about = String::new();
        if let Some(row) = sample.row {
            about.push_str(&format!("  row {}", words::count(row)));
        }
        if let Some(column) = &sample.column {
            about.push_str(&format!("  {}", fit(column, 30)));
        }
        let room = out.columns().saturating_sub(width(&about)).max(12);
        if sample.key.is_empty() {
            out.line(vec![span(fit(about.trim_start(), out.columns()), theme.dim())]);
        } else {
            out.line(vec![
                span(fit_middle(&sample.key, room), theme.text()),
                span(about, theme.dim()),
            ]);
        }
        if let Some(value) = &sample.value {
            let room = out.columns().saturating_sub(2).max(8);
            for line in wrap(value, room).into_iter().take(3) {
                out.line(vec![span("  ", theme.text()), span(line, theme.mark(Mark::Warn))]);
            }
        }
    }
    out.gap();
}

/// A rule: what it counts, why it matters, how to mend it, on whose word.
pub fn explain(look: Look<'_>, code: Code, out: &mut Paragraph) {
    let theme = look.theme;
    let Some(rule) = catalogue::find(code) else {
        out.text("This version does not know the rule.", theme.text());
        return;
    };
    out.line(vec![span(rule.slug, theme.strong())]);
    out.text(rule.title, theme.text());
    out.gap();
    out.labelled("counts", theme.dim(), rule.counts, theme.text());
    out.labelled("why", theme.dim(), rule.why, theme.text());
    out.labelled("fix", theme.dim(), rule.fix, theme.text());
    let mut severity = severity(rule.severity).to_owned();
    if rule.worst != rule.severity {
        severity.push_str(&format!("; {} at worst", self::severity(rule.worst)));
    }
    out.labelled("severity", theme.dim(), &severity, theme.text());
    let subjects: Vec<&str> = rule.subjects.iter().map(|s| s.as_str()).collect();
    out.labelled("judged on", theme.dim(), &subjects.join(", "), theme.text());
    out.labelled("says", theme.dim(), rule.basis.sentence(), theme.text());
}

const fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Off => "off",
        Severity::Info => "info",
        Severity::Warn => "warn",
        Severity::Fail => "fail",
    }
}

/// What went wrong: what failed, why, the call and the action it needs, and what to do.
pub fn problem(look: Look<'_>, problem: &Problem, out: &mut Paragraph) {
    let theme = look.theme;
    let code = problem
        .connection_code()
        .map(|c| format!("{c} "))
        .unwrap_or_default();
    out.line(vec![
        span(format!("{} fail  ", Mark::Fail.glyph()), theme.mark(Mark::Fail)),
        span(code, theme.strong()),
        span(
            fit(&problem.what, out.columns().saturating_sub(13)),
            theme.strong(),
        ),
    ]);
    out.gap();
    out.labelled("why", theme.dim(), &problem.cause, theme.text());
    if let Some(call) = problem.call {
        let call = match problem.action {
            Some(action) => format!("{call}, which needs {action}"),
            None => call.to_owned(),
        };
        out.labelled("call", theme.dim(), &call, theme.text());
    }
    let answer: Vec<String> = [
        problem.status.map(|s| format!("HTTP {s}")),
        problem.error_code.clone(),
        problem.request_id.as_ref().map(|id| format!("request {id}")),
    ]
    .into_iter()
    .flatten()
    .collect();
    if !answer.is_empty() {
        out.labelled("answer", theme.dim(), &answer.join(", "), theme.text());
    }
    next(look, &problem.next, out);
}
