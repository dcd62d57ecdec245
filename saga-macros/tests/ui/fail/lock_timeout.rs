// errors: 4. The timeout of a lock is a literal duration that is not zero, or `never`.

use typed_saga::{Lock, saga};

struct OrderLock(u64);

impl Lock for OrderLock {
    const NAME: &'static str = "order";
    fn key(&self) -> String {
        self.0.to_string()
    }
}

const LIMIT: std::time::Duration = std::time::Duration::ZERO;

saga! {
    saga Ship(order: u64) -> Result<(), ()> {
        #[timeout(0s)]
        lock first(order => OrderLock(*order)) -> OrderLock;
        read sent(order) { let _ = order; Ok(()) }
    }

    saga Send(order: u64) -> Result<(), ()> {
        #[timeout(order => std::time::Duration::from_secs(*order))]
        lock first(order => OrderLock(*order)) -> OrderLock;
        read sent(order) { let _ = order; Ok(()) }
    }

    saga Keep(order: u64) -> Result<(), ()> {
        #[timeout(LIMIT)]
        lock first(order => OrderLock(*order)) -> OrderLock;
        read sent(order) { let _ = order; Ok(()) }
    }

    saga Post(order: u64) -> Result<(), ()> {
        #[timeout(forever)]
        lock first(order => OrderLock(*order)) -> OrderLock;
        read sent(order) { let _ = order; Ok(()) }
    }
}

fn main() {}
