//! Runs that a deadline ends while what is slow runs, in virtual time: they take as long as the
//! report says, and no longer.

use std::{
    future::pending,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::time::{Instant, sleep};
use typed_saga::{
    Key, Outcome, Verdict,
    definition::Definition,
    runtime::{Machine, Prepared},
    saga,
};
use typed_saga_analysis::Analysis;

const HOUR: Duration = Duration::from_secs(3600);
const SECOND: Duration = Duration::from_secs(1);
/// A call that answers does so just before its limit.
const SHORT: Duration = Duration::from_millis(1);

fn verdict(_: &&'static str) -> Verdict {
    Verdict::Refused
}

/// Takes nearly an hour, and remembers what was called.
#[derive(Clone, Default)]
struct Archive(Arc<Mutex<Vec<&'static str>>>);

impl Archive {
    async fn find(&self) -> Result<u32, &'static str> {
        self.called("archive");
        sleep(HOUR.saturating_sub(SHORT)).await;
        Ok(1)
    }

    async fn cancel(&self, _: &Key) -> Result<(), &'static str> {
        self.called("cancel");
        let tries = self
            .0
            .lock()
            .unwrap()
            .iter()
            .filter(|it| **it == "cancel")
            .count();
        if tries > 2 {
            sleep(SECOND.saturating_sub(SHORT)).await;
            return Ok(());
        }
        pending().await
    }

    fn called(&self, name: &'static str) {
        self.0.lock().unwrap().push(name);
    }
}

saga! {
    #[timeout(1h)]
    #[classify(verdict)]
    #[within(30s)]
    saga Quoted() with (archive: Archive) -> Result<u32, &'static str> {
        #[timeout(8s)]
        read quote() -> u32 { pending().await }
            fallback(archive) = Archive::find;
        #[timeout(5s)] #[idempotent] #[retry(1)]
        pivot paid(key) -> u32 { let _ = key; Ok(2) }
        quote + paid
    }

    #[timeout(1h)]
    #[classify(verdict)]
    #[within(30s)]
    saga Approved() with (archive: Archive) -> Result<u32, &'static str> {
        #[timeout(8s)]
        signal approval -> u32
            fallback(archive) = Archive::find;
        #[timeout(5s)] #[idempotent] #[retry(1)]
        pivot paid(key) -> u32 { let _ = key; Ok(2) }
        approval + paid
    }

    #[timeout(1h)]
    #[classify(verdict)]
    saga Searched() with (archive: Archive) -> Result<u32, &'static str> {
        #[timeout(8s)]
        read quote() -> u32 { pending().await }
            fallback(archive) = Archive::find;
        quote
    }

    #[classify(verdict)]
    saga Twice() with (archive: Archive) -> Result<u32, &'static str> {
        #[timeout(20s)] #[retry(2, 10ms..10ms, jitter = false)]
        step searched() -> u32 = saga Searched {} with (archive);
        searched
    }

    #[timeout(1s)]
    #[classify(verdict)]
    saga Held() with (archive: Archive) -> Result<u32, &'static str> {
        #[late(0s)]
        step held(key) -> u32 { let _ = key; pending().await }
            #[retry(1)]
            resolve(key) {
                let _ = key;
                sleep(SECOND.saturating_sub(SHORT)).await;
                Ok(Some(1))
            }
            #[by_key] #[retry(2, 10ms..10ms, jitter = false)]
            compensate(archive, key) = Archive::cancel;
        held
    }

    #[classify(verdict)]
    saga Nested() with (archive: Archive) -> Result<u32, &'static str> {
        #[timeout(500ms)]
        step held() -> u32 = saga Held {} with (archive);
        held
    }
}

/// How long the run took, and the declaration of its saga.
async fn played<M: Machine>(
    saga: impl FnOnce(Archive) -> Prepared<M>,
) -> (Duration, &'static Definition) {
    let start = Instant::now();
    let outcome = saga(Archive::default()).outcome().await;
    assert!(matches!(outcome, Outcome::Compensated(_)));
    (start.elapsed(), M::DEFINITION)
}

/// The run takes as long as the report says, but for the moment before the limit of each call that
/// answers.
fn reaches(took: Duration, definition: &Definition, calls: u32) {
    let report = Analysis::with_journal(definition, false).report();
    let ends = report.ends.within.expect("a bound");
    assert!(
        took <= ends && ends <= took + SHORT * calls,
        "{}: {took:?} of {ends:?}",
        definition.name
    );
}

#[tokio::test(start_paused = true)]
async fn a_fallback_that_runs_at_the_deadline_is_awaited() {
    let (took, definition) = played(|archive| Quoted {}.with(archive)).await;
    reaches(took, definition, 1);
    assert!(took > HOUR);
    let (took, definition) = played(|archive| Approved {}.with(archive)).await;
    reaches(took, definition, 1);
    assert!(took > HOUR);
}

#[tokio::test(start_paused = true)]
async fn so_is_one_in_a_child_saga_whose_deadline_passes() {
    let (took, definition) = played(|archive| Twice {}.with(archive)).await;
    reaches(took, definition, 2);
    assert!(took > 2 * HOUR);
    // The second round decides the saga at its deadline.
    let analysis = Analysis::with_journal(definition, false);
    let decided = analysis.decided_within().within().expect("a bound");
    assert!(
        HOUR < decided && decided < HOUR + 60 * SECOND,
        "{decided:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_compensation_by_key_is_called_again_if_resolve_finds_the_step() {
    let (took, definition) = played(|archive| Nested {}.with(archive)).await;
    reaches(took, definition, 3);
}
