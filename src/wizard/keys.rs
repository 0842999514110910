//! The one table of keys. Dispatch, footer, help and README read it; nothing else knows which key does what.

use super::{
    access::AccessItem,
    state::{Overlay, Source, Wizard},
    step::Step,
};

/// A key as every terminal can tell it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Key {
    /// A printable character.
    Char(char),
    /// A letter with Ctrl.
    Ctrl(char),
    /// Enter.
    Enter,
    /// Escape.
    Esc,
    /// Tab.
    Tab,
    /// Shift-Tab.
    BackTab,
    /// Backspace.
    Backspace,
    /// Delete.
    Delete,
    /// ↑
    Up,
    /// ↓
    Down,
    /// ←
    Left,
    /// →
    Right,
    /// Home.
    Home,
    /// End.
    End,
    /// Page up.
    PageUp,
    /// Page down.
    PageDown,
}

/// What a key asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// One row, or one week, up.
    Up,
    /// One row, or one week, down.
    Down,
    /// The day or column before.
    Left,
    /// The day or column after.
    Right,
    /// A page up.
    PageUp,
    /// A page down.
    PageDown,
    /// The first row.
    First,
    /// The last row.
    Last,
    /// The month before.
    MonthBack,
    /// The month after.
    MonthOn,
    /// The next field or pane.
    Next,
    /// The field or pane before.
    Previous,
    /// Open what the cursor is on; edit the field.
    Open,
    /// Close the overlay, clear the filter, or cancel the running work.
    Back,
    /// Go to a step.
    Go(Step),
    /// Filter the list.
    Filter,
    /// The next finding.
    NextFinding,
    /// The finding before.
    PreviousFinding,
    /// Explain the rule under the cursor.
    Explain,
    /// Run this step's checks again.
    Rerun,
    /// Run all checks again.
    RerunAll,
    /// Read every row.
    FullScan,
    /// Write the report to a file.
    Export,
    /// Copy the value under the cursor.
    Copy,
    /// Copy the command that does the same.
    CopyCommand,
    /// Plan the fix.
    Plan,
    /// Signal the chosen days.
    Signal,
    /// Start or end a range of days.
    Range,
    /// Apply the plan.
    Apply,
    /// Print the plan for other tools.
    PrintAs,
    /// Write the undo file.
    Undo,
    /// Show the practice account.
    Practice,
    /// Show a secret for a short while, or mask it again.
    Reveal,
    /// Show the keys.
    Help,
    /// Leave.
    Quit,
    /// Leave, whatever goes on.
    QuitAtOnce,
}

/// Whether an action can be taken now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Can {
    /// Yes.
    Yes,
    /// No, and why.
    No(&'static str),
}

/// Keys that belong together: one hint in the footer, one line of help.
#[derive(Debug)]
pub struct Binding {
    /// As shown: `↑↓ jk`.
    pub shown: &'static str,
    /// As shown in the footer, where room is dear: `↑↓`.
    pub short: &'static str,
    /// A word or two for the footer.
    pub hint: &'static str,
    /// A sentence for the help.
    pub help: &'static str,
    /// The footer drops the smallest first.
    pub weight: u8,
    /// The steps on whose footer it stands; empty for all.
    pub steps: &'static [Step],
    /// The keys and what they ask for. The first action speaks for whether the hint is dimmed.
    pub keys: &'static [(Key, Action)],
}

use Action as A;
use Key as K;

const LISTS: &[Step] = &[Step::Grant, Step::Access, Step::Layout, Step::Data, Step::Report];

/// Every key of the wizard outside of text fields.
pub const KEYS: &[Binding] = &[
    Binding {
        shown: "↑ ↓  j k",
        short: "↑↓",
        hint: "move",
        help: "Move by a row; in the calendar by a week; in a panel scroll.",
        weight: 70,
        steps: &[],
        keys: &[
            (K::Up, A::Up),
            (K::Down, A::Down),
            (K::Char('k'), A::Up),
            (K::Char('j'), A::Down),
        ],
    },
    Binding {
        shown: "← →  h l",
        short: "←→",
        hint: "day",
        help: "The day before or after; in Data the dataset; on a tree close or open the branch.",
        weight: 66,
        steps: &[Step::Calendar],
        keys: &[
            (K::Left, A::Left),
            (K::Right, A::Right),
            (K::Char('h'), A::Left),
            (K::Char('l'), A::Right),
        ],
    },
    Binding {
        shown: "[ ]",
        short: "[ ]",
        hint: "month",
        help: "The month before or after.",
        weight: 64,
        steps: &[Step::Calendar],
        keys: &[(K::Char('['), A::MonthBack), (K::Char(']'), A::MonthOn)],
    },
    Binding {
        shown: "PgUp PgDn  Home End  g G",
        short: "PgUp/Dn",
        hint: "page",
        help: "A page up or down; the first or last row.",
        weight: 8,
        steps: LISTS,
        keys: &[
            (K::PageDown, A::PageDown),
            (K::PageUp, A::PageUp),
            (K::Home, A::First),
            (K::End, A::Last),
            (K::Char('g'), A::First),
            (K::Char('G'), A::Last),
        ],
    },
    Binding {
        shown: "Tab",
        short: "Tab",
        hint: "next",
        help: "The next field, dataset, group, policy or form; Shift-Tab the one before.",
        weight: 60,
        steps: &[Step::Connect, Step::Data, Step::Report],
        keys: &[(K::Tab, A::Next), (K::BackTab, A::Previous)],
    },
    Binding {
        shown: "Enter",
        short: "Enter",
        hint: "open",
        help: "Open what the cursor is on; start or end editing a field.",
        weight: 80,
        steps: &[],
        keys: &[(K::Enter, A::Open)],
    },
    Binding {
        shown: "Esc",
        short: "Esc",
        hint: "back",
        help: "Close the panel, drop the range, clear the filter, or cancel the running work, in this order.",
        weight: 78,
        steps: &[],
        keys: &[(K::Esc, A::Back)],
    },
    Binding {
        shown: "1-7",
        short: "1-7",
        hint: "step",
        help: "Go to a step. Each can be entered and left at any time.",
        weight: 76,
        steps: &[],
        keys: &[
            (K::Char('1'), A::Go(Step::Connect)),
            (K::Char('2'), A::Go(Step::Grant)),
            (K::Char('3'), A::Go(Step::Access)),
            (K::Char('4'), A::Go(Step::Layout)),
            (K::Char('5'), A::Go(Step::Data)),
            (K::Char('6'), A::Go(Step::Calendar)),
            (K::Char('7'), A::Go(Step::Report)),
        ],
    },
    Binding {
        shown: "n N",
        short: "n",
        hint: "finding",
        help: "The next or previous finding: a check that fails, warns or is unknown, or a day with one.",
        weight: 56,
        steps: &[
            Step::Access,
            Step::Layout,
            Step::Data,
            Step::Calendar,
            Step::Report,
        ],
        keys: &[(K::Char('n'), A::NextFinding), (K::Char('N'), A::PreviousFinding)],
    },
    Binding {
        shown: "e",
        short: "e",
        hint: "explain",
        help: "Explain the rule: what it counts, why it matters, how to mend it, on whose word.",
        weight: 54,
        steps: &[
            Step::Access,
            Step::Layout,
            Step::Data,
            Step::Calendar,
            Step::Report,
        ],
        keys: &[(K::Char('e'), A::Explain)],
    },
    Binding {
        shown: "/",
        short: "/",
        hint: "filter",
        help: "Show only rows that hold a text: a code, a name, a word. Esc shows all again.",
        weight: 40,
        steps: LISTS,
        keys: &[(K::Char('/'), A::Filter)],
    },
    Binding {
        shown: "F",
        short: "F",
        hint: "full scan",
        help: "Read every row instead of a sample. Esc cancels and keeps what was there.",
        weight: 48,
        steps: &[Step::Data],
        keys: &[(K::Char('F'), A::FullScan)],
    },
    Binding {
        shown: "r R",
        short: "r",
        hint: "re-run",
        help: "r runs this step's checks again, R all of them.",
        weight: 36,
        steps: &[],
        keys: &[(K::Char('r'), A::Rerun), (K::Char('R'), A::RerunAll)],
    },
    Binding {
        shown: "Space",
        short: "Space",
        hint: "range",
        help: "Start a range of days at the cursor: moves extend it, Esc or Space drops it.",
        weight: 62,
        steps: &[Step::Calendar],
        keys: &[(K::Char(' '), A::Range)],
    },
    Binding {
        shown: "s",
        short: "s",
        hint: "signal",
        help: "Tell Statsig that the chosen days are complete: shows all that it would do, then asks.",
        weight: 74,
        steps: &[Step::Calendar],
        keys: &[(K::Char('s'), A::Signal)],
    },
    Binding {
        shown: "f",
        short: "f",
        hint: "plan fix",
        help: "From a finding about access to the plan that mends it, or who must act where none does.",
        weight: 72,
        steps: &[Step::Access],
        keys: &[(K::Char('f'), A::Plan)],
    },
    Binding {
        shown: "a",
        short: "a",
        hint: "apply",
        help: "Apply the plan, once you have typed the bucket's name.",
        weight: 74,
        steps: &[Step::Grant],
        keys: &[(K::Char('a'), A::Apply)],
    },
    Binding {
        shown: "p",
        short: "p",
        hint: "print as",
        help: "Print the plan as aws commands, Terraform or CloudFormation.",
        weight: 68,
        steps: &[Step::Grant],
        keys: &[(K::Char('p'), A::PrintAs)],
    },
    Binding {
        shown: "u",
        short: "u",
        hint: "undo",
        help: "Take back what was applied, from its undo file.",
        weight: 62,
        steps: &[Step::Grant],
        keys: &[(K::Char('u'), A::Undo)],
    },
    Binding {
        shown: "v",
        short: "v",
        hint: "secret",
        help: "Show the secret of a new key, and mask it again; it hides by itself after 15 seconds.",
        weight: 52,
        steps: &[Step::Grant],
        keys: &[(K::Char('v'), A::Reveal)],
    },
    Binding {
        shown: "D",
        short: "D",
        hint: "practice",
        help: "On the practice account: its endpoint and keys, edits to try, and its clock.",
        weight: 58,
        steps: &[],
        keys: &[(K::Char('D'), A::Practice)],
    },
    Binding {
        shown: "y Y",
        short: "y",
        hint: "copy",
        help: "y copies the value under the cursor, Y the command that does the same without the wizard.",
        weight: 30,
        steps: &[],
        keys: &[(K::Char('y'), A::Copy), (K::Char('Y'), A::CopyCommand)],
    },
    Binding {
        shown: "x",
        short: "x",
        hint: "export",
        help: "Write the report as JSON to a new file in the working folder; on a new key its key file, on a printed plan the plan.",
        weight: 34,
        steps: &[Step::Report],
        keys: &[(K::Char('x'), A::Export)],
    },
    Binding {
        shown: "?",
        short: "?",
        hint: "help",
        help: "Show the keys.",
        weight: 90,
        steps: &[],
        keys: &[(K::Char('?'), A::Help)],
    },
    Binding {
        shown: "q",
        short: "q",
        hint: "quit",
        help: "Leave. Ctrl-C leaves from everywhere, text fields included.",
        weight: 88,
        steps: &[],
        keys: &[(K::Char('q'), A::Quit), (K::Ctrl('c'), A::QuitAtOnce)],
    },
];

/// What a key asks for outside of text fields.
pub fn action(key: Key) -> Option<Action> {
    KEYS.iter()
        .flat_map(|b| b.keys)
        .find(|(k, _)| *k == key)
        .map(|(_, a)| *a)
}

impl Wizard {
    /// The hints of the footer, as bindings with whether they can act now, in the table's order.
    pub fn hints(&self) -> Vec<(&'static Binding, Can)> {
        KEYS.iter()
            .filter(|b| b.steps.is_empty() || b.steps.contains(&self.step))
            // Elsewhere there is no account to show, now or later.
            .filter(|b| self.is_practice() || b.keys.iter().all(|(_, a)| *a != A::Practice))
            .map(|b| (b, self.can_any(b)))
            .collect()
    }

    /// Whether any key of a binding can act now.
    pub fn can_any(&self, binding: &Binding) -> Can {
        let mut first = None;
        for (_, action) in binding.keys {
            match self.can(*action) {
                Can::Yes => return Can::Yes,
                no => first = first.or(Some(no)),
            }
        }
        first.unwrap_or(Can::No("not bound"))
    }

    /// Whether an action can be taken now, and if not, why.
    pub fn can(&self, action: Action) -> Can {
        let yes_if = |ok: bool, why: &'static str| if ok { Can::Yes } else { Can::No(why) };
        let list = self.step.has_list();
        let in_overlay = self.overlay.is_some();
        if let Some(can) = self.can_in_sheet(action) {
            return can;
        }
        if let Some(why) = self.refused_in_dialog(action) {
            return Can::No(why);
        }
        match action {
            A::Left | A::Right | A::Next | A::Previous if self.overlay_turns() => Can::Yes,
            A::Left | A::Right | A::Next | A::Previous | A::MonthBack | A::MonthOn if in_overlay => {
                Can::No("a panel is open; Esc closes it")
            }
            A::Help | A::Quit | A::QuitAtOnce => Can::Yes,
            A::Go(_) => Can::Yes,
            A::Back => yes_if(
                in_overlay
                    || self.has_filter()
                    || self.is_working()
                    || self.grant.doing.is_some()
                    || self.drops_range(),
                "nothing to go back from or to cancel",
            ),
            A::Up | A::Down => yes_if(
                in_overlay || !list || self.cursor_in(&self.rows()).is_some(),
                "there is nothing to move in on this step",
            ),
            A::PageUp | A::PageDown | A::First | A::Last => {
                yes_if(in_overlay || list, "there is no list on this step")
            }
            A::Left | A::Right => yes_if(
                matches!(
                    self.step,
                    Step::Calendar | Step::Data | Step::Layout | Step::Connect | Step::Report
                ),
                "there are no columns on this step",
            ),
            A::MonthBack | A::MonthOn => yes_if(self.step == Step::Calendar, "only in 6 Calendar"),
            A::Next | A::Previous => yes_if(self.step != Step::Calendar, "there is one pane on this step"),
            A::Open => yes_if(
                self.overlay_opens() || (!in_overlay && self.can_open()),
                "nothing to open here",
            ),
            A::Filter => yes_if(!in_overlay && list, "there is no list on this step"),
            A::NextFinding | A::PreviousFinding => yes_if(self.has_findings(), "there are no findings here"),
            A::Explain => yes_if(self.rule_here().is_some(), "the cursor is not on a rule"),
            A::Rerun | A::RerunAll | A::FullScan if matches!(self.source, Source::Saved { .. }) => {
                Can::No("this is a saved report; there is nothing to read again")
            }
            A::Rerun if self.step == Step::Grant && !in_overlay => self.can_grant(action),
            A::Rerun | A::RerunAll => yes_if(
                !self.is_working() && self.connect.is_complete(),
                if self.is_working() {
                    "checks are running; Esc cancels them"
                } else {
                    "no bucket is named yet"
                },
            ),
            A::FullScan => yes_if(
                !self.is_working() && self.report.is_some(),
                if self.is_working() {
                    "checks are running; Esc cancels them"
                } else {
                    "nothing was read yet"
                },
            ),
            A::Export if self.exports_key() || self.shown_file().is_some() => Can::Yes,
            A::Export => yes_if(
                self.report.is_some() && !self.is_working(),
                if self.is_working() {
                    "checks are running; export when they are done"
                } else {
                    "there is no report yet"
                },
            ),
            A::Copy => yes_if(
                self.value_here().is_some() || self.on_secret(),
                "nothing to copy here",
            ),
            A::CopyCommand => yes_if(self.command_here().is_some(), "no command does the same"),
            A::Plan => self.can_plan(),
            A::Apply | A::PrintAs | A::Undo if self.step != Step::Grant => Can::No("only in 2 Grant"),
            A::Apply | A::PrintAs | A::Undo => self.can_grant(action),
            A::Reveal => yes_if(self.has_secret(), "there is no secret to show here"),
            A::Signal => self.can_signal(),
            A::Range => yes_if(
                self.step == Step::Calendar && !in_overlay && self.day().is_some(),
                "days are chosen in 6 Calendar",
            ),
            A::Practice => self.can_practise(),
        }
    }

    /// Whether `f` has something to plan from.
    fn can_plan(&self) -> Can {
        let yes_if = |ok: bool, why: &'static str| if ok { Can::Yes } else { Can::No(why) };
        match self.step {
            Step::Grant => match self.can_grant(A::Plan) {
                Can::Yes => yes_if(
                    self.way_out_here().is_some(),
                    "the cursor is not on a problem that a plan can meet",
                ),
                no => no,
            },
            Step::Access => yes_if(
                self.has_access_finding(),
                "the cursor is not on a finding about access",
            ),
            _ => Can::No("only on a finding in 3 Access"),
        }
    }

    /// Whether the open panel has something beside it to turn to.
    fn overlay_turns(&self) -> bool {
        match self.overlay {
            Some(Overlay::PrintAs(_) | Overlay::Undo) => true,
            Some(Overlay::Policy { .. }) => self.access().is_some_and(|a| a.policies.len() > 1),
            _ => false,
        }
    }

    /// Whether Enter does something in the open panel.
    fn overlay_opens(&self) -> bool {
        match &self.overlay {
            Some(Overlay::Confirm(_) | Overlay::Undo | Overlay::Practice) => true,
            Some(Overlay::Access(AccessItem::Explanation(index))) => {
                let place = self.explanation(*index).and_then(|e| e.place.as_ref());
                place.is_some_and(|p| self.policy_of(p).is_some())
            }
            _ => false,
        }
    }
}
