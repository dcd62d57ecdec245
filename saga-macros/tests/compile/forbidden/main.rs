//! Sagas of every kind in a crate that forbids lints: a level in generated code would be a warning, or an
//! error.

#![forbid(unsafe_code, clippy::all, clippy::pedantic)]

use std::{future::ready, sync::Arc, time::Duration};

use typed_saga::{
    Lock, Verdict,
    engine::{Engine, Memory},
};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// What goes wrong.
#[derive(Clone, Debug)]
pub struct Failed;

// Written out: what serde derives has levels of its own.
impl Serialize for Failed {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        ().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Failed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        <()>::deserialize(deserializer).map(|()| Self)
    }
}

impl Failed {
    fn verdict(&self) -> Verdict {
        let Self = self;
        Verdict::Refused
    }
}

/// Holds money.
pub trait Billing: Send + Sync {
    /// Holds an amount.
    fn hold(&self, amount: u64) -> impl Future<Output = Result<u64, Failed>> + Send;
}

/// A bank.
#[derive(Clone, Debug)]
pub struct Bank;

impl Billing for Bank {
    fn hold(&self, amount: u64) -> impl Future<Output = Result<u64, Failed>> + Send {
        ready(Ok(amount))
    }
}

/// The account of this number.
#[derive(Debug)]
pub struct Account(usize);

impl Lock for Account {
    const NAME: &'static str = "account";

    fn key(&self) -> String {
        self.0.to_string()
    }
}

typed_saga::saga! {
    /// Pays.
    #[timeout(1s)]
    pub saga Pay<B: Billing + ?Sized>(amount: u64, _unused: u8)
        with (billing: Arc<B>, _nobody: u8) -> Result<u64, Failed>
    {
        #[retry(2, 1ms..2ms)]
        #[idempotent]
        step held(billing, amount, _key) -> u64 { billing.hold(*amount).await }
            compensate(billing, held, failure) {
                let _ = failure;
                billing.hold(*held).await.map(drop)
            }

        read quoted(billing, amount) -> u64 { billing.hold(*amount).await }
            fallback(failure) {
                let _ = failure;
                Ok(0)
            }

        held + quoted
    }

    /// Opens.
    #[classify(Failed::verdict)]
    #[timeout({
        let long = 1;
        Duration::from_secs(long)
    })]
    pub durable saga Open(accounts: Vec<u64>, _reason: String)
        with (bank: Bank) -> Result<u64, Failed> emit u64
    {
        #[timeout(1s)]
        lock account(accounts => Account(accounts.len())) -> Account;

        #[idempotent]
        step first(bank, key) -> u64 {
            let _ = key;
            bank.hold(1).await
        }
            compensate(bank, first, key) {
                let _ = key;
                bank.hold(*first).await.map(drop)
            }

        concurrent {
            read one(bank) -> u64 { bank.hold(1).await }
            read two(bank) -> u64 { bank.hold(2).await }
        }

        #[idempotent]
        for each: u64 in (accounts => accounts.clone())
        step opened(bank, each, _key) -> u64 { bank.hold(*each).await }
            compensate none;

        when (accounts => accounts.is_empty()) {
            read within(bank) -> u64 { bank.hold(3).await }
        }

        sleep pause(accounts => Duration::from_millis(accounts.iter().sum()));

        #[timeout(1ms)]
        signal word -> u8
            fallback() { Ok(0) }

        step part(accounts) -> u64 = saga Part { n: accounts.len() };

        emit(first => [*first]);

        publish(bank, event) {
            bank.hold(*event).await.map(drop)
        }

        finally(outcome) {
            let _ = outcome;
        }

        opened.iter().sum::<u64>() + first + one + two + within.unwrap_or(0) + u64::from(word) + part
    }

    #[classify(Failed::verdict)]
    #[timeout(1s)]
    durable saga Part(n: usize) -> Result<u64, Failed> {
        #[idempotent]
        step same(n, _key) -> u64 {
            ready(()).await;
            Ok(u64::try_from(*n).unwrap_or(0))
        }
            compensate none;

        same
    }
}

async fn run() -> Result<(), Box<dyn std::error::Error>> {
    let amount = 1;
    let paid = Pay { amount, _unused: 0 };
    println!("{:?}", paid.with(Arc::new(Bank), 0).await.is_ok());
    let engine = Engine::builder(Memory::new()).register::<Open>(OpenServices { bank: Bank });
    let engine = engine.start().await?;
    let accounts = vec![1, 2];
    let open = Open { accounts, _reason: String::new() };
    let opened = engine.submit("a", open).await?;
    println!("{:?}", opened.outcome().await);
    Ok(())
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?
        .block_on(run())
}
