// A mistake is reported once: all that uses the saga is checked as if it were right.

use typed_saga::saga;

#[derive(Debug)]
struct Failed;

saga! {
    #[derive(Clone, Debug)]
    saga Trip(days: u8) with (service: u8) -> Result<u8, Failed> {
        read rates(dais, service) -> u8 { Ok(dais + service) }
        concurrent {
            step hotel(rates, key) -> u8 { let _ = key; Ok(*rates) }
            compensate(hotel) { let _ = hotel; Ok(()) }
            #[when(days => *days > 1)]
            read car(rates) -> u8 { Ok(*rates) }
        }
        finally(days, outcome) { println!("{days} {outcome}"); }

        hotel + car.unwrap_or(0)
    }
}

async fn run() -> Result<u8, typed_saga::Error<Failed>> {
    let trip = Trip { days: 1 };
    assert_eq!(Trip::DEFINITION.name, "Trip");
    if let typed_saga::Outcome::Parked(parked) = trip.clone().with(2).id("a").outcome().await {
        let snapshot = parked.snapshot();
        println!(
            "{:?} {:?} {:?}",
            snapshot.rates, snapshot.hotel, snapshot.car
        );
    }
    trip.clone().with(2).start().cancel().await;
    trip.with(2).await
}

async fn walk(services: &TripServices) -> Result<u8, Box<dyn std::error::Error>> {
    let state = Trip { days: 1 }
        .walk()
        .rates(services)
        .await
        .map_err(|stopped| format!("{stopped:?}"))?;
    let state = state
        .car(services)
        .await
        .unwrap()
        .hotel(services)
        .await
        .unwrap();
    let state = state.join().reopen().undo_hotel(services).await.unwrap();
    let typed_saga::Pending = state.hotel;
    Ok(state.days + state.rates + state.car.unwrap_or(0))
}

fn main() {}
