//! Loops whose step is a saga.

use crate::durable::{
    loops::harness::{Case, Stock},
    world::Trouble,
};
use typed_saga::saga;

/// Durable or not: the same sagas.
macro_rules! packs {
    ($module:ident, $at_a_time:literal $(, $durable:ident)?) => {
        pub(crate) mod $module {
            use super::*;

            saga! {
                #[classify(Trouble::verdict)]
                #[timeout(10s)]
                #[name = "Line"]
                pub(crate) $($durable)? saga Line(line: u32) with (stock: Stock) -> Result<u32, Trouble> {
                    #[idempotent] #[retry(2, 1s..1s, jitter = false)]
                    step held(stock, line, key) -> u32 {
                        stock.call(format!("+held {line}"), key).await.map(|()| line * 10)
                    }
                        #[by_key]
                        compensate(stock, line, key) {
                            stock.call(format!("-held {line}"), key).await
                        }

                    #[idempotent]
                    step tied(stock, line, key) {
                        stock.call(format!("+tied {line}"), key).await
                    }
                        #[by_key] #[retry(3, 1s..1s, jitter = false)]
                        compensate(stock, line, key) {
                            stock.call(format!("-tied {line}"), key).await
                        }

                    held
                }

                #[classify(Trouble::verdict)]
                #[timeout(10s)]
                #[name = "Pack"]
                pub(crate) $($durable)? saga Pack(lines: Vec<u32>) with (stock: Stock) -> Result<u32, Trouble> {
                    #[idempotent]
                    step first(stock, key) { stock.call("+first".to_owned(), key).await }
                        #[by_key]
                        compensate(stock, key) { stock.call("-first".to_owned(), key).await }

                    #[retry(2, 1s..1s, jitter = false)] #[concurrent($at_a_time)]
                    for line: u32 in (lines => lines.clone())
                    step packed(line) -> u32 = saga Line { line: *line } with (stock);

                    #[idempotent]
                    step bill(stock, packed, key) -> u32 {
                        stock.call("+bill".to_owned(), key).await.map(|()| packed.iter().sum())
                    }
                        #[by_key]
                        compensate(stock, key) { stock.call("-bill".to_owned(), key).await }

                    bill
                }
            }
        }
    };
}

packs!(in_turn, 1, durable);
packs!(quick_in_turn, 1);
packs!(in_pairs, 2, durable);
packs!(quick_in_pairs, 2);

pub(crate) fn lines_in_turn() -> Case<in_turn::Pack, in_turn::PackServices> {
    Case {
        saga: || in_turn::Pack {
            lines: vec![0, 1, 2],
        },
        services: |stock| in_turn::PackServices { stock },
    }
}

pub(crate) fn lines_in_pairs() -> Case<in_pairs::Pack, in_pairs::PackServices> {
    Case {
        saga: || in_pairs::Pack {
            lines: vec![0, 1, 2],
        },
        services: |stock| in_pairs::PackServices { stock },
    }
}

saga! {
    #[classify(Trouble::verdict)]
    #[timeout(10s)]
    pub(crate) durable saga Kept(line: u32) with (stock: Stock) -> Result<u32, Trouble> {
        #[idempotent]
        step kept(stock, line, key) { stock.call(format!("+kept {line}"), key).await }
            compensate none again

        #[idempotent]
        step held(stock, line, key) -> u32 {
            stock
                .call(format!("+held {line}"), key)
                .await
                .map(|()| line * 10)
        }
            #[by_key]
            compensate(stock, line, key) { stock.call(format!("-held {line}"), key).await }

        held
    }

    #[classify(Trouble::verdict)]
    #[timeout(10s)]
    pub(crate) durable saga Round(lines: Vec<u32>)
    with (stock: Stock)
    -> Result<(Vec<u32>, usize), Trouble>
    {
        #[savepoint(2, 1s..1s, jitter = false)]
        for line: u32 in (stock, lines => stock.left_of(lines))
        step packed(line) -> u32 = saga Kept { line: *line } with (stock);

        for line: u32 in (lines => lines.iter().map(|line| line * 10 + 100).collect::<Vec<_>>())
        step stays(line) -> u32 = saga Kept { line: *line } with (stock)
            compensate none again

        #[idempotent]
        step bill(stock, key) { stock.call("+bill".to_owned(), key).await }
            #[by_key]
            compensate(stock, key) { stock.call("-bill".to_owned(), key).await }

        (packed, stays.len())
    }

    #[classify(Trouble::verdict)]
    #[timeout(10s)]
    pub(crate) durable saga Late(lines: Vec<u32>) with (stock: Stock) -> Result<Vec<u32>, Trouble> {
        #[idempotent]
        pivot paid(stock, key) { stock.call("+paid".to_owned(), key).await }

        #[retry(2, 1s..1s, jitter = false)] #[concurrent(2)]
        for line: u32 in (lines => lines.clone())
        step packed(line) -> u32 = saga Kept { line: *line } with (stock);

        packed
    }

    /// Loops in a saga that is done with each item, in a block, beside another step.
    #[classify(Trouble::verdict)]
    #[timeout(10s)]
    pub(crate) durable saga Deep(boxes: Vec<Vec<u32>>)
    with (stock: Stock)
    -> Result<Option<Vec<u32>>, Trouble>
    {
        when (boxes => !boxes.is_empty()) {
            concurrent {
                #[concurrent(2)]
                for lines: Vec<u32> in (boxes => boxes.clone())
                step packed(lines) -> u32 =
                    saga in_pairs::Pack { lines: lines.clone() } with (stock);

                #[idempotent]
                step beside(stock, key) {
                    stock.call("+early".to_owned(), key).await?;
                    stock.call("+beside".to_owned(), key).await
                }
                    #[by_key]
                    compensate(stock, key) { stock.call("-beside".to_owned(), key).await }
            }
        }

        packed
    }
}

impl Stock {
    /// Other lines, once something was called.
    fn left_of(&self, lines: &[u32]) -> Vec<u32> {
        let more = if self.ledger().calls.is_empty() {
            0
        } else {
            50
        };
        lines.iter().map(|line| line + more).collect()
    }
}

pub(crate) fn round() -> Case<Round, RoundServices> {
    Case {
        saga: || Round { lines: vec![0, 1] },
        services: |stock| RoundServices { stock },
    }
}

pub(crate) fn late() -> Case<Late, LateServices> {
    Case {
        saga: || Late {
            lines: vec![0, 1, 2],
        },
        services: |stock| LateServices { stock },
    }
}

pub(crate) fn deep() -> Case<Deep, DeepServices> {
    Case {
        saga: || Deep {
            boxes: vec![vec![0, 1], vec![2]],
        },
        services: |stock| DeepServices { stock },
    }
}
