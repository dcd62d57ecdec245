//! Keys: one for each operation, the same wherever that operation is meant.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex},
};

use crate::common::{BUSY, NO, Trouble, UNHEARD, UNSENT, Vendor};
use typed_saga::{Context, Key, saga};

/// Collects keys under what they were used for.
#[derive(Clone, Default)]
struct Seen(Arc<Mutex<Vec<(&'static str, String)>>>);

impl Seen {
    fn key(&self, place: &'static str, key: &Key) {
        self.0.lock().unwrap().push((place, key.to_string()));
    }

    fn at(&self, place: &str) -> Vec<String> {
        let seen = self.0.lock().unwrap();
        seen.iter()
            .filter(|(at, _)| *at == place)
            .map(|(_, key)| key.clone())
            .collect()
    }

    fn distinct(&self) -> usize {
        let seen = self.0.lock().unwrap();
        seen.iter()
            .map(|(_, key)| key)
            .collect::<HashSet<_>>()
            .len()
    }
}

saga! {
    #[classify(Trouble::verdict)]
    saga Rounds() with (vendor: Vendor, seen: Seen) -> Result<(), Trouble> {
        #[savepoint(1, 1ms..1ms)] #[idempotent] #[retry(2, 1ms..1ms)]
        step a(vendor, seen, key) { seen.key("action", key); vendor.undo("a", "").await }
            resolve(vendor, seen, key) {
                seen.key("resolve", key);
                vendor.undo("find", "").await.map(|()| Some(()))
            }
            compensate(vendor, seen, key) {
                seen.key("compensate", key);
                vendor.undo("undo", "").await
            }
        #[idempotent]
        step b(vendor, seen, key) { seen.key("b", key); vendor.undo("b", "").await }
            compensate(a) { let () = a; Ok(()) }
        {
            let () = b;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_round_has_one_key_and_the_next_round_another() {
    let vendor = Vendor::new().on("a", [BUSY, UNHEARD, BUSY]).on("b", [NO]);
    let seen = Seen::default();
    Rounds {}.with(vendor, seen.clone()).id("1").await.unwrap();
    let actions = seen.at("action");
    let [first, second, next, again] = actions.as_slice() else {
        panic!("{actions:?}")
    };
    assert_eq!(first, second, "attempts of a round");
    assert_ne!(first, next, "after the turn");
    assert_eq!(next, again, "attempts of the next round");
    assert_eq!(seen.at("resolve"), std::slice::from_ref(first));
    assert_eq!(seen.at("compensate"), std::slice::from_ref(first));
    let b = seen.at("b");
    assert_ne!(
        b[0], b[1],
        "`b` was not applied, but started: it is another operation"
    );
}

saga! {
    #[classify(Trouble::verdict)]
    saga ByKey() with (vendor: Vendor, seen: Seen) -> Result<u32, Trouble> {
        #[retry(2, 1ms..1ms)]
        step a(vendor, seen, key) -> u32 { seen.key("action", key); vendor.order("a", key).await }
            #[by_key]
            compensate(vendor, seen, key) {
                seen.key("compensate", key);
                vendor.cancel("cancel", key).await
            }
        a
    }
}

#[tokio::test(start_paused = true)]
async fn a_compensation_that_settles_doubt_ends_the_round() {
    let vendor = Vendor::new().on("a", [UNSENT]);
    let seen = Seen::default();
    ByKey {}.with(vendor.clone(), seen.clone()).await.unwrap();
    let actions = seen.at("action");
    assert_eq!(seen.at("compensate"), actions[..1]);
    assert_ne!(actions[0], actions[1]);
    assert_eq!(
        vendor.holds(),
        ["a"],
        "the cancelled key would never have been booked again"
    );
}

saga! {
    saga Kinds() with (seen: Seen) -> Result<(), Trouble> {
        step a(seen, ctx, key) {
            seen.key("key", key);
            seen.key("key", &ctx.key());
            seen.key("first", &ctx.key_for("first"));
            seen.key("second", &ctx.key_for("second"));
            seen.key("first", &ctx.key_for("first"));
            Ok(())
        }
            compensate(seen, ctx, key, undo_key) {
                seen.key("key", key);
                seen.key("undo_key", undo_key);
                seen.key("first", &ctx.key_for("first"));
                seen.key("undo first", &ctx.undo_key_for("first"));
                seen.key("undo second", &ctx.undo_key_for("second"));
                seen.key("undo first", &ctx.undo_key_for("first"));
                Ok(())
            }
        read fail(a) { let () = a; Err(Trouble::No) }
        {
            let () = fail;
        }
    }
}

#[tokio::test]
async fn the_undo_and_each_label_have_keys_of_their_own() {
    let seen = Seen::default();
    Kinds {}.with(seen.clone()).await.unwrap_err();
    for (place, times) in [
        ("key", 3),
        ("undo_key", 1),
        ("first", 3),
        ("second", 1),
        ("undo first", 2),
        ("undo second", 1),
    ] {
        let keys = seen.at(place);
        assert_eq!(keys.len(), times, "{place}");
        assert!(keys.iter().all(|key| *key == keys[0]), "{place}");
    }
    assert_eq!(seen.distinct(), 6);
}

saga! {
    saga Wrapped() with (seen: Seen) -> Result<(), Trouble> {
        step paper() { Ok(()) }
            compensate(seen, undo_key) { seen.key("child", undo_key); Ok(()) }
    }

    saga Undone() with (seen: Seen) -> Result<(), Trouble> {
        #[savepoint(1, 1ms..1ms)]
        step plain() { Ok(()) }
            compensate(seen, undo_key) { seen.key("plain", undo_key); Ok(()) }

        for line: &'static str in (=> ["first item", "second item"])
        step item() { Ok(()) }
            compensate(seen, line, undo_key) { seen.key(line, undo_key); Ok(()) }

        step wrapped() = saga Wrapped {} with (seen);

        read fail() { Err(Trouble::No) }

        {
            let _ = (plain, item, wrapped, fail);
        }
    }
}

/// Computed with another implementation of SHA-256: a change here would undo what is in flight a second
/// time, under another key.
#[tokio::test(start_paused = true)]
async fn an_undo_key_is_stable_across_releases_and_new_in_each_round() {
    let seen = Seen::default();
    Undone {}.with(seen.clone()).id("1").await.unwrap_err();
    for (place, rounds) in [
        (
            "plain",
            [
                "s1f31373c49a94d0f3850cafd01dcd3b5f",
                "s12efc99441bb5264b40f8394e05f7b07b",
            ],
        ),
        (
            "first item",
            [
                "s10358a028c2c752ab23e70a40118962ff",
                "s14cfe72efd1f4f8163bf9d27aa5ff526e",
            ],
        ),
        (
            "second item",
            [
                "s19a80426627ac1af7c8d806bd0674c137",
                "s139a6939f7956fd3bf81d42d21d65f231",
            ],
        ),
        (
            "child",
            [
                "s1ad877fd346617d93585627c8dd1e185a",
                "s1e3f41bb7e277eaf59b0cdbbaee41662f",
            ],
        ),
    ] {
        assert_eq!(seen.at(place), rounds, "{place}");
    }
}

saga! {
    saga ByHand(sure: bool) with (seen: Seen) -> Result<(), Trouble> {
        step plain() { Ok(()) }
            compensate(seen, key, undo_key) {
                seen.key("key", key);
                seen.key("undo_key", undo_key);
                Ok(())
            }

        #[when(sure => *sure)]
        step sometimes() { Ok(()) }
            compensate(seen, key, undo_key) {
                seen.key("key", key);
                seen.key("undo_key", undo_key);
                Ok(())
            }

        for line: u32 in (=> 0..2)
        step item() { Ok(()) }
            compensate(seen, _line, key, undo_key) {
                seen.key("key", key);
                seen.key("undo_key", undo_key);
                Ok(())
            }

        {
            let _ = (plain, sometimes, item);
        }
    }
}

#[tokio::test]
async fn what_is_undone_by_hand_has_an_undo_key_of_its_own() {
    let seen = Seen::default();
    let services = ByHandServices { seen: seen.clone() };
    let state = ByHand { sure: true }.walk().plain(&services).await.unwrap();
    let state = state.sometimes(&services).await.unwrap();
    let state = state.item(&services).await.unwrap();
    let state = state.undo_item(&services).await.unwrap();
    let state = state.undo_sometimes(&services).await.unwrap();
    state.undo_plain(&services).await.unwrap();
    assert_eq!((seen.at("key").len(), seen.at("undo_key").len()), (4, 4));
    assert_eq!(seen.distinct(), 8);
}

mod renamed {
    use super::{Seen, Trouble};

    typed_saga::saga! {
        #[name = "Old"]
        pub(crate) saga New() with (seen: Seen) -> Result<(), Trouble> {
            #[name = "before"]
            read after(seen, key) { seen.key("a", key); Ok(()) }
            read other(seen, key) { seen.key("b", key); Ok(()) }
            {
                let _ = (after, other);
            }
        }
    }
}

saga! {
    saga Old() with (seen: Seen) -> Result<(), Trouble> {
        read before(seen, key) { seen.key("a", key); Ok(()) }
        {
            let () = before;
        }
    }
}

/// The keys of one run of a saga.
async fn keys_of(id: &str, renamed: bool) -> Vec<String> {
    let seen = Seen::default();
    if renamed {
        renamed::New {}.with(seen.clone()).id(id).await.unwrap();
    } else {
        Old {}.with(seen.clone()).id(id).await.unwrap();
    }
    [seen.at("a"), seen.at("b")].concat()
}

#[tokio::test]
async fn a_key_is_made_of_names_and_id() {
    let key = keys_of("7", false).await;
    assert_eq!(keys_of("7", false).await, key, "another run with this id");
    assert_ne!(keys_of("8", false).await, key, "another id");
    let [kept, other] = keys_of("7", true).await.try_into().unwrap();
    assert_eq!([kept], key[..], "`#[name]` keeps the names of before");
    assert_ne!(other, key[0], "another step");
}

#[tokio::test]
async fn without_an_id_every_run_is_another() {
    let mut keys = HashSet::new();
    for _ in 0..100 {
        let seen = Seen::default();
        Old {}.with(seen.clone()).await.unwrap();
        keys.extend(seen.at("a"));
    }
    assert_eq!(keys.len(), 100);
}

#[tokio::test]
async fn a_key_is_34_characters_of_a_small_alphabet() {
    for id in [
        "",
        "7",
        "an id with spaces, ünïcode and much more text than any key has room for",
    ] {
        for key in keys_of(id, true).await {
            assert_eq!(key.len(), Key::LENGTH);
            let digits = key.strip_prefix("s1").expect("the version");
            assert!(
                digits
                    .bytes()
                    .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')),
                "{key}"
            );
        }
    }
}

saga! {
    #[name = "Called"]
    saga Told() with (vendor: Vendor) -> Result<String, Trouble> {
        #[retry(3, 1ms..1ms)] #[idempotent]
        step a(vendor, ctx) -> String { vendor.call("a").await.map(|_| told(ctx)) }
            compensate none;
        a
    }
}

fn told(ctx: &Context<'_>) -> String {
    format!(
        "{} {} {} attempt {} round {}",
        ctx.saga(),
        ctx.id(),
        ctx.step(),
        ctx.attempt(),
        ctx.round()
    )
}

#[tokio::test(start_paused = true)]
async fn a_context_says_where_it_is() {
    let vendor = Vendor::new().on("a", [BUSY, BUSY]);
    assert_eq!(
        Told {}.with(vendor).id("x").await.unwrap(),
        "Called x a attempt 3 round 0"
    );
}
