//! The sagas of the kept files. A declaration here never changes: its fingerprint is in the files
//! and in `main.rs`. What a later version adds to the language goes into sagas of its own.

use crate::kept::world::{Trouble, World};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use typed_saga::{Context, saga};

/// Longer than anybody waits for a test.
const CENTURY: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Room {
    keys: Vec<String>,
    number: u32,
}

impl Room {
    fn of(ctx: &Context<'_>) -> Self {
        Self {
            keys: vec![format!("round {}", ctx.round())],
            number: 7,
        }
    }
}

saga! {
    /// Most of the language: a fallback, a savepoint, a block, a condition, a pivot, `finally`.
    #[classify(Trouble::verdict)]
    #[timeout(1h)]
    #[retry(2, 1ms..1ms, jitter = false)]
    #[late(1ms)]
    pub(crate) durable saga Trip(nights: u32, van: bool)
    with (world: World)
    -> Result<(u32, Room, Option<u32>, String), Trouble>
    {
        read rates(world, nights, ctx) -> u32 { world.call(ctx, "rates").await?; Ok(nights * 100) }
            fallback(world, ctx) { world.call(ctx, "rates, fallback").await?; Ok(90) }

        #[idempotent]
        step hold(world, rates, ctx) -> u32 { world.call(ctx, "hold").await?; Ok(*rates) }
            #[retry(2, 1ms..1ms, jitter = false)]
            compensate(world, hold, ctx) { let _ = hold; undo(world, ctx, "undo hold").await }

        #[savepoint(1, 1ms..1ms, jitter = false, if = |failure| !failure.error().is_some_and(Trouble::is_final))]
        #[idempotent]
        step room(world, ctx) -> Room { world.call(ctx, "room").await?; Ok(Room::of(ctx)) }
            #[by_key]
            compensate(world, ctx) { undo(world, ctx, "undo room").await }

        concurrent {
            #[when(van => *van)]
            #[name = "van"]
            step wheels(world, room, ctx) -> u32 {
                let _ = room;
                world.call(ctx, "van").await?;
                Ok(4)
            }
                #[retry(3, 1ms..1ms, jitter = false)]
                resolve(world, ctx) { Ok(world.call(ctx, "resolve van").await?.then_some(5)) }
                compensate(world, wheels, ctx) {
                    let _ = wheels;
                    undo(world, ctx, "undo van").await
                }

            #[idempotent]
            step seat(world, ctx) { world.call(ctx, "seat").await?; Ok(()) }
                compensate none again
        }

        pivot charge(world, hold, ctx) -> String {
            world.call(ctx, "charge").await?;
            Ok(format!("charged {hold}"))
        }
            #[retry(forever, 1ms..1ms, jitter = false)]
            resolve(world, ctx) {
                Ok(world
                    .call(ctx, "resolve charge")
                    .await?
                    .then(|| "found".to_owned()))
            }

        #[retry(forever, 1ms..1ms, jitter = false)] #[idempotent]
        #[after(charge)]
        step mail(world, ctx) { world.call(ctx, "mail").await?; Ok(()) }

        finally(world, outcome, ctx) {
            world.log(ctx.id().as_str(), &format!("finally: {outcome}"));
        }

        (hold, room, wheels, charge)
    }

    /// Waits, long and short.
    #[classify(Trouble::verdict)]
    #[timeout(1h)]
    pub(crate) durable saga Patience(tag: String) with (world: World) -> Result<String, Trouble> {
        #[retry(2, 1s..1s, jitter = false)] #[idempotent]
        step soon(world, tag, ctx) -> String { world.call(ctx, "soon").await?; Ok(tag.clone()) }
            compensate(world, soon, ctx) { let _ = soon; undo(world, ctx, "undo soon").await }

        #[timeout(20ms)] #[retry(3, CENTURY..CENTURY, jitter = false)] #[idempotent]
        step later(world, ctx) { world.call(ctx, "later").await?; Ok(()) }
            compensate(world, ctx) { undo(world, ctx, "undo later").await }

        soon
    }

    /// Panics, and values that cannot be recorded.
    #[classify(Trouble::verdict)]
    #[timeout(1h)]
    #[retry(2, 1ms..1ms, jitter = false)]
    pub(crate) durable saga Odd(condition: String, tail: String)
    with (world: World)
    -> Result<f64, Trouble>
    {
        #[idempotent]
        step begun(world, ctx) -> f64 { number(world, ctx, "begun").await }
            compensate(world, begun, ctx) { let _ = begun; undo(world, ctx, "undo begun").await }

        #[when(condition => holds(condition))]
        #[idempotent]
        step ratio(world, begun, ctx) -> f64 { let _ = begun; number(world, ctx, "ratio").await }
            compensate(world, ratio, ctx) { let _ = ratio; undo(world, ctx, "undo ratio").await }

        #[idempotent]
        pivot sealed(world, ratio, ctx) -> f64 { let _ = ratio; number(world, ctx, "sealed").await }

        if tail == "lost" { f64::NAN + begun } else { sealed }
    }

    /// Steps that cannot be undone, what depends on them, and steps that stay in doubt.
    #[classify(Trouble::verdict)]
    #[timeout(1h)]
    #[retry(2, 1ms..1ms, jitter = false)]
    #[late(1ms)]
    pub(crate) durable saga Tower() with (world: World) -> Result<u32, Trouble> {
        #[idempotent]
        step base(world, ctx) -> u32 { world.call(ctx, "base").await?; Ok(1) }
            compensate(world, base, ctx) { let _ = base; undo(world, ctx, "undo base").await }

        #[idempotent]
        step wall(world, base, ctx) -> u32 { world.call(ctx, "wall").await?; Ok(base + 1) }
            #[retry(2, 1ms..1ms, jitter = false)]
            compensate(world, wall, ctx) { let _ = wall; undo(world, ctx, "undo wall").await }

        step lamp(world, ctx) -> u32 { world.call(ctx, "lamp").await?; Ok(10) }
            #[retry(2, 1ms..1ms, jitter = false)]
            resolve(world, ctx) { Ok(world.call(ctx, "resolve lamp").await?.then_some(11)) }
            compensate(world, lamp, ctx) { let _ = lamp; undo(world, ctx, "undo lamp").await }

        #[idempotent]
        pivot flag(world, wall, ctx) -> u32 { world.call(ctx, "flag").await?; Ok(*wall) }

        flag + lamp
    }
}

saga! {
    /// A saga that is a step of another one.
    #[classify(Trouble::verdict)]
    #[timeout(1h)]
    pub(crate) durable saga Wrapping(ribbons: u32) with (world: World) -> Result<u32, Trouble> {
        #[idempotent]
        step paper(world, ctx) -> u32 { world.call(ctx, "paper").await?; Ok(1) }
            compensate(world, paper, ctx) { let _ = paper; undo(world, ctx, "undo paper").await }

        #[idempotent]
        step bow(world, ribbons, ctx) -> u32 { world.call(ctx, "bow").await?; Ok(*ribbons) }
            compensate(world, bow, ctx) { let _ = bow; undo(world, ctx, "undo bow").await }

        paper + bow
    }

    /// A loop, a saga as a step, a `when` block, a signal, steps after the pivot, events. No step says
    /// how often it is attempted.
    #[classify(Trouble::verdict)]
    #[timeout(1h)]
    pub(crate) durable saga Parcel(lines: Vec<u32>, gift: bool)
    with (world: World)
    -> Result<u32, Trouble> emit String
    {
        #[idempotent]
        step held(world, ctx) -> u32 { world.call(ctx, "held").await?; Ok(1) }
            compensate(world, held, ctx) { let _ = held; undo(world, ctx, "undo held").await }

        read price(world, held, ctx) -> u32 { world.call(ctx, "price").await?; Ok(held * 100) }

        #[idempotent]
        for line: u32 in (lines => lines.clone())
        step packed(world, line, ctx) -> u32 { world.call(ctx, "packed").await?; Ok(*line) }
            compensate(world, packed, ctx) { let _ = packed; undo(world, ctx, "undo packed").await }

        when (gift => *gift) {
            step wrapped() -> u32 = saga Wrapping { ribbons: 2 } with (world);
        }

        emit(packed => [format!("packed {packed:?}")]);

        #[timeout(never)]
        signal approved -> bool;

        #[idempotent]
        pivot paid(world, price, approved, ctx) -> u32 {
            world.call(ctx, "paid").await?;
            Ok(price * u32::from(*approved))
        }

        concurrent {
            #[idempotent]
            step label(world, ctx) -> u32 { world.call(ctx, "label").await?; Ok(7) }

            #[idempotent]
            step notice(world, label, ctx) {
                let _ = label;
                world.call(ctx, "notice").await?;
                Ok(())
            }
        }

        emit(label => [format!("labelled {label}")]);

        paid + label + wrapped.unwrap_or(0)
    }
}

saga! {
    /// A loop and a saga as a step, beside another step.
    #[classify(Trouble::verdict)]
    #[timeout(1h)]
    pub(crate) durable saga Convoy(loads: Vec<u32>) with (world: World) -> Result<u32, Trouble> {
        concurrent {
            #[idempotent]
            for load: u32 in (loads => loads.clone())
            step loaded(world, load, ctx) -> u32 { world.call(ctx, "loaded").await?; Ok(*load) }
                compensate(world, loaded, ctx) {
                    let _ = loaded;
                    undo(world, ctx, "undo loaded").await
                }

            step wrapped() -> u32 = saga Wrapping { ribbons: 3 } with (world);

            #[idempotent]
            step driver(world, ctx) -> u32 { world.call(ctx, "driver").await?; Ok(1) }
                compensate(world, driver, ctx) {
                    let _ = driver;
                    undo(world, ctx, "undo driver").await
                }
        }

        loaded.iter().sum::<u32>() + wrapped + driver
    }
}

/// Who goes through a door, one at a time.
struct DoorLock(u32);

impl typed_saga::Lock for DoorLock {
    const NAME: &'static str = "door";

    fn key(&self) -> String {
        self.0.to_string()
    }
}

saga! {
    /// A lock, a step that was introduced, and one that was retired.
    #[classify(Trouble::verdict)]
    #[timeout(1h)]
    pub(crate) durable saga Gate(door: u32) with (world: World) -> Result<u32, Trouble> {
        #[timeout(never)]
        lock door_lock(door => DoorLock(*door)) -> DoorLock;

        #[introduced]
        #[idempotent]
        step greeted(world, ctx) -> u32 { world.call(ctx, "greeted").await?; Ok(1) }
            compensate(world, greeted, ctx) {
                let _ = greeted;
                undo(world, ctx, "undo greeted").await
            }

        #[retired]
        #[idempotent]
        step searched(world, ctx) -> u32 { world.call(ctx, "searched").await?; Ok(2) }
            compensate none

        #[idempotent]
        step opened(world, ctx, greeted, searched) -> u32 {
            world.call(ctx, "opened").await?;
            Ok(greeted.unwrap_or(0) + searched.unwrap_or(0))
        }
            compensate(world, opened, ctx) { let _ = opened; undo(world, ctx, "undo opened").await }

        opened
    }
}

/// A saga that changed while some of it were in flight.
macro_rules! tour {
    ($version:ident, $count:literal) => {
        pub(crate) mod $version {
            use super::{Trouble, World, undo};
            use typed_saga::saga;

            saga! {
                /// Its counts differ between the versions.
                #[classify(Trouble::verdict)]
                #[timeout(1h)]
                pub(crate) durable saga Tour() with (world: World) -> Result<u32, Trouble> {
                    #[retry($count, 1ms..1ms, jitter = false)]
                    #[idempotent]
                    step there(world, ctx) -> u32 { world.call(ctx, "there").await?; Ok(1) }
                        compensate(world, there, ctx) {
                            let _ = there;
                            undo(world, ctx, "undo there").await
                        }

                    #[retry($count, 1ms..1ms, jitter = false)]
                    #[idempotent]
                    step back(world, there, ctx) -> u32 {
                        world.call(ctx, "back").await?;
                        Ok(there + 1)
                    }
                        compensate(world, back, ctx) {
                            let _ = back;
                            undo(world, ctx, "undo back").await
                        }

                    back
                }
            }
        }
    };
}

tour!(patient, 3);
tour!(hasty, 2);

async fn undo(world: &World, ctx: &Context<'_>, what: &str) -> Result<(), Trouble> {
    world.call(ctx, what).await.map(drop)
}

/// 1.5, or NaN, which JSON cannot express.
async fn number(world: &World, ctx: &Context<'_>, what: &str) -> Result<f64, Trouble> {
    Ok(if world.call(ctx, what).await? {
        1.5
    } else {
        f64::NAN
    })
}

fn holds(condition: &str) -> bool {
    assert!(condition != "panics", "nobody knows");
    condition == "holds"
}
