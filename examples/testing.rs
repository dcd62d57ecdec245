//! Explores every way in which a saga can fail, against a fake, and finds the refund that pays
//! twice.

#![allow(clippy::unused_async, reason = "these services answer at once")]

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use typed_saga::testing::{Contract, Effect, Explorer, explore};
use typed_saga::{Key, Verdict, saga};

/// By key: how often it was charged, and the keys under which it was refunded.
type Ledger = Arc<Mutex<BTreeMap<String, (u32, Vec<String>)>>>;

#[derive(Debug)]
enum BankError {
    Refused,
    Busy,
    NoAnswer,
}

impl BankError {
    fn verdict(&self) -> Verdict {
        match self {
            Self::Refused => Verdict::Refused,
            Self::Busy => Verdict::Transient,
            Self::NoAnswer => Verdict::Unknown,
        }
    }
}

#[derive(Clone, Default)]
struct Bank {
    ledger: Ledger,
    /// Does not know a refund's key again, and pays once more.
    forgetful: bool,
}

impl Bank {
    async fn charge(&self, key: &Key) -> Result<String, BankError> {
        let mut ledger = self.ledger.lock().expect("nobody panics");
        ledger.entry(key.to_string()).or_default().0 = 1;
        Ok(key.to_string())
    }

    async fn refund(&self, charge: &String, undo_key: &Key) -> Result<(), BankError> {
        let mut ledger = self.ledger.lock().expect("nobody panics");
        let (_, refunds) = ledger.get_mut(charge).ok_or(BankError::Refused)?;
        if self.forgetful || !refunds.contains(&undo_key.to_string()) {
            refunds.push(undo_key.to_string());
        }
        Ok(())
    }

    async fn post(&self, _charge: &String, _: &Key) -> Result<(), BankError> {
        Ok(())
    }
}

saga! {
    #[classify(BankError::verdict)]
    #[timeout(1s)]
    saga Buy() with (bank: Bank) -> Result<(), BankError> {
        #[idempotent]
        step charge(bank, key) -> String = Bank::charge
            compensate(bank, charge, undo_key) = Bank::refund;

        #[idempotent]
        step parcel(bank, charge, key) = Bank::post
            compensate none
    }
}

fn all_that_can_go_wrong(forgetful: bool) -> Explorer<Bank, impl typed_saga::runtime::Machine> {
    let bank = move || Bank {
        forgetful,
        ..Bank::default()
    };
    explore(bank, |bank| Buy {}.with(bank.clone()).id("sale-1"))
        .error(|verdict| {
            match verdict {
                Verdict::Refused => Some(BankError::Refused),
                Verdict::Transient => Some(BankError::Busy),
                Verdict::Unknown => Some(BankError::NoAnswer),
                // No step of it makes several calls.
                _ => None,
            }
        })
        .ledger(|bank| {
            let ledger = bank.ledger.lock().expect("nobody panics").clone();
            let effect = |(key, (made, refunds)): (String, (u32, Vec<String>))| {
                let undone = u32::try_from(refunds.len()).expect("not that many");
                Effect::of("charge").key(key).made(made).undone(undone)
            };
            ledger.into_iter().map(effect).collect()
        })
}

fn main() {
    let report = all_that_can_go_wrong(false).run();
    println!("{report}");
    report.assert();

    let report = all_that_can_go_wrong(true).run();
    let found = &report.findings()[0];
    println!("{}: {}", found.contract(), found.what());
    assert_eq!(found.step(), Some("charge"));
    assert_eq!(found.contract(), Contract::Repeatable);
}
