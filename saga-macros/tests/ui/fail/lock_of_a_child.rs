// A child saga may run again, with other keys.

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
        lock order_lock(order => OrderLock(*order)) -> OrderLock;
        read sent(order) { let _ = order; Ok(()) }
    }
}

saga! {
    saga Buy(order: u64) -> Result<(), ()> {
        step shipped(order) = saga Ship { order: *order };
    }
}

fn main() {}
