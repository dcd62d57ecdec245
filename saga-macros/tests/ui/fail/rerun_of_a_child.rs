// errors: 7. A child saga that may run again says `again` for each of its steps that remain, at any depth.
#[path = "../gifts.rs"]
mod gifts;
use gifts::*;

typed_saga::saga! {
    #[classify(GiftError::verdict)]
    saga Wrap(note: String) with (stock: Stock, bank: Bank) -> Result<Paper, GiftError> {
        #[idempotent]
        step paper(stock, key) -> Paper = Stock::take
            compensate(stock, paper) = Stock::put_back;

        #[idempotent]
        step card(bank, note, key) { let _ = note; bank.charge(key).await }
            compensate none

        let _ = card;
        paper
    }

    #[classify(GiftError::verdict)]
    saga Deep(note: String) with (stock: Stock, bank: Bank) -> Result<Paper, GiftError> {
        step inner(note) -> Paper = saga Wrap { note: note.clone() } with (stock, bank);

        inner
    }

    #[classify(GiftError::verdict)]
    saga Right() with (bank: Bank) -> Result<(), GiftError> {
        #[idempotent]
        step sent(bank, key) = Bank::charge
            compensate none again;
    }

    #[classify(GiftError::verdict)]
    saga Named(note: String) with (bank: Bank) -> Result<(), GiftError> {
        #[idempotent(by = note)]
        step sent(bank, note, _key) { let _ = (bank, note); Ok(()) }
            compensate(bank) { let _ = bank; Ok(()) }
    }

    #[classify(GiftError::verdict)]
    saga Send(names: Vec<String>) with (stock: Stock, bank: Bank) -> Result<(), GiftError> {
        #[retry(2)]
        step retried(names) -> Paper = saga Wrap { note: names[0].clone() } with (stock, bank);

        #[savepoint(2)]
        read quote(names) -> Vec<String> { Ok(names.clone()) }

        step deep(quote) -> Paper = saga Deep { note: quote[0].clone() } with (stock, bank);

        for name: String in (quote => quote.clone())
        step each(name) -> Paper = saga Wrap { note: name.clone() } with (stock, bank);

        when (names => names.is_empty()) {
            step named(names) = saga Named { note: names[0].clone() } with (bank);

            step right() = saga Right {} with (bank);
        }

        // The word covers the child.
        step covered(quote) -> Paper = saga Deep { note: quote[0].clone() } with (stock, bank)
            compensate none again

        // Left as a whole.
        step whole() = saga Right {} with (bank)
            compensate none

        read last() { Ok(()) }

        let _ = (retried, deep, each, named, right, covered, whole, last);
    }

    #[classify(GiftError::verdict)]
    saga Pay() with (stock: Stock, bank: Bank) -> Result<(), GiftError> {
        #[idempotent]
        pivot paid(bank, key) = Bank::charge;

        step later() -> Paper = saga Wrap { note: String::new() } with (stock, bank);

        // Once more when the parked saga is resumed.
        #[retry(1)]
        step once() -> Paper = saga Wrap { note: String::new() } with (stock, bank);

        let _ = (paid, later, once);
    }
}

fn main() {}
