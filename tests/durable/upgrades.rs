//! Pairs of versions of one saga: wherever the first one ends with its process, the second one continues
//! the run as a run of its own, and the first one may continue it again.
//!
//! Each pair is run with every trouble, from every write on. Whatever follows: it ends; no effect is made
//! twice; what is not completed is undone; and it reruns from savepoints as often as the version says that
//! has it.

use crate::durable::{
    releases::{Left, of, version},
    world::{Trouble, World},
};
use saga_tests::bound;
use std::time::Duration;
use tokio::{runtime::Builder, time::timeout};
use typed_saga::{
    Verdict,
    definition::{Definition, parts::Limit},
    engine::{
        DurableOutcome, Engine, EngineError, Memory, ReadStore, SagaId, Store, for_logs::record,
    },
    runtime::{Durable, Services},
};
use typed_saga_conformance::Faulty;

/// A lock that every order takes.
pub(crate) struct Counter;

impl typed_saga::Lock for Counter {
    const NAME: &'static str = "counter";

    fn key(&self) -> String {
        "1".to_owned()
    }
}

/// A version of the saga: the attributes of its first three steps, and what comes after them, which
/// reads `world` and `a`.
macro_rules! order {
    ($version:ident ($world:ident $a:ident) [$($a_is:tt)*] [$($b_is:tt)*] [$($c_is:tt)*] $($more:tt)*) => {
        version! { $version
            #[classify(Trouble::verdict)] #[timeout(5s)]
            pub(in super::super::super) durable saga Order() with ($world: World) -> Result<(), Trouble> {
                #[idempotent] $($a_is)*
                step $a($world, key) -> u32 { $world.call("+a", key).map(|()| 1) }
                    compensate($world, $a, key) { let _ = $a; $world.call("-a", key) }
                #[idempotent] $($b_is)*
                step b($world, $a, key) -> u32 { let _ = $a; $world.call("+b", key).map(|()| 2) }
                    compensate($world, b, key) { let _ = b; $world.call("-b", key) }
                #[idempotent] $($c_is)*
                step c($world, b, key) -> u32 { let _ = b; $world.call("+c", key).map(|()| 3) }
                    compensate($world, c, key) { let _ = c; $world.call("-c", key) }
                $($more)*
            }
        }
    };
}

/// Two versions, and a test of them. `back`: what may keep the first one from continuing a run of the
/// second one.
macro_rules! pairs {
    ($($pair:ident { $($first:tt)* } { $($second:tt)* } back $back:expr;)*) => {$(
        mod $pair {
            use super::{of, upgrades, version};

            order! { first $($first)* }
            order! { second $($second)* }

            #[test]
            fn each_version_goes_on_with_what_the_other_one_left() {
                upgrades(
                    stringify!($pair),
                    |world| of!(first, world),
                    |world| of!(second, world),
                    $back,
                );
            }
        }
    )*};
}

pairs! {
    savepoint_gone
        { (world a) [#[savepoint(3, 1ms..1ms)]] [#[savepoint(2, 1ms..1ms)]] [] }
        { (world a) [] [] [] }
        back &[];
    savepoint_gone_and_a_lock
        { (world a) [#[savepoint(3, 1ms..1ms)]] [] [] }
        { (world a) [] [] []
            #[timeout(never)] lock counter(world => { let _ = world; crate::durable::upgrades::Counter }) -> crate::durable::upgrades::Counter;
            #[idempotent] step z(world, key) { world.call("+z", key) } compensate(world, key) { world.call("-z", key) }
        }
        back &["step `counter` is not there any more"];
    savepoint_gone_and_a_step_that_is_undone_with_another
        { (world a) [] [#[savepoint(3, 1ms..1ms)]] [] }
        { (world a) [] [] []
            #[idempotent] step z(world, a, key) { let _ = a; world.call("?z", key) } compensate with a
        }
        back &["step `z` is not there any more"];
    savepoint_gone_and_a_key_that_stays
        { (world a) [#[savepoint(3, 1ms..1ms)]] [] [] }
        { (world a) [] [] []
            #[idempotent(by = a)] step z(world, a) { world.named("+z", &format!("z{a}")) }
                compensate(world, a) { world.named("-z", &format!("z{a}")) }
        }
        back &["step `z` is not there any more"];
    condition_gone
        { (world a) [#[savepoint(2, 1ms..1ms, if = Trouble::turns)]] [] [] }
        { (world a) [] [] [] }
        back &[];
    savepoint_added
        { (world a) [] [] [] }
        { (world a) [#[savepoint(2, 1ms..1ms)]] [#[savepoint(1, 1ms..1ms)]] [] }
        back &[];
    lower_counts
        { (world a) [#[savepoint(4, 1ms..1ms)] #[retry(4, 1ms..1ms)]] [#[retry(4, 1ms..1ms)]] [#[retry(5, 1ms..1ms)]] }
        { (world a) [#[savepoint(1, 1ms..1ms)] #[retry(1, 1ms..1ms)]] [#[retry(3, 1ms..1ms)]] [#[retry(4, 1ms..1ms)]] }
        back &[];
    when_added
        { (world a) [#[savepoint(1, 1ms..1ms)]] [] [] }
        { (world a) [#[savepoint(1, 1ms..1ms)]] [] []
            #[when(world => world.calls().len() % 2 == 0)] #[idempotent]
            step z(world, key) { world.call("+z", key) } compensate(world, key) { world.call("-z", key) }
        }
        back &["step `z` is not there any more"];
    retired
        { (world a) [#[savepoint(2, 1ms..1ms)]] [] [] #[idempotent] step z(world, key) { world.call("+z", key) } compensate(world, key) { world.call("-z", key) } }
        { (world a) [] [] [] #[retired] #[idempotent] step z(world, key) { world.call("+z", key) } compensate(world, key) { world.call("-z", key) } }
        back &[];
}

/// What goes wrong.
const TROUBLE: [&[(&str, Verdict)]; 8] = [
    &[],
    &[("+c", Verdict::Refused)],
    &[
        ("+c", Verdict::Refused),
        ("+c", Verdict::Refused),
        ("+c", Verdict::Refused),
    ],
    &[("+b", Verdict::Unknown), ("+c", Verdict::Refused)],
    &[
        ("+b", Verdict::Transient),
        ("+b", Verdict::Transient),
        ("+b", Verdict::Refused),
    ],
    &[
        ("+c", Verdict::Unknown),
        ("+c", Verdict::Unknown),
        ("+c", Verdict::Unknown),
    ],
    &[
        ("+c", Verdict::Refused),
        ("-b", Verdict::Transient),
        ("+b", Verdict::Refused),
    ],
    &[
        ("+z", Verdict::Refused),
        ("+z", Verdict::Refused),
        ("?z", Verdict::Refused),
        ("?z", Verdict::Refused),
    ],
];

/// Runs the order in this version, until the process ends after a write, or to its end.
pub(crate) async fn lives<S: Durable<Output = ()>>(
    store: impl Store,
    (order, services): (S, impl Services<S>),
    crash: Option<u64>,
) -> Left {
    let store = Faulty::new(store);
    let store = match crash {
        Some(write) => store.crash_after(write),
        None => store,
    };
    let builder = Engine::builder(store.clone()).register::<S>(services);
    let ends = async {
        let engine = builder.start().await.unwrap();
        let outcome = match engine.submit("o", order).await {
            Ok(handle) => handle.outcome().await,
            Err(error) => Err(error),
        };
        let left = match outcome {
            Ok(DurableOutcome::Completed(())) => Left::Completed,
            Ok(DurableOutcome::Compensated(_)) => Left::Compensated,
            Ok(DurableOutcome::Parked(_)) => Left::Parked,
            Ok(_) => panic!("it has another end"),
            Err(EngineError::Unreadable { why, .. }) => Left::Unreadable(why.to_string()),
            Err(error) => panic!("{error}"),
        };
        drop(engine.shutdown(Duration::from_secs(5)).await);
        left
    };
    let lives = async {
        tokio::select! {
            left = ends => left,
            () = store.crashed() => Left::Crashed,
        }
    };
    timeout(Duration::from_secs(3600), lives)
        .await
        .expect("it does not hang")
}

/// As above, in a process of its own, on a store in memory.
fn run<S: Durable<Output = ()>>(
    memory: &Memory,
    order: (S, impl Services<S>),
    crash: Option<u64>,
) -> Left {
    let mut builder = Builder::new_current_thread();
    let runtime = builder.enable_all().start_paused(true).build().unwrap();
    runtime.block_on(lives(memory.clone(), order, crash))
}

/// How often it may go forward again from each savepoint, by the version that had it then.
pub(crate) fn audit(memory: &impl ReadStore, versions: [&Definition; 2]) {
    let runtime = Builder::new_current_thread().build().unwrap();
    let stored = runtime.block_on(memory.load(SagaId::new("Order", "o")));
    let commits = stored.unwrap().map_or(Vec::new(), |stored| stored.commits);
    let records = commits
        .iter()
        .flat_map(|commit| record::decode(&commit.records).unwrap());
    let (mut turns, mut has) = (0, versions[0]);
    for record in records {
        match record.what {
            record::RecordKind::Started | record::RecordKind::Redefined => {
                let started = record.what == record::RecordKind::Started;
                assert!(started || record.from_here, "{record:?}");
                let is = |of: &&&Definition| Some(of.fingerprint()) == record.definition;
                // One with marks is of the second version.
                has = versions.iter().find(is).unwrap_or(&versions[1]);
            }
            record::RecordKind::Turned => {
                let steps = has.steps.iter();
                let mut at = steps.filter(|step| Some(&step.name) == record.step.as_ref());
                let savepoint = at.next().and_then(|step| step.savepoint.as_ref());
                let limit = savepoint.expect("it has a savepoint").limit;
                assert!(
                    limit.allows(turns) && limit != Limit::Forever,
                    "{turns} {limit:?}"
                );
                turns += 1;
            }
            _ => {}
        }
    }
}

/// Nothing twice, and nothing left of what was not completed.
pub(crate) fn check(world: &World, left: &Left, at: &str) {
    let standing = world.standing();
    let mut once = standing.clone();
    once.dedup();
    assert_eq!(standing, once, "twice: {at}: {}", world.calls());
    match left {
        Left::Completed => {
            for step in ["a", "b", "c"] {
                assert!(
                    standing.contains(&step),
                    "{step} is missing: {at}: {}",
                    world.calls()
                );
            }
        }
        Left::Compensated => assert_eq!(standing, [""; 0], "{at}: {}", world.calls()),
        Left::Crashed | Left::Parked | Left::Unreadable(_) => panic!("{left:?} is no end: {at}"),
    }
}

fn troubled(trouble: &[(&'static str, Verdict)]) -> World {
    let world = World::default();
    for (call, verdict) in trouble {
        world.fails(call, Trouble(*verdict, "not now".into()));
    }
    world
}

/// The last write after which a version may end.
const WRITES: u64 = 60;

fn upgrades<S, T, V, W>(
    pair: &str,
    first: impl Fn(World) -> (S, V),
    second: impl Fn(World) -> (T, W),
    back: &[&str],
) where
    S: Durable<Output = ()>,
    T: Durable<Output = ()>,
    V: Services<S>,
    W: Services<T>,
{
    let versions = [S::DEFINITION, T::DEFINITION];
    let (mut stops, mut returns, mut refused) = (0, 0, 0);
    for trouble in TROUBLE {
        for write in 0..WRITES {
            let (memory, world) = (Memory::new(), troubled(trouble));
            if run(&memory, first(world.clone()), Some(write)) != Left::Crashed {
                break;
            }
            let left = run(&memory, second(world.clone()), None);
            let at = format!("{pair} {trouble:?} {write}");
            check(&world, &left, &at);
            audit(&memory, versions);
            stops += 1;
            // And back, after some writes of the second version.
            for more in (1..).take(bound(12, 8)) {
                let (memory, world) = (Memory::new(), troubled(trouble));
                run(&memory, first(world.clone()), Some(write));
                if run(&memory, second(world.clone()), Some(more)) != Left::Crashed {
                    break;
                }
                let at = format!("{at} {more}");
                let left = match run(&memory, first(world.clone()), None) {
                    Left::Unreadable(why) => {
                        assert!(back.iter().any(|known| why.ends_with(known)), "{why}: {at}");
                        refused += 1;
                        run(&memory, second(world.clone()), None)
                    }
                    left => left,
                };
                check(&world, &left, &at);
                audit(&memory, versions);
                returns += 1;
            }
        }
    }
    println!("{pair}: {stops} stops, {returns} returns, {refused} of them refused");
    assert!(stops > 60 && returns > 200, "{stops} {returns}");
    assert_eq!(refused > 0, !back.is_empty());
}
