// errors: 1. The `finally` of a saga that is a child does not run: a warning where it is a child, except
// where that is allowed.

#![deny(deprecated)]

use saga::saga;

#[derive(Debug)]
struct Failed;

saga! {
    saga Inner() -> Result<(), Failed> {
        read own() -> u8 { Ok(1) }
        finally(outcome) { println!("{outcome}"); }
        let _ = own;
    }

    saga Outer() -> Result<(), Failed> {
        step silent() -> () = saga Inner {};
        #[allow(deprecated)]
        step known() -> () = saga Inner {};
        finally(outcome) { println!("{outcome}"); }
        let _ = (silent, known);
    }
}

fn main() {}
