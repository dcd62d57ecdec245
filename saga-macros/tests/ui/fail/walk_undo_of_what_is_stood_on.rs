// A sibling that another one has read is undone after it.

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

async fn walk(services: &TripServices, state: TripDuringHotel<typed_saga::Done<u8>, typed_saga::Done<u16>>) {
    let _ = state.undo_hotel(services).await;
}

fn main() {}
