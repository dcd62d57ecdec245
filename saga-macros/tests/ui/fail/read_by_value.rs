// A list names what the step reads; what it does with it stands in its body.

use typed_saga::saga;

#[derive(Debug)]
struct Failed;

struct Bank;

impl Bank {
    async fn pay(&self, _cents: u32) -> Result<(), Failed> {
        Ok(())
    }
}

saga! {
    saga Pay(cents: u32) with (bank: Bank) -> Result<(), Failed> {
        step paid(bank, *cents) = Bank::pay
            compensate none;
    }
}

fn main() {}
