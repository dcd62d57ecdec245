// A sleep has no effect that could be read.

use typed_saga::saga;

saga! {
    saga Vote() -> Result<u32, ()> {
        sleep night(8h);

        read count(night) -> u32 { let _ = night; Ok(1) }

        count
    }
}

fn main() {}
