//! What the site and its vendors say to each other, as JSON over HTTP.

use serde::{Deserialize, Serialize};

use crate::domain::{CardNumber, Date, TripId};
use crate::money::{Currency, Money};

/// The header that makes repeating a request harmless.
pub(crate) const IDEMPOTENCY_KEY: &str = "idempotency-key";

/// Asks for the price of a stay in `city`.
#[derive(Serialize, Deserialize)]
pub(crate) struct RatesQuery {
    pub(crate) trip: TripId,
    pub(crate) city: String,
    pub(crate) currency: Currency,
}

/// Asks to authorize a payment on a card.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct AuthorizeRequest {
    pub(crate) trip: TripId,
    pub(crate) card: CardNumber,
    pub(crate) amount: Money,
}

/// Asks a hotel, a car rental or an airline to reserve something for a trip.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct ReserveRequest {
    pub(crate) trip: TripId,
    pub(crate) traveller: String,
    /// The hotel, the class of car, the number of the flight.
    pub(crate) item: String,
    pub(crate) city: String,
    pub(crate) from: Date,
    /// Nights, days or seats.
    pub(crate) units: u32,
    pub(crate) currency: Currency,
}

/// A reservation and its price.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Reserved {
    pub(crate) reference: String,
    pub(crate) unit_price: Money,
    pub(crate) units: u32,
}

/// Asks for the reservation made under a key.
#[derive(Serialize, Deserialize)]
pub(crate) struct FindQuery {
    pub(crate) key: String,
}

/// A mail to a traveller.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct MailRequest {
    pub(crate) trip: TripId,
    pub(crate) to: String,
    pub(crate) text: String,
}

/// The bank tells the site that the owner of the card has agreed.
#[derive(Serialize, Deserialize)]
pub(crate) struct Agreed {
    pub(crate) trip: TripId,
    pub(crate) authorization: String,
}

/// Why a vendor refuses.
#[derive(Serialize, Deserialize)]
pub(crate) struct Refusal {
    pub(crate) reason: String,
}
