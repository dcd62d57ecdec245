//! A process that stands still until its lease has ended, at whatever moment: its sagas go on.

use crate::durable::{
    basics::{Tower, TowerServices},
    fleet::{LEASE, later},
    world::World,
};
use std::time::Duration;
use tokio::time::{advance, sleep, timeout};
use typed_saga::engine::{Engine, Memory};
use typed_saga_conformance::Faulty;

/// How long the store takes to answer, so that a renewal may be on its way when the process stops.
const ANSWER: Duration = Duration::from_millis(100);

async fn stands_still_after(awake: Duration, asleep: Duration) {
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
    let handle = engine.submit("t", Tower { height: 4 }).await.unwrap();
    sleep(awake).await;
    advance(asleep).await;
    let ended = timeout(Duration::from_secs(600), handle.outcome()).await;
    let ended = ended.unwrap_or_else(|_| panic!("{awake:?} {asleep:?}: it stands still"));
    assert_eq!(
        ended.unwrap().into_result().unwrap(),
        42,
        "{awake:?} {asleep:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_saga_goes_on_whenever_the_process_has_stood_still() {
    for awake in (0..4000).step_by(50).map(Duration::from_millis) {
        for tenths in [5, 6, 7, 8, 9, 10] {
            stands_still_after(awake, LEASE * tenths / 10).await;
        }
    }
}
