//! A step that makes several calls, of which the second may be refused.

#![expect(clippy::unused_async, reason = "what a step awaits")]

use saga::{
    Context, Key, Verdict,
    runtime::CallKind,
    saga,
    testing::{Effect, Promise, Report, Trouble, explore},
};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
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
            Verdict::Refused | Verdict::Unknown => None,
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

    fn effects(&self) -> Vec<Effect> {
        let (lines, _) = &*self.0.lock().unwrap();
        let reserved = lines.iter().filter(|(_, (made, _))| *made > 0);
        let effect = |(key, (made, undone)): (&String, &(u32, u32))| {
            Effect::of("lines").key(key).made(*made).undone(*undone)
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

fn explored(honest: bool) -> Report {
    saga! {
        #[classify(StockError::verdict)]
        #[timeout(1s)]
        saga Fulfil(honest: bool) with (stock: Stock) -> Result<(), StockError> {
            #[retry(5, 1ms..1ms)]
            step lines(stock, honest, ctx) {
                for n in 0..2 {
                    let reserved = stock.reserve(n, line(ctx, n)).await;
                    reserved.map_err(|error| of_step(n, *honest, error))?;
                }
                Ok(())
            }
                #[by_key]
                compensate(stock, ctx) {
                    for n in 0..2 {
                        stock.release(line(ctx, n)).await?;
                    }
                    Ok(())
                }
        }
    }
    explore(Stock::default, move |stock| {
        Fulfil { honest }.with(stock.clone()).id("order-1")
    })
    .error(StockError::sample)
    .ledger(Stock::effects)
    .calls("lines", 2)
    .depth(1)
    .run()
}

/// Although the third attempt finishes it.
#[test]
fn an_error_that_hides_what_is_half_done_is_found() {
    let report = explored(false);
    let finding = &report.findings()[0];
    assert_eq!(finding.step(), Some("lines"));
    assert_eq!(finding.promise(), Promise::Classify);
    assert_eq!(finding.path(), "");
    assert!(
        finding
            .what()
            .starts_with("its error is `Transient`, as if nothing had happened, and 1"),
        "{finding}"
    );
}

#[test]
fn an_error_that_says_so_is_right() {
    let report = explored(true);
    report.assert();
    let half_done = Trouble::HalfDone;
    assert!(report.reached("lines", CallKind::Action, half_done) > 0);
}
