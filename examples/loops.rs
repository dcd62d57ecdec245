//! A loop: one step for each of many items, which succeed together or are undone together.
//!
//! Run it: `cargo run --example loops`

use typed_saga::{Key, Verdict, saga};

saga! {
    /// Blocks the seats of all guests of a concert that is cancelled.
    #[classify(Error::verdict)]
    saga CancelConcert(guests: Vec<Guest>) with (hall: Hall) -> Result<usize, Error> {
        #[idempotent] #[concurrent(2)] // two requests at a time
        for guest: Guest in (guests => guests.clone())
        step blocked(hall, guest, key) -> Seat = Hall::block
            compensate(hall, blocked) = Hall::free; // of one guest

        blocked.len() // of all guests: a `Vec<Seat>`
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let guests = |names: &[&'static str]| names.iter().map(|&name| Guest { name }).collect();

    let seats = CancelConcert {
        guests: guests(&["Ada", "Bob", "Eve"]),
    }
    .with(Hall)
    .await;
    println!("{} seats are blocked", seats.expect("all of them sit"));

    // Mallory does not sit: whoever was blocked before is freed again.
    let all = guests(&["Ada", "Bob", "Eve", "Mallory", "Zoe"]);
    let error = CancelConcert { guests: all }
        .with(Hall)
        .await
        .expect_err("one of them stands");
    println!("{error}");
    assert_eq!(error.failure().step(), Some("blocked[3]"));
    assert!(error.is_clean());
}

#[derive(Clone)]
struct Guest {
    name: &'static str,
}

struct Seat(&'static str);

#[derive(Debug)]
struct Error(&'static str);

impl Error {
    fn verdict(&self) -> Verdict {
        let Self(_) = self;
        Verdict::Refused
    }
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} has no seat", self.0)
    }
}

struct Hall;

impl Hall {
    async fn block(&self, guest: &Guest, _: &Key) -> Result<Seat, Error> {
        println!("the seat of {} is blocked", guest.name);
        tokio::task::yield_now().await;
        if guest.name == "Mallory" {
            return Err(Error(guest.name));
        }
        Ok(Seat(guest.name))
    }
    async fn free(&self, seat: &Seat) -> Result<(), Error> {
        tokio::task::yield_now().await;
        println!("the seat of {} is free again", seat.0);
        Ok(())
    }
}
