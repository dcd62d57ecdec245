//! A loop and a sleep in a `when` block.

use crate::durable::{
    loops::harness::{Case, Stock},
    world::Trouble,
};
use std::time::Duration;
use typed_saga::saga;

saga! {
    #[classify(Trouble::verdict)]
    #[timeout(10s)]
    pub(crate) durable saga Inside(lines: Vec<u32>)
    with (stock: Stock)
    -> Result<Option<Vec<u32>>, Trouble>
    {
        #[idempotent]
        step first(stock, key) { stock.call("+first".to_owned(), key).await }
            #[by_key]
            compensate(stock, key) { stock.call("-first".to_owned(), key).await }

        when (lines => !lines.is_empty()) {
            #[idempotent] #[retry(2, 1s..1s, jitter = false)]
            for line: u32 in (lines => lines.clone())
            step held(stock, line, key) -> u32 {
                stock
                    .call(format!("+held {line}"), key)
                    .await
                    .map(|()| line * 10)
            }
                #[by_key]
                compensate(stock, line, key) { stock.call(format!("-held {line}"), key).await }

            sleep pause(held => Duration::from_secs(1) * u32::try_from(held.len()).unwrap_or(1));

            #[idempotent]
            step bill(stock, held, key) -> u32 {
                stock
                    .call("+bill".to_owned(), key)
                    .await
                    .map(|()| held.iter().sum())
            }
                #[by_key]
                compensate(stock, key) { stock.call("-bill".to_owned(), key).await }
        }

        #[idempotent]
        step sent(stock, bill, key) {
            let _: &Option<u32> = bill;
            stock.call("+sent".to_owned(), key).await
        }
            #[by_key]
            compensate(stock, key) { stock.call("-sent".to_owned(), key).await }

        held
    }
}

pub(crate) fn inside() -> Case<Inside, InsideServices> {
    Case {
        saga: || Inside {
            lines: vec![0, 1, 2],
        },
        services: |stock| InsideServices { stock },
    }
}

pub(crate) fn past() -> Case<Inside, InsideServices> {
    Case {
        saga: || Inside { lines: Vec::new() },
        services: |stock| InsideServices { stock },
    }
}
