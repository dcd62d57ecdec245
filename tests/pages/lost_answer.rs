//! The programs of the page "The lost answer".

use std::sync::{Arc, Mutex};
use typed_saga::{Key, Verdict, saga};

/// A car rental that records every request, and whose first answer is lost.
#[derive(Clone, Default)]
struct Cars {
    booked: Arc<Mutex<Vec<String>>>,
}

#[derive(Debug)]
struct NoAnswer;

impl Cars {
    async fn book(&self, key: &Key) -> Result<usize, NoAnswer> {
        let mut booked = self.booked.lock().unwrap();
        booked.push(key.to_string());
        if booked.len() == 1 { Err(NoAnswer) } else { Ok(booked.len()) }
    }

    /// The number of the car, if there is one.
    async fn find(&self, key: &Key) -> Result<Option<usize>, NoAnswer> {
        let booked = self.booked.lock().unwrap();
        Ok(booked.iter().position(|known| known == key.as_str()).map(|index| index + 1))
    }

    async fn cancel(&self, _car: &usize) -> Result<(), NoAnswer> {
        Ok(())
    }
}

impl NoAnswer {
    fn verdict(&self) -> Verdict {
        Verdict::Unknown
    }
}

saga! {
    #[classify(NoAnswer::verdict)]
    saga BookCar() with (cars: Cars) -> Result<usize, NoAnswer> {
        #[late(20ms)]
        step car(cars, key) -> usize = Cars::book
            resolve(cars, key) = Cars::find
            compensate(cars, car) = Cars::cancel;

        car
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let cars = Cars::default();
    assert_eq!(BookCar {}.with(cars.clone()).await.unwrap(), 1);
    assert_eq!(cars.booked.lock().unwrap().len(), 1); // one car, though its answer was lost
}

#[test]
fn it_runs() {
    main();
}
