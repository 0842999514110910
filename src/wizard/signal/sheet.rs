//! The signal's panel: its stages, the keys in it, and what the lane's work tells.

use secrecy::SecretString;

use super::{ApiFacts, Order, Sent, SignalEvent, SignalTask, StartSignal, weigh};
use crate::{
    access::plan::Secret,
    calendar::PstDay,
    contract::{
        SignalVia,
        days::{
            form::FinishedType,
            what_if::{Candidate, WhatIf},
        },
    },
    report::Problem,
    wizard::{
        connect::Role,
        event::{Effect, Lane, RunId, Scope},
        keys::{Action, Can},
        state::{Notice, Overlay, Source, Wizard},
        step::Step,
    },
};

/// A signal that is prepared, under way or done.
#[derive(Clone, Debug)]
pub struct Sheet {
    /// The chosen days, oldest first.
    pub days: Vec<PstDay>,
    /// How far it is.
    pub stage: Stage,
    /// What it would do, as it is shown: the confirmation is for this and nothing else.
    pub shown: WhatIf,
    /// Why the panel asks again.
    pub again: Option<String>,
    /// What is being told, a row for each object or request.
    pub rows: Vec<SheetRow>,
    /// The server secret, where it was typed. Dropped with the panel.
    pub(in crate::wizard) secret: Option<Secret>,
}

impl Sheet {
    /// Whether the server secret was typed.
    pub fn has_secret(&self) -> bool {
        self.secret.is_some()
    }
}

/// How far a signal is.
#[derive(Clone, Debug)]
pub enum Stage {
    /// What it would do is shown.
    Preview,
    /// The server secret is typed.
    Secret {
        /// So far.
        typed: Secret,
    },
    /// The confirmation is typed.
    Confirm {
        /// So far.
        typed: String,
    },
    /// It is being sent.
    Sending {
        /// Whether it was asked to stop before the next day.
        stopping: bool,
    },
    /// All was told.
    Done,
    /// Something could not be told.
    Failed(Box<Problem>),
}

impl Stage {
    /// How it goes on from here, for whoever looks beside the panel.
    pub const fn goes_on(&self) -> &'static str {
        match self {
            Self::Preview => "Enter in the panel leads to the confirmation; Esc puts it away",
            Self::Secret { .. } => "the panel takes the server secret; Esc drops it",
            Self::Confirm { .. } => "the panel waits for what is to be typed; Esc goes back",
            Self::Sending { .. } => "it is being sent; Esc stops before the next day",
            Self::Done => "it was sent; Enter closes the panel",
            Self::Failed(_) => "not all was sent, the panel says why; Enter closes it",
        }
    }
}

/// A day that is told, and how far that is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SheetRow {
    /// The day.
    pub day: PstDay,
    /// How far.
    pub progress: Progress,
}

impl SheetRow {
    /// Whether the day was told.
    pub fn is_told(&self) -> bool {
        matches!(self.progress, Progress::Sent(..))
    }
}

/// How far telling a day is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Its turn has not come.
    Waits,
    /// It is being told.
    Sending,
    /// It was told.
    Sent(Sent, String),
    /// It was not told, or that is not known: the problem says which.
    Failed,
}

impl Wizard {
    /// Whether the chosen days can be signalled now, and if not, why.
    pub(in crate::wizard) fn can_signal(&self) -> Can {
        if self.is_signalling() {
            return Can::Yes; // It shows the one under way.
        }
        if self.step != Step::Calendar {
            return Can::No("days are signalled in 6 Calendar");
        }
        if matches!(self.source, Source::Saved { .. }) {
            return Can::No("this is a saved report; signalling needs the bucket itself, by 1 Connect");
        }
        if self.connect.role == Role::Reader && self.signal_via() != Some(SignalVia::Api) {
            return Can::No("the reader must not be able to write; connect as the operator, by 1 Connect");
        }
        if self.is_working() {
            return Can::No("checks are running; signal when they are done");
        }
        if self.report.is_none() {
            return Can::No("nothing was read yet");
        }
        if self.clock.is_none() || self.what_if().is_none() {
            return Can::No("what a signal would do can't be told from what was read; R reads again");
        }
        Can::Yes
    }

    /// Whether an action can be taken in the signal's panel; `None` where the panel has no say.
    pub(in crate::wizard) fn can_in_sheet(&self, action: Action) -> Option<Can> {
        let sheet = match (&self.overlay, &self.signal.sheet) {
            (Some(Overlay::Signal), Some(sheet)) => sheet,
            _ => return None,
        };
        match (action, &sheet.stage) {
            (Action::Next | Action::Previous | Action::Left | Action::Right, Stage::Preview) => {
                Some(Can::Yes)
            }
            (Action::Open, Stage::Preview) => Some(self.can_go_on_in_sheet(sheet)),
            (Action::Open, Stage::Done | Stage::Failed(_)) => Some(Can::Yes),
            (Action::Open, _) => Some(Can::No("it is being sent; Esc stops before the next day")),
            (Action::Signal, stage) => Some(Can::No(stage.goes_on())),
            _ => None,
        }
    }

    /// Whether Enter in the preview leads on.
    fn can_go_on_in_sheet(&self, sheet: &Sheet) -> Can {
        if weigh::phrase(&sheet.shown).is_none() {
            return Can::No("these days are closed already; there is nothing to send");
        }
        match (self.signal_via(), &self.signal.api) {
            (Some(SignalVia::Files), _) if self.finished_form().is_err() => {
                Can::No("the signals that are there have a type that can't be followed; the panel says which")
            }
            (Some(SignalVia::Files), _) => Can::Yes,
            (Some(SignalVia::Api), Some(api)) if api.is_blocked() => {
                Can::No("the API can't be used as it is; the panel says why")
            }
            (Some(SignalVia::Api), Some(_)) => Can::Yes,
            (Some(SignalVia::Api), None) => Can::No("what the API needs is being looked up"),
            (None, _) => Can::No("choose by files or by the API first: Tab switches"),
        }
    }

    /// Opens the panel on the chosen days, or on the signal under way or just ended.
    pub(in crate::wizard) fn act_on_signal(&mut self) -> Vec<Effect> {
        let is_to_be_seen = |sheet: &Sheet| match sheet.stage {
            Stage::Sending { .. } | Stage::Failed(_) => true,
            // Over another day it would read as if that one had been sent.
            Stage::Done => sheet.days == self.selected_days(),
            _ => false,
        };
        if !self.signal.sheet.as_deref().is_some_and(is_to_be_seen) {
            let Some(shown) = self.what_if() else {
                return Vec::new();
            };
            // What is signalled stays under the cursor, though it is the newest ready day no more.
            self.day = self.day();
            self.signal.api = None;
            self.signal.sheet = Some(Box::new(Sheet {
                days: self.selected_days(),
                stage: Stage::Preview,
                shown,
                again: None,
                rows: Vec::new(),
                secret: None,
            }));
        }
        self.open(Overlay::Signal);
        self.ask_for_api()
    }

    /// A key while the panel is open and takes no text; `None` where it does what it does in any panel.
    pub(in crate::wizard) fn act_in_sheet(&mut self, action: Action) -> Option<Vec<Effect>> {
        self.can_in_sheet(action)?;
        match action {
            Action::Next | Action::Previous | Action::Left | Action::Right => Some(self.turn_via()),
            Action::Open => Some(self.go_on_in_sheet()),
            _ => None,
        }
    }

    /// Esc in the panel: back to the calendar, or, while it sends, stop before the next day.
    pub(in crate::wizard) fn leave_sheet(&mut self) -> Vec<Effect> {
        if let Some(sheet) = &mut self.signal.sheet
            && let Stage::Sending { stopping } = &mut sheet.stage
        {
            if std::mem::replace(stopping, true) {
                // Asked twice: it goes on stopping out of sight.
                self.overlay = None;
                return Vec::new();
            }
            return vec![Effect::CancelLane { run: self.signal.run }];
        }
        self.overlay = None;
        self.signal.sheet = None;
        Vec::new()
    }

    /// By files, or by the API.
    fn turn_via(&mut self) -> Vec<Effect> {
        let reader = self.connect.role == Role::Reader;
        let next = match self.signal_via() {
            Some(SignalVia::Files) => SignalVia::Api,
            Some(SignalVia::Api) if reader => {
                self.notice = Some(Notice::No(
                    "The reader must not be able to write: only the API is left.".into(),
                ));
                return Vec::new();
            }
            Some(SignalVia::Api) | None => SignalVia::Files,
        };
        self.signal.via = Some(next);
        self.show_anew();
        self.ask_for_api()
    }

    /// Enter in the panel.
    fn go_on_in_sheet(&mut self) -> Vec<Effect> {
        let needs_secret = self.signal_via() == Some(SignalVia::Api)
            && self
                .signal
                .api
                .as_ref()
                .is_none_or(|api| api.secret_from.is_none());
        let Some(sheet) = &mut self.signal.sheet else {
            return Vec::new();
        };
        match sheet.stage {
            Stage::Preview if needs_secret => {
                sheet.stage = Stage::Secret {
                    typed: Secret::new(SecretString::from(String::new())),
                };
            }
            Stage::Preview => {
                sheet.again = None;
                sheet.stage = Stage::Confirm { typed: String::new() };
            }
            Stage::Done | Stage::Failed(_) => return self.leave_sheet(),
            Stage::Secret { .. } | Stage::Confirm { .. } | Stage::Sending { .. } => {}
        }
        self.scroll = 0;
        Vec::new()
    }

    /// Asks what a signal by the API needs, where that way is chosen and not known yet.
    fn ask_for_api(&mut self) -> Vec<Effect> {
        let previews = |sheet: &Sheet| matches!(sheet.stage, Stage::Preview);
        if self.signal_via() == Some(SignalVia::Api)
            && self.signal.api.is_none()
            && self.signal.sheet.as_deref().is_some_and(previews)
        {
            return self.look_at_api(None);
        }
        Vec::new()
    }

    /// Asks for the API's side once days were read: what this machine marked stands in no bucket.
    pub(in crate::wizard) fn look_after_reading(&mut self) -> Vec<Effect> {
        let waits = |sheet: &Sheet| {
            matches!(
                sheet.stage,
                Stage::Preview | Stage::Secret { .. } | Stage::Confirm { .. }
            )
        };
        let is_busy = self.is_signalling() || self.signal.sheet.as_deref().is_some_and(waits);
        if is_busy || self.source != Source::Live || self.report.is_none() {
            return Vec::new();
        }
        self.start_signal(SignalTask::Look { secret: None })
    }

    /// Asks for the API's side, for the project of a secret.
    pub(super) fn look_at_api(&mut self, secret: Option<Secret>) -> Vec<Effect> {
        self.signal.api = None;
        self.start_signal(SignalTask::Look { secret })
    }

    fn start_signal(&mut self, task: SignalTask) -> Vec<Effect> {
        let run = RunId(self.signal.run.0 + 1);
        self.signal.run = run;
        vec![Effect::Signal(Box::new(StartSignal {
            run,
            connection: self.connect.connection(),
            task,
        }))]
    }

    /// Sends what was confirmed.
    pub(super) fn send_signal(&mut self) -> Vec<Effect> {
        let via = self.signal_via();
        let evidence = self.report.as_ref().and_then(|r| r.evidence());
        let mode = self.mode();
        let kind = self.finished_form().map_or(FinishedType::Date, |form| form.kind);
        let Some(candidate) = self.candidate_in_sheet() else {
            return Vec::new();
        };
        let (Some(sheet), Some(via), Some(evidence)) = (&mut self.signal.sheet, via, evidence) else {
            return Vec::new();
        };
        let days = weigh::named(&sheet.shown);
        sheet.rows = match via {
            SignalVia::Files => days.clone(),
            SignalVia::Api => days.last().copied().into_iter().collect(),
        }
        .into_iter()
        .map(|day| SheetRow {
            day,
            progress: Progress::Waits,
        })
        .collect();
        sheet.stage = Stage::Sending { stopping: false };
        sheet.again = None;
        let order = Order {
            days,
            via,
            kind,
            accepted: weigh::accepted(&sheet.shown),
            secret: sheet.secret.take(),
            evidence,
            candidate,
            mode,
        };
        self.scroll = 0;
        self.start_signal(SignalTask::Send(Box::new(order)))
    }

    /// The candidate of the panel's days.
    fn candidate_in_sheet(&self) -> Option<Candidate> {
        let days = &self.signal.sheet.as_ref()?.days;
        self.candidate(days)
    }

    /// What the panel's days would do by the clock as it is now.
    fn what_if_in_sheet(&self) -> Option<WhatIf> {
        self.what_if_of(&self.candidate_in_sheet()?)
    }

    /// Shows what a signal would do anew, after its way or what is known of it has changed by the user's own doing.
    fn show_anew(&mut self) {
        if let Some(shown) = self.what_if_in_sheet()
            && let Some(sheet) = &mut self.signal.sheet
        {
            sheet.shown = shown;
        }
    }

    /// Weighs what is shown once more. When the clock or the bucket has moved on so that it would do something else,
    /// the panel shows that, says so, and any confirmation starts over: true then.
    pub(in crate::wizard) fn weigh_again(&mut self) -> bool {
        let waits = |sheet: &Sheet| {
            matches!(
                sheet.stage,
                Stage::Preview | Stage::Secret { .. } | Stage::Confirm { .. }
            )
        };
        if !self.signal.sheet.as_deref().is_some_and(waits) {
            return false;
        }
        if self.overlay != Some(Overlay::Signal) {
            self.signal.sheet = None; // Left for another panel or step, and with it any secret that was typed.
            return true;
        }
        let today = self.today();
        let Some(now) = self.what_if_in_sheet() else {
            self.overlay = None;
            self.signal.sheet = None;
            self.notice = Some(Notice::No(
                "What this signal would do is not known any more: it was put away.".into(),
            ));
            return true;
        };
        let Some(sheet) = self.signal.sheet.as_mut().filter(|sheet| sheet.shown != now) else {
            return false;
        };
        sheet.shown = now;
        let today = today.map_or_else(String::new, |today| {
            format!(": today is {today} by the project's clock")
        });
        sheet.again = Some(format!(
            "What this signal would do has changed since it was shown{today}."
        ));
        if matches!(sheet.stage, Stage::Confirm { .. }) {
            sheet.stage = Stage::Preview;
        }
        true
    }

    /// Takes in what the lane's work says.
    pub(in crate::wizard) fn signalling(&mut self, event: Lane<SignalEvent>) -> Vec<Effect> {
        match event {
            Lane::Did(event) => match *event {
                SignalEvent::Api(facts) => self.learn_api(facts),
                SignalEvent::Sending { day } => self.note_row(day, Progress::Sending),
                SignalEvent::Sent { day, how, say } => self.note_row(day, Progress::Sent(how, say)),
                SignalEvent::Changed { say } => self.ask_again(say),
                SignalEvent::Finished => return self.end_signal(Stage::Done),
            },
            Lane::Failed(problem) => return self.fail_signal(problem),
        }
        Vec::new()
    }

    fn learn_api(&mut self, facts: ApiFacts) {
        if facts.secret_from.is_none()
            && facts.trouble.is_some()
            && let Some(sheet) = &mut self.signal.sheet
        {
            sheet.secret = None; // It is of no use: another one is to be typed.
        }
        self.signal.marks.clone_from(&facts.marks);
        self.signal.api = Some(facts);
        self.show_anew();
    }

    fn note_row(&mut self, day: PstDay, progress: Progress) {
        let Some(sheet) = &mut self.signal.sheet else {
            return;
        };
        match sheet.rows.iter_mut().find(|row| row.day == day) {
            Some(row) => row.progress = progress,
            None => sheet.rows.push(SheetRow { day, progress }),
        }
    }

    /// The sender found that it would do something else than what was confirmed. Nothing was sent.
    fn ask_again(&mut self, say: String) {
        self.show_anew();
        if let Some(sheet) = &mut self.signal.sheet {
            sheet.stage = Stage::Preview;
            sheet.again = Some(say);
            sheet.rows.clear();
        }
    }

    fn fail_signal(&mut self, problem: Box<Problem>) -> Vec<Effect> {
        if self.is_signalling() {
            return self.end_signal(Stage::Failed(problem));
        }
        // Only looking failed: the panel says why, and a signal by files is still possible.
        let facts = ApiFacts {
            trouble: Some(problem.to_string()),
            marks: self.signal.marks.clone(),
            ..ApiFacts::default()
        };
        self.learn_api(facts);
        Vec::new()
    }

    /// The signal ended: the days are read again, since they are not what they were, or may not be.
    fn end_signal(&mut self, stage: Stage) -> Vec<Effect> {
        if !self.is_signalling() {
            return Vec::new();
        }
        let told = matches!(stage, Stage::Done);
        if let Some(sheet) = &mut self.signal.sheet {
            sheet.stage = stage;
            for row in &mut sheet.rows {
                if row.progress == Progress::Sending {
                    row.progress = Progress::Failed;
                }
            }
        }
        if told {
            self.signal.anchor = None;
        }
        if self.overlay != Some(Overlay::Signal) {
            self.notice = Some(if told {
                Notice::Done("The signal was sent; the calendar is being read again.".into())
            } else {
                Notice::No("The signal could not all be sent: s in 6 Calendar shows what stands.".into())
            });
        }
        let overlay = self.overlay.take();
        let scope = match &self.report {
            Some(report) if report.complete && !self.is_working() => {
                Scope::Codes(self.codes_of(Step::Calendar))
            }
            _ => Scope::All,
        };
        let effects = self.start(self.run.rows, scope);
        self.overlay = overlay;
        effects
    }
}
