// errors: 7. What nobody reads is warned about, at its name.

#![deny(unused_variables)]

use saga::saga;

struct Failed;

saga! {
    saga Trip(input: u8) with (service: u8) -> Result<(), Failed> {
        read effect() -> u8 { Ok(1) }
        read used() -> u8 { Ok(1) }
        read partly(used) { let inside = 1; Ok(()) }
        #[when(used => true)]
        step clauses() { Ok(()) }
        compensate(used) { Ok(()) }
    }
}

fn main() {}
