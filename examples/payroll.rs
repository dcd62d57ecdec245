//! A durable loop: the process ends in the middle of it, and the next one continues at the same
//! item.
//!
//! Run it: `cargo run --example payroll`
#![allow(clippy::unused_async, reason = "this bank answers at once")]

use std::{error::Error, path::Path, sync::Arc, sync::Mutex, time::Duration};
use typed_saga::{Key, Verdict, engine::Engine, saga, sqlite::Sqlite};

saga! {
    /// Pays all salaries, or none.
    #[classify(Closed::verdict)]
    #[timeout(5s)]
    durable saga Payroll(names: Vec<String>) with (bank: Bank) -> Result<usize, Closed> {
        #[retry(forever, 10ms..50ms)] #[idempotent]
        for name: String in (names => names.clone()) // on record, one by one
        step paid(bank, name, key) -> String = Bank::pay
            compensate(bank, paid) = Bank::call_back;

        paid.len()
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::temp_dir().join(format!("saga-payroll-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let ran = run(&folder.join("payroll.db")).await;
    std::fs::remove_dir_all(&folder)?;
    ran
}

async fn run(file: &Path) -> Result<(), Box<dyn Error>> {
    let bank = Bank::default();
    let payroll = || Payroll {
        names: ["Ada", "Bob", "Eve", "Zoe"].map(str::to_owned).to_vec(),
    };

    // On Friday the bank closes after two of them. The process stops; a crash would do as well.
    bank.opens_for(2);
    let friday = start(file, &bank).await?;
    let handle = friday.submit("november", payroll()).await?;
    tokio::time::sleep(Duration::from_millis(100)).await;
    println!("on Friday: {}", handle.status().await?.why);
    friday.shutdown(Duration::from_secs(1)).await;
    drop((handle, friday));
    assert_eq!(bank.paid(), ["Ada", "Bob"]);

    // On Monday the next process asks for the third, and not for the first two.
    bank.opens_for(2);
    let monday = start(file, &bank).await?;
    let handle = monday.submit("november", payroll()).await?;
    let paid = handle.outcome().await?.into_result()?;
    println!("on Monday: all {paid} are paid");
    monday.shutdown(Duration::from_secs(1)).await;
    assert_eq!(bank.paid(), ["Ada", "Bob", "Eve", "Zoe"]);
    Ok(())
}

async fn start(file: &Path, bank: &Bank) -> Result<Engine, Box<dyn Error>> {
    let services = PayrollServices { bank: bank.clone() };
    let builder = Engine::builder(Sqlite::open(file)?).register::<Payroll>(services);
    Ok(builder.start().await?)
}

/// Whom it has paid, and how many requests it still reads.
#[derive(Clone, Default)]
struct Bank(Arc<Mutex<(Vec<String>, usize)>>);

#[derive(Debug, thiserror::Error, serde::Serialize, serde::Deserialize)]
#[error("the bank is closed, and reads nothing")]
struct Closed;

impl Closed {
    fn verdict(&self) -> Verdict {
        let Self = self;
        Verdict::Transient
    }
}

impl Bank {
    fn opens_for(&self, requests: usize) {
        self.0.lock().expect("nobody panics").1 = requests;
    }

    fn paid(&self) -> Vec<String> {
        self.0.lock().expect("nobody panics").0.clone()
    }

    async fn pay(&self, name: &String, _: &Key) -> Result<String, Closed> {
        let (paid, left) = &mut *self.0.lock().expect("nobody panics");
        *left = left.checked_sub(1).ok_or(Closed)?;
        println!("  {name} is paid");
        paid.push(name.clone());
        Ok(name.clone())
    }

    async fn call_back(&self, name: &str) -> Result<(), Closed> {
        let (paid, _) = &mut *self.0.lock().expect("nobody panics");
        paid.retain(|paid| paid != name);
        Ok(())
    }
}
