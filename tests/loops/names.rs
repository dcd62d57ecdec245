//! Loops among names, types and lints of all kinds.

#![deny(warnings, clippy::pedantic)]

use std::fmt::Debug;
use typed_saga::{Key, saga};

/// Names that generated code would use, if it were not careful.
mod taken {
    use typed_saga::saga;

    #[allow(dead_code)]
    pub(crate) struct Vec;
    #[allow(dead_code)]
    pub(crate) struct Option;
    #[allow(dead_code)]
    pub(crate) struct Iterator;

    saga! {
        pub(crate) saga Taken(n: u8) -> Result<usize, ()> {
            #[concurrent(2)]
            for item: u8 in (n => 0..*n)
            step vec(item) -> u8 { Ok(*item) }
                compensate(vec, item) { let _ = (vec, item); Ok(()) }

            for r#type: u8 in (vec => vec.clone())
            read r#match(r#type) -> u8 { Ok(*r#type) }

            for each: u8 in (=> [1])
            read items(each) { let _ = each; Ok(()) }

            {
                let _ = r#match;
                vec.len() + items.len()
            }
        }
    }
}

saga! {
    saga Generic<T: Clone + Debug + Send + Sync + 'static, const N: usize>(all: [T; N])
    with (log: fn(&T))
    -> Result<Vec<(usize, T)>, String>
    {
        #[idempotent]
        for one: T in (all => all.clone())
        step kept(log, one, ctx, key) -> (usize, T) {
            let _: &Key = key;
            log(one);
            Ok((ctx.item().ok_or("no item")?, one.clone()))
        }
            compensate(one, kept) { let _ = (one, kept); Ok(()) }

        kept
    }
}

saga! {
    saga Conditional(n: u8) -> Result<usize, ()> {
        #[cfg(any())]
        for item: u8 in (n => 0..*n)
        step none(item) -> u8 { Ok(*item) }
            compensate none

        #[cfg(all())]
        for item: u8 in (n => 0..*n)
        read all(item) -> u8 { Ok(*item) }

        all.len()
    }
}

#[tokio::test]
async fn loops_have_any_names_types_and_conditions() {
    assert_eq!(taken::Taken { n: 3 }.run().await.unwrap(), 4);
    let all = ["a", "b"];
    let kept = Generic { all }.with(|_| ()).await.unwrap();
    assert_eq!(kept, [(0, "a"), (1, "b")]);
    assert_eq!(Conditional { n: 2 }.run().await.unwrap(), 2);
    let services = GenericServices { log: |_: &&str| () };
    let kept = Generic { all }.walk().kept(&services).await.unwrap();
    let start = kept.undo_kept(&services).await.unwrap();
    assert_eq!(start.all, all);
}
