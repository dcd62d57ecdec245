// errors: 2. A durable saga is read without its services: an engine lists it before it runs.

use std::marker::PhantomData;

use typed_saga::{saga, runtime::{Durable, Services}};

trait Bank: Clone + Send + Sync + 'static {
    type Charge: Clone + Send + Sync + serde::Serialize + serde::de::DeserializeOwned;
    fn charge(&self, sum: &u64) -> impl Future<Output = Result<Self::Charge, Failed>> + Send;
}

#[derive(serde::Serialize, serde::Deserialize)]
struct Failed;

saga! {
    #[classify(typed_saga::transient)]
    #[timeout(1s)]
    durable saga Pay<B: Bank, M>(sum: u64) with (bank: B, mailer: PhantomData<fn() -> M>) -> Result<B::Charge, Failed> {
        #[idempotent(by = sum)]
        step charge(bank, sum) -> B::Charge = B::charge
            compensate none;

        read mail(mailer) -> Vec<M> { let _ = mailer; Ok(Vec::new()) }

        let _ = mail;
        charge
    }
}

fn register<S: Durable>(services: impl Services<S>) -> S::Output {
    drop(services);
    unreachable!()
}

fn pay(bank: impl Bank<Charge = u8>) -> u8 {
    let services = PayServices {
        bank,
        mailer: PhantomData::<fn() -> u8>,
    };
    register::<Pay>(services.clone());
    let charge = register::<Pay>(services);
    charge + 1
}

fn main() {}
