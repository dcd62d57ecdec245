//! What others hear of trips, when the site is killed between the end of a trip and the moment when
//! it knows that its event has arrived.

use std::{
    fs,
    ops::Range,
    path::PathBuf,
    process::{Command, Output},
    thread,
};

use typed_saga::engine::{EventFilter, EventRow, Filter, ReadStore, State, StoreError};
use typed_saga::sqlite::Attached;

use crate::trip::{Folder, hold::End, stderr, stdout};

/// How often a site is killed, at each of so many at once.
const KILLS: usize = 25;
const AT_ONCE: usize = 4;
/// How many trips each site books.
const TRIPS: usize = 24;

/// When a process is killed.
#[derive(Clone, Copy)]
enum Moment {
    /// In the middle of a call, before or after the vendor acts on it.
    Called,
    /// A trip has ended, and the listener does not take its event.
    Ended,
    /// The listener has taken an event, and does not say so.
    Heard,
}

use Moment::{Called, Ended, Heard};

const MOMENTS: [Moment; 6] = [Called, Heard, Called, Called, Ended, Called];

/// In the middle of which call a process is killed.
const CALLS: Range<usize> = 6..40;

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
}

impl Site {
    fn new(name: &str) -> Self {
        let folder = Folder::new(name);
        let file = folder.0.join("trips.json");
        fs::write(&file, trips()).expect("a temporary file");
        let ledger = folder.vendors().join("listener.jsonl");
        Self {
            folder,
            file,
            ledger,
        }
    }

    fn ledger(&self) -> String {
        fs::read_to_string(&self.ledger).unwrap_or_default()
    }

    /// What is in the journal; nothing, if there is none yet.
    fn read<R: Default>(&self, read: impl AsyncFnOnce(Attached) -> Result<R, StoreError>) -> R {
        let Ok(store) = Attached::open(self.folder.0.join("trips.db")) else {
            return R::default();
        };
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        let read = runtime.expect("a runtime").block_on(read(store));
        read.expect("the file can be read")
    }

    fn events(&self, undelivered: bool) -> Vec<EventRow> {
        let filter = EventFilter {
            undelivered,
            ..EventFilter::default()
        };
        self.read(async |store| store.events(filter).await)
    }

    /// Whether a trip is left that may still end, and have an event.
    fn is_any_left(&self) -> bool {
        let states = vec![State::Completed, State::Compensated, State::Parked];
        let over = Filter {
            states,
            ..Filter::default()
        };
        self.read(async |store| store.list(over).await).len() < TRIPS
    }

    /// The program, on the trips of this site.
    fn command(&self) -> Command {
        let mut command = self.folder.durable();
        command.arg(&self.file);
        command
    }

    /// Whether the process was killed at `moment`. If not, it came to its end, since that moment comes
    /// for none of the trips that were left. `call` is the number of the call to be killed in.
    fn is_killed_at(&self, moment: Moment, call: usize) -> bool {
        let hold = match moment {
            Called if call % 2 == 0 => format!(r#"{{"moment": "before", "from": {call}}}"#),
            Called => format!(r#"{{"moment": "after", "from": {call}}}"#),
            Ended => r#"{"moment": "before", "place": "hear"}"#.to_owned(),
            Heard => r#"{"moment": "after", "place": "hear"}"#.to_owned(),
        };
        let ended = self.events(false).len();
        let has_ended = || self.events(false).len() > ended;
        let is_time = |folder: &Folder| match moment {
            Called | Heard => folder.is_held(),
            // It may be told again of one that had ended before; and the last ones may park.
            Ended => folder.is_held() && (has_ended() || !self.is_any_left()),
        };
        let end = self.folder.kill(self.command(), &hold, is_time);
        end == End::Killed && (!matches!(moment, Ended) || has_ended())
    }

    fn count(&self, moment: Moment, kills: &mut Kills) {
        let (events, ledger) = (self.events(true), self.ledger());
        let is_heard = |event: &&EventRow| ledger.contains(event.key.as_str());
        let heard = events.iter().filter(is_heard).count();
        match moment {
            Called => {}
            Ended => assert!(heard < events.len(), "the listener took what it was told"),
            Heard => assert!(heard > 0, "the site knows that the listener took an event"),
        }
        kills.all += 1;
        kills.untold += usize::from(!events.is_empty());
        kills.heard += usize::from(heard > 0);
        kills.unheard += usize::from(heard < events.len());
    }

    fn run(&self) -> Output {
        self.command().output().expect("the example starts")
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

fn killed(place: usize) -> Kills {
    let mut kills = Kills::default();
    for number in 0.. {
        let site = Site::new(&format!("told-{place}-{number}"));
        while kills.all < KILLS {
            let moment = MOMENTS[kills.all % MOMENTS.len()];
            // Other ones each time, and at each place.
            let call = CALLS.start + (kills.all * 13 + place * 8) % CALLS.len();
            if !site.is_killed_at(moment, call) {
                break;
            }
            site.count(moment, &mut kills);
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
