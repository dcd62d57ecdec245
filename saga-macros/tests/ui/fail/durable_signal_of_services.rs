// The journal is read without the services, signals included.
use typed_saga::{Verdict, saga};
use serde::{Serialize, de::DeserializeOwned};

#[derive(Debug, serde::Serialize, serde::Deserialize)]
pub struct Failed;

pub trait Bank: Clone + Send + Sync + 'static {
    type Receipt: Serialize + DeserializeOwned + Clone + Send + Sync + 'static;
}

fn verdict(_: &Failed) -> Verdict {
    Verdict::Refused
}

saga! {
    #[classify(verdict)]
    #[timeout(5s)]
    durable saga Pay<B: Bank>(sum: u32) with (bank: B) -> Result<(), Failed> {
        #[timeout(1h)]
        signal paid -> B::Receipt;
        read done(bank, sum, paid) { let _ = (bank, sum, paid); Ok(()) }
    }
}

fn main() {}
