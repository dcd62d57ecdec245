//! The programs of the page "Recipes".

use std::{collections::BTreeSet, sync::{Arc, Mutex}};
use typed_saga::engine::{DurableOutcome, Engine, EngineError, Memory};
use typed_saga::runtime::Signalled;
use typed_saga::{Key, Verdict, saga};

/// It is asked again under the same key, whatever it says.
fn verdict(_: &String) -> Verdict {
    Verdict::Unknown
}

/// The keys of what was sent.
#[derive(Clone, Default)]
struct Mailer(Arc<Mutex<BTreeSet<String>>>);

impl Mailer {
    async fn send(&self, _to: &String, key: &Key) -> Result<(), String> {
        self.0.lock().unwrap().insert(key.to_string());
        Ok(())
    }
}

/// The vendor of payments, when it is asked.
#[derive(Clone)]
struct Vendor;

impl Vendor {
    async fn receipt(&self, cents: &u32) -> Result<u32, String> {
        if *cents > 0 { Ok(7) } else { Err("not paid".to_owned()) }
    }
}

saga! {
    #[classify(verdict)]
    #[timeout(10s)]
    durable saga Bill(customer: String, month: String) with (mailer: Mailer) -> Result<(), String> {
        read checked(month) {
            if month.len() == 7 {
                Ok(())
            } else {
                Err(format!("no month: {month}"))
            }
        }

        #[after(checked)]
        #[idempotent]
        pivot bill(mailer, customer, key) = Mailer::send;
    }

    #[classify(verdict)]
    #[timeout(10s)]
    durable saga Order(cents: u32) with (vendor: Vendor) -> Result<u32, String> {
        #[timeout(1d)]
        signal paid -> Option<u32>
            fallback() { Ok(None) } // then ask

        read receipt(paid, vendor, cents) -> u32 {
            match paid {
                Some(receipt) => Ok(*receipt),
                None => vendor.receipt(cents).await,
            }
        }

        receipt
    }
}

/// Called by a schedule, as often as you like, on as many hosts as you like.
async fn bill(engine: &Engine, customers: &[&str], month: &str) -> Result<(), EngineError> {
    for customer in customers {
        let bill = Bill { customer: customer.to_string(), month: month.to_owned() };
        engine.submit(format!("{customer}/{month}"), bill).await?;
    }
    Ok(())
}

struct Message {
    id: String,
    customer: String,
    month: String,
}

#[derive(Debug, PartialEq)]
enum Ack { Done, DeadLetter, Again }

async fn consume(engine: &Engine, message: &Message) -> Ack {
    let bill = Bill { customer: message.customer.clone(), month: message.month.clone() };
    match engine.submit(message.id.as_str(), bill).await {
        Ok(_) => Ack::Done,
        // Another message had this id: a person has to look.
        Err(EngineError::OtherInput { .. }) => Ack::DeadLetter,
        // The saga may be recorded or not: the next delivery tells.
        Err(_) => Ack::Again,
    }
}

/// The status of the answer.
async fn paid(engine: &Engine, reference: &str, receipt: u32) -> Result<u16, EngineError> {
    Ok(match engine.signal::<Order>(reference, OrderSignal::Paid(Some(receipt))).await? {
        Signalled::Accepted | Signalled::Duplicate { same: Some(true) } => 200,
        Signalled::NotFound => 404, // the vendor tries again
        Signalled::TooLate => 410,
        _ => 409,
    })
}

async fn engine(mailer: &Mailer) -> Engine {
    let engine = Engine::builder(Memory::new())
        .register::<Bill>(BillServices { mailer: mailer.clone() })
        .register::<Order>(OrderServices { vendor: Vendor });
    engine.start().await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_schedule_that_runs_twice_bills_once() {
    let mailer = Mailer::default();
    let engine = engine(&mailer).await;
    for _ in 0..2 {
        bill(&engine, &["ada", "grace"], "2026-11").await.unwrap();
    }
    for id in ["ada/2026-11", "grace/2026-11"] {
        let joined = Bill { customer: id[..id.len() - 8].to_owned(), month: "2026-11".to_owned() };
        let handle = engine.submit(id, joined).await.unwrap();
        assert!(matches!(handle.outcome().await.unwrap(), DurableOutcome::Completed(())));
    }
    assert_eq!(mailer.0.lock().unwrap().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_message_that_comes_twice_is_one_saga() {
    let mailer = Mailer::default();
    let engine = engine(&mailer).await;
    let message = |month: &str| Message {
        id: "m1".to_owned(),
        customer: "ada".to_owned(),
        month: month.to_owned(),
    };
    assert_eq!(consume(&engine, &message("2026-11")).await, Ack::Done);
    assert_eq!(consume(&engine, &message("2026-11")).await, Ack::Done);
    assert_eq!(consume(&engine, &message("2026-12")).await, Ack::DeadLetter);
    drop(engine.shutdown(std::time::Duration::from_secs(60)).await);
    assert_eq!(consume(&engine, &message("2026-11")).await, Ack::Again);
}

#[tokio::test(start_paused = true)]
async fn a_webhook_is_answered_by_what_became_of_it() {
    let engine = engine(&Mailer::default()).await;
    assert_eq!(paid(&engine, "o1", 9).await.unwrap(), 404);
    let order = engine.submit("o1", Order { cents: 100 }).await.unwrap();
    assert_eq!(paid(&engine, "o1", 9).await.unwrap(), 200);
    assert_eq!(paid(&engine, "o1", 9).await.unwrap(), 200);
    assert_eq!(paid(&engine, "o1", 8).await.unwrap(), 409);
    assert!(matches!(order.outcome().await.unwrap(), DurableOutcome::Completed(9)));
    let lost = engine.submit("o2", Order { cents: 100 }).await.unwrap();
    assert!(matches!(lost.outcome().await.unwrap(), DurableOutcome::Completed(7)));
    assert_eq!(paid(&engine, "o2", 9).await.unwrap(), 410);
}
