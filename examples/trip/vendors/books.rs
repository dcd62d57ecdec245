//! A copy of all ledgers: everything that was ever done, and its state now.

use super::{Entry, Heard, Hold, State};
use crate::domain::TripId;
use crate::wire::{AuthorizeRequest, MailRequest, ReserveRequest};

pub(crate) struct Books {
    pub(crate) authorizations: Vec<Entry<AuthorizeRequest, Hold>>,
    pub(crate) hotels: Vec<Entry<ReserveRequest, State>>,
    pub(crate) cars: Vec<Entry<ReserveRequest, State>>,
    pub(crate) flights: Vec<Entry<ReserveRequest, State>>,
    pub(crate) mails: Vec<Entry<MailRequest, ()>>,
    /// In the order in which it came, and as often.
    pub(crate) heard: Vec<Heard>,
    /// How many of the rules for trouble took effect, and how many there are.
    pub(crate) rules_met: (usize, usize),
}

/// One effect that a vendor made.
pub(crate) struct Deed<'a> {
    pub(crate) trip: &'a TripId,
    /// The step of a booking that makes such effects.
    pub(crate) step: &'static str,
    pub(crate) reference: &'a str,
    /// False once it is undone.
    pub(crate) stands: bool,
}

impl Books {
    /// Everything that any vendor did. An authorization that was captured counts as a charge.
    pub(crate) fn deeds(&self) -> impl Iterator<Item = Deed<'_>> {
        let money = self.authorizations.iter().map(|entry| Deed {
            trip: &entry.request.trip,
            step: match entry.state {
                Hold::Held | Hold::Agreed | Hold::Released => "authorization",
                Hold::Captured(_) => "charge",
            },
            reference: &entry.reference,
            stands: entry.state != Hold::Released,
        });
        let mails = self.mails.iter().map(|entry| Deed {
            trip: &entry.request.trip,
            step: "confirmation",
            reference: &entry.reference,
            stands: true,
        });
        money
            .chain(reserved("hotel", &self.hotels))
            .chain(reserved("car", &self.cars))
            .chain(reserved("seats", &self.flights))
            .chain(mails)
    }

    /// Everything that any vendor did for `trip`.
    pub(crate) fn deeds_for(&self, trip: &TripId) -> impl Iterator<Item = Deed<'_>> {
        self.deeds().filter(move |deed| deed.trip == trip)
    }
}

fn reserved<'a>(
    step: &'static str,
    entries: &'a [Entry<ReserveRequest, State>],
) -> impl Iterator<Item = Deed<'a>> {
    entries.iter().map(move |entry| Deed {
        trip: &entry.request.trip,
        step,
        reference: &entry.reference,
        stands: entry.state == State::Booked,
    })
}
