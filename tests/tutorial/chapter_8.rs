use super::vendors;

use std::{path::Path, time::Duration};
use typed_saga::{engine::{DurableOutcome, Engine, EngineError}, saga, sqlite::Sqlite};
use vendors::{Bank, Booking, Cars, Hotels, Letter, Mailer, Payment, TripError};

saga! {
    #[classify(TripError::verdict)]
    #[timeout(10s)]
    durable saga BookTrip(city: String)
    with (hotels: Hotels, cars: Cars, bank: Bank, mail: Mailer)
    -> Result<(Letter, Option<Booking>), TripError>
    {
        concurrent {
            #[idempotent]
            step hotel(hotels, city, key) -> Booking = Hotels::book
                compensate(hotels, hotel) = Hotels::cancel;

            #[when(city => city != "Venice")]
            #[late(30s)]
            step car(cars, city, key) -> Booking = Cars::book
                resolve(cars, key) = Cars::find
                compensate(cars, car) = Cars::cancel;
        }

        #[idempotent]
        pivot payment(bank, hotel, car, key) -> Payment {
            let car = car.as_ref().map_or(0, |car| car.price);
            bank.charge(hotel.price + car, key).await
        }

        #[idempotent]
        step letter(mail, city, payment, key) -> Letter {
            mail.send(&format!("{city}: {} paid", payment.price), key)
                .await
        }

        (letter, car)
    }
}

async fn engine(file: &Path, services: &BookTripServices) -> Result<Engine, EngineError> {
    Engine::builder(Sqlite::open(file)?).register::<BookTrip>(services.clone()).start().await
}

fn trip(city: &str) -> BookTrip {
    BookTrip { city: city.to_owned() }
}

pub(super) async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let file = &super::journal();
    let first_time = !file.exists();
    let services = BookTripServices {
        hotels: Hotels::default(),
        cars: Cars::default(),
        bank: Bank::default(),
        mail: Mailer::default(),
    };

    // One engine begins the saga, and stops at once …
    let first = engine(file, &services).await?;
    first.submit("trip-42", trip("Oslo")).await?;
    first.shutdown(Duration::from_secs(5)).await;
    drop(first);

    // … and the next one ends it. Submitted once more, it is the same trip.
    let second = engine(file, &services).await?;
    let handle = second.submit("trip-42", trip("Oslo")).await?;
    let (letter, car) = handle.outcome().await?.into_result()?;
    println!("letter {}, car {car:?}", letter.number);
    assert!(services.bank.active() <= 1);

    // The first time the letter cannot be sent: this trip parks for an operator.
    if first_time {
        services.mail.trouble(TripError::Refused);
    }
    let handle = second.submit("trip-43", trip("Venice")).await?;
    match handle.outcome().await? {
        DurableOutcome::Completed(_) => println!("trip-43 is complete"),
        other => println!("trip-43: {other:?}"),
    }

    // A server would run until it is stopped, and act on operators' requests meanwhile.
    tokio::time::sleep(Duration::from_secs(1)).await;
    second.shutdown(Duration::from_secs(5)).await;
    Ok(())
}
