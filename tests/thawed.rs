//! A process that stood still: a call whose limit passed long ago is not polled, and so not sent.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::{
    sync::Notify,
    time::{advance, sleep},
};
use typed_saga::{
    Cause, Error, Verdict,
    engine::{Engine, Memory},
    saga,
};

/// A service whose connection takes a moment.
#[derive(Clone, Debug, Default)]
struct Bank {
    connected: Arc<Notify>,
    calls: Arc<Mutex<Vec<&'static str>>>,
}

impl Bank {
    fn called(&self, call: &'static str) {
        self.calls.lock().unwrap().push(call);
    }

    fn calls(&self) -> String {
        self.calls.lock().unwrap().join(" ")
    }

    async fn pay(&self) -> Result<u32, String> {
        self.called("connects");
        self.connected.notified().await;
        self.called("SENT");
        Ok(1)
    }
}

fn verdict(_: &String) -> Verdict {
    Verdict::Unknown
}

saga! {
    #[classify(verdict)]
    #[timeout(100ms)]
    durable saga Pays() with (bank: Bank) -> Result<u32, String> {
        #[retry(1)]
        step paid(bank) -> u32 { bank.pay().await }
            #[by_key]
            compensate(bank, key) {
                let _ = key;
                bank.called("takes back");
                Ok(())
            }

        paid
    }
}

saga! {
    #[classify(verdict)]
    #[timeout(100ms)]
    durable saga PaysBeside(stops: u64) with (bank: Bank) -> Result<u32, String> {
        concurrent {
            read rate(bank, stops) -> u32 {
                bank.called("rate");
                // Standing still, in the poll of a sibling.
                advance(Duration::from_millis(*stops)).await;
                Ok(1)
            }
            #[retry(1)]
            step paid(bank) -> u32 { bank.pay().await }
                #[by_key]
                compensate(bank, key) {
                    let _ = key;
                    bank.called("takes back");
                    Ok(())
                }
        }

        paid * rate
    }
}

/// The connection is there, and the process stands still before the saga hears of it.
async fn stands_still(bank: &Bank, for_ms: u64) {
    sleep(Duration::from_millis(1)).await;
    assert!(bank.calls().ends_with("connects"), "{}", bank.calls());
    bank.connected.notify_one();
    // The clock is set before anything else runs.
    advance(Duration::from_millis(for_ms)).await;
}

fn timed_out(paid: Result<u32, Error<String>>) {
    let error = paid.unwrap_err();
    assert!(matches!(error.cause(), Cause::TimedOut), "{error}");
    assert_eq!(error.step(), Some("paid"));
}

#[tokio::test(start_paused = true)]
async fn a05_a_call_that_is_overdue_by_more_than_itself_is_not_sent() {
    let bank = Bank::default();
    let handle = Pays {}.with(bank.clone()).start();
    stands_still(&bank, 250).await;
    timed_out(handle.await);
    assert_eq!(bank.calls(), "connects takes back");

    let bank = Bank::default();
    let handle = PaysBeside { stops: 0 }.with(bank.clone()).start();
    stands_still(&bank, 250).await;
    timed_out(handle.await);
    assert_eq!(bank.calls(), "rate connects takes back");
}

#[tokio::test(start_paused = true)]
async fn a05_an_overdue_call_of_a_durable_saga_is_not_sent() {
    let bank = Bank::default();
    let services = PaysServices { bank: bank.clone() };
    let builder = Engine::builder(Memory::new()).register::<Pays>(services);
    let engine = builder.start().await.unwrap();
    let handle = engine.submit("p", Pays {}).await.unwrap();
    stands_still(&bank, 250).await;
    let error = handle.outcome().await.unwrap().into_result().unwrap_err();
    assert!(error.to_string().contains("timed out"), "{error}");
    assert_eq!(bank.calls(), "connects takes back");
}

/// The limit counts from when the attempt is on record, not from when the call is polled.
#[tokio::test(start_paused = true)]
async fn a05_a_call_that_stands_still_before_its_first_poll_is_not_begun() {
    for (stops, calls) in [(150, "rate connects takes back"), (250, "rate takes back")] {
        let bank = Bank::default();
        let services = PaysBesideServices { bank: bank.clone() };
        let builder = Engine::builder(Memory::new()).register::<PaysBeside>(services);
        let engine = builder.start().await.unwrap();
        let handle = engine.submit("p", PaysBeside { stops }).await.unwrap();
        let error = handle.outcome().await.unwrap().into_result().unwrap_err();
        assert!(error.to_string().contains("timed out"), "{error}");
        assert_eq!(bank.calls(), calls);
    }
}

/// An answer that is there when the timeout is heard counts.
#[tokio::test(start_paused = true)]
async fn a05_a_call_that_is_overdue_by_less_is_polled_first() {
    let bank = Bank::default();
    let handle = Pays {}.with(bank.clone()).start();
    stands_still(&bank, 150).await;
    assert_eq!(handle.await.unwrap(), 1);
    assert_eq!(bank.calls(), "connects SENT");
}
