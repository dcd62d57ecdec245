//! A saga goes on with another version of its definition, if what it has done and may have to undo
//! is the same there.

use crate::durable::world::{Trouble, World};
use std::time::Duration;
use typed_saga::{
    Verdict,
    engine::{
        DurableOutcome, Engine, EngineError, Memory, SagaId, State, for_logs::record::RecordKind,
    },
    runtime::{Durable, Services},
};

/// A version of the saga `Tour`: its steps, in the words of `saga!`.
macro_rules! version {
    ($module:ident $services:tt $($steps:tt)*) => {
        mod $module {
            use crate::durable::world::{Trouble, World};
            use typed_saga::saga;

            saga! {
                #[classify(Trouble::verdict)]
                #[timeout(5s)]
                #[retry(3, 60s..60s, jitter = false)]
                pub(super) durable saga Tour() with $services -> Result<(), Trouble> {
                    $($steps)*
                }
            }
        }
    };
}

version! { first (world: World)
    #[idempotent] step a(world, key) -> u32 { world.call("+a", key)?; Ok(1) } compensate(world, a, key) { let _ = a; world.call("-a", key) }
    #[idempotent] step b(world, key) -> u32 { world.call("+b", key)?; Ok(2) } compensate(world, b, key) { let _ = b; world.call("-b", key) }
    #[idempotent] step c(world, key) -> u32 { world.call("+c", key)?; Ok(3) } compensate(world, c, key) { let _ = c; world.call("-c", key) }
    #[idempotent] step d(world, key) -> u32 { world.call("+d", key)?; Ok(4) } compensate(world, d, key) { let _ = d; world.call("-d", key) }
}

version! { added_behind_b (world: World)
    #[idempotent] step a(world, key) -> u32 { world.call("+a", key)?; Ok(1) } compensate(world, a, key) { let _ = a; world.call("-a", key) }
    #[idempotent] step b(world, key) -> u32 { world.call("+b", key)?; Ok(2) } compensate(world, b, key) { let _ = b; world.call("-b", key) }
    #[idempotent] step x(world, key) { world.call("+x", key) } compensate(world, key) { world.call("-x", key) }
    #[idempotent] step c(world, key) -> u32 { world.call("+c", key)?; Ok(3) } compensate(world, c, key) { let _ = c; world.call("-c", key) }
    #[idempotent] step d(world, key) -> u32 { world.call("+d", key)?; Ok(4) } compensate(world, d, key) { let _ = d; world.call("-d", key) }
}

version! { without_c (world: World)
    #[idempotent] step a(world, key) -> u32 { world.call("+a", key)?; Ok(1) } compensate(world, a, key) { let _ = a; world.call("-a", key) }
    #[idempotent] step b(world, key) -> u32 { world.call("+b", key)?; Ok(2) } compensate(world, b, key) { let _ = b; world.call("-b", key) }
    #[idempotent] step d(world, key) -> u32 { world.call("+d", key)?; Ok(4) } compensate(world, d, key) { let _ = d; world.call("-d", key) }
}

version! { b_renamed (world: World)
    #[idempotent] step a(world, key) -> u32 { world.call("+a", key)?; Ok(1) } compensate(world, a, key) { let _ = a; world.call("-a", key) }
    #[idempotent] step bee(world, key) -> u32 { world.call("+b", key)?; Ok(2) } compensate(world, bee, key) { let _ = bee; world.call("-b", key) }
    #[idempotent] step c(world, key) -> u32 { world.call("+c", key)?; Ok(3) } compensate(world, c, key) { let _ = c; world.call("-c", key) }
    #[idempotent] step d(world, key) -> u32 { world.call("+d", key)?; Ok(4) } compensate(world, d, key) { let _ = d; world.call("-d", key) }
}

version! { b_renamed_in_the_code_alone (world: World)
    #[idempotent] step a(world, key) -> u32 { world.call("+a", key)?; Ok(1) } compensate(world, a, key) { let _ = a; world.call("-a", key) }
    #[name = "b"] #[idempotent] step bee(world, key) -> u32 { world.call("+b", key)?; Ok(2) } compensate(world, bee, key) { let _ = bee; world.call("-b", key) }
    #[idempotent] step c(world, key) -> u32 { world.call("+c", key)?; Ok(3) } compensate(world, c, key) { let _ = c; world.call("-c", key) }
    #[idempotent] step d(world, key) -> u32 { world.call("+d", key)?; Ok(4) } compensate(world, d, key) { let _ = d; world.call("-d", key) }
}

version! { b_and_c_swapped (world: World)
    #[idempotent] step a(world, key) -> u32 { world.call("+a", key)?; Ok(1) } compensate(world, a, key) { let _ = a; world.call("-a", key) }
    #[idempotent] step c(world, key) -> u32 { world.call("+c", key)?; Ok(3) } compensate(world, c, key) { let _ = c; world.call("-c", key) }
    #[idempotent] step b(world, key) -> u32 { world.call("+b", key)?; Ok(2) } compensate(world, b, key) { let _ = b; world.call("-b", key) }
    #[idempotent] step d(world, key) -> u32 { world.call("+d", key)?; Ok(4) } compensate(world, d, key) { let _ = d; world.call("-d", key) }
}

version! { b_of_another_type (world: World)
    #[idempotent] step a(world, key) -> u32 { world.call("+a", key)?; Ok(1) } compensate(world, a, key) { let _ = a; world.call("-a", key) }
    #[idempotent] step b(world, key) -> String { world.call("+b", key)?; Ok("2".to_owned()) } compensate(world, b, key) { let _ = b; world.call("-b", key) }
    #[idempotent] step c(world, key) -> u32 { world.call("+c", key)?; Ok(3) } compensate(world, c, key) { let _ = c; world.call("-c", key) }
    #[idempotent] step d(world, key) -> u32 { world.call("+d", key)?; Ok(4) } compensate(world, d, key) { let _ = d; world.call("-d", key) }
}

version! { b_of_the_same_type (world: World)
    #[idempotent] step a(world, key) -> u32 { world.call("+a", key)?; Ok(1) } compensate(world, a, key) { let _ = a; world.call("-a", key) }
    #[idempotent] step b(world, key) -> std::primitive::u32 { world.call("+b", key)?; Ok(2) } compensate(world, b, key) { let _ = b; world.call("-b", key) }
    #[idempotent] step c(world, key) -> u32 { world.call("+c", key)?; Ok(3) } compensate(world, c, key) { let _ = c; world.call("-c", key) }
    #[idempotent] step d(world, key) -> u32 { world.call("+d", key)?; Ok(4) } compensate(world, d, key) { let _ = d; world.call("-d", key) }
}

version! { b_undone_by_more (world: World)
    #[idempotent] step a(world, key) -> u32 { world.call("+a", key)?; Ok(1) } compensate(world, a, key) { let _ = a; world.call("-a", key) }
    #[idempotent] step b(world, key) -> u32 { world.call("+b", key)?; Ok(2) } compensate(world, a, b, key) { let _ = (a, b); world.call("-b", key) }
    #[idempotent] step c(world, key) -> u32 { world.call("+c", key)?; Ok(3) } compensate(world, c, key) { let _ = c; world.call("-c", key) }
    #[idempotent] step d(world, key) -> u32 { world.call("+d", key)?; Ok(4) } compensate(world, d, key) { let _ = d; world.call("-d", key) }
}

version! { patient (world: World)
    #[idempotent] #[retry(9, 1s..2s)] step a(world, key) -> u32 { world.call("+a", key)?; Ok(1) } compensate(world, a, key) { let _ = a; world.call("-a", key) }
    #[idempotent] #[timeout(9s)] step b(world, key) -> u32 { world.call("+b", key)?; Ok(2) } compensate(world, b, key) { let _ = b; world.call("-b", key) }
    #[idempotent] step c(world, key) -> u32 { world.call("+c", key)?; Ok(3) } compensate(world, c, key) { let _ = c; world.call("-c", key) }
    #[idempotent] step d(world, key) -> u32 { world.call("+d", key)?; Ok(4) } compensate(world, d, key) { let _ = d; world.call("-d", key) }
}

const CALLS: [&str; 4] = ["+a", "+b", "+c", "+d"];

async fn engine<S: Durable>(store: &Memory, services: impl Services<S>) -> Engine {
    let builder = Engine::builder(store.clone()).register::<S>(services);
    builder.start().await.unwrap()
}

/// A saga of the first version that has come to step `position`, which fails for now.
async fn in_flight(position: usize) -> (Memory, World) {
    let (store, world) = (Memory::new(), World::default());
    world.fails(CALLS[position], Trouble(Verdict::Transient, "later".into()));
    let services = first::TourServices {
        world: world.clone(),
    };
    let engine = engine::<first::Tour>(&store, services).await;
    drop(engine.submit("t", first::Tour {}).await.unwrap());
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(engine.shutdown(Duration::from_secs(1)).await, []);
    (store, world)
}

/// What the version makes of a saga of the first one at each position: the calls, or why it is
/// unreadable.
async fn goes_on<S: Durable<Output = ()>, V: Services<S>>(
    services: impl Fn(World) -> V,
) -> Vec<String> {
    let mut told = Vec::new();
    for position in 0..CALLS.len() {
        let (store, world) = in_flight(position).await;
        let before = world.ledger().calls.len();
        let engine = engine::<S>(&store, services(world.clone())).await;
        let handle = engine.handle::<S>("t").await.unwrap();
        told.push(match handle.outcome().await {
            Ok(DurableOutcome::Completed(())) => {
                let redefined = redefined(&engine).await;
                assert_eq!(
                    redefined,
                    S::DEFINITION.fingerprint() != first::Tour::DEFINITION.fingerprint()
                );
                world.ledger().calls[before..].join(" ")
            }
            Ok(_) => "it did not complete".to_owned(),
            Err(EngineError::Unreadable { why, .. }) => {
                // Left as it is: the first version goes on with it.
                tokio::time::sleep(Duration::from_secs(70)).await;
                assert_eq!(engine.unreadable().len(), 1);
                drop(engine.shutdown(Duration::ZERO).await);
                completes_with_the_first(&store, &world).await;
                why.to_string()
            }
            Err(error) => error.to_string(),
        });
    }
    told
}

async fn redefined(engine: &Engine) -> bool {
    let history = engine.history(&SagaId::new("Tour", "t")).await.unwrap();
    history
        .iter()
        .any(|entry| entry.record.what == RecordKind::Redefined)
}

async fn completes_with_the_first(store: &Memory, world: &World) {
    let services = first::TourServices {
        world: world.clone(),
    };
    let engine = engine::<first::Tour>(store, services).await;
    let handle = engine.handle::<first::Tour>("t").await.unwrap();
    let outcome = handle.outcome().await.unwrap();
    assert!(
        matches!(outcome, DurableOutcome::Completed(())),
        "{outcome:?}"
    );
    assert_eq!(handle.status().await.unwrap().row.state, State::Completed);
}

#[tokio::test(start_paused = true)]
async fn with_the_same_one() {
    let told = goes_on::<first::Tour, _>(|world| first::TourServices { world }).await;
    assert_eq!(told, ["+a +b +c +d", "+b +c +d", "+c +d", "+d"]);
}

#[tokio::test(start_paused = true)]
async fn with_other_policies() {
    let told = goes_on::<patient::Tour, _>(|world| patient::TourServices { world }).await;
    assert_eq!(told, ["+a +b +c +d", "+b +c +d", "+c +d", "+d"]);
}

#[tokio::test(start_paused = true)]
async fn with_a_step_more() {
    let told =
        goes_on::<added_behind_b::Tour, _>(|world| added_behind_b::TourServices { world }).await;
    let new = "its definition has changed: step `x` is new before `c`, which the saga has come to";
    assert_eq!(told, ["+a +b +x +c +d", "+b +x +c +d", new, new]);
}

mod with_an_input {
    use crate::durable::world::{Trouble, World};
    use typed_saga::saga;

    saga! {
        #[classify(Trouble::verdict)]
        #[timeout(5s)]
        pub(super) durable saga Tour(day: u32) with (world: World) -> Result<(), Trouble> {
            #[idempotent]
            step a(world, day, key) -> u32 { world.call("+a", key)?; Ok(*day) }
                compensate(world, a, key) { let _ = a; world.call("-a", key) }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn with_an_input_more() {
    let told =
        goes_on::<with_an_input::Tour, _>(|world| with_an_input::TourServices { world }).await;
    let new =
        "its definition has changed: the input `day` is new, and the saga was submitted without it";
    assert_eq!(told, [new; 4]);
}

#[tokio::test(start_paused = true)]
async fn with_a_step_less() {
    let told = goes_on::<without_c::Tour, _>(|world| without_c::TourServices { world }).await;
    let gone = "its definition has changed: step `c` is not there any more";
    assert_eq!(told, ["+a +b +d", "+b +d", gone, gone]);
}

#[tokio::test(start_paused = true)]
async fn with_a_step_of_another_name() {
    let told = goes_on::<b_renamed::Tour, _>(|world| b_renamed::TourServices { world }).await;
    let gone = "its definition has changed: step `b` is not there any more";
    assert_eq!(told, ["+a +b +c +d", gone, gone, gone]);
}

#[tokio::test(start_paused = true)]
async fn with_a_step_of_another_name_in_the_code_alone() {
    use b_renamed_in_the_code_alone::{Tour, TourServices};
    let told = goes_on::<Tour, _>(|world| TourServices { world }).await;
    assert_eq!(told, ["+a +b +c +d", "+b +c +d", "+c +d", "+d"]);
}

#[tokio::test(start_paused = true)]
async fn with_steps_in_another_order() {
    use b_and_c_swapped::{Tour, TourServices};
    let told = goes_on::<Tour, _>(|world| TourServices { world }).await;
    assert_eq!(told[0], "+a +c +b +d");
    for unreadable in &told[1..] {
        assert_eq!(
            unreadable,
            "its definition has changed: `b` was before `c`, and now comes after it"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn with_an_effect_of_another_type() {
    use b_of_another_type::{Tour, TourServices};
    let told = goes_on::<Tour, _>(|world| TourServices { world }).await;
    // Without an effect of `b` on record, nothing contradicts its type.
    assert_eq!(told[..2], ["+a +b +c +d", "+b +c +d"]);
    for unreadable in &told[2..] {
        assert!(
            unreadable.starts_with("the effect of `b`: "),
            "{unreadable}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn with_an_effect_whose_type_is_written_with_its_path() {
    use b_of_the_same_type::{Tour, TourServices};
    let told = goes_on::<Tour, _>(|world| TourServices { world }).await;
    assert_eq!(told, ["+a +b +c +d", "+b +c +d", "+c +d", "+d"]);
}

#[tokio::test(start_paused = true)]
async fn with_a_compensation_that_reads_more() {
    use b_undone_by_more::{Tour, TourServices};
    let told = goes_on::<Tour, _>(|world| TourServices { world }).await;
    let other = "its definition has changed: the compensation of `b` read `world`, `b`, `key`, and reads `world`, `a`, `b`, `key`";
    assert_eq!(told, ["+a +b +c +d", other, other, other]);
}

mod stranger {
    use crate::durable::world::{Trouble, World};
    use typed_saga::saga;

    saga! {
        #[classify(Trouble::verdict)]
        #[timeout(5s)]
        pub(super) durable saga Stranger() with (world: World) -> Result<(), Trouble> {
            read look(world, key) { world.call("look", key) }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_unknown_saga_is_left_as_it_is() {
    let (store, world) = in_flight(1).await;
    let services = stranger::StrangerServices {
        world: world.clone(),
    };
    let engine = engine::<stranger::Stranger>(&store, services).await;
    tokio::time::sleep(Duration::from_secs(70)).await;
    let handle = engine.submit("s", stranger::Stranger {}).await.unwrap();
    drop(handle.outcome().await.unwrap());
    let listed: Vec<_> = engine
        .unreadable()
        .iter()
        .map(|(saga, why)| format!("{saga}: {why}"))
        .collect();
    assert_eq!(listed, ["Tour/t: no saga of this name is registered"]);
    drop(engine.shutdown(Duration::ZERO).await);
    completes_with_the_first(&store, &world).await;
}

version! { impatient (world: World)
    #[idempotent] #[retry(1)] step a(world, key) -> u32 { world.call("+a", key)?; Ok(1) } compensate(world, a, key) { let _ = a; world.call("-a", key) }
    #[idempotent] #[retry(1)] step b(world, key) -> u32 { world.call("+b", key)?; Ok(2) } compensate(world, b, key) { let _ = b; world.call("-b", key) }
    #[idempotent] #[retry(1)] step c(world, key) -> u32 { world.call("+c", key)?; Ok(3) } compensate(world, c, key) { let _ = c; world.call("-c", key) }
    #[idempotent] #[retry(1)] step d(world, key) -> u32 { world.call("+d", key)?; Ok(4) } compensate(world, d, key) { let _ = d; world.call("-d", key) }
}

/// The step that waits for its second attempt has it, though the new version would give up.
#[tokio::test(start_paused = true)]
async fn with_fewer_attempts() {
    let told = goes_on::<impatient::Tour, _>(|world| impatient::TourServices { world }).await;
    assert_eq!(told, ["+a +b +c +d", "+b +c +d", "+c +d", "+d"]);
}

/// And no third one, though the old version would have made it.
#[tokio::test(start_paused = true)]
async fn with_fewer_attempts_there_is_one_more() {
    let (store, world) = in_flight(2).await;
    for _ in 0..2 {
        world.fails("+c", Trouble(Verdict::Transient, "later".into()));
    }
    let before = world.ledger().calls.len();
    let services = impatient::TourServices {
        world: world.clone(),
    };
    let engine = engine::<impatient::Tour>(&store, services).await;
    let handle = engine.handle::<impatient::Tour>("t").await.unwrap();
    let outcome = handle.outcome().await.unwrap();
    assert!(
        matches!(outcome, DurableOutcome::Compensated(_)),
        "{outcome:?}"
    );
    assert_eq!(world.ledger().calls[before..].join(" "), "+c -b -a");
}
