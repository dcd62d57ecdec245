// errors: 2. Everybody would wait with the saga.

use typed_saga::{Lock, saga};

struct OrderLock(u64);

impl Lock for OrderLock {
    const NAME: &'static str = "order";
    fn key(&self) -> String {
        self.0.to_string()
    }
}

saga! {
    saga Ship(order: u64) -> Result<String, ()> {
        #[timeout(10m)]
        lock order_lock(order => OrderLock(*order)) -> OrderLock;
        #[timeout(never)]
        signal signed -> String;
        signed
    }
}

saga! {
    saga Hold(order: u64) -> Result<String, ()> {
        #[timeout(10m)]
        lock order_lock(order => OrderLock(*order)) -> OrderLock;
        signal signed -> String;
        signed
    }
}

fn main() {}
