// A lock has a name.

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
        #[timeout(10m)]
        lock(order => OrderLock(*order)) -> OrderLock;
        read sent(order) { let _ = order; Ok(()) }
    }
}

fn main() {}
