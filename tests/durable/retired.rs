//! A step that is retired: what had begun it carries it to its end, what had not skips it, and once
//! nothing has it on record it can be deleted.

use crate::durable::{
    releases::{Left, count, has_begun, of, run, troubled, version},
    weak::file,
};
use typed_saga::Verdict;

version! { first
    #[classify(Trouble::verdict)] #[timeout(5s)]
    pub(in super::super) durable saga Order() with (world: World) -> Result<(), Trouble> {
        #[idempotent]
        step a(world, key) -> u32 { world.call("+a", key)?; Ok(1) }
            compensate(world, a, key) { let _ = a; world.call("-a", key) }
        #[idempotent] #[retry(2, 1ms..1ms)]
        step b(world, a, key) -> u32 { let _ = a; world.call("+b", key)?; Ok(2) }
            compensate(world, b, key) { let _ = b; world.call("-b", key) }
        #[idempotent]
        step c(world, b, key) -> u32 { let b: &u32 = b; world.call("+c", key)?; Ok(b + 1) }
            compensate(world, c, key) { let _ = c; world.call("-c", key) }
        #[idempotent]
        step d(world, key) -> u32 { world.call("+d", key)?; Ok(4) }
            compensate(world, d, key) { let _ = d; world.call("-d", key) }
    }
}

version! { second
    #[classify(Trouble::verdict)] #[timeout(5s)]
    pub(in super::super) durable saga Order() with (world: World) -> Result<(), Trouble> {
        #[idempotent]
        step a(world, key) -> u32 { world.call("+a", key)?; Ok(1) }
            compensate(world, a, key) { let _ = a; world.call("-a", key) }
        #[retired] #[idempotent] #[retry(2, 1ms..1ms)]
        step b(world, a, key) -> u32 { let _ = a; world.call("+b", key)?; Ok(2) }
            compensate(world, b, key) { let _ = b; world.call("-b", key) }
        #[idempotent]
        step c(world, b, key) -> u32 { let b: &Option<u32> = b; world.call("+c", key)?; Ok(b.map_or(0, |b| b + 1)) }
            compensate(world, c, key) { let _ = c; world.call("-c", key) }
        #[idempotent]
        step d(world, key) -> u32 { world.call("+d", key)?; Ok(4) }
            compensate(world, d, key) { let _ = d; world.call("-d", key) }
    }
}

version! { unread
    #[classify(Trouble::verdict)] #[timeout(5s)]
    pub(in super::super) durable saga Order() with (world: World) -> Result<(), Trouble> {
        #[idempotent]
        step a(world, key) -> u32 { world.call("+a", key)?; Ok(1) }
            compensate(world, a, key) { let _ = a; world.call("-a", key) }
        #[retired] #[idempotent] #[retry(2, 1ms..1ms)]
        step b(world, a, key) -> u32 { let _ = a; world.call("+b", key)?; Ok(2) }
            compensate(world, b, key) { let _ = b; world.call("-b", key) }
        #[idempotent]
        step c(world, key) -> u32 { world.call("+c", key)?; Ok(3) }
            compensate(world, c, key) { let _ = c; world.call("-c", key) }
        #[idempotent]
        step d(world, key) -> u32 { world.call("+d", key)?; Ok(4) }
            compensate(world, d, key) { let _ = d; world.call("-d", key) }
    }
}

version! { third
    #[classify(Trouble::verdict)] #[timeout(5s)]
    pub(in super::super) durable saga Order() with (world: World) -> Result<(), Trouble> {
        #[idempotent]
        step a(world, key) -> u32 { world.call("+a", key)?; Ok(1) }
            compensate(world, a, key) { let _ = a; world.call("-a", key) }
        #[idempotent]
        step c(world, key) -> u32 { world.call("+c", key)?; Ok(3) }
            compensate(world, c, key) { let _ = c; world.call("-c", key) }
        #[idempotent]
        step d(world, key) -> u32 { world.call("+d", key)?; Ok(4) }
            compensate(world, d, key) { let _ = d; world.call("-d", key) }
    }
}

/// What is to go wrong.
const TROUBLE: [Option<(&str, Verdict)>; 4] = [
    None,
    Some(("+b", Verdict::Transient)),
    Some(("+b", Verdict::Unknown)),
    Some(("+d", Verdict::Refused)),
];

/// What stands, where the order has ended so.
fn stands(left: &Left, had_begun: bool) -> &'static [&'static str] {
    match left {
        Left::Completed if had_begun => &["a", "b", "c", "d"],
        Left::Completed => &["a", "c", "d"],
        Left::Compensated => &[],
        Left::Crashed | Left::Parked | Left::Unreadable(_) => panic!("{left:?} is no end"),
    }
}

/// The last write after which the first version may end.
const WRITES: u64 = 24;

#[test]
fn what_had_begun_it_carries_it_to_its_end_and_the_rest_skip_it() {
    let (mut begun, mut skipped) = (0, 0);
    for trouble in TROUBLE {
        for write in 0..WRITES {
            let (path, world) = (file("retired"), troubled(trouble));
            if run(&path, of!(first, world), Some(write)) != Left::Crashed {
                continue;
            }
            let had_begun = has_begun(&path, "b");
            let left = run(&path, of!(second, world), None);
            assert_eq!(world.standing(), stands(&left, had_begun), "{write}");
            if had_begun {
                begun += 1;
            } else {
                assert_eq!(count(&world, "+b"), 0);
                skipped += 1;
            }
        }
    }
    assert!(begun > 10 && skipped > 10, "{begun} {skipped}");
}

/// Of those that read it no longer; each of the three programs ends somewhere, and is started again.
#[test]
fn what_nothing_has_on_record_can_be_deleted() {
    let (mut stranded, mut gone_on) = (0, 0);
    for trouble in TROUBLE {
        for (one, two) in (0..WRITES).map(|write| (write, (write * 7) % 11)) {
            let (path, world) = (file("retired_deleted"), troubled(trouble));
            if run(&path, of!(first, world), Some(one)) != Left::Crashed {
                continue;
            }
            let had_begun = has_begun(&path, "b");
            if run(&path, of!(unread, world), Some(two)) != Left::Crashed {
                continue;
            }
            if had_begun {
                let left = run(&path, of!(third, world), None);
                if let Left::Unreadable(why) = left {
                    let gone = "its definition has changed: step `b` is not there any more";
                    assert_eq!(why, gone);
                    stranded += 1;
                }
                // The version that has it still goes on.
                let left = run(&path, of!(unread, world), None);
                assert_eq!(world.standing(), stands(&left, true));
                continue;
            }
            let mut left = run(&path, of!(third, world), Some(4));
            if left == Left::Crashed {
                left = run(&path, of!(third, world), None);
            }
            assert_eq!(world.standing(), stands(&left, false));
            gone_on += 1;
        }
    }
    assert!(stranded > 5 && gone_on > 5, "{stranded} {gone_on}");
}

/// Back to the version before: what has skipped the step waits for the new one.
#[test]
fn back_to_the_version_that_had_it() {
    let (mut waits, mut goes_on) = (0, 0);
    for (one, two) in (0..4).flat_map(|one| (2..12).map(move |two| (one, two))) {
        let (path, world) = (file("retired_back"), troubled(None));
        assert_eq!(run(&path, of!(first, world), Some(one)), Left::Crashed);
        if has_begun(&path, "b") {
            continue;
        }
        if run(&path, of!(second, world), Some(two)) != Left::Crashed {
            continue;
        }
        match run(&path, of!(first, world), None) {
            Left::Unreadable(why) => {
                let had = "its definition has changed: `b` had a `when`, and has none";
                assert_eq!(why, had);
                let left = run(&path, of!(second, world), None);
                assert_eq!(world.standing(), stands(&left, false));
                waits += 1;
            }
            left => {
                // It may have ended before.
                let had_begun = count(&world, "+b") > 0;
                assert_eq!(world.standing(), stands(&left, had_begun));
                goes_on += usize::from(had_begun);
            }
        }
    }
    assert!(waits > 1 && goes_on > 1, "{waits} {goes_on}");
}
