//! The site's side of each vendor: typed calls over HTTP.
//!
//! A client is cheap to clone, and knows nothing of sagas: its methods borrow their arguments and
//! return a `Result`, so a step can name one as its action, `resolve` or `compensate`. A key is any
//! text.

mod billing;
mod cars;
mod endpoint;
mod flights;
mod hotels;
mod listener;
mod mailer;
mod quotes;

use serde::{Deserialize, Serialize};

use crate::domain::{Booking, Trip};
use crate::error::Vendor;
use crate::wire::{ReserveRequest, Reserved};

pub(crate) use billing::Billing;
pub(crate) use cars::Cars;
use endpoint::Endpoint;
pub(crate) use endpoint::connections;
pub(crate) use flights::Flights;
pub(crate) use hotels::Hotels;
pub(crate) use listener::Listener;
pub(crate) use mailer::Mailer;
pub(crate) use quotes::Quotes;

/// One client per vendor, and one for who hears of trips: everything that booking a trip needs.
#[derive(Clone)]
pub(crate) struct Clients {
    pub(crate) quotes: Quotes,
    pub(crate) billing: Billing,
    pub(crate) hotels: Hotels,
    pub(crate) cars: Cars,
    pub(crate) flights: Flights,
    pub(crate) mailer: Mailer,
    pub(crate) listener: Listener,
}

/// Where they are, such as `http://127.0.0.1:8080`.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Addresses {
    pub(crate) quotes: String,
    pub(crate) billing: String,
    pub(crate) hotels: String,
    pub(crate) cars: String,
    pub(crate) flights: String,
    pub(crate) mailer: String,
    pub(crate) listener: String,
}

impl Clients {
    pub(crate) fn new(at: Addresses, http: &reqwest::Client) -> Self {
        let endpoint = |vendor, base| Endpoint::new(vendor, base, http.clone());
        Self {
            quotes: Quotes::new(endpoint(Vendor::Rates, at.quotes)),
            billing: Billing::new(endpoint(Vendor::Billing, at.billing)),
            hotels: Hotels::new(endpoint(Vendor::Hotel, at.hotels)),
            cars: Cars::new(endpoint(Vendor::Car, at.cars)),
            flights: Flights::new(endpoint(Vendor::Flight, at.flights)),
            mailer: Mailer::new(endpoint(Vendor::Mail, at.mailer)),
            listener: Listener::new(endpoint(Vendor::Listener, at.listener)),
        }
    }
}

fn reservation(trip: &Trip, item: &str, units: u32) -> ReserveRequest {
    ReserveRequest {
        trip: trip.id.clone(),
        traveller: trip.traveller.clone(),
        item: item.to_owned(),
        city: trip.city.clone(),
        from: trip.from.clone(),
        units,
        currency: trip.currency,
    }
}

impl From<Reserved> for Booking {
    fn from(reserved: Reserved) -> Self {
        Self {
            price: reserved.unit_price * reserved.units,
            reference: reserved.reference,
        }
    }
}
