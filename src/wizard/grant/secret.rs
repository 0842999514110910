//! The new key. Its secret is masked, shown for a short while on request, copied or saved on request; it is part of no
//! notice, no report and no `Debug`.

use jiff::{SignedDuration, Timestamp};

use super::GrantItem;
use crate::{
    access::plan::Secret,
    wizard::{
        event::{Effect, Scope},
        rows::Item,
        state::{Notice, Overlay, Wizard},
        step::Step,
    },
};

/// A key that an apply of this session made.
#[derive(Clone, Debug, PartialEq)]
pub struct FreshKey {
    /// Its id.
    pub id: String,
    /// Its secret.
    pub secret: Secret,
    /// Whether the secret was copied.
    pub copied: bool,
    /// Where it was saved.
    pub saved_as: Option<String>,
    /// Whether it was deleted since, by something else than this step.
    pub is_gone: bool,
}

impl FreshKey {
    /// Whether the secret has been handed over: nobody can ask AWS for it again.
    pub fn is_handed_over(&self) -> bool {
        self.copied || self.saved_as.is_some()
    }
}

/// That secrets are shown at the moment, and since when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reveal {
    since: Option<Timestamp>,
    ticks: u64,
}

/// Seconds after which a shown secret is masked again.
const SHOWN_FOR: i64 = 15;

impl Wizard {
    /// Whether secrets are shown as they are.
    pub fn is_revealed(&self) -> bool {
        self.reveal.is_some()
    }

    /// Shows secrets, or masks them again.
    pub(in crate::wizard) fn toggle_reveal(&mut self) {
        self.reveal = match self.reveal {
            Some(_) => None,
            None => Some(Reveal {
                since: self.clock,
                ticks: 0,
            }),
        };
    }

    /// Masks secrets once they were shown long enough: by the clock, and by its ticks, one a second, since the clock of a
    /// practice account stands still.
    pub(in crate::wizard) fn hide_in_time(&mut self, now: Timestamp) {
        let Some(reveal) = &mut self.reveal else { return };
        reveal.ticks += 1;
        let since = *reveal.since.get_or_insert(now);
        let shown = now.duration_since(since);
        let is_over = shown >= SignedDuration::from_secs(SHOWN_FOR) || shown.is_negative();
        if is_over || reveal.ticks >= SHOWN_FOR.unsigned_abs() {
            self.reveal = None;
        }
    }

    /// Puts the new key's secret on the clipboard.
    pub(in crate::wizard) fn copy_secret(&mut self) -> Vec<Effect> {
        let Some(key) = &mut self.grant.key else {
            return Vec::new();
        };
        key.copied = true;
        self.notice = Some(Notice::Done(
            "Copied the secret; it stays on the clipboard until something else takes its place".into(),
        ));
        vec![Effect::CopySecret {
            secret: key.secret.clone(),
        }]
    }

    /// Writes the new key to a file that only its owner may read, in the shape that `--reader-key-file` takes.
    pub(in crate::wizard) fn save_key(&mut self) -> Vec<Effect> {
        let Some(key) = &self.grant.key else {
            return Vec::new();
        };
        let user = self
            .grant
            .plan
            .as_ref()
            .map_or_else(|| self.reader_name(), |p| p.user.clone());
        let user: String = user
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
            .collect();
        let text = format!(
            "{:#}\n",
            serde_json::json!({"UserName": self.grant.plan.as_ref().map(|p| p.user.as_str()), "AccessKeyId": key.id, "SecretAccessKey": key.secret.expose()})
        );
        vec![Effect::SaveSecret {
            name: format!("bucket-ready-key-{}.json", user.trim_matches('-')),
            contents: Secret::new(text.into()),
        }]
    }

    pub(in crate::wizard) fn secret_saved(&mut self, path: String) {
        self.notice = Some(Notice::Done(format!(
            "Written to {}, which only you may read",
            crate::report::escape(&path)
        )));
        if let Some(key) = &mut self.grant.key {
            key.saved_as = Some(path);
        }
    }

    /// Checks again with the new key as the reader's.
    pub(in crate::wizard) fn check_with_new_key(&mut self) -> Vec<Effect> {
        let Some(key) = self.grant.session_key() else {
            return Vec::new();
        };
        if self.is_working() {
            self.notice = Some(Notice::No("Checks are running; Esc cancels them.".into()));
            return Vec::new();
        }
        self.connect.fresh_key = Some(key);
        let rows = self.run.rows;
        let mut effects = self.start(rows, Scope::All);
        effects.extend(self.go(Step::Access));
        effects
    }

    /// Whether the cursor is on the new key's secret, with no panel over it.
    pub(in crate::wizard) fn on_new_secret(&self) -> bool {
        self.overlay.is_none() && self.item_here() == Some(Item::Grant(GrantItem::Secret))
    }

    /// Whether `y` copies a secret here.
    pub(in crate::wizard) fn on_secret(&self) -> bool {
        self.on_new_secret() || (self.overlay == Some(Overlay::Practice) && self.practice_secret().is_some())
    }

    /// Whether there is a secret on the screen that could be shown.
    pub(in crate::wizard) fn has_secret(&self) -> bool {
        match self.overlay {
            Some(Overlay::Practice) => self.practice.facts.is_some(),
            Some(_) => false,
            None => self.step == Step::Grant && self.grant.live_key().is_some(),
        }
    }

    /// Whether `x` writes the new key's file: on its rows.
    pub(in crate::wizard) fn exports_key(&self) -> bool {
        self.overlay.is_none()
            && self.grant.live_key().is_some()
            && matches!(
                self.item_here(),
                Some(Item::Grant(
                    GrantItem::KeyId | GrantItem::Secret | GrantItem::UseKey
                ))
            )
    }

    /// Whether the checks judge the key that was made here.
    pub fn judges_new_key(&self) -> bool {
        match (&self.connect.fresh_key, &self.grant.key) {
            (Some(used), Some(key)) => used.id == key.id,
            _ => false,
        }
    }

    /// Whether there was nobody to judge when the checks were made, and a reader was made here since.
    pub fn has_reader_since(&self) -> bool {
        self.has_no_reader() && self.grant.live_key().is_some() && !self.judges_new_key()
    }

    /// Takes the new key as the reader's where there is no other; tells whether it did.
    pub(in crate::wizard) fn adopt_new_key(&mut self) -> bool {
        let adopts = self.has_reader_since();
        if adopts {
            self.connect.fresh_key = self.grant.session_key();
        }
        adopts
    }

    /// The key that was made here was deleted by something else.
    pub(in crate::wizard) fn new_key_is_gone(&mut self) {
        if self.judges_new_key() {
            self.connect.fresh_key = None;
        }
        if let Some(key) = &mut self.grant.key {
            key.is_gone = true;
        }
        self.reveal = None;
    }
}
