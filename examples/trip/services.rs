//! The services of the saga are the clients of the vendors.

use crate::clients::Clients;
use crate::saga::BookTripServices;

impl From<Clients> for BookTripServices {
    fn from(clients: Clients) -> Self {
        let Clients {
            quotes,
            billing,
            hotels,
            cars,
            flights,
            mailer,
            listener,
        } = clients;
        Self {
            quotes,
            billing,
            hotels,
            cars,
            flights,
            mailer,
            listener,
        }
    }
}
