//! What drives runs is compiled once for each kind of journal, in the crate of the journal, however
//! many sagas a program has.

use std::{env, process::Command};

/// In this program: runs in memory, on an engine, and in the testing kit.
const JOURNALS: usize = 3;

/// Parts of the executor that any saga needs.
const PARTS: [&str; 4] = [
    "saga_core::executor::drive::drive::{{closure}}",
    "saga_core::executor::drive::perform::{{closure}}",
    "saga_core::executor::run_state::RunState::ended",
    "saga_core::executor::run_state::RunState::apply_caused",
];

#[test]
fn what_drives_runs_is_compiled_once() {
    let program = env::current_exe().unwrap();
    let Ok(listed) = Command::new("nm").arg("-C").arg(program).output() else {
        return eprintln!("left out: there is no `nm`");
    };
    let symbols = String::from_utf8_lossy(&listed.stdout);
    for part in PARTS {
        let copies = symbols.lines().filter(|symbol| is_of(symbol, part)).count();
        assert!(
            (1..=JOURNALS).contains(&copies),
            "{copies} copies of {part}"
        );
    }
}

/// Whether this line of `nm` is of the function, and not of a closure in it.
fn is_of(symbol: &str, function: &str) -> bool {
    let name = symbol.splitn(3, ' ').nth(2).unwrap_or_default();
    let rest = name.split(function).nth(1);
    rest.is_some_and(|rest| !rest.contains("{{closure}}") && !name.starts_with("core::"))
}
