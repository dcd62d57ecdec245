//! When a compensation keeps failing, the saga parks; once the service is up again, it is resumed.

#![allow(clippy::unused_async, reason = "these services answer at once")]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use typed_saga::{Outcome, saga};

/// Lets rooms, and can be down.
#[derive(Clone, Default)]
struct Hotel {
    down: Arc<AtomicBool>,
}

#[derive(Debug)]
struct Down;

impl Hotel {
    async fn book(&self, night: &u32) -> Result<Room, Down> {
        Ok(Room { night: *night })
    }

    async fn cancel(&self, room: &Room) -> Result<(), Down> {
        if self.down.load(Ordering::Relaxed) {
            return Err(Down);
        }
        println!("the room for night {} is free again", room.night);
        Ok(())
    }

    /// The flight fails, and takes the hotel's service down with it.
    async fn fail(&self) -> Result<(), Down> {
        self.down.store(true, Ordering::Relaxed);
        Err(Down)
    }
}

#[derive(Clone, Debug, PartialEq)]
struct Room {
    night: u32,
}

saga! {
    saga Journey(night: u32) with (hotel: Hotel) -> Result<Room, Down> {
        step room(hotel, night) -> Room = Hotel::book
            #[retry(2, 1ms..2ms)]
            compensate(hotel, room) = Hotel::cancel;

        step flight(hotel) = Hotel::fail
            compensate none

        room
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let hotel = Hotel::default();
    let journey = Journey { night: 24 }.with(hotel.clone()).id("journey-7");

    let Outcome::Parked(parked) = journey.outcome().await else {
        panic!("the room can be neither used nor cancelled");
    };
    assert_eq!(parked.id().as_str(), "journey-7");
    assert_eq!(parked.failure().step(), Some("flight"));
    assert_eq!(parked.unsettled().still_applied, ["room"]);
    assert_eq!(parked.snapshot().room, Some(Room { night: 24 }));
    println!("parked: {parked:?}");

    hotel.down.store(false, Ordering::Relaxed);
    let Outcome::Compensated(error) = parked.resume().outcome().await else {
        panic!("the hotel takes cancellations again");
    };
    assert_eq!(error.step(), Some("flight"));
    assert!(error.is_clean());
    typed_saga::drain(std::time::Duration::from_secs(5)).await;
}
