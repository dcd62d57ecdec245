//! A saga that is durable and in memory, with its items in turn and in pairs.

use crate::durable::{
    loops::harness::{Case, Stock},
    world::Trouble,
};
use typed_saga::saga;

/// Durable or not: the same saga.
macro_rules! pack_saga {
    ($saga:ident, $at_a_time:literal $(, $durable:ident)?) => {
        saga! {
            #[classify(Trouble::verdict)]
            #[timeout(10s)]
            #[name = "Pack"]
            pub(crate) $($durable)? saga $saga(lines: Vec<u32>) with (stock: Stock) -> Result<u32, Trouble> {
                #[idempotent]
                step first(stock, key) { stock.call("+first".to_owned(), key).await }
                    #[by_key]
                    compensate(stock, key) { stock.call("-first".to_owned(), key).await }

                #[idempotent] #[retry(2, 1s..1s, jitter = false)] #[concurrent($at_a_time)]
                for line: u32 in (lines => lines.clone())
                step held(stock, line, key) -> u32 {
                    stock.call(format!("+held {line}"), key).await.map(|()| line * 10)
                }
                    #[by_key]
                    compensate(stock, line, key) {
                        stock.call(format!("-held {line}"), key).await
                    }

                #[idempotent]
                step bill(stock, held, key) -> u32 {
                    stock.call("+bill".to_owned(), key).await.map(|()| held.iter().sum())
                }
                    #[by_key]
                    compensate(stock, key) { stock.call("-bill".to_owned(), key).await }

                #[idempotent]
                step sent(stock, key) { stock.call("+sent".to_owned(), key).await }
                    #[by_key]
                    compensate(stock, key) { stock.call("-sent".to_owned(), key).await }

                bill
            }
        }
    };
}

macro_rules! pack {
    ($module:ident, $at_a_time:literal) => {
        pub(crate) mod $module {
            use super::*;

            pack_saga!(Pack, $at_a_time, durable);
            pack_saga!(Quick, $at_a_time);

            pub(crate) fn case() -> Case<Pack, PackServices> {
                Case {
                    saga: || Pack {
                        lines: vec![0, 1, 2],
                    },
                    services: |stock| PackServices { stock },
                }
            }
        }
    };
}

pack!(in_turn, 1);
pack!(in_pairs, 2);
