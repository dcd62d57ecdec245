//! A service that panics when it is cloned: whatever a child saga had done before remains known, and
//! nothing is called under another key.

use crate::durable::{
    lives::lives,
    world::{Trouble, World},
};
use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering::SeqCst},
};
use typed_saga::{
    Verdict,
    engine::{DurableOutcome, Engine, EngineError, Memory},
    saga,
};
use typed_saga_conformance::Faulty;

/// The clone that makes the number 0 panics.
#[derive(Default)]
struct Fragile(World, Arc<AtomicI64>);

impl Clone for Fragile {
    fn clone(&self) -> Self {
        assert_ne!(self.1.fetch_sub(1, SeqCst), 1, "it cannot be cloned now");
        Self(self.0.clone(), Arc::clone(&self.1))
    }
}

impl Fragile {
    fn call(&self, call: &'static str, key: &typed_saga::Key) -> Result<u32, Trouble> {
        self.0.call(call, key).map(|()| 1)
    }
}

saga! {
    #[classify(Trouble::verdict)]
    #[timeout(10s)]
    durable saga Deep() with (shop: Fragile) -> Result<u32, Trouble> {
        #[idempotent]
        step deep(shop, key) -> u32 { shop.call("+deep", key) }
            #[by_key]
            compensate(shop, key) { shop.0.call("-deep", key) }
        #[idempotent]
        step deeper(shop, key) -> u32 { shop.call("+deeper", key) }
            #[by_key]
            compensate(shop, key) { shop.0.call("-deeper", key) }

        deep + deeper
    }

    #[classify(Trouble::verdict)]
    #[timeout(10s)]
    durable saga Inner() with (shop: Fragile) -> Result<u32, Trouble> {
        #[idempotent]
        step own(shop, key) -> u32 { shop.call("+own", key) }
            #[by_key]
            compensate(shop, key) { shop.0.call("-own", key) }

        #[timeout(1h)]
        step innermost() -> u32 = saga Deep {} with (shop);

        own + innermost
    }

    #[classify(Trouble::verdict)]
    #[timeout(1h)]
    durable saga Outer(fails: bool) with (shop: Fragile) -> Result<u32, Trouble> {
        step plain() -> u32 = saga Inner {} with (shop);

        concurrent {
            step sibling() -> u32 = saga Deep {} with (shop);

            for _n: u32 in (=> 0..2)
            step each() -> u32 = saga Deep {} with (shop);
        }

        #[idempotent]
        pivot bill(shop, plain, sibling, each, fails, key) -> u32 {
            if *fails {
                return Err(Trouble(Verdict::Refused, "on purpose".into()));
            }
            let each: u32 = each.iter().sum();
            shop.call("+bill", key)
                .map(|one| one + plain + sibling + each)
        }

        #[retry(forever, 1s..1s)]
        step after() -> u32 = saga Deep {} with (shop);

        bill + after
    }
}

/// What stands at the end of a saga that completed, under as many keys.
const ALL: usize = 3 + 2 + 2 * 2 + 1 + 2;

/// Runs the saga in a process that ends at a write, one in which a clone panics, and one more. Returns
/// whether a clone did panic, and how many writes the first process made.
fn live(fails: bool, write: Option<u64>, clone: i64) -> (bool, u64) {
    let (world, left) = (World::default(), Arc::new(AtomicI64::new(0)));
    let (mut life, mut end) = (0, None);
    let crashes = write.map(|write| [(true, write), (true, u64::MAX)]);
    let crashes = crashes.as_ref().map_or(&[][..], |crashes| crashes);
    let mut panicked = false;
    let writes = lives(&Memory::new(), crashes, async |store: Faulty<Memory>| {
        let shop = Fragile(world.clone(), Arc::clone(&left));
        let builder = Engine::builder(store).register::<Outer>(OuterServices { shop });
        left.store(if life == 1 { clone } else { 0 }, SeqCst);
        life += 1;
        let engine = builder.start().await.unwrap();
        let ended = async {
            let handle = engine.submit("it", Outer { fails }).await?;
            handle.outcome().await
        };
        match ended.await {
            Ok(outcome) => end = Some(outcome),
            Err(EngineError::Unreadable { why, .. }) => {
                assert_eq!(
                    why.to_string(),
                    "its services panicked when they were cloned"
                );
            }
            Err(error) => panic!("{error}"),
        }
        panicked |= life == 2 && left.load(SeqCst) <= 0;
    });
    let (standing, calls) = (world.standing(), world.calls());
    let said = format!("{fails} {write:?} {clone}: {calls}\n{standing:?}");
    match end.expect("the last process ends it") {
        DurableOutcome::Completed(_) => assert_eq!(standing.len(), ALL, "{said}"),
        DurableOutcome::Compensated(error) => {
            assert!(fails || panicked, "{error}: {said}");
            assert!(error.is_clean() && standing.is_empty(), "{error}: {said}");
        }
        other => panic!("{other:?}: {said}"),
    }
    (panicked, writes[0])
}

#[test]
fn a_clone_that_panics_loses_no_child_saga() {
    let mut runs = 0;
    for fails in [false, true] {
        let (_, writes) = live(fails, None, 0);
        for write in 0..writes {
            let panics = |clone: &i64| live(fails, Some(write), *clone).0;
            let clones = (1..100).take_while(panics).count();
            assert!(clones < 99, "the last process clones no more");
            runs += clones;
        }
    }
    assert!(runs > 100, "{runs}");
}
