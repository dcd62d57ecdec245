//! A saga that is a step may name its inputs as keys where it is begun once, and what it makes
//! itself wherever it is.

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
    saga Numbered(disk: u32) -> Result<u32, Error> {
        read number(disk) -> u32 { Ok(*disk) }

        #[idempotent(by = number)]
        step reserved(number) -> u32 = reserve
            compensate(number) = release;

        // The service acts once, whatever the round.
        #[idempotent(by = disk)]
        step told(disk) -> u32 = reserve
            compensate none again

        { let _ = told; reserved }
    }

    #[classify(Error::verdict)]
    saga Instance(disk: u32) -> Result<u32, Error> {
        step once(disk) -> u32 = saga Disk { disk: *disk };

        #[retry(1, 1s..1s)]
        step once_more(disk) -> u32 = saga Disk { disk: *disk };

        #[savepoint(2)] #[retry(3, 1s..1s)]
        step anew(disk) -> u32 = saga Numbered { disk: *disk };

        // If it fails, it is undone, and the saga may begin it again.
        step kept(disk) -> u32 = saga Numbered { disk: *disk }
            compensate none again

        { let _ = (once, once_more, kept); anew }
    }
}
