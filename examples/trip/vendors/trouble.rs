//! The rules for trouble: which requests fail, and how.
//!
//! The rules depend on a request's content, never on chance or the clock: on its place, a mark in
//! its data, and the number of requests that its trip has sent to that place before. So every run
//! ends the same way.

use serde::{Deserialize, Serialize};

/// Where a request may fail. The mark is the city for rates, the card for billing, the item for
/// reservations, the domain of the address for mail, and the city for events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Place {
    Rates,
    Authorize,
    Release,
    /// The owner of the card is asked: no request, but it refuses, is slow, or is understood twice.
    Owner,
    Capture,
    HotelBook,
    HotelFind,
    HotelCancel,
    CarBook,
    CarFind,
    CarCancel,
    FlightBook,
    FlightFind,
    FlightCancel,
    Mail,
    Hear,
}

impl Place {
    /// Whether it is asked what was done, instead of being asked to do something.
    pub(super) const fn is_question(self) -> bool {
        matches!(
            self,
            Self::Rates | Self::HotelFind | Self::CarFind | Self::FlightFind
        )
    }
}

/// Which of a trip's requests to a place fail.
#[derive(Clone, Copy, Debug)]
pub(super) enum Tries {
    First(u32),
    All,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Mishap {
    /// 422 with this reason; no effect.
    Refuse(&'static str),
    /// 429; no effect.
    Busy,
    /// 503; no effect.
    Unavailable,
    /// 500; no effect.
    FailBefore,
    /// The request takes effect, and the answer is 500.
    FailAfter,
    /// The request takes effect, and the answer is 200 with half a JSON text.
    Garble,
    /// The request takes effect, and the answer begins, but does not go on: its sender gives up.
    Stall,
    /// The request takes effect, and there is no answer at all.
    Silence,
    /// The answer begins, and does not go on. The request takes effect after the next one under its
    /// key: [`super::late`].
    ActLate,
    /// The request takes effect, and the answer has an absurd price.
    Misquote,
}

pub(super) struct Rule {
    pub(super) place: Place,
    pub(super) mark: &'static str,
    pub(super) tries: Tries,
    pub(super) mishap: Mishap,
}

const fn rule(place: Place, mark: &'static str, tries: Tries, mishap: Mishap) -> Rule {
    Rule {
        place,
        mark,
        tries,
        mishap,
    }
}

/// All rules.
pub(super) const RULES: &[Rule] = {
    use Mishap::{
        ActLate, Busy, FailAfter, FailBefore, Garble, Misquote, Refuse, Silence, Stall, Unavailable,
    };
    use Place::{
        Authorize, Capture, CarBook, CarCancel, CarFind, FlightBook, FlightCancel, Hear, HotelBook,
        HotelCancel, Mail, Owner, Rates, Release,
    };
    use Tries::{All, First};
    &[
        rule(Rates, "Reykjavik", All, Stall),
        rule(Rates, "Lagos", All, FailBefore),
        rule(Rates, "Naples", All, Garble),
        rule(Rates, "Timbuktu", All, Unavailable),
        rule(Authorize, "4000000000000002", All, Refuse("card declined")),
        rule(
            Authorize,
            "4000000000009995",
            All,
            Refuse("insufficient funds"),
        ),
        rule(Authorize, "4000000000000341", First(2), Busy),
        rule(Authorize, "4000000000000358", All, Busy),
        rule(Authorize, "4000000000000101", First(1), FailBefore),
        rule(Authorize, "4000000000000119", First(1), FailAfter),
        rule(Authorize, "4000000000000127", First(1), Stall),
        rule(Authorize, "4000000000000135", First(1), Garble),
        rule(Authorize, "4000000000000143", First(1), ActLate),
        rule(Release, "4000000000005126", First(1), Unavailable),
        rule(Release, "4000000000005134", First(1), FailAfter),
        rule(Release, "4000000000005142", First(1), Stall),
        rule(Release, "4000000000003220", All, Unavailable),
        rule(Owner, "4000000000003055", All, Refuse("never heard of it")),
        rule(Owner, "4000000000003063", All, Stall),
        rule(Owner, "4000000000003097", All, FailAfter),
        rule(Capture, "4000000000000069", All, Refuse("card expired")),
        rule(Capture, "4000000000006967", First(1), Busy),
        rule(Capture, "4000000000006975", First(1), FailAfter),
        rule(Capture, "4000000000007984", First(1), Stall),
        rule(Capture, "4000000000007992", First(1), ActLate),
        rule(HotelBook, "Hotel Kaiserhof", All, Refuse("sold out")),
        rule(HotelBook, "Harbour Rooms", First(1), Busy),
        rule(HotelBook, "Pension Anker", All, Unavailable),
        rule(HotelBook, "Casa do Largo", First(1), FailBefore),
        rule(HotelBook, "Albergo Vesuvio", All, FailBefore),
        rule(HotelBook, "Quinta da Serra", First(1), FailAfter),
        rule(HotelBook, "Ryokan Momiji", First(1), Garble),
        rule(HotelBook, "Riad Yasmin", First(1), Stall),
        rule(HotelBook, "Riad Zahra", All, Stall),
        rule(HotelBook, "Alpenblick", First(1), ActLate),
        rule(HotelBook, "Berghaus", All, ActLate),
        rule(HotelBook, "The Overflow", All, Misquote),
        rule(HotelCancel, "Hotel Lindenhof", First(1), Unavailable),
        rule(CarBook, "convertible", All, Refuse("none left")),
        rule(CarBook, "limousine", First(2), Busy),
        rule(CarBook, "camper", First(1), FailBefore),
        rule(CarBook, "electric", All, FailAfter),
        rule(CarBook, "roadster", First(1), Stall),
        rule(CarBook, "vintage", First(1), ActLate),
        rule(CarBook, "minibus", First(1), Garble),
        rule(CarFind, "minibus", First(1), Unavailable),
        rule(CarBook, "pickup", All, FailBefore),
        rule(CarCancel, "scooter", First(1), FailBefore),
        rule(CarCancel, "van", First(1), Stall),
        rule(FlightBook, "SA 404", All, Refuse("sold out")),
        rule(FlightBook, "SA 429", First(1), Busy),
        rule(FlightBook, "SA 503", All, Unavailable),
        rule(FlightBook, "SA 500", First(1), FailAfter),
        rule(FlightBook, "SA 504", First(1), Stall),
        rule(FlightBook, "SA 505", First(1), ActLate),
        rule(FlightCancel, "SA 810", First(1), FailAfter),
        rule(Mail, "bounce.example", First(1), FailBefore),
        rule(Mail, "echo.example", First(2), FailAfter),
        rule(Mail, "queue.example", First(3), Busy),
        rule(Mail, "late.example", First(1), Silence),
        rule(Mail, "slow.example", First(1), ActLate),
        rule(Hear, "Reykjavik", First(1), FailAfter),
        rule(Hear, "Lagos", First(2), Garble),
        rule(Hear, "Naples", First(1), Stall),
        rule(Hear, "New York", First(1), FailBefore),
        rule(Hear, "Marrakesh", First(3), Busy),
        rule(Hear, "Timbuktu", First(1), FailAfter),
        rule(Hear, "Atlantis", First(1), ActLate),
    ]
};

impl Mishap {
    /// Whether the request takes effect nevertheless, now or later.
    pub(super) const fn has_effect(self) -> bool {
        !matches!(
            self,
            Self::Refuse(_) | Self::Busy | Self::Unavailable | Self::FailBefore
        )
    }
}

/// The rule for the `nth` request (counted from 1) of a trip to `place` with `mark`, if there is
/// one.
pub(super) fn rule_for(place: Place, mark: &str, nth: u32) -> Option<&'static Rule> {
    RULES
        .iter()
        .find(|rule| rule.place == place && rule.mark == mark)
        .filter(|rule| match rule.tries {
            Tries::First(n) => nth <= n,
            Tries::All => true,
        })
}
