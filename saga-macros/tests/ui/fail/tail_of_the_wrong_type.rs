// The tail has the type of the output.

use typed_saga::saga;

struct Receipt;
struct Failed;

saga! {
    saga Wrong() -> Result<Receipt, Failed> {
        read count() -> u8 { Ok(1) }

        count
    }
}

fn main() {}
