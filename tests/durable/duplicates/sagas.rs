//! Sagas with a step, at each place where one can be, that creates something by its name.

use super::shop::{Shop, Trouble, no_answer};
use typed_saga::saga;

saga! {
    #[classify(Trouble::verdict)]
    #[timeout(100ms)]
    pub(crate) durable saga Alone() with (shop: Shop) -> Result<(), Trouble> {
        #[late(2s)] #[idempotent] #[retry(3, 10ms..10ms, jitter = false)]
        step made(shop, key) -> u32 { shop.create("made", key).await }
            compensate(shop) { shop.remove("made") }
        #[timeout(1h)]
        read fails(shop) { shop.refuse().await }
        let (_, ()) = (made, fails);
    }
}

saga! {
    /// `resolve` is called first, but never works.
    #[classify(Trouble::verdict)]
    #[timeout(100ms)]
    pub(crate) durable saga Asked() with (shop: Shop) -> Result<(), Trouble> {
        #[late(2s)] #[idempotent] #[retry(3, 10ms..10ms, jitter = false)]
        step made(shop, key) -> u32 { shop.create("made", key).await }
            #[retry(1)]
            resolve(key) { no_answer(key) }
            compensate(shop) { shop.remove("made") }
        #[timeout(1h)]
        read fails(shop) { shop.refuse().await }
        let (_, ()) = (made, fails);
    }
}

saga! {
    #[classify(Trouble::verdict)]
    #[timeout(100ms)]
    pub(crate) durable saga Beside() with (shop: Shop) -> Result<(), Trouble> {
        concurrent {
            #[late(2s)] #[idempotent] #[retry(3, 10ms..10ms, jitter = false)]
            step made(shop, key) -> u32 { shop.create("made", key).await }
                compensate(shop) { shop.remove("made") }
            #[timeout(1h)]
            read fails(shop) { shop.refuse().await }
        }
        let (_, ()) = (made, fails);
    }
}

saga! {
    #[classify(Trouble::verdict)]
    #[timeout(100ms)]
    pub(crate) durable saga Each() with (shop: Shop) -> Result<(), Trouble> {
        #[late(2s)] #[idempotent] #[retry(3, 10ms..10ms, jitter = false)] #[concurrent(2)]
        for name: String in (=> ["made", "other", "last"].map(str::to_owned))
        step made(shop, key, name) -> u32 { shop.create(name, key).await }
            compensate(shop, name) { shop.remove(name) }
        #[timeout(1h)]
        read fails(shop) { shop.refuse().await }
        let (_, ()) = (made, fails);
    }
}

saga! {
    #[classify(Trouble::verdict)]
    #[timeout(100ms)]
    pub(crate) durable saga Inner(name: String) with (shop: Shop) -> Result<u32, Trouble> {
        #[late(2s)] #[idempotent] #[retry(3, 10ms..10ms, jitter = false)]
        step made(shop, key, name) -> u32 { shop.create(name, key).await }
            compensate(shop, name) { shop.remove(name) }
        made
    }
}

saga! {
    /// The parent rolls back a child saga that has completed.
    #[classify(Trouble::verdict)]
    #[timeout(100ms)]
    pub(crate) durable saga Parent() with (shop: Shop) -> Result<(), Trouble> {
        step inner() -> u32 = saga Inner { name: "made".to_owned() } with (shop);
        #[timeout(1h)]
        read fails(shop) { shop.refuse().await }
        let (_, ()) = (inner, fails);
    }
}

saga! {
    #[classify(Trouble::verdict)]
    #[timeout(100ms)]
    pub(crate) durable saga Parents() with (shop: Shop) -> Result<(), Trouble> {
        for item: String in (=> ["made", "other"].map(str::to_owned))
        step inner(item) -> u32 = saga Inner { name: item.clone() } with (shop);
        #[timeout(1h)]
        read fails(shop) { shop.refuse().await }
        let (_, ()) = (inner, fails);
    }
}

saga! {
    /// The child saga fails, and rolls itself back.
    #[classify(Trouble::verdict)]
    #[timeout(100ms)]
    pub(crate) durable saga Outer() with (shop: Shop) -> Result<(), Trouble> {
        step inner() = saga Alone {} with (shop);
        let () = inner;
    }
}

saga! {
    #[classify(Trouble::verdict)]
    #[timeout(100ms)]
    pub(crate) durable saga With() with (shop: Shop) -> Result<(), Trouble> {
        #[idempotent]
        step record(shop, key) -> u32 { shop.create("record", key).await }
            compensate(shop) { shop.remove_all() }
        #[late(2s)] #[idempotent] #[retry(3, 10ms..10ms, jitter = false)]
        step made(shop, key, record) -> u32 { let _ = record; shop.create("made", key).await }
            compensate with record
        #[timeout(1h)]
        read fails(shop) { shop.refuse().await }
        let (_, _, ()) = (record, made, fails);
    }
}

saga! {
    /// The step that is undone with another one stays in doubt: nothing needs to settle it.
    #[classify(Trouble::verdict)]
    #[timeout(100ms)]
    pub(crate) durable saga WithInDoubt() with (shop: Shop) -> Result<(), Trouble> {
        #[idempotent]
        step record(shop, key) -> u32 { shop.create("record", key).await }
            compensate(shop) { shop.remove_all() }
        #[late(2s)] #[idempotent] #[retry(1)]
        step made(shop, key, record) -> u32 { let _ = record; shop.create("made", key).await }
            compensate with record
        #[timeout(1h)]
        read fails(shop) { shop.refuse().await }
        let (_, _, ()) = (record, made, fails);
    }
}

saga! {
    /// The record is undone by its key, which stops late requests of its own alone.
    #[classify(Trouble::verdict)]
    #[timeout(100ms)]
    pub(crate) durable saga WithByKey() with (shop: Shop) -> Result<(), Trouble> {
        step record(shop, key) -> u32 { shop.create("record", key).await }
            #[by_key]
            compensate(shop, key) { let _ = key; shop.remove_all() }
        #[late(2s)] #[idempotent] #[retry(3, 10ms..10ms, jitter = false)]
        step made(shop, key, record) -> u32 { let _ = record; shop.create("made", key).await }
            compensate with record
        #[timeout(1h)]
        read fails(shop) { shop.refuse().await }
        let (_, _, ()) = (record, made, fails);
    }
}

saga! {
    #[classify(Trouble::verdict)]
    #[timeout(100ms)]
    pub(crate) durable saga EachWith() with (shop: Shop) -> Result<(), Trouble> {
        #[idempotent]
        step record(shop, key) -> u32 { shop.create("record", key).await }
            compensate(shop) { shop.remove_all() }
        #[late(2s)] #[idempotent] #[retry(3, 10ms..10ms, jitter = false)]
        for name: String in (=> ["made", "other"].map(str::to_owned))
        step made(shop, key, record, name) -> u32 { let _ = record; shop.create(name, key).await }
            compensate with record
        #[timeout(1h)]
        read fails(shop) { shop.refuse().await }
        let (_, _, ()) = (record, made, fails);
    }
}

saga! {
    /// A sibling that is undone with the step before the block.
    #[classify(Trouble::verdict)]
    #[timeout(100ms)]
    pub(crate) durable saga BesideWith() with (shop: Shop) -> Result<(), Trouble> {
        #[idempotent]
        step record(shop, key) -> u32 { shop.create("record", key).await }
            compensate(shop) { shop.remove_all() }
        concurrent {
            #[late(2s)] #[idempotent] #[retry(3, 10ms..10ms, jitter = false)]
            step made(shop, key, record) -> u32 { let _ = record; shop.create("made", key).await }
                compensate with record
            #[timeout(1h)]
            read fails(shop) { shop.refuse().await }
        }
        let (_, _, ()) = (record, made, fails);
    }
}

saga! {
    /// The first rerun fails, too.
    #[classify(Trouble::verdict)]
    #[timeout(100ms)]
    pub(crate) durable saga Again() with (shop: Shop) -> Result<(), Trouble> {
        #[savepoint(1, 1ms..1ms, jitter = false)] #[late(2s)] #[idempotent]
        #[retry(3, 10ms..10ms, jitter = false)]
        step made(shop, key) -> u32 { shop.create("made", key).await }
            compensate(shop) { shop.remove("made") }
        #[timeout(1h)]
        read fails(shop) { shop.refuse().await }
        let (_, ()) = (made, fails);
    }
}

saga! {
    /// No attempt is left for a refusal that counts.
    #[classify(Trouble::verdict)]
    #[timeout(100ms)]
    pub(crate) durable saga Twice() with (shop: Shop) -> Result<(), Trouble> {
        #[late(2s)] #[idempotent] #[retry(2, 10ms..10ms, jitter = false)]
        step made(shop, key) -> u32 { shop.create("made", key).await }
            compensate(shop) { shop.remove("made") }
        #[timeout(1h)]
        read fails(shop) { shop.refuse().await }
        let (_, ()) = (made, fails);
    }
}

saga! {
    /// The `#[late]` is that of the saga.
    #[classify(Trouble::verdict)]
    #[timeout(100ms)]
    #[late(2s)]
    pub(crate) durable saga Pivot() with (shop: Shop) -> Result<(), Trouble> {
        #[idempotent]
        step held(shop, key) -> u32 { shop.create("held", key).await }
            compensate(shop) { shop.remove("held") }
        #[idempotent] #[retry(2, 10ms..10ms, jitter = false)]
        pivot made(shop, key, held) -> u32 { let _ = held; shop.create("made", key).await }
        let (_, _) = (held, made);
    }
}
