//! One entry of the file: its fields, and what is wrong with them.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde_json::{Map, Value};

use super::Request;
use crate::domain::{Leg, Trip, TripId};

/// Reads `value` as a request, or returns everything wrong with it.
pub(super) fn request(value: &Value) -> Result<Request, Vec<String>> {
    let Value::Object(fields) = value else {
        return Err(vec![format!("expected an object, found {}", kind(value))]);
    };
    let mut entry = Entry {
        fields,
        problems: Vec::new(),
    };
    let request = entry.request();
    entry.refuse_unknown();
    request
        .filter(|_| entry.problems.is_empty())
        .ok_or(entry.problems)
}

/// How long the owner of a card may take to agree if the entry does not say.
const CONSENT_WITHIN: Duration = Duration::from_secs(600);

const FIELDS: [&str; 14] = [
    "id",
    "traveller",
    "email",
    "city",
    "from",
    "nights",
    "hotel",
    "car",
    "legs",
    "card",
    "currency",
    "budget",
    "consent_within_ms",
    "expect",
];

/// An object being read; collects its problems.
struct Entry<'a> {
    fields: &'a Map<String, Value>,
    problems: Vec<String>,
}

impl Entry<'_> {
    fn request(&mut self) -> Option<Request> {
        // All fields are read before the first `?`, so that all problems are found.
        let id = self.required("id", text);
        let traveller = self.required("traveller", text);
        let email = self.required("email", email);
        let city = self.required("city", text);
        let from = self.required("from", converted);
        let nights = self.required("nights", nights);
        let hotel = self.required("hotel", text);
        let car = self.optional("car", text);
        let legs = self.optional("legs", legs);
        let card = self.required("card", converted);
        let currency = self.required("currency", parsed);
        let budget = self.optional("budget", amount);
        let consent_within = self.optional("consent_within_ms", milliseconds);
        let expect = self.optional("expect", parsed);
        Some(Request {
            trip: Trip {
                id: TripId(id?),
                traveller: traveller?,
                email: email?,
                city: city?,
                from: from?,
                nights: nights?,
                hotel: hotel?,
                car,
                legs: legs.unwrap_or_default(),
                card: card?,
                currency: currency?,
                budget,
                consent_within: consent_within.unwrap_or(CONSENT_WITHIN),
            },
            expect,
        })
    }

    fn required<T>(&mut self, name: &str, read: fn(&Value) -> Result<T, String>) -> Option<T> {
        if !self.is_given(name) {
            self.problems.push(format!("`{name}`: missing"));
        }
        self.optional(name, read)
    }

    /// `None` if the field is absent or bad.
    fn optional<T>(&mut self, name: &str, read: fn(&Value) -> Result<T, String>) -> Option<T> {
        if !self.is_given(name) {
            return None;
        }
        read(&self.fields[name])
            .map_err(|problem| self.problems.push(format!("`{name}`: {problem}")))
            .ok()
    }

    /// `null` counts as absent.
    fn is_given(&self, name: &str) -> bool {
        self.fields.get(name).is_some_and(|value| !value.is_null())
    }

    /// A misspelt wish must not be ignored silently.
    fn refuse_unknown(&mut self) {
        let unknown = self
            .fields
            .keys()
            .filter(|name| !FIELDS.contains(&name.as_str()));
        self.problems.extend(
            unknown
                .map(|name| format!("`{name}`: unknown field (known are {})", FIELDS.join(", "))),
        );
    }
}

fn text(value: &Value) -> Result<String, String> {
    match value.as_str().map(str::trim) {
        Some("") => Err("empty".to_owned()),
        Some(text) => Ok(text.to_owned()),
        None => Err(format!("expected a text, found {}", kind(value))),
    }
}

fn parsed<T: FromStr<Err: fmt::Display>>(value: &Value) -> Result<T, String> {
    text(value)?
        .parse()
        .map_err(|problem: T::Err| problem.to_string())
}

fn converted<T: TryFrom<String, Error: fmt::Display>>(value: &Value) -> Result<T, String> {
    T::try_from(text(value)?).map_err(|problem| problem.to_string())
}

fn email(value: &Value) -> Result<String, String> {
    let address = text(value)?;
    match address.split_once('@') {
        Some((name, domain)) if !name.is_empty() && domain.contains('.') => Ok(address),
        _ => Err(format!(
            "`{address}` is not an address like ana@mail.example"
        )),
    }
}

fn nights(value: &Value) -> Result<u32, String> {
    let nights = whole(value)?;
    u32::try_from(nights)
        .ok()
        .filter(|nights| (1..=90).contains(nights))
        .ok_or_else(|| format!("{nights} is not between 1 and 90"))
}

fn legs(value: &Value) -> Result<Vec<Leg>, String> {
    let flights = value
        .as_array()
        .ok_or_else(|| format!("expected a list of flights, found {}", kind(value)))?;
    flights.iter().map(|flight| text(flight).map(Leg)).collect()
}

/// An amount of money, in minor units.
fn amount(value: &Value) -> Result<u64, String> {
    let minor = whole(value)?;
    u64::try_from(minor).map_err(|_| format!("{minor} is negative"))
}

fn milliseconds(value: &Value) -> Result<Duration, String> {
    let ms = whole(value)?;
    let ms = u64::try_from(ms).ok().filter(|ms| *ms > 0);
    ms.map(Duration::from_millis)
        .ok_or_else(|| format!("{value} is no time to wait"))
}

fn whole(value: &Value) -> Result<i64, String> {
    value.as_i64().ok_or_else(|| match value {
        Value::Number(number) => format!("{number} is not a whole number"),
        _ => format!("expected a whole number, found {}", kind(value)),
    })
}

/// The JSON type of `value`.
pub(super) fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}
