// A lock says what follows if its keys do not become free.

use typed_saga::{Lock, saga};

struct OrderLock(u64);

impl Lock for OrderLock {
    const NAME: &'static str = "order";
    fn key(&self) -> String {
        self.0.to_string()
    }
}

saga! {
    saga Ship(order: u64) -> Result<(), ()> {
        lock order_lock(order => OrderLock(*order)) -> OrderLock;
        read sent(order) { let _ = order; Ok(()) }
    }
}

fn main() {}
