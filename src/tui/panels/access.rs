//! What opens on step 3: an explanation with what came near, a policy with the statement that decides, who must act.

use super::check::next;
use crate::{
    access::policy::Effect,
    tui::{
        frame::Look,
        screens::access::{action_words, need_words},
        widgets::{Paragraph, fit, span},
    },
    wizard::{
        Mark,
        access::{AccessItem, Fix, Paper},
    },
};

/// A line's title.
pub fn title(look: Look<'_>, item: AccessItem) -> String {
    match item {
        AccessItem::Explanation(index) => look
            .wizard
            .explanation(index)
            .map_or_else(|| "Why".into(), |e| format!("{} {}", e.code, need_words(e.need))),
        AccessItem::Difference(_) => "Predicted one way, seen another".into(),
        AccessItem::Policy(index) => look
            .wizard
            .policy(index)
            .map_or_else(|| "A policy".into(), |p| p.source.to_string()),
        AccessItem::Unseen(_) => "Could not be seen".into(),
        AccessItem::Simulator(_) => "A second opinion".into(),
        AccessItem::ConfirmStep => "The confirm step, as it works today".into(),
        AccessItem::NoReader => "Nobody to judge yet".into(),
    }
}

/// A line in full.
pub fn item(look: Look<'_>, item: AccessItem, out: &mut Paragraph) {
    let theme = look.theme;
    match item {
        AccessItem::Explanation(index) => explanation(look, index, out),
        AccessItem::Difference(index) => difference(look, index, out),
        AccessItem::Policy(index) => {
            let statement = look.wizard.policy(index).and_then(|policy| {
                let explanations = look.wizard.access().into_iter().flat_map(|a| &a.explanations);
                let mut places = explanations.filter_map(|e| e.place.as_ref());
                places.find(|p| p.source == policy.source).map(|p| p.index)
            });
            policy(look, index, statement, out);
        }
        AccessItem::Unseen(index) => {
            if let Some(unseen) = look.wizard.access().and_then(|a| a.unseen.get(index)) {
                out.labelled("what", theme.dim(), &unseen.what, theme.text());
                out.labelled("why", theme.dim(), &unseen.why, theme.text());
                out.gap();
                out.text(
                    "What can't be seen may allow or deny: where it could decide, the prediction is unknown.",
                    theme.dim(),
                );
            }
        }
        AccessItem::Simulator(index) => {
            if let Some(says) = look.wizard.access().and_then(|a| a.simulator.get(index)) {
                out.text(&says.say, theme.text());
                out.gap();
                out.text(
                    "iam:SimulatePrincipalPolicy looks at service control policies too, which nobody in the account can \
                     read. It knows nothing of VPC endpoints, KMS keys and resource control policies.",
                    theme.dim(),
                );
            }
        }
        AccessItem::ConfirmStep => {
            out.text(
                "The integration's page ends with reading the folders in Spark. Its own lines can't run on a current \
                 Spark; these do. y copies them, x writes them to a file.",
                theme.text(),
            );
            out.gap();
            for line in look.wizard.confirm_step().iter().flat_map(|t| t.lines()) {
                out.code(line, theme.command());
            }
        }
        AccessItem::NoReader => no_reader(look, out),
    }
}

/// The checks that wait for a reader.
fn no_reader(look: Look<'_>, out: &mut Paragraph) {
    let theme = look.theme;
    let waiting = look.wizard.waiting_for_reader();
    let Some(first) = waiting.first() else {
        out.text("There is a reader now.", theme.text());
        return;
    };
    out.text(first.cause.as_deref().unwrap_or_default(), theme.text());
    if let Some(found) = &first.next {
        next(look, found, out);
    }
    out.gap();
    out.line(vec![span("Wait for it", theme.heading())]);
    for check in &waiting {
        let text = format!("{} in {}", check.title, check.subject);
        out.labelled(&format!("  {}", check.code), theme.dim(), &text, theme.text());
    }
}

fn difference(look: Look<'_>, index: usize, out: &mut Paragraph) {
    let theme = look.theme;
    let Some(found) = look.wizard.difference(index) else {
        out.text("This is being looked at again.", theme.text());
        return;
    };
    let asked = format!("{} in {}", action_words(found.action), found.place);
    out.labelled("asked", theme.dim(), &asked, theme.strong());
    out.labelled("found", theme.dim(), &found.say, theme.text());
    if let Some(candidates) = look.wizard.difference_candidates() {
        next(look, candidates, out);
    }
    out.gap();
    out.text(
        "The policies that could be seen are not the whole of it: something else decides, or they have just changed and \
         AWS does not agree with itself yet.",
        theme.dim(),
    );
}

fn explanation(look: Look<'_>, index: usize, out: &mut Paragraph) {
    let theme = look.theme;
    let Some(found) = look.wizard.explanation(index) else {
        out.text("This is being looked at again.", theme.text());
        return;
    };
    out.line(vec![
        span(
            format!("{} {}  ", Mark::Fail.glyph(), Mark::Fail.word()),
            theme.mark(Mark::Fail),
        ),
        span(
            fit(
                &format!("{} {}", found.code, need_words(found.need)),
                out.columns().saturating_sub(8),
            ),
            theme.strong(),
        ),
    ]);
    out.labelled("found", theme.dim(), &found.say, theme.text());
    if let Some(place) = &found.place {
        let seen = look.wizard.policy_of(place).is_some();
        let text = format!(
            "{} of the {}, line {}{}",
            place.name,
            place.source,
            place.line,
            if seen { "; Enter shows it" } else { "" }
        );
        out.labelled("decides", theme.dim(), &text, theme.text());
    }
    next(look, &found.next, out);
    match look.wizard.fix_here() {
        Some(Fix::Plan(plan)) => {
            let words = plan
                .words
                .unwrap_or_else(|| "grants what is missing by our own statements".into());
            out.labelled("f", theme.key(), &format!("a plan that {words}"), theme.text());
        }
        Some(Fix::Others { who, .. }) => {
            out.labelled(
                "f",
                theme.key(),
                &format!("no plan mends it. {who}"),
                theme.text(),
            );
        }
        None => {}
    }
    if found.near.is_empty() {
        return;
    }
    out.gap();
    out.line(vec![span("What came near, and what kept it", theme.heading())]);
    for near in &found.near {
        let effect = match near.effect {
            Effect::Allow => "Allow",
            Effect::Deny => "Deny",
        };
        out.text(&format!("{} ({effect})", near.place), theme.strong());
        for kept in &near.kept_by {
            out.labelled("  kept by", theme.dim(), kept, theme.text());
        }
    }
}

/// A policy with line numbers, the deciding statement marked by a glyph, in bold, its first line reversed. Tells its title.
pub fn policy(look: Look<'_>, index: usize, statement: Option<usize>, out: &mut Paragraph) -> String {
    const MARK: &str = "▸";
    let theme = look.theme;
    let Some(found) = look.wizard.policy(index) else {
        out.text("This policy is being looked at again.", theme.text());
        return "A policy".into();
    };
    let all = look.wizard.access().map_or(1, |a| a.policies.len());
    let title = format!("{}  ({} of {all})", found.source, index + 1);
    let paper = Paper::of(&found.text, statement);
    let decides = look
        .wizard
        .access()
        .into_iter()
        .flat_map(|a| &a.explanations)
        .filter_map(|e| e.place.as_ref())
        .any(|p| p.source == found.source && Some(p.index) == statement);
    let word = if decides { ", which decides" } else { "" };
    match &paper.name {
        Some(name) => out.line(vec![
            span(format!("{MARK} "), theme.strong()),
            span(format!("marks {name}{word}"), theme.text()),
        ]),
        None => out.line(vec![span("No statement of it decides.", theme.dim())]),
    }
    if paper.laid_out {
        out.text("Laid out for reading; it is stored in longer lines.", theme.dim());
    }
    let digits = paper.lines.len().to_string().len();
    for (at, line) in paper.lines.iter().enumerate() {
        let marked = paper.marked.as_ref().is_some_and(|m| m.contains(&at));
        let first = paper.marked.as_ref().is_some_and(|m| m.start == at);
        let gutter = format!("{} {:>digits$} ", if marked { MARK } else { " " }, at + 1);
        let style = match (first, marked) {
            (true, _) => theme.cursor(),
            (_, true) => theme.strong(),
            _ => theme.text(),
        };
        let mut text = Paragraph::new(out.columns().saturating_sub(gutter.chars().count()).max(8));
        text.code(line, style);
        for (part, line) in text.lines.into_iter().enumerate() {
            let gutter = if part == 0 {
                gutter.clone()
            } else {
                " ".repeat(gutter.chars().count())
            };
            let mut spans = vec![span(gutter, if marked { theme.strong() } else { theme.dim() })];
            spans.extend(line.spans);
            out.line(spans);
        }
    }
    title
}

/// Why no plan mends the finding, and who must change what.
pub fn no_fix(look: Look<'_>, out: &mut Paragraph) {
    let theme = look.theme;
    match look.wizard.fix_here() {
        Some(Fix::Others { why, who }) => {
            out.text(&why, theme.text());
            out.gap();
            out.labelled("who", theme.dim(), &who, theme.strong());
        }
        _ => out.text("The finding is gone.", theme.text()),
    }
}
