//! Sagas with time limits on runtimes without timers: one panic, before anything happens. What is
//! counted is every panic of the process.

use crate::ALONE;
use std::{
    panic::{self, AssertUnwindSafe},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU32, Ordering::SeqCst},
    },
    time::Duration,
};
use tokio::runtime::Builder;
use typed_saga::{
    engine::{Engine, Memory},
    saga,
};

#[derive(Clone, Default)]
struct Shop(Arc<AtomicU32>);

impl Shop {
    async fn call(&self) -> Result<u8, String> {
        self.0.fetch_add(1, SeqCst);
        Ok(1)
    }
    async fn undo(&self, _: &u8) -> Result<(), String> {
        self.0.fetch_add(100, SeqCst);
        Ok(())
    }
}

saga! {
    saga OfAStep() with (shop: Shop) -> Result<u8, String> {
        step room(shop) -> u8 = Shop::call
            compensate(shop, room) = Shop::undo;

        #[timeout(1s)] #[idempotent]
        step paid(shop, _key) -> u8 { shop.call().await }
            compensate none

        room + paid
    }

    saga OfACompensation() with (shop: Shop) -> Result<u8, String> {
        step room(shop) -> u8 = Shop::call
            #[timeout(1s)]
            compensate(shop, room) = Shop::undo;

        room
    }

    saga OfAChild() with (shop: Shop) -> Result<u8, String> {
        step before(shop) -> u8 = Shop::call
            compensate none

        step child() -> u8 = saga OfACompensation {} with (shop);

        before + child
    }

    saga OfAnItem() with (shop: Shop) -> Result<u8, String> {
        step before(shop) -> u8 = Shop::call
            compensate none

        #[timeout(1s)]
        for item: u8 in (before => [*before])
        read looked(shop, item) -> u8 { let _ = item; shop.call().await }

        before + looked[0]
    }

    saga OfASignal() with (shop: Shop) -> Result<u8, String> {
        read before(shop) -> u8 = Shop::call;

        #[timeout(1m)]
        signal paid -> u8;

        before + paid
    }

    saga WithoutALimit() with (shop: Shop) -> Result<u8, String> {
        #[retry(2, 1ms..1ms)]
        read first(shop) -> u8 {
            let before = shop.0.load(SeqCst);
            let answer = shop.call().await?;
            if before == 0 {
                Err("busy".to_owned())
            } else {
                Ok(answer)
            }
        }

        sleep nap(=> Duration::from_millis(1));

        first
    }
}

/// Runs a future on a runtime without timers.
fn without_timers<F: Future>(future: F) -> F::Output {
    let runtime = Builder::new_current_thread().build();
    runtime.expect("a runtime").block_on(future)
}

/// The messages of all panics until `act` returns, and what it returns.
fn panics<T>(act: impl FnOnce() -> T) -> (Vec<String>, Option<T>) {
    let said = Arc::new(Mutex::new(Vec::new()));
    let all = Arc::clone(&said);
    let before = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        let mut all = all.lock().unwrap_or_else(PoisonError::into_inner);
        all.push(info.to_string());
    }));
    let returned = panic::catch_unwind(AssertUnwindSafe(act)).ok();
    panic::set_hook(before);
    let said = said.lock().unwrap_or_else(PoisonError::into_inner).clone();
    (said, returned)
}

/// The one panic of a saga that cannot run, which has called nothing.
#[track_caller]
fn is_refused<T>(shop: &Shop, run: impl FnOnce() -> T) {
    let (said, returned) = panics(run);
    assert!(returned.is_none());
    let [said] = said.as_slice() else {
        panic!("one panic, and not {said:#?}");
    };
    assert!(said.contains("enable_time"), "{said}");
    assert_eq!(shop.0.load(SeqCst), 0, "nothing was called");
}

#[test]
fn an_engine_without_timers_does_not_start() {
    let _alone = ALONE.blocking_lock();
    let (said, started) = panics(|| without_timers(Engine::builder(Memory::new()).start()));
    assert!(started.is_none());
    assert!(
        matches!(&*said, [said] if said.contains("enable_time")),
        "{said:?}"
    );
}

#[test]
fn a_time_limit_without_timers_is_one_panic_before_the_first_step() {
    let _alone = ALONE.blocking_lock();
    let shop = Shop::default();
    is_refused(&shop, || {
        without_timers(async { OfAStep {}.with(shop.clone()).await })
    });
    is_refused(&shop, || {
        without_timers(OfAStep {}.with(shop.clone()).outcome())
    });
    is_refused(&shop, || {
        without_timers(async { OfACompensation {}.with(shop.clone()).await })
    });
    is_refused(&shop, || {
        without_timers(async { OfAChild {}.with(shop.clone()).await })
    });
    is_refused(&shop, || {
        without_timers(async { OfAnItem {}.with(shop.clone()).await })
    });
    is_refused(&shop, || {
        without_timers(async { OfASignal {}.with(shop.clone()).await })
    });
    // The caller's deadline is a limit, too.
    is_refused(&shop, || {
        let saga = WithoutALimit {}.with(shop.clone());
        without_timers(saga.deadline(Duration::from_secs(1)).outcome())
    });
}

#[test]
fn a_time_limit_without_a_runtime_is_one_panic_with_the_name_of_the_saga() {
    use std::task::{Context, Waker};
    let _alone = ALONE.blocking_lock();
    let shop = Shop::default();
    let mut running = Box::pin(OfAStep {}.with(shop.clone()).outcome());
    let poll = || {
        drop(
            running
                .as_mut()
                .poll(&mut Context::from_waker(Waker::noop())),
        )
    };
    let (said, _) = panics(poll);
    let [said] = said.as_slice() else {
        panic!("one panic, and not {said:#?}");
    };
    assert!(
        said.contains("`OfAStep`") && said.contains("enable_time"),
        "{said}"
    );
    assert_eq!(shop.0.load(SeqCst), 0);
}

#[test]
fn waits_without_a_limit_need_no_timers() {
    let _alone = ALONE.blocking_lock();
    let shop = Shop::default();
    let saga = WithoutALimit {}.with(shop.clone());
    let outcome = without_timers(saga.outcome());
    assert_eq!(outcome.into_result().unwrap(), 1);
    assert_eq!(shop.0.load(SeqCst), 2);
}
