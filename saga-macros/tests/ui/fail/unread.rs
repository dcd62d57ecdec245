// errors: 9. What nobody reads is warned about, at its name: by rustc, or if it is the effect of a `read` by
// the macro. What a `step` has done counts.

#![deny(unused_variables, deprecated)]

use typed_saga::saga;

struct Failed;

saga! {
    saga Trip(input: u8) with (service: u8) -> Result<(), Failed> {
        read effect() -> u8 { Ok(1) }
        read used() -> u8 { Ok(1) }
        for item: u8 in (used => [*used])
        read effects(item) -> u8 { Ok(*item) }
        step done(used) -> u8 { Ok(*used) }
            compensate none
        read partly(used) { let inside = 1; Ok(()) }
        #[when(used => true)]
        step clauses() { Ok(()) }
        compensate(used) { Ok(()) }
    }

    saga Named() -> Result<Priced, Failed> {
        #[deny(unused_variables)]
        read price() -> u8 { Ok(1) }
        Priced { price: 0 }
    }
}

struct Priced {
    price: u8,
}

fn main() {}
