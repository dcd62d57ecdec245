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

use crate::domain::{Booking, Trip};
use crate::wire::{ReserveRequest, Reserved};

pub(crate) use billing::Billing;
pub(crate) use cars::Cars;
pub(crate) use endpoint::{Endpoint, connections};
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
