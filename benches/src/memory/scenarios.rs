//! What is measured in memory, table by table.

use super::{
    boxed::List,
    by_hand, observed, sagas,
    shop::{Refused, Shop},
};
use crate::rounds::{Case, Scenario};
use std::{hint::black_box, sync::Arc};

#[cfg(feature = "peers")]
use super::peers;

/// Our own row.
pub const OURS: &str = "saga!";

const BY_HAND: &str = "by hand: nested match";
const FLAT: &str = "by hand: one place for each effect";

fn shop(refuses: Option<u64>) -> Shop {
    refuses.map_or(Shop::open(), Shop::refusing)
}

/// A row of ours or by hand: its future, made from the first number and the shop.
macro_rules! case {
    ($name:expr, $shop:ident, |$n:ident| $run:expr) => {
        Case::new($name, move || {
            let ($n, $shop) = (black_box(0), black_box($shop));
            $run
        })
    };
}

/// All scenarios. To be called within the runtime that they will run on.
#[must_use]
pub fn all() -> Vec<Scenario> {
    let mut all = vec![
        eight("8 steps succeed", None),
        eight("8 steps, the last fails, 7 are undone", Some(7)),
        sixty_four(),
        joined(),
        retried(),
        timed(),
        observed::scenario(),
        looped(),
    ];
    // The cost of retries and timeouts, compared with the saga without them.
    for scenario in &mut all[4..=5] {
        let shop = Shop::open();
        let plain = case!("saga! without", shop, |n| sagas::Eight { n }.with(shop));
        scenario.cases.push(plain);
    }
    all
}

fn eight(title: &'static str, refuses: Option<u64>) -> Scenario {
    let shop = shop(refuses);
    let list = Arc::new(List::of(8, shop));
    let cases = vec![
        case!(BY_HAND, shop, |n| by_hand::eight(n, shop)),
        case!("by hand, panics caught", shop, |n| by_hand::eight_guarded(
            n, shop
        )),
        case!(FLAT, shop, |n| by_hand::flat_8(n, shop)),
        boxed(list),
        case!(OURS, shop, |n| sagas::Eight { n }.with(shop)),
        #[cfg(feature = "peers")]
        peers::legend::eight(shop),
        #[cfg(feature = "peers")]
        peers::ironsaga::steps(8, shop),
        #[cfg(feature = "peers")]
        peers::steno::steps(8, shop),
    ];
    Scenario { title, cases }
}

fn boxed(list: Arc<List>) -> Case {
    Case::new("list of boxed closures", move || {
        let list = Arc::clone(&list);
        async move { list.run(black_box(0)).await }
    })
}

fn sixty_four() -> Scenario {
    let shop = Shop::open();
    let list = Arc::new(List::of(64, shop));
    let cases = vec![
        case!(FLAT, shop, |n| by_hand::flat_64(n, shop)),
        boxed(list),
        case!(OURS, shop, |n| sagas::SixtyFour { n }.with(shop)),
        #[cfg(feature = "peers")]
        peers::legend::sixty_four(shop),
        #[cfg(feature = "peers")]
        peers::ironsaga::steps(64, shop),
        #[cfg(feature = "peers")]
        peers::steno::steps(64, shop),
    ];
    Scenario {
        title: "64 steps succeed",
        cases,
    }
}

fn joined() -> Scenario {
    let shop = Shop::open();
    let cases = vec![
        case!("by hand: tokio::join!", shop, |n| by_hand::joined(n, shop)),
        case!(OURS, shop, |n| sagas::Joined { n }.with(shop)),
        #[cfg(feature = "peers")]
        peers::steno::joined(shop),
    ];
    Scenario {
        title: "8 concurrent steps, and one that reads them all",
        cases,
    }
}

fn retried() -> Scenario {
    let shop = Shop::open();
    let cases = vec![
        case!("by hand: a loop for each step", shop, |n| {
            by_hand::eight_retried(n, shop)
        }),
        case!(OURS, shop, |n| sagas::EightRetried { n }.with(shop)),
        #[cfg(feature = "peers")]
        peers::legend::eight_retried(shop),
    ];
    Scenario {
        title: "8 steps with retries that are not needed",
        cases,
    }
}

fn timed() -> Scenario {
    let shop = Shop::open();
    Scenario {
        title: "8 steps with timeouts that do not pass",
        cases: vec![
            case!("by hand: tokio::time::timeout", shop, |n| {
                by_hand::eight_timed(n, shop)
            }),
            case!(OURS, shop, |n| sagas::EightTimed { n }.with(shop)),
        ],
    }
}

/// How many items a loop has.
const ITEMS: u64 = 1_000;

fn looped() -> Scenario {
    let shop = Shop::open();
    Scenario {
        title: "a loop of 1000 items",
        cases: vec![
            case!("by hand: a loop, and a list of what is done", shop, |n| {
                by_hand::looped(n + ITEMS, shop)
            }),
            case!("1000 sagas of one step", shop, |n| async move {
                for n in n..n + ITEMS {
                    sagas::One { n }.with(shop).await?;
                }
                Ok::<_, typed_saga::Error<Refused>>(())
            }),
            case!(OURS, shop, |n| sagas::Looped { items: n + ITEMS }
                .with(shop)),
        ],
    }
}

/// The same steps in different numbers, to see how the time grows: the number of steps, and the
/// rows.
#[must_use]
pub fn growth() -> Vec<(usize, Scenario)> {
    let shop = Shop::open();
    macro_rules! of {
        ($steps:literal, $flat:ident, $saga:ident) => {{
            let list = Arc::new(List::of($steps, shop));
            let cases = vec![
                case!(FLAT, shop, |n| by_hand::$flat(n, shop)),
                boxed(list),
                case!(OURS, shop, |n| sagas::$saga { n }.with(shop)),
                #[cfg(feature = "peers")]
                peers::ironsaga::steps($steps, shop),
                #[cfg(feature = "peers")]
                peers::steno::steps($steps, shop),
            ];
            let title = concat!($steps, " steps");
            ($steps, Scenario { title, cases })
        }};
    }
    vec![
        of!(8, flat_8, Eight),
        of!(16, flat_16, Sixteen),
        of!(32, flat_32, ThirtyTwo),
        of!(64, flat_64, SixtyFour),
    ]
}

#[cfg(test)]
mod tests {
    use super::{all, growth};
    use crate::{memory::shop::tests::taken, rounds::Scenario};
    use tokio::runtime::{Builder, Runtime};

    /// Every row of a scenario performs and undoes the same steps, in the same order.
    fn check(runtime: &Runtime, scenario: &Scenario, acted: usize, undone: &[u64]) {
        for case in &scenario.cases {
            // On this thread, where the shop counts.
            case.run(runtime, 1);
            let found = taken();
            let row = (scenario.title, case.name);
            assert_eq!(found, (acted, undone.to_vec()), "{row:?}");
        }
    }

    #[test]
    fn all_rows_of_a_table_do_the_same() {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let _entered = runtime.enter();
        let all = all();
        let back: Vec<_> = (1..8).rev().collect();
        let expected = [
            (8, &[][..]),
            (7, &back),
            (64, &[]),
            (9, &[]),
            (8, &[]),
            (8, &[]),
            (8, &[]),
            (1000, &[]),
        ];
        assert_eq!(all.len(), expected.len());
        for (scenario, (acted, undone)) in all.iter().zip(expected) {
            check(&runtime, scenario, acted, undone);
        }
        for (steps, scenario) in growth() {
            check(&runtime, &scenario, steps, &[]);
        }
    }
}
