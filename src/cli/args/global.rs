//! Options that every command takes, and which commands' help names which of them.

use std::path::PathBuf;

use clap::{Args, Command, ValueEnum};

/// Options that every command takes.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Options for every command")]
pub struct GlobalArgs {
    /// A profile of the AWS configuration files
    #[arg(long, global = true, value_name = "NAME")]
    pub profile: Option<String>,
    /// The bucket's region, as an instruction; without it the bucket is asked
    #[arg(long, global = true, value_name = "REGION")]
    pub region: Option<String>,
    /// Another S3 endpoint than AWS' own
    #[arg(long, global = true, value_name = "URL")]
    pub endpoint_url: Option<String>,
    /// Don't sign requests: for public buckets
    #[arg(long, global = true)]
    pub no_sign_request: bool,
    /// Address buckets by path rather than by host name
    #[arg(long, global = true)]
    pub path_style: bool,
    /// What stands before events/, metrics/ and signals/
    #[arg(long, global = true, value_name = "PREFIX")]
    pub prefix: Option<String>,
    /// The configuration file, instead of bucket-ready.toml in the working folder or the user's configuration folder
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Numbered prompts and plain lines in place of screens (also by ACCESSIBLE or TERM=dumb)
    // Not in this version: it is taken, to say so.
    #[arg(long, global = true, hide = true)]
    pub plain: bool,
    /// When to use colours; NO_COLOR counts as never for auto
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub color: ColorChoice,
    /// Never ask: fail where an answer would be needed
    #[arg(long, global = true)]
    pub no_input: bool,
    /// Whose key is judged.
    #[command(flatten)]
    pub reader: ReaderArgs,
}

impl GlobalArgs {
    /// Whether plain lines are wanted: by option, by `ACCESSIBLE`, or by a terminal that can do no more.
    pub fn is_plain(&self) -> bool {
        self.plain
            || std::env::var_os("ACCESSIBLE").is_some_and(|value| !value.is_empty())
            || std::env::var_os("TERM").is_some_and(|term| term == "dumb")
    }
}

/// Whose key is judged, where it is not the credentials in use.
#[derive(Clone, Debug, Default, Args)]
pub struct ReaderArgs {
    /// Check with the key in this JSON file (AccessKeyId and SecretAccessKey) while acting as yourself
    #[arg(long, global = true, value_name = "FILE", conflicts_with = "reader_profile")]
    pub reader_key_file: Option<PathBuf>,
    /// Check with this profile's key while acting as yourself
    #[arg(long, global = true, value_name = "NAME")]
    pub reader_profile: Option<String>,
}

/// When to use colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ColorChoice {
    /// On a terminal, unless NO_COLOR is set.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// The options of every command that some commands do nothing with. These commands take them, so that an alias may give
/// them always, and their help does not name them. A command that is not here uses all of them.
const USED: [(&str, &[&str]); 8] = [
    ("demo", &["config", "prefix", "color"]),
    ("open", &["color"]),
    ("convert", &["color"]),
    ("screen", &[]),
    ("rules", &["color"]),
    ("completions", &[]),
    ("man", &[]),
    ("help", &[]),
];

/// The command line with each command's help limited to the options that do something there.
pub(super) fn without_idle_options(command: Command) -> Command {
    let globals: Vec<_> = command
        .get_arguments()
        .filter(|arg| arg.is_global_set() && !arg.is_hide_set())
        .cloned()
        .collect();
    USED.into_iter().fold(command, |command, (name, used)| {
        if command.find_subcommand(name).is_none() {
            return command;
        }
        // What a command has already is not handed down to it.
        let idle = globals
            .iter()
            .filter(|arg| !used.contains(&arg.get_id().as_str()))
            .map(|arg| arg.clone().hide(true));
        command.mut_subcommand(name, |sub| sub.args(idle))
    })
}
