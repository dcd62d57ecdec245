// In another run of the child the input is the same, so no other word suffices.
#[path = "../gifts.rs"]
mod gifts;
use gifts::*;

typed_saga::saga! {
    #[classify(GiftError::verdict)]
    saga Send(note: String) with (bank: Bank) -> Result<(), GiftError> {
        #[idempotent(by = note)]
        step sent(bank, note) { let _ = (bank, note); Ok(()) }
            compensate none
    }

    #[classify(GiftError::verdict)]
    saga All() with (bank: Bank) -> Result<(), GiftError> {
        #[savepoint(2)]
        read quote() -> Vec<String> { Ok(Vec::new()) }

        for note: String in (quote => quote.clone())
        step noted(note) = saga Send { note: note.clone() } with (bank);

        #[idempotent]
        step last(bank, key) = Bank::charge compensate none;

        let _ = noted;
    }
}

fn main() {}
