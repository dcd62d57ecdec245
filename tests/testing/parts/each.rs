//! Loops whose step is a saga: troubles in the steps of each item's.

use super::{Action, Compensate, ShopError, Stock, StockError, of};
use typed_saga::{Verdict, runtime::Prepared, saga, testing::Fault};

/// A parent that does a child with each line, whose compensation of `paper` is `$undo`.
macro_rules! gifts {
    ($undo:path $(, $durable:ident)?) => {
        saga! {
            #[classify(StockError::verdict)]
            #[timeout(1s)]
            $($durable)? saga Wrap(line: u32) with (stock: Stock) -> Result<u32, StockError> {
                #[idempotent]
                step paper(stock, key) -> String = Stock::paper
                    compensate(stock, paper) = $undo;

                #[late(10s)]
                step ribbon(stock, key) -> String = Stock::ribbon
                    resolve(stock, key) = Stock::was_cut
                    compensate(stock, ribbon) = Stock::put_back;

                { let _ = (paper, ribbon); line }
            }

            #[classify(ShopError::verdict)]
            #[timeout(1s)]
            $($durable)? saga Gifts(lines: Vec<u32>) with (stock: Stock) -> Result<Vec<u32>, ShopError> {
                #[retry(2, 1s..1s)]
                for line: u32 in (lines => lines.clone())
                step wrapped(line) -> u32 = saga Wrap { line: *line } with (stock);

                #[idempotent]
                pivot sent(stock, key) = Stock::send;

                wrapped
            }
        }

        fn gifts(stock: &Stock) -> Prepared<GiftsRun> {
            Gifts { lines: vec![1, 2] }
                .with(stock.clone())
                .id("order-42")
        }
    };
}

const STEPS: [&str; 4] = [
    "wrapped[0]/paper",
    "wrapped[0]/ribbon",
    "wrapped[1]/paper",
    "wrapped[1]/ribbon",
];

mod in_memory {
    use super::*;

    gifts!(Stock::put_back);

    #[test]
    fn each_step_of_each_saga_is_explored() {
        let report = of(gifts).run();
        report.assert();
        for step in STEPS {
            for (call, trouble) in [
                (Action, Fault::Fails(Verdict::Refused)),
                (Action, Fault::FailsForGood(Verdict::Transient)),
                (Action, Fault::LostInTime),
                (Action, Fault::Panics),
                (Compensate, Fault::Panics),
                (Compensate, Fault::LostUnknown),
            ] {
                assert!(
                    report.reached(step, call, trouble) > 0,
                    "{step} {trouble} in {report}"
                );
            }
        }
        assert!(!report.to_string().contains("never called"), "{report}");
    }

    #[test]
    fn a_path_names_the_item_and_the_step() {
        let path = "wrapped[0]/ribbon action 1 refused";
        let report = of(gifts).only(path).run();
        report.assert();
        assert_eq!(
            report.calls(),
            [
                "the action of `wrapped[0]/paper` → ok",
                "the action of `wrapped[0]/ribbon` is refused → error: Refused",
                "the compensation of `wrapped[0]/paper` → ok",
            ]
        );
    }
}

mod durable {
    use super::*;

    gifts!(Stock::put_back, durable);

    #[test]
    fn the_process_ends_at_each_step_of_each_saga() {
        let report = of(gifts).run();
        report.assert();
        for step in STEPS {
            for crash in [
                Fault::CrashBefore,
                Fault::CrashUnrecorded,
                Fault::CrashRecorded,
            ] {
                for call in [Action, Compensate] {
                    assert!(
                        report.reached(step, call, crash) > 0,
                        "{step} {crash} in {report}"
                    );
                }
            }
        }
    }
}

mod forgotten {
    use super::*;
    use typed_saga::testing::Contract;

    gifts!(Stock::forget);

    #[test]
    fn what_the_saga_of_an_item_leaves_unseen_is_found_at_its_step() {
        let report = of(gifts).depth(1).run();
        let [finding] = report.findings() else {
            panic!("{report}")
        };
        assert_eq!(finding.step(), Some("wrapped/paper"));
        assert_eq!(finding.contract(), Contract::Compensation);
    }
}
