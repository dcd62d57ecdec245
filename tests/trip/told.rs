//! What others hear of trips, when the site is killed between the end of a trip and the moment when
//! it knows that its event has arrived.

use std::{
    fs,
    ops::Range,
    path::PathBuf,
    process::{Output, Stdio},
    thread,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use saga::engine::{EventFilter, EventRow, ReadStore};
use saga::sqlite::Attached;

use crate::{Folder, stderr, stdout};

/// How often a site is killed, at each of so many at once.
const KILLS: usize = 25;
const AT_ONCE: usize = 4;
/// How long a process may take until another trip ends.
const PATIENCE: Duration = Duration::from_secs(2);
/// How many trips each site books.
const TRIPS: usize = 24;

/// When a process is killed.
#[derive(Clone, Copy)]
enum Moment {
    Any,
    /// A trip has ended, and the listener does not take its event.
    Ended,
    /// The listener has taken an event, and does not say so.
    Heard,
}

use Moment::{Any, Ended, Heard};

const MOMENTS: [Moment; 6] = [Any, Heard, Any, Any, Ended, Any];

/// How many processes were killed, and how many of them had an event to tell, which the listener
/// had heard, or not.
#[derive(Debug, Default)]
struct Kills {
    all: usize,
    untold: usize,
    heard: usize,
    unheard: usize,
}

/// Every third is sold out, and every other one has a listener that is trouble.
fn trips() -> String {
    let trip = |number: usize| {
        let city = ["Lisbon", "New York", "Vienna", "Lagos"][number % 4];
        let hotel = ["Hotel Kaiserhof", "Casa", "Hotel Rathaus"][number % 3];
        format!(
            r#"{{"id": "trip-{number}", "traveller": "Ana Reis", "email": "ana@mail.example",
            "city": "{city}", "from": "2027-05-14", "nights": 2, "hotel": "{hotel}",
            "legs": ["SA 118"], "card": "4242424242424242", "currency": "EUR"}}"#
        )
    };
    let trips: Vec<String> = (0..TRIPS).map(trip).collect();
    format!("[{}]", trips.join(","))
}

struct Site {
    folder: Folder,
    file: PathBuf,
    ledger: PathBuf,
    hold: PathBuf,
}

impl Site {
    fn new(name: &str) -> Self {
        let folder = Folder::new(name);
        let file = folder.0.join("trips.json");
        fs::write(&file, trips()).expect("a temporary file");
        let vendors = folder.0.join("trips.db-vendors");
        fs::create_dir(&vendors).expect("a folder in that folder");
        let (ledger, hold) = (
            vendors.join("listener.jsonl"),
            vendors.join("listener.hold"),
        );
        Self {
            folder,
            file,
            ledger,
            hold,
        }
    }

    fn ledger(&self) -> String {
        fs::read_to_string(&self.ledger).unwrap_or_default()
    }

    fn events(&self, undelivered: bool) -> Vec<EventRow> {
        let Ok(store) = Attached::open(self.folder.0.join("trips.db")) else {
            return Vec::new();
        };
        let filter = EventFilter {
            undelivered,
            ..EventFilter::default()
        };
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        let events = runtime.expect("a runtime").block_on(store.events(filter));
        events.expect("the file can be read")
    }

    /// Whether the process was killed at `moment`, and had not come to its end before.
    fn is_killed_at(&self, moment: Moment) -> bool {
        let hold = match moment {
            Any => None,
            Ended => Some("before"),
            Heard => Some("after"),
        };
        if let Some(hold) = hold {
            fs::write(&self.hold, hold).expect("a file beside the ledger");
        }
        let (heard, ended) = (self.ledger().len(), self.events(false).len());
        let mut site = self.folder.durable();
        let site = site.arg(&self.file).stdout(Stdio::null());
        let mut site = site.spawn().expect("the example starts");
        let begun = Instant::now();
        let by_chance = Duration::from_millis(by_chance(30..250));
        let mut is_over = || site.try_wait().expect("the process is known").is_some();
        while !is_over() {
            let is_time = match moment {
                Any => begun.elapsed() > by_chance,
                Ended if begun.elapsed() < PATIENCE => self.events(false).len() > ended,
                // Perhaps no other trip is left to end.
                Ended => !self.events(true).is_empty(),
                Heard => self.ledger().len() > heard,
            };
            if is_time {
                break;
            }
            thread::sleep(Duration::from_millis(2));
        }
        let is_killed = !is_over();
        site.kill().expect("it can be killed");
        site.wait().expect("it has ended");
        if hold.is_some() {
            fs::remove_file(&self.hold).expect("it is still there");
        }
        is_killed
    }

    fn count(&self, kills: &mut Kills) {
        let (events, ledger) = (self.events(true), self.ledger());
        let is_heard = |event: &&EventRow| ledger.contains(event.key.as_str());
        let heard = events.iter().filter(is_heard).count();
        kills.all += 1;
        kills.untold += usize::from(!events.is_empty());
        kills.heard += usize::from(heard > 0);
        kills.unheard += usize::from(heard < events.len());
    }

    fn run(&self) -> Output {
        let mut site = self.folder.durable();
        site.arg(&self.file).output().expect("the example starts")
    }

    /// Goes on undisturbed. Others have heard of each trip; if they had not, the audit would say so.
    fn ends(&self) {
        let output = self.run();
        let report = stdout(&output);
        assert_eq!(output.status.code(), Some(0), "{report}{}", stderr(&output));
        assert!(report.contains("audit passed: "), "{report}");
        assert_eq!(self.events(true), []);
        // A trip whose calls were cut off time and again parks, and has none.
        assert!(self.events(false).len() > TRIPS / 2, "{report}");

        let ledger = self.ledger();
        let first = ledger.lines().next().expect("others heard of trips");
        let (_, key) = first.split_once("\"key\":\"").expect("it has a key");
        let (key, _) = key.split_once('"').expect("it has an end");
        let lines = ledger.split_inclusive('\n');
        let removed: String = lines.filter(|line| !line.contains(key)).collect();
        let doubled = format!("{ledger}{}\n", first.replace(key, "another"));
        assert_eq!(self.heard_wrongly(&removed), "nothing");
        let heard = self.heard_wrongly(&doubled);
        let (once, again) = heard.split_once("; ").expect("two events");
        assert_eq!(once, again);
    }

    /// What others heard of one trip by this ledger, and should not have, as the audit says.
    fn heard_wrongly(&self, ledger: &str) -> String {
        fs::write(&self.ledger, ledger).expect("it can be written");
        let output = self.run();
        let report = stdout(&output);
        assert_eq!(output.status.code(), Some(1), "{report}");
        assert!(report.contains("audit failed: "), "{report}");
        let mut found = report
            .lines()
            .filter(|line| line.starts_with("discrepancy: "));
        let (Some(found), None) = (found.next(), found.next()) else {
            panic!("not one discrepancy in {report}")
        };
        let (_, heard) = found
            .split_once(", but others heard ")
            .expect("it is about what was heard");
        heard.to_owned()
    }
}

fn by_chance(range: Range<u64>) -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let nanos = now.expect("a clock that is set").subsec_nanos();
    range.start + u64::from(nanos / 1000) % (range.end - range.start)
}

fn killed(place: usize) -> Kills {
    let mut kills = Kills::default();
    for number in 0.. {
        let site = Site::new(&format!("told-{place}-{number}"));
        while kills.all < KILLS && site.is_killed_at(MOMENTS[kills.all % MOMENTS.len()]) {
            site.count(&mut kills);
        }
        site.ends();
        if kills.all == KILLS {
            break;
        }
    }
    kills
}

#[test]
fn no_kill_loses_an_event_of_a_trip_or_tells_it_under_two_keys() {
    let mut all = Kills::default();
    thread::scope(|scope| {
        let places: Vec<_> = (0..AT_ONCE)
            .map(|place| scope.spawn(move || killed(place)))
            .collect();
        for place in places {
            let Kills {
                all: kills,
                untold,
                heard,
                unheard,
            } = place.join().expect("each site ends");
            all.all += kills;
            all.untold += untold;
            all.heard += heard;
            all.unheard += unheard;
        }
    });
    println!("{all:?}");
    assert_eq!(all.all, KILLS * AT_ONCE);
    assert!(all.untold >= 30, "{all:?}");
    assert!(all.heard >= 10 && all.unheard >= 10, "{all:?}");
}
