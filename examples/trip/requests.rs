//! Reads the requested trips from a JSON file: a list of objects, each checked by itself, so that a
//! bad entry is reported and does not stop the others.

mod entry;

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::domain::{Trip, TripId};
use crate::outcome::Ending;

/// A trip, and its expected end if the file has one.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) trip: Trip,
    pub(crate) expect: Option<Ending>,
}

/// Why there are no trips at all.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReadError {
    #[error("{}: cannot be read: {source}", path.display())]
    Unreadable { path: PathBuf, source: io::Error },
    #[error("{}: not JSON: {source}", path.display())]
    NotJson {
        path: PathBuf,
        source: serde_json::Error,
    },
    #[error("{}: expected a list of trips, found {found}", path.display())]
    NotAList { path: PathBuf, found: &'static str },
}

/// An entry that is not a trip, with everything wrong with it.
#[derive(Debug, thiserror::Error)]
#[error("entry {position}{}: {}", named(id.as_deref()), problems.join("; "))]
pub(crate) struct BadEntry {
    /// Counted from 1.
    position: usize,
    id: Option<String>,
    problems: Vec<String>,
}

fn named(id: Option<&str>) -> String {
    id.map(|id| format!(" ({id})")).unwrap_or_default()
}

/// The contents of a file.
#[derive(Debug)]
pub(crate) struct Requests {
    pub(crate) good: Vec<Request>,
    pub(crate) bad: Vec<BadEntry>,
}

/// Reads the file at `path`.
///
/// # Errors
///
/// If it cannot be read, or is not a JSON list.
pub(crate) fn read(path: &Path) -> Result<Requests, ReadError> {
    let text = std::fs::read_to_string(path).map_err(|source| ReadError::Unreadable {
        path: path.to_owned(),
        source,
    })?;
    let value = serde_json::from_str(&text).map_err(|source| ReadError::NotJson {
        path: path.to_owned(),
        source,
    })?;
    match value {
        Value::Array(entries) => Ok(check(&entries)),
        other => Err(ReadError::NotAList {
            path: path.to_owned(),
            found: entry::kind(&other),
        }),
    }
}

fn check(entries: &[Value]) -> Requests {
    let mut requests = Requests {
        good: Vec::new(),
        bad: Vec::new(),
    };
    let mut positions: HashMap<TripId, usize> = HashMap::new();
    for (position, value) in (1..).zip(entries) {
        let checked = entry::request(value).and_then(|request| {
            let first = *positions.entry(request.trip.id.clone()).or_insert(position);
            if first == position {
                Ok(request)
            } else {
                Err(vec![format!("`id`: already used by entry {first}")])
            }
        });
        match checked {
            Ok(request) => requests.good.push(request),
            Err(problems) => requests.bad.push(BadEntry {
                position,
                id: value["id"].as_str().map(str::to_owned),
                problems,
            }),
        }
    }
    requests
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::Leg;

    fn valid(id: &str) -> Value {
        json!({
            "id": id, "traveller": "Ana Reis", "email": "ana@mail.example", "city": "Lisbon",
            "from": "2027-05-14", "nights": 3, "hotel": "Casa do Largo", "card": "4242424242424242",
            "currency": "EUR",
        })
    }

    fn with(field: &str, value: Value) -> Value {
        let mut entry = valid("t1");
        entry[field] = value;
        entry
    }

    fn problem(entry: Value) -> String {
        let requests = check(&[entry]);
        assert!(requests.good.is_empty());
        requests.bad[0].to_string()
    }

    #[test]
    fn a_full_entry_is_a_trip() {
        let mut entry = with("car", json!("compact"));
        entry["legs"] = json!(["SA 310", "SA 17"]);
        let requests = check(&[entry, valid("t2")]);
        assert!(requests.bad.is_empty(), "{:?}", requests.bad);
        let [trip, without] = requests.good.as_slice() else {
            panic!("two trips: {requests:?}")
        };
        assert_eq!(trip.trip.car.as_deref(), Some("compact"));
        let legs = ["SA 310", "SA 17"].map(|flight| Leg(flight.to_owned()));
        assert_eq!(trip.trip.legs, legs);
        assert_eq!((&without.trip.car, without.trip.legs.len()), (&None, 0));
    }

    #[test]
    fn a_problem_names_entry_and_field() {
        let expected = [
            (
                with("nights", json!(-3)),
                "`nights`: -3 is not between 1 and 90",
            ),
            (
                with("nights", json!(1.5)),
                "`nights`: 1.5 is not a whole number",
            ),
            (
                with("nights", json!("2")),
                "`nights`: expected a whole number, found a text",
            ),
            (with("budget", json!(-1)), "`budget`: -1 is negative"),
            (
                with("consent_within_ms", json!(0)),
                "`consent_within_ms`: 0 is no time to wait",
            ),
            (
                with("from", json!("2027-02-30")),
                "`from`: `2027-02-30` is not a date like 2027-05-14",
            ),
            (
                with("card", json!("12")),
                "`card`: a card number has sixteen digits",
            ),
            (
                with("email", json!("ana")),
                "`email`: `ana` is not an address like ana@mail.example",
            ),
            (with("city", Value::Null), "`city`: missing"),
            (
                with("legs", json!("SA 310")),
                "`legs`: expected a list of flights, found a text",
            ),
            (with("legs", json!(["SA 310", " "])), "`legs`: empty"),
            (with("hotel", json!(" ")), "`hotel`: empty"),
            (
                with("expect", json!("fine")),
                "`expect`: `fine` is none of booked, failed, parked",
            ),
        ];
        for (entry, problem_expected) in expected {
            assert_eq!(problem(entry), format!("entry 1 (t1): {problem_expected}"));
        }
    }

    #[test]
    fn an_unknown_field_lists_the_known_ones() {
        let problem = problem(with("nigths", json!(3)));
        assert!(problem.starts_with("entry 1 (t1): `nigths`: unknown field (known are id, "));
    }

    #[test]
    fn all_problems_of_an_entry_are_told() {
        let problem = problem(json!({ "id": 7, "currency": "DOGE" }));
        for part in [
            "`id`: expected a text, found a number",
            "`city`: missing",
            "`currency`: `DOGE`",
        ] {
            assert!(problem.contains(part), "{problem}");
        }
    }

    #[test]
    fn a_bad_entry_does_not_stop_the_others() {
        let requests = check(&[valid("a"), json!(7), valid("a"), valid("b")]);
        let ids: Vec<&str> = requests
            .good
            .iter()
            .map(|good| good.trip.id.0.as_str())
            .collect();
        assert_eq!(ids, ["a", "b"]);
        let problems: Vec<String> = requests.bad.iter().map(ToString::to_string).collect();
        assert_eq!(
            problems,
            [
                "entry 2: expected an object, found a number",
                "entry 3 (a): `id`: already used by entry 1",
            ]
        );
    }
}
