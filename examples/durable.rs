//! A durable saga in a file: one engine begins it, and the next one finishes it.

#![allow(clippy::unused_async, reason = "these services answer at once")]

use std::sync::atomic::{AtomicBool, Ordering};
use std::{collections::HashSet, error::Error, path::Path, sync::Arc, sync::Mutex, time::Duration};
use typed_saga::engine::{DurableOutcome, Engine, EngineError};
use typed_saga::sqlite::Sqlite;
use typed_saga::{Key, Verdict, saga};

/// A bank that outlives our engines, and remembers its keys.
#[derive(Clone, Default)]
struct Bank {
    moved: Arc<Mutex<HashSet<String>>>,
    open: Arc<AtomicBool>,
}

#[derive(Debug, serde::Serialize, serde::Deserialize)]
enum BankError {
    /// The bank rejects the request unread.
    Closed,
}

impl BankError {
    fn verdict(&self) -> Verdict {
        match self {
            Self::Closed => Verdict::Transient,
        }
    }
}

impl Bank {
    /// Moves the money once per key, and returns a receipt.
    async fn withdraw(&self, _cents: &u64, key: &Key) -> Result<String, BankError> {
        let mut moved = self.moved.lock().expect("nobody panics");
        moved.insert(key.to_string());
        Ok(key.to_string())
    }

    /// Cancels the withdrawal with this receipt. Cancelling twice is harmless.
    async fn cancel(&self, receipt: &str) -> Result<(), BankError> {
        self.moved.lock().expect("nobody panics").remove(receipt);
        Ok(())
    }

    async fn deposit(&self, _cents: &u64, key: &Key) -> Result<(), BankError> {
        if !self.open.load(Ordering::Relaxed) {
            return Err(BankError::Closed);
        }
        let mut moved = self.moved.lock().expect("nobody panics");
        moved.insert(key.to_string());
        Ok(())
    }
}

saga! {
    #[classify(BankError::verdict)]
    #[timeout(5s)]
    durable saga Transfer(cents: u64) with (bank: Bank) -> Result<u64, BankError> {
        #[idempotent]
        step withdrawal(bank, cents, key) -> String = Bank::withdraw
            compensate(bank, withdrawal) = Bank::cancel;

        #[after(withdrawal)]
        #[retry(forever, 10ms..50ms)] #[idempotent]
        pivot deposit(bank, cents, key) = Bank::deposit;

        cents
    }
}

async fn engine(file: &Path, bank: &Bank) -> Result<Engine, EngineError> {
    let services = TransferServices { bank: bank.clone() };
    let builder = Engine::builder(Sqlite::open(file)?).register::<Transfer>(services);
    builder.start().await
}

async fn run(file: &Path) -> Result<(), Box<dyn Error>> {
    let bank = Bank::default();

    // On Friday the saga begins, and cannot end. The process stops; a crash would do as well.
    let friday = engine(file, &bank).await?;
    let handle = friday.submit("order-42", Transfer { cents: 700 }).await?;
    tokio::time::sleep(Duration::from_millis(50)).await;
    println!("on Friday: {}", handle.status().await?.why);
    friday.shutdown(Duration::from_secs(1)).await;
    drop((handle, friday));

    // On Monday another engine opens the file and continues the saga. Submitting it again just
    // joins it.
    bank.open.store(true, Ordering::Relaxed);
    let monday = engine(file, &bank).await?;
    let handle = monday.submit("order-42", Transfer { cents: 700 }).await?;
    let DurableOutcome::Completed(cents) = handle.outcome().await? else {
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
