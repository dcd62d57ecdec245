//! The same where a savepoint begins it anew, and further down.

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
    saga Machine(disk: u32) -> Result<u32, Error> {
        step disk_made(disk) -> u32 = saga Disk { disk: *disk };

        disk_made
    }

    #[classify(Error::verdict)]
    saga Instance(disk: u32) -> Result<u32, Error> {
        #[savepoint(2)]
        read looked_up(disk) -> u32 { Ok(*disk) }

        step made(looked_up) -> u32 = saga Machine { disk: *looked_up };

        made
    }
}

async fn caller() {
    let _ = Instance { disk: 1 }.run().await;
}

fn main() {
    let _ = caller();
}
