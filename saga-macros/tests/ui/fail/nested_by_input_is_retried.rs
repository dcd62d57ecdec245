//! The other side would answer the second round with what was cancelled in the first.

use typed_saga::{Verdict, saga};

#[derive(Debug)]
struct Error;

impl Error {
    fn verdict(&self) -> Verdict {
        Verdict::Unknown
    }
}

async fn reserve(disk: &u32) -> Result<u32, Error> {
    Ok(*disk)
}

async fn release(_: &u32) -> Result<(), Error> {
    Ok(())
}

saga! {
    #[classify(Error::verdict)]
    saga Disk(disk: u32) -> Result<u32, Error> {
        #[idempotent(by = disk)]
        step reserved(disk) -> u32 = reserve
            compensate(disk) = release;

        reserved
    }

    #[classify(Error::verdict)]
    saga Instance(disk: u32) -> Result<u32, Error> {
        #[retry(3, 1s..1s)]
        step made(disk) -> u32 = saga Disk { disk: *disk };

        made
    }
}

async fn caller() {
    let _ = Instance { disk: 1 }.run().await;
}

fn main() {
    let _ = caller();
}
