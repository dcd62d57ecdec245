//! An operator undoes a step before a later one that reads it: the compensation of the later one still does.

use crate::durable::world::{Trouble, World};
use std::time::Duration;
use typed_saga::{
    Verdict,
    engine::{Attribution, DurableOutcome, Engine, Memory, Settled},
    runtime::{Durable, Services},
    saga,
};

saga! {
    #[classify(Trouble::verdict)]
    #[timeout(5s)]
    durable saga Way(n: u32) with (world: World) -> Result<u32, Trouble> {
        #[idempotent]
        step enter(world, n, key) -> u32 { world.call("+enter", key).map(|()| *n) }
            compensate(world, enter, key) { let _ = enter; world.call("-enter", key) }

        #[idempotent]
        step mark(world, enter, key) -> u32 { world.call("mark", key).map(|()| enter + 1) }
            compensate with enter

        #[idempotent]
        step route(world, mark, key) -> u32 { world.call("+route", key).map(|()| mark + 1) }
            #[retry(2, 60s..60s, jitter = false)]
            compensate(world, enter, mark, route, key) {
                world.call("-route", key)?;
                note(world, format!("read {enter} {mark} {route}"))
            }

        #[idempotent]
        step hotel(world, route, key) -> u32 { world.call("+hotel", key).map(|()| route + 1) }
            #[retry(1)]
            compensate(world, hotel, key) { let _ = hotel; world.call("-hotel", key) }

        #[idempotent]
        step last(world, hotel, key) -> u32 { world.call("+last", key).map(|()| *hotel) }
            compensate with hotel

        last
    }

    #[classify(Trouble::verdict)]
    #[timeout(5s)]
    durable saga Trip(n: u32) with (world: World) -> Result<u32, Trouble> {
        step stay(n) -> u32 = saga Way { n: *n } with (world);

        #[idempotent]
        step bill(world, stay, key) -> u32 { world.call("+bill", key).map(|()| *stay) }
            compensate none

        bill
    }

    #[classify(Trouble::verdict)]
    #[timeout(5s)]
    durable saga Tour(n: u32) with (world: World) -> Result<Vec<u32>, Trouble> {
        for day: u32 in (n => vec![n - 1, *n])
        step stays(day) -> u32 = saga Way { n: *day } with (world);

        #[idempotent]
        step bill(world, stays, key) { let _ = stays; world.call("+bill", key) }
            compensate none

        stays
    }

    #[classify(Trouble::verdict)]
    #[timeout(5s)]
    durable saga Rooms(n: u32) with (world: World) -> Result<u32, Trouble> {
        #[idempotent]
        step enter(world, n, key) -> u32 { world.call("+enter", key).map(|()| *n) }
            compensate(world, enter, key) { let _ = enter; world.call("-enter", key) }

        #[idempotent]
        for room: u32 in (n => vec![n + 1])
        step rooms(world, enter, room, key) -> u32 {
            world.call("+room", key).map(|()| enter + room)
        }
            #[retry(2, 60s..60s, jitter = false)]
            compensate(world, enter, room, rooms, key) {
                world.call("-route", key)?;
                note(world, format!("read {enter} {room} {rooms}"))
            }

        #[idempotent]
        step hotel(world, rooms, key) -> u32 {
            let _ = rooms;
            world.call("+hotel", key).map(|()| 1)
        }
            #[retry(1)]
            compensate(world, hotel, key) { let _ = hotel; world.call("-hotel", key) }

        #[idempotent]
        step last(world, hotel, key) -> u32 { world.call("+last", key).map(|()| *hotel) }
            compensate none

        last
    }
}

fn note(world: &World, read: String) -> Result<(), Trouble> {
    world.ledger().calls.push(read);
    Ok(())
}

/// When the process ends, and another goes on.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Ends {
    Never,
    AfterTheFirst,
    AfterTheSecond,
    InTheRollback,
}

fn ada() -> Attribution {
    Attribution::new("ada", "undid it by hand")
}

async fn started<S: Durable, V: Services<S>>(memory: &Memory, services: &V) -> Engine {
    let builder = Engine::builder(memory.clone()).register::<S>(services.clone());
    builder.start().await.unwrap()
}

/// Runs a saga until it parks, because `hotel` cannot be undone; an operator undoes `enter` first, then
/// `hotel`, and resumes it. Returns what the compensation of the step between them has read.
async fn read<S, V>(
    (saga, services): (impl Fn(u32) -> S, impl Fn(World) -> V),
    (within, refused): (&str, &'static str),
    ends: Ends,
) -> String
where
    S: Durable<Error = Trouble, Output: std::fmt::Debug>,
    V: Services<S>,
{
    let (memory, world) = (Memory::new(), World::default());
    world.fails(refused, Trouble(Verdict::Refused, "no".into()));
    let busy = || Trouble(Verdict::Transient, "busy".into());
    world.fails("-hotel", busy());
    let services = services(world.clone());
    let mut engine = started::<S, V>(&memory, &services).await;
    let handle = engine.submit("w", saga(7)).await.unwrap();
    let outcome = handle.outcome().await.unwrap();
    assert!(matches!(outcome, DurableOutcome::Parked(_)), "{outcome:?}");
    world.fails("-route", busy());
    let anew = async |engine: Engine| {
        drop(engine.shutdown(Duration::from_secs(1)).await);
        started::<S, V>(&memory, &services).await
    };
    for (step, then) in [
        ("enter", Ends::AfterTheFirst),
        ("hotel", Ends::AfterTheSecond),
    ] {
        let path = format!("{within}{step}");
        let settled = engine.settle::<S>("w", &path, Settled::Undone, ada());
        settled.await.unwrap();
        if ends == then {
            engine = anew(engine).await;
        }
    }
    engine.resume::<S>("w", ada()).await.unwrap();
    // The compensation has failed once, and waits for a minute.
    tokio::time::sleep(Duration::from_secs(30)).await;
    if ends == Ends::InTheRollback {
        engine = anew(engine).await;
    }
    let handle = engine.handle::<S>("w").await.unwrap();
    let outcome = handle.outcome().await.unwrap();
    let DurableOutcome::Compensated(error) = outcome else {
        panic!("{ends:?}: {outcome:?}");
    };
    assert!(error.is_clean(), "{error}");
    let calls = world.ledger().calls.clone();
    let undone = calls.iter().filter(|call| *call == "-enter").count();
    let of_others = usize::from(within.contains('['));
    assert_eq!(
        undone, of_others,
        "what was undone by hand is not undone again"
    );
    let read = calls.iter().filter_map(|call| call.strip_prefix("read "));
    read.collect::<Vec<_>>().join(", ")
}

#[tokio::test(start_paused = true)]
async fn what_was_undone_by_hand_is_read_by_a_later_compensation() {
    for ends in [
        Ends::Never,
        Ends::AfterTheFirst,
        Ends::AfterTheSecond,
        Ends::InTheRollback,
    ] {
        let way = (|n| Way { n }, |world| WayServices { world });
        assert_eq!(read(way, ("", "+last"), ends).await, "7 8 9", "{ends:?}");
        let trip = (|n| Trip { n }, |world| TripServices { world });
        assert_eq!(
            read(trip, ("stay/", "+bill"), ends).await,
            "7 8 9",
            "{ends:?}"
        );
        let tour = (|n| Tour { n }, |world| TourServices { world });
        let read_by_tour = read(tour, ("stays[1]/", "+bill"), ends).await;
        assert_eq!(read_by_tour, "6 7 8, 7 8 9", "{ends:?}");
        let rooms = (|n| Rooms { n }, |world| RoomsServices { world });
        assert_eq!(read(rooms, ("", "+last"), ends).await, "7 8 15", "{ends:?}");
    }
}
