//! Arbitrary events never panic the kernel, and one that does not fit changes nothing.

#![no_main]

use libfuzzer_sys::fuzz_target;
use typed_saga::{
    definition::Definition,
    runtime::for_tools::kernel::{Event, Kernel, Settlement, Verdict},
    saga,
};

saga! {
    #[timeout(1s)]
    #[classify(typed_saga::transient)]
    saga Sequence() -> Result<_, ()> {
        #[savepoint(2)] #[retry(2)]
        read a() -> u8 { Ok(1) }
            fallback() { Ok(2) }
        #[idempotent] #[retry(3)] #[late(1s)]
        step b(a, _key) -> u8 { Ok(*a) }
            compensate none again;
        #[savepoint(1)]
        #[when(b => *b > 0)]
        step c(b, key) -> u8 { drop(key.to_string()); Ok(*b) }
            #[by_key]
            compensate(key) { drop(key.to_string()); Ok(()) }
        sleep night(1s);
        #[timeout(1s)]
        signal vote -> u8
            fallback() { Ok(1) }
        #[idempotent]
        pivot d(c, _key) { let _ = c; Ok(()) }
            resolve() { Ok(None) }
        #[idempotent]
        step e(_key) { Ok(()) }
            fallback() { Ok(()) }
    }
}

saga! {
    #[timeout(1s)]
    #[classify(typed_saga::transient)]
    saga Blocks() -> Result<_, ()> {
        #[idempotent] #[retry(forever)]
        step a(_key) -> u8 { Ok(1) }
            compensate() { Ok(()) }
        concurrent {
            #[savepoint(3)] #[late(1s)]
            step b(a) -> u8 { Ok(*a) }
                resolve() { Ok(None) }
                compensate(b) { drop(b.to_string()); Ok(()) }
            step c(b, key) -> u8 { drop(key.to_string()); Ok(*b) }
                #[by_key] #[retry(2)]
                compensate(key) { drop(key.to_string()); Ok(()) }
            read d() { Ok(()) }
                fallback() { Ok(()) }
        }
        step e(c) { drop(c.to_string()); Ok(()) }
            resolve() { Ok(None) }
            compensate none again;
        pivot f() { Ok(()) }
            resolve() { Ok(None) }
        concurrent {
            #[idempotent] #[retry(2)]
            step g(_key) { Ok(()) }
            #[after(g)]
            #[when(=> true)]
            step h() { Ok(()) }
                resolve() { Ok(None) }
        }
    }
}

saga! {
    #[timeout(1s)]
    #[classify(typed_saga::transient)]
    saga Wrap() -> Result<(), ()> {
        step paper(key) { drop(key.to_string()); Ok(()) }
            #[by_key]
            compensate(key) { drop(key.to_string()); Ok(()) }
    }
}

saga! {
    #[timeout(1s)]
    #[classify(typed_saga::transient)]
    saga Composed() -> Result<_, ()> {
        #[savepoint(2)] #[idempotent] #[retry(2)]
        step a(_key) -> u8 { Ok(1) }
            compensate() { Ok(()) }
        when (a => *a > 0) {
            #[retry(2)]
            step b() = saga Wrap {};
            #[idempotent]
            step c(_key) { Ok(()) }
                compensate with a;
        }
        #[idempotent] #[retry(3)] #[concurrent(2)]
        for item: u8 in (=> [1, 2])
        step d(item, _key) -> u8 { Ok(*item) }
            compensate() { Ok(()) }
        when (=> true) {
            read e(d) -> usize { Ok(d.len()) }
        } else {
            #[idempotent] #[retry(2)]
            step h(d, _key) -> usize { Ok(d.len()) }
                compensate() { Ok(()) }
        }
        #[idempotent] #[retry(2)]
        pivot f(_key) { Ok(()) }
        #[retry(2)]
        step g() = saga Wrap {};
    }
}

/// The event that three bytes say, of a step that may not exist.
fn event([kind, step, how]: [u8; 3]) -> Event {
    let (step, bit) = (u16::from(step % 10), |bit: u8| how >> bit & 1 == 1);
    match kind % 38 {
        0 => Event::Skipped { step },
        1 => Event::WhenPanicked { step },
        2..=4 => Event::Attempting { step },
        5 => Event::Applied { step },
        6 => Event::Unrecordable { step },
        7 => Event::Rejected {
            step,
            verdict: Verdict::ALL[usize::from(how >> 3) % 4],
            abort: bit(0),
            again: bit(1),
            late_passed: bit(2),
        },
        8 => Event::TimedOut { step },
        9 => Event::Panicked { step },
        10 => Event::Lost { step },
        11 => Event::LatePassed { step },
        12 => Event::Resolving { step },
        13 => Event::Resolved {
            step,
            happened: bit(0),
        },
        14 => Event::ResolveFailed {
            step,
            refused: bit(0),
        },
        15 => Event::Compensating { step },
        16 => Event::Compensated { step },
        17 => Event::CompensationFailed {
            step,
            refused: bit(0),
        },
        18 => Event::FallingBack { step },
        19 => Event::FellBack { step },
        20 => Event::FallbackDeclined { step },
        21 => Event::Waited { step },
        22 => Event::Kept { step },
        23 => Event::Turned { step },
        24 => Event::TurnDeclined { step },
        25 => Event::CancelRequested,
        26 => Event::DeadlinePassed,
        27 | 28 => Event::Settled {
            step,
            settlement: [
                Settlement::Applied,
                Settlement::NotApplied,
                Settlement::Undone,
            ][usize::from(how) % 3],
        },
        29 => Event::Recalled,
        30 => Event::Awaiting { step },
        31 => Event::Woken { step },
        32 => Event::Signalled { step },
        33 => Event::Received { step },
        34 => Event::Decided {
            block: step % 3,
            taken: bit(0),
        },
        35 => Event::Resumed,
        36 => Event::RerunRefused { step },
        _ => Event::Failing {
            step,
            refused: bit(0),
        },
    }
}

fn hear(definition: &'static Definition, durable: bool, events: &[u8]) {
    let mut kernel = Kernel::new(definition, durable);
    for bytes in events.chunks_exact(3) {
        let before = kernel.clone();
        let event = event([bytes[0], bytes[1], bytes[2]]);
        if kernel.apply(event).is_err() {
            assert_eq!(format!("{kernel:?}"), format!("{before:?}"), "{event:?}");
        }
        // Every question has an answer.
        let _ = kernel.next();
        for step in 0..definition.steps.len() as u16 {
            let _ = (kernel.lane(step), kernel.phase(step));
        }
        let listed = kernel.left().count() + kernel.standing().count() + kernel.in_doubt().count();
        assert!(listed <= 3 * definition.steps.len());
    }
}

fuzz_target!(|data: &[u8]| {
    if let [first, events @ ..] = data {
        let definition = match first & 5 {
            0 => &Sequence::DEFINITION,
            1 => &Blocks::DEFINITION,
            _ => &Composed::DEFINITION,
        };
        hear(definition, first & 2 == 0, events);
    }
});
