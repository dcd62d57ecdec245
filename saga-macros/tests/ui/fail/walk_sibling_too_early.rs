// A sibling waits for the siblings that it reads.

use typed_saga::saga;

#[derive(Debug)]
struct Failed;

saga! {
    saga Trip() -> Result<_, Failed> {
        read rates() -> u8 { Ok(1) }
        concurrent {
            step hotel(rates) -> u8 { Ok(*rates) }
            compensate(hotel) { let _ = hotel; Ok(()) }

            step car(hotel) -> u16 { Ok(u16::from(*hotel)) }
            compensate none;
        }
        #[idempotent]
        pivot charge(car, _key) -> u32 { Ok(u32::from(*car)) }
        #[idempotent]
        step mail(charge, _key) { let _ = charge; Ok(()) }
    }
}

async fn walk(services: &TripServices) {
    let state = Trip {}.walk().rates(services).await.unwrap();
    let _ = state.car(services).await;
}

fn main() {}
