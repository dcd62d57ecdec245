// errors: 2. Two items of a loop with equal keys would be one operation, so the keys of a child saga are compared.

use typed_saga::{Verdict, saga};

#[derive(Debug)]
struct Error;

impl Error {
    fn verdict(&self) -> Verdict {
        Verdict::Unknown
    }
}

#[derive(Clone)]
pub struct Weight(f64);

async fn reserve(weight: &Weight) -> Result<f64, Error> {
    Ok(weight.0)
}

async fn release(_: &Weight) -> Result<(), Error> {
    Ok(())
}

saga! {
    #[classify(Error::verdict)]
    saga Load(weight: Weight) -> Result<f64, Error> {
        #[idempotent(by = weight)]
        step reserved(weight) -> f64 = reserve
            compensate(weight) = release;

        reserved
    }

    #[classify(Error::verdict)]
    saga Truck(weights: Vec<Weight>) -> Result<usize, Error> {
        for weight: Weight in (weights => weights.clone())
        step loaded(weight) -> f64 = saga Load { weight: weight.clone() };

        loaded.len()
    }

    #[classify(Error::verdict)]
    saga Ship(weights: Vec<Weight>) -> Result<(), Error> {
        when (weights => !weights.is_empty()) {
            for weight: Weight in (weights => weights.clone())
            step stowed(weight) -> f64 = saga Load { weight: weight.clone() };
        }

        let _ = stowed;
    }
}

async fn caller() {
    let _ = Load { weight: Weight(1.0) }.run().await;
    let _ = Truck { weights: Vec::new() }.run().await;
    let _ = Ship { weights: Vec::new() }.run().await;
}

fn main() {
    let _ = caller();
}
