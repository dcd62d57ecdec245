//! `finally` sees the outcome, the context, inputs and services.

use std::sync::{Arc, Mutex};
use typed_saga::{Context, Summary, saga};

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<String>>>);

#[derive(Debug)]
struct Failed;

impl Log {
    async fn end(&self, order: &String, outcome: &Summary, ctx: &Context<'_>) {
        self.0
            .lock()
            .unwrap()
            .push(format!("{} {order}: {outcome}", ctx.id()));
    }
}

saga! {
    saga Path(order: String, n: u8) with (log: Log) -> Result<String, Failed> {
        read even(n) { if n % 2 == 0 { Ok(()) } else { Err(Failed) } }

        finally(log, order, outcome, ctx) = Log::end;

        order.clone()
    }

    saga Block(order: String) with (log: Log, other: u8) -> Result<u8, Failed> {
        read one(other) -> u8 { Ok(*other) }
        finally(log) {
            tokio::task::yield_now().await;
            log.0.lock().unwrap().push("block".to_owned());
        }

        one + order.len() as u8
    }

    saga Nothing() -> Result<(), Failed> {
        read one() { Ok(()) }
        finally() {}
    }
}

#[tokio::test]
async fn runs() {
    let log = Log::default();
    assert_eq!(
        Path {
            order: "a".into(),
            n: 2
        }
        .with(log.clone())
        .id("x")
        .await
        .unwrap(),
        "a"
    );
    assert!(
        Path {
            order: "b".into(),
            n: 1
        }
        .with(log.clone())
        .id("y")
        .await
        .is_err()
    );
    assert_eq!(
        Block { order: "c".into() }
            .with(log.clone(), 4)
            .await
            .unwrap(),
        5
    );
    Nothing {}.run().await.unwrap();
    while log.0.lock().unwrap().len() < 3 {
        tokio::task::yield_now().await;
    }
    let log = log.0.lock().unwrap();
    assert!(log[0].starts_with("x a: "), "{log:?}");
    assert!(log[1].starts_with("y b: "), "{log:?}");
}
