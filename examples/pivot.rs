//! The point of no return: a failure before it undoes everything; after it everything is retried
//! until it succeeds.

#![allow(clippy::unused_async, reason = "these services answer at once")]

use std::sync::{Arc, Mutex};
use typed_saga::{Key, Outcome, Verdict, saga};

/// Records what it does; `trouble` makes a later request fail.
#[derive(Clone, Default)]
struct Shop {
    done: Arc<Mutex<Vec<&'static str>>>,
    trouble: Arc<Mutex<Vec<(&'static str, Verdict)>>>,
}

#[derive(Debug)]
struct Trouble(Verdict);

impl Trouble {
    fn verdict(&self) -> Verdict {
        self.0
    }
}

impl Shop {
    fn call(&self, what: &'static str) -> Result<(), Trouble> {
        let mut trouble = self.trouble.lock().expect("nobody panics");
        if let Some(index) = trouble.iter().position(|(of, _)| *of == what) {
            return Err(Trouble(trouble.remove(index).1));
        }
        self.done.lock().expect("nobody panics").push(what);
        Ok(())
    }

    /// What was done since the last call.
    fn done(&self) -> Vec<&'static str> {
        std::mem::take(&mut *self.done.lock().expect("nobody panics"))
    }

    fn trouble(&self, what: &'static str, verdict: Verdict) {
        let mut trouble = self.trouble.lock().expect("nobody panics");
        trouble.push((what, verdict));
    }

    async fn pack(&self, _: &Key) -> Result<(), Trouble> {
        self.call("pack")
    }

    async fn unpack(&self) -> Result<(), Trouble> {
        self.call("unpack")
    }

    async fn charge(&self, _: &Key) -> Result<(), Trouble> {
        self.call("charge")
    }

    async fn send(&self, _: &Key) -> Result<(), Trouble> {
        self.call("send")
    }
}

saga! {
    #[classify(Trouble::verdict)]
    saga Sell() with (shop: Shop) -> Result<(), Trouble> {
        #[idempotent]
        step parcel(shop, key) = Shop::pack
            compensate(shop) = Shop::unpack;

        #[idempotent]
        pivot charge(shop, key) = Shop::charge;

        #[retry(forever, 1s..1h)] #[idempotent]
        step sent(shop, key) = Shop::send;
    }
}

#[tokio::main(flavor = "current_thread", start_paused = true)]
async fn main() {
    let shop = Shop::default();

    shop.trouble("charge", Verdict::Refused);
    let error = Sell {}.with(shop.clone()).await.expect_err("no money");
    assert_eq!(error.step(), Some("charge"));
    assert_eq!(shop.done(), ["pack", "unpack"]);

    // The post is busy: the step is retried, for hours if need be, and nothing is undone.
    for _ in 0..20 {
        shop.trouble("send", Verdict::Transient);
    }
    Sell {}.with(shop.clone()).await.expect("in the end");
    assert_eq!(shop.done(), ["pack", "charge", "send"]);

    // The post refuses: the saga parks until somebody has put that right.
    shop.trouble("send", Verdict::Refused);
    let Outcome::Parked(parked) = Sell {}.with(shop.clone()).outcome().await else {
        panic!("it neither ends nor goes back");
    };
    assert_eq!(parked.unsettled().unfinished, ["sent"]);
    parked.resume().await.expect("now it is sent");
    assert_eq!(shop.done(), ["pack", "charge", "send"]);
    typed_saga::drain(std::time::Duration::from_secs(5)).await;
}
