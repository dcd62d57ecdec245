use typed_saga::saga;

#[derive(Debug)]
struct Error;

saga! {
    saga Pay(cents: u32) -> Result<u32, Error> {
        #[idempotent(by = cents)]
        pivot paid(cents) -> u32 { Ok(*cents) }

        paid
    }

    saga Buy(cents: u32) -> Result<u32, Error> {
        step paid(cents) -> u32 = saga Pay { cents: *cents };

        paid
    }
}

fn main() {}
