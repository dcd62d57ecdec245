//! Partial failures: when a later call of a step fails, the earlier calls are finished or undone.

#![allow(clippy::unused_async, reason = "these services answer at once")]

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use typed_saga::{Cause, Context, Key, Verdict, saga};

#[derive(Debug)]
enum StockError {
    SoldOut,
    /// Some lines are reserved, and then this happened.
    Half(Box<StockError>),
}

impl StockError {
    fn verdict(&self) -> Verdict {
        match self {
            Self::SoldOut => Verdict::Refused,
            Self::Half(_) => Verdict::Partial,
        }
    }
}

/// What is reserved, by key.
#[derive(Clone, Default)]
struct Stock(Arc<Mutex<BTreeMap<String, String>>>);

impl Stock {
    async fn reserve(&self, item: &str, key: Key) -> Result<(), StockError> {
        if item == "moon" {
            return Err(StockError::SoldOut);
        }
        let mut reserved = self.0.lock().expect("nobody panics");
        reserved.insert(key.to_string(), item.to_owned());
        Ok(())
    }

    /// Right whether or not the item is reserved.
    async fn release(&self, key: Key) -> Result<(), StockError> {
        let mut reserved = self.0.lock().expect("nobody panics");
        reserved.remove(key.as_str());
        Ok(())
    }
}

/// The key of one line: the same in each attempt, and in the compensation.
fn line(ctx: &Context<'_>, number: usize) -> Key {
    ctx.key_for(&format!("line {number}"))
}

saga! {
    #[classify(StockError::verdict)]
    saga Fulfil(items: Vec<String>) with (stock: Stock) -> Result<usize, StockError> {
        step lines(stock, items, ctx) -> usize {
            for (number, item) in items.iter().enumerate() {
                let reserved = stock.reserve(item, line(ctx, number)).await;
                // Alone, the error would say that nothing is reserved: true of the first line only.
                reserved.map_err(|error| match number {
                    0 => error,
                    _ => StockError::Half(Box::new(error)),
                })?;
            }
            Ok(items.len())
        }
            #[by_key]
            compensate(stock, items, ctx) {
                for number in 0..items.len() {
                    stock.release(line(ctx, number)).await?;
                }
                Ok(())
            }

        lines
    }
}

#[tokio::main(flavor = "current_thread", start_paused = true)]
async fn main() {
    let order = |items: [&str; 3]| items.map(str::to_owned).to_vec();
    let stock = Stock::default();

    let items = order(["sun", "moon", "star"]);
    let error = Fulfil { items }.with(stock.clone()).await;
    let error = error.expect_err("the moon is sold out");
    assert!(error.is_clean());
    let Cause::Failed(StockError::Half(why)) = error.cause() else {
        panic!("{error:?}");
    };
    assert!(matches!(**why, StockError::SoldOut));
    assert!(stock.0.lock().expect("nobody panics").is_empty());

    let items = order(["sun", "sun", "star"]);
    let lines = Fulfil { items }.with(stock.clone()).await;
    assert_eq!(lines.expect("there is enough"), 3);
    typed_saga::drain(std::time::Duration::from_secs(5)).await;
}
