// One name is locked once.

use typed_saga::{Lock, saga};

struct OrderLock(u64);

impl Lock for OrderLock {
    const NAME: &'static str = "order";
    fn key(&self) -> String {
        self.0.to_string()
    }
}

saga! {
    saga Swap(one: u64, other: u64) -> Result<(), ()> {
        #[timeout(10m)]
        lock first(one => OrderLock(*one)) -> OrderLock;
        #[timeout(10m)]
        lock second(other => OrderLock(*other)) -> OrderLock;
        read swapped(one, other) { let _ = (one, other); Ok(()) }
    }
}

fn main() {}
