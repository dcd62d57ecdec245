//! Sagas that are steps of others, and loops: troubles in their steps and items, by path.

#![expect(clippy::unused_async, reason = "what a step awaits")]

mod each;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};
use typed_saga::{
    Key, Verdict,
    runtime::{
        CallKind::{Action, Compensate, Resolve},
        Machine, Prepared,
    },
    saga,
    testing::{Contract, Effect, Explorer, Fault, explore},
};

#[derive(Debug, thiserror::Error, serde::Serialize, serde::Deserialize)]
#[error("{0:?}")]
struct ShopError(Verdict);

impl ShopError {
    fn verdict(&self) -> Verdict {
        self.0
    }
}

/// That of the sagas that are steps.
#[derive(Debug, thiserror::Error, serde::Serialize, serde::Deserialize)]
#[error("{0:?}")]
struct StockError(Verdict);

impl StockError {
    fn verdict(&self) -> Verdict {
        self.0
    }
}

impl From<StockError> for ShopError {
    fn from(StockError(verdict): StockError) -> Self {
        Self(verdict)
    }
}

/// By step and key: how often it was taken and put back, and whether it never can be any more.
type Ledger = BTreeMap<(&'static str, String), (u32, u32, bool)>;

#[derive(Clone, Default)]
struct Stock(Arc<Mutex<Ledger>>);

impl Stock {
    fn take<E: From<StockError>>(&self, step: &'static str, key: &Key) -> Result<String, E> {
        let mut all = self.0.lock().unwrap();
        let (made, _, stopped) = all.entry((step, key.to_string())).or_default();
        if *stopped {
            return Err(StockError(Verdict::Refused).into());
        }
        *made = 1;
        Ok(key.to_string())
    }

    async fn paper(&self, key: &Key) -> Result<String, StockError> {
        self.take("wrapped/paper", key)
    }

    async fn ribbon(&self, key: &Key) -> Result<String, StockError> {
        self.take("wrapped/ribbon", key)
    }

    async fn was_cut(&self, key: &Key) -> Result<Option<String>, StockError> {
        let mut all = self.0.lock().unwrap();
        let (made, _, stopped) = all.entry(("wrapped/ribbon", key.to_string())).or_default();
        *stopped = *made == 0;
        Ok((*made > 0).then(|| key.to_string()))
    }

    async fn put_back(&self, key: &str) -> Result<(), StockError> {
        let mut all = self.0.lock().unwrap();
        let own = all.iter_mut().find(|((_, of), _)| of == key);
        own.expect("it was taken").1.1 = 1;
        Ok(())
    }

    async fn forget(&self, _: &str) -> Result<(), StockError> {
        Ok(())
    }

    async fn hold(&self, key: &Key) -> Result<String, ShopError> {
        self.take("hold", key)
    }

    async fn line(&self, _: &u32, key: &Key) -> Result<String, ShopError> {
        self.take("packed", key)
    }

    async fn unpack(&self, key: &str) -> Result<(), ShopError> {
        Ok(self.put_back(key).await?)
    }

    async fn leave(&self, _: &str) -> Result<(), ShopError> {
        Ok(())
    }

    async fn send(&self, key: &Key) -> Result<(), ShopError> {
        self.take("sent", key).map(drop)
    }

    fn effects(&self) -> Vec<Effect> {
        let all = self.0.lock().unwrap();
        let effects = all.iter().map(|((step, key), (made, undone, _))| {
            Effect::of(*step).key(key).made(*made).undone(*undone)
        });
        effects.collect()
    }
}

fn of<M: Machine<Error = ShopError>>(
    saga: impl Fn(&Stock) -> Prepared<M> + 'static,
) -> Explorer<Stock, M> {
    explore(Stock::default, saga)
        .error(|verdict| Some(ShopError(verdict)))
        .error_of(|verdict| Some(StockError(verdict)))
        .ledger(Stock::effects)
}

/// A parent and a child whose compensation of `paper` is `$undo`.
macro_rules! shop {
    ([$($durable:ident)?] $undo:path) => {
        saga! {
            #[classify(StockError::verdict)]
            #[timeout(1s)]
            $($durable)? saga Wrap(note: String) with (stock: Stock) -> Result<String, StockError> {
                #[idempotent]
                step paper(stock, key) -> String = Stock::paper
                    compensate(stock, paper) = $undo;

                #[late(10s)]
                #[savepoint(1)]
                step ribbon(stock, key) -> String = Stock::ribbon
                    resolve(stock, key) = Stock::was_cut
                    compensate(stock, ribbon) = Stock::put_back;

                format!("{note}{paper}{ribbon}")
            }

            #[classify(ShopError::verdict)] #[timeout(1s)]
            $($durable)? saga Send() with (stock: Stock) -> Result<String, ShopError> {
                #[idempotent]
                step hold(stock, key) -> String = Stock::hold
                    compensate(stock, hold) = Stock::unpack;

                #[retry(2, 1s..1s)]
                #[timeout(60s)]
                step wrapped(hold) -> String = saga Wrap { note: hold.clone() } with (stock);

                #[idempotent]
                pivot sent(stock, key) = Stock::send;

                wrapped
            }
        }

        fn send(stock: &Stock) -> Prepared<SendRun> {
            Send {}.with(stock.clone()).id("order-42")
        }
    };
}

mod durable {
    use super::*;

    shop!([durable] Stock::put_back);

    #[test]
    fn a_saga_that_is_a_step_is_explored_call_by_call() {
        let report = of(send).run();
        report.assert();
        for (step, call, trouble) in [
            ("wrapped/paper", Action, Fault::Fails(Verdict::Refused)),
            ("wrapped/paper", Action, Fault::Fails(Verdict::Partial)),
            ("wrapped/paper", Action, Fault::LostUnknown),
            ("wrapped/paper", Action, Fault::CrashBefore),
            ("wrapped/paper", Action, Fault::CrashUnrecorded),
            ("wrapped/paper", Action, Fault::ArrivesSettled),
            ("wrapped/paper", Compensate, Fault::CrashUnrecorded),
            ("wrapped/paper", Compensate, Fault::LostInTime),
            ("wrapped/ribbon", Action, Fault::CrashRecorded),
            ("wrapped/ribbon", Action, Fault::ArrivesLate),
            ("wrapped/ribbon", Resolve, Fault::CrashBefore),
            ("hold", Compensate, Fault::CrashRecorded),
        ] {
            let partial = trouble == Fault::Fails(Verdict::Partial);
            assert_eq!(
                report.reached(step, call, trouble) == 0,
                partial,
                "{step} {trouble} in {report}"
            );
        }
        let text = report.to_string();
        assert!(!text.contains("never called"), "{text}");
        assert!(!text.contains("no error of"), "{text}");
    }

    #[test]
    fn a_path_names_the_steps_of_a_child() {
        let path = "wrapped/ribbon action 1 refused + wrapped/paper compensate 1 crash-unrecorded";
        let report = of(send).only(path).run();
        report.assert();
        assert_eq!(
            report.calls(),
            [
                "the action of `hold` → ok",
                "the action of `wrapped/paper` → ok",
                "the action of `wrapped/ribbon` is refused → error: Refused",
                "the action of `wrapped/ribbon` → ok",
                "the action of `sent` → ok",
            ]
        );
    }
}

mod careless {
    use super::*;

    shop!([] Stock::forget);

    #[test]
    fn what_a_child_leaves_unseen_is_found_at_its_step() {
        let report = of(send).depth(1).run();
        let [finding] = report.findings() else {
            panic!("{report}")
        };
        assert_eq!(finding.step(), Some("wrapped/paper"));
        assert_eq!(finding.contract(), Contract::Compensation);
        let again = of(send).only(finding.path()).run();
        assert_eq!(again.findings()[0].path(), finding.path());
    }

    #[test]
    fn an_error_that_nobody_gives_is_told() {
        let report = explore(Stock::default, send)
            .error(|verdict| Some(ShopError(verdict)))
            .run();
        let text = report.to_string();
        assert!(
            text.contains("no error of `wrapped/paper` is known: see `error_of`"),
            "{text}"
        );
        let refused = Fault::Fails(Verdict::Refused);
        assert_eq!(report.reached("wrapped/paper", Action, refused), 0);
    }
}

/// A loop whose compensation is `$undo`.
macro_rules! pack {
    ($undo:path $(, $durable:ident)?) => {
        saga! {
            #[classify(ShopError::verdict)] #[timeout(1s)]
            $($durable)? saga Pack(lines: Vec<u32>) with (stock: Stock) -> Result<Vec<String>, ShopError> {
                #[retry(2, 1s..1s)]
                #[idempotent]
                for line: u32 in (lines => lines.clone())
                step packed(stock, line, key) -> String = Stock::line
                    compensate(stock, packed) = $undo;

                #[idempotent]
                pivot sent(stock, packed, key) {
                    let _ = packed;
                    stock.send(key).await
                }

                packed
            }
        }

        fn pack(stock: &Stock) -> Prepared<PackRun> {
            Pack { lines: vec![1, 2] }
                .with(stock.clone())
                .id("order-42")
        }
    };
}

mod looped {
    use super::*;

    pack!(Stock::unpack);

    #[test]
    fn each_item_of_a_loop_is_explored() {
        let report = of(pack).run();
        report.assert();
        for item in ["packed[0]", "packed[1]"] {
            for (call, trouble) in [
                (Action, Fault::Fails(Verdict::Refused)),
                (Action, Fault::FailsForGood(Verdict::Transient)),
                (Action, Fault::LostInTime),
                (Action, Fault::Panics),
                (Compensate, Fault::Panics),
                (Compensate, Fault::LostUnknown),
            ] {
                assert!(
                    report.reached(item, call, trouble) > 0,
                    "{item} {trouble} in {report}"
                );
            }
        }
        assert!(!report.to_string().contains("never called"), "{report}");
    }

    #[test]
    fn a_path_names_an_item() {
        let report = of(pack).only("packed[1] action 1 refused").run();
        report.assert();
        assert_eq!(
            report.calls(),
            [
                "the action of `packed[0]` → ok",
                "the action of `packed[1]` is refused → error: Refused",
                "the compensation of `packed[0]` → ok",
            ]
        );
    }

    #[test]
    #[should_panic(expected = "no path: no step is called `sent[1]`")]
    fn only_a_loop_has_items() {
        of(pack).only("sent[1] action 1 refused").run().assert();
    }
}

mod durable_loop {
    use super::*;

    pack!(Stock::unpack, durable);

    #[test]
    fn the_process_ends_at_each_item() {
        let report = of(pack).run();
        report.assert();
        let crashes = [
            Fault::CrashBefore,
            Fault::CrashUnrecorded,
            Fault::CrashRecorded,
        ];
        for item in ["packed[0]", "packed[1]"] {
            for (call, trouble) in [Action, Compensate]
                .into_iter()
                .flat_map(|call| crashes.map(|crash| (call, crash)))
            {
                assert!(
                    report.reached(item, call, trouble) > 0,
                    "{item} {trouble} in {report}"
                );
            }
        }
    }
}

mod forgotten {
    use super::*;

    pack!(Stock::leave);

    #[test]
    fn an_item_that_nobody_undoes_is_found() {
        let report = of(pack).depth(1).run();
        let [finding] = report.findings() else {
            panic!("{report}")
        };
        assert_eq!(finding.step(), Some("packed"));
        assert_eq!(finding.contract(), Contract::Compensation);
    }
}

saga! {
    #[classify(ShopError::verdict)]
    #[timeout(1s)]
    durable saga Gift(is_gift: bool, is_first: bool)
    with (stock: Stock)
    -> Result<Option<String>, ShopError>
    {
        when (is_gift => *is_gift) {
            #[idempotent]
            step hold(stock, key) -> String = Stock::hold
                compensate(stock, hold) = Stock::unpack;
        }

        #[when(is_first => *is_first)]
        #[idempotent]
        step sent(stock, key) = Stock::send
            compensate none

        hold
    }
}

#[test]
fn a_condition_that_always_says_the_same_is_told() {
    let explored = |is_gift, is_first| {
        let gift = move |stock: &Stock| {
            let gift = Gift { is_gift, is_first };
            gift.with(stock.clone()).id("order-42")
        };
        let report = of(gift).depth(1).run();
        report.assert();
        report.to_string()
    };
    let text = explored(true, false);
    let yes = "the `when` block of `hold` always says yes: other inputs have other paths";
    let no = "the `when` of `sent` always says no: other inputs have other paths";
    assert!(text.contains(yes) && text.contains(no), "{text}");
    let text = explored(false, true);
    let yes = "the `when` of `sent` always says yes: other inputs have other paths";
    let no = "the `when` block of `hold` always says no: other inputs have other paths";
    assert!(text.contains(yes) && text.contains(no), "{text}");
}
