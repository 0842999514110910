//! The machine: an event in, effects out.
//!
//! Work runs in lanes that know nothing of each other: `work` is the survey's, [`super::grant`] and [`super::signal`]
//! are the others. What an older run still says is dropped here, in `Wizard::is_stale`, for all of them.

mod edit;
mod work;

use tui_input::Input;

use super::{
    connect::{ConnectRow, Field, Role},
    event::{Effect, Event, Scope},
    keys::{self, Action, Can, Key},
    rows::{Branch, Item},
    state::{Confirm, Editing, Notice, Overlay, RunState, Source, Wizard},
    step::Step,
    words,
};
use crate::{
    access::plan::Secret,
    report::{Report, Rows, SurveyEvent, render::json::json},
    rule::Dataset,
};

impl Wizard {
    /// Starts what the form was filled for, when it names a target. Called once, by whoever made the wizard.
    pub fn begin(&mut self) -> Vec<Effect> {
        if self.source == Source::Live && self.connect.is_complete() {
            self.start(Rows::Sample, Scope::All)
        } else {
            Vec::new()
        }
    }

    /// Takes an event in; what has to happen outside comes out.
    pub fn handle(&mut self, event: Event) -> Vec<Effect> {
        if self.is_stale(&event) {
            return Vec::new(); // what an older run still says
        }
        match event {
            Event::Key(key) => self.key(key),
            Event::Act(action) => self.act(action),
            Event::Paste(text) => self.paste(&text),
            Event::Tick { now } => {
                self.clock = Some(now);
                self.weigh_again();
                self.hide_in_time(now);
                Vec::new()
            }
            Event::Survey { event, .. } => {
                let is_end = matches!(*event, SurveyEvent::Finished { .. });
                self.survey(*event);
                // Only now it may be known that the target is a bucket.
                let mut effects = self.plan_if_due();
                if is_end {
                    effects.extend(self.look_after_reading());
                }
                effects
            }
            Event::Grant { event, .. } => self.granting(event),
            Event::Signal { event, .. } => self.signalling(event),
            Event::Practice(event) => self.practised(event),
            Event::Resolved { values, .. } => {
                self.connect.resolved = values;
                Vec::new()
            }
            Event::Failed { problem, .. } => {
                self.failed(problem);
                Vec::new()
            }
            Event::Ended { .. } => {
                self.ended();
                Vec::new()
            }
            Event::Opened { report, .. } => {
                let name = self.connect.value(Field::ReportFile).to_owned();
                self.run.state = RunState::Done;
                self.show_saved(*report, name);
                Vec::new()
            }
            Event::Saved { path } => {
                self.notice = Some(Notice::Done(format!("Written to {path}")));
                Vec::new()
            }
            Event::SecretSaved { path } => {
                self.secret_saved(path);
                Vec::new()
            }
            Event::NotSaved { problem } => {
                self.notice = Some(Notice::No(problem.to_string()));
                Vec::new()
            }
            Event::Measured(measure) => {
                self.measure = measure;
                self.scroll = self.scroll.min(measure.overlay_scroll);
                Vec::new()
            }
        }
    }

    pub(super) fn show_saved(&mut self, report: Report, name: String) {
        self.report = Some(report);
        self.source = Source::Saved { name };
        self.connect.role = Role::SavedReport;
        self.step = self.first_not_done();
    }

    fn key(&mut self, key: Key) -> Vec<Effect> {
        self.notice = None;
        if key == Key::Ctrl('c') {
            return vec![Effect::Quit];
        }
        if self.types_in_sheet() {
            return self.type_in_sheet(key);
        }
        if let Some(editing) = self.editing.take() {
            return self.edit(editing, key);
        }
        if let Some(why) = self.deaf_dialog(key) {
            self.notice = Some(Notice::No(sentence(why)));
            return Vec::new();
        }
        match keys::action(key) {
            Some(action) => self.act(action),
            None => Vec::new(),
        }
    }

    fn act(&mut self, action: Action) -> Vec<Effect> {
        if let Can::No(why) = self.can(action) {
            self.notice = Some(Notice::No(sentence(why)));
            return Vec::new();
        }
        if self.overlay.is_some()
            && let Some(effects) = self.act_in_overlay(action)
        {
            return effects;
        }
        match action {
            Action::Quit if self.asks_before_leaving() => self.open(Overlay::Confirm(Confirm::Quit)),
            Action::Quit | Action::QuitAtOnce => return vec![Effect::Quit],
            Action::Go(step) => return self.go(step),
            Action::Help => self.open(Overlay::Help),
            Action::Back => return self.back(),
            Action::Up => self.vertical(-1),
            Action::Down => self.vertical(1),
            Action::PageUp => self.move_cursor(-self.page()),
            Action::PageDown => self.move_cursor(self.page()),
            Action::First => self.move_cursor(isize::MIN),
            Action::Last => self.move_cursor(isize::MAX),
            Action::Left => self.horizontal(-1),
            Action::Right => self.horizontal(1),
            Action::MonthBack => self.move_month(-1),
            Action::MonthOn => self.move_month(1),
            Action::Next => self.next_pane(true),
            Action::Previous => self.next_pane(false),
            Action::Open => return self.open_here(),
            Action::Filter => self.editing = Some(Editing::Filter(Input::new(self.filter().to_owned()))),
            Action::NextFinding => self.next_finding(true),
            Action::PreviousFinding => self.next_finding(false),
            Action::Explain => {
                if let Some(code) = self.rule_here() {
                    self.open(Overlay::Explain(code));
                }
            }
            Action::Rerun => return self.rerun_step(),
            Action::RerunAll => return self.rerun_all(),
            Action::FullScan => self.open(Overlay::Confirm(Confirm::FullScan)),
            Action::Export => return self.export(),
            Action::Copy => return self.copy_here(),
            Action::CopyCommand => return self.copy_command_here(),
            Action::Reveal => self.toggle_reveal(),
            Action::Plan if self.step == Step::Grant => return self.plan_way_out(),
            Action::Plan => return self.plan_fix(),
            Action::Apply | Action::PrintAs | Action::Undo => {
                return self.act_on_grant(action);
            }
            Action::Signal => return self.act_on_signal(),
            Action::Range => self.turn_range(),
            Action::Practice => return self.act_on_practice(),
        }
        Vec::new()
    }

    /// What an action does while a panel is open; `None` where it does what it does without one.
    fn act_in_overlay(&mut self, action: Action) -> Option<Vec<Effect>> {
        if let Some(effects) = self.act_in_sheet(action) {
            return Some(effects);
        }
        let own = match self.overlay {
            Some(Overlay::Practice) => self.act_in_practice(action),
            Some(Overlay::Undo) => self.act_in_undo(action),
            Some(Overlay::Policy { .. } | Overlay::Access(_)) => self.act_in_access(action),
            Some(Overlay::PrintAs(form)) => match action {
                Action::Next | Action::Right | Action::Previous | Action::Left => {
                    let forward = matches!(action, Action::Next | Action::Right);
                    self.open(Overlay::PrintAs(form.turned(forward)));
                    Some(Vec::new())
                }
                _ => None,
            },
            _ => None,
        };
        if own.is_some() {
            return own;
        }
        match action {
            Action::Up => self.scroll = self.scroll.saturating_sub(1),
            Action::Down => self.scroll_by(1),
            Action::PageUp => self.scroll = self.scroll.saturating_sub(10),
            Action::PageDown => self.scroll_by(10),
            Action::First => self.scroll = 0,
            Action::Last => self.scroll = self.measure.overlay_scroll,
            Action::Help if self.overlay == Some(Overlay::Help) => self.overlay = None,
            Action::Left | Action::Right | Action::Next | Action::Previous => {}
            Action::MonthBack | Action::MonthOn => {}
            Action::Open => match self.overlay.take() {
                Some(Overlay::Confirm(Confirm::FullScan)) => return Some(self.start(Rows::All, Scope::All)),
                Some(Overlay::Confirm(Confirm::Quit)) => return Some(vec![Effect::Quit]),
                Some(Overlay::Confirm(confirm @ (Confirm::Apply | Confirm::Undo))) => {
                    self.overlay = Some(Overlay::Confirm(confirm));
                    self.editing = Some(Editing::Typed(Input::default()));
                }
                other => self.overlay = other,
            },
            _ => return None,
        }
        Some(Vec::new())
    }

    fn scroll_by(&mut self, lines: u16) {
        self.scroll = self.scroll.saturating_add(lines).min(self.measure.overlay_scroll);
    }

    fn page(&self) -> isize {
        isize::try_from(self.measure.page.max(1)).unwrap_or(10)
    }

    /// Shows a step. What was revealed is masked again; where the step is 2 Grant, a plan is made if one is due.
    pub(super) fn go(&mut self, step: Step) -> Vec<Effect> {
        self.overlay = None;
        self.reveal = None;
        self.step = step;
        self.plan_if_due()
    }

    pub(super) fn open(&mut self, overlay: Overlay) {
        self.overlay = Some(overlay);
        self.reveal = None;
        self.scroll = 0;
        // How far it scrolls is known once it was drawn.
        self.measure.overlay_scroll = 0;
    }

    fn back(&mut self) -> Vec<Effect> {
        if self.overlay == Some(Overlay::Signal) {
            return self.leave_sheet();
        }
        if self.overlay.take().is_some() {
            self.reveal = None;
            return Vec::new();
        }
        if self.drops_range() {
            self.signal.anchor = None;
            return Vec::new();
        }
        if let Some(effects) = self.step_back_in_grant() {
            return effects;
        }
        if self.filters.remove(&self.step).is_some_and(|f| !f.is_empty()) {
            return Vec::new();
        }
        if self.run.state == RunState::Working {
            self.run.state = RunState::Cancelling;
            return vec![Effect::Cancel { run: self.run.id }];
        }
        Vec::new()
    }

    fn vertical(&mut self, by: isize) {
        match self.step {
            Step::Connect => {
                let last = self.connect.rows(self.can_go_on()).len().saturating_sub(1);
                self.connect.cursor = self.connect.cursor.min(last).saturating_add_signed(by).min(last);
            }
            Step::Calendar => self.move_day(by as i64 * 7),
            _ => self.move_cursor(by),
        }
    }

    fn horizontal(&mut self, by: isize) {
        match self.step {
            Step::Connect => {
                if self.connect_row() == Some(ConnectRow::Field(Field::Role)) {
                    self.connect.turn_role(by);
                }
            }
            Step::Calendar => self.move_day(by as i64),
            Step::Data => self.turn_dataset(by > 0),
            Step::Layout | Step::Report => {
                let branch = match self.item_here() {
                    Some(Item::Dataset(dataset)) => Some(Branch::Dataset(dataset)),
                    Some(Item::Category(category)) => Some(Branch::Category(category)),
                    Some(Item::Quiet(category)) => Some(Branch::Quiet(category)),
                    _ => None,
                };
                match branch {
                    Some(branch) if self.is_open(branch) != (by > 0) => self.turn(branch),
                    Some(_) => {}
                    // From a leaf, left goes to its branch.
                    None if by < 0 => self.next_pane(false),
                    None => {}
                }
            }
            Step::Grant | Step::Access => {}
        }
    }

    fn turn_dataset(&mut self, forward: bool) {
        let at = Dataset::ALL.iter().position(|d| *d == self.dataset).unwrap_or(0);
        let len = Dataset::ALL.len();
        let to = if forward { at + 1 } else { at + len - 1 } % len;
        self.dataset = Dataset::ALL.get(to).copied().unwrap_or(Dataset::Events);
        self.cursors.remove(&Step::Data);
    }

    fn next_pane(&mut self, forward: bool) {
        match self.step {
            Step::Connect => {
                let all = self.connect.rows(self.can_go_on()).len().max(1);
                let at = self.connect.cursor.min(all - 1);
                self.connect.cursor = (at + if forward { 1 } else { all - 1 }) % all;
            }
            Step::Data => self.turn_dataset(forward),
            Step::Layout => {
                self.move_to(forward, |_, item| matches!(item, Item::Dataset(_)));
            }
            Step::Report => {
                self.move_to(forward, |_, item| {
                    matches!(item, Item::Category(_) | Item::Questions)
                });
            }
            Step::Grant | Step::Access => self.next_section(forward),
            Step::Calendar => {}
        }
    }

    fn next_finding(&mut self, forward: bool) {
        if self.step == Step::Calendar {
            self.move_day_finding(forward);
            if let (Some(Overlay::Day(_)), Some(day)) = (&self.overlay, self.day()) {
                self.open(Overlay::Day(day));
            }
            return;
        }
        let moved = self.move_to(forward, |w, item| w.item_is_finding(item));
        if moved
            && self.overlay.is_some()
            && let Some(overlay) = self.item_here().and_then(overlay_of)
        {
            self.open(overlay);
        }
    }

    /// The row of the form that the cursor is on.
    pub fn connect_row(&self) -> Option<ConnectRow> {
        let rows = self.connect.rows(self.can_go_on());
        rows.get(self.connect.cursor.min(rows.len().saturating_sub(1)))
            .copied()
    }

    /// Whether the form offers to go on to the next step.
    pub fn can_go_on(&self) -> bool {
        self.report.is_some() && self.run.problem.is_none()
    }

    /// Whether Enter does something.
    pub(super) fn can_open(&self) -> bool {
        match self.step {
            Step::Connect => true,
            Step::Calendar => self.day().is_some(),
            _ => self.item_here().is_some(),
        }
    }

    fn open_here(&mut self) -> Vec<Effect> {
        match self.step {
            Step::Connect => return self.open_connect_row(),
            Step::Calendar => {
                if let Some(day) = self.day() {
                    self.open(Overlay::Day(day));
                }
            }
            _ => match self.item_here() {
                Some(Item::Grant(item)) => return self.open_grant_item(item),
                Some(Item::Access(item)) => return self.open_access_item(item),
                Some(Item::Dataset(dataset)) => self.turn(Branch::Dataset(dataset)),
                Some(Item::Category(category)) => self.turn(Branch::Category(category)),
                Some(Item::Quiet(category)) => self.turn(Branch::Quiet(category)),
                Some(item) => {
                    if let Some(overlay) = overlay_of(item) {
                        self.open(overlay);
                    }
                }
                None => {}
            },
        }
        Vec::new()
    }

    fn open_connect_row(&mut self) -> Vec<Effect> {
        match self.connect_row() {
            Some(ConnectRow::Field(Field::Role)) => self.connect.turn_role(1),
            Some(ConnectRow::Field(field)) => {
                self.editing = Some(Editing::Field(
                    field,
                    Input::new(self.connect.value(field).to_owned()),
                ));
            }
            Some(ConnectRow::Start) => return self.rerun_all(),
            Some(ConnectRow::GoOn) => {
                let next = Step::ALL
                    .into_iter()
                    .find(|s| *s != Step::Connect && !self.status(*s).is_done());
                return self.go(next.unwrap_or(Step::Report));
            }
            None => {}
        }
        Vec::new()
    }

    fn export(&mut self) -> Vec<Effect> {
        if self.exports_key() {
            return self.save_key();
        }
        if let Some((name, contents)) = self.shown_file() {
            return vec![Effect::Save { name, contents }];
        }
        let Some(report) = &self.report else {
            return Vec::new();
        };
        let whole = Report {
            grant: self.grant_report(),
            ..report.clone()
        };
        vec![Effect::Save {
            name: self.export_name(),
            contents: json(&whole),
        }]
    }

    fn copy_here(&mut self) -> Vec<Effect> {
        if self.on_new_secret() {
            return self.copy_secret();
        }
        let secret = (self.overlay == Some(Overlay::Practice))
            .then(|| self.practice_secret())
            .flatten();
        match secret {
            Some((secret, what)) => self.copy_hidden(secret, what),
            None => self.copy(self.value_here(), "value"),
        }
    }

    fn copy_command_here(&mut self) -> Vec<Effect> {
        let secret = (self.overlay == Some(Overlay::Practice))
            .then(|| self.practice_command())
            .flatten();
        match secret {
            Some((secret, what)) => self.copy_hidden(secret, what),
            // A practice account's changes are nowhere but in it.
            None if self.is_practice() && self.has_changed_account() => self.copy(
                self.command_here(),
                "command, for a new account without what you changed in this one",
            ),
            None => self.copy(self.command_here(), "command"),
        }
    }

    /// Whether the practice account is not as its scenario says, by a grant or an edit.
    fn has_changed_account(&self) -> bool {
        let by_grant = self.grant.applied.is_some();
        let by_edit =
            self.practice.answer.as_ref().is_some_and(|answer| {
                answer.said.is_ok() && answer.edit != super::practice::PracticeEdit::Look
            });
        by_grant || by_edit
    }

    /// Copies what must not stand in a notice.
    fn copy_hidden(&mut self, secret: Secret, what: &str) -> Vec<Effect> {
        self.notice = Some(Notice::Done(format!("Copied the {what}")));
        vec![Effect::CopySecret { secret }]
    }

    fn copy(&mut self, text: Option<String>, what: &str) -> Vec<Effect> {
        let Some(text) = text else {
            return Vec::new();
        };
        let lines = text.lines().count();
        let first = text.lines().next().unwrap_or("");
        self.notice = Some(Notice::Done(if lines > 1 {
            format!("Copied {}", words::counted(lines as u64, "lines"))
        } else {
            format!("Copied the {what}: {}", crate::report::escape_cut(first, 200))
        }));
        vec![Effect::Copy { text }]
    }
}

fn overlay_of(item: Item) -> Option<Overlay> {
    Some(match item {
        Item::Check { code, subject } => Overlay::Check { code, subject },
        Item::Folder { dataset, name } => Overlay::Folder { dataset, name },
        Item::Column { dataset, name } => Overlay::Column { dataset, name },
        Item::Group { dataset, index } => Overlay::Group { dataset, index },
        Item::Questions => Overlay::Questions,
        Item::HandOver => Overlay::HandOver,
        Item::Grant(item) => Overlay::Grant(item),
        Item::Access(item) => Overlay::Access(item),
        Item::Dataset(_) | Item::Category(_) | Item::Quiet(_) => return None,
    })
}

/// A reason as a sentence: a capital first, a full stop last.
pub(super) fn sentence(why: &str) -> String {
    let mut chars = why.chars();
    match chars.next() {
        Some(first) => format!("{}{}.", first.to_uppercase(), chars.as_str()),
        None => String::new(),
    }
}

impl Wizard {
    /// Whether an event tells of work that newer work of its lane has replaced.
    fn is_stale(&self, event: &Event) -> bool {
        match event {
            Event::Survey { run, .. }
            | Event::Resolved { run, .. }
            | Event::Failed { run, .. }
            | Event::Ended { run }
            | Event::Opened { run, .. } => *run != self.run.id,
            Event::Grant { run, .. } => *run != self.grant.run,
            Event::Signal { run, .. } => *run != self.signal.run,
            _ => false,
        }
    }
}
