//! Compares what the sagas reported with the vendors' ledgers.
//!
//! For a booked trip exactly what it wanted stands, a seat for each leg, and the amounts agree. For a
//! failed trip nothing stands. For a parked trip what it lists stands, and nothing else. Others heard
//! of each trip as it ended.

mod events;

use std::collections::HashSet;
use std::fmt;

use crate::domain::{Booking, Receipt, Trip, TripId};
use crate::outcome::{Ending, Outcome};
use crate::report::Run;
use crate::vendors::Books;

pub(crate) struct Audit {
    pub(crate) figures: Figures,
    /// Empty if everything agrees.
    pub(crate) discrepancies: Vec<String>,
}

/// How much was compared.
pub(crate) struct Figures {
    booked: usize,
    failed: usize,
    parked: usize,
    captured: usize,
    released: usize,
    held: usize,
    kept: usize,
    cancelled: usize,
    mails: usize,
    /// How many events others heard, and how many times they heard one again.
    heard: (usize, usize),
    /// How many of the rules for trouble took effect, and how many there are.
    met: (usize, usize),
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} trips booked, {} failed, {} parked; \
             {} authorizations captured, {} released, {} held; \
             {} reservations kept, {} cancelled; {} mails; \
             {} events heard, {} times again; \
             {} of {} troubles met",
            self.booked,
            self.failed,
            self.parked,
            self.captured,
            self.released,
            self.held,
            self.kept,
            self.cancelled,
            self.mails,
            self.heard.0,
            self.heard.1,
            self.met.0,
            self.met.1,
        )
    }
}

/// Compares `runs` with `books`.
pub(crate) fn audit(runs: &[Run], books: &Books) -> Audit {
    let mut discrepancies = strangers(runs, books);
    for run in runs {
        let trip = &run.request.trip;
        let problems = standing(run, books).into_iter().chain(match &run.outcome {
            Outcome::Booked(receipt) => amounts(trip, receipt, books),
            Outcome::Failed { .. } | Outcome::Parked { .. } => Vec::new(),
        });
        discrepancies.extend(problems.map(|problem| format!("{}: {problem}", trip.id)));
    }
    discrepancies.extend(events::problems(runs, &books.heard));
    Audit {
        figures: figures(runs, books),
        discrepancies,
    }
}

/// What should stand for one step of one trip.
enum Due<'a> {
    /// These, and nothing else.
    These(Vec<&'a str>),
    /// So many, under any references.
    Any(usize),
}

fn due<'a>(step: &str, outcome: &'a Outcome) -> Due<'a> {
    let references = |booked: &'a [Booking]| booked.iter().map(|it| &*it.reference).collect();
    match outcome {
        Outcome::Booked(receipt) => Due::These(match step {
            "charge" => vec![&receipt.charge.id],
            "hotel" => vec![&receipt.hotel.reference],
            "car" => references(receipt.car.as_slice()),
            "seats" => references(&receipt.seats),
            "confirmation" => vec![&receipt.confirmation.0],
            _ => Vec::new(),
        }),
        Outcome::Failed { .. } => Due::Any(0),
        Outcome::Parked { standing, .. } => {
            // Of a loop, items stand: `seats[1]`.
            let of = |path: &str| path.split('[').next() == Some(step);
            Due::Any(standing.iter().filter(|path| of(path)).count())
        }
    }
}

/// The steps that have an effect at a vendor.
const STEPS: [&str; 6] = [
    "authorization",
    "charge",
    "hotel",
    "car",
    "seats",
    "confirmation",
];

fn standing(run: &Run, books: &Books) -> Vec<String> {
    let mut problems = Vec::new();
    for step in STEPS {
        let found: Vec<&str> = books
            .deeds_for(&run.request.trip.id)
            .filter(|deed| deed.step == step && deed.stands)
            .map(|deed| deed.reference)
            .collect();
        let agrees = match due(step, &run.outcome) {
            Due::These(references) => references == found,
            Due::Any(count) => count == found.len(),
        };
        if !agrees {
            let ending = run.outcome.ending();
            let found = if found.is_empty() {
                "nothing".to_owned()
            } else {
                found.join(", ")
            };
            problems.push(format!("{ending}, but for {step} there stands {found}"));
        }
    }
    problems
}

fn amounts(trip: &Trip, receipt: &Receipt, books: &Books) -> Vec<String> {
    let mut problems = Vec::new();
    let mut agree = |what: &str, is: String, should: String| {
        if is != should {
            problems.push(format!("{what} is {is} instead of {should}"));
        }
    };
    let charged = receipt.charge.amount.to_string();
    agree(
        "the charge",
        charged.clone(),
        receipt.rates.total(trip).to_string(),
    );
    if let Some(taken) = books
        .authorizations
        .iter()
        .find(|entry| entry.reference == receipt.charge.id)
    {
        agree(
            "the money taken",
            taken.request.amount.to_string(),
            charged.clone(),
        );
    }
    agree(
        "a car",
        receipt.car.is_some().to_string(),
        trip.wants_car().to_string(),
    );
    agree(
        "the number of seats",
        receipt.seats.len().to_string(),
        trip.legs.len().to_string(),
    );
    // If the rates were an older copy, the difference is the site's own loss or gain.
    if receipt.rates.fresh {
        let booked = receipt.car.iter().chain(&receipt.seats);
        let price = booked.fold(receipt.hotel.price, |sum, booking| sum + booking.price);
        agree("the price of the bookings", price.to_string(), charged);
    }
    problems
}

/// What was done for trips that nobody requested.
fn strangers(runs: &[Run], books: &Books) -> Vec<String> {
    let asked: HashSet<&TripId> = runs.iter().map(|run| &run.request.trip.id).collect();
    books
        .deeds()
        .filter(|deed| !asked.contains(deed.trip))
        .map(|deed| {
            format!(
                "{}: {} was made, but nobody asked",
                deed.trip, deed.reference
            )
        })
        .collect()
}

fn figures(runs: &[Run], books: &Books) -> Figures {
    let ended = |ending: Ending| {
        let runs = runs.iter().filter(|run| run.outcome.ending() == ending);
        runs.count()
    };
    let made = |steps: &[&str], stands: bool| {
        let deeds = books
            .deeds()
            .filter(|deed| steps.contains(&deed.step) && deed.stands == stands);
        deeds.count()
    };
    let known = events::known(&books.heard).len();
    let reservations = ["hotel", "car", "seats"];
    Figures {
        booked: ended(Ending::Booked),
        failed: ended(Ending::Failed),
        parked: ended(Ending::Parked),
        captured: made(&["charge"], true),
        released: made(&["authorization"], false),
        held: made(&["authorization"], true),
        kept: made(&reservations, true),
        cancelled: made(&reservations, false),
        mails: made(&["confirmation"], true),
        heard: (known, books.heard.len() - known),
        met: books.rules_met,
    }
}

#[cfg(test)]
mod tests;
