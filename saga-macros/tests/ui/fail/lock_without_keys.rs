// errors: 3. A lock says what it locks.

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
        lock first -> OrderLock;
        #[timeout(10m)]
        lock second() -> OrderLock;
        #[timeout(10m)]
        lock third(order) -> OrderLock;
        read sent(order) { let _ = order; Ok(()) }
    }
}

fn main() {}
