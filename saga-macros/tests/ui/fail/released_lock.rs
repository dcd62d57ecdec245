// errors: 2. Runs of a version that lock another name do not exclude those of this one.

use typed_saga::{Lock, saga};

#[derive(serde::Serialize, serde::Deserialize)]
struct Failed;

struct OrderLock(u64);

impl Lock for OrderLock {
    const NAME: &'static str = "order";
    fn key(&self) -> String {
        self.0.to_string()
    }
}

struct PaperLock(u64);

impl Lock for PaperLock {
    const NAME: &'static str = "paper";
    fn key(&self) -> String {
        self.0.to_string()
    }
}

saga! {
    #[classify(typed_saga::transient)]
    #[timeout(1s)]
    durable saga ChangeOrder(order: u64) -> Result<(), Failed> {
        #[timeout(10m)]
        lock order_lock(order => OrderLock(*order)) -> OrderLock;
        #[timeout(10m)]
        lock paper_lock(order => PaperLock(*order)) -> PaperLock;
        read sent(order) { let _ = order; Ok(()) }
    }

    #[classify(typed_saga::transient)]
    #[timeout(1s)]
    durable saga ChangeSome(order: u64) -> Result<(), Failed> {
        when (order => *order > 1) {
            #[timeout(10m)]
            lock paper_lock(order => PaperLock(*order)) -> PaperLock;
            read sent(order) { let _ = order; Ok(()) }
        }
    }
}

fn main() {}
