//! Sagas as steps of others: what each end of a child means to its parent (table 6), enumerated over
//! a parent and a child of two steps each.

mod aborts;
mod judged;
mod levels;
mod settled;

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::time::Instant;
use typed_saga::{
    Cause, Completeness, Outcome, Verdict,
    runtime::{Left, LeftStep},
    saga,
};

/// What a call does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Does {
    Well,
    Refused,
    Transient,
    Aborts,
    Panics,
}

const ALL: [Does; 4] = [Does::Well, Does::Refused, Does::Transient, Does::Panics];

/// A vendor that does as it is told, and remembers what stands.
#[derive(Clone, Default)]
struct Vendor(Arc<Mutex<Inner>>);

#[derive(Default)]
struct Inner {
    troubles: Vec<(&'static str, Does)>,
    stands: Vec<String>,
    calls: Vec<String>,
}

impl Vendor {
    fn troubled(troubles: &[(&'static str, Does)]) -> Self {
        let vendor = Self::default();
        vendor.0.lock().unwrap().troubles = troubles.to_vec();
        vendor
    }

    fn does(&self, name: &str, call: String) -> Result<(), Failed> {
        let mut inner = self.0.lock().unwrap();
        inner.calls.push(call);
        let position = inner.troubles.iter().position(|(of, _)| *of == name);
        let does = position.map_or(Does::Well, |position| inner.troubles.remove(position).1);
        drop(inner);
        match does {
            Does::Well => Ok(()),
            Does::Refused => Err(Failed::Refused),
            Does::Transient => Err(Failed::Transient),
            Does::Aborts => Err(Failed::Fatal),
            Does::Panics => panic!("{name} panics"),
        }
    }

    fn act(&self, name: &'static str, key: impl std::fmt::Display) -> Result<String, Failed> {
        self.does(name, format!("{name} {key}"))?;
        let made = name.to_owned();
        self.0.lock().unwrap().stands.push(made.clone());
        Ok(made)
    }

    fn undo(&self, name: &'static str, effect: &str) -> Result<(), Failed> {
        let undo = ["un", name].concat();
        let inner = self.0.lock().unwrap();
        assert!(
            inner.stands.iter().any(|it| it == effect),
            "{undo} of nothing"
        );
        drop(inner);
        let named: &'static str = match name {
            "paper" => "unpaper",
            "bow" => "unbow",
            "stock" => "unstock",
            _ => "unbill",
        };
        self.does(named, undo)?;
        let mut inner = self.0.lock().unwrap();
        let position = inner.stands.iter().position(|it| it == effect).unwrap();
        inner.stands.remove(position);
        Ok(())
    }

    fn stands(&self) -> Vec<String> {
        self.0.lock().unwrap().stands.clone()
    }

    fn calls(&self) -> Vec<String> {
        self.0.lock().unwrap().calls.clone()
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Failed {
    Refused,
    Transient,
    Fatal,
}

impl Failed {
    fn verdict(&self) -> Verdict {
        match self {
            Self::Refused => Verdict::Refused,
            Self::Transient => Verdict::Transient,
            Self::Fatal => Verdict::Transient.abort(),
        }
    }
}

impl std::fmt::Display for Failed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{self:?}")
    }
}

/// The parent's.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Failure(Failed);

impl From<Failed> for Failure {
    fn from(failed: Failed) -> Self {
        Self(failed)
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

saga! {
    #[classify(Failed::verdict)]
    saga Wrap(note: String) with (vendor: Vendor) -> Result<String, Failed> {
        #[idempotent]
        step paper(vendor, note, key) -> String { let _ = note; vendor.act("paper", key) }
            compensate(vendor, paper) { vendor.undo("paper", paper) }
        #[idempotent]
        step bow(vendor, key) -> String { vendor.act("bow", key) }
            compensate(vendor, bow) { vendor.undo("bow", bow) }

        format!("{paper} and {bow}")
    }

    saga Order(note: String) with (vendor: Vendor) -> Result<String, Failure> {
        step stock(vendor, ctx) -> String { Ok(vendor.act("stock", ctx.key())?) }
            compensate(vendor, stock) { Ok(vendor.undo("stock", stock)?) }

        #[retry(2, 1ms..1ms, jitter = false)]
        step wrapped(note) -> String = saga Wrap { note: note.clone() } with (vendor);

        step bill(vendor, wrapped, ctx) -> String {
            let _ = wrapped;
            Ok(vendor.act("bill", ctx.key())?)
        }
            compensate(vendor, bill) { Ok(vendor.undo("bill", bill)?) }

        format!("{stock}, {wrapped}, {bill}")
    }
}

async fn order(vendor: &Vendor) -> Outcome<OrderRun> {
    let order = Order {
        note: "hello".to_owned(),
    };
    order.with(vendor.clone()).id("order-42").outcome().await
}

#[tokio::test(start_paused = true)]
async fn a_child_that_completes_is_applied() {
    let vendor = Vendor::default();
    let Outcome::Completed(output) = order(&vendor).await else {
        panic!()
    };
    assert_eq!(output, "stock, paper and bow, bill");
    assert_eq!(vendor.stands(), ["stock", "paper", "bow", "bill"]);
}

#[tokio::test(start_paused = true)]
async fn a_parent_that_goes_back_calls_its_child_back() {
    let vendor = Vendor::troubled(&[("bill", Does::Refused)]);
    let Outcome::Compensated(error) = order(&vendor).await else {
        panic!()
    };
    assert_eq!(error.path(), Some("bill"));
    assert!(error.is_clean());
    assert!(vendor.stands().is_empty());
    let undone: Vec<_> = vendor
        .calls()
        .into_iter()
        .filter(|it| it.starts_with("un"))
        .collect();
    assert_eq!(undone, ["unbow", "unpaper", "unstock"]);
}

#[tokio::test(start_paused = true)]
async fn a_refused_child_is_not_tried_again_and_another_is_in_the_next_round() {
    let vendor = Vendor::troubled(&[("bow", Does::Refused)]);
    let Outcome::Compensated(error) = order(&vendor).await else {
        panic!()
    };
    assert_eq!(
        (error.step(), error.path()),
        (Some("wrapped"), Some("wrapped/bow"))
    );
    assert_eq!(error.into_step_error(), Some(Failure(Failed::Refused)));
    assert!(vendor.stands().is_empty());

    let vendor = Vendor::troubled(&[("bow", Does::Transient)]);
    let outcome = order(&vendor).await;
    assert!(matches!(outcome, Outcome::Completed(_)), "{outcome:?}");
    let calls = vendor.calls();
    let papers: Vec<_> = calls.iter().filter(|it| it.starts_with("paper ")).collect();
    assert_eq!(papers.len(), 2);
    assert_ne!(papers[0], papers[1], "another round has other keys");
}

/// What is to stand, and how the parent is to end, whatever happens once.
#[tokio::test(start_paused = true)]
async fn whatever_fails_nothing_stands_unnamed() {
    let names = ["stock", "paper", "bow", "bill"];
    let undos = ["unstock", "unpaper", "unbow", "unbill"];
    let mut ends = [0; 3];
    for name in names {
        for does in ALL {
            for undo in undos {
                for undone in ALL {
                    // A compensation is tried five times.
                    let mut troubles = vec![(name, does), (name, does)];
                    troubles.extend([(undo, undone); 5]);
                    let vendor = Vendor::troubled(&troubles);
                    let context = format!("{name} {does:?}, {undo} {undone:?}");
                    let mut outcome = order(&vendor).await;
                    loop {
                        ends[outcome.end() as usize] += 1;
                        match outcome {
                            Outcome::Completed(_) => {
                                assert_eq!(vendor.stands().len(), 4, "{context}");
                                break;
                            }
                            Outcome::Compensated(error) => {
                                let Completeness::Compensated { left } = error.completeness()
                                else {
                                    panic!("{context}")
                                };
                                // Of a panic that nobody was asked to settle.
                                let perhaps = |left: &LeftStep| left.how == Left::Perhaps;
                                assert!(left.iter().all(perhaps), "{context}: {left:?}");
                                assert!(vendor.stands().is_empty(), "{context}");
                                break;
                            }
                            Outcome::Parked(parked) => {
                                let told = &parked.unsettled().still_applied;
                                let last = |path: &str| path.rsplit('/').next().unwrap().to_owned();
                                let told: Vec<_> = told.iter().map(|path| last(path)).collect();
                                assert_eq!(told, vendor.stands(), "{context}");
                                outcome = parked.resume().outcome().await;
                            }
                            Outcome::OutputLost(panic) => panic!("{context}: {panic:?}"),
                        }
                    }
                }
            }
        }
    }
    assert!(ends.iter().all(|times| *times > 10), "{ends:?}");
}

saga! {
    saga Echo(note: String) -> Result<String, Failed> {
        read heard(note) -> String { Ok(note.clone()) }

        heard
    }

    saga Shout(note: String) -> Result<(String, String), Failed> {
        step heard(note, key, ctx) -> String =
            saga Echo { note: format!("{note} {key} {}", ctx.attempt()) };
        read keyed(key) -> String { Ok(key.to_string()) }

        (heard, keyed)
    }
}

#[tokio::test]
async fn the_inputs_of_a_child_may_read_the_key_of_its_step() {
    let note = "hey".to_owned();
    let (heard, keyed) = Shout { note }.run().id("a").await.unwrap();
    let parts: Vec<_> = heard.split(' ').collect();
    let [note, key, attempt] = parts[..] else {
        panic!("heard {heard}")
    };
    assert_eq!((note, attempt), ("hey", "1"));
    assert_eq!(key.len(), keyed.len());
    assert_ne!(key, keyed, "a key is that of a step");
}

saga! {
    #[classify(Failed::verdict)]
    saga Patient() with (vendor: Vendor) -> Result<(), Failed> {
        #[idempotent] #[retry(9, 1h..1h, jitter = false)]
        step bow(vendor, key) -> String { vendor.act("bow", key) }
            compensate(vendor, bow) { vendor.undo("bow", bow) }
        sleep night(=> Duration::from_secs(3600));
    }

    #[classify(Failed::verdict)]
    saga Calm() with (vendor: Vendor) -> Result<(), Failed> {
        step patient() = saga Patient {} with (vendor);
    }
}

#[tokio::test(start_paused = true)]
async fn the_deadline_of_a_parent_ends_the_waits_of_its_child() {
    for troubles in [&[("bow", Does::Transient)][..], &[]] {
        let vendor = Vendor::troubled(troubles);
        let start = Instant::now();
        let calm = Calm {}.with(vendor.clone()).id("calm-42");
        let error = calm.deadline(Duration::from_secs(10)).await.unwrap_err();
        assert!(matches!(error.cause(), Cause::DeadlineExceeded), "{error}");
        assert!(error.is_clean() && vendor.stands().is_empty());
        assert!(start.elapsed() < Duration::from_secs(11), "at once");
    }
}

saga! {
    #[classify(Failed::verdict)]
    saga Tied() with (vendor: Vendor) -> Result<String, Failed> {
        #[idempotent]
        step bow(vendor, key) -> String { vendor.act("bow", key) }
            compensate(vendor, bow) { vendor.undo("bow", bow) }

        bow
    }

    /// It does not say what the errors of its child mean.
    saga Parcel() with (vendor: Vendor) -> Result<String, Failure> {
        #[savepoint(1, 1ms..1ms)] #[retry(2, 1ms..1ms)]
        step tied() -> String = saga Tied {} with (vendor)
            fallback() { Ok("a knot".to_owned()) }

        tied
    }

    #[classify(Failed::verdict)]
    saga Judging() with (vendor: Vendor) -> Result<String, Failed> {
        #[retry(3, 1ms..1ms)]
        step plain() -> String = saga Plain {} with (vendor)
            fallback() { Ok("a knot".to_owned()) }

        plain
    }

    saga Plain() with (vendor: Vendor) -> Result<String, Failed> {
        step bow(vendor, ctx) -> String { vendor.act("bow", ctx.key()) }
            compensate(vendor, bow) { vendor.undo("bow", bow) }

        bow
    }
}

#[tokio::test(start_paused = true)]
async fn an_abort_in_a_child_aborts_its_parent() {
    let vendor = Vendor::troubled(&[("bow", Does::Aborts)]);
    let error = Parcel {}.with(vendor.clone()).await.unwrap_err();
    assert_eq!(error.path(), Some("tied/bow"));
    assert!(error.is_clean());
    assert_eq!(vendor.calls().len(), 1, "no attempt, fallback, or rerun");

    let vendor = Vendor::troubled(&[("bow", Does::Refused)]);
    Parcel {}.with(vendor.clone()).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn the_error_of_a_child_is_judged_by_its_parent() {
    let vendor = Vendor::troubled(&[("bow", Does::Aborts)]);
    let error = Judging {}.with(vendor.clone()).await.unwrap_err();
    assert_eq!(error.path(), Some("plain/bow"));
    assert_eq!(vendor.calls().len(), 1, "no attempt, and no fallback");

    let vendor = Vendor::troubled(&[("bow", Does::Transient); 2]);
    assert_eq!(Judging {}.with(vendor.clone()).await.unwrap(), "bow");
    assert_eq!(vendor.calls().len(), 3);
}
