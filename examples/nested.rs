//! A child saga: it has its own declaration and tests, and is rolled back when its parent rolls
//! back.
//!
//! Run it: `cargo run --example nested`
#![allow(clippy::unused_async, reason = "this shop answers at once")]

use typed_saga::{Key, Verdict, saga};

saga! {
    /// Wraps a gift: paper, then a ribbon.
    #[classify(Error::verdict)]
    saga WrapGift(note: String) with (stock: Stock) -> Result<String, Error> {
        #[idempotent]
        step paper(stock, key) -> String = Stock::take_paper
            compensate(stock, paper) = Stock::put_back;

        #[idempotent]
        step ribbon(stock, key) -> String = Stock::take_ribbon
            compensate(stock, ribbon) = Stock::put_back;

        format!("{paper}, {ribbon}, a card: {note}")
    }

    /// Sends an order, wrapped.
    #[classify(Error::verdict)]
    saga SendGift(to: String, cents: u32) with (stock: Stock, bank: Bank) -> Result<String, Error> {
        // Its inputs stand in braces, as in a literal of a struct; its services are this saga's.
        step wrapped(to) -> String = saga WrapGift { note: format!("for {to}") } with (stock);

        #[idempotent]
        pivot charge(bank, cents, key) -> u32 = Bank::charge;

        format!("{wrapped}; {charge} cents")
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let gift = |cents| SendGift {
        to: "Ada".to_owned(),
        cents,
    };
    let sent = gift(30).with(Stock, Bank).await.expect("all goes well");
    println!("{sent}");

    // The charge is refused: the ribbon and the paper go back.
    let error = gift(5000).with(Stock, Bank).await.expect_err("too much");
    println!("{error}");
    assert_eq!(error.path(), Some("charge"));
    assert!(error.is_clean());
}

#[derive(Clone)]
struct Stock;

impl Stock {
    async fn take_paper(&self, _: &Key) -> Result<String, Error> {
        Ok("red paper".to_owned())
    }
    async fn take_ribbon(&self, _: &Key) -> Result<String, Error> {
        Ok("a ribbon".to_owned())
    }
    async fn put_back(&self, what: &String) -> Result<(), Error> {
        println!("{what} is put back");
        Ok(())
    }
}

#[derive(Clone)]
struct Bank;

impl Bank {
    async fn charge(&self, cents: &u32, _: &Key) -> Result<u32, Error> {
        if *cents < 100 {
            Ok(*cents)
        } else {
            Err(Error::TooMuch)
        }
    }
}

#[derive(Debug, thiserror::Error)]
enum Error {
    #[error("that is too much")]
    TooMuch,
}

impl Error {
    fn verdict(&self) -> Verdict {
        match self {
            Self::TooMuch => Verdict::Refused,
        }
    }
}
