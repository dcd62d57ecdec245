//! Sagas with loops, durable and in memory.

mod inside;
pub(crate) mod nested;
mod pack;

use super::harness::{Case, Stock};
use crate::durable::world::Trouble;
use typed_saga::saga;

pub(crate) use inside::{inside, past};
pub(crate) use pack::{in_pairs, in_turn};

saga! {
    #[classify(Trouble::verdict)]
    #[timeout(10s)]
    pub(crate) durable saga Behind(lines: Vec<u32>)
    with (stock: Stock)
    -> Result<Vec<u32>, Trouble>
    {
        #[idempotent]
        pivot paid(stock, key) { stock.call("+paid".to_owned(), key).await }

        #[idempotent] #[retry(2, 1s..1s, jitter = false)] #[concurrent(2)]
        for line: u32 in (lines => lines.clone())
        step parcel(stock, line, key) -> u32 {
            stock
                .call(format!("+parcel {line}"), key)
                .await
                .map(|()| line * 10)
        }

        parcel
    }
}

pub(crate) fn behind() -> Case<Behind, BehindServices> {
    Case {
        saga: || Behind {
            lines: vec![0, 1, 2],
        },
        services: |stock| BehindServices { stock },
    }
}

saga! {
    #[classify(Trouble::verdict)]
    #[timeout(10s)]
    pub(crate) durable saga Beside(lines: Vec<u32>)
    with (stock: Stock)
    -> Result<(Vec<u32>, Vec<u32>), Trouble>
    {
        concurrent {
            #[idempotent] #[concurrent(2)]
            for line: u32 in (lines => lines.clone())
            step held(stock, line, key) -> u32 {
                stock
                    .call(format!("+held {line}"), key)
                    .await
                    .map(|()| line * 10)
            }
                #[by_key]
                compensate(stock, line, key) { stock.call(format!("-held {line}"), key).await }

            #[idempotent]
            step beside(stock, key) {
                stock.call("+early".to_owned(), key).await?;
                stock.call("+beside".to_owned(), key).await
            }
                #[by_key]
                compensate(stock, key) { stock.call("-beside".to_owned(), key).await }

            #[idempotent]
            for line: u32 in (lines => lines.clone())
            step more(stock, line, key) -> u32 {
                stock
                    .call(format!("+more {line}"), key)
                    .await
                    .map(|()| line * 10)
            }
                #[by_key]
                compensate(stock, line, key) { stock.call(format!("-more {line}"), key).await }
        }

        (held, more)
    }
}

pub(crate) fn beside() -> Case<Beside, BesideServices> {
    Case {
        saga: || Beside {
            lines: vec![0, 1, 2],
        },
        services: |stock| BesideServices { stock },
    }
}

saga! {
    #[classify(Trouble::verdict)]
    #[timeout(10s)]
    pub(crate) durable saga Turning(lines: Vec<u32>)
    with (stock: Stock)
    -> Result<(Vec<u32>, usize), Trouble>
    {
        #[savepoint(2, 1s..1s, jitter = false)] #[idempotent]
        for line: u32 in (lines => lines.clone())
        step held(stock, line, key) -> u32 {
            stock
                .call(format!("+held {line}"), key)
                .await
                .map(|()| line * 10)
        }
            #[by_key]
            compensate(stock, line, key) { stock.call(format!("-held {line}"), key).await }

        #[idempotent]
        for line: u32 in (lines => lines.iter().map(|line| line * 10).collect::<Vec<_>>())
        step kept(stock, line, key) { stock.call(format!("+kept {line}"), key).await }
            compensate none again

        #[idempotent]
        step bill(stock, key) { stock.call("+bill".to_owned(), key).await }
            #[by_key]
            compensate(stock, key) { stock.call("-bill".to_owned(), key).await }

        (held, kept.len())
    }
}

pub(crate) fn turning() -> Case<Turning, TurningServices> {
    Case {
        saga: || Turning { lines: vec![0, 1] },
        services: |stock| TurningServices { stock },
    }
}

saga! {
    #[classify(Trouble::refusal_aborts)]
    #[timeout(10s)]
    pub(crate) durable saga Aborting(lines: Vec<u32>)
    with (stock: Stock)
    -> Result<Vec<u32>, Trouble>
    {
        #[savepoint(2, 1s..1s, jitter = false)]
        read begin(stock, key) { stock.call("?begin".to_owned(), key).await }

        #[idempotent] #[retry(1)] #[concurrent(3)]
        for line: u32 in (lines => lines.clone())
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
}

pub(crate) fn aborting() -> Case<Aborting, AbortingServices> {
    Case {
        saga: || Aborting {
            lines: vec![0, 1, 2],
        },
        services: |stock| AbortingServices { stock },
    }
}

saga! {
    #[classify(Trouble::verdict)]
    #[timeout(10s)]
    pub(crate) durable saga Chosen(lines: Vec<u32>)
    with (stock: Stock)
    -> Result<(Vec<Option<u32>>, Option<Vec<u32>>, Option<Vec<u32>>), Trouble>
    {
        #[when(line => *line != 1)]
        #[idempotent]
        for line: u32 in (lines => lines.clone())
        step held(stock, line, key) -> u32 {
            stock
                .call(format!("+held {line}"), key)
                .await
                .map(|()| line * 10)
        }
            #[by_key]
            compensate(stock, line, key) { stock.call(format!("-held {line}"), key).await }

        #[when(lines => lines.is_empty())]
        #[idempotent]
        for line: u32 in (lines => lines.clone())
        step never(stock, line, key) -> u32 {
            stock
                .call(format!("+never {line}"), key)
                .await
                .map(|()| *line)
        }
            #[by_key]
            compensate(stock, line, key) { stock.call(format!("-never {line}"), key).await }

        #[when(lines => !lines.is_empty())]
        #[idempotent]
        for line: u32 in (held => held.iter().flatten().copied().collect::<Vec<_>>())
        step some(stock, line, key) -> u32 {
            stock
                .call(format!("+some {line}"), key)
                .await
                .map(|()| *line)
        }
            fallback(line) { Ok(*line + 1) }
            resolve(stock, line, key) {
                stock.call(format!("?some {line}"), key).await?;
                Ok(stock.has(key).then_some(*line))
            }
            compensate(stock, some, key) { stock.call(format!("-some {some}"), key).await }

        (held, never, some)
    }
}

pub(crate) fn chosen() -> Case<Chosen, ChosenServices> {
    Case {
        saga: || Chosen {
            lines: vec![0, 1, 2],
        },
        services: |stock| ChosenServices { stock },
    }
}

saga! {
    #[classify(Trouble::verdict)]
    #[timeout(10s)]
    durable saga Inner(lines: Vec<u32>) with (stock: Stock) -> Result<u32, Trouble> {
        #[idempotent] #[concurrent(2)]
        for line: u32 in (lines => lines.clone())
        step held(stock, line, key) -> u32 {
            stock
                .call(format!("+held {line}"), key)
                .await
                .map(|()| line * 10)
        }
            #[by_key]
            compensate(stock, line, key) { stock.call(format!("-held {line}"), key).await }

        held.iter().sum()
    }

    #[classify(Trouble::verdict)]
    #[timeout(10s)]
    pub(crate) durable saga Outer(lines: Vec<u32>) with (stock: Stock) -> Result<u32, Trouble> {
        #[retry(2, 1s..1s, jitter = false)]
        step inner(lines) -> u32 = saga Inner { lines: lines.clone() } with (stock);

        #[idempotent]
        step bill(stock, inner, key) -> u32 {
            stock
                .call("+bill".to_owned(), key)
                .await
                .map(|()| inner + 1)
        }
            #[by_key]
            compensate(stock, key) { stock.call("-bill".to_owned(), key).await }

        bill
    }
}

pub(crate) fn outer() -> Case<Outer, OuterServices> {
    Case {
        saga: || Outer {
            lines: vec![0, 1, 2],
        },
        services: |stock| OuterServices { stock },
    }
}

/// An item that is not a number cannot be written.
#[derive(Clone, Debug)]
pub(crate) struct Weight(pub f64);

impl serde::Serialize for Weight {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_f64(self.0)
    }
}

impl<'de> serde::Deserialize<'de> for Weight {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        f64::deserialize(from).map(Self)
    }
}

saga! {
    #[classify(Trouble::verdict)]
    #[timeout(10s)]
    pub(crate) durable saga Weighed(notes: Vec<String>)
    with (stock: Stock)
    -> Result<usize, Trouble>
    {
        #[idempotent]
        step first(stock, key) { stock.call("+first".to_owned(), key).await }
            #[by_key]
            compensate(stock, key) { stock.call("-first".to_owned(), key).await }

        #[idempotent]
        for weight: Weight in (notes => notes.iter().map(|note| Weight(note.parse().unwrap_or(f64::NAN))))
        step weighed(stock, weight, key) { stock.call(format!("+weighed {}", weight.0), key).await }
            #[by_key]
            compensate(stock, weight, key) {
                stock.call(format!("-weighed {}", weight.0), key).await
            }

        #[idempotent]
        for note: String in (notes => notes.iter().map(|note| note.repeat(100)))
        step noted(stock, note, key) { stock.call(format!("+noted {note}"), key).await }
            #[by_key]
            compensate(stock, note, key) { stock.call(format!("-noted {note}"), key).await }

        weighed.len() + noted.len()
    }
}

saga! {
    #[classify(Trouble::verdict)]
    #[timeout(10s)]
    pub(crate) durable saga Standing(lines: Vec<u32>) with (stock: Stock) -> Result<u32, Trouble> {
        #[idempotent]
        step first(stock, key) -> u32 { stock.call("+first".to_owned(), key).await.map(|()| 1) }
            #[by_key]
            compensate(stock, key) { stock.call("-first".to_owned(), key).await }

        #[idempotent]
        for line: u32 in (lines => lines.clone())
        step held(stock, line, first, key) -> u32 {
            stock
                .call(format!("+held {line}"), key)
                .await
                .map(|()| line * first)
        }
            #[retry(1)] #[by_key]
            compensate(stock, line, key) { stock.call(format!("-held {line}"), key).await }

        #[idempotent]
        step bill(stock, held, key) -> u32 {
            stock
                .call("+bill".to_owned(), key)
                .await
                .map(|()| held.iter().sum())
        }
            #[by_key]
            compensate(stock, key) { stock.call("-bill".to_owned(), key).await }

        bill
    }
}

pub(crate) fn standing() -> Case<Standing, StandingServices> {
    Case {
        saga: || Standing {
            lines: vec![0, 1, 2],
        },
        services: |stock| StandingServices { stock },
    }
}

saga! {
    #[classify(Trouble::verdict)]
    #[timeout(10s)]
    pub(crate) durable saga Skipping(lines: Vec<u32>)
    with (stock: Stock)
    -> Result<usize, Trouble>
    {
        #[idempotent]
        step first(stock, key) { stock.call("+first".to_owned(), key).await }
            #[by_key]
            compensate(stock, key) { stock.call("-first".to_owned(), key).await }

        #[when(line => *line != 0)]
        #[idempotent]
        for line: u32 in (lines => lines.clone())
        step held(stock, line, key) { stock.call(format!("+held {line}"), key).await }
            #[by_key]
            compensate(stock, line, key) { stock.call(format!("-held {line}"), key).await }

        held.len()
    }
}

pub(crate) fn skipping() -> Case<Skipping, SkippingServices> {
    Case {
        saga: || Skipping {
            lines: vec![0, 1, 2],
        },
        services: |stock| SkippingServices { stock },
    }
}
