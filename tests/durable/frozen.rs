//! A process that stands still until its lease has ended, while the answer to a renewal is on its way:
//! its sagas go on.

use crate::durable::{
    basics::{Tower, TowerServices},
    fleet::{LEASE, later},
    world::World,
};
use std::time::Duration;
use tokio::time::{Instant, advance, sleep, sleep_until, timeout};
use typed_saga::engine::{Engine, Memory};
use typed_saga_conformance::Faulty;

/// How long the store takes to answer.
const ANSWER: Duration = Duration::from_millis(200);

async fn stands_still(begins_after: Duration, (still_after, asleep): (Duration, Duration)) {
    let world = World::default();
    // It is tried again after one second, and after two more.
    world.fails("+wall", later());
    world.fails("+wall", later());
    let store = Faulty::new(Memory::shared()).answers_after(ANSWER);
    let services = TowerServices {
        world: world.clone(),
    };
    let builder = Engine::builder(store).register::<Tower>(services);
    let engine = builder.lease(LEASE).start().await.unwrap();
    let still = Instant::now() + still_after;
    sleep(begins_after).await;
    let submitted = tokio::spawn(async move {
        let handle = engine.submit("t", Tower { height: 4 }).await;
        (engine, handle)
    });
    sleep_until(still).await;
    advance(asleep).await;
    let said = format!("begun after {begins_after:?}, still after {still_after:?} for {asleep:?}");
    let ended = timeout(Duration::from_secs(600), async {
        let (engine, handle) = submitted.await.unwrap();
        let ended = handle.unwrap().outcome().await.unwrap();
        drop(engine);
        ended
    });
    let ended = ended.await;
    let ended = ended.unwrap_or_else(|_| panic!("{said}: it stands still"));
    assert_eq!(ended.into_result().unwrap(), 42, "{said}");
}

#[tokio::test(start_paused = true)]
async fn a_saga_goes_on_whatever_it_does_while_the_process_stands_still() {
    let millis = Duration::from_millis;
    for begins_after in (0..3000).step_by(50).map(millis) {
        // The lease is renewed 3 s after the store was opened, which is a few answers ago.
        for still_after in (2400..=3100).step_by(100).map(millis) {
            for tenths in [6, 7, 8, 9, 10] {
                stands_still(begins_after, (still_after, LEASE * tenths / 10)).await;
            }
        }
    }
}
