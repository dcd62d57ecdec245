//! Whatever comes together: a cancel or a deadline at every moment, callers who leave at every
//! await, and threads.

use std::{
    future::{Future, poll_fn},
    pin::pin,
    task::Poll,
    time::Duration,
};

use crate::common::{Answer, BUSY, HANG, MUTE, NO, Trouble, UNHEARD, UNSENT, Vendor, YES, panics};
use tokio::{
    runtime::Builder,
    task::yield_now,
    time::{Instant, sleep},
};
use typed_saga::{
    Cause, Completeness, Key, Outcome,
    runtime::{Cancel, Machine},
    saga,
};

/// Every call takes so long, and waits are multiples of it.
const TICK: u64 = 10;

async fn order(vendor: &Vendor, name: &'static str, key: &Key) -> Result<u32, Trouble> {
    yield_now().await;
    let ordered = vendor.order(name, key).await;
    yield_now().await;
    ordered
}

async fn cancel(vendor: &Vendor, name: &'static str, key: &Key) -> Result<(), Trouble> {
    yield_now().await;
    let cancelled = vendor.cancel(name, key).await;
    yield_now().await;
    cancelled
}

macro_rules! voyage {
    ($saga:ident $limit:literal) => {
        saga! {
            #[classify(Trouble::verdict)] #[timeout($limit)]
            saga $saga() with (vendor: Vendor) -> Result<_, Trouble> {
                #[retry(3, 10ms..10ms, jitter = false)]
                read look(vendor) -> u32 { vendor.call("look").await }

                #[idempotent] #[retry(3, 10ms..10ms, jitter = false)]
                #[savepoint(1, 10ms..10ms, jitter = false, if = |failure| failure.error().is_none_or(|trouble| *trouble == Trouble::Busy))]
                step hold(vendor, key, look) -> u32 { order(vendor, "hold", key).await.map(|number| number + look) }
                #[retry(3, 10ms..10ms, jitter = false)] #[timeout($limit)]
                compensate(vendor, key) { cancel(vendor, "undo hold", key).await }

                concurrent {
                    #[after(hold)]
                    step a(vendor, key) -> u32 { order(vendor, "a", key).await }
                    #[by_key] #[retry(3, 10ms..10ms, jitter = false)] #[timeout($limit)]
                    compensate(vendor, key) { cancel(vendor, "undo a", key).await }

                    #[late(20ms)]
                    step b(vendor, key) -> u32 { order(vendor, "b", key).await }
                    #[retry(3, 10ms..10ms, jitter = false)] #[timeout($limit)]
                    resolve(vendor, key) { vendor.find("find b", key).await }
                    #[retry(3, 10ms..10ms, jitter = false)] #[timeout($limit)]
                    compensate(vendor, key) { cancel(vendor, "undo b", key).await }

                    #[idempotent] #[retry(forever, 10ms..40ms, jitter = false)] #[after(a)]
                    step c(vendor, key) -> u32 { order(vendor, "c", key).await }
                    #[retry(3, 10ms..10ms, jitter = false)] #[timeout($limit)]
                    compensate(vendor, key) { cancel(vendor, "undo c", key).await }
                }

                #[idempotent] #[retry(3, 10ms..10ms, jitter = false)]
                pivot charge(vendor, key) -> u32 { order(vendor, "charge", key).await }
                #[retry(3, 10ms..10ms, jitter = false)] #[timeout($limit)]
                resolve(vendor, key) { vendor.find("find charge", key).await }

                concurrent {
                    #[idempotent] #[retry(forever, 10ms..40ms, jitter = false)]
                    step mail(vendor, key) -> u32 { order(vendor, "mail", key).await }
                    #[idempotent] #[retry(3, 10ms..10ms, jitter = false)]
                    step log(vendor, key) -> u32 { order(vendor, "log", key).await }
                }
            }
        }
    };
}

voyage! { Voyage 30ms }
// For threads, whose machine may be busy.
voyage! { Calm 300s }

const CALLS: [&str; 14] = [
    "look",
    "hold",
    "a",
    "b",
    "c",
    "charge",
    "mail",
    "log",
    "find b",
    "find charge",
    "undo hold",
    "undo a",
    "undo b",
    "undo c",
];

/// The first answers of some calls.
type Troubles = Vec<(&'static str, Vec<Answer>)>;

/// What may go wrong, one thing or several, and how the saga ends if nobody interrupts it.
#[rustfmt::skip]
fn troubles() -> Vec<(Troubles, &'static str)> {
    vec![
        (vec![], "completed"),
        (vec![("look", vec![BUSY, panics("look")])], "compensated"),
        (vec![("hold", vec![BUSY, UNHEARD])], "completed"),
        (vec![("hold", vec![MUTE])], "completed"),
        (vec![("a", vec![HANG])], "completed"),
        (vec![("a", vec![MUTE]), ("undo a", vec![BUSY, MUTE])], "completed"),
        (vec![("b", vec![MUTE]), ("find b", vec![BUSY])], "completed"),
        (vec![("b", vec![UNSENT]), ("undo hold", vec![HANG])], "compensated"),
        (vec![("c", vec![BUSY, BUSY, UNSENT, MUTE])], "completed"),
        (vec![("c", vec![NO]), ("undo b", vec![panics("undo b")])], "compensated"),
        (vec![("c", vec![BUSY; 9]), ("b", vec![HANG])], "completed"),
        (vec![("b", vec![BUSY])], "completed"),
        (vec![("b", vec![NO]), ("undo a", vec![NO, NO, NO])], "parked"),
        (vec![("charge", vec![BUSY])], "completed"),
        (vec![("charge", vec![NO])], "compensated"),
        (vec![("charge", vec![MUTE]), ("find charge", vec![HANG])], "completed"),
        (vec![("charge", vec![HANG]), ("find charge", vec![BUSY, BUSY, BUSY])], "completed"),
        (vec![("charge", vec![MUTE, HANG, HANG]), ("find charge", vec![HANG, HANG, HANG])], "parked"),
        (vec![("mail", vec![BUSY, UNHEARD, MUTE]), ("log", vec![UNSENT])], "completed"),
        (vec![("log", vec![NO]), ("mail", vec![BUSY])], "parked"),
    ]
}

/// A vendor who takes a tick for everything, `delay` by `delay`.
fn vendor(troubles: &[(&'static str, Vec<Answer>)], delay: u64) -> Vendor {
    CALLS.into_iter().fold(Vendor::new(), |vendor, name| {
        let trouble = troubles.iter().find(|(troubled, _)| *troubled == name);
        let first = trouble.map_or(&[][..], |(_, answers)| answers);
        let answers = first.iter().map(|answer| answer.after(delay));
        vendor.on(
            name,
            answers.chain(std::iter::repeat_n(YES.after(delay), 20)),
        )
    })
}

/// What the vendor holds is what the outcome says.
fn keeps_its_word<M: Machine>(
    outcome: &Outcome<M>,
    vendor: &Vendor,
    context: &str,
) -> &'static str {
    let mut holds = vendor.holds();
    holds.sort_unstable();
    match outcome {
        Outcome::Completed(_) => {
            assert_eq!(
                holds,
                ["a", "b", "c", "charge", "hold", "log", "mail"],
                "{context}"
            );
            "completed"
        }
        Outcome::Compensated(error) => {
            assert!(holds.is_empty(), "{context}: {holds:?}");
            assert_eq!(
                error.completeness(),
                Completeness::Compensated { left: Vec::new() },
                "{context}"
            );
            "compensated"
        }
        Outcome::Parked(parked) => {
            let told = parked.unsettled();
            for name in &holds {
                assert!(
                    told.still_applied
                        .iter()
                        .chain(&told.in_doubt)
                        .any(|it| it == name),
                    "{context}: {name} stands unnamed"
                );
            }
            for name in &told.still_applied {
                assert!(holds.contains(&&**name), "{context}: {name} does not stand");
            }
            "parked"
        }
        Outcome::OutputLost(panic) => panic!("{context}: {panic:?}"),
    }
}

/// What a cancel was answered, and what it has to do with the outcome.
fn answer_is_right<M: Machine>(
    answer: Cancel,
    outcome: &Outcome<M>,
    vendor: &Vendor,
    uninterrupted: &str,
    context: &str,
) {
    let end = keeps_its_word(outcome, vendor, context);
    match answer {
        Cancel::Accepted => {
            assert_ne!(end, "completed", "{context}");
            assert!(
                !vendor.holds().contains(&"charge"),
                "{context}: it went back behind the pivot"
            );
        }
        Cancel::TooLate => assert_eq!(
            end, uninterrupted,
            "{context}: it changed something all the same"
        ),
    }
}

#[tokio::test(start_paused = true)]
async fn a_cancel_at_every_moment_is_answered_right_and_leaves_nothing() {
    let mut accepted = 0;
    for (troubles, uninterrupted) in troubles() {
        for moment in (0..).step_by(5) {
            let (vendor, context) = (
                vendor(&troubles, TICK),
                format!("cancelled at {moment}: {troubles:?}"),
            );
            let handle = Voyage {}.with(vendor.clone()).start();
            sleep(Duration::from_millis(moment)).await;
            let over = handle.is_finished();
            let answer = handle.cancel().await;
            assert!(!over || answer == Cancel::TooLate, "{context}");
            let since = Instant::now();
            let outcome = handle.outcome().await;
            answer_is_right(answer, &outcome, &vendor, uninterrupted, &context);
            accepted += u32::from(answer == Cancel::Accepted);
            assert!(
                since.elapsed() < Duration::from_millis(600),
                "{context}: it took {:?}",
                since.elapsed()
            );
            if over {
                break;
            }
        }
    }
    assert!(accepted > 200, "{accepted}");
}

#[tokio::test(start_paused = true)]
async fn a_deadline_at_every_moment_leaves_nothing() {
    for (troubles, uninterrupted) in troubles() {
        let undisturbed = vendor(&troubles, TICK);
        let since = Instant::now();
        let outcome = Voyage {}.with(undisturbed.clone()).outcome().await;
        let (whole, context) = (since.elapsed(), format!("{troubles:?}"));
        assert_eq!(
            keeps_its_word(&outcome, &undisturbed, &context),
            uninterrupted,
            "{context}"
        );
        for moment in (0..=u64::try_from(whole.as_millis()).unwrap()).step_by(5) {
            let (vendor, context) = (
                vendor(&troubles, TICK),
                format!("deadline at {moment}: {troubles:?}"),
            );
            let outcome = Voyage {}
                .with(vendor.clone())
                .deadline(Duration::from_millis(moment))
                .outcome()
                .await;
            let end = keeps_its_word(&outcome, &vendor, &context);
            let exceeded = match &outcome {
                Outcome::Compensated(error) => matches!(error.cause(), Cause::DeadlineExceeded),
                Outcome::Parked(parked) => {
                    matches!(parked.failure().cause(), Cause::DeadlineExceeded)
                }
                _ => false,
            };
            // Either it comes too late and changes nothing, or it turns the saga back, or forbids
            // to turn forward again.
            assert!(
                exceeded || end == uninterrupted || end == "compensated",
                "{context}: {end}"
            );
            assert!(
                !exceeded || !vendor.holds().contains(&"charge"),
                "{context}: it went back behind the pivot"
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_cancel_between_any_two_polls_is_answered_right() {
    for (troubles, uninterrupted) in troubles() {
        for polls in 0.. {
            let (vendor, context) = (
                vendor(&troubles, 0),
                format!("cancelled after {polls} polls: {troubles:?}"),
            );
            let handle = Voyage {}.with(vendor.clone()).start();
            for _ in 0..polls {
                yield_now().await;
            }
            let answer = handle.cancel().await;
            answer_is_right(
                answer,
                &handle.outcome().await,
                &vendor,
                uninterrupted,
                &context,
            );
            if polls == 40 {
                break;
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_caller_who_leaves_at_any_await_leaves_a_saga_that_runs_to_its_end() {
    for (troubles, uninterrupted) in troubles() {
        let undisturbed = vendor(&troubles, 0);
        drop(Voyage {}.with(undisturbed.clone()).outcome().await);
        for polls in 1..40 {
            let (vendor, context) = (
                vendor(&troubles, 0),
                format!("left after {polls} polls: {troubles:?}"),
            );
            let ended = {
                let mut run = pin!(Voyage {}.with(vendor.clone()).outcome());
                let mut polled = 0;
                poll_fn(|cx| {
                    polled += 1;
                    let ended = run.as_mut().poll(cx).is_ready();
                    if ended || polled == polls {
                        Poll::Ready(ended)
                    } else {
                        Poll::Pending
                    }
                })
                .await
            };
            sleep(Duration::from_secs(10)).await;
            assert_eq!(
                vendor.trace(),
                undisturbed.trace(),
                "{context}, {uninterrupted}"
            );
            assert_eq!(vendor.holds(), undisturbed.holds(), "{context}");
            if ended {
                break;
            }
        }
    }
}

/// Threads, and real time: races that no schedule above thought of.
#[test]
fn cancels_from_other_threads() {
    let runtime = Builder::new_multi_thread()
        .worker_threads(4)
        .enable_time()
        .build()
        .unwrap();
    runtime.block_on(async {
        let runs: Vec<_> = (0..400_u32)
            .map(|run| {
                tokio::spawn(async move {
                    let troubles = [
                        vec![],
                        vec![("c", vec![NO])],
                        vec![("hold", vec![UNHEARD, BUSY])],
                    ];
                    let chosen = &troubles[run as usize % troubles.len()];
                    let uninterrupted = if run % 3 == 1 {
                        "compensated"
                    } else {
                        "completed"
                    };
                    let vendor = vendor(chosen, 0);
                    let handle = Calm {}.with(vendor.clone()).start();
                    for _ in 0..run % 29 {
                        yield_now().await;
                    }
                    let answer = handle.cancel().await;
                    answer_is_right(
                        answer,
                        &handle.outcome().await,
                        &vendor,
                        uninterrupted,
                        &format!("run {run}"),
                    );
                    answer
                })
            })
            .collect();
        let mut accepted = 0;
        for run in runs {
            accepted += u32::from(run.await.unwrap() == Cancel::Accepted);
        }
        assert!(accepted > 0);
    });
}
