//! The programs of the page "The language".

mod book_trip {
    #[derive(Clone, Debug)] pub struct Trip { pub wants_car: bool }
    #[derive(Clone, Debug)] pub struct Rates;
    #[derive(Clone, Debug)] pub struct Hold;
    #[derive(Clone, Debug)] pub struct Booking;
    #[derive(Clone, Debug)] pub struct Charge;
    #[derive(Debug)] pub struct Receipt { pub charge: Charge, pub hotel: Booking, pub car: Option<Booking>, pub mail: u32 }
    #[derive(Debug)] pub struct BookingError;
    impl BookingError { fn verdict(&self) -> typed_saga::Verdict { typed_saga::Verdict::Unknown } }
    pub struct Billing; pub struct Hotels; pub struct Cars; pub struct Mailer;
    impl Billing {
        async fn rates(&self, _: &Trip) -> Result<Rates, BookingError> { Err(BookingError) }
        async fn last_known(&self, _: &typed_saga::Failure<BookingError>) -> Result<Rates, BookingError> { Ok(Rates) }
        async fn hold(&self, _: &Trip, _: &Rates, _: &typed_saga::Key) -> Result<Hold, BookingError> { Ok(Hold) }
        async fn release(&self, _: &Hold) -> Result<(), BookingError> { Ok(()) }
        async fn capture(&self, _: &Hold, _: &typed_saga::Key) -> Result<Charge, BookingError> { Ok(Charge) }
    }
    impl Hotels {
        async fn book(&self, _: &Trip, _: &typed_saga::Key) -> Result<Booking, BookingError> { Ok(Booking) }
        async fn cancel(&self, _: &typed_saga::Key) -> Result<(), BookingError> { Ok(()) }
    }
    impl Cars {
        async fn book(&self, _: &Trip, _: &typed_saga::Key) -> Result<Booking, BookingError> { Ok(Booking) }
        async fn find(&self, _: &typed_saga::Key) -> Result<Option<Booking>, BookingError> { Ok(Some(Booking)) }
        async fn cancel(&self, _: &Booking) -> Result<(), BookingError> { Ok(()) }
    }
    impl Mailer { async fn send(&self, _: &Trip, _: &Charge, _: &typed_saga::Key) -> Result<u32, BookingError> { Ok(7) } }
    use typed_saga::saga;

    saga! {
        /// Books a trip: holds the money, books everything, then takes the money.
        #[derive(Clone, Debug)]
        #[classify(BookingError::verdict)] // what an `Err` means
        #[timeout(10s)] // of each step, unless it has its own
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
        typed_saga::drain(std::time::Duration::from_secs(5)).await; // `finally` runs beside the caller
    }

    #[test]
    fn it_runs() {
        main();
    }
}

mod pack {
    struct Shelf;
    impl Shelf {
        async fn take(&self, _: &u32) -> Result<u32, String> { Ok(1) }
        async fn put_back(&self, _: &u32) -> Result<(), String> { Ok(()) }
        async fn wrap(&self, _: &u32) -> Result<(), String> { Err("no paper".to_owned()) }
    }
    typed_saga::saga! {
        saga Pack(order: u32) with (shelf: Shelf) -> Result<u32, String> {
            step item(shelf, order) -> u32 = Shelf::take
                compensate(shelf, item) = Shelf::put_back;
            step wrapped(shelf, item) = Shelf::wrap
                compensate none
            item
        }
    }

    #[tokio::main(flavor = "current_thread")]
    async fn main() {
        let services = PackServices { shelf: Shelf };
        let before: PackBeforeWrapped = Pack { order: 7 }.walk().item(&services).await.unwrap();
        assert_eq!(before.item, 1);

        let stopped = before.wrapped(&services).await.unwrap_err();
        assert_eq!(stopped.error, "no paper");
        let start: PackBeforeItem = stopped.state.undo_item(&services).await.unwrap();
        assert_eq!(start.order, 7);
    }

    #[test]
    fn it_runs() {
        main();
    }
}

mod pay {
    use std::future::Future;

    trait Bank {
        fn charge(&self, sum: &u32) -> impl Future<Output = Result<u32, String>> + Send;
    }

    struct Fake;

    impl Bank for Fake {
        async fn charge(&self, sum: &u32) -> Result<u32, String> {
            Ok(*sum)
        }
    }

    typed_saga::saga! {
        saga Pay<B: Bank>(sum: u32) with (bank: B) -> Result<u32, String> {
            step paid(bank, sum) -> u32 = B::charge
                compensate none
            paid
        }
    }

    #[tokio::main(flavor = "current_thread")]
    async fn main() {
        assert_eq!(Pay { sum: 30 }.with(Fake).await.unwrap(), 30);
    }

    #[test]
    fn it_runs() {
        main();
    }
}
