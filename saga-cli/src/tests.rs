//! What each command says of sagas that really ran, over a store in memory.

mod acting;
mod analyzing;
#[path = "../tests/common/mod.rs"]
mod common;
mod drawing;
mod locks;
mod looking;
mod many;
mod nested;
mod night;
mod outbox;
mod recorded;
mod signalling;

use crate::{
    args::{Args, Command},
    failure::Failure,
    journal::Own,
    look::Reader,
    person::Person,
    report::Report,
};
use anstream::adapter::strip_str;
use clap::Parser;
use night::Night;
use recorded::Recorded;

/// Somebody who answers so, and what they were shown.
struct Somebody {
    agrees: Option<bool>,
    shown: Vec<String>,
}

impl Person for Somebody {
    fn agrees(&mut self, what: &str) -> Option<bool> {
        self.shown.push(strip_str(what).to_string());
        self.agrees
    }
}

fn nobody() -> Somebody {
    somebody(None)
}

fn somebody(agrees: impl Into<Option<bool>>) -> Somebody {
    Somebody {
        agrees: agrees.into(),
        shown: Vec::new(),
    }
}

/// Runs a command line, without `saga` and the journal.
async fn run(journal: &Recorded, line: &str, person: &mut Somebody) -> Result<Report, Failure> {
    let words = ["saga", "--journal", "-"];
    let words = words.into_iter().chain(line.split_whitespace());
    let args = Args::try_parse_from(words).unwrap();
    let store = std::sync::Arc::new(journal.clone());
    let reader = Reader::new(store, journal.now, journal.width)
        .await
        .unwrap();
    match &args.command {
        Command::List(args) => crate::list::list(&reader, args).await,
        Command::Show(args) => crate::show::show(&reader, args).await,
        Command::Why(args) => crate::why::why(&reader, args).await,
        Command::Locks(args) => crate::locks::locks(&reader, args, person).await,
        Command::Outbox(args) => crate::outbox::outbox(&reader, args, person).await,
        Command::Stats => crate::stats::stats(&reader).await,
        Command::Check => crate::check::check(&reader).await,
        Command::Diagram(args) => crate::diagram::diagram(&reader, args).await,
        Command::Analyze(args) => crate::analyze::analyze(&reader, &args.saga).await,
        Command::Resume(args) => crate::act::many::resume(&reader, args, person).await,
        Command::Settle(args) => crate::act::act(&reader, args.into(), person).await,
        Command::Signal(args) => crate::act::act(&reader, args.into(), person).await,
        Command::Abandon(args) => crate::act::act(&reader, args.into(), person).await,
        Command::Cancel(args) => crate::act::act(&reader, args.into(), person).await,
        Command::Released(_) => unreachable!("tests of the program call it: it opens its journals"),
        Command::Serve(args) => crate::serve::serve(&reader, args).await,
        Command::Purge(args) => {
            let journal = journal.clone();
            let own = Own::Alone(Box::new(move || journal.own()));
            crate::purge::purge(&reader, args, own, person).await
        }
    }
}

/// What a command prints, without colours. Of one saga that cannot be read, that is an error.
async fn text(journal: &Recorded, line: &str) -> String {
    let report = run(journal, line, &mut nobody()).await.unwrap();
    let text = strip_str(&report.text).to_string();
    let of_one = line.starts_with("why ") || line.starts_with("show ");
    let code = u8::from(of_one && text.contains("unreadable"));
    assert_eq!(report.code, code, "{line}: {text}");
    text
}

/// What a command prints as JSON.
async fn json(journal: &Recorded, line: &str) -> String {
    let report = run(journal, line, &mut nobody()).await.unwrap();
    serde_json::from_str::<serde_json::Value>(&report.json).unwrap();
    report.json
}

/// Why a command does nothing, and the exit code.
async fn failure(journal: &Recorded, line: &str) -> (String, u8) {
    failure_by(journal, line, &mut nobody()).await
}

async fn failure_by(journal: &Recorded, line: &str, person: &mut Somebody) -> (String, u8) {
    let failure = run(journal, line, person).await.unwrap_err();
    (failure.to_string(), failure.code())
}

/// What was recorded in a night.
async fn night() -> Recorded {
    Night::pass().await
}
