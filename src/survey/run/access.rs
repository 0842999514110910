//! The stages of a run that are about the reader's access.

use super::Run;
use crate::{
    access::{Owner, lint, view::view},
    report::SurveyEvent,
    rule::Code,
    survey::{
        access::{self, FolderAccess, Wanted, folder_outcomes},
        objects::{Access, Objects},
    },
};

/// Of kinds of objects that were not read, so many are probed in a folder.
const MAX_PROBED: usize = 16;
/// Of an object, so much is read to see whether it may be.
const LAST_BYTES: u64 = 8;

impl Run {
    /// Whether there is somebody whose access can be judged: not in a local folder, nor before there is a reader.
    fn judges_access(&self) -> bool {
        !self.local && !self.no_reader
    }

    fn wants_policies(&self) -> bool {
        self.judges_access() && self.emit.wants_any(access::codes())
    }

    /// Begins to look at policies and settings, where a rule that is wanted rests on them.
    pub(super) fn begin_inspection(&mut self) {
        if self.wants_policies() {
            self.sight.begin_inspection();
        }
    }

    fn objects(&self) -> Vec<&Objects> {
        self.folders.iter().map(|folder| &*folder.objects).collect()
    }

    /// Asks what the run does not ask anyway.
    pub(super) async fn probe_access(&mut self, access: &Access) {
        if !self.judges_access() || self.is_blocked() {
            return;
        }
        let wanted = Wanted::by(|code| self.emit.wants(code));
        let needed = access::needed(&self.context);
        let folders: Vec<&Objects> = self
            .objects()
            .into_iter()
            .filter(|objects| needed.contains(&objects.dataset))
            .collect();
        let probes = tokio::select! {
            () = self.cancel.cancelled() => return,
            probes = access::probe(access, &self.sight, &folders, &self.root, &wanted) => probes,
        };
        for problem in &probes.connection {
            self.connection.note(problem);
            self.lost |= access.is_hopeless(problem);
        }
        self.sight.probes = probes;
    }

    /// Waits for what was begun. Whose the bucket is, is asked for where that did not tell.
    pub(super) async fn end_inspection(&mut self, access: &Access) {
        self.sight.end_inspection(&self.cancel).await;
        let wanted =
            self.judges_access() && !self.is_blocked() && Wanted::by(|code| self.emit.wants(code)).owner;
        let account = self.sight.account().filter(|_| wanted && !self.hopeless());
        if let (Some(account), Owner::Unknown) = (account, self.sight.owner()) {
            let objects = self.objects();
            let owner = tokio::select! {
                () = self.cancel.cancelled() => Owner::Unknown,
                owner = access::probe_owner(access, &objects, &account) => owner,
            };
            self.sight.probes.owner = owner;
        }
    }

    /// Of each kind of objects of which none was read, one is, to see whether the reader may.
    pub(super) async fn probe_reads(&mut self, access: &Access) {
        if !self.judges_access()
            || self.hopeless()
            || !self.emit.wants_any(["A202", "A208", "A210"].map(Code::new))
        {
            return;
        }
        for objects in self.objects() {
            for index in objects.untried().into_iter().take(MAX_PROBED) {
                let Some(object) = objects.meta(index) else {
                    continue;
                };
                let range = object.size.saturating_sub(LAST_BYTES)..object.size;
                tokio::select! {
                    () = self.cancel.cancelled() => return,
                    // What it holds does not matter; that it came, or why not, is noted with the object.
                    _ = objects.read(access, index, &object, range) => {}
                }
            }
        }
    }

    /// Whether nothing was learned of the reader: what stands in the way is told, and no policy is judged beside it.
    fn is_blocked(&self) -> bool {
        self.connection.blocker().is_some() && !self.connection.accepted
    }

    /// A201 to A218 as far as they are known, and the matrix.
    pub(super) async fn tell_access(&mut self) {
        if self.local || self.folders.is_empty() {
            return;
        }
        if self.no_reader {
            let outcomes = access::no_reader(&access::needed(&self.context));
            self.emit.outcomes(outcomes).await;
            return;
        }
        let objects = self.objects();
        let evidence = self.sight.evidence(&self.context, self.region(), &objects);
        let mut outcomes = Vec::new();
        for objects in &objects {
            let access = FolderAccess::new(objects, &self.sight.probes, &evidence, &self.context);
            outcomes.extend(folder_outcomes(objects, &access));
        }
        let blocked = self.is_blocked();
        let counts = access::counts(&objects, &self.sight.probes);
        let judged = (self.wants_policies() && !blocked).then(|| {
            outcomes.extend(lint::judge(&evidence));
            let mut view = view(&evidence, &counts);
            view.unseen.extend_from_slice(self.sight.unseen_settings());
            Box::new(view)
        });
        self.emit.outcomes(outcomes).await;
        if let Some(access) = judged {
            self.emit.send(SurveyEvent::Access { access }).await;
        }
    }

    fn region(&self) -> Option<String> {
        use crate::report::Target;
        match &self.target {
            Target::S3 { region, .. } | Target::Demo { region, .. } => region.clone(),
            Target::Folder { .. } => None,
        }
    }
}
