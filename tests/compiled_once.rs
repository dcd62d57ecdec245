//! What drives runs is compiled once for each kind of journal, in the crate of the journal, however
//! many sagas a program has.

use std::{env, process::Command};

/// In this program: runs in memory, on an engine, and in the testing kit.
const JOURNALS: usize = 3;

/// Parts of the executor that runs of most sagas need, as `nm` names them.
const PARTS: [&str; 4] = [
    "typed_saga_core::executor::drive::drive::{{closure}}",
    "typed_saga_core::executor::drive::perform::{{closure}}",
    "<typed_saga_core::executor::group::Block<J> as typed_saga_core::calls::lane::RunLanes>::poll",
    "typed_saga_core::executor::group::Block<J>::hand_over",
];

/// Parts of the engine that all sagas have in common.
const OF_THE_ENGINE: [&str; 2] = [
    "typed_saga_engine::people::awaited::Awaited::ended::{{closure}}",
    "typed_saga_engine::people::submit::recorded::{{closure}}",
];

#[test]
fn what_drives_runs_is_compiled_once() {
    let program = env::current_exe().unwrap();
    let Ok(listed) = Command::new("nm").arg("-C").arg(program).output() else {
        return saga_tests::leave_out("there is no `nm`");
    };
    let symbols = String::from_utf8_lossy(&listed.stdout);
    let copies = |part| symbols.lines().filter(|line| name(line) == part).count();
    for part in OF_THE_ENGINE {
        assert_eq!(copies(part), 1, "copies of {part}");
    }
    for part in PARTS {
        let copies = copies(part);
        assert!(
            (1..=JOURNALS).contains(&copies),
            "{copies} copies of {part}"
        );
    }
}

/// The name in a line of `nm`.
fn name(symbol: &str) -> &str {
    symbol.splitn(3, ' ').nth(2).unwrap_or_default()
}
