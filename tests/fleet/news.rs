//! Sagas that tell of themselves, and damaged rows among theirs: what is damaged is listed, and holds up
//! nothing else.

use crate::fleet::line::{Line, Trouble};
use saga_postgres_server::Server;
use std::{collections::BTreeSet, thread, time::Duration};
use tokio::time::sleep;
use typed_saga::{
    engine::{Engine, EventFilter, EventRow, Filter, State},
    saga,
};

saga! {
    /// Tells its id.
    #[classify(Trouble::verdict)]
    #[timeout(80ms)]
    pub(crate) durable saga News(id: String) with (line: Line) -> Result<(), Trouble> emit String {
        read asked(id) -> String { Ok(id.clone()) }

        emit(asked => [asked.clone()]);

        publish(line, event) {
            // Before it is acknowledged: this process may be killed right after that.
            line.note_for_good(format!("told {event}")).await;
            Ok(())
        }
    }
}

/// Begins one, if the store is there.
pub(crate) async fn submit(engine: &Engine, line: &Line, number: u64) {
    let id = format!("news-{number}");
    let news = News { id: id.clone() };
    if engine.submit(id.as_str(), news).await.is_ok() {
        line.note(format_args!("asked {id}"));
    }
}

/// Waits until all is told that can be, and notes what is listed.
pub(crate) async fn report(engine: &Engine, line: &Line) {
    let in_flight = Filter {
        saga: Some("News".into()),
        states: vec![State::Running, State::Waiting],
        ..Filter::default()
    };
    let untold = EventFilter {
        undelivered: true,
        ..EventFilter::default()
    };
    let events = loop {
        let sagas = engine.list(in_flight.clone()).await.expect("it is read");
        let events = engine.outbox().list(untold.clone()).await;
        let events = events.expect("they are read");
        let is_stuck = |event: &EventRow| event.failures >= EventRow::STUCK;
        if sagas.iter().all(|row| row.unreadable.is_some()) && events.iter().all(is_stuck) {
            break events;
        }
        sleep(Duration::from_millis(10)).await;
    };
    for event in events {
        line.note(format_args!("listed {}", event.saga.id));
    }
    let unreadable = Filter {
        unreadable: true,
        ..Filter::default()
    };
    for row in engine.list(unreadable).await.expect("it is read") {
        line.note(format_args!("listed {}", row.saga.id));
    }
}

/// What was heard of them.
#[derive(Debug, Default)]
pub(crate) struct Heard {
    asked: BTreeSet<String>,
    told: BTreeSet<String>,
    listed: BTreeSet<String>,
    damaged: BTreeSet<String>,
}

/// A copy of a saga that has told its news, under another id and in a state that has it taken up.
///
/// The event is due at the time at which that was written, as the store writes it: `e.at` may be of a clock
/// that was an hour ahead and was set back before `e.changed`, and the copy would wait for that hour.
const COPY: &str = "WITH one AS (SELECT s.* FROM saga.saga AS s JOIN saga.outbox AS e ON e.saga = s.number
        WHERE s.name = 'News' AND s.state = 'completed' ORDER BY s.number LIMIT 1),
    copy AS (INSERT INTO saga.saga (name, id, state, due, created, changed, fingerprint, input)
        SELECT name, '{id}', '{state}', {due}, created, changed, fingerprint, input FROM one RETURNING number),
    journal AS (INSERT INTO saga.journal (saga, seq, at, records)
        SELECT copy.number, j.seq, j.at, {records} FROM copy, one JOIN saga.journal AS j ON j.saga = one.number),
    outbox AS (INSERT INTO saga.outbox (saga, number, key, payload, at, due, changed)
        SELECT copy.number, {number}, e.key, e.payload, e.at, e.changed, e.changed FROM copy, one
        JOIN saga.outbox AS e ON e.saga = one.number WHERE '{state}' = 'completed')
    SELECT count(*) FROM copy";

impl Heard {
    /// Whether it is of these sagas.
    pub(crate) fn hear(&mut self, what: &str, id: &str) -> bool {
        let ids = match what {
            "asked" => &mut self.asked,
            "told" => &mut self.told,
            "listed" => &mut self.listed,
            _ => return false,
        };
        ids.insert(id.to_owned());
        true
    }

    /// Damages a row each of a saga, of a commit, and of an event.
    pub(crate) fn damage(&mut self, server: &Server, database: &str) {
        let state = "ALTER TABLE saga.saga DROP CONSTRAINT IF EXISTS saga_state_check";
        server.sql(database, state);
        let count = self.damaged.len();
        for (what, state, due, records, number) in [
            ("saga", "nonsense", "0", "j.records", "e.number"),
            ("commit", "running", "0", "'{'", "e.number"),
            ("event", "completed", "NULL", "j.records", "-1"),
        ] {
            let id = format!("damaged-{what}-{count}");
            let sql = COPY
                .replace("{id}", &id)
                .replace("{state}", state)
                .replace("{due}", due)
                .replace("{records}", records)
                .replace("{number}", number);
            // There must be one to copy.
            while server.sql(database, &sql) == "0" {
                thread::sleep(Duration::from_millis(10));
            }
            self.damaged.insert(id);
        }
    }

    /// # Panics
    /// If something was not told, or if something else is listed than what is damaged.
    pub(crate) fn check(&self) {
        let (told, damaged) = (self.told.len(), self.damaged.len());
        println!("{told} news told, {damaged} rows damaged");
        let untold: Vec<_> = self.asked.difference(&self.told).collect();
        assert!(untold.is_empty(), "{untold:?}");
        assert_eq!(self.listed, self.damaged);
        assert!(!self.damaged.is_empty(), "nothing was damaged");
    }
}
