//! A late duplicate of a request that creates something by its name: after `Compensated` nothing is
//! left of it, wherever the step is, however its attempt was lost, and whenever the request arrives
//! until `#[late]` has passed. The compensation comes exactly then, and does not wait otherwise.

mod sagas;
mod shop;

use sagas::*;
use shop::{How, LATE, Plan, Shop, Trouble};
use std::{future::Future, pin::Pin, time::Duration};
use tokio::{task::yield_now, time::sleep};
use typed_saga::{
    engine::{DurableOutcome, Engine, Memory},
    runtime::{Durable, Services},
};

/// What happens in a run.
#[derive(Clone, Copy, Debug)]
struct Run {
    plan: Plan,
    journal: Journal,
    request: Request,
}

/// A request that comes half-way through the time in which the attempt may arrive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Request {
    None,
    Cancel,
    Deadline,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Journal {
    Memory,
    /// An engine that unloads sagas that wait for longer than this.
    Engine(Duration),
    /// An engine that ends a second after the attempt was lost, and the next one.
    Ends(Duration),
}

/// Whether the saga was compensated, and nothing is left.
type Clean = Pin<Box<dyn Future<Output = bool>>>;

/// A saga, and what it is run with.
struct Place<S, V> {
    name: &'static str,
    saga: fn() -> S,
    services: fn(Shop) -> V,
    in_memory: fn(Shop) -> Clean,
}

impl<S: Durable<Error = Trouble>, V: Services<S>> Place<S, V> {
    async fn on_an_engine(&self, shop: &Shop, run: Run) -> bool {
        let store = Memory::new();
        let start = async || {
            let services = (self.services)(shop.clone());
            let builder = Engine::builder(store.clone()).register::<S>(services);
            let (Journal::Engine(unload) | Journal::Ends(unload)) = run.journal else {
                unreachable!("it is run in memory");
            };
            builder.unload_after(unload).start().await.unwrap()
        };
        let mut engine = start().await;
        let submit = engine.submit("one", (self.saga)());
        drop(match run.request {
            Request::Deadline => submit.deadline(LATE / 2).await.unwrap(),
            Request::None | Request::Cancel => submit.await.unwrap(),
        });
        while run.plan.loses.is_some() && !shop.is_lost() {
            sleep(Duration::from_millis(1)).await;
        }
        if let Some((How::Crash, after)) = run.plan.loses {
            drop(engine);
            yield_now().await;
            engine = start().await;
            shop.recovers(after);
        }
        if let Journal::Ends(_) = run.journal {
            sleep(LATE / 2).await;
            drop(engine);
            yield_now().await;
            engine = start().await;
        }
        let handle = engine.handle::<S>("one").await.unwrap();
        if run.request == Request::Cancel {
            sleep(LATE / 2).await;
            handle.cancel().await.unwrap();
        }
        let outcome = handle.outcome().await.unwrap();
        matches!(outcome, DurableOutcome::Compensated(error) if error.is_clean())
    }

    async fn play(&self, run: Run) {
        let shop = Shop::new(run.plan);
        let clean = match run.journal {
            Journal::Memory => (self.in_memory)(shop.clone()).await,
            Journal::Engine(_) | Journal::Ends(_) => self.on_an_engine(&shop, run).await,
        };
        let about = format!("{} {run:?}", self.name);
        // The clock of the next process begins anew, so it may count from then.
        let anew = matches!(run.journal, Journal::Ends(_));
        let within = |at: Duration, from: Duration| {
            let late = from + if anew { LATE / 2 } else { Duration::ZERO } + 20 * SHORT;
            assert!(from <= at && at <= late, "{about}: {at:?}, not {from:?}");
        };
        let asked = if run.plan.refuses {
            shop.asked_again()
        } else {
            Vec::new()
        };
        match asked[..] {
            [_, counts, ..] => within(counts, LATE),
            // `resolve` has waited before.
            [counts] if self.name == "Asked" => within(counts, LATE),
            // Nothing needs to settle a step that is undone with another one.
            _ => {}
        }
        if !run.plan.refuses {
            let (waited, over) = shop.waited();
            within(waited, over);
        }
        sleep(LATE * 2).await;
        assert!(clean, "{about}: not compensated");
        assert_eq!(shop.there(), [""; 0], "{about}: left, after `Compensated`");
    }
}

macro_rules! play {
    ($run:ident: $($Saga:ident $Services:ident)*) => {$(
        Place {
            name: stringify!($Saga),
            saga: || $Saga {},
            services: |shop| $Services { shop },
            in_memory: |shop| Box::pin(async move {
                let outcome = $Saga {}.with(shop).outcome().await;
                matches!(outcome, typed_saga::Outcome::Compensated(error) if error.is_clean())
            }),
        }
        .play($run)
        .await;
    )*};
}

async fn everywhere(run: Run) {
    play! { run:
        Alone AloneServices
        Asked AskedServices
        Beside BesideServices
        Each EachServices
        Parent ParentServices
        Parents ParentsServices
        Outer OuterServices
        With WithServices
        WithInDoubt WithInDoubtServices
        WithByKey WithByKeyServices
        EachWith EachWithServices
        BesideWith BesideWithServices
        Again AgainServices
    }
}

const SHORT: Duration = Duration::from_millis(1);
/// Shortly before nothing can arrive any more.
const JUST_LATE: Duration = LATE.saturating_sub(SHORT);
const LONG: Duration = Duration::from_secs(10);

/// Every arrival, and every time at which the saga rolls back: while the request may still arrive,
/// and later.
async fn every(hows: &[How], journals: &[Journal], request: Request) {
    for &how in hows {
        for after in [SHORT, LATE / 2, JUST_LATE] {
            for pause in [Duration::ZERO, LATE * 3 / 4, LATE * 2] {
                for &journal in journals {
                    let plan = Plan {
                        loses: Some((how, Some(after))),
                        refuses: false,
                        pause,
                    };
                    everywhere(Run {
                        plan,
                        journal,
                        request,
                    })
                    .await;
                }
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_is_left_in_memory() {
    let hows = [How::Timeout, How::Unknown, How::Partial, How::Panic];
    every(&hows, &[Journal::Memory], Request::None).await;
}

#[tokio::test(start_paused = true)]
async fn nothing_is_left_on_an_engine() {
    let hows = [
        How::Timeout,
        How::Unknown,
        How::Partial,
        How::Panic,
        How::Crash,
    ];
    let journals = [Journal::Engine(SHORT), Journal::Engine(LONG)];
    every(&hows, &journals, Request::None).await;
}

#[tokio::test(start_paused = true)]
async fn nothing_is_left_when_the_process_ends_during_the_wait() {
    let hows = [How::Timeout, How::Unknown, How::Crash];
    let journals = [Journal::Ends(SHORT), Journal::Ends(LONG)];
    every(&hows, &journals, Request::None).await;
}

#[tokio::test(start_paused = true)]
async fn neither_a_cancel_nor_a_deadline_shortens_the_wait() {
    for request in [Request::Cancel, Request::Deadline] {
        let hows = [How::Timeout, How::Crash];
        every(
            &hows,
            &[Journal::Engine(SHORT), Journal::Engine(LONG)],
            request,
        )
        .await;
    }
}

#[tokio::test(start_paused = true)]
async fn without_a_lost_attempt_nothing_waits() {
    for journal in [Journal::Memory, Journal::Engine(LONG)] {
        for pause in [Duration::ZERO, LATE] {
            let (loses, refuses) = (None, false);
            let plan = Plan {
                loses,
                refuses,
                pause,
            };
            everywhere(Run {
                plan,
                journal,
                request: Request::None,
            })
            .await;
        }
    }
}

/// The repetition of a lost request is refused, and then the lost one arrives, or it does not.
async fn every_refusal(hows: &[How], journals: &[Journal], requests: &[Request]) {
    for &how in hows {
        for after in [None, Some(LATE / 2), Some(JUST_LATE)] {
            for &journal in journals {
                for &request in requests {
                    let plan = Plan {
                        loses: Some((how, after)),
                        refuses: true,
                        pause: Duration::ZERO,
                    };
                    let run = Run {
                        plan,
                        journal,
                        request,
                    };
                    everywhere(run).await;
                    play! { run: Twice TwiceServices }
                    if after.is_none() {
                        play! { run: Pivot PivotServices }
                    }
                }
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn after_a_refusal_that_comes_too_early_there_is_one_that_counts() {
    let hows = [How::Timeout, How::Unknown, How::Panic];
    every_refusal(&hows, &[Journal::Memory], &[Request::None]).await;
    let hows = [How::Timeout, How::Unknown, How::Panic, How::Crash];
    let journals = [Journal::Engine(SHORT), Journal::Engine(LONG)];
    let requests = [Request::None, Request::Cancel, Request::Deadline];
    every_refusal(&hows, &journals, &requests).await;
}

#[tokio::test(start_paused = true)]
async fn the_wait_for_an_attempt_that_counts_outlasts_the_process() {
    let journals = [Journal::Ends(SHORT), Journal::Ends(LONG)];
    every_refusal(&[How::Timeout, How::Crash], &journals, &[Request::None]).await;
}
