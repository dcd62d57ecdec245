//! Concurrent steps, one of which waits for another because it reads that step's effect.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use typed_saga::saga;

/// Works for as long as it is told, and logs each start and end.
#[derive(Clone, Default)]
struct Kitchen {
    log: Arc<Mutex<Vec<String>>>,
}

impl Kitchen {
    async fn work(&self, what: &'static str, millis: u64) -> &'static str {
        self.note(format!("{what} starts"));
        tokio::time::sleep(Duration::from_millis(millis)).await;
        self.note(format!("{what} is done"));
        what
    }

    fn note(&self, what: String) {
        self.log.lock().expect("no cook panics").push(what);
    }
}

saga! {
    saga Dinner() with (kitchen: Kitchen) -> Result<String, Infallible> {
        concurrent {
            read dough(kitchen) -> &'static str { Ok(kitchen.work("dough", 20).await) }

            read salad(kitchen) -> &'static str { Ok(kitchen.work("salad", 30).await) }

            // It reads `dough`, so it starts when the dough is done, and does not wait for the
            // salad.
            read pizza(kitchen, dough) -> String {
                Ok(kitchen.work("pizza", 20).await.to_owned() + " of " + dough)
            }
        }

        format!("{salad}, {pizza}")
    }
}

#[tokio::main(flavor = "current_thread", start_paused = true)]
async fn main() {
    let kitchen = Kitchen::default();
    let dinner = Dinner {}.with(kitchen.clone()).await;
    assert_eq!(dinner.expect("nothing burns"), "salad, pizza of dough");
    assert_eq!(
        *kitchen.log.lock().expect("no cook panics"),
        [
            "dough starts",
            "salad starts",
            "dough is done",
            "pizza starts",
            "salad is done",
            "pizza is done"
        ]
    );
    typed_saga::drain(std::time::Duration::from_secs(5)).await;
}
