//! What `Debug` shows of a saga's effects: those whose types have it, without a bound on the others.

use crate::common::{BUSY, Trouble, UNHEARD, Vendor};
use serde::{Deserialize, Serialize};
use std::{
    fmt,
    sync::{Arc, Mutex},
};
use typed_saga::{
    Outcome,
    engine::{Engine, Memory},
    saga,
};

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Room {
    number: u32,
}

/// It has no `Debug`.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Card(u32);

saga! {
    #[classify(Trouble::verdict)]
    saga Trip(guide: bool) with (vendor: Vendor) -> Result<_, Trouble> {
        #[idempotent]
        step room(vendor, key) -> Room {
            vendor
                .order("room", key)
                .await
                .map(|number| Room { number })
        }
            compensate(vendor, key) { vendor.cancel("no room", key).await }

        #[idempotent]
        step card(vendor, key) -> Card { vendor.order("card", key).await.map(Card) }
            compensate(vendor, key) { vendor.cancel("no card", key).await }

        #[idempotent]
        #[when(guide => *guide)]
        step guided(vendor, key) -> Card { vendor.order("guide", key).await.map(Card) }
            compensate(vendor, key) { vendor.cancel("no guide", key).await }

        for night: u32 in (=> 0..2)
        read breakfast(night) -> u32 { Ok(*night) }

        step car(vendor, room, card, guided, breakfast, key) -> u32 {
            let _ = (room, card, guided, breakfast);
            vendor.order("car", key).await
        }
            #[retry(1)]
            resolve(vendor, key) { vendor.find("find car", key).await }
            compensate(vendor, key) { vendor.cancel("no car", key).await }
    }

    saga Generic<T, D>(t: Arc<Mutex<Option<T>>>, d: D) -> Result<_, Trouble>
    where
        T: Send + Sync + 'static,
        D: fmt::Debug + Clone + Send + Sync + 'static,
    {
        read unknown(t) -> Option<T> { Ok(t.lock().unwrap().take()) }
        read known(d) -> D { Ok(d.clone()) }
    }
}

#[tokio::test(start_paused = true)]
async fn a_parked_saga_shows_its_effects_and_why_a_doubt_is_not_settled() {
    let vendor = Vendor::new().on("car", [UNHEARD]).always("find car", BUSY);
    let trip = Trip { guide: false }.with(vendor).id("trip-7");
    let Outcome::Parked(parked) = trip.outcome().await else {
        panic!("nobody knows whether there is a car");
    };
    let snapshot = format!("{:?}", parked.snapshot());
    assert_eq!(
        snapshot,
        "TripSnapshot { room: Some(Room { number: 1 }), card: Some(..), guided: Some(..), \
         breakfast: Some([0, 1]), car: None }"
    );
    let shown = format!("{parked:?}");
    assert!(shown.contains(&snapshot), "{shown}");
    assert!(shown.contains("in_doubt: [\"car\"]"), "{shown}");
    assert!(shown.contains("call: Resolve"), "{shown}");
    assert!(shown.contains("Failed(Busy)"), "{shown}");
}

#[tokio::test(start_paused = true)]
async fn all_effects_are_shown_alike() {
    let trip = Trip { guide: true }.with(Vendor::new());
    let effects = trip.await.unwrap();
    assert_eq!(
        format!("{effects:?}"),
        "TripEffects { room: Room { number: 1 }, card: .., guided: Some(..), breakfast: [0, 1], \
         car: 4 }"
    );
    // What the saga does not know of a type, it does not show.
    let t = Arc::new(Mutex::new(Some(1_u8)));
    let effects = Generic { t, d: 2_u8 }.run().await.unwrap();
    assert_eq!(
        format!("{effects:?}"),
        "GenericEffects { unknown: Some(..), known: 2 }"
    );
}

saga! {
    saga Paid(sum: u32) -> Result<_, Trouble> {
        when (sum => *sum > 9) {
            read paid(sum) -> Room { Ok(Room { number: *sum }) }
        } else {
            #[name = "paid_little"]
            read paid() -> Room { Ok(Room { number: 9 }) }
        }

        when (sum => *sum > 99) {
            #[name = "gift_wrapped"]
            read gift(paid) -> Card { Ok(Card(paid.number)) }
        } else when (sum => *sum > 9) {
            #[name = "gift_plain"]
            read gift() -> Card { Ok(Card(0)) }
        }
    }
}

#[tokio::test]
async fn a_name_that_arms_share_is_shown_as_one_effect() {
    for (sum, shown) in [
        (500, "paid: Room { number: 500 }, gift: Some(..)"),
        (50, "paid: Room { number: 50 }, gift: Some(..)"),
        (5, "paid: Room { number: 9 }, gift: None"),
    ] {
        let effects = Paid { sum }.run().await.unwrap();
        assert_eq!(format!("{effects:?}"), format!("PaidEffects {{ {shown} }}"));
    }
}

saga! {
    #[classify(typed_saga::transient)]
    #[timeout(5s)]
    durable saga Stay() with (vendor: Vendor) -> Result<u32, Trouble> {
        #[idempotent]
        step room(vendor, key) -> Room {
            vendor
                .order("room", key)
                .await
                .map(|number| Room { number })
        }
            compensate none

        #[idempotent]
        step card(vendor, key) -> Card { vendor.order("card", key).await.map(Card) }
            compensate none

        room.number + card.0
    }
}

#[tokio::test(start_paused = true)]
async fn an_engine_shows_those_of_a_recorded_saga() {
    let vendor = Vendor::new();
    let builder = Engine::builder(Memory::new()).register::<Stay>(StayServices { vendor });
    let engine = builder.start().await.unwrap();
    let handle = engine.submit("s", Stay {}).await.unwrap();
    let outcome = handle.outcome().await.unwrap();
    assert_eq!(outcome.into_result().unwrap(), 3);
    let loaded = engine.load::<Stay>("s").await.unwrap();
    let shown = format!("{loaded:?}");
    let effects = "StaySnapshot { room: Some(Room { number: 1 }), card: Some(..) }";
    assert!(shown.contains(effects), "{shown}");
}
