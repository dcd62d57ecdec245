//! The vendors' books, by key, and the calls that are on their way to them.

use crate::crash::{
    parts,
    world::{LATE, nearly},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};
use typed_saga::definition::{
    Definition,
    parts::{Kind, Step},
};

/// What a vendor is asked to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Act {
    Do,
    Undo,
    /// Undo whatever happened under the key, or is yet to arrive.
    Stop,
    Find,
    Finally,
}

impl Act {
    /// Its mark in the list of calls.
    pub(crate) fn mark(self) -> char {
        match self {
            Self::Do => '+',
            Self::Undo | Self::Stop => '-',
            Self::Find => '?',
            Self::Finally => 'f',
        }
    }
}

/// A vendor's answer.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Answer {
    Number(u64),
    Nothing,
    Refused,
    /// Refused, since the key was stopped.
    Stopped,
}

/// A vendor's entry for a key.
#[derive(Clone, Debug)]
struct Book {
    step: &'static str,
    number: u64,
    /// How often it took effect.
    applied: u32,
    stands: bool,
    /// No call under this key takes effect any more.
    stopped: bool,
    /// An idempotent vendor gives the same answer again.
    refused: bool,
}

/// A call on its way.
#[derive(Clone, Debug)]
struct Flight {
    number: u64,
    act: Act,
    step: &'static str,
    key: String,
    due: Duration,
    /// Somebody waits for the answer.
    heard: bool,
}

pub(crate) struct Ledger {
    definition: &'static Definition,
    books: BTreeMap<String, Book>,
    /// Answers to reads, which change nothing.
    told: BTreeSet<u64>,
    flights: Vec<Flight>,
    answers: BTreeMap<u64, (Act, Answer)>,
    numbers: u64,
    /// Violations that were found.
    pub(crate) wrong: Vec<String>,
}

impl Ledger {
    pub(crate) fn new(definition: &'static Definition) -> Self {
        Self {
            definition,
            books: BTreeMap::new(),
            told: BTreeSet::new(),
            flights: Vec::new(),
            answers: BTreeMap::new(),
            numbers: 0,
            wrong: Vec::new(),
        }
    }

    fn step(&self, name: &str) -> Option<&'static Step> {
        parts::part(self.definition, name).map(|part| part.step)
    }

    /// The same path, for as long as the program runs. `finally` is no step, and has one, too.
    ///
    /// # Panics
    /// If there is no such step.
    pub(crate) fn path(&self, path: &str) -> &'static str {
        if path == "finally" {
            return "finally";
        }
        let part = parts::part(self.definition, path);
        part.unwrap_or_else(|| panic!("`{path}` is called, and not declared"))
            .path
    }

    /// How late the calls of a step may arrive, at most.
    pub(crate) fn nearly_late(&self, step: &str) -> Duration {
        let late = self.step(step).and_then(|step| step.late.as_ref());
        nearly(late.map_or(LATE, typed_saga::definition::parts::Timing::get))
    }

    /// How long the caller waits for an answer.
    pub(crate) fn timeout(&self, act: Act, step: &str) -> Duration {
        let declared = self.step(step).and_then(|step| match (act, step) {
            (Act::Do, step) => step.timeout.as_ref(),
            (Act::Find, step) => step.resolve.as_ref()?.timeout.as_ref(),
            (_, step) => step.compensation.declared()?.1.timeout.as_ref(),
        });
        declared.map_or(Duration::ZERO, typed_saga::definition::parts::Timing::get)
    }

    fn number(&mut self) -> u64 {
        self.numbers += 1;
        self.numbers
    }

    /// Sends a call.
    pub(crate) fn send(&mut self, act: Act, step: &'static str, key: String, due: Duration) -> u64 {
        let number = self.number();
        self.flights.push(Flight {
            number,
            act,
            step,
            key,
            due,
            heard: true,
        });
        number
    }

    /// Nobody waits for the answer of this call.
    pub(crate) fn unheard(&mut self, number: u64) {
        for flight in &mut self.flights {
            flight.heard &= flight.number != number;
        }
    }

    /// Makes the calls under way arrive no later than they may if their caller ends now.
    pub(crate) fn hasten(&mut self, now: Duration) {
        let mut flights = std::mem::take(&mut self.flights);
        for flight in &mut flights {
            flight.due = flight.due.min(now + self.nearly_late(flight.step));
        }
        self.flights = flights;
    }

    /// Nobody waits for answers any more. `due`: when the calls under way arrive. Returns how many
    /// of them change something.
    pub(crate) fn cut_off(
        &mut self,
        now: Duration,
        due: impl Fn(Duration) -> Option<Duration>,
    ) -> usize {
        self.hasten(now);
        let mut under_way = 0;
        for mut flight in std::mem::take(&mut self.flights) {
            if flight.heard {
                under_way += usize::from(matches!(flight.act, Act::Do | Act::Undo | Act::Stop));
                let Some(due) = due(self.nearly_late(flight.step)) else {
                    continue;
                };
                (flight.due, flight.heard) = (due, false);
            }
            self.flights.push(flight);
        }
        self.answers.clear();
        under_way
    }

    /// Delivers the calls that are due, in order.
    pub(crate) fn land(&mut self, now: Duration) {
        self.flights
            .sort_by_key(|flight| (flight.due, flight.number));
        while self.flights.first().is_some_and(|flight| flight.due <= now) {
            let flight = self.flights.remove(0);
            let answer = self.arrive(&flight);
            if flight.heard {
                self.answers.insert(flight.number, (flight.act, answer));
            }
        }
    }

    fn arrive(&mut self, flight: &Flight) -> Answer {
        let Flight { act, step, key, .. } = flight;
        match act {
            Act::Do => self.apply(step, key),
            Act::Finally => Answer::Nothing,
            Act::Find => match self.books.get(key) {
                Some(book) if book.stands => Answer::Number(book.number),
                _ => Answer::Nothing,
            },
            Act::Undo => {
                match self.books.get_mut(key) {
                    Some(book) if book.applied > 0 => book.stands = false,
                    _ => self
                        .wrong
                        .push(format!("`{step}` was undone, and never happened")),
                }
                Answer::Nothing
            }
            Act::Stop => {
                let book = self.book(step, key);
                (book.stopped, book.stands) = (true, false);
                Answer::Nothing
            }
        }
    }

    fn book(&mut self, step: &'static str, key: &str) -> &mut Book {
        let number = self.number();
        self.books.entry(key.to_owned()).or_insert(Book {
            step,
            number,
            applied: 0,
            stands: false,
            stopped: false,
            refused: false,
        })
    }

    fn apply(&mut self, step: &'static str, key: &str) -> Answer {
        let declared = self.step(step);
        if declared.is_some_and(|step| step.kind == Kind::Read) {
            let number = self.number();
            self.told.insert(number);
            return Answer::Number(number);
        }
        let idempotent = declared.is_some_and(|step| step.idempotent);
        let twice = self
            .books
            .iter()
            .any(|(other, book)| other != key && book.step == step && book.stands);
        let book = self.book(step, key);
        if book.stopped {
            return Answer::Stopped;
        }
        if book.refused {
            return Answer::Refused;
        }
        let number = book.number;
        if idempotent && book.applied > 0 {
            return Answer::Number(number);
        }
        book.applied += 1;
        book.stands = true;
        if book.applied > 1 {
            self.wrong
                .push(format!("`{step}` took effect more than once under a key"));
        }
        if twice {
            self.wrong.push(format!("two of `{step}` stand at once"));
        }
        Answer::Number(number)
    }

    /// Refuses, if the vendor can: an idempotent one gives the same answer to all calls of a key,
    /// where it does not say how late they may arrive.
    pub(crate) fn refuses(&mut self, step: &'static str, key: &str) -> bool {
        let declared = self.step(step);
        if declared.is_none_or(|step| !step.idempotent) {
            return true;
        }
        let remembers = declared.is_some_and(|step| step.late.is_none());
        let book = self.book(step, key);
        book.refused |= remembers && book.applied == 0;
        book.applied == 0
    }

    /// The answer of a call that has arrived. Where its caller has lost the store, another process
    /// may have undone what it hears of.
    pub(crate) fn answer(&mut self, flight: u64, has_store: bool) -> Answer {
        let Some((act, answer)) = self.answers.remove(&flight) else {
            return Answer::Nothing;
        };
        match (act, answer) {
            _ if !has_store => {}
            (Act::Do, Answer::Number(number)) if !self.stands(number) => {
                self.wrong
                    .push(format!("was given {number}, which is undone already"));
            }
            (Act::Do, Answer::Stopped) => {
                self.wrong
                    .push("asked again under a key that it had stopped".to_owned());
            }
            _ => {}
        }
        answer
    }

    fn stands(&self, number: u64) -> bool {
        let stands = |book: &Book| book.number == number && book.stands;
        self.told.contains(&number) || self.books.values().any(stands)
    }

    /// A later step uses the effect with this number.
    pub(crate) fn check_stands(&mut self, step: &str, number: u64) {
        if number != 0 && !self.stands(number) {
            self.wrong
                .push(format!("`{step}` builds on {number}, which does not stand"));
        }
    }

    /// Undoes the effect with this number.
    pub(crate) fn check_done(&mut self, step: &str, key: &str, number: u64) {
        if self.books.get(key).is_none_or(|book| book.number != number) {
            self.wrong.push(format!(
                "`{step}` undoes {number}, which it was never given"
            ));
        }
    }

    /// The steps of which something stands once everything has arrived.
    pub(crate) fn standing(&mut self) -> Vec<&'static str> {
        self.land(Duration::MAX);
        let standing = self.books.values().filter(|book| book.stands);
        let mut standing: Vec<_> = standing.map(|book| book.step).collect();
        standing.sort_unstable();
        standing
    }

    /// How often each key took effect, by step: in the order of the names, without the keys
    /// themselves.
    pub(crate) fn effects(&self) -> Vec<(&'static str, u32, bool)> {
        let books = self.books.values().filter(|book| book.applied > 0);
        let mut effects: Vec<_> = books
            .map(|book| (book.step, book.applied, book.stands))
            .collect();
        effects.sort_unstable();
        effects
    }
}
