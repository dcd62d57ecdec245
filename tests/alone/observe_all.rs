//! An observer of all runs of a process. A process has one at most, and keeps it, so the test runs
//! in a child process.

use std::{
    convert::Infallible,
    env,
    process::{Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use typed_saga::{
    Context, Observer, Recording,
    runtime::{AlreadyObserved, Interest, RunEvent, observe_all},
    saga,
};

saga! {
    saga Loud() -> Result<u32, Infallible> {
        read loud() -> u32 { Ok(1) }
        finally() { panic!("too loud") }
        loud
    }
}

/// Records while it is on.
struct Switched(Recording, Arc<AtomicBool>);

impl Observer for Switched {
    fn interest(&self) -> Interest {
        if self.1.load(Ordering::Relaxed) {
            Interest::All
        } else {
            Interest::Nothing
        }
    }

    fn on_event(&self, at: &Context<'_>, what: &RunEvent<'_>) {
        self.0.on_event(at, what);
    }
}

/// Set in the child process.
const CHILD: &str = "SAGA_OBSERVES_ALL";

#[test]
fn it_hears_of_every_run_and_of_a_panic_in_finally() {
    let mut child = Command::new(env::current_exe().expect("the path of this test"));
    child.args(["observe_all::child", "--exact", "--nocapture"]);
    child.env(CHILD, "1").stdout(Stdio::null());
    assert!(child.status().expect("it starts").success());
}

#[tokio::test]
async fn child() {
    if env::var_os(CHILD).is_none() {
        return;
    }
    let recording = Recording::default();
    let on = Arc::new(AtomicBool::new(false));
    let all = Switched(recording.clone(), Arc::clone(&on));
    observe_all(all).unwrap();
    assert_eq!(observe_all(Recording::default()), Err(AlreadyObserved));

    // It is off.
    assert_eq!(Loud {}.run().await.unwrap(), 1);
    tokio::task::yield_now().await;
    assert!(recording.lines().is_empty());

    on.store(true, Ordering::Relaxed);
    let own = Recording::default();
    assert_eq!(Loud {}.run().observe(own.clone()).await.unwrap(), 1);
    assert_eq!(Loud {}.run().await.unwrap(), 1);
    tokio::task::yield_now().await;

    let story = [
        "the saga starts",
        "`loud` is attempted",
        "`loud` is applied",
        "the saga ends: completed",
        "the saga panics in `finally`: too loud",
    ];
    assert_eq!(own.lines(), story);
    let mut all = recording.lines();
    all.sort_unstable();
    let mut twice = [story, story].concat();
    twice.sort_unstable();
    assert_eq!(all, twice);
}

/// The level that `tracing` has is that of the whole process.
#[test]
fn tracing_needs_what_a_subscriber_wants() {
    let interest = || typed_saga::Tracing::default().interest();
    // Another package may have `tracing` write to `log`, which then takes the place of a subscriber.
    let logs = !tracing::trace_span!("disabled").is_none();
    assert_eq!(interest() != Interest::Nothing, logs);
    for (level, expected) in [
        (tracing::Level::ERROR, Interest::Failures),
        (tracing::Level::WARN, Interest::Failures),
        (tracing::Level::INFO, Interest::All),
    ] {
        let subscriber = tracing_subscriber::fmt().with_max_level(level).finish();
        let expected = if logs { Interest::All } else { expected };
        tracing::subscriber::with_default(subscriber, || assert_eq!(interest(), expected));
    }
}
