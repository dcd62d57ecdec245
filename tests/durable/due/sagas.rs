//! Sagas that wait for five seconds, each in another way, or for less than a millisecond more.

use crate::durable::world::{Trouble, World};
use std::time::Duration;
use typed_saga::saga;

pub(crate) struct Desk;

impl typed_saga::Lock for Desk {
    const NAME: &'static str = "desk";

    fn key(&self) -> String {
        "the only one".to_owned()
    }
}

/// The wait of a saga that says it itself.
pub(crate) const SLEEP: Duration = Duration::from_micros(5_000_400);
const LONG: Duration = Duration::from_secs(3600);
/// It ends before the deadline of a child that has ended.
const NAP: Duration = Duration::from_secs(1);

saga! {
    /// Has the key for so long.
    #[classify(Trouble::verdict)]
    #[timeout(1s)]
    pub(crate) durable saga Holder(stays: Duration) with (world: World) -> Result<(), Trouble> {
        #[timeout(never)]
        lock desk(=> Desk) -> Desk;
        read look(world) { world.named("look", "") }
        sleep works(stays => *stays);
    }

    #[classify(Trouble::verdict)]
    #[timeout(1s)]
    pub(crate) durable saga Listens() with (world: World) -> Result<(), Trouble> {
        read look(world) { world.named("look", "") }
        #[timeout(5s)]
        signal paid -> ();
    }

    /// Waits until its deadline.
    #[classify(Trouble::verdict)]
    #[timeout(1s)]
    pub(crate) durable saga Expects() with (world: World) -> Result<(), Trouble> {
        read look(world) { world.named("look", "") }
        #[timeout(never)]
        signal paid -> ();
    }

    #[classify(Trouble::verdict)]
    #[timeout(1s)]
    pub(crate) durable saga Sleeps() with (world: World) -> Result<(), Trouble> {
        read look(world) { world.named("look", "") }
        sleep night(=> SLEEP);
    }

    #[classify(Trouble::verdict)]
    #[timeout(1s)]
    pub(crate) durable saga Retries() with (world: World) -> Result<(), Trouble> {
        #[retry(2, 5s..5s, jitter = false)]
        read look(world) { world.named("look", "") }
    }

    #[classify(Trouble::verdict)]
    #[timeout(1s)]
    pub(crate) durable saga Undoes() with (world: World) -> Result<(), Trouble> {
        #[idempotent]
        step a(world, key) { world.call("+a", key) }
            #[retry(2, 5s..5s, jitter = false)]
            compensate(world, key) { world.call("-a", key) }
        read look(world) { world.named("look", "") }
    }

    #[classify(Trouble::verdict)]
    #[timeout(1s)]
    pub(crate) durable saga Turns() with (world: World) -> Result<(), Trouble> {
        #[savepoint(1, 5s..5s, jitter = false)] #[idempotent]
        step a(world, key) { world.call("+a", key) }
            compensate(world, key) { world.call("-a", key) }
        read look(world) { world.named("look", "") }
    }

    /// A request that may arrive late.
    #[classify(Trouble::verdict)]
    #[timeout(1s)]
    pub(crate) durable saga Doubts() with (world: World) -> Result<u32, Trouble> {
        #[late(5s)]
        step a(world, key) -> u32 { world.call("+a", key).map(|()| 1) }
            resolve(world, key) { world.call("?a", key).map(|()| Some(1)) }
            compensate(world, a, key) { let _ = a; world.call("-a", key) }
        a
    }

    #[classify(Trouble::verdict)]
    #[timeout(1s)]
    pub(crate) durable saga Queues() with (world: World) -> Result<(), Trouble> {
        read look(world) { world.named("look", "") }
        #[timeout(5s)]
        lock desk(=> Desk) -> Desk;
    }

    #[classify(Trouble::verdict)]
    #[timeout(1s)]
    pub(crate) durable saga QueuesOn() with (world: World) -> Result<(), Trouble> {
        read look(world) { world.named("look", "") }
        #[timeout(never)]
        lock desk(=> Desk) -> Desk;
    }

    #[classify(Trouble::verdict)]
    #[timeout(1s)]
    pub(crate) durable saga Beside() with (world: World) -> Result<(), Trouble> {
        concurrent {
            sleep night(=> SLEEP);
            #[retry(2, 5s..5s, jitter = false)]
            read look(world) { world.named("look", "") }
        }
    }

    #[classify(Trouble::verdict)]
    #[timeout(1s)]
    pub(crate) durable saga Loops() with (world: World) -> Result<(), Trouble> {
        #[concurrent(2)] #[retry(2, 5s..5s, jitter = false)]
        for _item: u32 in (=> 0..2)
        read look(world) { world.named("look", "") }
    }

    #[classify(Trouble::verdict)]
    #[timeout(1s)]
    pub(crate) durable saga Naps(nap: Duration) with (world: World) -> Result<(), Trouble> {
        read look(world) { world.named("look", "") }
        sleep night(nap => *nap);
    }

    #[classify(Trouble::verdict)]
    #[timeout(1s)]
    pub(crate) durable saga HasChild() with (world: World) -> Result<(), Trouble> {
        #[timeout(1h)]
        step child() = saga Naps { nap: SLEEP } with (world);
    }

    /// Waits until its child's deadline.
    #[classify(Trouble::verdict)]
    #[timeout(1s)]
    pub(crate) durable saga HasLateChild() with (world: World) -> Result<(), Trouble> {
        #[timeout(5s)]
        step child() = saga Naps { nap: LONG } with (world);
    }

    #[classify(Trouble::verdict)]
    #[timeout(1s)]
    pub(crate) durable saga HasChildren() with (world: World) -> Result<(), Trouble> {
        #[concurrent(2)] #[timeout(1h)]
        for _item: u32 in (=> 0..2)
        step children() = saga Naps { nap: SLEEP } with (world);
    }

    #[classify(Trouble::verdict)]
    #[timeout(1s)]
    pub(crate) durable saga HasLateChildren() with (world: World) -> Result<(), Trouble> {
        #[concurrent(2)] #[timeout(5s)]
        for _item: u32 in (=> 0..2)
        step children() = saga Naps { nap: LONG } with (world);
    }

    #[classify(Trouble::verdict)]
    #[timeout(1s)]
    pub(crate) durable saga Looks() with (world: World) -> Result<(), Trouble> {
        read look(world) { world.named("look", "") }
    }

    /// Its child has ended long before the child's deadline.
    #[classify(Trouble::verdict)]
    #[timeout(1s)]
    pub(crate) durable saga SleepsAfterChild() with (world: World) -> Result<(), Trouble> {
        #[timeout(2s)]
        step child() = saga Looks {} with (world);
        sleep nap(=> NAP);
        sleep night(=> SLEEP - NAP);
    }

    #[classify(Trouble::verdict)]
    #[timeout(1s)]
    pub(crate) durable saga QueuesAfterChild() with (world: World) -> Result<(), Trouble> {
        #[timeout(2s)]
        step child() = saga Looks {} with (world);
        sleep nap(=> NAP);
        #[timeout(never)]
        lock desk(=> Desk) -> Desk;
    }

    #[classify(Trouble::verdict)]
    #[timeout(1s)]
    pub(crate) durable saga QueuesAfterChildren() with (world: World) -> Result<(), Trouble> {
        #[concurrent(2)] #[timeout(2s)]
        for _item: u32 in (=> 0..2)
        step children() = saga Looks {} with (world);
        sleep nap(=> NAP);
        #[timeout(never)]
        lock desk(=> Desk) -> Desk;
    }
}
