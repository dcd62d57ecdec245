//! Sagas as steps, and sleeps. To the interpreter a saga that is a step, is tried once, and has no
//! savepoint is its steps, written out where it stands: what it does and says must be the same.

use super::{
    check, resume, script,
    step::{Step, steps},
    trouble::Trouble,
    vendor::{LATE, SHORT, TIMEOUT, Vendor, unit},
};
use proptest::prelude::*;
use saga::saga;

fn one(name: &'static str, kind: &str, on: &'static [&'static str]) -> Step {
    Step::new(name, kind, on, true).timed()
}

saga! {
    #[classify(Trouble::verdict)]
    saga Wrap(vendor: Vendor, a: u32) -> Result<(u32, u32), Trouble> {
        #[timeout(unit("b") * TIMEOUT)]
        #[retry(2, unit("b") * 2..unit("b") * 8, jitter = false, if = Trouble::may_pass)]
        #[late(unit("b") * LATE)]
        step b(vendor, a, key) -> u32 {
            vendor
                .act("b", Some(key.as_str()), format!("{:?}", (a,)))
                .await
                .effect()
        }
            #[retry(2, unit("b")..unit("b") * 2, jitter = false)] #[timeout(unit("b") * SHORT)]
            resolve(vendor, key) { vendor.resolve("b", key.as_str()).await.told() }
            #[retry(1, unit("b")..unit("b") * 4, jitter = false)] #[timeout(unit("b") * SHORT)]
            compensate(vendor, b, key) {
                let _ = b;
                vendor.undo("b", key.as_str(), String::new()).await.done()
            }

        #[timeout(unit("c") * TIMEOUT)]
        #[retry(2, unit("c") * 2..unit("c") * 8, jitter = false, if = Trouble::may_pass)]
        #[idempotent]
        step c(vendor, a, b, key) -> u32 {
            vendor
                .act("c", Some(key.as_str()), format!("{:?}", (a, b)))
                .await
                .effect()
        }
            #[by_key] #[retry(2, unit("c")..unit("c") * 4, jitter = false)]
            #[timeout(unit("c") * SHORT)]
            compensate(vendor, key) { vendor.undo("c", key.as_str(), String::new()).await.done() }

        (b, c)
    }

    #[classify(Trouble::verdict)]
    saga Parent(vendor: Vendor) -> Result<String, Trouble> {
        #[timeout(unit("a") * TIMEOUT)]
        #[retry(2, unit("a") * 2..unit("a") * 8, jitter = false, if = Trouble::may_pass)]
        #[idempotent]
        #[savepoint(2, unit("a")..unit("a") * 3, jitter = false, if = Trouble::may_pass)]
        step a(vendor, key) -> u32 {
            vendor
                .act("a", Some(key.as_str()), "()".to_owned())
                .await
                .effect()
        }
            #[retry(2, unit("a")..unit("a") * 4, jitter = false)] #[timeout(unit("a") * SHORT)]
            compensate(vendor, a, key) {
                let _ = a;
                vendor.undo("a", key.as_str(), String::new()).await.done()
            }

        step wrapped(vendor, a) -> (u32, u32) = saga Wrap { vendor: vendor.clone(), a: *a };

        sleep e(=> unit("e") * 4);

        #[timeout(unit("d") * TIMEOUT)]
        #[retry(2, unit("d") * 2..unit("d") * 8, jitter = false, if = Trouble::may_pass)]
        #[idempotent]
        step d(vendor, wrapped, key) -> u32 {
            let with = format!("{:?}", (wrapped.0, wrapped.1));
            vendor.act("d", Some(key.as_str()), with).await.effect()
        }
            #[by_key] #[retry(1, unit("d")..unit("d") * 4, jitter = false)]
            #[timeout(unit("d") * SHORT)]
            compensate(vendor, key) { vendor.undo("d", key.as_str(), String::new()).await.done() }

        format!("{:?}", (a, wrapped.0, wrapped.1, d))
    }
}

impl Parent {
    fn steps() -> &'static [Step] {
        let a = one("a", "step", &[]).again(2).same().save(2);
        let b = one("b", "step", &["a"]).again(2).late().ask(2).undo(1);
        let c = one("c", "step", &["a", "b"]);
        let c = c.again(2).same().undo_by_key(2);
        let d = one("d", "step", &["b", "c"]).again(2).same().undo_by_key(1);
        steps(vec![
            (None, vec![a.undo(2).quiet()]),
            (None, vec![b.quiet().part(1, 3)]),
            (None, vec![c.part(1, 3)]),
            (None, vec![Step::sleep("e", 4)]),
            (None, vec![d]),
        ])
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_saga_that_is_a_step(
        script in script(),
        deadline in prop_oneof![3 => Just(None), 1 => (0..30_u16).prop_map(Some)],
    ) {
        check(Parent::steps(), script.clone(), deadline, |vendor| Parent { vendor }.run())?;
        resume(Parent::steps(), script, |vendor| Parent { vendor }.run())?;
    }
}
