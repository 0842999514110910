//! The signal's lane: days told complete by the open session, as its operator.
//!
//! Nothing is sent that is not still what was confirmed: the order is weighed once more by the clock, right before each
//! object and each request. After a signal was asked to stop, the day under way is ended and no other is begun.

use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use secrecy::SecretString;
use tokio::sync::mpsc::Sender;
use tokio_util::sync::CancellationToken;

use super::{Driver, broken, problem};
use crate::{
    access::plan::Secret,
    calendar::{DayOffset, PstDay},
    cli::{
        args::{GlobalArgs, StatsigArgs},
        command::signal::{VARIABLE, answered, unmarked},
        failure::Failure,
        secret,
        session::Session,
        settings,
        target::Place,
    },
    contract::SignalVia,
    report::{Problem, ProblemKind, Target},
    rule::Next,
    signal::{
        Ledger, Mark, Marked, Standing, Written, api,
        api::METRICS,
        files::{self, Failed},
        ledger::{fingerprint, history::marks},
    },
    statsig::{Address, Patience, ServerKey, Statsig},
    store::SharedStore,
    tui::Message,
    wizard::{
        Event, Lane, RunId,
        connect::Connection,
        signal::{ApiFacts, Order, Sent, SignalEvent, SignalTask, StartSignal},
    },
};

impl Driver {
    pub(super) fn signal(&mut self, start: StartSignal) {
        if let SignalTask::Send(_) = start.task {
            self.cancel_lane = CancellationToken::new();
        }
        let run = start.run;
        let teller = Teller {
            run,
            sender: self.sender.clone(),
        };
        let work = Work {
            teller: teller.clone(),
            connection: start.connection,
            global: self.global.clone(),
            statsig: self.statsig.clone(),
            cancel: self.cancel_lane.clone(),
            practice: Arc::clone(&self.practice),
            clock: Arc::clone(&self.clock),
            practice_ledger: self.practice_ledger.clone(),
        };
        tokio::spawn(async move {
            let ended = tokio::spawn(async move { work.run(start.task).await }).await;
            if let Err(problem) = ended.unwrap_or_else(|error| Err(Box::new(broken(error)))) {
                teller.send(Lane::Failed(problem)).await;
            }
        });
    }
}

/// Tells the wizard what goes on.
#[derive(Clone)]
struct Teller {
    run: RunId,
    sender: Sender<Message>,
}

impl Teller {
    async fn send(&self, event: Lane<SignalEvent>) {
        let event = Event::Signal { run: self.run, event };
        // Without a wizard there is nobody to tell.
        let _ = self.sender.send(Message::Event(event)).await;
    }

    async fn tell(&self, event: SignalEvent) {
        self.send(Lane::Did(Box::new(event))).await;
    }
}

/// A signal to look into or to send.
struct Work {
    teller: Teller,
    connection: Connection,
    global: GlobalArgs,
    statsig: StatsigArgs,
    cancel: CancellationToken,
    practice: Arc<tokio::sync::Mutex<Option<(String, Session)>>>,
    clock: Arc<Mutex<Option<Timestamp>>>,
    practice_ledger: Ledger,
}

type Told = Result<(), Box<Problem>>;

impl Work {
    async fn run(self, task: SignalTask) -> Told {
        match task {
            SignalTask::Look { secret } => {
                let facts = self.look(secret).await?;
                self.teller.tell(SignalEvent::Api(facts)).await;
                Ok(())
            }
            SignalTask::Send(order) => {
                if let Err(say) = order.still_holds(self.now()) {
                    self.teller.tell(SignalEvent::Changed { say }).await;
                    return Ok(());
                }
                match order.via {
                    SignalVia::Files => self.by_files(&order).await?,
                    SignalVia::Api => self.by_api(&order).await?,
                }
                self.teller.tell(SignalEvent::Finished).await;
                Ok(())
            }
        }
    }

    /// The time of day; for a scenario, the scenario's own.
    fn now(&self) -> Timestamp {
        let scenario = *self.clock.lock().unwrap_or_else(PoisonError::into_inner);
        scenario.unwrap_or_else(Timestamp::now)
    }

    /// Does something with the session that is open; opens it where the last survey has left none.
    async fn session<T>(
        &self,
        with: impl AsyncFnOnce(&Session) -> Result<T, Problem>,
    ) -> Result<T, Box<Problem>> {
        let mut kept = self.practice.lock().await;
        let session = match kept.take() {
            Some((target, session)) if target == self.connection.target => session,
            _ => self.open().await.map_err(|failure| Box::new(problem(failure)))?,
        };
        let (_, session) = kept.insert((self.connection.target.clone(), session));
        with(session).await.map_err(Box::new)
    }

    async fn open(&self) -> Result<Session, Failure> {
        let global = GlobalArgs {
            profile: self.connection.profile.clone(),
            region: self.connection.region.clone(),
            endpoint_url: self.connection.endpoint.clone(),
            ..self.global.clone()
        };
        let place = Place::parse_loosely(&self.connection.target)?;
        Session::open(&global, &place, None).await
    }

    /// One object for each day, the oldest first.
    async fn by_files(&self, order: &Order) -> Told {
        let (store, prefix): (SharedStore, String) = self
            .session(async |session| {
                let (store, _) = session.to_write().await?;
                Ok((store, session.target.prefix().to_owned()))
            })
            .await?;
        for day in order.days.iter().copied() {
            if self.cancel.is_cancelled() {
                return Err(Box::new(stopped(day)));
            }
            self.teller.tell(SignalEvent::Sending { day }).await;
            let gate = |_: PstDay| order.still_holds(self.now()).map_err(withheld);
            let told = files::send(&*store, &prefix, &[day], order.kind, gate).await;
            for one in told {
                self.teller.tell(sent(one)?).await;
            }
        }
        Ok(())
    }

    /// One timestamp: the end of the last day.
    async fn by_api(&self, order: &Order) -> Told {
        let Some(day) = order.last() else {
            return Ok(());
        };
        let way = self.way(order.secret.as_ref()).await?;
        let Some(used) = way.used else {
            return Err(Box::new(without_secret()));
        };
        let key = used.key.map_err(|why| Box::new(wrong_key(&used.from, why)))?;
        let ledger = used.ledger?;
        let offset = DayOffset::from_hours(order.mode.day_offset_hours).unwrap_or_default();
        let mark = Mark::day(day, offset, &self.statsig.kind);
        let client = Statsig::new(&way.address, key, Patience::default());
        self.teller.tell(SignalEvent::Sending { day }).await;
        let gate = || order.still_holds(self.now());
        let marked = api::mark(&client, &ledger, &mark, || self.now(), gate).await;
        self.teller.tell(marked_event(day, &mark, marked)?).await;
        Ok(())
    }

    /// What a signal by the API needs, and what the ledger says of earlier ones. Nothing is sent.
    async fn look(&self, secret: Option<Secret>) -> Result<ApiFacts, Box<Problem>> {
        let typed = secret.is_some();
        let way = self.way(secret.as_ref()).await?;
        let own = way.used.as_ref().and_then(|used| used.ledger.as_ref().ok());
        let url = way.address.mark_data_ready();
        let mut facts = ApiFacts {
            kind: (self.statsig.kind != METRICS).then(|| self.statsig.kind.clone()),
            marks: marks(own, settings::state_folder().as_deref(), &url, &way.target),
            url,
            ..ApiFacts::default()
        };
        let Some(used) = way.used else {
            return Ok(facts);
        };
        let key = match used.key {
            Ok(key) => key,
            Err(why) => {
                // Another one may be typed.
                let whose = if typed {
                    String::new()
                } else {
                    format!("{}: ", used.from)
                };
                facts.trouble = Some(format!("{whose}{why}"));
                return Ok(facts);
            }
        };
        facts.secret_from = Some(used.from);
        let known = used.ledger.and_then(|ledger| {
            ledger
                .marked(&facts.url, &self.statsig.kind)
                .map_err(|error| Box::new(no_ledger(error.to_string())))
        });
        let mut notes = Vec::new();
        match known {
            Ok(known) => {
                facts.marked = known.taken;
                if let Some(open) = known.open {
                    let at =
                        Timestamp::from_second(open).map_or_else(|_| open.to_string(), |at| at.to_string());
                    notes.push(format!("{at} may have been taken before: its answer was lost"));
                }
                if known.damaged > 0 {
                    notes.push(format!(
                        "{} damaged lines of the ledger were passed over",
                        known.damaged
                    ));
                }
            }
            Err(problem) => facts.trouble = Some(problem.cause),
        }
        if !key.is_usual() {
            notes.push("the secret does not begin as server secrets do (secret-…)".to_owned());
        }
        facts.note = (!notes.is_empty()).then(|| notes.join("; "));
        Ok(facts)
    }

    /// The way to the API: by the secret that was typed, the practice account's own, or the environment's.
    async fn way(&self, typed: Option<&Secret>) -> Result<Way, Box<Problem>> {
        let (target, practice) = self
            .session(
                async |session| match (&session.target, session.practice_statsig()) {
                    // What is practised never reaches the real one.
                    (Target::Demo { .. }, None) => Err(Problem::new(
                        ProblemKind::Other,
                        "nothing was sent",
                        "this practice account has no Statsig of its own",
                        Next::say("signal by files"),
                    )),
                    (target, practice) => Ok((target.spelled(), practice)),
                },
            )
            .await?;
        let is_practice = practice.is_some();
        let (address, own) = match practice {
            Some((url, secret)) => {
                let address = Address::parse(&url).map_err(|why| {
                    Box::new(Problem::new(
                        ProblemKind::Other,
                        "the practice account's address can't be used",
                        why,
                        Next::say("please report this"),
                    ))
                })?;
                (address, Some((secret, "the practice account's own".to_owned())))
            }
            None => (self.statsig.statsig_url.clone().unwrap_or_default(), None),
        };
        let typed = typed.map(|secret| {
            let text = SecretString::from(secret.expose().to_owned());
            (text, "typed here, for this signal alone".to_owned())
        });
        let found = match typed.or(own) {
            Some(found) => Some(found),
            None => secret::from_environment(VARIABLE)
                .map_err(|failure| Box::new(problem(failure)))?
                .map(|text| (text, format!("from {VARIABLE}"))),
        };
        let Some((text, from)) = found else {
            return Ok(Way {
                address,
                target,
                used: None,
            });
        };
        let key = ServerKey::new(&text);
        let ledger = match (&key, is_practice) {
            (_, true) | (Err(_), false) => Ok(self.practice_ledger.clone()),
            (Ok(key), false) => match settings::state_folder() {
                Some(folder) => Ok(Ledger::in_folder(&folder, &fingerprint(key.secret()))),
                None => Err(Box::new(no_ledger(
                    "there is no place for the ledger: no home folder is known".to_owned(),
                ))),
            },
        };
        let used = UsedKey {
            key,
            from,
            ledger: ledger.map(|ledger| ledger.about(target.clone())),
        };
        Ok(Way {
            address,
            target,
            used: Some(used),
        })
    }
}

/// How the API is reached.
struct Way {
    address: Address,
    /// The bucket or folder, as ledgers name it.
    target: String,
    /// `None` without a secret.
    used: Option<UsedKey>,
}

/// The key in use, and the ledger of what it sent.
struct UsedKey {
    key: Result<ServerKey, &'static str>,
    /// Where the secret comes from, in words.
    from: String,
    ledger: Result<Ledger, Box<Problem>>,
}

/// What became of a day's object, for the wizard.
fn sent(one: Written) -> Result<SignalEvent, Box<Problem>> {
    let Written { day, key, result } = one;
    let (how, say) = match result {
        Some(Ok(Standing::Written)) => (Sent::Written, format!("{key}, read back")),
        Some(Ok(Standing::Already)) => (Sent::Already, format!("{key} was there, nothing was written")),
        Some(Ok(Standing::Found)) => (
            Sent::Written,
            format!("the answer to the write was lost, and {key} is there and says so"),
        ),
        Some(Err(Failed { mut problem, .. })) => {
            if problem.kind == ProblemKind::Refused {
                problem.next = Next::say(
                    "signals are written with the operator's credentials, which need s3:PutObject and s3:GetObject on \
                     signals/*; the reader's key must not be able to write",
                );
            }
            return Err(Box::new(problem));
        }
        None => return Err(Box::new(stopped(day))),
    };
    Ok(SignalEvent::Sent { day, how, say })
}

/// What became of a timestamp, for the wizard.
fn marked_event(day: PstDay, mark: &Mark, marked: Marked) -> Result<SignalEvent, Box<Problem>> {
    let (how, say) = match marked {
        Marked::Taken(answer) => (
            Sent::Answered,
            format!("timestamp {}: the server {}", mark.timestamp, answered(&answer)),
        ),
        Marked::Already { at } => {
            let at = at.map(|at| format!(" on {at}")).unwrap_or_default();
            (
                Sent::Already,
                format!("this timestamp was taken{at}, says the ledger; nothing was sent"),
            )
        }
        Marked::Unentered { marked, error } => match marked_event(day, mark, *marked)? {
            SignalEvent::Sent { day, how, say } => {
                return Ok(SignalEvent::Sent {
                    day,
                    how,
                    say: format!("{say}; but it could not be entered: {error}"),
                });
            }
            other => return Ok(other),
        },
        other => return Err(Box::new(problem(unmarked(other)))),
    };
    Ok(SignalEvent::Sent { day, how, say })
}

fn stopped(day: PstDay) -> Problem {
    Problem::new(
        ProblemKind::Cancelled,
        format!("stopped before {day}, as was asked"),
        "it and the days after it are not signalled",
        Next::say("choose the rest and press s to signal it"),
    )
}

fn withheld(why: String) -> Problem {
    Problem::new(
        ProblemKind::Cancelled,
        "it was withheld",
        why,
        Next::say("what it would do has changed since it was confirmed: press s to look again"),
    )
}

fn without_secret() -> Problem {
    Problem::new(
        ProblemKind::NoCredentials,
        "nothing was sent",
        "there is no server secret",
        Next::say(format!(
            "type it in the panel, or set {VARIABLE} before the start"
        )),
    )
}

fn wrong_key(from: &str, why: &str) -> Problem {
    Problem::new(
        ProblemKind::WrongSecret,
        format!("nothing was sent: the secret {from} can't be used"),
        why,
        Next::say("use a server secret (secret-…) of the project"),
    )
}

fn no_ledger(why: String) -> Problem {
    Problem::new(
        ProblemKind::Io,
        "nothing was sent",
        why,
        Next::say(
            "without its ledger nothing is sent, since what was marked can't be asked for; set XDG_STATE_HOME to a folder of yours",
        ),
    )
}
