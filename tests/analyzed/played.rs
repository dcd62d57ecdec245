//! The runs that reach the times of the analysis, played through the executor in virtual time: each
//! call that may hang hangs, and each that answers does so a millisecond before its limit.

use std::{
    collections::{HashMap, VecDeque},
    future::pending,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::time::{Instant, sleep};
use typed_saga::{
    Outcome, Verdict, definition::Definition, runtime::Machine, runtime::Prepared, saga,
};
use typed_saga_analysis::Analysis;

/// What becomes of a call.
#[derive(Clone, Copy, Debug)]
enum Answer {
    Hangs,
    Done,
    Refused,
    DidNotHappen,
}
use Answer::{DidNotHappen, Done, Hangs, Refused};

#[derive(Debug)]
struct Refusal;

impl Refusal {
    fn verdict(&self) -> Verdict {
        Verdict::Refused
    }
}

/// Answers as it is told, and else with `Done`; remembers when each of its calls began.
#[derive(Clone, Default)]
struct Slow {
    answers: Arc<Mutex<HashMap<&'static str, VecDeque<Answer>>>>,
    begun: Arc<Mutex<Vec<(&'static str, Instant)>>>,
}

impl Slow {
    async fn call(&self, name: &'static str) -> Result<Option<u32>, Refusal> {
        self.begun.lock().unwrap().push((name, Instant::now()));
        let next = |answers: &mut VecDeque<Answer>| answers.pop_front();
        let answer = self.answers.lock().unwrap().get_mut(name).and_then(next);
        if let Some(Hangs) = answer {
            pending::<()>().await;
        }
        sleep(Duration::from_millis(999)).await;
        match answer {
            Some(Refused) => Err(Refusal),
            Some(DidNotHappen) => Ok(None),
            _ => Ok(Some(1)),
        }
    }

    async fn act(&self, name: &'static str) -> Result<u32, Refusal> {
        self.call(name).await.map(|it| it.expect("it happened"))
    }
}

saga! {
    #[classify(Refusal::verdict)]
    #[timeout(1s)]
    saga Repeated() with (slow: Slow) -> Result<u32, Refusal> {
        #[idempotent] #[retry(3, 10ms..40ms, jitter = false)]
        step a(slow, _key) -> u32 { slow.act("a").await }
            #[retry(2, 10ms..10ms, jitter = false)]
            compensate(slow) { slow.act("-a").await.map(drop) }

        #[idempotent] #[retry(2, 10ms..40ms, jitter = false)]
        pivot b(slow, _key) -> u32 { slow.act("b").await }

        b + a
    }

    #[classify(Refusal::verdict)]
    #[timeout(1s)]
    saga Asked() with (slow: Slow) -> Result<u32, Refusal> {
        #[late(0s)] #[retry(2, 10ms..40ms, jitter = false)]
        step a(slow, _key) -> u32 { slow.act("a").await }
            #[retry(2, 10ms..10ms, jitter = false)]
            resolve(slow, _key) { slow.call("?a").await }
            #[retry(1)]
            compensate(slow) { slow.act("-a").await.map(drop) }

        #[idempotent] #[retry(2, 10ms..40ms, jitter = false)]
        pivot b(slow, _key) -> u32 { slow.act("b").await }

        b + a
    }

    #[classify(Refusal::verdict)]
    #[timeout(1s)]
    saga Turned() with (slow: Slow) -> Result<u32, Refusal> {
        #[idempotent] #[retry(2, 10ms..40ms, jitter = false)]
        #[savepoint(1, 70ms..70ms, jitter = false)]
        step a(slow, _key) -> u32 { slow.act("a").await }
            #[retry(2, 10ms..10ms, jitter = false)]
            compensate(slow) { slow.act("-a").await.map(drop) }

        #[idempotent] #[retry(2, 10ms..40ms, jitter = false)]
        pivot b(slow, _key) -> u32 { slow.act("b").await }

        b + a
    }

    #[classify(Refusal::verdict)]
    #[timeout(1s)]
    saga Beside() with (slow: Slow) -> Result<u32, Refusal> {
        concurrent {
            #[idempotent] #[retry(3, 10ms..40ms, jitter = false)]
            step a(slow, _key) -> u32 { slow.act("a").await }
                #[retry(2, 10ms..10ms, jitter = false)]
                compensate(slow) { slow.act("-a").await.map(drop) }

            #[idempotent] #[retry(1)]
            step c(slow, _key) -> u32 { slow.act("c").await }
                #[retry(1)]
                compensate(slow) { slow.act("-c").await.map(drop) }
        }

        #[idempotent] #[retry(2, 10ms..40ms, jitter = false)]
        pivot b(slow, _key) -> u32 { slow.act("b").await }

        b + a + c
    }
}

type Plan = &'static [(&'static str, &'static [Answer])];

/// How long the run took, how long after the last round of `a` began, and how many calls it made.
async fn played<M: Machine>(
    plan: Plan,
    saga: impl FnOnce(Slow) -> Prepared<M>,
) -> (Duration, Duration, u32, &'static Definition) {
    let slow = Slow::default();
    let answers = plan
        .iter()
        .map(|(name, answers)| (*name, answers.iter().copied().collect()));
    *slow.answers.lock().unwrap() = answers.collect();
    let start = Instant::now();
    let outcome = saga(slow.clone()).outcome().await;
    assert!(!matches!(outcome, Outcome::Parked(_)), "it parks");
    let begun = slow.begun.lock().unwrap();
    let undone = begun.iter().rposition(|(name, _)| *name == "-a");
    let round = undone.map_or(0, |undone| undone + 1);
    let held = begun[round..].iter().find(|(name, _)| *name == "a");
    let held = held.map_or(Duration::ZERO, |(_, begun)| begun.elapsed());
    let calls = u32::try_from(begun.len()).unwrap();
    (start.elapsed(), held, calls, M::DEFINITION)
}

/// It is not exceeded, and reached but for the millisecond of each call that answers.
fn reaches(what: &str, took: Duration, bound: Option<Duration>, calls: u32) {
    let bound = bound.expect("a bound");
    let short = Duration::from_millis(calls.into());
    assert!(
        took <= bound && bound <= took + short,
        "{what}: {took:?} of {bound:?}"
    );
}

/// One run that is decided as late as it may be and completes, and one that ends as late.
macro_rules! reach {
    ($Saga:ident decided $decided:expr, ended $ended:expr) => {{
        let (took, held, calls, definition) = played($decided, |slow| $Saga {}.with(slow)).await;
        let analysis = Analysis::with_journal(definition, false);
        let pivot = definition.pivot.expect("a pivot");
        let (name, within) = (&definition.name, analysis.decided_within().within());
        reaches(&format!("{name} decided"), took, within, calls);
        let holds = analysis
            .holds_within(0, pivot)
            .and_then(|hold| hold.within());
        reaches(&format!("{name} holds"), held, holds, calls);
        let (took, _, calls, _) = played($ended, |slow| $Saga {}.with(slow)).await;
        reaches(
            &format!("{name} ended"),
            took,
            analysis.ends_within().within(),
            calls,
        );
        3
    }};
}

#[tokio::test(start_paused = true)]
async fn each_time_is_reached_by_a_run() {
    let mut reached = 0;
    reached += reach!(Repeated
        decided &[("a", &[Hangs, Hangs, Done]), ("b", &[Hangs, Done])],
        ended &[("a", &[Hangs, Hangs, Done]), ("b", &[Hangs, Refused]), ("-a", &[Hangs, Done])]);
    reached += reach!(Turned
    decided &[
        ("a", &[Hangs, Done, Hangs, Done]),
        ("b", &[Hangs, Refused, Hangs, Done]),
        ("-a", &[Hangs, Done]),
    ],
    ended &[
        ("a", &[Hangs, Done, Hangs, Done]),
        ("b", &[Hangs, Refused, Hangs, Refused]),
        ("-a", &[Hangs, Done, Hangs, Done]),
    ]);
    reached += reach!(Beside
        decided &[("a", &[Hangs, Hangs, Done]), ("b", &[Hangs, Done])],
        ended &[("a", &[Hangs, Hangs, Done]), ("b", &[Hangs, Refused]), ("-a", &[Hangs, Done])]);
    assert_eq!(reached, 9);

    // A hold begins with the attempt that happened, which is the last one here.
    let asked: Plan = &[
        ("a", &[Hangs, Hangs]),
        ("?a", &[Hangs, DidNotHappen, Done]),
        ("b", &[Hangs, Done]),
    ];
    let (took, _, calls, definition) = played(asked, |slow| Asked {}.with(slow)).await;
    let within = Analysis::with_journal(definition, false).decided_within();
    reaches("Asked decided", took, within.within(), calls);
}
