//! When two submissions have the same inputs: by the `==` of each input's type, or as JSON where a
//! type has none. And when two signals have the same value.

use crate::durable::lives::lives;
use serde::{Deserialize, Serialize};
use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};
use typed_saga::{
    engine::{Builder, Engine, EngineError, Memory, SagaId, Submission},
    runtime::Signalled,
    saga,
};
use typed_saga_conformance::Faulty;

const FOREVER: Duration = Duration::from_secs(1_000_000);

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Wanted {
    tags: HashSet<u32>,
    note: String,
}

/// Not comparable, and the same JSON in any order.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Plain {
    by_name: HashMap<String, u32>,
}

/// Equal in any case.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Loose(String);

impl PartialEq for Loose {
    fn eq(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
}

/// Declares a saga with these inputs, whose first step is `$first`.
macro_rules! book {
    ($saga:ident($tags:ident): $($first:tt)*) => {
        saga! {
            #[classify(typed_saga::transient)]
            #[timeout(10s)]
            durable saga $saga(
                $tags: HashSet<u32>,
                wanted: Wanted,
                plain: Plain,
                loose: Loose,
                price: f64,
            ) -> Result<(), String> {
                $($first)*
                #[timeout(never)]
                signal sent -> HashSet<u32>;

                let _ = ($tags, wanted, plain, loose, price, sent);
            }
        }

        impl $saga {
            /// The same each time, with its sets in another order.
            fn new() -> Self {
                let tags = || (0..16).collect();
                Self {
                    $tags: tags(),
                    wanted: Wanted { tags: tags(), note: "n".to_owned() },
                    plain: Plain {
                        by_name: (0..16).map(|n| (n.to_string(), n)).collect(),
                    },
                    loose: Loose("a".to_owned()),
                    price: 0.1 + 0.2,
                }
            }

            /// The same to its types, though not as JSON.
            fn alike() -> [Self; 2] {
                [Self::new(), Self { loose: Loose("A".to_owned()), ..Self::new() }]
            }

            /// Others, each in one input.
            fn others() -> Vec<Self> {
                let mut plain = Self::new().plain;
                plain.by_name.insert("a".to_owned(), 1);
                let mut wanted = Self::new().wanted;
                wanted.tags.insert(99);
                vec![
                    Self { $tags: (1..17).collect(), ..Self::new() },
                    Self { wanted, ..Self::new() },
                    Self { plain, ..Self::new() },
                    Self { loose: Loose("b".to_owned()), ..Self::new() },
                    Self { price: 0.3, ..Self::new() },
                ]
            }

            /// Submits it again and again, and others.
            async fn check(engine: &Engine, id: &str) {
                for _ in 0..8 {
                    for alike in Self::alike() {
                        engine.submit(id, alike).await.unwrap();
                    }
                }
                let names = [stringify!($tags), "wanted", "plain", "loose", "price"];
                for (other, name) in Self::others().into_iter().zip(names) {
                    let refused = engine.submit(id, other).await.map(drop).unwrap_err();
                    let end = format!("{id} was submitted before, with other inputs: `{name}`");
                    assert!(refused.to_string().ends_with(&end), "{refused}");
                    assert!(
                        matches!(&refused, EngineError::OtherInput { inputs, .. } if inputs == &[name]),
                        "{refused:?}"
                    );
                }
            }
        }
    };
}

book!(Book(tags): read first() { Ok(()) });
book!(Asks(tags): #[when(tags => tags.is_empty())] read first() { Ok(()) });

fn builder(store: Faulty<Memory>) -> Builder {
    let builder = Engine::builder(store).register::<Book>(BookServices);
    builder.register::<Asks>(AsksServices)
}

/// In the process that runs it, in the next one, and once it has ended.
fn wherever_it_is(build: impl Fn(Faulty<Memory>) -> Builder) {
    let memory = Memory::new();
    for sent in [false, false, true, true] {
        lives(&memory, &[], async |store| {
            let engine = build(store).start().await.unwrap();
            Book::check(&engine, "it").await;
            Asks::check(&engine, "it").await;
            if sent {
                let signal = BookSignal::Sent(HashSet::new());
                let _: Signalled = engine.signal::<Book>("it", signal).await.unwrap();
                let handle = engine.handle::<Book>("it").await.unwrap();
                drop(handle.outcome().await.unwrap());
                Book::check(&engine, "it").await;
            }
            drop(engine.shutdown(FOREVER).await);
        });
    }
}

#[test]
fn inputs_are_the_same_if_their_types_say_so_wherever_the_saga_is() {
    wherever_it_is(builder);
    // It is unloaded while it waits.
    wherever_it_is(|store| builder(store).unload_after(Duration::from_millis(1)));
    // It waits for a slot.
    wherever_it_is(|store| builder(store).unload_after(FOREVER).max_active(1));
    // An observer must not see it start twice.
    wherever_it_is(|store| builder(store).observe(typed_saga::Recording::default()));
}

#[test]
fn inputs_as_json_are_compared_alike() {
    lives(&Memory::new(), &[], async |store| {
        let engine = builder(store).start().await.unwrap();
        let json = |book: &Book| {
            let submission = Submission::new("it", book).unwrap();
            submission.row().input.clone()
        };
        let submit = async |book: Book| {
            let saga = SagaId::new("Book", "it");
            engine.downgrade().submit_json(saga, &json(&book)).await
        };
        for book in [Book::new(), Book::new()].into_iter().chain(Book::alike()) {
            submit(book).await.unwrap();
        }
        let submission = Submission::new("it", &Book::new()).unwrap();
        for alike in Book::alike() {
            assert!(submission.is_same(&json(&alike)));
        }
        for other in Book::others() {
            assert!(!submission.is_same(&json(&other)));
            let refused = submit(other).await;
            assert!(
                matches!(refused, Err(EngineError::OtherInput { .. })),
                "{refused:?}"
            );
        }
    });
}

#[test]
fn a_signal_that_is_sent_again_has_the_same_value_if_its_type_says_so() {
    lives(&Memory::new(), &[], async |store| {
        let engine = builder(store).start().await.unwrap();
        engine.submit("it", Book::new()).await.unwrap();
        let send = async |from, to| {
            let signal = BookSignal::Sent((from..to).collect());
            engine.signal::<Book>("it", signal).await.unwrap()
        };
        assert_eq!(send(0, 16).await, Signalled::Accepted);
        for _ in 0..8 {
            assert_eq!(send(0, 16).await, Signalled::Duplicate { same: Some(true) });
        }
        assert_eq!(
            send(1, 17).await,
            Signalled::Duplicate { same: Some(false) }
        );
    });
}
