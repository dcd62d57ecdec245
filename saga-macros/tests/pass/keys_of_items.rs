//! What may serve as a key in a loop: the item, if its list is made anew with the round.

use typed_saga::{Verdict, saga};

#[derive(Debug)]
struct Error;

impl Error {
    fn verdict(&self) -> Verdict {
        Verdict::Unknown
    }
}

async fn reserve(line: &u32) -> Result<u32, Error> {
    Ok(*line)
}

async fn release(_: &u32) -> Result<(), Error> {
    Ok(())
}

saga! {
    #[classify(Error::verdict)]
    saga Line(order: u32, line: u32) -> Result<u32, Error> {
        #[idempotent(by = line)]
        step reserved(line) -> u32 = reserve
            #[by_key(by = line)]
            compensate(line) = release;

        reserved + order
    }

    #[classify(Error::verdict)]
    saga Numbered(order: u32) -> Result<u32, Error> {
        read number(order) -> u32 { Ok(*order) }

        #[idempotent(by = number)]
        step reserved(number) -> u32 = reserve
            compensate(number) = release;

        reserved
    }

    #[classify(Error::verdict)]
    saga Order(order: u32, lines: Vec<u32>) -> Result<usize, Error> {
        #[idempotent(by = line)]
        for line: u32 in (lines => lines.clone())
        step first(line) -> u32 = reserve
            #[by_key(by = line)]
            compensate(line) = release;

        // Each item gives what its saga names as a key; the order is none.
        for line: u32 in (lines => lines.clone())
        step second(order, line) -> u32 = saga Line { order: *order, line: *line };

        // What its saga names as a key is made by each run of it.
        for line: u32 in (lines => lines.clone())
        step third(order, line) -> u32 = saga Numbered { order: { let _ = line; *order } };

        #[savepoint(2)]
        read stock(lines) -> Vec<u32> { Ok(lines.clone()) }

        #[idempotent(by = line)]
        for line: u32 in (stock => stock.clone())
        step fourth(line) -> u32 = reserve
            compensate(line) = release;

        first.len() + second.len() + third.len() + fourth.len()
    }
}

#[tokio::test]
async fn runs() {
    let (order, lines) = (1, vec![1, 2]);
    assert_eq!(Order { order, lines }.run().await.unwrap(), 8);
}
