// errors: 2. Two sagas that took their locks in different orders could wait for each other.

use typed_saga::{Lock, saga};

struct OrderLock(u64);

impl Lock for OrderLock {
    const NAME: &'static str = "order";
    fn key(&self) -> String {
        self.0.to_string()
    }
}

struct Stock;

impl Lock for Stock {
    const NAME: &'static str = "stock";
    fn key(&self) -> String {
        String::new()
    }
}

saga! {
    saga Restock(order: u64) -> Result<(), ()> {
        #[timeout(10m)]
        lock stock(=> Stock) -> Stock;
        #[timeout(10m)]
        lock order_lock(order => OrderLock(*order)) -> OrderLock;
        read restocked(order) { let _ = order; Ok(()) }
    }

    saga RestockSome(order: u64) -> Result<(), ()> {
        #[timeout(10m)]
        lock stock(=> Stock) -> Stock;
        when (order => *order > 1) {
            #[timeout(10m)]
            lock order_lock(order => OrderLock(*order)) -> OrderLock;
            read restocked(order) { let _ = order; Ok(()) }
        }
    }
}

fn main() {}
