//! The arguments of the command.

use crate::{age, journal::Address, locks, released};
use clap::{
    ArgGroup, Parser, Subcommand, ValueEnum,
    builder::{OsStringValueParser, TypedValueParser as _},
};
use serde::Serialize;
use serde_json::value::RawValue;
use std::{net::SocketAddr, time::Duration};
use typed_saga_engine::State;

/// The end of every help text.
const CODES: &str = "\
Exit codes:
  0  done, or sent (then the output says whether an engine has answered)
  1  error: the journal, or the saga named to `show` or `why`, cannot be read
  2  wrong usage
  3  refused, declined, or not found; nothing was done

Pass a URL with a password as SAGA_JOURNAL: other users may see the arguments of a process.
ID is the id of a saga, such as `trip-42`, or its name and its id, such as `BookTrip/trip-42`.
Times are in UTC. With --json, the output is one JSON document, even after a failure.";

/// Inspect and repair durable sagas in a journal.
///
/// This command never runs a step. It leaves each request in the journal for the engine that owns
/// the journal, or for the next engine that opens it.
#[derive(Debug, Parser)]
#[command(name = "saga", version, after_help = CODES)]
pub(crate) struct Args {
    /// The file of the journal, or the URL of its Postgres database, such as `postgres://ada@db/shop`;
    /// `released` accepts several
    #[arg(
        long,
        global = true,
        value_name = "FILE|URL",
        env = "SAGA_JOURNAL",
        hide_env_values = true,
        value_parser = OsStringValueParser::new().map(Address::from)
    )]
    pub(crate) journal: Vec<Address>,
    /// The schema of the sagas in a database (a file has none)
    #[arg(
        long,
        global = true,
        value_name = "NAME",
        env = "SAGA_SCHEMA",
        hide_env_values = true,
        default_value = "saga"
    )]
    pub(crate) schema: String,
    /// Print JSON
    #[arg(long, global = true)]
    pub(crate) json: bool,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// List sagas, those that need an operator first
    List(List),
    /// Show one saga: its inputs, its steps and its history
    Show(Target),
    /// Explain in one sentence why a saga is where it is
    Why(Target),
    /// Resume one or more parked sagas
    Resume(Resume),
    /// Record the real state of a step that the saga could not settle or compensate
    Settle(Settle),
    /// Send a saga a signal
    Signal(Signal),
    /// Give up on a parked, quarantined or waiting saga: nothing more of it runs
    Abandon(Abandon),
    /// Cancel a saga: compensate the steps that it has applied
    Cancel(Cancel),
    /// Delete sagas that ended long ago, or one ended saga, with their journals
    Purge(Purge),
    /// List undelivered events, or deliver an event again
    Outbox(Outbox),
    /// List which sagas have the keys of locks, and which wait for them; or free a key of a saga that
    /// no engine can read
    Locks(locks::Args),
    /// Count sagas
    Stats,
    /// Look for damage in the whole file, which may take minutes
    Check,
    /// Draw the steps of a saga
    Diagram(Diagram),
    /// Analyze a declaration: how long a saga takes at most, how often it calls, and every way to park
    Analyze(Analyze),
    /// Write the versions that may be in flight to the file that the compiler compares sagas with
    Released(released::Args),
    /// Serve the web console: pages and a JSON API
    Serve(Serve),
}

#[derive(Debug, clap::Args)]
pub(crate) struct Target {
    /// The saga
    pub(crate) id: String,
}

#[derive(Debug, clap::Args)]
pub(crate) struct List {
    /// Only sagas in one of these states
    #[arg(long, value_enum, value_delimiter = ',', value_name = "STATE,…")]
    pub(crate) state: Vec<Condition>,
    /// Only sagas of this name
    #[arg(long, value_name = "NAME")]
    pub(crate) saga: Option<String>,
    /// The most to list
    #[arg(long, value_name = "N", default_value_t = 100)]
    pub(crate) limit: usize,
}

/// A state of a saga as it is recorded, or what shows when its journal is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Condition {
    Parked,
    Running,
    Waiting,
    Abandoned,
    Compensated,
    Completed,
    /// The engine that had it last, or this command, cannot read it (sagas that have ended are
    /// not checked)
    Unreadable,
    /// Ten workers in a row have died with it: it is left alone until it is resumed
    Quarantined,
    /// A call has failed at least ten times in a row, or has run for ten times its limit
    Stuck,
}

impl Condition {
    pub(crate) fn state(self) -> Option<State> {
        Some(match self {
            Self::Parked => State::Parked,
            Self::Running => State::Running,
            Self::Waiting => State::Waiting,
            Self::Abandoned => State::Abandoned,
            Self::Compensated => State::Compensated,
            Self::Completed => State::Completed,
            Self::Unreadable | Self::Quarantined | Self::Stuck => return None,
        })
    }
}

/// The options of every action.
#[derive(Debug, clap::Args)]
pub(crate) struct How {
    /// Your name, which is recorded
    #[arg(long, value_name = "NAME", env = "USER", hide_env_values = true)]
    pub(crate) by: Option<String>,
    /// Show what would run, and do nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Do not ask for confirmation
    #[arg(long)]
    pub(crate) yes: bool,
    /// How long to wait for the answer of a running engine
    #[arg(long, value_name = "TIME", default_value = "5s", value_parser = age::parse)]
    pub(crate) wait: Duration,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Resume {
    /// Which saga
    #[arg(
        required_unless_present_any = ["all", "saga", "step", "state"],
        conflicts_with_all = ["all", "saga", "step", "state"],
    )]
    pub(crate) id: Option<String>,
    /// All parked sagas that the other options select
    #[arg(long)]
    pub(crate) all: bool,
    /// All parked sagas of this name
    #[arg(long, value_name = "NAME")]
    pub(crate) saga: Option<String>,
    /// All sagas that parked because of this step
    #[arg(long, value_name = "STEP")]
    pub(crate) step: Option<String>,
    /// All sagas that parked because a step, or the one named by `--step`, is in one of these states
    #[arg(long, value_enum, value_delimiter = ',', value_name = "STATE,…")]
    pub(crate) state: Vec<Held>,
    /// The reason, which is recorded
    #[arg(long, value_name = "TEXT")]
    pub(crate) why: Option<String>,
    #[command(flatten)]
    pub(crate) how: How,
}

#[derive(Debug, clap::Args)]
#[command(group = ArgGroup::new("settled").required(true))]
pub(crate) struct Settle {
    /// The saga
    pub(crate) id: String,
    /// The step; a step of a child saga by its path: `wrapped/paper`
    pub(crate) step: String,
    /// It happened, with this effect
    #[arg(long, value_name = "JSON", group = "settled", value_parser = json)]
    pub(crate) applied: Option<serde_json::Value>,
    /// It did not happen, and no longer can
    #[arg(long, group = "settled")]
    pub(crate) not_applied: bool,
    /// It is undone, and can no longer happen
    #[arg(long, group = "settled")]
    pub(crate) undone: bool,
    /// The reason, which is recorded
    #[arg(long, value_name = "TEXT")]
    pub(crate) why: String,
    #[command(flatten)]
    pub(crate) how: How,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Signal {
    /// The saga
    pub(crate) id: String,
    /// The signal
    #[arg(value_name = "SIGNAL")]
    pub(crate) name: String,
    /// Its value; `null` if you leave it out
    #[arg(value_name = "JSON", default_value = "null", value_parser = raw)]
    pub(crate) value: Box<RawValue>,
    /// The reason, which is recorded
    #[arg(long, value_name = "TEXT")]
    pub(crate) why: Option<String>,
    #[command(flatten)]
    pub(crate) how: How,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Abandon {
    /// The saga
    pub(crate) id: String,
    /// The reason, which is recorded
    #[arg(long, value_name = "TEXT")]
    pub(crate) why: String,
    #[command(flatten)]
    pub(crate) how: How,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Cancel {
    /// The saga
    pub(crate) id: String,
    /// The reason, which is recorded
    #[arg(long, value_name = "TEXT")]
    pub(crate) why: Option<String>,
    #[command(flatten)]
    pub(crate) how: How,
}

#[derive(Debug, clap::Args)]
#[command(group = ArgGroup::new("which").required(true).args(["id", "older_than"]))]
pub(crate) struct Purge {
    /// One saga that has ended, no matter when
    #[arg(conflicts_with_all = ["saga", "state"], requires = "why")]
    pub(crate) id: Option<String>,
    /// Only sagas that have not changed for this long, such as 30d, 12h, 15m
    #[arg(long, value_name = "TIME", value_parser = age::parse)]
    pub(crate) older_than: Option<Duration>,
    /// Only sagas of this name
    #[arg(long, value_name = "NAME")]
    pub(crate) saga: Option<String>,
    /// Only sagas that ended in one of these states
    #[arg(long, value_enum, value_delimiter = ',', value_name = "STATE,…")]
    pub(crate) state: Vec<Ended>,
    /// Then rewrite the file, so that no byte of what was purged is left in it; this needs as much
    /// free disk space as the file takes up
    #[arg(long)]
    pub(crate) vacuum: bool,
    /// The reason to purge one saga, which is recorded with its id
    #[arg(long, value_name = "TEXT", requires = "id")]
    pub(crate) why: Option<String>,
    /// Your name, which is recorded with the reason
    #[arg(long, value_name = "NAME", env = "USER", hide_env_values = true)]
    pub(crate) by: Option<String>,
    /// Show what would be deleted, and do nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Do not ask for confirmation
    #[arg(long)]
    pub(crate) yes: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Outbox {
    /// Only events of this saga
    #[arg(conflicts_with = "saga", required_if_eq_any([("redeliver", "true"), ("skip", "true")]))]
    pub(crate) id: Option<String>,
    /// Only events of sagas of this name
    #[arg(long, value_name = "NAME")]
    pub(crate) saga: Option<String>,
    /// Only events whose delivery has failed at least ten times in a row
    #[arg(long)]
    pub(crate) stuck: bool,
    /// The most to list
    #[arg(long, value_name = "N", default_value_t = 100)]
    pub(crate) limit: usize,
    /// Deliver the first of them now, instead of listing them
    #[arg(long, conflicts_with = "stuck")]
    pub(crate) redeliver: bool,
    /// Never deliver the first of them; the saga's next event becomes due
    #[arg(long, conflicts_with_all = ["stuck", "redeliver"], requires = "why")]
    pub(crate) skip: bool,
    /// Deliver or skip this event of the saga; one that was delivered can be delivered again
    #[arg(long, value_name = "NUMBER", requires = "id")]
    pub(crate) event: Option<u64>,
    /// The reason, which is stored with the request, and with an event that is skipped
    #[arg(long, value_name = "TEXT", requires = "id")]
    pub(crate) why: Option<String>,
    #[command(flatten)]
    pub(crate) how: How,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Diagram {
    /// The name of a saga, which is drawn as its latest run declared it; or the id of one run
    pub(crate) saga: String,
    /// Draw the child saga at this step, such as `wrapped` or `wrapped/paper`
    #[arg(long, value_name = "PATH")]
    pub(crate) step: Option<String>,
    /// The format of the picture
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "svg")]
    pub(crate) format: Format,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Analyze {
    /// A file with the JSON of `MySaga::DEFINITION.to_json()` (`-`: standard input), which needs no
    /// journal; or the name of a saga in the journal, as its latest run declared it; or the id of one
    /// run
    #[arg(value_name = "FILE|NAME")]
    pub(crate) saga: String,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Serve {
    /// The address and port to listen on
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:7242")]
    pub(crate) listen: SocketAddr,
    /// Let users act: resume, settle, cancel and abandon sagas, and send signals
    #[arg(long)]
    pub(crate) act: bool,
    /// The token that every request must carry, as the password (with any user name) or as a bearer
    /// token; required unless the console listens on loopback
    #[arg(
        long,
        value_name = "TOKEN",
        env = "SAGA_CONSOLE_TOKEN",
        hide_env_values = true
    )]
    pub(crate) token: Option<String>,
}

/// The format of a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Format {
    Svg,
    Mermaid,
}

/// Why a step holds up a parked saga.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Held {
    /// It is still applied: it could not be compensated, or its effect could not be recorded
    StillApplied,
    /// It is unknown whether it happened
    InDoubt,
    /// It could not be finished, after the pivot
    Unfinished,
}

/// The ends of a saga that leave nothing to an operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Ended {
    Completed,
    Compensated,
    Abandoned,
}

impl Ended {
    pub(crate) fn state(self) -> State {
        match self {
            Self::Completed => State::Completed,
            Self::Compensated => State::Compensated,
            Self::Abandoned => State::Abandoned,
        }
    }
}

fn json(text: &str) -> Result<serde_json::Value, serde_json::Error> {
    serde_json::from_str(text)
}

fn raw(text: &str) -> Result<Box<RawValue>, serde_json::Error> {
    serde_json::from_str(text)
}

#[cfg(test)]
mod tests {
    use super::Args;
    use clap::CommandFactory;

    #[test]
    fn the_arguments_are_consistent() {
        Args::command().debug_assert();
    }
}
