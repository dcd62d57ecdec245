//! Explores every way in which a saga can fail, against a fake, and finds the refund that pays
//! twice.

#![allow(clippy::unused_async, reason = "these services answer at once")]

use saga::testing::{Effect, Explorer, Promise, explore};
use saga::{Key, saga};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

/// By key: how often it was charged and refunded.
type Ledger = Arc<Mutex<BTreeMap<String, (u32, u32)>>>;

#[derive(Clone, Default)]
struct Bank {
    ledger: Ledger,
    /// Pays again whenever a refund is repeated.
    forgetful: bool,
}

impl Bank {
    async fn charge(&self, key: &Key) -> Result<String, String> {
        let mut ledger = self.ledger.lock().expect("nobody panics");
        ledger.entry(key.to_string()).or_default().0 = 1;
        Ok(key.to_string())
    }

    async fn refund(&self, charge: &String) -> Result<(), String> {
        let mut ledger = self.ledger.lock().expect("nobody panics");
        let (_, refunded) = ledger.get_mut(charge).ok_or("no such charge")?;
        *refunded = if self.forgetful { *refunded + 1 } else { 1 };
        Ok(())
    }

    async fn post(&self, _charge: &String) -> Result<(), String> {
        Ok(())
    }
}

saga! {
    saga Buy() with (bank: Bank) -> Result<(), String> {
        #[timeout(1s)] #[idempotent]
        step charge(bank, key) -> String = Bank::charge
            #[timeout(1s)]
            compensate(bank, charge) = Bank::refund;

        step parcel(bank, charge) = Bank::post
            compensate none
    }
}

fn all_that_can_go_wrong(forgetful: bool) -> Explorer<Bank, impl saga::runtime::Machine> {
    let bank = move || Bank {
        forgetful,
        ..Bank::default()
    };
    explore(bank, |bank| Buy {}.with(bank.clone()).id("sale-1"))
        .error(|verdict| Some(format!("{verdict:?}")))
        .ledger(|bank| {
            let ledger = bank.ledger.lock().expect("nobody panics").clone();
            let effect =
                |(key, (made, undone))| Effect::of("charge").key(key).made(made).undone(undone);
            ledger.into_iter().map(effect).collect()
        })
}

fn main() {
    let report = all_that_can_go_wrong(false).run();
    println!("{report}");
    report.assert();

    let report = all_that_can_go_wrong(true).run();
    let found = &report.findings()[0];
    println!("{}: {}", found.promise(), found.what());
    assert_eq!(found.step(), Some("charge"));
    assert_eq!(found.promise(), Promise::Repeatable);
}
