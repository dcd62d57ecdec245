//! Compensations by key, and the keys that a context gives.

use typed_saga::{Context, Key, saga};

#[derive(Debug)]
struct Failed;

async fn book(key: &Key, ctx: &Context<'_>) -> Result<String, Failed> {
    assert_eq!(*key, ctx.key());
    assert_ne!(*key, ctx.key_for("second call"));
    Ok(key.to_string())
}

async fn cancel(ctx: &Context<'_>, undo_key: &Key) -> Result<(), Failed> {
    assert_ne!(ctx.key(), *undo_key);
    assert_ne!(*undo_key, ctx.undo_key_for("second call"));
    Ok(())
}

saga! {
    #[timeout(1s)]
    saga Keyed() -> Result<String, Failed> {
        step booking(key, ctx) -> String = book
        #[by_key] compensate(ctx, undo_key) = cancel;

        step other(key) -> String { Ok(key.as_ref().to_owned()) }
        #[by_key] compensate(key) { let _ = key; Ok(()) }

        if booking == other { booking } else { format!("{booking} {other}") }
    }
}

#[tokio::test]
async fn runs() {
    let first = Keyed {}.run().id("id").await.unwrap();
    let second = Keyed {}.run().id("id").await.unwrap();
    assert_eq!(first, second);
    assert!(first.contains(' '), "each step has a key of its own");
}
