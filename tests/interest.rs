//! What observers say that they need of a run that starts.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicU32, Ordering},
};

use typed_saga::{
    Context, Observer, Recording, Verdict,
    runtime::{Interest, RunEvent},
    saga,
};

saga! {
    saga Two(fails: bool) -> Result<u32, &'static str> {
        read one() -> u32 { Ok(1) }
        #[retry(2, 1ms..1ms)]
        read two(fails) -> u32 { if *fails { Err("no") } else { Ok(2) } }
        one + two
    }
}

saga! {
    #[classify(unknown)]
    saga Asked() -> Result<(), &'static str> {
        step asked() { Err("no answer") }
            resolve() { Ok(None) }
            compensate none
    }
}

fn unknown(_: &&'static str) -> Verdict {
    Verdict::Unknown.abort()
}

/// Counts what it receives.
#[derive(Clone)]
struct Needing {
    interest: Arc<Mutex<Interest>>,
    events: Arc<AtomicU32>,
    aborts: Arc<AtomicU32>,
    polls: Arc<AtomicU32>,
}

impl Needing {
    fn new(interest: Interest) -> Self {
        Self {
            interest: Arc::new(Mutex::new(interest)),
            events: Arc::default(),
            aborts: Arc::default(),
            polls: Arc::default(),
        }
    }

    fn needs(&self, interest: Interest) {
        *self.interest.lock().unwrap() = interest;
    }

    /// The events and polls since it was last asked.
    fn received(&self) -> (u32, u32) {
        let take = |count: &AtomicU32| count.swap(0, Ordering::Relaxed);
        (take(&self.events), take(&self.polls))
    }
}

impl Observer for Needing {
    fn interest(&self) -> Interest {
        *self.interest.lock().unwrap()
    }

    fn on_event(&self, _: &Context<'_>, what: &RunEvent<'_>) {
        self.events.fetch_add(1, Ordering::Relaxed);
        let aborts = u32::from(matches!(what, RunEvent::Aborted));
        self.aborts.fetch_add(aborts, Ordering::Relaxed);
    }

    fn around(&self, _: &Context<'_>, poll: &mut dyn FnMut()) {
        self.polls.fetch_add(1, Ordering::Relaxed);
        poll();
    }
}

#[tokio::test]
async fn an_observer_that_needs_nothing_receives_nothing() {
    let run = async |observer: &Needing| {
        let recording = Recording::default();
        let two = Two { fails: false }.run().observe(observer.clone());
        assert_eq!(two.observe(recording.clone()).await.unwrap(), 3);
        assert!(!recording.lines().is_empty(), "the other one needs all");
        let two = Two { fails: false }.run().observe(observer.clone());
        assert_eq!(two.await.unwrap(), 3);
        observer.received()
    };
    let observer = Needing::new(Interest::Nothing);
    assert_eq!(run(&observer).await, (0, 0));
    observer.needs(Interest::All);
    // The saga starts and ends, and each step is attempted, polled and applied; two times.
    assert_eq!(run(&observer).await, (12, 4));
    observer.needs(Interest::Nothing);
    assert_eq!(run(&observer).await, (0, 0));
}

#[tokio::test]
async fn one_that_needs_failures_costs_nothing_else() {
    let observer = Needing::new(Interest::Failures);
    let run = async |fails| {
        _ = Two { fails }.run().observe(observer.clone()).await;
        observer.received()
    };
    assert_eq!(run(false).await, (2, 0), "the start and the end");
    assert_eq!(run(true).await, (4, 0), "two attempts are rejected, too");
    // Beside an observer that needs all it may receive all.
    let two = Two { fails: false }.run().observe(Recording::default());
    assert_eq!(two.observe(observer.clone()).await.unwrap(), 3);
    assert!(observer.received() >= (2, 0));
}

/// It aborts the saga once `resolve` has found that the step did not happen.
#[tokio::test]
async fn an_abort_that_was_in_doubt_is_a_failure() {
    for interest in [Interest::Failures, Interest::All] {
        let observer = Needing::new(interest);
        let asked = Asked {}.run().observe(observer.clone());
        asked.await.unwrap_err();
        assert_eq!(observer.aborts.load(Ordering::Relaxed), 1, "{interest:?}");
    }
}

#[tokio::test]
async fn an_observer_that_panics_when_asked_receives_nothing() {
    struct Loud;

    impl Observer for Loud {
        fn interest(&self) -> Interest {
            panic!("who asks?")
        }

        fn on_event(&self, _: &Context<'_>, _: &RunEvent<'_>) {
            std::process::abort();
        }
    }

    let two = Two { fails: false }.run().observe(Loud);
    assert_eq!(two.await.unwrap(), 3);
}
