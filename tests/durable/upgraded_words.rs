//! What `compensate none` says about reruns, in one version and in the next.

use crate::durable::{
    releases::version,
    upgraded::{LATER, MOMENT, NO, ends, left},
    world::{Trouble, World},
};
use std::sync::Mutex;
use typed_saga::{
    Completeness, Key, Verdict,
    engine::{DurableOutcome, Memory},
};

/// A version with or without a savepoint, and with words about reruns after `compensate none`.
macro_rules! mails {
    ($version:ident $world:ident [$($savepoint:tt)*] [$($says:tt)*]) => {
        version! { $version
            #[classify(Trouble::verdict)] #[timeout(5s)]
            pub(crate) durable saga Order() with ($world: World) -> Result<(), Trouble> {
                #[idempotent] $($savepoint)*
                step a($world, key) { $world.call("+a", key) } compensate($world, key) { $world.call("-a", key) }
                #[idempotent]
                step mail($world, key) { $world.call("+mail", key) } compensate none $($says)*
                #[idempotent] #[retry(9, 1m..1m, jitter = false)]
                step b($world, key) { $world.call("+b", key) } compensate($world, key) { $world.call("-b", key) }
                {}
            }
        }
    };
}

mails! { says_nothing world [] [] }
mails! { says_once world [#[savepoint(1, 1ms..1ms)]] [once] }
mails! { says_again world [#[savepoint(1, 1ms..1ms)]] [again] }

/// Under the new version from its start, an order reruns.
#[tokio::test(start_paused = true)]
async fn there_is_no_rerun_over_a_step_that_said_otherwise() {
    macro_rules! goes_on {
        ($first:ident, $second:ident) => {{
            let (store, world) = (Memory::new(), World::default());
            world.fails("+b", LATER);
            world.fails("+b", NO);
            let services = $first::OrderServices {
                world: world.clone(),
            };
            left(store.clone(), ($first::Order {}, services), MOMENT).await;
            let services = $second::OrderServices {
                world: world.clone(),
            };
            let outcome = ends::<$second::Order>(store, services).await.unwrap();
            (
                world.calls(),
                matches!(outcome, DurableOutcome::Completed(())),
            )
        }};
    }
    let rolls_back = ("+a +mail +b +b -a".to_owned(), false);
    assert_eq!(goes_on!(says_nothing, says_once), rolls_back);
    assert_eq!(goes_on!(says_nothing, says_again), rolls_back);
    assert_eq!(goes_on!(says_once, says_again), rolls_back);
    assert_eq!(goes_on!(says_again, says_once), rolls_back);
    assert_eq!(goes_on!(says_again, says_nothing), rolls_back);
    let (calls, _) = goes_on!(says_once, says_once);
    assert_eq!(calls, "+a +mail +b +b -a +a +b");
    let (calls, _) = goes_on!(says_again, says_again);
    assert_eq!(calls, "+a +mail +b +b -a +a +mail +b");
}

/// The keys of the mails, in order.
static KEYS: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// The answer to the second one is lost.
pub(crate) fn mail(world: &World, key: &Key) -> Result<(), Trouble> {
    let mut keys = KEYS.lock().unwrap();
    keys.push(key.to_string());
    if keys.len() == 2 {
        return Err(Trouble(Verdict::Unknown, "the line broke".into()));
    }
    world.call("+mail", key)
}

/// A version whose child saga has these words.
macro_rules! mails_within {
    ($version:ident [$($says:tt)*]) => {
        pub(crate) mod $version {
            use crate::durable::world::{Trouble, World};

            typed_saga::saga! {
                #[classify(Trouble::verdict)] #[timeout(5s)]
                pub(crate) durable saga Leg() with (world: World) -> Result<(), Trouble> {
                    #[idempotent] #[retry(9, 1m..1m, jitter = false)]
                    step mail(world, key) { crate::durable::upgraded_words::mail(world, key) }
                        compensate none $($says)*
                    {}
                }
            }

            typed_saga::saga! {
                #[classify(Trouble::verdict)] #[timeout(5s)]
                pub(crate) durable saga Order() with (world: World) -> Result<(), Trouble> {
                    #[savepoint(1, 1ms..1ms)] #[idempotent]
                    step a(world, key) { world.call("+a", key) } compensate(world, key) { world.call("-a", key) }
                    step leg() = saga Leg {} with (world);
                    #[idempotent]
                    step b(world, key) { world.call("+b", key) } compensate(world, key) { world.call("-b", key) }
                    {}
                }
            }
        }
    };
}

mails_within! { within_nothing [] }
mails_within! { within_again [again] }

/// In the second round of the child saga, where the keys by the two words differ. If the saga then
/// rolls back, each key is an operation that remains.
#[tokio::test(start_paused = true)]
async fn a_step_that_was_called_keeps_its_key_and_each_operation_is_listed() {
    macro_rules! goes_on {
        ($first:ident, $second:ident) => {{
            let completes = goes_on!($first, $second, 1);
            assert_eq!(goes_on!($first, $second, 2), completes);
            completes
        }};
        ($first:ident, $second:ident, $refusals:literal) => {{
            KEYS.lock().unwrap().clear();
            let (store, world) = (Memory::new(), World::default());
            for _ in 0..$refusals {
                world.fails("+b", NO);
            }
            let services = $first::OrderServices {
                world: world.clone(),
            };
            left(store.clone(), ($first::Order {}, services), MOMENT).await;
            let services = $second::OrderServices { world };
            let outcome = ends::<$second::Order>(store, services).await.unwrap();
            let keys = KEYS.lock().unwrap().clone();
            let [first, doubt, settles] = &keys[..] else {
                panic!("{keys:?}");
            };
            assert_eq!(doubt, settles);
            match outcome {
                DurableOutcome::Completed(()) => assert_eq!($refusals, 1),
                DurableOutcome::Compensated(error) => {
                    let Completeness::Compensated { left } = error.completeness() else {
                        panic!("{error:?}");
                    };
                    let operations = if first == doubt { 1 } else { 2 };
                    assert_eq!(left.len(), operations, "{left:?}");
                    assert!(left.iter().all(|left| left.step == "leg/mail"));
                }
                outcome => panic!("{outcome:?}"),
            }
            first == doubt
        }};
    }
    assert!(goes_on!(within_nothing, within_nothing));
    assert!(goes_on!(within_nothing, within_again));
    assert!(!goes_on!(within_again, within_again));
    assert!(!goes_on!(within_again, within_nothing));
}
