//! The site as processes on one database, one of which is killed.

use std::process::{Command, Output};
use std::thread;

use saga_postgres_server::Server;

use crate::trip::{endings, example, is_unclear, stderr, stdout, trip};

/// What the workers say, and what is then in their schema by some SQL.
fn fleet(server: &Server, more: &[&str], sql: &str) -> (Output, String) {
    let mut fleet = Command::new(example());
    let fleet = fleet.args(["--postgres", &server.url("postgres"), "--workers", "3"]);
    let output = fleet.args(more).output().expect("the example starts");
    let report = stdout(&output);
    let all = format!("{report}{}", stderr(&output));
    assert!(report.contains("audit passed: "), "{all}");
    let mut unexpected = report.lines().filter(|line| line.starts_with("unexpected"));
    assert!(unexpected.all(is_unclear), "{all}");
    let (_, schema) = report
        .split_once("3 workers, in the schema ")
        .expect("it says where the journal is");
    let schema = schema.lines().next().expect("a name");
    let found = server.sql("postgres", &sql.replace("{}", schema));
    (output, found)
}

/// The ends that nothing that happens to a process changes.
fn clear(output: &Output) -> Vec<String> {
    let mut endings = endings(output);
    endings.retain(|line| !is_unclear(line));
    endings
}

/// How many trips were begun, how many of their events are not delivered, and how many workers are left.
const LEFT: &str =
    "SELECT (SELECT count(*) FROM {}.saga) || ' trips, ' || (SELECT count(*) FROM {}.undelivered)
    || ' events, ' || (SELECT count(*) FROM {}.worker) || ' workers'";

#[test]
fn three_workers_book_the_trips_though_one_is_killed() {
    let Some(server) = Server::start(&["fsync=off"]) else {
        return;
    };
    let (alone, all, killed) = thread::scope(|scope| {
        let alone = scope.spawn(|| clear(&trip(None)));
        let all = scope.spawn(|| fleet(&server, &[], LEFT));
        let killed = fleet(&server, &["--kill"], LEFT);
        let join = "the example ends";
        (alone.join().expect(join), all.join().expect(join), killed)
    });
    let trips = endings(&all.0).len();
    for (output, left) in [&all, &killed] {
        assert_eq!(clear(output), alone);
        let left = left.strip_suffix(" workers").expect("it ends so");
        let (rest, workers) = left.rsplit_once(' ').expect("a number of workers");
        assert_eq!(rest, format!("{trips} trips, 0 events,"));
        // If a commit under way ends the last trip of the worker that is killed, the others have no
        // lease to wait for, and the row of the dead worker may still be there at the end.
        let stays = usize::from(stdout(output).contains("killed worker"));
        let workers: usize = workers.parse().expect("a number of workers");
        assert!(workers <= stays, "{workers} workers\n{}", stdout(output));
    }
    assert!(!stdout(&all.0).contains("killed"));
    let killed = killed.0;
    let report = stdout(&killed);
    let (_, line) = report
        .split_once("  killed worker-")
        .expect("one is killed");
    let (_, taken) = line.split_once(" within ").expect("it had trips");
    let taken = taken.lines().next().expect("their names").split(", ");
    for trip in taken {
        let ended = endings(&killed).iter().any(|line| line.starts_with(trip));
        assert!(ended, "{trip} was not taken over\n{report}");
    }
}

#[test]
fn what_makes_no_fleet_is_refused() {
    for arguments in [
        &["--workers", "3"] as &[_],
        &["--kill"],
        &[
            "--postgres",
            "postgres://db/trips",
            "--workers",
            "1",
            "--kill",
        ],
        &["--postgres", "postgres://db/trips", "--workers", "0"],
        &["--postgres", "postgres://db/trips", "--durable", "trips.db"],
    ] {
        let output = Command::new(example()).args(arguments).output();
        let output = output.expect("the example starts");
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(stderr(&output).starts_with("usage: trip "));
    }
    let nowhere = ["--postgres", "postgres://ada:sesame@127.0.0.1:9/trips"];
    let output = Command::new(example()).args(nowhere).output();
    let output = output.expect("the example starts");
    assert_eq!(output.status.code(), Some(2));
    let errors = stderr(&output);
    assert!(
        errors.contains("cannot be reached at 127.0.0.1:9"),
        "{errors}"
    );
    assert!(!errors.contains("sesame"), "{errors}");
}
