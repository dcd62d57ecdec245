//! The positions of a walk are proofs: what they say has happened, whatever the types and names of
//! a saga are.

use typed_saga::{Pending, saga};

#[derive(Debug)]
struct Failed;

saga! {
    saga Marks<T: Clone>(mark: T) -> Result<(T, Pending), Failed> {
        read first(mark) -> T { Ok(mark.clone()) }
        concurrent {
            step one(first) -> T { Ok(first.clone()) }
                compensate(one) { let _ = one; Ok(()) }
            #[when(first => { let _ = first; true })]
            step other() -> Pending { Ok(Pending) }
                compensate none;
        }

        (one, other.unwrap_or_default())
    }
}

#[tokio::test]
async fn b01_effects_may_be_of_the_type_that_says_that_nothing_happened() {
    let services = MarksServices {};
    let start = Marks { mark: Pending }.walk().first(&services);
    let state: MarksDuringOne<Pending, Pending, typed_saga::Done<Option<Pending>>> = start
        .await
        .unwrap()
        .one(&services)
        .await
        .unwrap()
        .other(&services)
        .await
        .unwrap()
        .undo_one(&services)
        .await
        .unwrap();
    assert_eq!((state.one, state.other), (Pending, Some(Pending)));
    let end = state.one(&services).await.unwrap().join();
    assert_eq!((end.one, end.other), (Pending, Some(Pending)));
    assert_eq!(end.output(), (Pending, Pending));
    let run = Marks { mark: Pending }.run();
    assert_eq!(run.await.unwrap(), (Pending, Pending));
}

saga! {
    saga Named() -> Result<_, Failed> {
        concurrent {
            step join() -> u8 { Ok(1) }
                compensate none;
            step open(join) -> u8 { Ok(join + 1) }
                compensate none;
        }
        step reopen(open) -> u8 { Ok(open + 1) }
            compensate(reopen) { let _ = reopen; Ok(()) }
        step deref(reopen) -> u8 { Ok(reopen + 1) }
            compensate none;
        step clone(deref) -> u8 { Ok(deref + 1) }
            compensate none;
    }
}

#[tokio::test]
async fn b01_a_block_is_left_and_entered_again_whatever_its_steps_are_called() {
    let services = NamedServices {};
    let state = Named {}.walk().join(&services).await.unwrap();
    let state = state.open(&services).await.unwrap();
    let state: NamedBeforeReopen = state.join();
    let state = state.reopen(&services).await.unwrap();
    assert_eq!((state.join, state.open, state.reopen), (1, 2, 3));
    let state = state.undo_reopen(&services).await.unwrap();
    let state = state.reopen_().join().reopen(&services).await.unwrap();
    let end = state.deref(&services).await.unwrap().clone(&services);
    assert_eq!(end.await.unwrap().output().clone, 5);
}

saga! {
    saga Keyed() -> Result<(), Failed> {
        step keyed(key, ctx) -> (String, String) { Ok((key.to_string(), ctx.id().to_string())) }
            compensate(keyed, key, ctx) {
                assert_eq!(*keyed, (key.to_string(), ctx.id().to_string()));
                Ok(())
            }
        step other(ctx) -> String { Ok(ctx.id().to_string()) }
            compensate none;

        {
            let _ = (keyed, other);
        }
    }
}

#[tokio::test]
async fn b04_each_walk_has_its_own_id_and_keys() {
    let services = KeyedServices {};
    let one = Keyed {}.walk().keyed(&services).await.unwrap();
    let other = Keyed {}.walk().keyed(&services).await.unwrap();
    assert_ne!(one.keyed.0, other.keyed.0, "keys");
    assert_ne!(one.keyed.1, other.keyed.1, "ids");

    let end = one.other(&services).await.unwrap();
    assert_eq!(end.other, end.keyed.1, "the same in all steps of a walk");
    let one = end.undo_other(&services).await.unwrap();
    let key = one.keyed.0.clone();
    let start = one.undo_keyed(&services).await.unwrap();
    let again = start.keyed(&services).await.unwrap();
    assert_eq!(again.keyed.0, key, "a walk has one round");
}
