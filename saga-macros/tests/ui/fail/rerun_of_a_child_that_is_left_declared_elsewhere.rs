// errors: 4. The same where the macro sees only the name of the child saga.
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
}

typed_saga::saga! {
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

        for size: u32 in (city => vec![city.len() as u32])
        step each(size) -> Paper = saga Repeat { size: *size } with (stock)
            compensate none

        when (city => city.is_empty()) {
            step inside() -> Paper = saga Book {} with (stock)
                compensate none
        }

        read last() { Ok(()) }

        let _ = (trip, repeated, once, again, each, inside, last);
    }
}

fn main() {}
