//! A step that makes several calls, of which the second may be refused.

#![expect(clippy::unused_async, reason = "what a step awaits")]

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};
use typed_saga::{
    Context, Key, Verdict,
    runtime::{CallKind, Machine, Prepared},
    saga,
    testing::{Contract, Effect, Explorer, Fault, Report, explore},
};

#[derive(Debug)]
enum StockError {
    Busy,
    Half,
}

impl StockError {
    fn verdict(&self) -> Verdict {
        match self {
            Self::Busy => Verdict::Transient,
            Self::Half => Verdict::Partial,
        }
    }

    fn sample(verdict: Verdict) -> Option<Self> {
        match verdict {
            Verdict::Transient => Some(Self::Busy),
            Verdict::Partial => Some(Self::Half),
            _ => None,
        }
    }
}

type Lines = BTreeMap<String, (u32, u32)>;

/// By key: how often it was reserved and released. The first two calls for line 1 are in vain.
#[derive(Clone, Default)]
struct Stock(Arc<Mutex<(Lines, u32)>>);

impl Stock {
    async fn reserve(&self, line: u32, key: Key) -> Result<(), StockError> {
        let (lines, busy) = &mut *self.0.lock().unwrap();
        if line == 1 {
            *busy += 1;
            if *busy <= 2 {
                return Err(StockError::Busy);
            }
        }
        lines.entry(key.to_string()).or_insert((1, 0));
        Ok(())
    }

    async fn release(&self, key: Key) -> Result<(), StockError> {
        let (lines, _) = &mut *self.0.lock().unwrap();
        lines.entry(key.to_string()).or_default().1 = 1;
        Ok(())
    }

    fn effects(&self, step: &str) -> Vec<Effect> {
        let (lines, _) = &*self.0.lock().unwrap();
        let reserved = lines.iter().filter(|(_, (made, _))| *made > 0);
        let effect = |(key, (made, undone)): (&String, &(u32, u32))| {
            Effect::of(step).key(key).made(*made).undone(*undone)
        };
        reserved.map(effect).collect()
    }
}

fn line(ctx: &Context<'_>, line: u32) -> Key {
    ctx.key_for(&format!("line {line}"))
}

/// The error of the second call as it is, or as what it means for the step.
fn of_step(line: u32, honest: bool, error: StockError) -> StockError {
    if honest && line > 0 {
        StockError::Half
    } else {
        error
    }
}

/// Makes both calls. A second one that is refused may be told as what it means for the step.
async fn reserve(stock: &Stock, honest: bool, ctx: &Context<'_>) -> Result<(), StockError> {
    for n in 0..2 {
        let reserved = stock.reserve(n, line(ctx, n)).await;
        reserved.map_err(|error| of_step(n, honest, error))?;
    }
    Ok(())
}

async fn release(stock: &Stock, lines: u32, ctx: &Context<'_>) -> Result<(), StockError> {
    for n in 0..lines {
        stock.release(line(ctx, n)).await?;
    }
    Ok(())
}

saga! {
    #[classify(StockError::verdict)]
    #[timeout(1s)]
    saga Fulfil(honest: bool, undone: u32) with (stock: Stock) -> Result<(), StockError> {
        #[retry(5, 1ms..1ms)]
        step lines(stock, honest, ctx) { reserve(stock, *honest, ctx).await }
            #[by_key]
            compensate(stock, undone, ctx) { release(stock, *undone, ctx).await }
    }

    #[classify(StockError::verdict)]
    #[timeout(1s)]
    saga Order(honest: bool) with (stock: Stock) -> Result<(), StockError> {
        #[timeout(60s)]
        step goods(honest) = saga Fulfil { honest: *honest, undone: 2 } with (stock);
    }

    #[classify(StockError::verdict)]
    #[timeout(1s)]
    saga Orders(honest: bool) with (stock: Stock) -> Result<(), StockError> {
        #[retry(5, 1ms..1ms)]
        for _order: u32 in (=> 0..2)
        step lines(stock, honest, ctx) { reserve(stock, *honest, ctx).await }
            #[by_key]
            compensate(stock, ctx) { release(stock, 2, ctx).await }
    }
}

fn explored<M: Machine<Error = StockError>>(
    step: &'static str,
    saga: impl Fn(&Stock) -> Prepared<M> + 'static,
) -> Explorer<Stock, M> {
    explore(Stock::default, saga)
        .error(StockError::sample)
        .ledger(move |stock| stock.effects(step))
        .calls(step, 2)
        .depth(1)
}

fn fulfil(honest: bool, undone: u32) -> Explorer<Stock, FulfilRun> {
    explored("lines", move |stock| {
        let fulfil = Fulfil { honest, undone };
        fulfil.with(stock.clone()).id("order-1")
    })
}

fn order(honest: bool) -> Report {
    explored("goods/lines", move |stock| {
        Order { honest }.with(stock.clone()).id("order-1")
    })
    .run()
}

fn orders(honest: bool) -> Report {
    explored("lines", move |stock| {
        Orders { honest }.with(stock.clone()).id("orders-1")
    })
    .run()
}

/// Although the third attempt finishes it.
#[test]
fn an_error_that_hides_what_is_half_done_is_found() {
    for (report, step) in [
        (fulfil(false, 2).run(), "lines"),
        (order(false), "goods/lines"),
        (orders(false), "lines[0]"),
    ] {
        let finding = &report.findings()[0];
        assert_eq!(finding.step(), Some(step));
        assert_eq!(finding.contract(), Contract::Classify);
        assert_eq!(finding.path(), "");
        assert!(
            finding
                .what()
                .starts_with("its error is `Transient`, as if nothing had happened, and 1"),
            "{finding}"
        );
    }
}

#[test]
fn an_error_that_says_so_is_right() {
    for (report, step) in [
        (fulfil(true, 2).run(), "lines"),
        (order(true), "goods/lines"),
        (orders(true), "lines[0]"),
        (orders(true), "lines[1]"),
    ] {
        report.assert();
        let half_done = Fault::HalfDone;
        assert!(report.reached(step, CallKind::Action, half_done) > 0);
    }
}

/// It says so, and its compensation undoes the first call alone.
#[test]
fn a_compensation_that_forgets_half_of_what_was_done_is_found() {
    for trouble in [Fault::HalfDone, Fault::LostInTime] {
        let path = format!("lines action 3 {trouble}");
        let report = fulfil(true, 1).only(path).run();
        let finding = &report.findings()[0];
        assert_eq!(finding.step(), Some("lines"));
        assert_eq!(finding.contract(), Contract::ByKey, "{finding}");
    }
    assert!(!fulfil(true, 1).run().findings().is_empty());
}
