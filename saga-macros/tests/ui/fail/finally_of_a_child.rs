// errors: 3. The `finally` of a saga that is a child does not run: a warning where it is a child, except
// where that is allowed.

#![deny(deprecated)]

use typed_saga::saga;

#[derive(Debug)]
struct Failed;

saga! {
    saga Inner(number: u8) -> Result<(), Failed> {
        read own(number) -> u8 { Ok(*number) }
        finally(outcome) { println!("{outcome}"); }
        let _ = own;
    }

    saga Outer() -> Result<(), Failed> {
        step silent() -> () = saga Inner { number: 1 };
        #[allow(deprecated)]
        step known() -> () = saga Inner { number: 1 };
        for number: u8 in (=> [1, 2])
        step each(number) -> () = saga Inner { number: *number };
        when (=> true) {
            step inside() -> () = saga Inner { number: 1 };
            #[allow(deprecated)]
            step known_inside() -> () = saga Inner { number: 1 };
        }
        finally(outcome) { println!("{outcome}"); }
        let _ = (silent, known, each, inside, known_inside);
    }
}

fn main() {}
