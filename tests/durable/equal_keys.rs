//! No two items of a loop have the same key: each shape of a loop with each list of keys, in memory and
//! on an engine, and on an engine whose process ends at each of its writes.

mod depot;
mod shapes;

use self::depot::{Depot, Rows};
use super::lives::lives;
use shapes::{Case, Expected, check_all};
use std::{collections::BTreeSet, future::Future, time::Duration};
use tokio::runtime::Builder;
use typed_saga::{
    Error,
    engine::{DurableOutcome, Engine, Memory},
    runtime::{Durable, Services},
};

/// Lists of keys: no key twice, one twice next to each other, apart, and in one row.
const LISTS: &[&[&[&str]]] = &[
    &[],
    &[&["a"]],
    &[&["a"], &["b"]],
    &[&["a"], &["b"], &["c"]],
    &[&["a"], &["a"]],
    &[&["a"], &["b"], &["a"]],
    &[&["a"], &["b"], &["b"]],
    &[&["a", "b"], &["c", "d"]],
    &[&["a", "b"], &["c", "a"]],
    &[&["a", "b"], &["b"], &["c"]],
    &[&["a", "a"], &["b"]],
    &[&["b"], &["a", "c", "a"]],
    &[&[], &["a"], &[], &["a"]],
];

fn rows(list: &[&[&str]]) -> Rows {
    let row = |row: &&[&str]| row.iter().map(|key| (*key).to_owned()).collect();
    list.iter().map(row).collect()
}

fn has_equal(rows: &Rows) -> bool {
    let mut seen = BTreeSet::new();
    !rows.iter().flatten().all(|key| seen.insert(key))
}

/// What became of a saga: its end in words, and the depot.
type End = (String, Depot);

fn audit(case: Case, rows: &Rows, (ended, depot): &End, context: &str) {
    let context = format!("{} {rows:?} {context}: {ended}, {depot:?}", case.name);
    for (key, items) in depot.used() {
        assert_eq!(items.len(), 1, "{key} belongs to {items:?}: {context}");
    }
    let fails = has_equal(rows) && case.expected != Expected::Completes;
    assert_eq!(ended.starts_with("completed"), !fails, "{context}");
    match case.expected {
        _ if !fails => {}
        Expected::Fails => {
            assert!(ended.contains("have the same key"), "{context}");
            assert!(ended.ends_with("Compensated { left: [] }"), "{context}");
            assert_eq!(depot.standing(), 0, "{context}");
        }
        Expected::Leaves | Expected::Parks => {
            assert!(ended.contains("have the same key"), "{context}");
        }
        Expected::Completes => unreachable!("it does not fail"),
    }
}

/// On an engine whose processes end at these writes.
fn on_an_engine<S, V>(
    saga: fn(Rows) -> S,
    services: fn(Depot) -> V,
    rows: &Rows,
    crashes: &[(bool, u64)],
) -> (End, Vec<u64>)
where
    S: Durable<Error = String, Output: std::fmt::Debug>,
    V: Services<S>,
{
    let (memory, depot) = (Memory::new(), Depot::default());
    let mut ended = String::new();
    let writes = lives(&memory, crashes, async |store| {
        let builder = Engine::builder(store).register::<S>(services(depot.clone()));
        let engine = builder.start().await.unwrap();
        let handle = engine.submit("order-42", saga(rows.clone())).await.unwrap();
        ended = match handle.outcome().await.unwrap() {
            DurableOutcome::Completed(output) => format!("completed {output:?}"),
            other => {
                let error = other.error().expect("it fails");
                format!("{error} {:?}", error.completeness())
            }
        };
        drop(engine.shutdown(Duration::from_secs(60)).await);
    });
    ((ended, depot), writes)
}

/// In memory.
fn in_memory<T: std::fmt::Debug>(saga: impl Future<Output = Result<T, Error<String>>>) -> String {
    let mut runtime = Builder::new_current_thread();
    let runtime = runtime.enable_time().start_paused(true).build().unwrap();
    match runtime.block_on(saga) {
        Ok(output) => format!("completed {output:?}"),
        Err(error) => format!("{error} {:?}", error.completeness()),
    }
}

/// Returns how many runs were compared.
fn check<S, V>(
    case: Case,
    saga: fn(Rows) -> S,
    services: fn(Depot) -> V,
    in_memory: fn(Rows, Depot) -> String,
) -> usize
where
    S: Durable<Error = String, Output: std::fmt::Debug>,
    V: Services<S>,
{
    let mut runs = 0;
    for list in LISTS {
        let rows = rows(list);
        let depot = Depot::default();
        let quick = (in_memory(rows.clone(), depot.clone()), depot);
        audit(case, &rows, &quick, "in memory");
        let (whole, writes) = on_an_engine(saga, services, &rows, &[]);
        audit(case, &rows, &whole, "on an engine");
        assert_eq!(whole.0, quick.0, "{} {rows:?}", case.name);
        assert_eq!(whole.1.used(), quick.1.used(), "{} {rows:?}", case.name);
        let crashes = case.expected != Expected::Completes;
        for write in (0..writes[0]).filter(|_| crashes) {
            let (ended, _) = on_an_engine(saga, services, &rows, &[(true, write)]);
            let context = format!("ended after write {write}");
            audit(case, &rows, &ended, &context);
            // Whether what is left is certain depends on the call that was lost.
            let told = |end: &End| end.0.split("; ").next().map(str::to_owned);
            assert_eq!(
                told(&ended),
                told(&whole),
                "{} {rows:?} {context}",
                case.name
            );
            runs += 1;
        }
    }
    runs
}

#[test]
fn no_two_items_have_the_same_key_wherever_a_process_ends() {
    let runs = check_all();
    assert!(runs > 1_900, "{runs}");
}
