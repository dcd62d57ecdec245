//! The programs of the page "Changing a saga".

mod versions {
    use typed_saga::definition::Definition;
    use typed_saga::engine::Versions;

    fn test(book_trip: &'static Definition, refund: &'static Definition) {
        // `&BookTrip::DEFINITION`, and each other durable saga of the program
        Versions::of([book_trip, refund]).in_file("sagas.released").assert();
    }
}

mod introduced {
    use typed_saga::saga;
    #[derive(Debug)] struct Failed;
    #[derive(Clone)] struct Hotels;
    impl Hotels { async fn go(&self) -> Result<u32, Failed> { Ok(7) } }
    saga! {
        saga BookTrip() with (hotels: Hotels) -> Result<u32, Failed> {
            read hotel(hotels) -> u32 = Hotels::go;

            #[introduced]
            read insurance(hotels) -> u32 = Hotels::go;

            read payment(hotels) -> u32 = Hotels::go;

            hotel + insurance.unwrap_or(0) + payment
        }
    }
}

mod retired {
    use typed_saga::saga;
    #[derive(Debug)] struct Failed;
    #[derive(Clone)] struct Hotels;
    impl Hotels { async fn go(&self) -> Result<u32, Failed> { Ok(7) } }
    saga! {
        saga BookTrip() with (hotels: Hotels) -> Result<u32, Failed> {
            #[retired]
            read rates(hotels) -> u32 = Hotels::go;

            read hotel(hotels) -> u32 = Hotels::go;

            rates.unwrap_or(0) + hotel
        }
    }
}

mod grows {
    #[test]
    fn it_runs() {
        use serde::{Deserialize, Serialize};

        #[derive(Debug, PartialEq, Serialize, Deserialize)]
        struct Booking {
            number: u32,
            #[serde(default)] // missing in effects from last week
            floor: Option<u8>,
        }

        let last_week = r#"{"number":7}"#;
        let booking: Booking = serde_json::from_str(last_week).unwrap();
        assert_eq!(booking, Booking { number: 7, floor: None });
    }
}

mod another_name {
    use typed_saga::saga;
    #[derive(Debug)] struct Failed;
    #[derive(Clone)] struct Hotels;
    impl Hotels { async fn booking(&self) -> Result<Reservation, Failed> { Ok(Reservation { number: 7 }) } }
    #[derive(Clone, Debug)] struct Reservation { number: u32 }
    type Booking = Reservation;

    saga! {
        saga BookTrip() with (hotels: Hotels) -> Result<u32, Failed> {
            read booking(hotels) -> Booking = Hotels::booking;

            booking.number
        }
    }
}

mod fits {
    use typed_saga::engine::{ReadStore, SagaType, StoreError, fits};

    /// Says which sagas in flight this program could not continue. `sagas`: for each durable saga of the
    /// program, as in `SagaType::of::<BookTrip, BookTripServices>()`.
    async fn ask(store: &impl ReadStore, sagas: Vec<SagaType>) -> Result<(), StoreError> {
        let fits = fits(store, sagas).await?;
        println!("{} can go on", fits.fit);
        for (saga, why) in &fits.unfit {
            println!("{saga} cannot: {why}");
        }
        Ok(())
    }
}
