//! Runs the `trip` example as its users do: on its own file, and on files with mistakes.

mod fleet;
mod hold;
mod told;

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::thread;
use std::time::SystemTime;

use hold::End;

/// Built by `cargo test`, in the folder beside that of this test.
fn example() -> PathBuf {
    let test = env::current_exe().expect("the path of this test");
    let profile = test.ancestors().nth(2).expect("a test stands in `deps`");
    let example = profile
        .join("examples")
        .join("trip")
        .with_extension(env::consts::EXE_EXTENSION);
    // `cargo test -p saga-tests` does not build examples, and would run an old one.
    let sources = saga_tests::root().join("examples/trip");
    assert!(
        modified(&example) >= Some(newest_in(&sources)),
        "out of date: run `cargo build --example trip`, or `cargo test` as a whole"
    );
    example
}

fn modified(path: &Path) -> Option<SystemTime> {
    fs::metadata(path).and_then(|data| data.modified()).ok()
}

fn newest_in(folder: &Path) -> SystemTime {
    fs::read_dir(folder)
        .expect("the folder of the example's sources")
        .filter_map(|entry| {
            let path = entry.expect("an entry of that folder").path();
            if path.is_dir() {
                return Some(newest_in(&path));
            }
            // Other files are read at run time.
            let source = path.extension().is_some_and(|extension| extension == "rs");
            modified(&path).filter(|_| source)
        })
        .max()
        .unwrap_or(SystemTime::UNIX_EPOCH)
}

fn trip(file: Option<&Path>) -> Output {
    Command::new(example())
        .args(file)
        .output()
        .expect("the example starts")
}

/// Runs the example on `content`, and forgets the file.
fn trip_on(name: &str, content: &str) -> Output {
    let file = env::temp_dir().join(format!("saga-trip-{}-{name}.json", std::process::id()));
    fs::write(&file, content).expect("a temporary file");
    let output = trip(Some(&file));
    fs::remove_file(&file).expect("the temporary file is still there");
    output
}

/// Where a durable site keeps its files until the test ends.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let folder = env::temp_dir().join(format!("saga-trip-{}-{name}", std::process::id()));
        fs::create_dir_all(&folder).expect("a temporary folder");
        Self(folder)
    }

    fn durable(&self) -> Command {
        let mut command = Command::new(example());
        command.arg("--durable").arg(self.0.join("trips.db"));
        command
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).expect("the temporary folder is still there");
    }
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// The table without its last column, the time, and the figures of the audit.
fn outcomes(output: &Output) -> Vec<String> {
    let stdout = stdout(output);
    let table = stdout
        .lines()
        .skip_while(|line| !line.starts_with("trip "))
        .skip(1)
        .take_while(|line| !line.is_empty())
        .map(|line| {
            line.trim_end_matches(" ms")
                .trim_end_matches(|c: char| c.is_ascii_digit())
                .trim_end()
        });
    let audit = stdout.lines().filter(|line| line.starts_with("audit "));
    table.chain(audit).map(str::to_owned).collect()
}

const GOOD: &str = r#"{
    "id": "good", "traveller": "Ana Reis", "email": "ana@mail.example", "city": "Lisbon", "from": "2027-05-14",
    "nights": 3, "hotel": "Pensão Alfama", "card": "4242424242424242", "currency": "EUR", "expect": "booked"
}"#;

#[test]
fn every_trip_ends_as_expected_and_every_run_the_same() {
    let (first, second) = thread::scope(|scope| {
        let second = scope.spawn(|| trip(None));
        (trip(None), second.join().expect("a run does not panic"))
    });
    let report = stdout(&first);
    assert_eq!(first.status.code(), Some(0), "{report}{}", stderr(&first));
    assert!(report.contains("audit passed: "), "{report}");
    let met = report.split("; ").last().unwrap_or_default().trim_end();
    let (met, all) = met
        .trim_end_matches(" troubles met")
        .split_once(" of ")
        .unwrap_or_else(|| panic!("no count of troubles in {report}"));
    assert_eq!(met, all, "some trouble is met by no trip");

    let outcomes_of_first = outcomes(&first);
    assert!(outcomes_of_first.len() > 44, "{report}");
    assert_eq!(outcomes_of_first, outcomes(&second));
}

#[test]
fn a_bad_entry_is_named_and_the_others_run() {
    let bad = GOOD
        .replace("\"good\"", "\"bad\"")
        .replace("EUR", "DOGE")
        .replace("\"nights\": 3", "\"nights\": -3")
        .replace("\"city\": \"Lisbon\",", "");
    let output = trip_on("bad-entry", &format!("[{bad}, {GOOD}, {GOOD}]"));
    assert_eq!(output.status.code(), Some(1));
    let errors = stderr(&output);
    for part in [
        "-bad-entry.json: entry 1 (bad): ",
        "`city`: missing",
        "`nights`: -3 is not between 1 and 90",
        "`currency`: `DOGE` is not a currency we sell in",
        "-bad-entry.json: entry 3 (good): `id`: already used by entry 2",
    ] {
        assert!(errors.contains(part), "{part}\n{errors}");
    }
    let report = stdout(&output);
    assert!(
        report.contains("audit passed: 1 trips booked, 0 failed"),
        "{report}"
    );
    assert!(report.contains("skipped: 2 entries"), "{report}");
}

#[test]
fn an_unmet_expectation_is_told() {
    let output = trip_on("unmet", &format!("[{}]", GOOD.replace("booked", "failed")));
    assert_eq!(output.status.code(), Some(1));
    let report = stdout(&output);
    assert!(
        report.contains("unexpected: good booked instead of failed"),
        "{report}"
    );
}

#[test]
fn a_file_that_is_no_list_of_trips_is_refused() {
    let missing = trip(Some(Path::new("no/such/file.json")));
    assert_eq!(missing.status.code(), Some(2));
    assert!(stderr(&missing).contains("no/such/file.json: cannot be read: "));

    let malformed = trip_on("malformed", "[{\"id\": ]");
    assert_eq!(malformed.status.code(), Some(2));
    let errors = stderr(&malformed);
    assert!(errors.contains("-malformed.json: not JSON: "), "{errors}");
    assert!(errors.contains("line 1 column 9"), "{errors}");

    let object = trip_on("object", GOOD);
    assert_eq!(object.status.code(), Some(2));
    assert!(stderr(&object).contains("-object.json: expected a list of trips, found an object"));
}

#[test]
fn more_than_one_file_is_refused() {
    let output = Command::new(example())
        .args(["a", "b"])
        .output()
        .expect("the example starts");
    assert_eq!(output.status.code(), Some(2));
    assert!(
        stderr(&output)
            .contains("usage: trip [--durable DB | --postgres URL [--workers N] [--kill]] [FILE]")
    );
}

const LEGS: &str = r#"[
    {
        "id": "three-legs", "traveller": "Mei Tanaka", "email": "mei@mail.example",
        "city": "Kyoto", "from": "2027-04-01", "nights": 3, "hotel": "Ryokan Sumire",
        "legs": ["SA 310", "SA 505", "SA 310"], "card": "4242424242424242", "currency": "JPY"
    },
    {
        "id": "sold-out", "traveller": "Ana Reis", "email": "ana@mail.example",
        "city": "Lisbon", "from": "2027-05-14", "nights": 3, "hotel": "Pensão Alfama",
        "legs": ["SA 118", "SA 404", "SA 119"], "card": "4242424242424242", "currency": "EUR"
    }
]"#;

/// The charge, the hotel, three seats and the mail of one trip; the authorization, the hotel and the
/// seat on the first leg of the other, whose third leg is not asked for.
const BOOKED_BY_LEG: [&str; 3] = [
    "three-legs  booked      6       0",
    "sold-out    failed      3       3",
    "; 4 reservations kept, 2 cancelled; ",
];

#[test]
fn each_leg_has_its_seat_and_is_undone_with_the_others() {
    let output = trip_on("legs", LEGS);
    let report = stdout(&output);
    assert_eq!(output.status.code(), Some(0), "{report}");
    for part in BOOKED_BY_LEG {
        assert!(report.contains(part), "{part}\n{report}");
    }
}

#[test]
fn a_site_that_is_killed_between_two_legs_goes_on_at_the_second() {
    let folder = Folder::new("legs");
    let file = folder.0.join("legs.json");
    fs::write(&file, LEGS).expect("a temporary file");
    let lines = |ledger: &str, words: &[&str]| {
        let ledger = folder.vendors().join(ledger);
        let lines = fs::read_to_string(ledger).unwrap_or_default();
        let has_all = |line: &&str| words.iter().all(|word| line.contains(word));
        lines.lines().filter(has_all).count()
    };
    let seats = || lines("flights.jsonl", &["entered", "three-legs"]);
    let site = || {
        let mut site = folder.durable();
        site.arg(&file);
        site
    };
    // The airline has the first request for the second leg, and books with the next one.
    let second_leg = r#"{"moment": "after", "place": "flight_book", "mark": "SA 505"}"#;
    let has_other_ended = || lines("listener.jsonl", &["sold-out"]) > 0;
    let end = folder.kill(site(), second_leg, |folder| {
        folder.is_held() && has_other_ended()
    });
    assert_eq!(end, End::Killed);
    assert_eq!(seats(), 1);

    let output = site().output().expect("it starts");
    let report = stdout(&output);
    assert_eq!(output.status.code(), Some(0), "{report}");
    assert!(report.starts_with("found "), "{report}");
    for part in BOOKED_BY_LEG {
        assert!(report.contains(part), "{part}\n{report}");
    }
}

/// The columns that no crash changes: trip, outcome, details. How often something was done and
/// undone on the way may differ.
fn endings(output: &Output) -> Vec<String> {
    let count = |word: &&str| !word.bytes().all(|byte| byte.is_ascii_digit());
    let ending = |line: &String| {
        line.split_whitespace()
            .filter(count)
            .collect::<Vec<_>>()
            .join(" ")
    };
    let outcomes = outcomes(output);
    let table = outcomes.iter().filter(|line| !line.starts_with("audit "));
    table.map(ending).collect()
}

/// When a process is killed, twice at each site: its vendors stand still from that request on, before
/// or after they act.
const LIVES: [[(&str, u32); 2]; 3] = [
    [("before", 60), ("after", 180)],
    [("after", 12), ("before", 240)],
    [("after", 100), ("before", 90)],
];

#[test]
fn a_site_that_is_killed_goes_on_where_it_was() {
    let clear = |mut endings: Vec<String>| {
        endings.retain(|line| !is_unclear(line));
        endings
    };
    thread::scope(|scope| {
        let killed = LIVES.map(|lives| scope.spawn(move || killed(lives)));
        let undisturbed = clear(endings(&trip(None)));
        for site in killed {
            let report = site.join().expect("each site ends");
            assert_eq!(clear(endings(&report)), undisturbed);
        }
    });
}

/// Whether a line is about a trip whose vendor is never free: if a call to it was cut off, nobody
/// can say whether it happened, and the trip parks.
fn is_unclear(line: &str) -> bool {
    let swamped = ["billing-swamped", "hotel-swamped", "flight-unavailable"];
    swamped.iter().any(|trip| line.contains(trip))
}

/// The README shows such an output, with other numbers; what follows a `…` it leaves out.
fn is_shown_in_the_readme(report: &str) {
    let without_numbers = |line: &str| {
        let words = line.split(|c: char| c.is_ascii_digit());
        words
            .filter(|word| !word.is_empty())
            .collect::<Vec<_>>()
            .join("0")
    };
    let report: Vec<_> = report.lines().map(without_numbers).collect();
    let quoted = saga_tests::quoted_in_readme("cargo run --example trip -- --durable");
    assert!(quoted.len() >= 3, "{quoted:?}");
    for line in quoted {
        let begins = without_numbers(line.split('…').next().unwrap_or_default());
        let shown = report.iter().any(|line| line.starts_with(&begins));
        assert!(
            shown,
            "the README says `{line}`, which is not in {report:#?}"
        );
    }
}

/// What a site says that was killed at these moments, and then left alone.
fn killed(lives: [(&str, u32); 2]) -> Output {
    let folder = Folder::new(&format!("kill-{}", lives[0].1));
    for (moment, from) in lives {
        let hold = format!(r#"{{"moment": "{moment}", "from": {from}}}"#);
        let end = folder.kill(folder.durable(), &hold, Folder::is_held);
        assert_eq!(end, End::Killed, "it must be killed on the way");
    }
    let last = folder.durable().output().expect("the example starts");
    let report = stdout(&last);
    let mut unexpected = report
        .lines()
        .filter(|line| line.starts_with("unexpected: "));
    assert!(unexpected.all(is_unclear), "{report}{}", stderr(&last));
    assert!(report.starts_with("found "), "{report}");
    assert!(report.contains("audit passed: "), "{report}");

    is_shown_in_the_readme(&report);

    // Once more: all is on record, and nobody is asked for anything.
    let again = folder.durable().output().expect("the example starts");
    assert!(stdout(&again).contains("have ended, 0 are under way"));
    assert_eq!(outcomes(&again), outcomes(&last));
    last
}

#[test]
fn a_file_that_cannot_keep_trips_is_refused() {
    let output = Command::new(example())
        .args(["--durable", "no/such/folder/trips.db"])
        .output()
        .expect("the example starts");
    assert_eq!(output.status.code(), Some(2));
    let errors = stderr(&output);
    assert!(errors.contains("no/such/folder/trips.db"), "{errors}");
}
