//! What one round of a saga leaves to the next: no key is used for other content, and each step that
//! remains is listed once.

use super::{desk::Trouble, listed};
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

    /// Under how many keys something was sent.
    fn keys(&self) -> usize {
        self.ledger().contents.len()
    }

    fn calls(&self) -> String {
        self.ledger().calls.join(" ")
    }
}

saga! {
    /// The mail is the last step: no failure of another leads back over it.
    #[classify(Trouble::verdict)]
    saga Last() with (world: World) -> Result<(), Trouble> {
        #[savepoint(2, 1ms..1ms)]
        read quote(world) -> u32 { Ok(world.quote()) }

        #[idempotent] #[retry(2, 1ms..1ms)]
        step mail(world, quote, key) { world.mail(*quote, key) }
            compensate none
    }

    #[classify(Trouble::verdict)]
    #[late(1s)]
    saga Asked() with (world: World) -> Result<(), Trouble> {
        #[savepoint(2, 1ms..1ms)]
        read quote(world) -> u32 { Ok(world.quote()) }

        #[retry(1)]
        step mail(world, quote, key) { world.mail(*quote, key) }
            #[retry(1)]
            resolve(world) { world.call("?mail").map(|()| None) }
            compensate none
    }

    /// It is sent again in each round.
    #[classify(Trouble::verdict)]
    saga Again() with (world: World) -> Result<(), Trouble> {
        #[savepoint(2, 1ms..1ms)]
        read quote(world) -> u32 { Ok(world.quote()) }

        #[idempotent] #[retry(2, 1ms..1ms)]
        step mail(world, quote, key) { world.mail(*quote, key) }
            compensate none again

        #[idempotent] #[retry(1)]
        step last(world, _key) { world.call("last") }
            compensate(world, _key) { world.call("-last") }
    }
}

const IN_DOUBT: [&[Verdict]; 2] = [
    &[Verdict::Unknown, Verdict::Unknown],
    &[Verdict::Partial, Verdict::Partial],
];

#[tokio::test(start_paused = true)]
async fn what_may_have_happened_forbids_a_rerun() {
    for answers in IN_DOUBT {
        let world = World::answering(&[("mail", answers)]);
        Last {}.with(world.clone()).await.unwrap_err();
        assert_eq!(world.calls(), "mail mail", "no rerun");
    }
    let world = World::answering(&[
        ("mail", &[Verdict::Unknown]),
        ("?mail", &[Verdict::Transient; 9]),
    ]);
    Asked {}.with(world.clone()).await.unwrap_err();
    assert_eq!(world.calls(), "mail ?mail", "no rerun");
}

/// It did not happen. In the rerun, the content is another one, and so is the key.
#[tokio::test(start_paused = true)]
async fn a_step_that_was_refused_has_another_key_in_a_rerun() {
    let refused: &[_] = &[Verdict::Refused];
    let world = World::answering(&[("mail", refused)]);
    Last {}.with(world.clone()).await.unwrap();
    assert_eq!((world.calls(), world.keys()), ("mail mail".to_owned(), 2));

    let world = World::answering(&[("mail", refused)]);
    Asked {}.with(world.clone()).await.unwrap();
    assert_eq!((world.calls(), world.keys()), ("mail mail".to_owned(), 2));

    // `resolve` says that it did not happen.
    let world = World::answering(&[("mail", &[Verdict::Unknown])]);
    Asked {}.with(world.clone()).await.unwrap();
    assert_eq!(
        (world.calls(), world.keys()),
        ("mail ?mail mail".to_owned(), 2)
    );
}

#[tokio::test(start_paused = true)]
async fn what_may_have_happened_is_called_again_under_another_key() {
    for answers in IN_DOUBT {
        let world = World::answering(&[("mail", answers)]);
        Again {}.with(world.clone()).await.unwrap();
        let expected = "mail mail mail last".to_owned();
        assert_eq!((world.calls(), world.keys()), (expected, 2));
    }
    let world = World::answering(&[("mail", IN_DOUBT[0]), ("last", &[Verdict::Refused; 2])]);
    let error = Again {}.with(world.clone()).await.unwrap_err();
    let expected = "mail mail mail last mail last".to_owned();
    assert_eq!((world.calls(), world.keys()), (expected, 3));
    assert_eq!(listed(&error.completeness()), (1, 0), "{error:?}");
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
    saga Behind() with (world: World) -> Result<(), Trouble> {
        #[idempotent]
        pivot paid(world, _key) { world.call("paid") }

        step leaf() = saga Leaf {} with (world);
    }
}

#[tokio::test(start_paused = true)]
async fn what_an_earlier_run_of_a_child_left_is_listed_as_its_step() {
    let world = World::answering(&[("tail", &[Verdict::Refused]), ("last", &[Verdict::Refused])]);
    let error = LeftChild {}.with(world.clone()).await.unwrap_err();
    let Completeness::Compensated { left } = error.completeness() else {
        panic!("{error:?}");
    };
    let left: Vec<_> = left.iter().map(|left| &*left.step).collect();
    let now = ["middle/leaf/mail", "middle/leaf/tail"];
    assert_eq!(
        left,
        [&["middle/leaf"], &now[..]].concat(),
        "{}",
        world.calls()
    );
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
