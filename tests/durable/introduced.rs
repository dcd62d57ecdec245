//! A step that is introduced between others: what has passed its place goes on without it, and all others
//! run it; forward, on the way back, after a savepoint, parked and resumed; and the version before can take
//! over again.

use crate::durable::{
    releases::{Left, count, has_begun, of, resume, run, troubled, version},
    weak::file,
};
use saga_tests::bound;
use typed_saga::Verdict;

version! { first
    #[classify(Trouble::verdict)] #[timeout(5s)]
    pub(in super::super) durable saga Order() with (world: World) -> Result<(), Trouble> {
        #[idempotent]
        step a(world, key) -> u32 { world.call("+a", key)?; Ok(1) }
            compensate(world, a, key) { let _ = a; world.call("-a", key) }
        #[idempotent] #[savepoint(1, 1ms..1ms)]
        step b(world, a, key) -> u32 { let _ = a; world.call("+b", key)?; Ok(2) }
            compensate(world, b, key) { let _ = b; world.call("-b", key) }
        #[idempotent]
        step c(world, b, key) -> u32 { world.call("+c", key)?; Ok(b + 1) }
            compensate(world, c, key) { let _ = c; world.call("-c", key) }
        #[idempotent]
        step d(world, c, key) -> u32 { let _ = c; world.call("+d", key)?; Ok(4) }
            compensate(world, d, key) { let _ = d; world.call("-d", key) }
    }
}

version! { second
    #[classify(Trouble::verdict)] #[timeout(5s)]
    pub(in super::super) durable saga Order() with (world: World) -> Result<(), Trouble> {
        #[idempotent]
        step a(world, key) -> u32 { world.call("+a", key)?; Ok(1) }
            compensate(world, a, key) { let _ = a; world.call("-a", key) }
        #[introduced] #[idempotent]
        step x(world, a, key) -> u32 { let _ = a; world.call("+x", key)?; Ok(7) }
            compensate(world, x, key) { let _ = x; world.call("-x", key) }
        #[idempotent] #[savepoint(1, 1ms..1ms)]
        step b(world, a, x, key) -> u32 { let _: (_, &Option<u32>) = (a, x); world.call("+b", key)?; Ok(2) }
            compensate(world, b, key) { let _ = b; world.call("-b", key) }
        #[introduced] #[savepoint(3, 1ms..1ms)]
        read y(world, b, key) -> u32 { let _ = b; world.call("y", key)?; Ok(8) }
        #[introduced]
        sleep s(1ms);
        #[idempotent]
        step c(world, b, y, key) -> u32 { world.call("+c", key)?; Ok(b + y.unwrap_or(1)) }
            compensate(world, c, y, key) { let _ = (c, y); world.call("-c", key) }
        #[idempotent]
        step d(world, c, key) -> u32 { let _ = c; world.call("+d", key)?; Ok(4) }
            compensate(world, d, x, key) { let _ = (d, x); world.call("-d", key) }
    }
}

/// Once nothing goes on without the steps, they are steps like others.
mod required {
    use super::version;

    version! { third
        #[classify(Trouble::verdict)] #[timeout(5s)]
        pub(in super::super) durable saga Order() with (world: World) -> Result<(), Trouble> {
            #[idempotent]
            step a(world, key) -> u32 { world.call("+a", key)?; Ok(1) }
                compensate(world, a, key) { let _ = a; world.call("-a", key) }
            #[idempotent]
            step x(world, a, key) -> u32 { let _ = a; world.call("+x", key)?; Ok(7) }
                compensate(world, x, key) { let _ = x; world.call("-x", key) }
            #[idempotent] #[savepoint(1, 1ms..1ms)]
            step b(world, a, x, key) -> u32 { let _: (_, &u32) = (a, x); world.call("+b", key)?; Ok(2) }
                compensate(world, b, key) { let _ = b; world.call("-b", key) }
            #[savepoint(3, 1ms..1ms)]
            read y(world, b, key) -> u32 { let _ = b; world.call("y", key)?; Ok(8) }
            sleep s(1ms);
            #[idempotent]
            step c(world, b, y, key) -> u32 { world.call("+c", key)?; Ok(b + y) }
                compensate(world, c, y, key) { let _ = (c, y); world.call("-c", key) }
            #[idempotent]
            step d(world, c, key) -> u32 { let _ = c; world.call("+d", key)?; Ok(4) }
                compensate(world, d, x, key) { let _ = (d, x); world.call("-d", key) }
        }
    }
}
use required::third;

/// What is to go wrong: nothing; what rolls back to the savepoint; the same to the start; and what leaves
/// doubt.
const TROUBLE: [&[(&str, Verdict)]; 5] = [
    &[],
    &[("+d", Verdict::Refused)],
    &[("+d", Verdict::Refused), ("+c", Verdict::Refused)],
    &[("+c", Verdict::Unknown)],
    &[
        ("+d", Verdict::Refused),
        ("+d", Verdict::Refused),
        ("+d", Verdict::Refused),
    ],
];

/// No effect twice: what stands, each step once.
fn check(world: &crate::durable::world::World, left: &Left, with: &[&str], at: &str) {
    let mut stands: Vec<_> = match left {
        Left::Completed => ["a", "b", "c", "d"].iter().chain(with).copied().collect(),
        Left::Compensated => Vec::new(),
        Left::Crashed | Left::Parked | Left::Unreadable(_) => panic!("{left:?} is no end, {at}"),
    };
    stands.sort_unstable();
    assert_eq!(world.standing(), stands, "{at}");
}

/// The last write after which a version may end.
const WRITES: u64 = 30;

/// How many processes die in a row: with two more, a call that all of them lose, or a saga that none of
/// them writes, is set aside.
const DEATHS: u32 = 8;

#[test]
fn what_has_passed_its_place_goes_on_without_it() {
    let (mut with, mut without) = (0, 0);
    for trouble in TROUBLE {
        for one in 0..WRITES {
            let (path, world) = (file("introduced"), troubled(trouble.iter().copied()));
            if run(&path, of!(first, world), Some(one)) != Left::Crashed {
                continue;
            }
            let (passed_x, passed_y) = (has_begun(&path, "b"), has_begun(&path, "c"));
            let left = run(&path, of!(second, world), None);
            let at = format!("{trouble:?} {one}");
            check(&world, &left, if passed_x { &[] } else { &["x"] }, &at);
            if passed_x {
                assert_eq!(count(&world, "+x"), 0, "{at}");
                without += 1;
            } else {
                with += 1;
            }
            if passed_y {
                assert_eq!(count(&world, "y"), 0, "{at}");
            }
        }
    }
    assert!(with > 10 && without > 20, "{with} {without}");
}

/// The two versions, one after the other, each with some writes.
#[test]
fn the_versions_take_turns() {
    let (mut ends, mut absent) = (0, 0);
    for (trouble, begin) in TROUBLE.into_iter().zip((0..3).cycle()) {
        let ends_after = (bound(0, begin)..WRITES).step_by(bound(2, 3));
        for (one, step) in ends_after.flat_map(|one| [(one, 1), (one, 4)]) {
            let (path, world) = (file("introduced_turns"), troubled(trouble.iter().copied()));
            let mut left = run(&path, of!(first, world), Some(one));
            let mut turn = 0;
            while left == Left::Crashed && turn < DEATHS {
                turn += 1;
                left = if turn % 2 == 1 {
                    run(&path, of!(second, world), Some(step))
                } else {
                    run(&path, of!(first, world), Some(step))
                };
                if let Left::Unreadable(why) = &left {
                    // Only what has come to a step that the version before does not have.
                    assert_eq!(turn % 2, 0, "{why}");
                    assert!(why.ends_with("is not there any more"), "{why}");
                    left = run(&path, of!(second, world), Some(step));
                }
            }
            let left = match left {
                Left::Crashed => run(&path, of!(second, world), None),
                left => left,
            };
            let at = format!("{trouble:?} {one} {step}");
            let x = count(&world, "+x") > 0;
            absent += usize::from(!x);
            check(&world, &left, if x { &["x"] } else { &[] }, &at);
            ends += 1;
        }
    }
    assert!(absent > 20, "{absent} of {ends}");
}

/// The version before leaves alone what has come to a step that it does not have.
#[test]
fn what_has_come_to_a_new_step_waits_for_its_version() {
    let (mut waits, mut goes_on) = (0, 0);
    for (trouble, one) in TROUBLE
        .into_iter()
        .flat_map(|it| (0..WRITES).map(move |one| (it, one)))
    {
        let (path, world) = (file("introduced_waits"), troubled(trouble.iter().copied()));
        if run(&path, of!(second, world), Some(one)) != Left::Crashed {
            continue;
        }
        let at = format!("{trouble:?} {one}");
        if has_begun(&path, "x") {
            match run(&path, of!(first, world), None) {
                Left::Unreadable(why) => {
                    assert!(why.ends_with("is not there any more"), "{why}");
                    waits += 1;
                }
                // It had ended.
                left => check(&world, &left, &["x"], &at),
            }
        } else {
            goes_on += 1;
        }
        let left = run(&path, of!(second, world), None);
        check(&world, &left, &["x"], &at);
    }
    assert!(waits > 20 && goes_on > 2, "{waits} {goes_on}");
}

/// A run that goes on without it is not continued by a program that requires it.
#[test]
fn what_goes_without_it_is_not_asked_for_it_later() {
    let (mut stranded, mut gone_on) = (0, 0);
    for (one, two) in (0..WRITES).map(|write| (write, (write * 7) % 5)) {
        let (path, world) = (file("introduced_required"), troubled([]));
        if run(&path, of!(first, world), Some(one)) != Left::Crashed {
            continue;
        }
        let passed = has_begun(&path, "b");
        if run(&path, of!(second, world), Some(two)) != Left::Crashed {
            continue;
        }
        let calls = world.ledger().calls.len();
        match run(&path, of!(third, world), None) {
            Left::Unreadable(why) => {
                let new = "its definition has changed: step `x` is new before `b`, which the saga has come to";
                assert!(passed && why == new, "{why}");
                stranded += 1;
                let left = run(&path, of!(second, world), None);
                check(&world, &left, &[], &why);
            }
            left => {
                // It may have ended before.
                assert!(!passed || world.ledger().calls.len() == calls);
                check(&world, &left, if passed { &[] } else { &["x"] }, "third");
                gone_on += usize::from(!passed);
            }
        }
    }
    assert!(stranded > 1 && gone_on > 1, "{stranded} {gone_on}");
}

mod parks {
    use super::version;

    version! { first
        #[classify(Trouble::verdict)] #[timeout(5s)]
        pub(in super::super) durable saga Order() with (world: World) -> Result<(), Trouble> {
            #[idempotent]
            step a(world, key) -> u32 { world.call("+a", key)?; Ok(1) }
                #[retry(1)] compensate(world, a, key) { let _ = a; world.call("-a", key) }
            #[idempotent]
            step b(world, key) -> u32 { world.call("+b", key)?; Ok(2) }
                #[retry(1)] compensate(world, b, key) { let _ = b; world.call("-b", key) }
            #[idempotent] #[retry(1)]
            pivot p(world, key) -> u32 { world.call("+p", key)?; Ok(3) }
            #[idempotent] #[retry(1)]
            step c(world, key) -> u32 { world.call("+c", key)?; Ok(4) }
            { let _ = (a, b, p, c); }
        }
    }

    version! { second
        #[classify(Trouble::verdict)] #[timeout(5s)]
        pub(in super::super) durable saga Order() with (world: World) -> Result<(), Trouble> {
            #[idempotent]
            step a(world, key) -> u32 { world.call("+a", key)?; Ok(1) }
                #[retry(1)] compensate(world, a, key) { let _ = a; world.call("-a", key) }
            #[introduced] #[idempotent]
            step x(world, key) -> u32 { world.call("+x", key)?; Ok(7) }
                compensate(world, x, key) { let _ = x; world.call("-x", key) }
            #[idempotent]
            step b(world, key) -> u32 { world.call("+b", key)?; Ok(2) }
                #[retry(1)] compensate(world, b, key) { let _ = b; world.call("-b", key) }
            #[idempotent] #[retry(1)]
            pivot p(world, key) -> u32 { world.call("+p", key)?; Ok(3) }
            #[introduced] #[idempotent]
            step y(world, key) -> u32 { world.call("+y", key)?; Ok(8) }
            #[idempotent] #[retry(1)]
            step c(world, key) -> u32 { world.call("+c", key)?; Ok(4) }
            #[introduced] #[idempotent]
            step z(world, key) -> u32 { world.call("+z", key)?; Ok(9) }
            { let _ = (a, x, b, p, y, c, z); }
        }
    }
}

/// On its way back, and after its pivot; the next program may end, too, before and after it was resumed.
#[test]
fn what_has_parked_is_resumed_without_it() {
    use parks::{first, second};
    let refused = Verdict::Refused;
    let (mut back, mut forward) = (0, 0);
    let troubles: [&[_]; 3] = [
        &[("+p", refused), ("-b", refused)],
        &[("+p", refused), ("-a", refused)],
        &[("+c", refused)],
    ];
    for trouble in troubles {
        for crash in [None, Some(0), Some(1), Some(2), Some(3)] {
            let (path, world) = (file("introduced_parked"), troubled(trouble.iter().copied()));
            assert_eq!(run(&path, of!(first, world), None), Left::Parked);
            assert_eq!(run(&path, of!(second, world), None), Left::Parked);
            let left = match resume(&path, of!(second, world), crash) {
                Left::Crashed => run(&path, of!(second, world), None),
                left => left,
            };
            let left = match left {
                // The process ended before it was resumed.
                Left::Parked => resume(&path, of!(second, world), None),
                left => left,
            };
            assert_eq!(count(&world, "+x"), 0);
            assert_eq!(count(&world, "+y"), 0);
            match left {
                Left::Compensated => {
                    assert_eq!(world.standing(), [""; 0]);
                    back += 1;
                }
                Left::Completed => {
                    // What is new at the end is run.
                    assert_eq!(world.standing(), ["a", "b", "c", "p", "z"]);
                    forward += 1;
                }
                left => panic!("{left:?} is no end: {trouble:?} {crash:?}"),
            }
        }
    }
    assert_eq!((back, forward), (10, 5));
}
