//! Observers that are on or off when a run starts.

use std::{
    convert::Infallible,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
};

use saga::{Context, Observer, Recording, runtime::RunEvent, saga};

saga! {
    saga One() -> Result<u32, Infallible> {
        read one() -> u32 { Ok(1) }
        one
    }
}

/// Counts what it receives, and is on or off.
#[derive(Clone, Default)]
struct Switched {
    on: Arc<AtomicBool>,
    received: Arc<AtomicU32>,
}

impl Observer for Switched {
    fn enabled(&self) -> bool {
        self.on.load(Ordering::Relaxed)
    }

    fn on_event(&self, _: &Context<'_>, _: &RunEvent<'_>) {
        self.received.fetch_add(1, Ordering::Relaxed);
    }

    fn around(&self, _: &Context<'_>, poll: &mut dyn FnMut()) {
        self.received.fetch_add(1, Ordering::Relaxed);
        poll();
    }
}

#[tokio::test]
async fn an_observer_that_is_off_receives_nothing() {
    let run = async |observer: &Switched| {
        let recording = Recording::default();
        let one = One {}.run().observe(observer.clone());
        assert_eq!(one.observe(recording.clone()).await.unwrap(), 1);
        assert!(!recording.lines().is_empty(), "the other one is on");
        assert_eq!(One {}.run().observe(observer.clone()).await.unwrap(), 1);
        observer.received.swap(0, Ordering::Relaxed)
    };
    let observer = Switched::default();
    assert_eq!(run(&observer).await, 0);
    observer.on.store(true, Ordering::Relaxed);
    assert!(run(&observer).await > 0);
    observer.on.store(false, Ordering::Relaxed);
    assert_eq!(run(&observer).await, 0);
}

#[tokio::test]
async fn an_observer_that_panics_when_asked_receives_nothing() {
    struct Loud;

    impl Observer for Loud {
        fn enabled(&self) -> bool {
            panic!("who asks?")
        }

        fn on_event(&self, _: &Context<'_>, _: &RunEvent<'_>) {
            std::process::abort();
        }
    }

    assert_eq!(One {}.run().observe(Loud).await.unwrap(), 1);
}
