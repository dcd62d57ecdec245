//! Compares what the listener heard with what the sagas said at their end.

use std::collections::{BTreeMap, HashSet};

use crate::domain::TripId;
use crate::event::TripEvent;
use crate::outcome::Outcome;
use crate::report::Run;
use crate::vendors::Heard;

/// What a listener knows that counts what it hears again under a key once.
pub(super) fn known(heard: &[Heard]) -> Vec<&Heard> {
    let mut seen = HashSet::new();
    heard.iter().filter(|heard| seen.insert(*heard)).collect()
}

/// A booked trip is told of as booked, under one key; one that failed as failed; nothing is told of
/// one that is parked, or that nobody asked for.
pub(super) fn problems(runs: &[Run], heard: &[Heard]) -> Vec<String> {
    let mut of_trips: BTreeMap<&TripId, Vec<&Heard>> = BTreeMap::new();
    let mut of_keys: BTreeMap<&str, usize> = BTreeMap::new();
    for it in known(heard) {
        of_trips.entry(it.event.trip()).or_default().push(it);
        *of_keys.entry(&it.key).or_default() += 1;
    }
    let mut problems: Vec<String> = runs
        .iter()
        .filter_map(|run| {
            let told = of_trips.remove(&run.request.trip.id).unwrap_or_default();
            let agrees = told.iter().map(|it| &it.event).eq(&due(run));
            let (trip, ending) = (&run.request.trip.id, run.outcome.ending());
            (!agrees).then(|| format!("{trip}: {ending}, but others heard {}", list(&told)))
        })
        .collect();
    for (trip, told) in of_trips {
        let told = list(&told);
        problems.push(format!("{trip}: others heard {told}, but nobody asked"));
    }
    for (key, count) in of_keys {
        if count > 1 {
            problems.push(format!("{count} events came under the key {key}"));
        }
    }
    problems
}

fn due(run: &Run) -> Option<TripEvent> {
    let trip = &run.request.trip;
    match &run.outcome {
        Outcome::Booked(receipt) => Some(TripEvent::booked(trip, &receipt.charge)),
        Outcome::Failed { cause } => Some(TripEvent::TripFailed {
            trip: trip.id.clone(),
            city: trip.city.clone(),
            why: cause.clone(),
        }),
        Outcome::Parked { .. } => None,
    }
}

fn list(told: &[&Heard]) -> String {
    if told.is_empty() {
        return "nothing".to_owned();
    }
    let told: Vec<String> = told.iter().map(|it| it.event.to_string()).collect();
    told.join("; ")
}
