// A saga takes all keys of a lock at once.

use typed_saga::{Lock, saga};

struct OrderLock(u64);

impl Lock for OrderLock {
    const NAME: &'static str = "order";
    fn key(&self) -> String {
        self.0.to_string()
    }
}

saga! {
    saga Ship(orders: Vec<u64>) -> Result<(), ()> {
        #[timeout(10m)]
        for order: u64 in (orders => orders.clone())
        lock order_lock(order => OrderLock(*order)) -> OrderLock;
        read sent(orders) { let _ = orders; Ok(()) }
    }
}

fn main() {}
