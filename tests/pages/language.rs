//! The programs of the page "The language".

mod book_trip {
    #[derive(Clone, Debug)] pub struct Trip { pub wants_car: bool }
    #[derive(Clone, Debug)] pub struct Rates;
    #[derive(Clone, Debug)] pub struct Hold;
    #[derive(Clone, Debug)] pub struct Booking;
    #[derive(Clone, Debug)] pub struct Charge;
    #[derive(Debug)] pub struct Receipt { pub charge: Charge, pub hotel: Booking, pub car: Option<Booking>, pub mail: u32 }
    #[derive(Debug)] pub struct BookingError;
    impl BookingError { fn verdict(&self) -> saga::Verdict { saga::Verdict::Unknown } }
    pub struct Billing; pub struct Hotels; pub struct Cars; pub struct Mailer;
    impl Billing {
        async fn rates(&self, _: &Trip) -> Result<Rates, BookingError> { Err(BookingError) }
        async fn last_known(&self, _: &saga::Failure<BookingError>) -> Result<Rates, BookingError> { Ok(Rates) }
        async fn hold(&self, _: &Trip, _: &Rates, _: &saga::Key) -> Result<Hold, BookingError> { Ok(Hold) }
        async fn release(&self, _: &Hold) -> Result<(), BookingError> { Ok(()) }
        async fn capture(&self, _: &Hold, _: &saga::Key) -> Result<Charge, BookingError> { Ok(Charge) }
    }
    impl Hotels {
        async fn book(&self, _: &Trip, _: &saga::Key) -> Result<Booking, BookingError> { Ok(Booking) }
        async fn cancel(&self, _: &saga::Key) -> Result<(), BookingError> { Ok(()) }
    }
    impl Cars {
        async fn book(&self, _: &Trip, _: &saga::Key) -> Result<Booking, BookingError> { Ok(Booking) }
        async fn find(&self, _: &saga::Key) -> Result<Option<Booking>, BookingError> { Ok(Some(Booking)) }
        async fn cancel(&self, _: &Booking) -> Result<(), BookingError> { Ok(()) }
    }
    impl Mailer { async fn send(&self, _: &Trip, _: &Charge, _: &saga::Key) -> Result<u32, BookingError> { Ok(7) } }
    use saga::saga;

    saga! {
        /// Books a trip: holds the money, books everything, then takes the money.
        #[derive(Clone, Debug)]
        #[classify(BookingError::verdict)]                  // what an `Err` means
        #[timeout(10s)]                                     // of each step, unless it has its own
        pub saga BookTrip(trip: Trip)
        with (billing: Billing, hotels: Hotels, cars: Cars, mailer: Mailer)
        -> Result<Receipt, BookingError>
        {
            #[timeout(2s)]
            read rates(billing, trip) -> Rates = Billing::rates
                fallback(billing, failure) = Billing::last_known;

            #[retry(3, 100ms..2s)] #[idempotent]
            step hold(billing, trip, rates, key) -> Hold = Billing::hold
                compensate(billing, hold) = Billing::release;

            concurrent {
                #[savepoint(5, 10ms..30s)]
                step hotel(hotels, trip, key) -> Booking = Hotels::book
                    #[by_key]
                    compensate(hotels, key) = Hotels::cancel;

                #[when(trip => trip.wants_car)]
                step car(cars, trip, key) -> Booking = Cars::book
                    resolve(cars, key) = Cars::find
                    compensate(cars, car) = Cars::cancel;
            }

            #[idempotent]
            pivot charge(billing, hold, key) -> Charge = Billing::capture;

            #[retry(forever, 1s..1h)] #[idempotent]
            step mail(mailer, trip, charge, key) -> u32 = Mailer::send;

            finally(outcome, ctx) { println!("{}: {outcome}", ctx.id()) }

            Receipt { charge, hotel, car, mail }
        }
    }

    #[tokio::main(flavor = "current_thread")]
    async fn main() {
        let trip = Trip { wants_car: true };
        let receipt = BookTrip { trip }.with(Billing, Hotels, Cars, Mailer).id("trip-42").await.unwrap();
        assert!(receipt.car.is_some());
        saga::drain(std::time::Duration::from_secs(5)).await; // `finally` runs beside the caller
    }

    #[test]
    fn it_runs() {
        main();
    }
}

mod take {
    #[test]
    fn it_runs() {
        use std::{future::Future, pin::Pin, sync::Arc};
        trait Stock: Send + Sync {
            fn take<'a>(&'a self, count: u32) -> Pin<Box<dyn Future<Output = Result<u32, String>> + Send + 'a>>;
        }

        saga::saga! {
            saga Take(count: u32) with (stock: Arc<dyn Stock>) -> Result<u32, String> {
                step taken(stock, count) -> u32 { stock.take(*count).await } compensate none
                taken
            }
        }
    }
}

mod fulfil {
    #[test]
    fn it_runs() {
        #[derive(Clone)] pub struct Stock;
        impl Stock {
            async fn reserve(&self, _: &u32, _: &saga::Key) -> Result<u32, String> { Ok(1) }
            async fn release(&self, _: &u32) -> Result<(), String> { Ok(()) }
        }
        saga::saga! {
            saga Fulfil(lines: Vec<u32>) with (stock: Stock) -> Result<Vec<u32>, String> {
                #[idempotent] #[concurrent(8)]
                for line: u32 in (lines => lines.clone())
                step reserved(stock, line, key) -> u32 = Stock::reserve
                    compensate(stock, reserved) = Stock::release;   // of one line

                reserved                                            // of all of them: a `Vec<u32>`
            }
        }
    }
}
