//! A fleet on one Postgres, and what can happen to it: workers, none of which has the right time, are
//! killed, frozen beyond their lease, cut off, replaced by another version; the server crashes, its
//! clock is set forwards and back by up to an hour, rows of it are damaged. In the end no saga is lost,
//! nothing is done twice, the ledgers agree, no two sagas had one key, and what is damaged is listed. The sagas, their vendors and
//! the audit are those of `kill`.
//!
//! ```text
//!  this process: vendors, ledgers, audit, faults    ◀── calls, notes ──   workers: engine, sagas
//!       │ starts, kills, freezes, cuts off ────────────────────────────▶     │ each by a proxy of its own
//!       └── crashes ───────────────▶ Postgres ◀──────────────────────────────┘
//! ```
//!
//! Without Postgres these tests leave themselves out. Each kind of fault strikes once; with
//! `SAGA_EXHAUSTIVE=1` there are 50 faults, with `SAGA_NIGHTLY=1` 500. `SAGA_SEED=…` makes other choices;
//! what the machine makes of them differs.

mod clocks;
mod director;
mod locks;
mod news;
mod orders;
mod proxy;
mod second;
mod servers;
mod set_back;
mod takeover;
mod worker;

use crate::kill::{LATE, audit, ends, line, random, report, sagas, vendors, visits};
use audit::Findings;
use director::{Director, Fault};
use random::Random;
use saga_postgres_server::Server;
use std::env;

/// What a worker does, which is this very program run once more. In any other process there is no
/// work to do.
#[test]
fn work() {
    if let Some(task) = worker::Task::from_environment() {
        worker::work(&task);
    }
}

/// Lets faults happen; returns what the audit finds.
fn suffer(server: &Server, workers: usize, locks: bool, all: &[Fault]) -> Findings {
    let faults = if env::var_os("SAGA_NIGHTLY").is_some() {
        500
    } else {
        saga_tests::bound(50, all.len())
    };
    let mut random = Random::drawn();
    let mut director = Director::new(server, random.next(), workers, locks);
    let mut counts = [0; Fault::ALL.len()];
    for fault in random.shuffled(all.iter().copied().cycle().take(faults)) {
        director.inflict(fault, &mut random);
        counts[fault as usize] += 1;
    }
    let takeovers = director.takeovers();
    let report = director.finish();
    let findings = Findings::of(&report);
    let told: Vec<_> = all
        .iter()
        .map(|fault| format!("{} {fault:?}", counts[*fault as usize]))
        .collect();
    println!("{faults} faults: {}", told.join(", "));
    println!("{takeovers} workers were declared dead; {findings}");
    assert!(findings.problems.is_empty(), "{findings}");
    assert!(
        findings.completed > faults && findings.compensated > faults / 4,
        "{findings}"
    );
    // One that is killed before it has an epoch is not missed: of two, that may be one.
    let silent = counts[Fault::Kill as usize] + counts[Fault::Freeze as usize];
    assert!(
        takeovers * 2 >= silent,
        "{silent} fell silent, only {takeovers} were declared dead"
    );
    audit::is_not_blind(&report);
    audit::sees_two_at_one_place(&report);
    findings
}

#[test]
fn no_fault_loses_or_doubles_anything() {
    let Some(server) = Server::start(&["fsync=off", "allow_system_table_mods=on"]) else {
        return;
    };
    suffer(&server, 4, false, &Fault::ALL);
}

/// 200 sagas at a time need ten keys: one at a time has each, nobody waits for ever, and no key is left
/// over.
#[test]
fn no_fault_gives_a_key_to_two_or_to_nobody() {
    let Some(server) = Server::start(&["fsync=off", "allow_system_table_mods=on"]) else {
        return;
    };
    let all = [
        Fault::Kill,
        Fault::Freeze,
        Fault::Pause,
        Fault::Crash,
        Fault::Cut,
        Fault::HoldUp,
        Fault::SetClock,
    ];
    let findings = suffer(&server, 8, true, &all);
    assert!(findings.came >= findings.completed, "{findings}");
}
