// errors: 9. Without the check of names, the typestates prove every read, whichever code it is for.

use typed_saga::{Pending, saga};

#[derive(Debug)]
struct Failed;

saga! {
    #[saga(unchecked_reads)]
    saga Resolve() -> Result<_, Failed> {
        #[timeout(1s)] #[late(0s)]
        step hotel() -> u8 { Ok(1) }
        resolve(car) { Ok(Some(*car)) }
        compensate none;
        #[timeout(1s)]
        step car() -> u8 { Ok(1) }
        #[by_key]
        compensate(key, mail) { let _ = (key, mail); Ok(()) }
        step mail() -> u8 { Ok(1) }
        compensate none;
        #[timeout(1s)]
        step own() -> u8 { Ok(1) }
        #[by_key]
        compensate(key, own) { let _ = (key, own); Ok(()) }
    }
}

saga! {
    #[saga(unchecked_reads)]
    saga Siblings() -> Result<_, Failed> {
        concurrent {
            #[timeout(1s)] #[late(0s)]
            step hotel() -> u8 { Ok(1) }
            resolve(car) { Ok(Some(*car)) }
            compensate none;
            #[timeout(1s)]
            step car() -> u8 { Ok(1) }
            #[by_key]
            compensate(key, hotel) { let _ = (key, hotel); Ok(()) }
        }
    }
}

saga! {
    #[saga(unchecked_reads)]
    saga Marks() -> Result<_, Failed> {
        concurrent {
            step one(one) -> Pending { Ok(*one) }
            compensate none;
            step two(three) -> Pending { Ok(*three) }
            compensate none;
            step three(two) -> Pending { Ok(*two) }
            compensate none;
            step four() -> Pending { Ok(Pending) }
            compensate(four, five) { let _ = (four, five); Ok(()) }
            step five(four) -> Pending { Ok(*four) }
            compensate none;
        }
    }
}

saga! {
    #[saga(unchecked_reads)]
    saga Finally() -> Result<_, Failed> {
        step hotel() -> u8 { Ok(1) }
        compensate none;

        finally(hotel) { let _ = hotel; }
    }
}

fn main() {}
