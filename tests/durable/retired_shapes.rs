//! A step that is retired where it is a loop, a saga, in a block, or was skipped at times: what had begun it
//! carries it to its end, and what had not skips it.

use crate::durable::{
    releases::{Left, count, has_begun, of, run, troubled, version},
    weak::file,
};
use typed_saga::Verdict;

/// Two versions of an order: the first step of those in the second braces, which are in a block if one is
/// given, has attributes, and is retired in the second version.
macro_rules! versions {
    (of $shape:ident $sagas:tt $before:tt $block:tt [$($was:tt)*] $b:tt $after:tt) => {
        mod $shape {
            use super::version;

            versions! { first $sagas $before $block [$($was)*] $b $after }
            versions! { second $sagas $before $block [#[retired]] $b $after }
        }
    };
    (
        $version:ident $sagas:tt {$($before:tt)*} [] [$($attributes:tt)*] {$($b:tt)*} {$($after:tt)*}
    ) => {
        versions! { whole $version $sagas $($before)* $($attributes)* $($b)* $($after)* }
    };
    (
        $version:ident $sagas:tt {$($before:tt)*} [$($block:tt)+] [$($attributes:tt)*] {$($b:tt)*}
        {$($after:tt)*}
    ) => {
        versions! { whole $version $sagas $($before)* $($block)* { $($attributes)* $($b)* } $($after)* }
    };
    (whole $version:ident [$($sagas:tt)*] $services:tt $($steps:tt)*) => {
        version! { $version
            $($sagas)*

            #[classify(Trouble::verdict)] #[timeout(5s)]
            pub(in super::super) durable saga Order() with $services -> Result<(), Trouble> {
                $($steps)*
            }
        }
    };
}

versions! { of each [] { (world: World)
    #[idempotent]
    step a(world, key) -> u32 { world.call("+a", key)?; Ok(1) }
        compensate(world, key) { world.call("-a", key) }
} [] [] {
    #[idempotent] #[retry(2, 1ms..1ms)] for n: u32 in (a => [0, *a])
    step b(world, n, key) -> u32 { world.call("+b", key)?; Ok(*n) }
        compensate(world, n, key) { let _ = n; world.call("-b", key) }
} {
    #[idempotent]
    step d(world, key) -> u32 { world.call("+d", key)?; Ok(4) }
        compensate(world, key) { world.call("-d", key) }
    { let _ = (a, b, d); }
} }

versions! { of child [
    #[classify(Trouble::verdict)] #[timeout(5s)]
    durable saga Leg() with (world: World) -> Result<(), Trouble> {
        #[idempotent]
        step p(world, key) -> u32 { world.call("+b", key)?; Ok(1) }
            compensate(world, key) { world.call("-b", key) }
        #[idempotent]
        step q(world, key) -> u32 { world.call("+b", key)?; Ok(1) }
            compensate(world, key) { world.call("-b", key) }
        { let _ = (p, q); }
    }
] { (world: World)
    #[idempotent]
    step a(world, key) -> u32 { world.call("+a", key)?; Ok(1) }
        compensate(world, key) { world.call("-a", key) }
} [] [] {
    #[retry(2, 1ms..1ms)] step b() = saga Leg {} with (world);
} {
    #[idempotent]
    step d(world, key) -> u32 { world.call("+d", key)?; Ok(4) }
        compensate(world, key) { world.call("-d", key) }
    { let _ = (a, b, d); }
} }

versions! { of block [] { (world: World)
    #[idempotent]
    step a(world, key) -> u32 { world.call("+a", key)?; Ok(1) }
        compensate(world, key) { world.call("-a", key) }
} [concurrent] [] {
    #[idempotent] #[retry(2, 1ms..1ms)]
    step b(world, key) -> u32 { world.call("+b", key)?; Ok(2) }
        compensate(world, key) { world.call("-b", key) }
    #[idempotent]
    step c(world, key) -> u32 { world.call("+c", key)?; Ok(3) }
        compensate(world, key) { world.call("-c", key) }
} {
    #[idempotent]
    step d(world, key) -> u32 { world.call("+d", key)?; Ok(4) }
        compensate(world, key) { world.call("-d", key) }
    { let _ = (a, b, c, d); }
} }

versions! { of governed [] { (world: World)
    #[idempotent]
    step a(world, key) -> u32 { world.call("+a", key)?; Ok(1) }
        compensate(world, key) { world.call("-a", key) }
} [when (a => *a == 1)] [] {
    #[idempotent] #[retry(2, 1ms..1ms)]
    step b(world, key) -> u32 { world.call("+b", key)?; Ok(2) }
        compensate(world, key) { world.call("-b", key) }
    #[idempotent]
    step c(world, key) -> u32 { world.call("+c", key)?; Ok(3) }
        compensate(world, key) { world.call("-c", key) }
} {
    #[idempotent]
    step d(world, key) -> u32 { world.call("+d", key)?; Ok(4) }
        compensate(world, key) { world.call("-d", key) }
    { let _ = (a, b, c, d); }
} }

versions! { of asked [] { (world: World)
    #[idempotent]
    step a(world, key) -> u32 { world.call("+a", key)?; Ok(1) }
        compensate(world, key) { world.call("-a", key) }
} [] [#[when(a => *a == 1)]] {
    #[idempotent] #[retry(2, 1ms..1ms)]
    step b(world, key) -> u32 { world.call("+b", key)?; Ok(2) }
        compensate(world, key) { world.call("-b", key) }
} {
    #[idempotent]
    step d(world, key) -> u32 { world.call("+d", key)?; Ok(4) }
        compensate(world, key) { world.call("-d", key) }
    { let _ = (a, b, d); }
} }

versions! { of declined [] { (world: World)
    #[idempotent]
    step a(world, key) -> u32 { world.call("+a", key)?; Ok(1) }
        compensate(world, key) { world.call("-a", key) }
} [] [#[when(a => *a == 7)]] {
    #[idempotent] #[retry(2, 1ms..1ms)]
    step b(world, key) -> u32 { world.call("+b", key)?; Ok(2) }
        compensate(world, key) { world.call("-b", key) }
} {
    #[idempotent]
    step d(world, key) -> u32 { world.call("+d", key)?; Ok(4) }
        compensate(world, key) { world.call("-d", key) }
    { let _ = (a, b, d); }
} }

/// For each trouble, each process that may end, and each end of that of the next version, which is then
/// started again: what stands in the end, with the step and without it.
macro_rules! carried_to_its_end {
    ($shape:ident, $with:expr, $without:expr) => {
        #[test]
        fn $shape() {
            use $shape::{first, second};
            let (mut begun, mut skipped) = (0, 0);
            for trouble in [
                None,
                Some(("+b", Verdict::Transient)),
                Some(("+b", Verdict::Unknown)),
                Some(("+d", Verdict::Refused)),
            ] {
                for (one, two) in (0..30).map(|write| (write, (write * 5) % 13)) {
                    let path = file(concat!("retired_", stringify!($shape)));
                    let world = troubled(trouble);
                    if run(&path, of!(first, world), Some(one)) != Left::Crashed {
                        continue;
                    }
                    let had_begun = has_begun(&path, "b");
                    let left = match run(&path, of!(second, world), Some(two)) {
                        Left::Crashed => run(&path, of!(second, world), None),
                        left => left,
                    };
                    let stands: &[_] = match left {
                        Left::Completed if had_begun => &$with,
                        Left::Completed => &$without,
                        Left::Compensated => &[],
                        left => panic!("{left:?} is no end"),
                    };
                    assert_eq!(world.standing(), stands, "{trouble:?} {one} {two}");
                    if had_begun {
                        begun += 1;
                    } else {
                        assert_eq!(count(&world, "+b"), 0);
                        skipped += 1;
                    }
                }
            }
            assert!(begun > 10 && skipped > 5, "{begun} {skipped}");
        }
    };
}

carried_to_its_end!(each, ["a", "b", "b", "d"], ["a", "d"]);
carried_to_its_end!(child, ["a", "b", "b", "d"], ["a", "d"]);
carried_to_its_end!(block, ["a", "b", "c", "d"], ["a", "c", "d"]);
carried_to_its_end!(governed, ["a", "b", "c", "d"], ["a", "c", "d"]);
carried_to_its_end!(asked, ["a", "b", "d"], ["a", "d"]);
carried_to_its_end!(declined, ["a", "d"], ["a", "d"]);
