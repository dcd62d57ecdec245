//! The site's domain: a trip, its price, and what the vendors reserved for it.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::money::{Currency, Money};

/// Identifies a trip, to us and to every vendor.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct TripId(pub(crate) String);

impl fmt::Display for TripId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // `pad` keeps the column widths of tables.
        f.pad(&self.0)
    }
}

/// A day, written `2027-05-14`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Date(String);

/// The text is not a date.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is not a date like 2027-05-14")]
pub(crate) struct BadDate(String);

impl TryFrom<String> for Date {
    type Error = BadDate;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        if is_day(&text) {
            Ok(Self(text))
        } else {
            Err(BadDate(text))
        }
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn is_day(text: &str) -> bool {
    let well_formed = text.len() == 10
        && text.bytes().enumerate().all(|(at, byte)| match at {
            4 | 7 => byte == b'-',
            _ => byte.is_ascii_digit(),
        });
    if !well_formed {
        return false;
    }
    let number = |part: &str| part.parse::<u32>().unwrap_or(0);
    let (year, month, day) = (number(&text[..4]), number(&text[5..7]), number(&text[8..]));
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        2 => 28 + u32::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    };
    (1..=days).contains(&day)
}

/// A card's sixteen digits; only the last four are ever shown.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(crate) struct CardNumber(String);

/// The text is not a card number. It may be a mistyped one, so it is not repeated.
#[derive(Debug, thiserror::Error)]
#[error("a card number has sixteen digits")]
pub(crate) struct BadCardNumber;

impl CardNumber {
    pub(crate) fn digits(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for CardNumber {
    type Error = BadCardNumber;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        if text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_digit()) {
            Ok(Self(text))
        } else {
            Err(BadCardNumber)
        }
    }
}

impl From<CardNumber> for String {
    fn from(card: CardNumber) -> Self {
        card.0
    }
}

impl fmt::Debug for CardNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CardNumber(…{})", &self.0[12..])
    }
}

/// One flight of a trip, by its number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Leg(pub(crate) String);

/// What a traveller asks for.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Trip {
    pub(crate) id: TripId,
    pub(crate) traveller: String,
    pub(crate) email: String,
    pub(crate) city: String,
    /// The day of arrival.
    pub(crate) from: Date,
    pub(crate) nights: u32,
    pub(crate) hotel: String,
    /// The class of car, if one is wanted, for as many days as there are nights.
    pub(crate) car: Option<String>,
    /// The flights, in their order; none if the traveller comes some other way.
    pub(crate) legs: Vec<Leg>,
    pub(crate) card: CardNumber,
    pub(crate) currency: Currency,
    /// The most that the trip may cost, in minor units of `currency`.
    pub(crate) budget: Option<u64>,
    /// How long the owner of the card may take to agree.
    pub(crate) consent_within: Duration,
}

impl Trip {
    pub(crate) fn wants_car(&self) -> bool {
        self.car.is_some()
    }
}

/// What things cost in a city, in the trip's currency.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Rates {
    pub(crate) night: Money,
    pub(crate) car_day: Money,
    pub(crate) flight: Money,
    /// False for the site's own older copy.
    pub(crate) fresh: bool,
}

impl Rates {
    /// The price of the whole `trip`.
    ///
    /// # Panics
    ///
    /// If the sum overflows.
    pub(crate) fn total(&self, trip: &Trip) -> Money {
        let mut total = self.night * trip.nights;
        if trip.wants_car() {
            total = total + self.car_day * trip.nights;
        }
        trip.legs.iter().fold(total, |sum, _| sum + self.flight)
    }
}

/// A payment authorized on a card, to be captured or released.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Authorization {
    pub(crate) id: String,
    pub(crate) amount: Money,
}

/// The owner of the card has agreed to a payment.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Consent {
    /// The id of the authorization.
    pub(crate) authorization: String,
}

/// A hotel room, a car or a seat that a vendor reserves for a trip.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Booking {
    pub(crate) reference: String,
    pub(crate) price: Money,
}

/// A payment taken from a card, identified by the authorization that was captured.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Charge {
    pub(crate) id: String,
    pub(crate) amount: Money,
}

/// Identifies a mail that was sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct MessageId(pub(crate) String);

/// The result of a booked trip.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Receipt {
    pub(crate) rates: Rates,
    pub(crate) charge: Charge,
    pub(crate) hotel: Booking,
    pub(crate) car: Option<Booking>,
    /// One for each leg.
    pub(crate) seats: Vec<Booking>,
    pub(crate) confirmation: MessageId,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_days_of_the_calendar() {
        for day in ["2027-05-14", "2028-02-29", "2000-02-29", "2027-12-31"] {
            assert!(Date::try_from(day.to_owned()).is_ok(), "{day}");
        }
        for text in [
            "2027-02-29",
            "1900-02-29",
            "2027-13-01",
            "2027-04-31",
            "2027-05-00",
            "27-05-14",
            "2027/05/14",
            "2027-05-1é",
            "",
        ] {
            assert!(Date::try_from(text.to_owned()).is_err(), "{text}");
        }
    }

    #[test]
    fn a_card_number_is_not_shown() {
        let card = CardNumber::try_from("4242424242424242".to_owned()).unwrap();
        assert_eq!(format!("{card:?}"), "CardNumber(…4242)");
        assert!(CardNumber::try_from("42424242".to_owned()).is_err());
    }
}
