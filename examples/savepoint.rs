//! A savepoint: the saga compensates back to a step, then runs again from there, and the step picks
//! something else.

#![allow(clippy::unused_async, reason = "these services answer at once")]

use std::sync::{Arc, Mutex};
use typed_saga::{Context, saga};

/// The shelves of a shop, from which pairs are taken in order.
#[derive(Clone)]
struct Shop {
    sizes: Arc<Mutex<Vec<u32>>>,
    log: Arc<Mutex<Vec<String>>>,
}

#[derive(Debug, PartialEq)]
enum Problem {
    SoldOut,
    DoesNotFit,
}

impl Shop {
    fn with(sizes: &[u32]) -> Self {
        let sizes = sizes.iter().rev().copied().collect();
        Self {
            sizes: Arc::new(Mutex::new(sizes)),
            log: Arc::default(),
        }
    }

    async fn take(&self, ctx: &Context<'_>) -> Result<u32, Problem> {
        let next = self.sizes.lock().expect("nobody panics").pop();
        let size = next.ok_or(Problem::SoldOut)?;
        // Another pair is another operation, so its round is part of its key.
        self.note(format!("takes {size} in round {}", ctx.round()));
        Ok(size)
    }

    async fn put_back(&self, shoes: &u32) -> Result<(), Problem> {
        self.note(format!("puts {shoes} back"));
        Ok(())
    }

    fn note(&self, what: String) {
        self.log.lock().expect("nobody panics").push(what);
    }
}

saga! {
    saga BuyShoes(foot: u32) with (shop: Shop) -> Result<u32, Problem> {
        #[savepoint(5, 1ms..10ms, if = |failure| failure.error() == Some(&Problem::DoesNotFit))]
        step shoes(shop, ctx) -> u32 = Shop::take
            compensate(shop, shoes) = Shop::put_back;

        read tried(shoes, foot) { if shoes == foot { Ok(()) } else { Err(Problem::DoesNotFit) } }

        shoes
    }
}

#[tokio::main(flavor = "current_thread", start_paused = true)]
async fn main() {
    let shop = Shop::with(&[39, 44, 42, 41]);
    let bought = BuyShoes { foot: 42 }.with(shop.clone()).await;
    assert_eq!(bought.expect("the third pair fits"), 42);
    let log = shop.log.lock().expect("nobody panics").clone();
    assert_eq!(
        log,
        [
            "takes 39 in round 0",
            "puts 39 back",
            "takes 44 in round 1",
            "puts 44 back",
            "takes 42 in round 2",
        ]
    );

    // `if` does not agree with `SoldOut`, so the savepoint does not turn.
    let error = BuyShoes { foot: 42 }.with(Shop::with(&[39])).await;
    let error = error.expect_err("the shelves are empty then");
    assert!(error.is_clean());
    assert_eq!(error.into_step_error(), Some(Problem::SoldOut));
    typed_saga::drain(std::time::Duration::from_secs(5)).await;
}
