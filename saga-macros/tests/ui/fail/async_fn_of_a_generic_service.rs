// A plain `async fn` of a trait promises no `Send`, which a generic service needs.

use typed_saga::saga;

struct Failed;

trait Billing {
    async fn capture(&self, amount: &u64) -> Result<u64, Failed>;
}

saga! {
    saga Pay<B: Billing>(amount: u64) with (billing: B) -> Result<u64, Failed> {
        read charge(billing, amount) -> u64 = B::capture;

        charge
    }
}

fn main() {}
