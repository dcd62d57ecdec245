// errors: 2. A lock has no effect.

use typed_saga::{Lock, saga};

struct OrderLock(u64);

impl Lock for OrderLock {
    const NAME: &'static str = "order";
    fn key(&self) -> String {
        self.0.to_string()
    }
}

saga! {
    saga Ship(order: u64) -> Result<(), ()> emit u64 {
        #[timeout(10m)]
        lock order_lock(order => OrderLock(*order)) -> OrderLock;
        read sent(order, order_lock) { let _ = (order, order_lock); Ok(()) }
        emit (order_lock => *order_lock);
        publish(event) { let _ = event; Ok(()) }
    }
}

fn main() {}
