// errors: 2. The name of a lock is one that every store can keep.

use typed_saga::{Lock, saga};

struct Long;

impl Lock for Long {
    const NAME: &'static str = match std::str::from_utf8(&[b'x'; 1025]) {
        Ok(name) => name,
        Err(_) => "",
    };
    fn key(&self) -> String {
        String::new()
    }
}

struct Stock;

impl Lock for Stock {
    const NAME: &'static str = "stock";
    fn key(&self) -> String {
        String::new()
    }
}

struct Nul;

impl Lock for Nul {
    const NAME: &'static str = "x\0";
    fn key(&self) -> String {
        String::new()
    }
}

saga! {
    saga Restock(order: u64) -> Result<(), ()> {
        #[timeout(10m)]
        lock long(=> Long) -> Long;
        read restocked(order) { let _ = order; Ok(()) }
    }

    saga Ship(order: u64) -> Result<(), ()> {
        #[timeout(10m)]
        lock stock(=> Stock) -> Stock;
        #[timeout(10m)]
        lock nul(=> Nul) -> Nul;
        read shipped(order) { let _ = order; Ok(()) }
    }
}

fn main() {}
