// errors: 2. The type of a lock implements `Lock`, and its expression is of that type.

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
        lock order_lock(order => *order) -> OrderLock;
        read sent(order) { let _ = order; Ok(()) }
    }
}

saga! {
    saga Send(order: u64) -> Result<(), ()> {
        #[timeout(10m)]
        lock order_lock(order => *order) -> u64;
        read sent(order) { let _ = order; Ok(()) }
    }
}

fn main() {}
