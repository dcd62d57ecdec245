//! The `saga` command: looks at durable sagas in their journal, and acts on them.
//!
//! ```text
//!  args ─▶ journal (any `ReadStore`) ─▶ look (folded) ─▶ list, show, why, stats
//!                                            └─ plan ─▶ act ─▶ inbox ─▶ an engine
//! ```
//!
//! A journal is folded with the real kernel: its definitions are stored as JSON beside it. What
//! needs the types of a program goes through the inbox to an engine.

mod act;
mod age;
mod analyze;
mod args;
mod check;
mod diagram;
mod failure;
mod find;
mod journal;
mod list;
mod locks;
mod look;
mod outbox;
mod person;
mod purge;
mod released;
mod report;
mod serve;
mod show;
mod stats;
mod style;
mod table;
#[cfg(test)]
mod tests;
mod why;

use anstream::AutoStream;
use args::{Args, Command};
use clap::{CommandFactory, Parser, error::ErrorKind};
use failure::Failure;
use journal::{Address, Journal};
use look::Reader;
use person::AtTerminal;
use report::Report;
use std::{
    io::{self, IsTerminal, Write},
    process::ExitCode,
};

fn main() -> ExitCode {
    let args = Args::parse();
    match said(&args) {
        Ok(report) => {
            let text = if args.json {
                report.json + "\n"
            } else {
                report.text
            };
            print(AutoStream::auto(io::stdout()), &text);
            ExitCode::from(report.code)
        }
        Err(failure) => {
            if args.json {
                let json = serde_json::to_string_pretty(&failure).expect("a failure is a text");
                print(AutoStream::auto(io::stdout()), &format!("{json}\n"));
            }
            print(
                AutoStream::auto(io::stderr()),
                &format!("saga: {failure}\n"),
            );
            ExitCode::from(failure.code())
        }
    }
}

/// What a command says: of a file, without a journal.
fn said(args: &Args) -> Result<Report, Failure> {
    if let Command::Analyze(args) = &args.command
        && let Some(report) = analyze::file(&args.saga)?
    {
        return Ok(report);
    }
    let [first, others @ ..] = &args.journal[..] else {
        let mut text =
            "no journal: say --journal FILE, or --journal postgres://…, or set SAGA_JOURNAL\n"
                .to_owned();
        if let Command::Analyze(args) = &args.command {
            text = format!("there is no file `{}`, and {text}", args.saga);
        }
        Args::command()
            .error(ErrorKind::MissingRequiredArgument, text)
            .exit();
    };
    if !others.is_empty() && !matches!(args.command, Command::Released(_)) {
        let text = "several journals: only `saga released` looks at more than one".to_owned();
        return Err(Failure::Usage(text));
    }
    runtime()?.block_on(run(args, first))
}

/// A reader that has gone away, as `head` does, is no failure.
fn print(mut to: impl Write, text: &str) {
    let _ = to.write_all(text.as_bytes()).and_then(|()| to.flush());
}

fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::Error(error.to_string()))
}

async fn run(args: &Args, place: &Address) -> Result<Report, Failure> {
    let Journal { read, own } = Journal::open(place, &args.schema).await?;
    let now = read.now().await?;
    let reader = Reader::new(read, now, width()).await?;
    let person = &mut AtTerminal { json: args.json };
    match &args.command {
        Command::List(args) => list::list(&reader, args).await,
        Command::Show(args) => show::show(&reader, args).await,
        Command::Why(args) => why::why(&reader, args).await,
        Command::Locks(args) => locks::locks(&reader, args, person).await,
        Command::Outbox(args) => outbox::outbox(&reader, args, person).await,
        Command::Stats => stats::stats(&reader).await,
        Command::Check => check::check(&reader).await,
        Command::Diagram(args) => diagram::diagram(&reader, args).await,
        Command::Analyze(args) => analyze::analyze(&reader, &args.saga).await,
        Command::Resume(args) => act::many::resume(&reader, args, person).await,
        Command::Settle(args) => act::act(&reader, args.into(), person).await,
        Command::Signal(args) => act::act(&reader, args.into(), person).await,
        Command::Abandon(args) => act::act(&reader, args.into(), person).await,
        Command::Cancel(args) => act::act(&reader, args.into(), person).await,
        Command::Released(of) => released::released(&args.journal, &args.schema, of).await,
        Command::Serve(args) => serve::serve(&reader, args).await,
        Command::Purge(args) => purge::purge(&reader, args, own, person).await,
    }
}

/// The width of the terminal, if the output is one.
fn width() -> Option<usize> {
    let terminal = io::stdout().is_terminal();
    let size = terminal_size::terminal_size().filter(|_| terminal)?;
    Some(usize::from(size.0.0))
}
