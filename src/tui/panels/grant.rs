//! What opens on step 2: a change, a concern, the printed plan, what an undo takes back, and the typed confirmations.

use crate::{
    access::{
        merge::{Fate, StatementChange},
        plan::{Change, Concern},
    },
    tui::{
        frame::Look,
        panels::check::{next, problem},
        screens::{
            connect::last4,
            grant::{fate, sign},
        },
        widgets::{Paragraph, span, text::GOES_ON},
    },
    wizard::{
        Confirm, Editing, Mark,
        grant::{Doing, GrantItem, PrintForm},
        words,
    },
};

/// A line's title.
pub fn title(look: Look<'_>, item: GrantItem) -> String {
    match item {
        GrantItem::Field(field) => field.label().into(),
        GrantItem::Fixes => "What findings asked for".into(),
        GrantItem::Problem => "What went wrong".into(),
        GrantItem::KeyId | GrantItem::Secret | GrantItem::UseKey => "The new key".into(),
        GrantItem::Change(index) => look
            .wizard
            .change(index)
            .map_or_else(|| "a change".into(), |c| c.title.clone()),
        GrantItem::Concern(index) => match look.wizard.concern(index) {
            Some(concern) if concern.blocking => "Must be met first".into(),
            _ => "Worth knowing".into(),
        },
        GrantItem::Satisfied(_) => "As it should be".into(),
        GrantItem::Unseen(_) => "Could not be seen".into(),
        GrantItem::Drift(_) => "Changed since the plan was made".into(),
        GrantItem::Told(_) => "Taken back".into(),
        GrantItem::Stays(_) => "Stays".into(),
    }
}

/// A line in full.
pub fn item(look: Look<'_>, item: GrantItem, out: &mut Paragraph) {
    let theme = look.theme;
    match item {
        GrantItem::Field(field) => out.text(&format!("{}.", field.why()), theme.text()),
        GrantItem::Fixes => {
            for fix in &look.wizard.grant.form.fixes {
                out.text(fix, theme.text());
            }
        }
        GrantItem::Problem => {
            if let Some(found) = &look.wizard.grant.problem {
                problem(look, found, out);
            }
        }
        GrantItem::KeyId | GrantItem::Secret | GrantItem::UseKey => key(look, out),
        GrantItem::Change(index) => {
            if let Some(found) = look.wizard.change(index) {
                change(look, index, found, out);
            }
        }
        GrantItem::Concern(index) => {
            if let Some(found) = look.wizard.concern(index) {
                concern(look, found, out);
            }
        }
        GrantItem::Satisfied(index) => {
            let found = look.wizard.shown_plan().and_then(|p| p.satisfied.get(index));
            out.text(found.map_or("", String::as_str), theme.text());
        }
        GrantItem::Unseen(index) => {
            if let Some(unseen) = look.wizard.shown_plan().and_then(|p| p.unseen.get(index)) {
                out.labelled("what", theme.dim(), &unseen.what, theme.text());
                out.labelled("why", theme.dim(), &unseen.why, theme.text());
            }
        }
        GrantItem::Drift(index) => {
            let applied = look.wizard.grant.applied.as_ref();
            if let Some(drift) = applied.and_then(|a| a.drift.get(index)) {
                out.labelled("what", theme.dim(), &drift.what, theme.text());
                out.labelled("how", theme.dim(), &drift.how, theme.text());
            }
        }
        GrantItem::Told(index) => {
            let found = look.wizard.grant.undo.told.get(index);
            out.text(found.map_or("", String::as_str), theme.text());
        }
        GrantItem::Stays(index) => {
            let found = look.wizard.grant.undo.stays.get(index);
            out.text(found.map_or("", String::as_str), theme.text());
        }
    }
}

fn key(look: Look<'_>, out: &mut Paragraph) {
    let theme = look.theme;
    let Some(key) = &look.wizard.grant.key else { return };
    out.labelled("key id", theme.dim(), &key.id, theme.text());
    out.gap();
    if key.is_gone {
        out.text(
            "The key is gone: it was deleted since, with D. A new plan makes another.",
            theme.text(),
        );
        return;
    }
    out.text(
        "The secret is in this process' memory alone, and AWS does not tell it again. On its line v shows it for 15 \
         seconds, y copies it, x writes id and secret to a file that only you may read.",
        theme.text(),
    );
    if let Some(path) = &key.saved_as {
        out.gap();
        out.labelled("file", theme.dim(), path, theme.text());
    }
}

fn change(look: Look<'_>, index: usize, change: &Change, out: &mut Paragraph) {
    let theme = look.theme;
    if let Some((mark, words)) = look.wizard.change_state(index) {
        out.line(vec![span(format!("{} ", mark.glyph()), theme.mark(mark))]);
        if let Some(line) = out.lines.last_mut() {
            line.push_span(span(words, theme.text()));
        }
        out.gap();
    }
    out.labelled("why", theme.dim(), &change.why, theme.text());
    out.labelled("call", theme.dim(), &change.call, theme.text());
    out.labelled("undo", theme.dim(), &change.undo, theme.text());
    if change.statements.is_empty() {
        document(look, "before", change.before.as_deref(), out);
        document(look, "after", change.after.as_deref(), out);
    } else {
        out.gap();
        for found in &change.statements {
            statement(look, found, out);
        }
    }
    out.gap();
    out.line(vec![span("the same by hand", theme.heading())]);
    for line in change.command.lines() {
        out.code(line, theme.command());
    }
}

fn document(look: Look<'_>, heading: &str, text: Option<&str>, out: &mut Paragraph) {
    let Some(text) = text else { return };
    out.gap();
    out.line(vec![span(heading, look.theme.heading())]);
    for line in crate::wizard::access::Paper::of(text, None).lines {
        out.code(&line, look.theme.text());
    }
}

/// A statement as it was and as it will be, each line with its sign.
fn statement(look: Look<'_>, change: &StatementChange, out: &mut Paragraph) {
    let theme = look.theme;
    let (sign, word) = fate(change.fate);
    out.line(vec![
        span(format!("{sign} "), theme.strong()),
        span(change.name.clone(), theme.strong()),
        span(format!("  {word}"), theme.dim()),
    ]);
    let mut lines = |sign: &str, text: &Option<String>, style| {
        for line in text.iter().flat_map(|t| outdented(t)) {
            out.code(&format!("{sign} {line}"), style);
        }
    };
    match change.fate {
        Fate::Kept => lines(" ", &change.after, theme.dim()),
        Fate::Added => lines("+", &change.after, theme.mark(Mark::Pass)),
        Fate::Removed => lines("-", &change.before, theme.mark(Mark::Fail)),
        Fate::Replaced => {
            lines("-", &change.before, theme.mark(Mark::Fail));
            lines("+", &change.after, theme.mark(Mark::Pass));
        }
    }
}

/// A statement's lines without the indentation that its place in the document gives to all but the first.
fn outdented(text: &str) -> Vec<&str> {
    let indent = text
        .lines()
        .skip(1)
        .filter(|line| !line.trim().is_empty())
        .map(|line| line.len() - line.trim_start_matches([' ', '\t']).len())
        .min()
        .unwrap_or(0);
    let cut = |(at, line): (usize, &'_ str)| -> usize { if at == 0 { 0 } else { indent.min(line.len()) } };
    text.lines()
        .enumerate()
        .map(|(at, line)| line.get(cut((at, line))..).unwrap_or(line))
        .collect()
}

fn concern(look: Look<'_>, concern: &Concern, out: &mut Paragraph) {
    let theme = look.theme;
    let (mark, word) = match concern.blocking {
        true => (Mark::Fail, "stops the plan"),
        false => (Mark::Warn, "warn"),
    };
    out.line(vec![span(format!("{} {word}", mark.glyph()), theme.mark(mark))]);
    out.text(&concern.say, theme.text());
    out.gap();
    next(look, &concern.next, out);
    if let Some((_, _, words)) = look.wizard.way_out_here() {
        out.gap();
        out.line(vec![
            span("f", theme.key()),
            span(format!(" plans again so that it {words}"), theme.text()),
        ]);
    }
}

/// The plan printed for another tool.
pub fn printed(look: Look<'_>, form: PrintForm, out: &mut Paragraph) {
    let theme = look.theme;
    let mut tabs = Vec::new();
    for other in PrintForm::ALL {
        let text = format!(" {} ", other.words());
        let style = if other == form {
            theme.cursor()
        } else {
            theme.text()
        };
        tabs.push(span(text, style));
        tabs.push(span(" ", theme.text()));
    }
    out.line(tabs);
    out.text(
        &format!("Tab turns on · y copies it whole, x writes it to a file: without the breaks at {GOES_ON}"),
        theme.dim(),
    );
    out.gap();
    let Some(plan) = look.wizard.shown_plan() else {
        out.text("There is no plan yet.", theme.text());
        return;
    };
    for line in form.print(plan).lines() {
        match line.starts_with('#') {
            true => out.text(line, theme.dim()),
            false => out.long_code(line, theme.text()),
        }
    }
}

/// What an undo file takes back, and what stays.
pub fn undo(look: Look<'_>, out: &mut Paragraph) {
    let theme = look.theme;
    let undo = &look.wizard.grant.undo;
    if let Some(Editing::UndoPath(input)) = &look.wizard.editing {
        out.field(
            span("undo file ", theme.dim()),
            input.value(),
            input.cursor(),
            theme.field(),
        );
        out.gap();
        super::choice(look, "says what it takes back", "goes back", out);
        return;
    }
    undo_file(look, out);
    out.gap();
    if let Some(found) = &undo.problem {
        problem(look, found, out);
        out.gap();
    }
    match (&undo.plan, look.wizard.grant.doing) {
        (_, Some(Doing::LookingBack)) => out.text(
            "… It is compared with what is there now. Nothing is changed.",
            theme.text(),
        ),
        (Some(plan), _) => undo_plan(look, plan, out),
        (None, _) if !undo.path.is_empty() && undo.problem.is_none() => {
            out.text("Enter compares it with what is there now.", theme.text());
        }
        _ => {}
    }
    let tab = match look.wizard.next_undo_file(true) {
        _ if !look.wizard.names_undo_file() => {
            (look.wizard.grant.undo_files.len() > 1).then_some(" turns to the next apply    ")
        }
        Some(_) => Some(" turns to the next file    "),
        None => Some(" names another file    "),
    };
    let mut keys = Vec::new();
    if let Some(words) = tab {
        keys.push(span("Tab", theme.key()));
        keys.push(span(words, theme.text()));
    }
    keys.push(span("Esc", theme.key()));
    keys.push(span(" leaves all as it is", theme.text()));
    out.line(keys);
}

/// Which undo file is meant, and where it stands among those of the session.
fn undo_file(look: Look<'_>, out: &mut Paragraph) {
    let theme = look.theme;
    let undo = &look.wizard.grant.undo;
    let files = &look.wizard.grant.undo_files;
    let named = look.wizard.names_undo_file();
    let path = match (undo.path.is_empty(), files.is_empty()) {
        (true, true) if !named => "nothing was applied here: there is nothing to take back",
        (true, true) => "none of this session; Enter names one",
        (true, false) => "none; Tab goes to those of this session",
        (false, _) if !named => "kept in memory while the account lives: u takes it back here",
        (false, _) => undo.path.as_str(),
    };
    let label = if named { "undo file" } else { "undo" };
    out.labelled(label, theme.dim(), path, theme.strong());
    if let Some(at) = files.iter().position(|f| *f == undo.path)
        && files.len() > 1
    {
        let age = match at {
            0 => ", the newest",
            at if at + 1 == files.len() => ", the oldest",
            _ => "",
        };
        let which = format!("{} of {} of this session{age}", at + 1, files.len());
        out.labelled("", theme.dim(), &which, theme.dim());
    }
}

fn undo_plan(look: Look<'_>, plan: &crate::access::plan::undo::UndoPlan, out: &mut Paragraph) {
    let theme = look.theme;
    let file = look.wizard.grant.undo.file.as_deref();
    if plan.acts.is_empty() {
        out.text("Nothing is left to take back.", theme.text());
    } else {
        out.line(vec![span("Will be taken back, in this order", theme.heading())]);
    }
    for act in &plan.acts {
        let say = file.map_or_else(|| act.call().to_owned(), |f| act.say(f));
        out.labelled("  -", theme.strong(), &say, theme.text());
    }
    if !plan.stays.is_empty() {
        out.gap();
        out.line(vec![span("Stays, because it is not ours", theme.heading())]);
        for stays in &plan.stays {
            out.labelled("  =", theme.dim(), stays, theme.text());
        }
    }
    out.gap();
    if !plan.acts.is_empty() {
        out.line(vec![
            span("Enter", theme.key()),
            span(" goes on to take it back", theme.text()),
        ]);
    }
}

/// Before a plan is applied.
pub fn confirm_apply(look: Look<'_>, out: &mut Paragraph) {
    let theme = look.theme;
    let Some(plan) = &look.wizard.grant.plan else {
        return;
    };
    let (order, back) = match plan.changes.len() {
        1 => ("", "takes it back"),
        _ => (", one after the other", "takes back exactly these"),
    };
    let undo = match look.wizard.is_practice() {
        true => {
            format!("What {back} is noted first, in memory while the account lives: u takes it back here.")
        }
        false => format!("An undo file is written first; it {back}."),
    };
    let changes = words::counted(plan.changes.len() as u64, "changes");
    out.text(&format!("{changes} will be made{order}. {undo}"), theme.text());
    out.gap();
    for change in &plan.changes {
        let label = format!("  {}", sign(change));
        out.labelled(&label, theme.strong(), &change.title, theme.text());
        for dropped in change.statements.iter().filter(|s| s.fate == Fate::Removed) {
            let (sign, word) = fate(dropped.fate);
            let text = format!("{sign} {word} {}, for everybody", dropped.name);
            out.labelled("", theme.strong(), &text, theme.mark(Mark::Fail));
        }
    }
    let problems = plan.problems.len() as u64;
    if problems > 0 {
        out.gap();
        out.line(vec![
            span(format!("{} warn  ", Mark::Warn.glyph()), theme.mark(Mark::Warn)),
            span(
                format!("{} of the plan stay", words::counted(problems, "problems")),
                theme.text(),
            ),
        ]);
    }
    typed(look, Confirm::Apply, out);
}

/// Before something is taken back.
pub fn confirm_undo(look: Look<'_>, out: &mut Paragraph) {
    if let Some(plan) = &look.wizard.grant.undo.plan {
        undo_plan_short(look, plan, out);
    }
    typed(look, Confirm::Undo, out);
}

fn undo_plan_short(look: Look<'_>, plan: &crate::access::plan::undo::UndoPlan, out: &mut Paragraph) {
    let file = look.wizard.grant.undo.file.as_deref();
    for act in &plan.acts {
        let say = file.map_or_else(|| act.call().to_owned(), |f| act.say(f));
        out.labelled("  -", look.theme.strong(), &say, look.theme.text());
    }
}

/// Before leaving in the middle.
pub fn confirm_quit(look: Look<'_>, out: &mut Paragraph) {
    let theme = look.theme;
    let grant = &look.wizard.grant;
    if grant.is_changing() {
        leaves_work(look, out);
    }
    if let Some(key) = grant.secret_to_lose() {
        let keeps = match grant.is_changing() {
            true => {
                out.gap();
                ""
            }
            false => " Esc stays: in 2 Grant, y on it copies it, x writes it to a file.",
        };
        out.text(
            &format!(
                "The secret of the new key …{} is neither copied nor saved. AWS does not tell it again: leaving loses \
                 it.{keeps}",
                last4(&key.id)
            ),
            theme.text(),
        );
    }
    out.gap();
    super::choice(look, "leaves", "stays", out);
}

/// What becomes of the work that goes on.
fn leaves_work(look: Look<'_>, out: &mut Paragraph) {
    let grant = &look.wizard.grant;
    let what = match grant.doing {
        Some(Doing::Undoing) => "Changes are being taken back",
        _ => "A plan is being applied",
    };
    let rest = match look.wizard.is_practice() {
        true => "The practice account ends with the wizard, and nothing of it stays.",
        false => {
            "What was made stands; the journal and the undo file stay, and the same plan applied again completes it."
        }
    };
    out.text(
        &format!("{what}. Leaving now stops it where it is, perhaps in the middle of a change. {rest}"),
        look.theme.text(),
    );
    let applied = grant.applied.as_ref();
    let file = applied.and_then(|a| a.undo_file.as_deref());
    let file = file.or((!grant.undo.path.is_empty()).then_some(grant.undo.path.as_str()));
    if let Some(path) = file.filter(|_| !look.wizard.is_practice()) {
        out.labelled("undo file", look.theme.dim(), path, look.theme.text());
    }
}

/// What must be typed, and the field for it.
fn typed(look: Look<'_>, confirm: Confirm, out: &mut Paragraph) {
    let theme = look.theme;
    let Some(wanted) = look.wizard.must_be_typed(confirm) else {
        return;
    };
    out.gap();
    out.labelled("bucket", theme.dim(), &wanted, theme.strong());
    if let Some(Editing::Typed(input)) = &look.wizard.editing {
        out.field(
            span("type it   ", theme.dim()),
            input.value(),
            input.cursor(),
            theme.field(),
        );
        return;
    }
    super::choice(look, "and type the bucket's name", "leaves it so", out);
}
