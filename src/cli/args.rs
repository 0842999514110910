//! Commands and options. Options have the AWS CLI's names where it has one.
//!
//! - [`global`]: the options of every command
//! - `parse`: values, read from text

pub mod global;
mod parse;

use std::path::PathBuf;

use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};
use jiff::Timestamp;

use crate::{
    calendar::{Month, PstDay},
    contract::{SignalVia, days::form::FinishedType},
    report::FailOn,
    rule::Code,
    signal::api::METRICS,
    statsig::Address,
    tui::ScreenName,
};
pub use global::{ColorChoice, GlobalArgs, ReaderArgs};
use parse::{
    address, code, day, format, instant, kind, kms_key, month, screen_name, size, user_name, user_path,
};

/// Is this S3 bucket ready for Statsig to ingest? Checks it, and shows why one is not.
#[derive(Debug, Parser)]
#[command(
    name = "bucket-ready",
    version,
    override_usage = "bucket-ready [OPTIONS] [TARGET]\n       bucket-ready [OPTIONS] COMMAND …",
    max_term_width = 100,
    after_help = "Exit codes: 0 ready or done, 1 not ready, 2 wrong usage, 3 inconclusive, 4 could not be done, 130 interrupted.\n\nTo begin: bucket-ready demo, an account to practise on, in this process."
)]
pub struct Cli {
    /// s3://bucket[/prefix], a local folder, or demo:SCENARIO; opens the wizard on it
    pub target: Option<String>,
    /// How the wizard signals by the API.
    #[command(flatten)]
    pub statsig: StatsigArgs,
    /// Options of every command.
    #[command(flatten)]
    pub global: GlobalArgs,
    /// What to do; without one, the wizard opens.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// How the wizard signals by the API. `signal` has the same options of its own.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Options for the wizard's signals by the API")]
pub struct StatsigArgs {
    /// The request's `type`; only metrics is documented
    #[arg(long = "type", value_name = "TYPE", default_value = METRICS, value_parser = kind)]
    pub kind: String,
    /// Another address than `https://api.statsig.com`
    #[arg(long, value_name = "URL", value_parser = address)]
    pub statsig_url: Option<Address>,
}

impl Default for StatsigArgs {
    fn default() -> Self {
        Self {
            kind: METRICS.to_owned(),
            statsig_url: None,
        }
    }
}

impl StatsigArgs {
    /// An option that was given.
    pub fn given(&self) -> Option<&'static str> {
        match (self.kind == METRICS, &self.statsig_url) {
            (_, Some(_)) => Some("--statsig-url"),
            (false, None) => Some("--type"),
            (true, None) => None,
        }
    }
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Open the wizard on a practice account in this process; nothing of yours is used
    Demo(DemoArgs),
    /// Make every read-only check, without a screen
    Check(CheckArgs),
    /// Show the days of a month: what is there, what was signalled, what may be
    Calendar(CalendarArgs),
    /// Let a user list and read the three folders: plan it, apply exactly that, take it back
    #[command(subcommand)]
    Grant(GrantCommand),
    /// Tell Statsig that days are complete; without --confirm it only shows what that would do
    Signal(SignalArgs),
    /// Open a saved report in the wizard; no credentials are needed
    Open(OpenArgs),
    /// Turn a saved report into another form
    Convert(ConvertArgs),
    /// Print one of the wizard's screens from a saved report, without a terminal
    Screen(ScreenArgs),
    /// List the rules, or explain one
    Rules(RulesArgs),
    /// Print completions for a shell
    Completions(CompletionsArgs),
    /// Print the manual page
    Man,
    /// Not in this version.
    #[command(hide = true, disable_help_flag = true)]
    Unload {
        /// Whatever follows.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        rest: Vec<String>,
    },
    /// Not in this version.
    #[command(hide = true, disable_help_flag = true)]
    Audit {
        /// Whatever follows.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        rest: Vec<String>,
    },
}

/// `demo`
#[derive(Debug, Args)]
pub struct DemoArgs {
    /// The scenario; without it, an account with everything left to do
    #[arg(long, value_name = "NAME", conflicts_with = "list")]
    pub scenario: Option<String>,
    /// Describe the scenarios
    #[arg(long)]
    pub list: bool,
}

/// `check`
#[derive(Debug, Args)]
pub struct CheckArgs {
    /// s3://bucket[/prefix], a local folder, or demo:SCENARIO
    pub target: String,
    /// Read every row
    #[arg(long, conflicts_with_all = ["sample", "seed"])]
    pub full: bool,
    /// Read so many rows per dataset
    #[arg(long, value_name = "ROWS", default_value_t = 20_000, value_parser = clap::value_parser!(u64).range(1..))]
    pub sample: u64,
    /// The sample's seed: the same seed reads the same rows
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
    /// Make these checks alone; comma-separated, may repeat. G7xx read rows: a day is judged by all that its rows break
    #[arg(long, value_name = "CODE", value_delimiter = ',', value_parser = code)]
    pub only: Vec<Code>,
    /// Leave these checks out; comma-separated, may repeat
    #[arg(long, value_name = "CODE", value_delimiter = ',', value_parser = code)]
    pub skip: Vec<Code>,
    /// From which severity on the bucket is not ready
    #[arg(long, value_name = "SEVERITY", default_value = "fail")]
    pub fail_on: FailOnArg,
    /// The form of the result: text, short (to paste into a chat), json, or jsonl (an event a line)
    #[arg(long, value_name = "FORMAT", default_value = "text", value_parser = format)]
    pub output: Format,
    /// Write the result to a file; an earlier report there is replaced, any other file is left alone
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Put pseudonyms in place of ids, e-mail and IP addresses, account numbers, ARNs and key ids
    #[arg(long)]
    pub redact: bool,
    /// The checks' clock, RFC 3339 with an offset; for replays and tests
    #[arg(long, value_name = "INSTANT", value_parser = instant)]
    pub now: Option<Timestamp>,
}

/// `calendar`
#[derive(Debug, Args)]
pub struct CalendarArgs {
    /// s3://bucket[/prefix], a local folder, or demo:SCENARIO
    pub target: String,
    /// The month; without it, that of the last data
    #[arg(long, value_name = "YYYY-MM", value_parser = month)]
    pub month: Option<Month>,
    /// The form of the result
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub output: TextOrJson,
    /// The checks' clock, RFC 3339 with an offset; for replays and tests
    #[arg(long, value_name = "INSTANT", value_parser = instant)]
    pub now: Option<Timestamp>,
}

/// `grant`
#[derive(Debug, Subcommand)]
pub enum GrantCommand {
    /// Look at user and bucket, and say what would be changed; nothing is
    Plan(GrantPlanArgs),
    /// Make exactly a plan's changes, and prove that the new key works; run it again to go on after an interruption
    Apply(GrantApplyArgs),
    /// Take exactly one apply's changes back
    Undo(GrantUndoArgs),
}

/// `grant plan`
#[derive(Debug, Args)]
pub struct GrantPlanArgs {
    /// s3://bucket[/prefix], or demo:SCENARIO
    pub target: String,
    /// The IAM user whose key Statsig is given; it is made where it is not there
    #[arg(long, value_name = "NAME", value_parser = user_name)]
    pub user: String,
    /// The path under which the user is made
    #[arg(long, value_name = "PATH", default_value = "/", value_parser = user_path)]
    pub path: String,
    /// Make a second key, so that the first works until Statsig uses the new one
    #[arg(long)]
    pub rotate: bool,
    /// Grant s3:GetBucketLocation too
    #[arg(long)]
    pub location: bool,
    /// Grant kms:Decrypt on this key too, for objects encrypted with SSE-KMS; may repeat
    #[arg(long, value_name = "ARN", value_parser = kms_key)]
    pub kms_key: Vec<String>,
    /// Drop statements of the bucket policy that name a deleted user or role: AWS saves no policy that holds one
    #[arg(long)]
    pub drop_dead_principals: bool,
    /// Write the plan to a new file, for `grant apply --plan`
    #[arg(long, value_name = "PLAN")]
    pub out: Option<PathBuf>,
    /// Print it for whoever holds the rights, instead of as text; spark is the integration page's confirm step
    #[arg(long, value_name = "FORM")]
    pub print: Option<PrintForm>,
}

/// `grant apply`
#[derive(Debug, Args)]
#[command(group(clap::ArgGroup::new("what").required(true).args(["user", "plan"])))]
pub struct GrantApplyArgs {
    /// s3://bucket[/prefix], or demo:SCENARIO; a saved plan's own
    pub target: String,
    /// Plan for this user, and apply it at once
    #[arg(long, value_name = "NAME", value_parser = user_name)]
    pub user: Option<String>,
    /// Apply this plan of `grant plan --out`
    #[arg(long, value_name = "PLAN")]
    pub plan: Option<PathBuf>,
    /// The bucket's name, repeated; without it, the plan is shown and nothing is changed
    #[arg(long, value_name = "BUCKET")]
    pub confirm: Option<String>,
    /// A new file for the new key; --reader-key-file reads it
    #[arg(long, value_name = "FILE")]
    pub key_file: Option<PathBuf>,
    /// A new file for `grant undo`, instead of bucket-ready-undo-BUCKET-TIME.json in the working folder
    #[arg(long, value_name = "FILE")]
    pub undo_file: Option<PathBuf>,
}

/// `grant undo`
#[derive(Debug, Args)]
pub struct GrantUndoArgs {
    /// The undo file of `grant apply`
    pub file: PathBuf,
    /// The bucket's name, repeated
    #[arg(long, value_name = "BUCKET")]
    pub confirm: Option<String>,
}

/// How a plan is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum PrintForm {
    /// `aws` commands, as a shell script.
    Aws,
    /// A Terraform configuration.
    Terraform,
    /// A CloudFormation template.
    #[value(name = "cloudformation")]
    CloudFormation,
    /// A PySpark script that reads the three folders with the reader's key.
    Spark,
}

/// `signal`
#[derive(Debug, Args)]
#[command(
    after_help = "The words of --accept: not-over, future, empty, failing, half, landing, unknown. The preview says which a \
                  signal needs, and why.\n\nThe server secret of --via api is read from --statsig-key-file, else \
                  STATSIG_SERVER_SECRET, else asked for."
)]
pub struct SignalArgs {
    /// s3://bucket[/prefix], a local folder, or demo:SCENARIO
    pub target: String,
    /// The complete days, as in 2026-06-22
    #[arg(required = true, value_name = "DATE", value_parser = day)]
    pub dates: Vec<PstDay>,
    /// How: by files in signals/, or by the mark_data_ready API; without it, signal_via of the configuration, else files
    #[arg(long, value_name = "WAY")]
    pub via: Option<ViaArg>,
    /// Show what the signal would do, and send nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Send it: repeat the last DATE
    #[arg(long, value_name = "DATE")]
    pub confirm: Option<String>,
    /// Accept what would go wrong, by its word; comma-separated, may repeat
    #[arg(long, value_name = "WORD", value_delimiter = ',')]
    pub accept: Vec<String>,
    /// Print the command that would send it by the API, and send nothing
    #[arg(long, value_name = "FORM", conflicts_with_all = ["dry_run", "confirm", "accept"])]
    pub print: Option<PrintArg>,
    /// The request's type; metrics is the one that is documented
    #[arg(long = "type", value_name = "WORD", default_value = "metrics", value_parser = kind)]
    pub kind: String,
    /// A file that holds the server secret
    #[arg(long, value_name = "FILE")]
    pub statsig_key_file: Option<PathBuf>,
    /// Another address than Statsig's own, https://… or one of this machine
    #[arg(long, value_name = "URL", value_parser = address)]
    pub statsig_url: Option<Address>,
    /// The type of finished_date, instead of that of the existing signals
    #[arg(long, value_name = "TYPE")]
    pub finished_date_type: Option<FinishedTypeArg>,
    /// The guards' clock, RFC 3339 with an offset; for replays and tests
    #[arg(long, value_name = "INSTANT", value_parser = instant)]
    pub now: Option<Timestamp>,
}

/// `--via`
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ViaArg {
    /// By files in signals/.
    Files,
    /// By the mark_data_ready API.
    Api,
}

impl ViaArg {
    /// As it is written.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Files => "files",
            Self::Api => "api",
        }
    }
}

impl From<ViaArg> for SignalVia {
    fn from(arg: ViaArg) -> Self {
        match arg {
            ViaArg::Files => Self::Files,
            ViaArg::Api => Self::Api,
        }
    }
}

/// `--print` of `signal`
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum PrintArg {
    /// A curl command that reads the secret from the environment.
    Curl,
}

/// `--finished-date-type`
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FinishedTypeArg {
    /// DATE.
    Date,
    /// Text, YYYY-MM-DD.
    String,
}

impl From<FinishedTypeArg> for FinishedType {
    fn from(arg: FinishedTypeArg) -> Self {
        match arg {
            FinishedTypeArg::Date => Self::Date,
            FinishedTypeArg::String => Self::String,
        }
    }
}

/// `open`
#[derive(Debug, Args)]
pub struct OpenArgs {
    /// A report, as `check --output json` or `jsonl` wrote it; `-` reads standard input
    pub report: PathBuf,
}

/// `convert`
#[derive(Debug, Args)]
pub struct ConvertArgs {
    /// A report, as `check --output json` or `jsonl` wrote it; `-` reads standard input
    pub report: PathBuf,
    /// The form of the result: text, short (to paste into a chat), json, or jsonl
    #[arg(long, value_name = "FORMAT", value_parser = format)]
    pub output: Format,
    /// Write the result to a file; an earlier report there is replaced, any other file is left alone
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Put pseudonyms in place of ids, e-mail and IP addresses, account numbers, ARNs and key ids
    #[arg(long)]
    pub redact: bool,
}

/// `screen`
#[derive(Debug, Args)]
pub struct ScreenArgs {
    /// Which screen: connect, grant, access, layout, data, calendar, report or help
    #[arg(value_parser = screen_name)]
    pub name: ScreenName,
    /// The report to show
    #[arg(long, value_name = "REPORT")]
    pub report: PathBuf,
    /// Columns and lines
    #[arg(long, value_name = "WxH", default_value = "100x30", value_parser = size)]
    pub size: (u16, u16),
    /// The form: plain text, or with colours as ANSI sequences
    #[arg(long = "as", value_name = "FORM", default_value = "text")]
    pub form: ScreenForm,
    /// The clock that the screen shows, RFC 3339 with an offset; without it, the report's
    #[arg(long, value_name = "INSTANT", value_parser = instant)]
    pub now: Option<Timestamp>,
}

/// `rules`
#[derive(Debug, Args)]
pub struct RulesArgs {
    /// A code such as E511, or a slug such as event-name-too-long
    pub code: Option<String>,
    /// The form of the result
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub output: TextOrJson,
}

/// `completions`
#[derive(Debug, Args)]
pub struct CompletionsArgs {
    /// The shell
    pub shell: clap_complete::Shell,
}

/// How a screen is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ScreenForm {
    /// Characters alone.
    Text,
    /// With colours and attributes.
    Ansi,
}

/// Text for people or JSON for programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum TextOrJson {
    /// For people.
    Text,
    /// For programs.
    Json,
}

/// `--fail-on`
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FailOnArg {
    /// Only findings of severity fail.
    Fail,
    /// Warnings too.
    Warn,
}

impl From<FailOnArg> for FailOn {
    fn from(arg: FailOnArg) -> Self {
        match arg {
            FailOnArg::Fail => Self::Fail,
            FailOnArg::Warn => Self::Warn,
        }
    }
}

/// The forms of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// For people.
    Text,
    /// A few lines to paste into a chat.
    Short,
    /// The report itself.
    Json,
    /// A survey event a line, the report last.
    Jsonl,
}

/// The command line, as it is parsed and as help, manual and completions show it.
pub fn command() -> clap::Command {
    global::without_idle_options(Cli::command())
}

impl Cli {
    /// Reads the process's arguments.
    ///
    /// # Errors
    /// Wrong usage, and help or version where they were asked for.
    pub fn of_process() -> Result<Self, clap::Error> {
        let mut command = command();
        let matches = command.try_get_matches_from_mut(std::env::args_os())?;
        Self::from_arg_matches(&matches).map_err(|error| error.format(&mut command))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    #[test]
    fn the_definition_is_sound() {
        command().debug_assert();
    }

    #[test]
    fn codes_may_be_listed_repeated_and_named_by_slug() {
        let cli = Cli::try_parse_from([
            "bucket-ready",
            "check",
            ".",
            "--only",
            "e511,E512",
            "--only",
            "folder-missing",
        ])
        .unwrap();
        let Some(Command::Check(args)) = cli.command else {
            panic!("not check");
        };
        assert_eq!(args.only, ["E511", "E512", "L301"].map(Code::new));
    }
}
