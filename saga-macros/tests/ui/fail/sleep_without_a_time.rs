// errors: 2. A sleep says how long it is, or when it is over.

use typed_saga::saga;

saga! {
    saga Vote(hours: u32) -> Result<(), ()> {
        sleep night();

        sleep day(hours => );
    }
}

fn main() {}
