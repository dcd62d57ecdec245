//! The programs of the page "Durable sagas: what is recorded".

use serde::{Deserialize, Serialize};
use typed_saga::{Key, Verdict};
use typed_saga::{engine::Engine, saga, sqlite::Sqlite};

#[derive(Debug, Serialize, Deserialize)]
pub enum ShopError {
    Declined,
    Unreachable, // the request was not sent
    NoAnswer,    // it was sent, and may have been acted on
}

impl ShopError {
    fn verdict(&self) -> Verdict {
        match self {
            Self::Declined => Verdict::Refused,
            Self::Unreachable => Verdict::Transient,
            Self::NoAnswer => Verdict::Unknown,
        }
    }
}

impl std::fmt::Display for ShopError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { write!(f, "{self:?}") }
}
impl std::error::Error for ShopError {}
#[derive(Clone)]
pub struct Bank;

impl Bank {
    async fn charge(&self, cents: &u32, key: &Key) -> Result<String, ShopError> {
        Ok(format!("payment {key} of {cents}"))
    }
    async fn refund(&self, payment: &str, undo_key: &Key) -> Result<(), ShopError> {
        Ok(()) // once under this key, however often it is asked
    }
}

#[derive(Clone)]
pub struct Post;

impl Post {
    async fn send(&self, payment: &str, key: &Key) -> Result<u64, ShopError> {
        Ok(7)
    }
}

saga! {
    /// Charges the customer, then sends the parcel.
    #[classify(ShopError::verdict)]
    #[timeout(30s)]
    durable saga Buy(cents: u32) with (bank: Bank, post: Post) -> Result<u64, ShopError> {
        #[idempotent]
        step payment(bank, cents, key) -> String = Bank::charge
            compensate(bank, payment, undo_key) = Bank::refund;

        #[idempotent]
        pivot parcel(post, payment, key) -> u64 = Post::send;

        parcel
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let store = Sqlite::open("shop.db")?;
    let services = BuyServices { bank: Bank, post: Post };
    let engine = Engine::builder(store).register::<Buy>(services).start().await?;

    let handle = engine.submit("order-42", Buy { cents: 1999 }).await?; // recorded from here on
    let parcel = handle.outcome().await?.into_result()?;
    Ok(())
}
