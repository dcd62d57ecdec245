// An effect is a field from its step on.

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

fn read(state: TripBeforeRates) -> u8 {
    state.rates
}

fn main() {}
