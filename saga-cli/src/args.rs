//! What can be asked for.

use crate::{age, journal::Place};
use clap::{
    ArgGroup, Parser, Subcommand, ValueEnum,
    builder::{OsStringValueParser, TypedValueParser as _},
};
use saga_engine::State;
use serde::Serialize;
use serde_json::value::RawValue;
use std::{net::SocketAddr, time::Duration};

/// What every help says at its end.
const CODES: &str = "\
Exit codes:
  0  done, or sent: then the text says whether an engine has answered
  1  an error: the journal cannot be read, or the saga that `show` or `why` is about cannot
  2  wrong usage
  3  refused, declined, or not found; nothing was done

A URL with a password is better set as SAGA_JOURNAL: others may see the arguments of a process.
An ID is that of a saga, as `trip-42`, or with its name before it, as `BookTrip/trip-42`.
Times are in UTC. With --json one document is printed, also for a failure.";

/// Looks at durable sagas in a journal, and acts on them.
///
/// It never runs a step: what is asked of a saga is left in the journal for the engine that owns
/// it, or for the next one that opens it.
#[derive(Debug, Parser)]
#[command(name = "saga", version, after_help = CODES)]
pub(crate) struct Args {
    /// The file of the journal, or the URL of its Postgres database, as `postgres://ada@db/shop`
    #[arg(
        long,
        global = true,
        value_name = "FILE|URL",
        env = "SAGA_JOURNAL",
        hide_env_values = true,
        value_parser = OsStringValueParser::new().map(Place::from)
    )]
    pub(crate) journal: Option<Place>,
    /// The schema of the sagas in a database; a file has none
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
    /// List sagas, those that need somebody first
    List(List),
    /// Show one saga: its inputs, its steps and its history
    Show(Target),
    /// Say in one sentence why a saga is where it is
    Why(Target),
    /// Take a parked saga, or many, up where they stopped
    Resume(Resume),
    /// Say where a step stands that the saga could not settle or undo by itself
    Settle(Settle),
    /// Send a saga a signal
    Signal(Signal),
    /// Take a parked or waiting saga into your own hands for good: nothing of it runs any more
    Abandon(Abandon),
    /// Ask a saga to go back
    Cancel(Cancel),
    /// Delete sagas that ended long ago, with their journals
    Purge(Purge),
    /// List the events of sagas that are not delivered, or deliver one again
    Outbox(Outbox),
    /// Count sagas
    Stats,
    /// Draw a saga as it is declared
    Diagram(Diagram),
    /// Serve a console: pages and a JSON API
    Serve(Serve),
}

#[derive(Debug, clap::Args)]
pub(crate) struct Target {
    /// Which saga
    pub(crate) id: String,
}

#[derive(Debug, clap::Args)]
pub(crate) struct List {
    /// Only those in one of these states
    #[arg(long, value_enum, value_delimiter = ',', value_name = "STATE,…")]
    pub(crate) state: Vec<Condition>,
    /// Only those of this name
    #[arg(long, value_name = "NAME")]
    pub(crate) saga: Option<String>,
    /// At most so many
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
    /// The engine that had it last, or this command, cannot read it; those that have ended are
    /// not read for this
    Unreadable,
    /// A call has failed ten times in a row, or more; or it has run for ten times its limit
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
            Self::Unreadable | Self::Stuck => return None,
        })
    }
}

/// How an action is asked for.
#[derive(Debug, clap::Args)]
pub(crate) struct How {
    /// Who asks: it is put on record
    #[arg(long, value_name = "NAME", env = "USER", hide_env_values = true)]
    pub(crate) by: Option<String>,
    /// Only show what would run
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Do not ask before
    #[arg(long)]
    pub(crate) yes: bool,
    /// How long the answer of a running engine is waited for
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
    /// All that are parked, as far as the other options say
    #[arg(long)]
    pub(crate) all: bool,
    /// All of this name that are parked
    #[arg(long, value_name = "NAME")]
    pub(crate) saga: Option<String>,
    /// All that parked because of this step
    #[arg(long, value_name = "STEP")]
    pub(crate) step: Option<String>,
    /// All that parked because a step, or the one that `--step` names, is in one of these states
    #[arg(long, value_enum, value_delimiter = ',', value_name = "STATE,…")]
    pub(crate) state: Vec<Held>,
    /// Why: it is put on record
    #[arg(long, value_name = "TEXT")]
    pub(crate) why: Option<String>,
    #[command(flatten)]
    pub(crate) how: How,
}

#[derive(Debug, clap::Args)]
#[command(group = ArgGroup::new("settled").required(true))]
pub(crate) struct Settle {
    /// Which saga
    pub(crate) id: String,
    /// Which step; in a step that is a saga, its path: `wrapped/paper`
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
    /// Why: it is put on record
    #[arg(long, value_name = "TEXT")]
    pub(crate) why: String,
    #[command(flatten)]
    pub(crate) how: How,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Signal {
    /// Which saga
    pub(crate) id: String,
    /// Which signal
    #[arg(value_name = "SIGNAL")]
    pub(crate) name: String,
    /// Its value; without one: null
    #[arg(value_name = "JSON", default_value = "null", value_parser = raw)]
    pub(crate) value: Box<RawValue>,
    /// Why: it is put on record
    #[arg(long, value_name = "TEXT")]
    pub(crate) why: Option<String>,
    #[command(flatten)]
    pub(crate) how: How,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Abandon {
    /// Which saga
    pub(crate) id: String,
    /// Why: it is put on record
    #[arg(long, value_name = "TEXT")]
    pub(crate) why: String,
    #[command(flatten)]
    pub(crate) how: How,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Cancel {
    /// Which saga
    pub(crate) id: String,
    /// Why: it is put on record
    #[arg(long, value_name = "TEXT")]
    pub(crate) why: Option<String>,
    #[command(flatten)]
    pub(crate) how: How,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Purge {
    /// Only those that have not changed for so long, as 30d, 12h, 15m
    #[arg(long, value_name = "TIME", value_parser = age::parse)]
    pub(crate) older_than: Duration,
    /// Only those of this name
    #[arg(long, value_name = "NAME")]
    pub(crate) saga: Option<String>,
    /// Only those that ended so
    #[arg(long, value_enum, value_delimiter = ',', value_name = "STATE,…")]
    pub(crate) state: Vec<Ended>,
    /// Only count them
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Do not ask before
    #[arg(long)]
    pub(crate) yes: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Outbox {
    /// Only those of this saga
    #[arg(conflicts_with = "saga", required_if_eq("redeliver", "true"))]
    pub(crate) id: Option<String>,
    /// Only those of sagas of this name
    #[arg(long, value_name = "NAME")]
    pub(crate) saga: Option<String>,
    /// Only those that could not be delivered ten times in a row, or more
    #[arg(long)]
    pub(crate) stuck: bool,
    /// At most so many
    #[arg(long, value_name = "N", default_value_t = 100)]
    pub(crate) limit: usize,
    /// Hand over the first of them at once, instead of listing them
    #[arg(long, conflicts_with = "stuck")]
    pub(crate) redeliver: bool,
    /// Hand over this one of its events, though it may be delivered
    #[arg(long, value_name = "NUMBER", requires = "redeliver")]
    pub(crate) event: Option<u64>,
    /// Why: it is left with the request
    #[arg(long, value_name = "TEXT", requires = "redeliver")]
    pub(crate) why: Option<String>,
    #[command(flatten)]
    pub(crate) how: How,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Diagram {
    /// Its name: it is drawn as its latest run was begun; or the ID of one run
    pub(crate) saga: String,
    /// Draw the saga that this step of it is, as in `wrapped` or `wrapped/paper`
    #[arg(long, value_name = "PATH")]
    pub(crate) step: Option<String>,
    /// As what
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "svg")]
    pub(crate) format: Format,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Serve {
    /// Where: an address of this machine, and a port
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:7242")]
    pub(crate) listen: SocketAddr,
    /// Let whoever is admitted act: resume, settle, cancel and abandon sagas, and send signals
    #[arg(long)]
    pub(crate) act: bool,
    /// What whoever asks must know: as the password of a browser, with any name, or as a bearer
    /// token; only who listens on loopback needs none
    #[arg(
        long,
        value_name = "TOKEN",
        env = "SAGA_CONSOLE_TOKEN",
        hide_env_values = true
    )]
    pub(crate) token: Option<String>,
}

/// In which language a picture is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Format {
    Svg,
    Mermaid,
    Dot,
}

/// How a step holds up a parked saga.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Held {
    /// It stands: it could not be undone, or its effect could not be recorded
    Standing,
    /// It is not known whether it happened
    InDoubt,
    /// It could not be done, after the pivot
    Unfinished,
}

/// How a saga ends that nobody has to look after.
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
