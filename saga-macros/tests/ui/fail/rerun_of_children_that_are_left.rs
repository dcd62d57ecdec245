// errors: 4. A child saga that is left says what a rerun does: in a loop, in a block, and two levels down.
#[path = "../gifts.rs"]
mod gifts;
use gifts::*;

typed_saga::saga! {
    #[classify(GiftError::verdict)]
    saga Send(note: String) with (stock: Stock) -> Result<Paper, GiftError> {
        #[idempotent]
        step room(stock, key) -> Paper = Stock::take
            compensate(stock, room) = Stock::put_back;

        let _ = note;
        room
    }

    #[classify(GiftError::verdict)]
    saga Wrap(note: String) with (stock: Stock) -> Result<Paper, GiftError> {
        step left(note) -> Paper = saga Send { note: note.clone() } with (stock)
            compensate none

        left
    }

    #[classify(GiftError::verdict)]
    saga Plan(names: Vec<String>, big: bool) with (stock: Stock) -> Result<(), GiftError> {
        #[savepoint(2)]
        read first() -> u32 { Ok(1) }

        for name: String in (names => names.clone())
        step each(name) -> Paper = saga Send { note: name.clone() } with (stock)
            compensate none

        when (big => *big) {
            step inside(names) -> Paper = saga Send { note: names[0].clone() } with (stock)
                compensate none
        }

        step deep(names) -> Paper = saga Wrap { note: names[0].clone() } with (stock);

        for name: String in (names => names.clone())
        step deep_items(name) -> Paper = saga Wrap { note: name.clone() } with (stock);

        read last() { Ok(()) }

        let _ = (first, each, inside, deep, deep_items, last);
    }
}

fn main() {}
