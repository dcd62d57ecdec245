//! Locks: sagas in memory that need the same key run one after the other.

use crate::common::{NO, Trouble, Vendor, YES};
use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::time::{Instant, sleep};
use typed_saga::{
    Cause, Lock, Outcome, Recording,
    runtime::{Cancel, LockTable, Prepared},
    saga,
};

const MS: fn(u64) -> Duration = Duration::from_millis;

/// Sagas that change an order.
#[derive(Clone, Copy)]
struct OrderLock(u64);

impl Lock for OrderLock {
    const NAME: &'static str = "order";

    fn key(&self) -> String {
        assert!(self.0 != PANICS, "no such order");
        self.0.to_string()
    }
}

/// Sagas that change the stock of a product.
struct Stock(u64);

impl Lock for Stock {
    const NAME: &'static str = "stock";

    fn key(&self) -> String {
        self.0.to_string()
    }
}

/// Sagas that load a van.
struct Van(usize);

impl Lock for Van {
    const NAME: &'static str = "van";

    fn key(&self) -> String {
        self.0.to_string()
    }
}

const PANICS: u64 = 1_313;

saga! {
    #[classify(Trouble::verdict)]
    saga Ship(order: u64) with (vendor: Vendor) -> Result<u32, Trouble> {
        #[idempotent]
        step paper(vendor, key) -> u32 { vendor.order("paper", key).await }
            compensate(vendor, key) { vendor.cancel("no paper", key).await }
        #[timeout(100ms)]
        lock order_lock(order => OrderLock(*order)) -> OrderLock;
        #[idempotent]
        step label(vendor, key) -> u32 { vendor.order("label", key).await }
            compensate(vendor, key) { vendor.cancel("no label", key).await }
        #[idempotent]
        step hand_over(vendor, key) -> u32 { vendor.order("hand over", key).await }
            compensate(vendor, key) { vendor.cancel("take back", key).await }
        label + paper + hand_over
    }
}

fn ship(order: u64, vendor: &Vendor, table: &LockTable) -> Prepared<ShipRun> {
    Ship { order }.with(vendor.clone()).locks(table)
}

fn slow() -> Vendor {
    Vendor::new().always("label", YES.after(10))
}

fn is_free(table: &LockTable) -> bool {
    format!("{table:?}") == format!("{:?}", LockTable::new())
}

#[tokio::test(start_paused = true)]
async fn who_needs_the_same_key_waits_for_the_end() {
    let (vendor, table) = (slow(), LockTable::new());
    let (one, two, other) = tokio::join!(
        ship(7, &vendor, &table),
        ship(7, &vendor, &table),
        ship(8, &vendor, &table),
    );
    one.and(two).and(other).unwrap();
    assert_eq!(vendor.times("paper"), [0, 0, 0], "nobody waits before it");
    assert_eq!(vendor.times("label"), [0, 0, 10]);
    assert!(is_free(&table));
}

#[tokio::test(start_paused = true)]
async fn first_come_first_served() {
    let (vendor, table) = (slow(), LockTable::new());
    let started = Instant::now();
    let runs: Vec<_> = (0..5)
        .map(|number| {
            let run = ship(7, &vendor, &table).start();
            tokio::spawn(async move { run.await.map(|_| (number, Instant::now())) })
        })
        .collect();
    let mut ends = Vec::new();
    for run in runs {
        let (number, end) = run.await.unwrap().unwrap();
        ends.push((number, (end - started).as_millis()));
    }
    assert_eq!(ends, [(0, 10), (1, 20), (2, 30), (3, 40), (4, 50)]);
}

#[tokio::test(start_paused = true)]
async fn it_is_held_until_the_saga_is_undone() {
    let vendor = Vendor::new()
        .on("hand over", [NO])
        .on("no label", [YES.after(30)]);
    let table = LockTable::new();
    let (one, two) = tokio::join!(ship(7, &vendor, &table), ship(7, &vendor, &table));
    assert!(one.is_err());
    two.unwrap();
    assert_eq!(vendor.times("label"), [0, 30]);
}

#[tokio::test(start_paused = true)]
async fn when_its_time_is_over_the_saga_goes_back() {
    let vendor = Vendor::new().always("label", YES.after(150));
    let table = LockTable::new();
    let (one, two) = tokio::join!(ship(7, &vendor, &table), ship(7, &vendor, &table));
    one.unwrap();
    let error = two.unwrap_err();
    assert_eq!(error.step(), Some("order_lock"));
    assert!(matches!(error.cause(), Cause::TimedOut), "{error:?}");
    assert_eq!(vendor.times("no paper"), [100]);
    assert!(is_free(&table));
}

#[tokio::test(start_paused = true)]
async fn who_gives_up_gives_the_place_up() {
    let (vendor, table) = (Vendor::new().on("label", [YES.after(90)]), LockTable::new());
    let first = ship(7, &vendor, &table).start();
    sleep(MS(1)).await;
    let second = ship(7, &vendor, &table).start();
    sleep(MS(1)).await;
    let third = ship(7, &vendor, &table).start();
    sleep(MS(1)).await;
    assert_eq!(second.cancel().await, Cancel::Accepted);
    let failure = second.await.unwrap_err();
    assert!(matches!(failure.cause(), Cause::Cancelled));
    first.await.unwrap();
    third.await.unwrap();
    assert_eq!(vendor.times("label"), [0, 90]);
    assert_eq!(vendor.times("no paper"), [3]);
    assert!(is_free(&table));
}

#[tokio::test(start_paused = true)]
async fn the_deadline_ends_the_wait() {
    let (vendor, table) = (Vendor::new().on("label", [YES.after(90)]), LockTable::new());
    let first = ship(7, &vendor, &table).start();
    sleep(MS(1)).await;
    let second = ship(7, &vendor, &table).deadline(MS(20)).await;
    let failure = second.unwrap_err();
    assert!(matches!(failure.cause(), Cause::DeadlineExceeded));
    assert_eq!(vendor.times("no paper"), [21]);
    first.await.unwrap();
    assert!(is_free(&table));
}

#[tokio::test(start_paused = true)]
async fn a_parked_saga_keeps_it_until_it_is_resumed_or_dropped() {
    let vendor = Vendor::new().on("hand over", [NO; 2]);
    let vendor = vendor.on("no label", [NO; 9]);
    let table = LockTable::new();
    for resumes in [true, false] {
        let Outcome::Parked(parked) = ship(7, &vendor, &table).outcome().await else {
            panic!("its label cannot be undone");
        };
        let waiting = ship(7, &vendor, &table).await.unwrap_err();
        assert!(matches!(waiting.cause(), Cause::TimedOut));
        if resumes {
            let vendor = vendor.clone().on("no label", []);
            drop(parked.resume().await);
            drop(vendor.on("no label", [NO; 9]));
        } else {
            drop(parked);
        }
        assert!(is_free(&table), "resumed: {resumes}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_panic_in_its_expression_fails_it() {
    let (vendor, table) = (Vendor::new(), LockTable::new());
    let failure = ship(PANICS, &vendor, &table).await.unwrap_err();
    assert_eq!(
        failure.failure().to_string(),
        "step `order_lock` panicked: no such order"
    );
    assert_eq!(vendor.line(), "paper, no paper");
    assert!(is_free(&table));
}

#[tokio::test(start_paused = true)]
async fn a_dropped_run_keeps_it_to_its_end() {
    let (vendor, table) = (slow(), LockTable::new());
    let run = tokio::time::timeout(MS(5), ship(7, &vendor, &table).into_future()).await;
    assert!(run.is_err());
    ship(7, &vendor, &table).await.unwrap();
    assert_eq!(vendor.times("label"), [0, 10]);
}

#[tokio::test(start_paused = true)]
async fn the_table_of_the_process_is_that_of_all_without_another() {
    let vendor = slow();
    let order = 70_001;
    let (one, two) = tokio::join!(
        Ship { order }.with(vendor.clone()),
        Ship { order }.with(vendor.clone()).id("the-other"),
    );
    one.and(two).unwrap();
    assert_eq!(vendor.times("label"), [0, 10]);
}

#[test]
fn without_a_runtime_a_free_key_is_taken() {
    let table = LockTable::new();
    let run = || ship(7, &Vendor::new(), &table);
    futures_lite(run()).unwrap();
    futures_lite(run()).unwrap();
    assert!(is_free(&table));
}

saga! {
    #[classify(Trouble::verdict)]
    saga Close(order: u64) with (table: LockTable) -> Result<bool, Trouble> {
        #[timeout(100ms)]
        lock order_lock(order => OrderLock(*order)) -> OrderLock;
        read locked(table) -> bool { Ok(!is_free(table)) }
        finally(table) { assert!(is_free(table), "`finally` has a key"); }
        locked
    }
}

#[tokio::test]
async fn finally_runs_without_it() {
    let table = LockTable::new();
    let run = Close { order: 7 }.with(table.clone()).locks(&table).start();
    assert!(matches!(run.finished().await, Outcome::Completed(true)));
}

#[tokio::test]
async fn a_walk_takes_no_keys() {
    let table = LockTable::new();
    let services = CloseServices { table };
    let state = Close { order: 7 }.walk().order_lock(&services).await;
    let end = state.unwrap().locked(&services).await.unwrap();
    assert!(!end.output());
}

/// Polls a run that never waits.
fn futures_lite<T>(run: impl IntoFuture<Output = T>) -> T {
    use std::{pin::pin, task};
    let mut run = pin!(run.into_future());
    match run
        .as_mut()
        .poll(&mut task::Context::from_waker(task::Waker::noop()))
    {
        task::Poll::Ready(end) => end,
        task::Poll::Pending => panic!("it waits"),
    }
}

#[tokio::test(start_paused = true)]
async fn observers_are_told() {
    let (vendor, table) = (slow(), LockTable::new());
    let recording = Recording::default();
    let (one, two) = tokio::join!(
        ship(7, &vendor, &table),
        ship(7, &vendor, &table)
            .id("second")
            .observe(recording.clone()),
    );
    one.and(two).unwrap();
    assert_eq!(
        told_of(&recording, "order_lock"),
        ["waits 100ms for its lock", "is locked"]
    );
}

fn told_of(recording: &Recording, step: &str) -> Vec<String> {
    let told = recording.so_far().into_iter();
    let told = told.filter(|told| told.step == Some(step));
    told.map(|told| told.what).collect()
}

saga! {
    #[classify(Trouble::verdict)]
    saga Restock(orders: Vec<u64>, products: Vec<u64>, gift: bool)
    with (vendor: Vendor, ledger: Arc<Ledger>)
    -> Result<(), Trouble>
    {
        #[timeout(never)]
        lock all_orders(orders =>
            orders.iter().map(|order| OrderLock(*order)).collect()
        ) -> Vec<OrderLock>;
        when (gift => *gift) {
            #[timeout(never)]
            lock stock(products =>
                products.iter().map(|product| Stock(*product)).collect()
            ) -> Vec<Stock>;
            read count(ledger, products) { ledger.visit("stock", products).await }
        }
        read change(ledger, orders) { ledger.visit("order", orders).await }
        #[idempotent]
        pivot done(vendor, key) { vendor.order("done", key).await.map(drop) }
        #[timeout(never)]
        lock van(orders => Van(orders.len())) -> Van;
        read loaded(ledger, orders) { ledger.visit("van", &[orders.len() as u64]).await }
    }
}

/// Who is where; fails if two are in one place.
#[derive(Default)]
struct Ledger {
    places: Mutex<HashSet<(&'static str, u64)>>,
    visits: Mutex<HashMap<(&'static str, u64), usize>>,
}

impl Ledger {
    async fn visit(&self, name: &'static str, keys: &[u64]) -> Result<(), Trouble> {
        let keys: HashSet<_> = keys.iter().map(|key| (name, *key)).collect();
        for key in &keys {
            assert!(lock(&self.places).insert(*key), "two have {key:?}");
            *lock(&self.visits).entry(*key).or_default() += 1;
        }
        sleep(MS(keys.len() as u64)).await;
        for key in &keys {
            lock(&self.places).remove(key);
        }
        Ok(())
    }
}

fn lock<T>(of: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

fn restock(orders: Vec<u64>, products: Vec<u64>, gift: bool) -> Restock {
    Restock {
        orders,
        products,
        gift,
    }
}

/// Each of 500 sagas needs several of few keys, of two locks, in any order.
#[tokio::test(start_paused = true)]
async fn no_key_has_two_holders_and_nobody_waits_for_ever() {
    let (vendor, ledger, table) = (Vendor::new(), Arc::new(Ledger::default()), LockTable::new());
    let mut seed = saga_tests::seed_of(7);
    let mut some = |of: u64| -> Vec<u64> {
        let mut next = || {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (seed >> 33) % of
        };
        let many = 1 + next() % 3;
        (0..many).map(|_| next()).collect()
    };
    let mut runs = Vec::new();
    for _ in 0..500 {
        let (orders, products) = (some(8), some(6));
        let gift = orders[0] % 2 == 0;
        let saga = restock(orders, products, gift);
        let run = saga.with(vendor.clone(), Arc::clone(&ledger)).locks(&table);
        runs.push(run.start());
    }
    for run in runs {
        run.await.unwrap();
    }
    assert!(lock(&ledger.visits).values().all(|visits| *visits > 10));
    assert!(is_free(&table));
}

#[tokio::test(start_paused = true)]
async fn without_a_key_nothing_is_requested() {
    let (ledger, table) = (Arc::new(Ledger::default()), LockTable::new());
    let run = restock(Vec::new(), vec![1], false).with(Vendor::new(), ledger);
    let recording = Recording::default();
    run.locks(&table).observe(recording.clone()).await.unwrap();
    assert_eq!(told_of(&recording, "all_orders"), ["is skipped"]);
}

#[tokio::test(start_paused = true)]
async fn too_many_keys_fail_it() {
    let (ledger, table) = (Arc::new(Ledger::default()), LockTable::new());
    let orders = (100..=1100).collect();
    let run = restock(orders, vec![1], false).with(Vendor::new(), ledger);
    let error = run.locks(&table).await.unwrap_err();
    assert!(matches!(error.cause(), Cause::TooManyItems { limit: 1000 }));
    let twice = (0..1000).chain(0..500).collect();
    let ledger = Arc::new(Ledger::default());
    let run = restock(twice, vec![1], false).with(Vendor::new(), ledger);
    run.locks(&table).await.unwrap();
}
