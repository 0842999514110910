//! By files or by the API: what the options and the configuration come to, and the commands to print.

use jiff::Timestamp;
use secrecy::SecretString;

use super::Case;
use crate::{
    cli::{
        args::{GlobalArgs, PrintArg, SignalArgs},
        failure::Failure,
        output::Console,
        secret,
        session::Session,
        settings,
    },
    contract::{
        SignalVia,
        days::{
            form::{FinishedType, Form, form},
            what_if::WhatIf,
        },
    },
    report::{Target, render::signal::Way, words::shell_word},
    rule::Dataset,
    signal::{
        Ledger, Mark, MarkReady,
        api::METRICS,
        ledger::{fingerprint, history::marks},
        object,
    },
    statsig::{Address, Patience, ServerKey, Statsig},
    wizard::signal::ApiMark,
};

/// The variable that holds the server secret.
pub(in crate::cli) const VARIABLE: &str = "STATSIG_SERVER_SECRET";

/// How the signal is to be sent.
pub(super) struct Chosen {
    pub via: SignalVia,
    address: Address,
    key: Option<ServerKey>,
    ledger: Option<Ledger>,
    /// The bucket or folder, as ledgers name it.
    target: String,
}

/// What the ledger says of the signal to be sent.
#[derive(Debug, Default)]
pub(super) struct Ledgered {
    /// The latest timestamp that was taken.
    pub taken: Option<i64>,
    pub taken_at: Option<Timestamp>,
    /// Whether exactly this was taken before.
    pub is_marked: bool,
    /// The later timestamp that stands against it, and whether that one was certainly taken.
    later: Option<(i64, bool)>,
    say: String,
}

impl Chosen {
    /// # Errors
    /// Exit 2: options that belong to the other way.
    pub fn of(args: &SignalArgs, session: &Session) -> Result<Self, Failure> {
        let by_print = args.print.map(|PrintArg::Curl| SignalVia::Api);
        let given: Option<SignalVia> = args.via.map(Into::into);
        let via = given
            .or(by_print)
            .or(session.config.signal_via)
            .unwrap_or(SignalVia::Files);
        let mismatch = |option: &str, other: &str| {
            Err(Failure::usage(format!("{option} goes with --via {other}"))
                .hint(format!("add --via {other}, or leave {option} out")))
        };
        match via {
            SignalVia::Files => {
                let of_the_api = [
                    ("--print curl", args.print.is_some()),
                    ("--type", args.kind != METRICS),
                    ("--statsig-key-file", args.statsig_key_file.is_some()),
                    ("--statsig-url", args.statsig_url.is_some()),
                ];
                if let Some((option, _)) = of_the_api.iter().find(|(_, given)| *given) {
                    return mismatch(option, "api");
                }
            }
            SignalVia::Api if args.finished_date_type.is_some() => {
                return mismatch("--finished-date-type", "files");
            }
            SignalVia::Api => {}
        }
        Ok(Self {
            via,
            address: args.statsig_url.clone().unwrap_or_default(),
            key: None,
            ledger: None,
            target: session.target.spelled(),
        })
    }

    /// Takes the key from its file or the environment, where it is there: the ledger is the key's.
    ///
    /// # Errors
    /// Exit 4: a key that can't be read, or is of a kind that is not taken.
    pub fn find_key(
        &mut self,
        args: &SignalArgs,
        session: &Session,
        console: &Console,
    ) -> Result<(), Failure> {
        if self.via != SignalVia::Api || args.print.is_some() {
            return Ok(());
        }
        if matches!(session.target, Target::Demo { .. }) {
            return self.practice_key(args, session);
        }
        let found = match &args.statsig_key_file {
            Some(path) => Some((secret::from_file(path)?, "--statsig-key-file")),
            None => secret::from_environment(VARIABLE)?.map(|key| (key, VARIABLE)),
        };
        if let Some((text, from)) = found {
            self.take(&text, from)?;
            if self.key.as_ref().is_some_and(|key| !key.is_usual()) {
                console
                    .note("the key does not begin with `secret-`, as server secrets do: it is used as it is");
            }
        }
        Ok(())
    }

    /// The practice account brings its own key: nothing of the user's is sent to it.
    fn practice_key(&mut self, args: &SignalArgs, session: &Session) -> Result<(), Failure> {
        if args.statsig_key_file.is_some() || args.statsig_url.is_some() {
            return Err(Failure::usage(
                "--statsig-key-file and --statsig-url do not go with the practice account",
            )
            .hint("it brings its own: leave them out"));
        }
        let Some((url, text)) = session.practice_statsig() else {
            return Err(Failure::cannot("this practice account has no Statsig endpoint")
                .hint("signal it by file: --via files"));
        };
        self.address = Address::parse(&url)
            .map_err(|why| Failure::cannot(format!("the practice account's address: {why}")))?;
        self.key = Some(server_key(&text, "the practice account")?);
        self.ledger = Some(Ledger::in_memory().about(session.target.spelled()));
        Ok(())
    }

    /// Takes a key of the user's, and with it the key's ledger.
    fn take(&mut self, text: &SecretString, from: &str) -> Result<(), Failure> {
        let key = server_key(text, from)?;
        let Some(folder) = settings::state_folder() else {
            return Err(
                Failure::cannot("there is no place for the ledger of what was sent")
                    .hint("set XDG_STATE_HOME to a folder of yours"),
            );
        };
        let ledger = Ledger::in_folder(&folder, &fingerprint(key.secret()));
        self.ledger = Some(ledger.about(self.target.clone()));
        self.key = Some(key);
        Ok(())
    }

    /// Whether requests go to this machine itself.
    pub fn is_loopback(&self) -> bool {
        self.address.is_loopback()
    }

    /// Asks for the key where it is needed and nobody gave it.
    ///
    /// # Errors
    /// Exit 4: nobody can be asked, or it is not given.
    pub fn ask_for_key(&mut self, global: &GlobalArgs) -> Result<(), Failure> {
        if self.via != SignalVia::Api || self.key.is_some() {
            return Ok(());
        }
        let hint = format!("set {VARIABLE}, or give a file that holds it with --statsig-key-file");
        if global.no_input || !secret::can_ask() {
            return Err(Failure::cannot("nothing was sent: there is no server secret").hint(hint));
        }
        match secret::ask("Server secret of the Statsig project (it is not shown)")? {
            Some(text) => self.take(&text, "the prompt"),
            None => Err(Failure::cannot("nothing was sent: no server secret was given").hint(hint)),
        }
    }

    /// What the ledger says. Nothing where the key is not known yet: then it is asked right before sending.
    ///
    /// # Errors
    /// Exit 4: a ledger that can't be read.
    pub fn ledgered(&self, case: &Case<'_>) -> Result<Ledgered, Failure> {
        let Some(ledger) = &self.ledger else {
            return Ok(Ledgered {
                say: "not looked at: it is the key's, and no key is known yet".into(),
                ..Ledgered::default()
            });
        };
        let mark = self.mark(case);
        let known = ledger
            .marked(&self.url(), &mark.kind)
            .map_err(|error| Failure::cannot(error.to_string()))?;
        let mut say = match (known.taken, known.taken_at) {
            (Some(taken), Some(at)) => format!("{} was taken on {at}", in_utc(taken)),
            _ => "nothing was marked with this key so far".to_owned(),
        };
        if let Some(open) = known.open {
            say.push_str(&format!(
                "; {} may have been taken: its answer was lost",
                in_utc(open)
            ));
        }
        if known.damaged > 0 {
            say.push_str(&format!("; {} damaged lines were passed over", known.damaged));
        }
        say.push_str(&format!(" ({})", ledger.shown()));
        let later = |other: Option<i64>| other.filter(|other| *other > mark.timestamp);
        Ok(Ledgered {
            taken: known.taken,
            taken_at: known.taken_at,
            is_marked: known.taken == Some(mark.timestamp),
            later: match (later(known.taken), later(known.open)) {
                _ if known.taken == Some(mark.timestamp) => None,
                (Some(taken), _) => Some((taken, true)),
                (None, Some(open)) => Some((open, false)),
                (None, None) => None,
            },
            say,
        })
    }

    /// What this machine's ledgers have of earlier signals by the API that cover one of the days, in words. Nothing is
    /// known of practice accounts before this one.
    pub fn marked_before(&self, case: &Case<'_>) -> Vec<String> {
        if matches!(case.session.target, Target::Demo { .. }) {
            return Vec::new();
        }
        let folder = settings::state_folder();
        let found = marks(self.ledger.as_ref(), folder.as_deref(), &self.url(), &self.target);
        let mut told: Vec<String> = case
            .dates()
            .iter()
            .filter_map(|day| ApiMark::of_day(&found, *day, case.offset))
            .map(|mark| mark.say(case.offset))
            .collect();
        told.sort_unstable();
        told.dedup();
        told
    }

    /// Where a request would go.
    pub fn url(&self) -> String {
        self.address.mark_data_ready()
    }

    /// The request.
    pub fn mark(&self, case: &Case<'_>) -> Mark {
        Mark::day(case.latest(), case.offset, &case.args.kind)
    }

    /// The client and the ledger; `None` by files.
    pub fn client(&self) -> Option<(impl MarkReady + use<>, Ledger)> {
        let (key, ledger) = (self.key.clone()?, self.ledger.clone()?);
        Some((Statsig::new(&self.address, key, Patience::default()), ledger))
    }

    /// The type of the dates in files.
    ///
    /// # Errors
    /// Exit 4: the existing signals have a type that can't be followed.
    pub fn form(&self, case: &Case<'_>) -> Result<Form, Failure> {
        let signals = case.report.datasets.get(&Dataset::Signals);
        let groups = signals.map_or(&[][..], |signals| signals.schema_groups.as_slice());
        let asked = case.args.finished_date_type.map(FinishedType::from);
        form(groups, asked).map_err(|why| {
            Failure::cannot(format!(
                "no signal can be written beside those that are there: {why}"
            ))
            .hint("choose one with --finished-date-type date or string, and see what the preview says of it")
        })
    }

    /// How it would be sent, for the preview.
    ///
    /// # Errors
    /// As [`Chosen::form`].
    pub fn way(&self, case: &Case<'_>, ledgered: &Ledgered, what: &WhatIf) -> Result<Way, Failure> {
        Ok(match self.via {
            SignalVia::Files => Way::Files {
                form: self.form(case)?,
                keys: open_days(case, what)
                    .map(|day| object::key(case.session.target.prefix(), day))
                    .collect(),
            },
            SignalVia::Api => {
                let mark = self.mark(case);
                Way::Api {
                    url: self.url(),
                    timestamp: mark.timestamp,
                    documented: mark.kind == METRICS,
                    kind: mark.kind,
                    ledger: ledgered.say.clone(),
                }
            }
        })
    }
}

impl Ledgered {
    /// Why it is refused, where an earlier timestamp than the ledger's is meant.
    pub fn refusal(&self) -> Option<Failure> {
        let (later, certain) = self.later?;
        let what = if certain {
            format!(
                "nothing was sent: the later timestamp {} was taken before",
                in_utc(later)
            )
        } else {
            format!(
                "nothing was sent: the later timestamp {} may have been taken",
                in_utc(later)
            )
        };
        Some(
            Failure::cannot(what)
                .hint("the timestamp only moves forward, so an earlier one would do nothing"),
        )
    }
}

fn server_key(text: &SecretString, from: &str) -> Result<ServerKey, Failure> {
    ServerKey::new(text).map_err(|why| {
        Failure::cannot(format!("{why} (from {from})"))
            .hint("server secrets stand under Settings, Keys & Environments of the project's console")
    })
}

/// The given days that were open, oldest first, each once.
pub(super) fn open_days(case: &Case<'_>, what: &WhatIf) -> impl Iterator<Item = crate::calendar::PstDay> {
    let mut days: Vec<_> = case
        .dates()
        .iter()
        .copied()
        .filter(|day| !what.already.contains(day))
        .collect();
    days.sort_unstable();
    days.dedup();
    days.into_iter()
}

fn in_utc(second: i64) -> String {
    Timestamp::from_second(second).map_or_else(|_| second.to_string(), |at| at.to_string())
}

/// The command that would send it, with all options that were given.
pub(super) fn command(case: &Case<'_>, what: &WhatIf) -> String {
    let mut words: Vec<String> = vec![
        "bucket-ready".into(),
        "signal".into(),
        shell_word(&case.args.target),
    ];
    words.extend(case.args.dates.iter().map(ToString::to_string));
    words.extend(options(case));
    words.push(format!("--confirm {}", case.last_given()));
    let accept: Vec<&str> = what
        .consequences
        .iter()
        .map(|found| found.accept.word())
        .collect();
    if !accept.is_empty() {
        words.push(format!("--accept {}", accept.join(",")));
    }
    words.join(" ")
}

/// The command for every day's cron; `None` for the practice account, which ends with its command.
pub(super) fn daily(case: &Case<'_>) -> Option<String> {
    if matches!(case.session.target, Target::Demo { .. }) {
        return None;
    }
    let options: Vec<String> = options(case)
        .into_iter()
        .filter(|option| !option.starts_with("--now "))
        .collect();
    Some(format!(
        "bucket-ready signal {} \"$d\" {}{}--confirm \"$d\"",
        shell_word(&case.args.target),
        options.join(" "),
        if options.is_empty() { "" } else { " " },
    ))
}

/// The options that were given, as a shell takes them.
fn options(case: &Case<'_>) -> Vec<String> {
    let Case { global, args, .. } = case;
    let path = |path: &Option<std::path::PathBuf>| path.as_ref().map(|path| path.display().to_string());
    let valued = [
        ("--profile", global.profile.clone()),
        ("--region", global.region.clone()),
        ("--endpoint-url", global.endpoint_url.clone()),
        ("--prefix", global.prefix.clone()),
        ("--config", path(&global.config)),
        ("--reader-key-file", path(&global.reader.reader_key_file)),
        ("--reader-profile", global.reader.reader_profile.clone()),
        ("--via", args.via.map(|via| via.word().to_owned())),
        ("--type", (args.kind != METRICS).then(|| args.kind.clone())),
        ("--statsig-key-file", path(&args.statsig_key_file)),
        (
            "--statsig-url",
            args.statsig_url.as_ref().map(|url| url.base().to_owned()),
        ),
        (
            "--finished-date-type",
            args.finished_date_type
                .map(|kind| FinishedType::from(kind).word().to_owned()),
        ),
        ("--now", args.now.map(|now| now.to_string())),
    ];
    let flags = [
        ("--no-sign-request", global.no_sign_request),
        ("--path-style", global.path_style),
    ];
    valued
        .into_iter()
        .filter_map(|(name, value)| Some(format!("{name} {}", shell_word(&value?))))
        .chain(
            flags
                .into_iter()
                .filter(|(_, given)| *given)
                .map(|(name, _)| name.to_owned()),
        )
        .collect()
}

/// The right `curl`: plain quotation marks, and the key from the environment.
pub(super) fn curl(url: &str, mark: &Mark) -> String {
    format!(
        "curl --fail-with-body --silent --show-error --request POST {} \\\n  \
         --header \"statsig-api-key: ${VARIABLE}\" \\\n  \
         --header 'Content-Type: application/json' \\\n  \
         --data {}\n",
        quoted(url),
        quoted(&mark.body())
    )
}

/// Always in single quotes, as people expect of data.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}
