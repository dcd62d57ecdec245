//! Calls that are made more than once: a finding names each, with its round, its key, and what allowed
//! the saga to make it again.

#![expect(clippy::unused_async, reason = "what a step awaits")]

mod keys;
mod left;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};
use typed_saga::{
    Key, Verdict,
    runtime::{Machine, Prepared},
    saga,
    testing::{Contract, Effect, Explorer, Finding, explore},
};

#[derive(Clone, Debug, thiserror::Error, serde::Serialize, serde::Deserialize)]
#[error("{0:?}")]
struct Refusal(Verdict);

impl Refusal {
    fn verdict(&self) -> Verdict {
        self.0
    }
}

/// A service that acts on each request, whatever its key is.
#[derive(Clone, Default)]
struct Post(Arc<Mutex<Books>>);

#[derive(Default)]
struct Books {
    /// By step and by what the service takes for the key: how often it was made, and undone.
    entries: BTreeMap<(&'static str, String), (u32, u32)>,
    /// The keys that were sent, of all worlds.
    sent: Arc<Mutex<Vec<String>>>,
    /// How often the address was read.
    reads: u32,
}

impl Post {
    fn make(&self, step: &'static str, key: impl Into<String>) {
        let mut books = self.0.lock().unwrap();
        books.entries.entry((step, key.into())).or_default().0 += 1;
    }

    async fn read(&self) -> Result<u32, Refusal> {
        let mut books = self.0.lock().unwrap();
        books.reads += 1;
        Ok(books.reads)
    }

    async fn mail(&self, key: &Key) -> Result<(), Refusal> {
        self.make("mail", key.as_str());
        self.0
            .lock()
            .unwrap()
            .sent
            .lock()
            .unwrap()
            .push(key.to_string());
        Ok(())
    }

    async fn pay(&self, key: &Key) -> Result<String, Refusal> {
        let mut books = self.0.lock().unwrap();
        books
            .entries
            .entry(("paid", key.to_string()))
            .or_default()
            .0 = 1;
        Ok(key.to_string())
    }

    async fn refund(&self, key: &str) -> Result<(), Refusal> {
        let mut books = self.0.lock().unwrap();
        books.entries.entry(("paid", key.to_owned())).or_default().1 = 1;
        Ok(())
    }

    /// One parcel for each account.
    async fn parcel(&self, account: &str) -> Result<(), Refusal> {
        let mut books = self.0.lock().unwrap();
        let entry = books.entries.entry(("sent/parcel", account.to_owned()));
        entry.or_default().0 = 1;
        Ok(())
    }

    fn effects(&self) -> Vec<Effect> {
        let books = self.0.lock().unwrap();
        let effect = |((step, key), (made, undone)): (&(&'static str, String), &(u32, u32))| {
            Effect::of(*step).key(key).made(*made).undone(*undone)
        };
        books.entries.iter().map(effect).collect()
    }
}

fn of<M: Machine<Error = Refusal>>(
    saga: impl Fn(&Post) -> Prepared<M> + 'static,
) -> Explorer<Post, M> {
    explore(Post::default, saga)
        .error(|verdict| Some(Refusal(verdict)))
        .ledger(Post::effects)
}

/// The one finding on a path, and the keys that were sent on it.
fn found<M: Machine<Error = Refusal>>(
    path: &str,
    saga: impl Fn(Post) -> Prepared<M> + 'static,
) -> (Finding, Vec<String>) {
    let sent = Arc::<Mutex<Vec<String>>>::default();
    let of_world = Arc::clone(&sent);
    let report = of(move |post| {
        post.0.lock().unwrap().sent = Arc::clone(&of_world);
        saga(post.clone())
    });
    let report = report.only(path).run();
    let [finding] = report.findings() else {
        panic!("one finding: {report}");
    };
    let sent = sent.lock().unwrap().clone();
    (finding.clone(), sent)
}

const UNDER_ONE_KEY: &str = "under one key, `#[idempotent]` takes effect once";

saga! {
    /// A saga whose mail remains, and is sent again by a rerun.
    #[classify(Refusal::verdict)]
    #[timeout(1s)]
    durable saga Notify() with (post: Post) -> Result<(), Refusal> {
        #[savepoint(2, 1s..1s)]
        read address(post) -> u32 = Post::read;

        #[idempotent]
        step mail(post, key) = Post::mail
            compensate none again

        #[idempotent]
        step paid(post, address, key) -> String { let _ = address; post.pay(key).await }
            compensate(post, paid) { post.refund(paid).await }

        let _ = (mail, paid);
    }
}

#[test]
fn a_rerun_calls_it_under_another_key() {
    let explorer = of(|post| Notify {}.with(post.clone()).id("order-1"));
    explorer.only("paid action 1 refused").run().assert();
}

/// Each call that is made again is named with what allowed it.
#[test]
fn what_allowed_a_call_is_named() {
    for path in [
        "mail action 1 lost",
        "mail action 1 crash-unrecorded",
        "mail action 1 lost-unknown",
    ] {
        let (finding, sent) = found(path, |post| Notify {}.with(post).id("order-1"));
        assert_eq!(finding.step(), Some("mail"));
        assert_eq!(finding.contract(), Contract::Idempotent);
        assert_eq!(finding.what(), "its effect was made 2 times under one key");
        let [.., first, second] = &sent[..] else {
            panic!("sent twice: {sent:?}");
        };
        assert_eq!(first, second);
        let calls = [
            format!("call 1 of the action of `mail`: round 0, key {first}"),
            format!(
                "call 2 of the action of `mail`: round 0, key {second}; allowed by: {UNDER_ONE_KEY}"
            ),
        ];
        assert_eq!(finding.repeated(), calls);
        let text = finding.to_string();
        for line in calls {
            assert!(text.contains(&line), "{text}");
        }
    }
}

saga! {
    #[classify(Refusal::verdict)]
    #[timeout(1s)]
    durable saga Parcel(customer: u32) with (post: Post) -> Result<(), Refusal> {
        read account(customer) -> String { Ok(format!("account {}", customer % 2)) }

        #[idempotent(by = account)]
        step parcel(post, account) { post.parcel(account).await }
            compensate none

        parcel
    }

    #[classify(Refusal::verdict)]
    #[timeout(1s)]
    durable saga Send(customers: Vec<u32>) with (post: Post) -> Result<usize, Refusal> {
        for customer: u32 in (customers => customers.clone())
        step sent(customer) = saga Parcel { customer: *customer } with (post);

        sent.len()
    }
}

#[test]
fn two_items_with_one_key_have_one_effect() {
    let customers = |customers: &'static [u32]| {
        move |post| {
            let customers = customers.to_vec();
            Send { customers }.with(post).id("order-1")
        }
    };
    let (finding, _) = found("", customers(&[1, 2, 3]));
    assert_eq!(
        (finding.step(), finding.contract()),
        (Some("sent/parcel"), Contract::Key)
    );
    assert_eq!(
        finding.what(),
        "3 items are applied, and have 2 effects between them"
    );
    assert_eq!(
        finding.repeated(),
        [0, 1, 2].map(|item| format!(
            "the action of `sent[{item}]/parcel`: round 0 in `sent[{item}]#0`, by `account` = \
             \"account {}\"",
            (item + 1) % 2
        ))
    );
    let saga = customers(&[1, 2]);
    of(move |post| saga(post.clone())).run().assert();
}
