// errors: 4. The other side would answer the second item with what it made for the first.

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
    saga Labelled(label: u32, disk: u32) -> Result<u32, Error> {
        read seen(label) -> u32 { Ok(*label) }

        step made(disk) -> u32 = saga Disk { disk: *disk };

        made + seen
    }

    #[classify(Error::verdict)]
    saga Rack(disk: u32, labels: Vec<u32>) -> Result<usize, Error> {
        for label: u32 in (labels => labels.clone())
        step direct(disk, label) -> u32 = saga Disk { disk: { let _ = label; *disk } };

        for _label: u32 in (labels => labels.clone())
        step shared(disk) -> u32 = saga Disk { disk: *disk };

        for label: u32 in (labels => labels.clone())
        step further_down(disk, label) -> u32 = saga Labelled { label: *label, disk: *disk };

        for label: u32 in (labels => labels.clone())
        step own(disk, label) -> u32 = saga Labelled { label: *disk, disk: *label };

        when (disk => *disk > 1) {
            for _label: u32 in (labels => labels.clone())
            step inside(disk) -> u32 = saga Disk { disk: *disk };

            for label: u32 in (labels => labels.clone())
            step inside_further_down(disk, label) -> u32 = saga Labelled { label: *label, disk: *disk };
        }

        let _ = (inside, inside_further_down);
        direct.len() + shared.len() + further_down.len() + own.len()
    }
}

async fn caller() {
    let labels = Vec::new();
    let _ = Rack { disk: 1, labels }.run().await;
}

fn main() {
    let _ = caller();
}
