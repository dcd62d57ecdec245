//! What one round of a saga leaves to the next: no key is used for other content, and each operation
//! that remains is listed.

use super::desk::Trouble;
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard},
};
use typed_saga::{Completeness, Key, Outcome, Verdict, saga};

/// Gives the answers of a script.
#[derive(Clone, Debug, Default)]
struct World(Arc<Mutex<Ledger>>);

#[derive(Debug, Default)]
struct Ledger {
    calls: Vec<String>,
    answers: BTreeMap<&'static str, Vec<Verdict>>,
    /// What was sent under each key.
    contents: BTreeMap<String, u32>,
    quotes: u32,
}

impl World {
    fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.0.lock().unwrap()
    }

    fn answering(answers: &[(&'static str, &[Verdict])]) -> Self {
        let world = Self::default();
        let answers = answers.iter().map(|(call, all)| (*call, all.to_vec()));
        world.ledger().answers = answers.collect();
        world
    }

    fn call(&self, call: &'static str) -> Result<(), Trouble> {
        let mut ledger = self.ledger();
        ledger.calls.push(call.to_owned());
        let answers = ledger.answers.get_mut(call);
        match answers.filter(|all| !all.is_empty()) {
            Some(all) => Err(Trouble(all.remove(0))),
            None => Ok(()),
        }
    }

    fn quote(&self) -> u32 {
        let mut ledger = self.ledger();
        ledger.quotes += 1;
        ledger.quotes
    }

    fn mail(&self, quote: u32, key: &Key) -> Result<(), Trouble> {
        let known = *self
            .ledger()
            .contents
            .entry(key.to_string())
            .or_insert(quote);
        assert_eq!(known, quote, "one key, two contents");
        self.call("mail")
    }

    fn calls(&self) -> String {
        self.ledger().calls.join(" ")
    }
}

saga! {
    #[classify(Trouble::verdict)]
    saga Kept() with (world: World) -> Result<(), Trouble> {
        #[savepoint(2, 1ms..1ms)]
        read quote(world) -> u32 { Ok(world.quote()) }

        #[idempotent] #[retry(2, 1ms..1ms)]
        step mail(world, quote, key) { world.mail(*quote, key) }
            compensate none once

        #[idempotent] #[retry(1)]
        step last(world, _key) { world.call("last") }
            compensate(world, _key) { world.call("-last") }
    }

    #[classify(Trouble::verdict)]
    saga Asked() with (world: World) -> Result<(), Trouble> {
        #[savepoint(2, 1ms..1ms)]
        read quote(world) -> u32 { Ok(world.quote()) }

        #[idempotent] #[retry(2, 1ms..1ms)]
        step mail(world, quote, key) { world.mail(*quote, key) }
            #[retry(1)]
            resolve(world) { world.call("?mail").map(|()| None) }
            compensate none

        #[idempotent] #[retry(1)]
        step last(world, _key) { world.call("last") }
            compensate(world, _key) { world.call("-last") }
    }
}

#[tokio::test(start_paused = true)]
async fn no_key_is_used_for_another_content() {
    let in_doubt: [&[_]; 2] = [
        &[Verdict::Unknown, Verdict::Unknown],
        &[Verdict::Partial, Verdict::Partial],
    ];
    for answers in in_doubt {
        let world = World::answering(&[("mail", answers)]);
        Kept {}.with(world.clone()).await.unwrap_err();
        assert_eq!(world.calls(), "mail mail", "no rerun");
        let world = World::answering(&[("mail", answers), ("?mail", &[Verdict::Transient; 9])]);
        Asked {}.with(world.clone()).await.unwrap_err();
        assert!(!world.calls().ends_with("?mail mail"), "{world:?}");
    }
    let world = World::answering(&[("last", &[Verdict::Transient])]);
    Kept {}.with(world.clone()).await.unwrap();
    assert_eq!(world.calls(), "mail last last");
}

saga! {
    /// Leaves a mail in each round.
    #[classify(Trouble::verdict)]
    saga Leaf() with (world: World) -> Result<(), Trouble> {
        #[idempotent]
        step mail(world, _key) { world.call("mail") }
            compensate none again

        step tail(world, _key) { world.call("tail") }
            #[by_key]
            compensate(world, _key) { world.call("-tail") }
    }

    #[classify(Trouble::verdict)]
    saga Middle() with (world: World) -> Result<(), Trouble> {
        #[savepoint(1, 1ms..1ms)]
        read quote() -> u32 { Ok(1) }

        step leaf() = saga Leaf {} with (world);

        let _ = quote;
    }

    #[classify(Trouble::verdict)]
    saga LeftChild() with (world: World) -> Result<(), Trouble> {
        step middle() = saga Middle {} with (world)
            compensate none;

        step last(world, _key) { world.call("last") }
            #[by_key]
            compensate(world, _key) { world.call("-last") }
    }

    #[classify(Trouble::verdict)]
    saga KeptChild() with (world: World) -> Result<(), Trouble> {
        #[savepoint(1, 1ms..1ms)]
        read quote() -> u32 { Ok(1) }

        step leaf() = saga Leaf {} with (world)
            compensate none once;

        let _ = quote;
    }

    #[classify(Trouble::verdict)]
    saga Behind() with (world: World) -> Result<(), Trouble> {
        #[idempotent]
        pivot paid(world, _key) { world.call("paid") }

        step leaf() = saga Leaf {} with (world);
    }
}

#[tokio::test(start_paused = true)]
async fn each_round_in_what_is_is_left_is_listed() {
    let world = World::answering(&[("tail", &[Verdict::Refused]), ("last", &[Verdict::Refused])]);
    let error = LeftChild {}.with(world.clone()).await.unwrap_err();
    let Completeness::Compensated { left } = error.completeness() else {
        panic!("{error:?}");
    };
    let left: Vec<_> = left.iter().map(|left| &*left.step).collect();
    let mail = "middle/leaf/mail";
    assert_eq!(left, [mail, mail, "middle/leaf/tail"], "{}", world.calls());
}

/// It has undone itself, and what remains of it says `again`.
#[tokio::test(start_paused = true)]
async fn a_child_that_failed_is_not_kept() {
    let world = World::answering(&[("tail", &[Verdict::Refused])]);
    KeptChild {}.with(world.clone()).await.unwrap();
    assert_eq!(world.calls(), "mail tail mail tail");
}

#[tokio::test(start_paused = true)]
async fn a_child_that_failed_behind_the_pivot_is_unfinished_whatever_it_left() {
    let world = World::answering(&[("tail", &[Verdict::Refused])]);
    let outcome = Behind {}.with(world.clone()).outcome().await;
    let Outcome::Parked(parked) = outcome else {
        panic!("{outcome:?}");
    };
    let unsettled = parked.unsettled();
    assert_eq!(unsettled.unfinished, ["leaf"]);
    assert_eq!(unsettled.still_applied, ["paid", "leaf/mail"]);
    assert!(matches!(
        parked.resume().outcome().await,
        Outcome::Completed(())
    ));
}

saga! {
    #[classify(Trouble::verdict)]
    saga Parks() with (world: World) -> Result<(), Trouble> {
        #[savepoint(1, 1ms..1ms)]
        read quote() -> u32 { Ok(1) }

        #[idempotent]
        step mail(world, _key) { world.call("mail") }
            compensate none again

        #[idempotent]
        step last(world, quote, _key) { let _ = quote; world.call("last") }
            compensate(world, _key) { world.call("-last") }
    }
}

#[tokio::test(start_paused = true)]
async fn a_parked_saga_lists_a_step_once_whatever_its_rounds() {
    let lost = [
        Verdict::Refused,
        Verdict::Unknown,
        Verdict::Unknown,
        Verdict::Unknown,
        Verdict::Unknown,
        Verdict::Unknown,
    ];
    let world = World::answering(&[("last", &lost)]);
    let outcome = Parks {}.with(world.clone()).outcome().await;
    let Outcome::Parked(parked) = outcome else {
        panic!("{outcome:?}");
    };
    let unsettled = parked.unsettled();
    assert_eq!(unsettled.still_applied, ["mail"], "{}", world.calls());
    assert_eq!(unsettled.in_doubt, ["last"]);
}
