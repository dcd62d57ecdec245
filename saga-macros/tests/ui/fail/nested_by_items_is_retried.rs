//! Begun anew, it loops over the same list, under the same keys.

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
    saga Disks(disks: Vec<u32>) -> Result<usize, Error> {
        #[idempotent(by = disk)]
        for disk: u32 in (disks => disks.clone())
        step reserved(disk) -> u32 = reserve
            compensate(disk) = release;

        reserved.len()
    }

    #[classify(Error::verdict)]
    saga Numbered(disks: Vec<u32>) -> Result<usize, Error> {
        read numbers(disks) -> Vec<u32> { Ok(disks.clone()) }

        #[idempotent(by = number)]
        for number: u32 in (numbers => numbers.clone())
        step reserved(number) -> u32 = reserve
            compensate(number) = release;

        reserved.len()
    }

    #[classify(Error::verdict)]
    saga Instance(disks: Vec<u32>) -> Result<usize, Error> {
        #[retry(3, 1s..1s)]
        step made(disks) -> usize = saga Disks { disks: disks.clone() };

        #[retry(3, 1s..1s)]
        step numbered(disks) -> usize = saga Numbered { disks: disks.clone() };

        made + numbered
    }
}

async fn caller() {
    let _ = Instance { disks: vec![1] }.run().await;
}

fn main() {
    let _ = caller();
}
