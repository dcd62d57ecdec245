//! The programs of the page "Child sagas".

mod child {
    use typed_saga::{Key, Verdict, saga};

    saga! {
        #[classify(Error::verdict)]
        saga WrapGift(note: String) with (stock: Stock) -> Result<String, Error> {
            #[idempotent]
            step paper(stock, key) -> String = Stock::take
                compensate(stock, paper) = Stock::put_back;

            format!("{paper} and a card: {note}")
        }

        #[classify(Error::verdict)]
        saga SendGift(to: String) with (stock: Stock, bank: Bank) -> Result<String, Error> {
            #[retry(2)] // runs it again, in the next round
            step wrapped(to) -> String = saga WrapGift { note: format!("for {to}") } with (stock);

            #[idempotent]
            step paid(bank, key) = Bank::charge
                compensate(bank, key) = Bank::cancel;

            wrapped
        }
    }

    #[tokio::main(flavor = "current_thread")]
    async fn main() {
        let gift = SendGift { to: "Ada".to_owned() };
        let error = gift.with(Stock, Bank).await.unwrap_err();
        assert_eq!(error.path(), Some("paid"));
        assert!(error.is_clean()); // the paper was put back
    }

    #[derive(Clone)]
    struct Stock;
    impl Stock {
        async fn take(&self, _: &Key) -> Result<String, Error> { Ok("red paper".to_owned()) }
        async fn put_back(&self, _: &String) -> Result<(), Error> { Ok(()) }
    }
    #[derive(Clone)]
    struct Bank;
    impl Bank {
        async fn charge(&self, _: &Key) -> Result<(), Error> { Err(Error) }
        async fn cancel(&self, _: &Key) -> Result<(), Error> { Ok(()) }
    }
    #[derive(Debug)]
    struct Error;
    impl Error { fn verdict(&self) -> Verdict { Verdict::Refused } }

    #[test]
    fn it_runs() {
        main();
    }
}

mod with_a_pivot {
    use serde::{Deserialize, Serialize};
    use std::sync::{Arc, OnceLock};
    use typed_saga::engine::{DurableOutcome, WeakEngine};
    use typed_saga::engine::{Engine, EngineError, Memory};
    use typed_saga::{Key, Verdict, saga};

    #[derive(Debug, Serialize, Deserialize)]
    enum TripError {
        NoRoom,
        Undecided,
    }

    impl TripError {
        fn verdict(&self) -> Verdict {
            match self {
                Self::NoRoom => Verdict::Refused,
                Self::Undecided => Verdict::Unknown,
            }
        }
    }

    impl From<EngineError> for TripError {
        fn from(_: EngineError) -> Self {
            Self::Undecided
        }
    }

    /// Submits the inner saga to the engine that runs the outer one. A service must not keep its engine
    /// open, so `Hotels` holds it weakly.
    #[derive(Clone, Default)]
    struct Hotels(Arc<OnceLock<WeakEngine>>);

    impl Hotels {
        async fn book(&self, city: &str, key: &Key) -> Result<u32, TripError> {
            let engine = self.0.get().ok_or(TripError::Undecided)?;
            let hotel = BookHotel { city: city.to_owned() };
            match engine.submit(key.as_str(), hotel).await?.outcome().await? {
                DurableOutcome::Completed(room) => Ok(room),
                DurableOutcome::Compensated(_) => Err(TripError::NoRoom),
                _ => Err(TripError::Undecided), // parked: an operator may still finish it
            }
        }
    }

    saga! {
        #[classify(TripError::verdict)]
        #[timeout(60s)]
        durable saga BookTrip(city: String) with (hotels: Hotels) -> Result<u32, TripError> {
            #[idempotent] // the same key joins the same inner saga
            #[retry(forever, 1s..5m)]
            pivot hotel(hotels, city, key) -> u32 = Hotels::book;

            hotel
        }
    }

    saga! {
        #[classify(TripError::verdict)]
        #[timeout(10s)]
        durable saga BookHotel(city: String) -> Result<u32, TripError> {
            #[idempotent(by = city)]
            step room(city) -> u32 { if city == "Oslo" { Ok(7) } else { Err(TripError::NoRoom) } }
                compensate none

            room
        }
    }

    #[tokio::main(flavor = "current_thread")]
    async fn main() {
        let hotels = Hotels::default();
        let engine = Engine::builder(Memory::new())
            .register::<BookTrip>(BookTripServices { hotels: hotels.clone() })
            .register::<BookHotel>(BookHotelServices)
            .start();
        let engine = engine.await.unwrap();
        assert!(hotels.0.set(engine.downgrade()).is_ok());

        let trip = engine.submit("trip-42", BookTrip { city: "Oslo".to_owned() }).await.unwrap();
        assert!(matches!(trip.outcome().await, Ok(DurableOutcome::Completed(7))));
        let trip = engine.submit("trip-43", BookTrip { city: "Rome".to_owned() }).await.unwrap();
        assert!(matches!(trip.outcome().await, Ok(DurableOutcome::Compensated(_))));
    }

    #[test]
    fn it_runs() {
        main();
    }
}
