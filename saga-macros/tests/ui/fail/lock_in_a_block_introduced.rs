// An introduced step stands alone, a lock, too.

use typed_saga::{Lock, saga};

struct OrderLock(u64);

impl Lock for OrderLock {
    const NAME: &'static str = "order";
    fn key(&self) -> String {
        self.0.to_string()
    }
}

saga! {
    saga Ship(order: u64, fragile: bool) -> Result<(), ()> {
        when (fragile => *fragile) {
            #[introduced]
            #[timeout(10m)]
            lock order_lock(order => OrderLock(*order)) -> OrderLock;
            read sent(order) { let _ = order; Ok(()) }
        }
    }
}

fn main() {}
