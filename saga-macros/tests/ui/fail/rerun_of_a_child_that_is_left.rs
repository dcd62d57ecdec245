// errors: 2. A child saga that its parent leaves says what a rerun does about it, whatever its steps are.
#[path = "../gifts.rs"]
mod gifts;
use gifts::*;

typed_saga::saga! {
    #[classify(GiftError::verdict)]
    saga Book() with (stock: Stock) -> Result<Paper, GiftError> {
        step room(stock, key) -> Paper = Stock::take
            #[by_key] compensate(stock, key) { let _ = (stock, key); Ok(()) }

        room
    }

    #[classify(GiftError::verdict)]
    saga Repeat(size: u32) with (stock: Stock) -> Result<Paper, GiftError> {
        #[idempotent]
        step room(stock, size, key) -> Paper { let _ = size; stock.take(key).await }
            compensate(stock, room) = Stock::put_back;

        room
    }

    #[classify(GiftError::verdict)]
    saga Plan(city: String) with (stock: Stock) -> Result<(), GiftError> {
        #[savepoint(2)]
        read first(city) -> u32 { let _ = city; Ok(1) }

        step trip() -> Paper = saga Book {} with (stock)
            compensate none

        step repeated() -> Paper = saga Repeat { size: 3 } with (stock)
            compensate none

        step once(first) -> Paper = saga Repeat { size: *first } with (stock)
            compensate none once

        step again() -> Paper = saga Book {} with (stock)
            compensate none again

        read last() { Ok(()) }

        let _ = (trip, repeated, once, again, last);
    }
}

fn main() {}
