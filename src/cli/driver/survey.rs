//! The survey's lane: a target opened, checked, and told of.

use std::{
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use jiff::Timestamp;
use secrecy::SecretString;
use tokio::sync::mpsc::{self, Sender};
use tokio_util::sync::CancellationToken;

use super::{Driver, broken, end_of};
use crate::{
    cli::{
        args::{GlobalArgs, ReaderArgs},
        failure::Failure,
        session::Session,
        target::Place,
    },
    demo::PracticeAccount,
    report::{Mode, Rows, SurveyEvent, Target},
    store::S3Credentials,
    tui::Message,
    wizard::{Event, Field, Resolved, Role, Scope, StartSurvey, connect::ReaderKey},
};

/// What is under way gets so long to end by itself once it is cancelled.
const GRACE: Duration = Duration::from_secs(3);

impl Driver {
    pub(super) fn survey(&mut self, start: StartSurvey) {
        self.cancel.cancel();
        self.cancel = CancellationToken::new();
        let run = start.run;
        let work = Work {
            global: GlobalArgs {
                profile: start.connection.profile.clone(),
                region: start.connection.region.clone(),
                endpoint_url: start.connection.endpoint.clone(),
                reader: match start.connection.role {
                    Role::Reader => ReaderArgs::default(),
                    _ => ReaderArgs {
                        reader_key_file: start.connection.reader_key.as_ref().map(PathBuf::from),
                        reader_profile: self.global.reader.reader_profile.clone(),
                    },
                },
                ..self.global.clone()
            },
            start,
            sender: self.sender.clone(),
            cancel: self.cancel.clone(),
            practice: Arc::clone(&self.practice),
            clock: Arc::clone(&self.clock),
        };
        let sender = self.sender.clone();
        tokio::spawn(async move {
            let ended = tokio::spawn(async move { work.run().await.map(|()| Event::Ended { run }) }).await;
            let _ = sender.send(Message::Event(end_of(run, ended))).await;
        });
    }
}

/// A key that step 2 made, as the store takes it.
fn credentials(key: &ReaderKey) -> S3Credentials {
    S3Credentials {
        access_key_id: key.id.clone(),
        secret_access_key: SecretString::from(key.secret.expose().to_owned()),
        session_token: None,
    }
}

/// A survey to run.
struct Work {
    start: StartSurvey,
    global: GlobalArgs,
    sender: Sender<Message>,
    cancel: CancellationToken,
    practice: Arc<tokio::sync::Mutex<Option<(String, Session)>>>,
    clock: Arc<Mutex<Option<Timestamp>>>,
}

impl Work {
    async fn run(self) -> Result<(), Failure> {
        let place = Place::parse_loosely(&self.start.connection.target)?;
        let is_demo = matches!(place, Place::Demo(_));
        let mut kept = self.practice.lock().await;
        let again = kept
            .take()
            .filter(|(target, _)| is_demo && *target == self.start.connection.target)
            .map(|(_, session)| session);
        let scenario_time = match (&place, &again) {
            // The account's clock may have been moved on since it opened.
            (Place::Demo(_), Some(session)) => session.practice().map(PracticeAccount::now),
            (Place::Demo(scenario), None) => Some(scenario.now()),
            _ => None,
        };
        *self.clock.lock().unwrap_or_else(PoisonError::into_inner) = scenario_time;
        let mut session = match again {
            Some(session) => session,
            None => tokio::select! {
                opened = Session::open(&self.global, &place, None) => opened?,
                () = self.cancel.cancelled() => return Ok(()),
            },
        };
        session.tick(None);
        let survey = match &self.start.connection.fresh_key {
            Some(key) => session.survey_with(credentials(key), self.mode(&session), self.cancel.clone()),
            None => session.survey(self.mode(&session), self.cancel.clone()),
        };
        *kept = Some((self.start.connection.target.clone(), session));
        drop(kept);
        self.pass_on(survey).await
    }

    fn mode(&self, session: &Session) -> Mode {
        let mut mode = session.config.mode();
        mode.rows = self.start.rows;
        if self.start.rows == Rows::All {
            mode.sample_rows = None;
        }
        if let Scope::Codes(codes) = &self.start.scope {
            mode.only = codes.clone();
        }
        mode
    }

    /// Tells the wizard what the survey tells, until it ends or its time after a cancellation is over.
    async fn pass_on(&self, survey: crate::survey::Survey) -> Result<(), Failure> {
        let run = self.start.run;
        let (sender, mut events) = mpsc::channel(256);
        let mut work = tokio::spawn(survey.run(sender));
        let late = async {
            self.cancel.cancelled().await;
            tokio::time::sleep(GRACE).await;
        };
        tokio::pin!(late);
        loop {
            tokio::select! {
                event = events.recv() => {
                    let Some(event) = event else { break };
                    let resolved = self.resolved(&event);
                    let mut batch = vec![Event::Survey { run, event: Box::new(event) }];
                    batch.extend(resolved.map(|values| Event::Resolved { run, values }));
                    for event in batch {
                        if self.sender.send(Message::Event(event)).await.is_err() {
                            self.cancel.cancel();
                            return Ok(());
                        }
                    }
                }
                () = &mut late => {
                    work.abort();
                    return Ok(());
                }
            }
        }
        (&mut work).await.map_err(|error| {
            let problem = broken(error);
            Failure::cannot(problem.what).hint(problem.next.say)
        })
    }

    /// Where the connection's values came from, once it stands.
    fn resolved(&self, event: &SurveyEvent) -> Option<Vec<Resolved>> {
        let SurveyEvent::Connected { target, identity, .. } = event else {
            return None;
        };
        let (region, is_demo) = match target {
            Target::S3 { region, .. } => (region.clone(), false),
            Target::Demo { region, .. } => (region.clone(), true),
            Target::Folder { .. } => return Some(Vec::new()),
        };
        let mut values = Vec::new();
        let mut tell = |field: Field, value: Option<String>, from: &str| {
            if let Some(value) = value.filter(|v| !v.is_empty()) {
                values.push(Resolved {
                    field,
                    value,
                    from: from.into(),
                });
            }
        };
        if is_demo {
            tell(Field::Region, region, "of the practice account");
            tell(
                Field::Endpoint,
                Some("in this process".into()),
                "nothing leaves this machine",
            );
            tell(
                Field::Profile,
                Some("none is used".into()),
                "the practice account brings its own keys",
            );
            match identity {
                Some(_) => tell(
                    Field::ReaderKey,
                    Some("the account's".into()),
                    "judged beside the operator's",
                ),
                None => tell(
                    Field::ReaderKey,
                    Some("none yet".into()),
                    "step 2 Grant makes one",
                ),
            }
            return Some(values);
        }
        match &self.global.region {
            Some(_) => tell(Field::Region, region, "as you said"),
            None => tell(Field::Region, region, "from the bucket"),
        }
        if self.global.profile.is_none() {
            tell(
                Field::Profile,
                std::env::var("AWS_PROFILE").ok(),
                "from AWS_PROFILE",
            );
        }
        if self.global.endpoint_url.is_none() {
            for name in ["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"] {
                tell(Field::Endpoint, std::env::var(name).ok(), &format!("from {name}"));
            }
        }
        Some(values)
    }
}
