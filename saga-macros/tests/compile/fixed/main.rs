//! Sagas about which rustc and Clippy have something to say that they can mend. Prints what the sagas
//! are, and what they do, under which keys.

#![warn(unused_qualifications)]
#![warn(
    clippy::allow_attributes,
    clippy::redundant_clone,
    clippy::redundant_closure_for_method_calls,
    clippy::semicolon_if_nothing_returned,
    clippy::std_instead_of_core,
    clippy::unreadable_literal,
    clippy::unseparated_literal_suffix
)]

use std::time::Duration;

use typed_saga::{
    Key, Verdict,
    engine::{Engine, Memory, ReadStore, SagaId, Versions, for_logs::record},
};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Failed;

impl Failed {
    fn verdict(&self) -> Verdict {
        Verdict::Refused
    }
}

#[derive(Clone)]
pub struct Shop {
    refuses: &'static str,
}

impl Shop {
    async fn call(&self, what: &str, key: &Key) -> Result<u64, Failed> {
        println!("{what} {key}");
        if what == self.refuses {
            return Err(Failed);
        }
        Ok(7)
    }
}

typed_saga::saga! {
    #[derive(Default)]
    #[classify(Failed::verdict)]
    #[timeout(5s)]
    pub durable saga Sell(nights: u64, spare_input: u64)
    with (shop: Shop)
    -> Result<u64, Failed>
    emit u64
    {
        #[idempotent]
        step reserved(shop, nights, key) -> u64 {
            let mut spare_mut = 7;
            let spare_local = spare_mut;
            use std::fmt::Write;
            shop.call("reserved", key).await
        }
            compensate(shop, reserved, key, failure) {
                shop.call("cancelled", key).await?;
                return Ok(());
            }

        #[when(nights, shop => (*nights == 1))]
        #[idempotent]
        step skipped(shop, key) -> std::primitive::u64 { shop.call("skipped", key).await }
            compensate none

        #[retry(2)]
        #[idempotent]
        step noted(shop, ctx, key) -> std::string::String {
            let text = String::from("noted");
            shop.call(&text, &key.clone()).await?;
            Ok(text.clone())
        }
            compensate none

        #[idempotent]
        for spare_item: u64 in (nights => { 0..*nights })
        step packed(shop, noted, key) -> (u64) { shop.call("packed", key).await }
            compensate(shop, key) { shop.call("unpacked", key).await.map(|_| ()) }

        #[allow(unused_variables)]
        #[idempotent]
        step allowed(shop, nights, key) -> std::num::NonZeroU64 {
            shop.call("allowed", key).await?;
            Ok(std::num::NonZeroU64::MIN)
        }
            compensate none

        #[idempotent]
        pivot paid(shop, key) -> u64 { shop.call("paid", key).await }

        emit(paid, packed => [*paid]);
        publish(shop, event, key) { shop.call("told", key).await.map(drop) }

        finally(outcome, ctx, shop) { println!("{} ends", ctx.id()) }

        (paid + 1000000)
    }

    #[derive(Default)]
    saga Look(number: u64, spare_number: u64) with (shop: Shop, spare_shop: Shop) -> Result<u64, Failed> {
        #[idempotent]
        step looked(shop, number, key) -> u64 { shop.call("looked", key).await }
            compensate none

        looked
    }
}

/// Runs a saga, and prints its journal.
async fn runs(refuses: &'static str) {
    let shop = Shop { refuses };
    let store = Memory::new();
    let engine = Engine::builder(store.clone()).register::<Sell>(SellServices { shop });
    let engine = engine.start().await.unwrap();
    let sell = Sell { nights: 2, ..Sell::default() };
    let handle = engine.submit("it", sell).await.unwrap();
    drop(handle.finished().await);
    drop(engine.shutdown(Duration::from_secs(60)).await);
    let stored = store.load(SagaId::new("Sell", "it")).await.unwrap().unwrap();
    for commit in stored.commits {
        for mut record in record::decode(&commit.records).unwrap() {
            (record.definition, record.deadline, record.until) = (None, None, None);
            println!("{}", record::encode(&[record]));
        }
    }
    println!("{}", stored.row.input);
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    for definition in [&Sell::DEFINITION, &Look::DEFINITION] {
        println!("{}", definition.to_json());
    }
    for refuses in ["", "paid"] {
        runs(refuses).await;
    }
    let (shop, other) = (Shop { refuses: "" }, Shop { refuses: "" });
    let look = Look { number: 1, ..Look::default() };
    println!("{:?}", look.with(shop, other).id("it").await.ok());
    Versions::of([&Sell::DEFINITION]).in_file("sagas.released").assert();
}
