// errors: 11. The same where the macro sees only the name of the child saga.
#[path = "../gifts.rs"]
mod gifts;
use gifts::*;

typed_saga::saga! {
    #[classify(GiftError::verdict)]
    saga Wrap(note: String, size: u32) with (stock: Stock, bank: Bank) -> Result<Paper, GiftError> {
        #[idempotent]
        step paper(stock, key) -> Paper = Stock::take
            compensate(stock, paper) = Stock::put_back;

        #[idempotent]
        step card(bank, note, key) { let _ = note; bank.charge(key).await }
            compensate none

        let _ = (card, size);
        paper
    }

    #[classify(GiftError::verdict)]
    saga Mark(note: String) with (bank: Bank) -> Result<(), GiftError> {
        #[late(1s)]
        step mark(bank, key) = Bank::charge
            resolve(bank) { let _ = bank; Ok(None) }
            compensate none;

        let _ = (note, mark);
    }

    #[classify(GiftError::verdict)]
    saga Deep(note: String) with (stock: Stock, bank: Bank) -> Result<Paper, GiftError> {
        step inner(note) -> Paper = saga Wrap { note: format!("for {note}"), size: 1 } with (stock, bank);

        inner
    }

    saga Bare() with (bank: Bank) -> Result<(), GiftError> {
        step sent(bank, key) = Bank::charge
            compensate none;

        read seen() { Ok(()) }

        let _ = (sent, seen);
    }

    #[classify(GiftError::verdict)]
    saga Kept() with (bank: Bank) -> Result<u32, GiftError> {
        read look() -> u32 { Ok(1) }

        #[idempotent]
        step charged(bank, key) -> u32 { bank.charge(key).await?; Ok(1) }
            compensate none once

        read both(look, charged) -> u32 { Ok(*look + *charged) }

        both
    }
}

typed_saga::saga! {
    #[classify(GiftError::verdict)]
    saga Send(names: Vec<String>) with (stock: Stock, bank: Bank) -> Result<(), GiftError> {
        #[retry(2)]
        step retried() = saga Bare {} with (bank);

        #[retry(2)]
        step mixed() -> u32 = saga Kept {} with (bank);

        #[retry(2)]
        step by_key(key) -> Paper = saga Wrap { note: key.to_string(), size: 1 } with (stock, bank);

        #[savepoint(2)]
        read quote(names) -> Vec<String> { Ok(names.clone()) }

        step wrapped(quote) -> Paper = saga Wrap { note: quote[0].clone(), size: 1 } with (stock, bank);

        // The size does not matter.
        step right(quote) -> Paper = saga Wrap { note: String::new(), size: quote.len() as u32 } with (stock, bank);

        step deep(quote) -> Paper = saga Deep { note: format!("{quote:?}") } with (stock, bank);

        for name: String in (quote => quote.clone())
        step marked(name) = saga Mark { note: name.clone() } with (bank);

        // Other items and another input: one mistake.
        for name: String in (quote => quote.clone())
        step noted(name, quote) -> Paper = saga Wrap { note: format!("{name} {quote:?}"), size: 1 } with (stock, bank);

        for name: String in (names => names.clone())
        step asked(name) = saga Mark { note: name.clone() } with (bank);

        let _ = (retried, mixed, by_key, wrapped, right, deep, marked, noted, asked);
    }

    #[classify(GiftError::verdict)]
    saga SendSome(names: Vec<String>) with (stock: Stock, bank: Bank) -> Result<(), GiftError> {
        #[savepoint(2)]
        read quote(names) -> Vec<String> { Ok(names.clone()) }

        when (names => names.is_empty()) {
            step bare() = saga Bare {} with (bank);

            step marked() = saga Mark { note: String::new() } with (bank);

            for name: String in (quote => quote.clone())
            step wrapped(name) -> Paper = saga Wrap { note: String::new(), size: name.len() as u32 } with (stock, bank);
        }

        let _ = (bare, marked, wrapped);
    }

    #[classify(GiftError::verdict)]
    saga Pay() with (bank: Bank) -> Result<(), GiftError> {
        #[idempotent]
        pivot paid(bank, key) = Bank::charge;

        step later() = saga Bare {} with (bank);

        let _ = (paid, later);
    }
}

fn main() {}
