//! The other side: six small HTTP services on loopback, each with a ledger of what stands, and a
//! listener that hears of the trips that have ended.
//!
//! They behave as such services do: they honour idempotency keys, and sometimes refuse, stall or
//! break, as [`trouble::RULES`] says. Their ledgers are in memory, or in files that outlive the
//! process.

mod billing;
mod books;
mod desk;
mod halt;
mod key;
mod late;
mod ledger;
mod lines;
mod listener;
mod mail;
mod owners;
mod rates;
mod reservations;
mod trouble;

use std::fs;
use std::future::IntoFuture;
use std::io;
use std::path::Path;
use std::sync::Arc;

use axum::Router;
use tokio::net::TcpListener;

use crate::clients::{self, Addresses, Clients};
use crate::tariff;
use billing::Billing;
use desk::Desk;
use lines::Shelf;
use listener::Listener;
use mail::Mail;
use owners::Owners;
use reservations::Reservations;
use trouble::Place;

pub(crate) use billing::Hold;
pub(crate) use books::{Books, Deed};
pub(crate) use halt::Halt;
pub(crate) use ledger::Entry;
pub(crate) use listener::Heard;
pub(crate) use reservations::State;

/// All vendors, ready for requests.
pub(crate) struct Vendors {
    billing: Arc<Billing>,
    hotels: Arc<Reservations>,
    cars: Arc<Reservations>,
    flights: Arc<Reservations>,
    mail: Arc<Mail>,
    listener: Arc<Listener>,
    desk: Arc<Desk>,
    clients: Clients,
    addresses: Addresses,
}

impl Vendors {
    /// Opens each vendor on a port of its own, until the runtime ends. The ledgers are files in
    /// `folder`, and contain what an earlier process did; without a folder they are in memory. The
    /// bank tells `webhook` what the owners of cards say.
    ///
    /// # Errors
    ///
    /// If the system has no free ports or connections, or the files cannot be opened.
    pub(crate) async fn open(folder: Option<&Path>, webhook: String) -> io::Result<Self> {
        folder.map_or(Ok(()), fs::create_dir_all)?;
        let shelf = Shelf(folder);
        let desk = Arc::new(Desk::open(shelf)?);
        let reservations =
            |trade| Reservations::open(Arc::clone(&desk), trade, shelf).map(Arc::new);
        let http = clients::connections().map_err(io::Error::other)?;
        let owners = Owners::new(webhook, http.clone());
        let billing = Billing::open(Arc::clone(&desk), shelf, owners)?;
        let hotels = reservations(&HOTELS)?;
        let cars = reservations(&CARS)?;
        let flights = reservations(&FLIGHTS)?;
        let mail = Arc::new(Mail::open(Arc::clone(&desk), shelf)?);
        let listener = Arc::new(Listener::open(Arc::clone(&desk), shelf)?);

        let addresses = Addresses {
            quotes: serve(rates::router(Arc::clone(&desk))).await?,
            billing: serve(Arc::clone(&billing).router()).await?,
            hotels: serve(Arc::clone(&hotels).router()).await?,
            cars: serve(Arc::clone(&cars).router()).await?,
            flights: serve(Arc::clone(&flights).router()).await?,
            mailer: serve(Arc::clone(&mail).router()).await?,
            listener: serve(Arc::clone(&listener).router()).await?,
        };
        Ok(Self {
            billing,
            hotels,
            cars,
            flights,
            mail,
            listener,
            desk,
            clients: Clients::new(addresses.clone(), &http),
            addresses,
        })
    }

    /// Clients for these vendors.
    pub(crate) fn clients(&self) -> Clients {
        self.clients.clone()
    }

    /// Where they are, for clients in other processes.
    pub(crate) fn addresses(&self) -> Addresses {
        self.addresses.clone()
    }

    /// A copy of all ledgers.
    ///
    /// # Errors
    ///
    /// If their files cannot be read.
    pub(crate) fn books(&self) -> io::Result<Books> {
        Ok(Books {
            authorizations: self.billing.entries()?,
            hotels: self.hotels.entries()?,
            cars: self.cars.entries()?,
            flights: self.flights.entries()?,
            mails: self.mail.entries()?,
            heard: self.listener.heard()?,
            rules_met: (self.desk.rules_met(), trouble::RULES.len()),
        })
    }

    /// What makes them stand still.
    pub(crate) fn halt(&self) -> Arc<Halt> {
        self.desk.halt()
    }

    /// Waits until the vendors have handled every request, including those whose sender has given
    /// up.
    pub(crate) async fn quiesce(&self) {
        self.desk.quiesce().await;
    }
}

static HOTELS: reservations::Trade = reservations::Trade {
    name: "hotels",
    prefix: "H",
    book: Place::HotelBook,
    find: Place::HotelFind,
    cancel: Place::HotelCancel,
    unit_price: |city, currency| Some(tariff::today(city, currency)?.night),
};

static CARS: reservations::Trade = reservations::Trade {
    name: "cars",
    prefix: "C",
    book: Place::CarBook,
    find: Place::CarFind,
    cancel: Place::CarCancel,
    unit_price: |city, currency| Some(tariff::today(city, currency)?.car_day),
};

static FLIGHTS: reservations::Trade = reservations::Trade {
    name: "flights",
    prefix: "F",
    book: Place::FlightBook,
    find: Place::FlightFind,
    cancel: Place::FlightCancel,
    unit_price: |city, currency| Some(tariff::today(city, currency)?.flight),
};

/// Opens a port, and says where it is.
async fn serve(router: Router) -> io::Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let base = format!("http://{}", listener.local_addr()?);
    tokio::spawn(axum::serve(listener, router).into_future());
    Ok(base)
}
