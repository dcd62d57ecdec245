//! An observer of all runs of a process. (Alone in its process: there is one at most.)

use std::convert::Infallible;

use saga::{
    Recording,
    runtime::{AlreadyObserved, observe_all},
    saga,
};

saga! {
    saga Loud() -> Result<u32, Infallible> {
        read loud() -> u32 { Ok(1) }
        finally() { panic!("too loud") }
        loud
    }
}

#[tokio::test]
async fn it_hears_of_every_run_and_of_a_panic_in_finally() {
    let recording = Recording::default();
    observe_all(recording.clone()).unwrap();
    assert_eq!(observe_all(Recording::default()), Err(AlreadyObserved));

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
