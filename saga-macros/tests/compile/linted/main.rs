//! Sagas with names, types and code that lints look at.

use std::{future::ready, sync::Arc};

/// What goes wrong.
#[derive(Clone, Debug)]
pub struct Failed;

/// Holds money.
pub trait Billing: Send + Sync {
    /// Holds an amount.
    fn hold(&self, amount: u64) -> impl Future<Output = Result<u64, Failed>> + Send;
}

/// A bank.
#[derive(Debug)]
pub struct Bank;

impl Billing for Bank {
    fn hold(&self, amount: u64) -> impl Future<Output = Result<u64, Failed>> + Send {
        ready(Ok(amount))
    }
}

typed_saga::saga! {
    /// Pays.
    pub saga Pay<B: Billing + ?Sized>(amount: u64, _unused: u8)
        with (billing: Arc<B>, _nobody: u8) -> Result<Box<u64>, Failed>
    {
        step held(billing, amount) -> u64 { billing.hold(*amount).await }
            compensate(billing, held) { billing.hold(*held).await.map(drop) }

        step _told(held) -> u64 {
            let held = *held;
            drop(tokio::spawn(async move { ready(held).await }));
            Ok(held)
        }
            compensate none

        Box::new(held)
    }

    saga Nothing(amounts: Vec<u64>, name: String) -> Result<(), Failed> {
        read many(amounts, name) -> u64 {
            Ok(amounts.iter().sum::<u64>().saturating_add(u64::from(name.is_empty())))
        }

        concurrent {
            read one(name) { let _ = name; Ok(()) }
            read two(name) { let _ = name; Ok(()) }
        }

        for _each: u8 in (=> 0..2)
        read nothing() { Ok(()) }

        finally(outcome) {
            let _ = outcome;
        }

        let _ = many;
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let amount = 1;
    let paid = Pay { amount, _unused: 0 }.with(Arc::new(Bank), 0).await;
    drop(paid);
    drop(Nothing { amounts: Vec::new(), name: String::new() }.run().await);
}
