// errors: 3. A loop over a set has its items in another order in each run of its child saga.
#[path = "../gifts.rs"]
mod gifts;
use gifts::*;
use std::collections::{BTreeSet, HashSet};

typed_saga::saga! {
    #[classify(GiftError::verdict)]
    saga Unordered(names: HashSet<String>) with (bank: Bank) -> Result<(), GiftError> {
        #[idempotent]
        for name: String in (names => names.clone())
        step card(bank, name, key) { let _ = name; bank.charge(key).await }
            compensate none

        let _ = card;
    }

    #[classify(GiftError::verdict)]
    saga Ordered(names: BTreeSet<String>) with (bank: Bank) -> Result<(), GiftError> {
        #[idempotent]
        for name: String in (names => names.clone())
        step card(bank, name, key) { let _ = name; bank.charge(key).await }
            compensate none

        let _ = card;
    }

    #[classify(GiftError::verdict)]
    saga Send(set: HashSet<String>, tree: BTreeSet<String>) with (bank: Bank) -> Result<(), GiftError> {
        #[retry(2)]
        step right(tree) = saga Ordered { names: tree.clone() } with (bank);

        #[retry(2)]
        step wrong(set) = saga Unordered { names: set.clone() } with (bank);

        #[retry(2)]
        for name: String in (tree => tree.clone())
        step each(name, set) = saga Unordered { names: { let _ = name; set.clone() } } with (bank);

        when (tree => tree.is_empty()) {
            #[retry(2)]
            step inside(set) = saga Unordered { names: set.clone() } with (bank);
        }

        let _ = (right, wrong, each, inside);
    }

    // The rerun has the list of the first run.
    #[classify(GiftError::verdict)]
    saga Alone(names: HashSet<String>) with (bank: Bank) -> Result<(), GiftError> {
        #[savepoint(2)]
        read quote() { Ok(()) }

        #[idempotent]
        for name: String in (names => names.clone())
        step card(bank, name, key) { let _ = name; bank.charge(key).await }
            compensate none

        let _ = (quote, card);
    }
}

fn main() {}
