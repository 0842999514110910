//! The machine: an event in, effects out.

use tui_input::{Input, InputRequest};

use super::{
    connect::{ConnectRow, Field, Role},
    event::{Effect, Event, RunId, Scope, StartSurvey},
    keys::{self, Action, Can, Key},
    rows::{Branch, Item, Row},
    state::{Confirm, Editing, Notice, Overlay, Progress, Run, RunState, Source, Wizard},
    step::Step,
    words,
};
use crate::{
    report::{DatasetReport, Problem, Report, Rows, Stage, SurveyEvent, render::json::json},
    rule::{Code, Dataset},
};

/// A pasted or typed text is cut at so many characters: no field needs more.
const MAX_FIELD: usize = 2_000;

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
        if let Some(run) = event.run()
            && run != self.run.id
        {
            return Vec::new(); // what an older run still says
        }
        match event {
            Event::Key(key) => self.key(key),
            Event::Act(action) => self.act(action),
            Event::Paste(text) => self.paste(&text),
            Event::Tick { now } => {
                self.clock = Some(now);
                Vec::new()
            }
            Event::Survey { event, .. } => {
                self.survey(*event);
                Vec::new()
            }
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
        if let Some(editing) = self.editing.take() {
            self.edit(editing, key);
            return Vec::new();
        }
        match keys::action(key) {
            Some(action) => self.act(action),
            None => Vec::new(),
        }
    }

    fn edit(&mut self, mut editing: Editing, key: Key) {
        match key {
            Key::Enter | Key::Tab | Key::BackTab => self.commit(editing),
            Key::Esc => {
                if let Editing::Filter(_) = editing {
                    self.filters.remove(&self.step);
                }
            }
            _ => {
                let input = match &mut editing {
                    Editing::Field(_, input) | Editing::Filter(input) => input,
                };
                if let Some(request) = request(key)
                    && (input.value().chars().count() < MAX_FIELD
                        || !matches!(request, InputRequest::InsertChar(_)))
                {
                    input.handle(request);
                }
                let filters = matches!(editing, Editing::Filter(_));
                self.editing = Some(editing);
                if filters {
                    self.find_first_match();
                }
            }
        }
    }

    /// Where the filter hides what the cursor was on, it goes to the first row that is left.
    fn find_first_match(&mut self) {
        let rows = self.rows();
        let here = self.cursors.get(&self.step).and_then(|c| c.item.clone());
        let kept = rows
            .iter()
            .any(|r| matches!((r, &here), (Row::Item(a), Some(b)) if a == b));
        if !kept {
            self.cursors.remove(&self.step);
        }
    }

    fn commit(&mut self, editing: Editing) {
        match editing {
            Editing::Field(field, input) => {
                self.connect.set(field, input.value().to_owned());
                // The row that starts is what usually comes next.
                if matches!(field, Field::Target | Field::ReportFile) && self.connect.is_complete() {
                    self.connect.cursor = self.connect.fields().len();
                }
            }
            Editing::Filter(input) => {
                self.filters.insert(self.step, input.value().to_owned());
            }
        }
    }

    fn paste(&mut self, text: &str) -> Vec<Effect> {
        if let Some(Editing::Field(_, input) | Editing::Filter(input)) = &mut self.editing {
            let room = MAX_FIELD.saturating_sub(input.value().chars().count());
            for c in text.chars().filter(|c| !c.is_control()).take(room) {
                input.handle(InputRequest::InsertChar(c));
            }
        }
        Vec::new()
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
            Action::Quit | Action::QuitAtOnce => return vec![Effect::Quit],
            Action::Go(step) => self.go(step),
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
            Action::Copy => return self.copy(self.value_here(), "value"),
            Action::CopyCommand => return self.copy(self.command_here(), "command"),
            Action::Plan | Action::Signal | Action::Apply | Action::PrintAs | Action::Undo => {}
        }
        Vec::new()
    }

    /// What an action does while a panel is open; `None` where it does what it does without one.
    fn act_in_overlay(&mut self, action: Action) -> Option<Vec<Effect>> {
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

    fn go(&mut self, step: Step) {
        self.overlay = None;
        self.step = step;
    }

    fn open(&mut self, overlay: Overlay) {
        self.overlay = Some(overlay);
        self.scroll = 0;
        // How far it scrolls is known once it was drawn.
        self.measure.overlay_scroll = 0;
    }

    fn back(&mut self) -> Vec<Effect> {
        if self.overlay.take().is_some() {
            return Vec::new();
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
            Step::Layout | Step::Data | Step::Report => self.move_cursor(by),
            Step::Grant | Step::Access => {}
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
            Step::Connect => self.vertical(if forward { 1 } else { -1 }),
            Step::Data => self.turn_dataset(forward),
            Step::Layout => {
                self.move_to(forward, |_, item| matches!(item, Item::Dataset(_)));
            }
            Step::Report => {
                self.move_to(forward, |_, item| {
                    matches!(item, Item::Category(_) | Item::Questions)
                });
            }
            Step::Grant | Step::Access | Step::Calendar => {}
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
            Step::Layout | Step::Data | Step::Report => self.item_here().is_some(),
            Step::Grant | Step::Access => false,
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
            Step::Layout | Step::Data | Step::Report => match self.item_here() {
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
            Step::Grant | Step::Access => {}
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
                self.go(next.unwrap_or(Step::Report));
            }
            None => {}
        }
        Vec::new()
    }

    fn rerun_all(&mut self) -> Vec<Effect> {
        if !self.connect.is_complete() {
            let what = match self.connect.role {
                Role::SavedReport => "Name the report's file first.",
                Role::Operator | Role::Reader => "Name the bucket first.",
            };
            self.notice = Some(Notice::No(what.into()));
            return Vec::new();
        }
        if self.is_working() {
            self.notice = Some(Notice::No("Checks are running; Esc cancels them.".into()));
            return Vec::new();
        }
        let rows = match self.run.rows {
            Rows::All if self.report.is_some() => Rows::All,
            _ => Rows::Sample,
        };
        self.start(rows, Scope::All)
    }

    fn rerun_step(&mut self) -> Vec<Effect> {
        let mut codes: Vec<Code> = self.checks_of(self.step).map(|c| c.code).collect();
        codes.dedup();
        let whole = matches!(self.step, Step::Connect | Step::Report | Step::Grant);
        if whole || codes.is_empty() || self.report.as_ref().is_none_or(|r| !r.complete) {
            return self.rerun_all();
        }
        self.start(self.run.rows, Scope::Codes(codes))
    }

    fn start(&mut self, rows: Rows, scope: Scope) -> Vec<Effect> {
        let id = RunId(self.run.id.0 + 1);
        self.run = Run {
            id,
            state: RunState::Working,
            rows,
            scope: scope.clone(),
            ..Run::default()
        };
        self.overlay = None;
        self.partial = None;
        if self.connect.role == Role::SavedReport {
            return vec![Effect::OpenReport {
                run: id,
                path: self.connect.value(Field::ReportFile).to_owned(),
            }];
        }
        self.source = Source::Live;
        vec![Effect::StartSurvey(Box::new(StartSurvey {
            run: id,
            connection: self.connect.connection(),
            rows,
            scope,
        }))]
    }

    fn survey(&mut self, event: SurveyEvent) {
        match &event {
            SurveyEvent::Connected { .. } => self.run.connected = true,
            SurveyEvent::Progress {
                stage,
                dataset,
                done,
                of,
                bytes,
            } => {
                self.run.counts.insert((*stage, *dataset), (*done, *of));
                self.run.progress = Some(self.summed(*stage, *bytes));
                return;
            }
            _ => {}
        }
        let finished = match &event {
            SurveyEvent::Finished { complete, .. } => Some(*complete),
            _ => None,
        };
        if self.run.scope == Scope::All {
            if matches!(event, SurveyEvent::Started { .. }) {
                self.previous = self.report.take().filter(|r| r.complete);
            }
            self.report.get_or_insert_default().apply(&event);
        } else {
            self.partial.get_or_insert_default().apply(&event);
        }
        if let Some(complete) = finished {
            self.finished(complete);
        }
    }

    /// Progress of one kind of work over all datasets.
    fn summed(&self, stage: Stage, bytes: u64) -> Progress {
        let parts = || {
            self.run
                .counts
                .iter()
                .filter(|((s, _), _)| *s == stage)
                .map(|(_, n)| n)
        };
        Progress {
            stage,
            done: parts().fold(0, |sum, (done, _)| sum.saturating_add(*done)),
            of: parts().try_fold(0u64, |sum, (_, of)| of.map(|of| sum.saturating_add(of))),
            bytes,
        }
    }

    fn finished(&mut self, complete: bool) {
        let cancelled = self.run.state == RunState::Cancelling;
        self.run.state = RunState::Done;
        self.run.progress = None;
        let partial = self.partial.take();
        match (&self.run.scope, partial) {
            (Scope::Codes(codes), Some(partial)) if complete => {
                if let Some(report) = &mut self.report {
                    merge(report, partial, codes);
                }
                self.notice = Some(Notice::Done("The step's checks were made again.".into()));
            }
            (Scope::Codes(_), _) => {
                self.notice = Some(Notice::No("Cut short: the earlier results stand.".into()));
            }
            (Scope::All, _) if !complete && self.previous.is_some() => {
                self.report = self.previous.take();
                self.run.connected = true;
                self.notice = Some(Notice::No(
                    if cancelled {
                        "Cancelled: the earlier results stand."
                    } else {
                        "Cut short: the earlier results stand."
                    }
                    .into(),
                ));
            }
            (Scope::All, _) => {
                self.previous = None;
                if cancelled && !complete {
                    self.notice = Some(Notice::No("Cancelled: what was found so far stands.".into()));
                }
            }
        }
    }

    fn failed(&mut self, problem: Box<Problem>) {
        self.run.state = RunState::Failed;
        self.run.progress = None;
        self.partial = None;
        if let Some(previous) = self.previous.take() {
            self.report = Some(previous);
        }
        self.run.problem = Some(problem.clone());
        if self.step != Step::Connect && self.overlay.is_none() && self.editing.is_none() {
            self.open(Overlay::Problem(problem));
        }
    }

    /// A run's end that was not told by [`SurveyEvent::Finished`].
    fn ended(&mut self) {
        if self.is_working() {
            self.finished(false);
        }
    }

    fn export(&mut self) -> Vec<Effect> {
        let Some(report) = &self.report else {
            return Vec::new();
        };
        vec![Effect::Save {
            name: self.export_name(),
            contents: json(report),
        }]
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

/// Replaces the checks of some rules and what they were judged on, and weighs the whole anew.
fn merge(report: &mut Report, partial: Report, codes: &[Code]) {
    let steps: Vec<Step> = partial
        .checks
        .iter()
        .filter(|c| codes.contains(&c.code))
        .map(|c| Step::of(c.category))
        .collect();
    for (name, mut dataset) in partial.datasets {
        let earlier = report.datasets.remove(&name).unwrap_or_default();
        if !steps.contains(&Step::Data) {
            // Footers and rows may not have been read: what was known of them stands.
            dataset = DatasetReport {
                objects: dataset.objects,
                bytes: dataset.bytes,
                layout: dataset.layout,
                ..earlier
            };
        }
        report.datasets.insert(name, dataset);
    }
    if steps.contains(&Step::Calendar) {
        report.calendar = partial.calendar;
    }
    for check in partial.checks {
        if codes.contains(&check.code) {
            report.apply(&SurveyEvent::Check {
                check: Box::new(check),
            });
        }
    }
    report.created_at = partial.created_at;
    report.usage.requests = report.usage.requests.saturating_add(partial.usage.requests);
    report.usage.bytes_read = report.usage.bytes_read.saturating_add(partial.usage.bytes_read);
    report.usage.seconds += partial.usage.seconds;
    report.verdict = report.weigh();
}

fn overlay_of(item: Item) -> Option<Overlay> {
    Some(match item {
        Item::Check { code, subject } => Overlay::Check { code, subject },
        Item::Folder { dataset, name } => Overlay::Folder { dataset, name },
        Item::Column { dataset, name } => Overlay::Column { dataset, name },
        Item::Group { dataset, index } => Overlay::Group { dataset, index },
        Item::Questions => Overlay::Questions,
        Item::HandOver => Overlay::HandOver,
        Item::Dataset(_) | Item::Category(_) | Item::Quiet(_) => return None,
    })
}

fn request(key: Key) -> Option<InputRequest> {
    Some(match key {
        Key::Char(c) if !c.is_control() => InputRequest::InsertChar(c),
        Key::Backspace => InputRequest::DeletePrevChar,
        Key::Delete => InputRequest::DeleteNextChar,
        Key::Left => InputRequest::GoToPrevChar,
        Key::Right => InputRequest::GoToNextChar,
        Key::Home | Key::Ctrl('a') => InputRequest::GoToStart,
        Key::End | Key::Ctrl('e') => InputRequest::GoToEnd,
        Key::Ctrl('w') => InputRequest::DeletePrevWord,
        Key::Ctrl('u') => InputRequest::DeleteFromStart,
        Key::Ctrl('k') => InputRequest::DeleteTillEnd,
        _ => return None,
    })
}

/// A reason as a sentence: a capital first, a full stop last.
fn sentence(why: &str) -> String {
    let mut chars = why.chars();
    match chars.next() {
        Some(first) => format!("{}{}.", first.to_uppercase(), chars.as_str()),
        None => String::new(),
    }
}

impl Event {
    /// The run that an event tells of.
    fn run(&self) -> Option<RunId> {
        match self {
            Self::Survey { run, .. }
            | Self::Resolved { run, .. }
            | Self::Failed { run, .. }
            | Self::Ended { run }
            | Self::Opened { run, .. } => Some(*run),
            _ => None,
        }
    }
}
