//! A saga in a file: begun by one engine, ended by the next one.

#![allow(clippy::unused_async, reason = "these services answer at once")]

use saga::engine::{Engine, EngineError, Outcome};
use saga::sqlite::Sqlite;
use saga::{Key, saga};
use std::sync::atomic::{AtomicBool, Ordering};
use std::{collections::HashSet, error::Error, path::Path, sync::Arc, sync::Mutex, time::Duration};

/// The other side: it outlasts our engines, and knows its keys.
#[derive(Clone, Default)]
struct Bank {
    moved: Arc<Mutex<HashSet<String>>>,
    open: Arc<AtomicBool>,
}

impl Bank {
    async fn take(&self, cents: &u64, key: &Key) -> Result<u64, String> {
        let mut moved = self.moved.lock().expect("nobody panics");
        moved.insert(key.to_string());
        Ok(*cents)
    }

    async fn give(&self, cents: &u64, key: &Key) -> Result<u64, String> {
        if !self.open.load(Ordering::Relaxed) {
            return Err("closed until Monday".to_owned());
        }
        self.take(cents, key).await
    }

    async fn give_back(&self, _cents: &u64) -> Result<(), String> {
        Ok(())
    }
}

saga! {
    #[classify(saga::transient)]
    #[timeout(5s)]
    durable saga Transfer(cents: u64) with (bank: Bank) -> Result<u64, String> {
        #[idempotent]
        step taken(bank, cents, key) -> u64 = Bank::take
            compensate(bank, taken) = Bank::give_back;

        #[retry(forever, 10ms..50ms)] #[idempotent]
        pivot given(bank, taken, key) -> u64 = Bank::give;

        given
    }
}

async fn engine(file: &Path, bank: &Bank) -> Result<Engine, EngineError> {
    let services = TransferServices { bank: bank.clone() };
    let builder = Engine::open(Sqlite::open(file)?).register::<Transfer>(services);
    builder.start().await
}

async fn run(file: &Path) -> Result<(), Box<dyn Error>> {
    let bank = Bank::default();

    // On Friday it is begun, and cannot end. The process stops; a crash would do as well.
    let friday = engine(file, &bank).await?;
    let handle = friday.submit("order-42", Transfer { cents: 700 }).await?;
    tokio::time::sleep(Duration::from_millis(50)).await;
    println!("on Friday: {}", handle.status().await?.why);
    friday.shutdown(Duration::from_secs(1)).await;
    drop((handle, friday));

    // On Monday another one opens the file, and goes on. Nobody has to submit anything; who does, joins.
    bank.open.store(true, Ordering::Relaxed);
    let monday = engine(file, &bank).await?;
    let handle = monday.submit("order-42", Transfer { cents: 700 }).await?;
    let Outcome::Completed(cents) = handle.outcome().await? else {
        panic!("it completes");
    };
    assert_eq!(cents, 700);
    assert_eq!(bank.moved.lock().expect("nobody panics").len(), 2);
    assert_eq!(handle.status().await?.why, "completed");
    monday.shutdown(Duration::from_secs(1)).await;
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::temp_dir().join(format!("saga-durable-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let ran = run(&folder.join("transfers.db")).await;
    std::fs::remove_dir_all(&folder)?;
    ran
}
