//! What keys ask for on step 2: plan, apply, print, undo; and the typed confirmations before anything is changed.

use tui_input::Input;

use super::{
    Doing, Grant, GrantItem, GrantTask, PrintForm, StartGrant,
    form::{GrantField, name_trouble, path_trouble},
};
use crate::{
    report::Target,
    wizard::{
        access::AccessItem,
        connect::{Connection, Field},
        event::{Effect, RunId},
        keys::{Action, Can},
        rows::Item,
        state::{Confirm, Editing, Notice, Overlay, RunState, Source, Wizard},
        step::Step,
    },
};

impl Wizard {
    /// Whether the target is a bucket that a grant could be for, as far as is known.
    fn is_bucket(&self) -> bool {
        match self.report.as_ref().map(|r| &r.target) {
            Some(Target::S3 { bucket, .. } | Target::Demo { bucket, .. }) if !bucket.is_empty() => true,
            Some(Target::Folder { path, .. }) if !path.is_empty() => false,
            _ => {
                let typed = self.connect.value(Field::Target);
                typed.starts_with("s3://") || typed.starts_with("demo:")
            }
        }
    }

    /// Plans where step 2 is shown and what there is was planned for something else, or not at all.
    pub(in crate::wizard) fn plan_if_due(&mut self) -> Vec<Effect> {
        let asked_same = self.grant.asked.as_ref().is_some_and(|(connection, wanted)| {
            connection.same_operator(&self.connect.connection()) && *wanted == self.wanted()
        });
        let due = self.step == Step::Grant
            && self.source == Source::Live
            && self.run.state != RunState::Idle
            && self.run.problem.is_none()
            && self.is_bucket()
            && !asked_same;
        if due { self.plan_now() } else { Vec::new() }
    }

    /// Plans what is wanted, unless work of this lane goes on.
    pub(in crate::wizard) fn plan_now(&mut self) -> Vec<Effect> {
        if self.no_grant().is_some() || self.grant.doing.is_some() || !self.connect.is_complete() {
            return Vec::new();
        }
        let wanted = self.wanted();
        self.grant.asked = Some((self.connect.connection(), wanted.clone()));
        self.grant.problem = None;
        self.start_grant(Doing::Planning, GrantTask::Plan(Box::new(wanted)))
    }

    pub(super) fn start_grant(&mut self, doing: Doing, task: GrantTask) -> Vec<Effect> {
        let run = RunId(self.grant.run.0 + 1);
        let mut connection = self.connect.connection();
        if doing == Doing::Applying {
            // A plan that makes no key is proven with the one that this session made, in use for the checks or not.
            connection.fresh_key = connection.fresh_key.or_else(|| self.grant.session_key());
        }
        self.grant.run = run;
        self.grant.doing = Some(doing);
        self.grant.cancelling = false;
        vec![Effect::Grant(Box::new(StartGrant {
            run,
            connection,
            task,
        }))]
    }

    /// What is planned is out of date: something else has changed user or bucket.
    pub(in crate::wizard) fn plan_is_outdated(&mut self) {
        self.grant.asked = None;
    }

    /// User or bucket were changed: what the checks said is of before, and so is what an edit of the practice account
    /// said it had done.
    pub(in crate::wizard) fn account_changed(&mut self) {
        self.run.outdated = true;
        self.practice.answer = None;
    }

    /// Another bucket, or another operator: what was planned and done belongs to the one before.
    pub(in crate::wizard) fn grant_of(&mut self, connection: &Connection) {
        let another = self
            .grant
            .asked
            .as_ref()
            .is_some_and(|(c, _)| !c.same_operator(connection));
        if another {
            self.grant = Grant {
                run: self.grant.run,
                ..Grant::default()
            };
            self.reveal = None;
        }
    }

    /// Esc with no panel open: tells the work of this lane to stop; between two changes, it does. `None` where none goes on.
    pub(in crate::wizard) fn step_back_in_grant(&mut self) -> Option<Vec<Effect>> {
        self.grant.doing?;
        if std::mem::replace(&mut self.grant.cancelling, true) {
            return Some(Vec::new());
        }
        Some(vec![Effect::CancelLane { run: self.grant.run }])
    }

    /// Whether a key of this step can act, and why not.
    pub(in crate::wizard) fn can_grant(&self, action: Action) -> Can {
        if let Some(why) = self.no_grant() {
            return Can::No(why);
        }
        let saved = matches!(self.source, Source::Saved { .. });
        let busy = match self.grant.doing {
            Some(Doing::Planning) => Some("a plan is being made"),
            Some(Doing::Applying) => Some("the plan is being applied; Esc stops it between two changes"),
            Some(Doing::LookingBack) => Some("the undo file is being read"),
            Some(Doing::Undoing) => Some("changes are being taken back; Esc stops it between two of them"),
            None => None,
        };
        let no = |why: Option<&'static str>| why.map_or(Can::Yes, Can::No);
        match action {
            Action::PrintAs => no(self.shown_plan().is_none().then_some("there is no plan yet")),
            _ if saved => Can::No("this is a saved report; open the bucket itself to change anything"),
            Action::Undo => no(busy),
            Action::Apply => no(busy.or_else(|| self.no_apply())),
            _ => no(busy),
        }
    }

    /// Why the plan can't be applied as it stands.
    fn no_apply(&self) -> Option<&'static str> {
        let Some(plan) = &self.grant.plan else {
            return Some("there is no plan yet");
        };
        if self.grant.is_applied() {
            Some("the plan is applied; r plans again from what is there now")
        } else if plan.is_satisfied() {
            Some("there is nothing to apply: all is as it should be")
        } else if plan.blocking().next().is_some() {
            Some("a problem marked ✗ must be met first; Enter on it says how")
        } else {
            None
        }
    }

    /// What a key of this step asks for.
    pub(in crate::wizard) fn act_on_grant(&mut self, action: Action) -> Vec<Effect> {
        match action {
            Action::Apply => self.open(Overlay::Confirm(Confirm::Apply)),
            Action::PrintAs => match self.overlay {
                Some(Overlay::PrintAs(form)) => self.open(Overlay::PrintAs(form.turned(true))),
                _ => self.open(Overlay::PrintAs(PrintForm::Aws)),
            },
            Action::Undo => return self.open_undo(),
            _ => {}
        }
        Vec::new()
    }

    /// What Enter does on a line of this step.
    pub(in crate::wizard) fn open_grant_item(&mut self, item: GrantItem) -> Vec<Effect> {
        match item {
            GrantItem::Field(_) | GrantItem::Fixes => {
                if let Can::No(why) = self.can_grant(Action::Plan) {
                    self.notice = Some(Notice::No(super::super::handle::sentence(why)));
                    return Vec::new();
                }
                return self.change_form(item);
            }
            GrantItem::Secret => self.toggle_reveal(),
            GrantItem::UseKey => return self.check_with_new_key(),
            GrantItem::Problem => {
                if let Some(problem) = self.grant.problem.clone() {
                    self.open(Overlay::Problem(problem));
                }
            }
            GrantItem::Change(_)
            | GrantItem::Concern(_)
            | GrantItem::KeyId
            | GrantItem::Satisfied(_)
            | GrantItem::Unseen(_)
            | GrantItem::Drift(_)
            | GrantItem::Told(_)
            | GrantItem::Stays(_) => self.open(Overlay::Grant(item)),
        }
        Vec::new()
    }

    fn change_form(&mut self, item: GrantItem) -> Vec<Effect> {
        let form = &mut self.grant.form;
        match item {
            GrantItem::Field(GrantField::Location) => form.location = !form.location,
            GrantItem::Field(GrantField::Rotate) => form.rotate = !form.rotate,
            GrantItem::Field(field) => {
                let text = self.grant_value(field);
                self.editing = Some(Editing::Grant(field, Input::new(text)));
                return Vec::new();
            }
            GrantItem::Fixes => form.clear_fixes(),
            _ => return Vec::new(),
        }
        self.plan_now()
    }

    /// Takes a typed field of the form over, and plans again where that changes what is wanted.
    pub(in crate::wizard) fn commit_grant_field(&mut self, field: GrantField, text: &str) -> Vec<Effect> {
        let text = text.trim().to_owned();
        let trouble = match field {
            GrantField::User => name_trouble(&text),
            _ => path_trouble(&text),
        };
        if let Some(why) = trouble {
            self.notice = Some(Notice::No(super::super::handle::sentence(why)));
            return Vec::new();
        }
        let before = self.wanted();
        match field {
            GrantField::User => self.grant.form.user = Some(text),
            GrantField::Path => self.grant.form.path = text,
            GrantField::Location | GrantField::Rotate => {}
        }
        if self.wanted() == before {
            return Vec::new();
        }
        self.plan_now()
    }

    /// What must be typed before something is done; `None` where nothing must.
    pub fn must_be_typed(&self, confirm: Confirm) -> Option<String> {
        match confirm {
            Confirm::Apply => Some(self.grant.plan.as_ref()?.target.bucket.clone()),
            Confirm::Undo => {
                let undone = self.grant.undo.file.as_ref().map(|f| f.target.bucket.clone());
                undone.or_else(|| Some(self.shown_plan()?.target.bucket.clone()))
            }
            Confirm::FullScan | Confirm::Quit => None,
        }
    }

    /// What was typed under a question. Only the very name does it.
    pub(in crate::wizard) fn commit_typed(&mut self, text: &str) -> Vec<Effect> {
        let Some(Overlay::Confirm(confirm)) = self.overlay else {
            return Vec::new();
        };
        let Some(wanted) = self.must_be_typed(confirm).filter(|w| !w.is_empty()) else {
            return Vec::new();
        };
        if text.trim() != wanted {
            self.notice = Some(Notice::No(format!(
                "That is not {}: nothing was done.",
                crate::report::escape(&wanted)
            )));
            return Vec::new();
        }
        match confirm {
            Confirm::Apply => self.apply_confirmed(),
            Confirm::Undo => self.undo_confirmed(),
            Confirm::FullScan | Confirm::Quit => Vec::new(),
        }
    }

    fn apply_confirmed(&mut self) -> Vec<Effect> {
        self.overlay = None;
        if let Can::No(why) = self.can_grant(Action::Apply) {
            self.notice = Some(Notice::No(super::super::handle::sentence(why)));
            return Vec::new();
        }
        let Some(plan) = self.grant.plan.clone() else {
            return Vec::new();
        };
        self.begin_apply(plan.changes.len());
        self.start_grant(Doing::Applying, GrantTask::Apply(plan))
    }

    /// What `x` writes of the open panel: a printed plan, the confirm step.
    pub(in crate::wizard) fn shown_file(&self) -> Option<(String, String)> {
        match self.overlay {
            Some(Overlay::PrintAs(form)) => {
                let plan = self.shown_plan()?;
                let name = format!("bucket-ready-grant-{}.{}", plan.target.bucket, form.extension());
                Some((name, form.print(plan)))
            }
            Some(Overlay::Access(AccessItem::ConfirmStep)) => {
                Some(("bucket-ready-confirm.py".into(), self.confirm_step()?))
            }
            _ => None,
        }
    }

    /// Plans the way out of the concern under the cursor, where there is one.
    pub(in crate::wizard) fn plan_way_out(&mut self) -> Vec<Effect> {
        let Some((drop, key, words)) = self.way_out_here() else {
            return Vec::new();
        };
        self.overlay = None;
        let form = &mut self.grant.form;
        form.drop.extend(drop);
        form.kms_keys.extend(key);
        form.fixes.push(words);
        self.plan_now()
    }

    /// The way out of the concern under the cursor, or of the one that is open: a statement to drop or a KMS key to
    /// grant, and both in words.
    pub fn way_out_here(&self) -> Option<(Option<String>, Option<String>, String)> {
        let item = match (&self.overlay, self.item_here()) {
            (Some(Overlay::Grant(item)), _) => *item,
            (None, Some(Item::Grant(item))) => item,
            _ => return None,
        };
        let GrantItem::Concern(index) = item else {
            return None;
        };
        let concern = self.grant.plan.as_ref()?.problems.get(index)?;
        let form = &self.grant.form;
        if let Some(text) = concern.offer_to_drop.clone().filter(|t| !form.drop.contains(t)) {
            let name = crate::wizard::access::statement_name(&text);
            let words = format!("drops {name} from the bucket policy, for everybody");
            return Some((Some(text), None, words));
        }
        let key = crate::wizard::access::kms_key_in(&concern.say).filter(|k| !form.kms_keys.contains(k))?;
        let words = format!("grants kms:Decrypt on {key}");
        Some((None, Some(key), words))
    }
}
