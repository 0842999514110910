//! Changes to the practice account, over its own HTTP API.

use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;

use super::{Driver, broken};
use crate::{
    cli::session::Session,
    demo::edits::Editor,
    report::{Problem, ProblemKind},
    rule::Next,
    tui::Message,
    wizard::{
        Event,
        practice::{PracticeEdit, PracticeEvent},
    },
};

impl Driver {
    pub(super) fn practise(&mut self, edit: PracticeEdit) {
        let work = Work {
            edit,
            practice: Arc::clone(&self.practice),
            clock: Arc::clone(&self.clock),
        };
        let sender = self.sender.clone();
        tokio::spawn(async move {
            // In a task of its own, so that one that breaks is told of, too.
            let events = tokio::spawn(work.run()).await.unwrap_or_else(|error| {
                vec![PracticeEvent::Failed {
                    edit,
                    problem: Box::new(broken(error)),
                }]
            });
            for event in events {
                if sender.send(Message::Event(Event::Practice(event))).await.is_err() {
                    return;
                }
            }
        });
    }
}

/// An edit to make on the account that is open.
struct Work {
    edit: PracticeEdit,
    practice: Arc<tokio::sync::Mutex<Option<(String, Session)>>>,
    clock: Arc<Mutex<Option<Timestamp>>>,
}

impl Work {
    async fn run(self) -> Vec<PracticeEvent> {
        let edit = self.edit;
        let done = match self.editor().await {
            None => Err(not_open()),
            // Nothing is held meanwhile: checks may start and end.
            Some(editor) => editor.make(edit).await,
        };
        let mut events = match done {
            Ok(_) if edit == PracticeEdit::Look => Vec::new(),
            Ok(say) => vec![PracticeEvent::Did { edit, say }],
            Err(problem) => vec![PracticeEvent::Failed {
                edit,
                problem: Box::new(problem),
            }],
        };
        // What there is has changed with the edit: the reader's key may be gone, or back.
        if let Some(editor) = self.editor().await {
            events.push(PracticeEvent::Facts(Box::new(editor.facts())));
        }
        events
    }

    /// An editor of the account as it is now. The wizard's clock and the session's follow the account's.
    async fn editor(&self) -> Option<Editor> {
        let mut kept = self.practice.lock().await;
        let (_, session) = kept.as_mut()?;
        let editor = Editor::of(session.practice()?);
        session.tick(None);
        *self.clock.lock().unwrap_or_else(PoisonError::into_inner) = Some(session.now);
        Some(editor)
    }
}

fn not_open() -> Problem {
    Problem::new(
        ProblemKind::Other,
        "there is no practice account to change",
        "the target is not one of its scenarios, or it is not open yet",
        Next {
            say: "Open one: as the target in step 1, or from the shell.".to_owned(),
            command: Some("bucket-ready demo".to_owned()),
            url: None,
        },
    )
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;
    use crate::cli::{args::GlobalArgs, target::Place};

    async fn work(target: Option<&str>, edit: PracticeEdit) -> Work {
        let mut kept = None;
        if let Some(target) = target {
            let place = Place::parse(target).unwrap();
            let session = Session::open(&GlobalArgs::default(), &place, None).await.unwrap();
            kept = Some((target.to_owned(), session));
        }
        Work {
            edit,
            practice: Arc::new(tokio::sync::Mutex::new(kept)),
            clock: Arc::default(),
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn the_wizards_clock_and_the_sessions_follow_the_accounts() {
        let work = work(Some("demo:first-day"), PracticeEdit::Hour).await;
        let (practice, clock) = (Arc::clone(&work.practice), Arc::clone(&work.clock));
        let events = work.run().await;
        assert!(
            matches!(
                &events[..],
                [
                    PracticeEvent::Did {
                        edit: PracticeEdit::Hour,
                        ..
                    },
                    PracticeEvent::Facts(_)
                ]
            ),
            "{events:?}"
        );
        let now: Timestamp = "2026-06-23T22:14:00-08:00".parse().unwrap();
        assert_eq!(*clock.lock().unwrap(), Some(now));
        assert_eq!(practice.lock().await.as_ref().unwrap().1.now, now);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn without_a_practice_account_an_edit_says_so() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().to_str().unwrap();
        for target in [None, Some(target)] {
            let events = work(target, PracticeEdit::AddDeny).await.run().await;
            let [PracticeEvent::Failed { problem, .. }] = &events[..] else {
                panic!("{events:?}");
            };
            assert_eq!(problem.what, "there is no practice account to change");
        }
    }
}
