//! What can happen to a service and to its server: both are killed, sagas are cancelled, a service is
//! frozen while another one takes over. In the end no saga is lost, nothing is done twice, and the
//! ledgers agree. The sagas, their vendors and the audit are those of `tests/kill`.
//!
//! ```text
//!  this process: vendors, ledgers, audit, client   ◀── calls ──   services: sagas
//!       │ starts, kills, freezes ──────────────────────────▶          ▲ through a switch
//!       └── kills ───────────────▶ Restate ───────────────────────────┘
//! ```
//!
//! Without Restate these tests leave themselves out. `SAGA_NIGHTLY=1` has 100 kills of the service, 20
//! of the server and 50 cancels instead of 10, 3 and 10; `SAGA_SEED=…` makes other choices.

#[allow(dead_code, reason = "no saga with a lock runs here")]
#[path = "../../../tests/kill/audit.rs"]
mod audit;
mod director;
#[allow(dead_code, reason = "services note nothing here")]
#[path = "../../../tests/kill/line.rs"]
mod line;
#[path = "../../../tests/kill/random.rs"]
mod random;
#[allow(dead_code, reason = "what is noted comes from the client")]
#[path = "../../../tests/kill/report.rs"]
mod report;
#[allow(
    clippy::manual_is_multiple_of,
    reason = "the oldest rustc of the main workspace has none"
)]
#[path = "../../../tests/kill/sagas.rs"]
mod sagas;
#[allow(dead_code, reason = "other tests look into the server")]
#[path = "../common/server.rs"]
mod server;
mod submitter;
mod switch;
#[path = "../../../tests/kill/vendors.rs"]
mod vendors;
mod worker;

use audit::Findings;
use director::{Director, Fault};
use random::Random;
use server::Server;
use std::{env, time::Duration};

/// How late a request may arrive after its sender has given up, or died.
const LATE: Duration = Duration::from_millis(600);

/// What a service does, which is this very program run once more. In any other process there is no
/// work to do.
#[test]
fn work() {
    if let Some(task) = worker::Task::from_environment() {
        worker::work(&task);
    }
}

#[test]
fn no_fault_loses_or_doubles_anything() {
    let Some(server) = Server::start() else {
        return;
    };
    let counts = if env::var_os("SAGA_NIGHTLY").is_some() {
        [100, 20, 50, 20]
    } else {
        [10, 3, 10, 2]
    };
    let mut random = Random::drawn();
    let faults = Fault::ALL
        .into_iter()
        .zip(counts)
        .flat_map(|(fault, count)| std::iter::repeat_n(fault, count));
    let mut director = Director::new(server, random.next());
    for fault in random.shuffled(faults) {
        director.inflict(fault, &mut random);
    }
    let report = director.finish();
    let findings = Findings::of(&report);
    println!("{counts:?} of {:?}: {findings}", Fault::ALL);
    assert!(findings.problems.is_empty(), "{findings}");
    let kills = counts[0];
    assert!(
        findings.completed > kills && findings.compensated > kills / 4,
        "{findings}"
    );
    audit::is_not_blind(&report);
}
