//! The programs of the page "Comparisons".

mod by_hand {
    #[test]
    fn it_runs() {
        #[derive(Debug)] struct Error;
        struct Hotels; struct Cars; struct Booking;
        impl Hotels {
            async fn book(&self, _: &str) -> Result<Booking, Error> { Ok(Booking) }
            async fn cancel(&self, _: &Booking) -> Result<(), Error> { Ok(()) }
        }
        impl Cars { async fn book(&self, _: &str) -> Result<Booking, Error> { Err(Error) } }
        async fn book_trip(hotels: &Hotels, cars: &Cars, city: &str) -> Result<(Booking, Booking), Error> {
            let hotel = hotels.book(city).await?;
            match cars.book(city).await {
                Ok(car) => Ok((hotel, car)),
                Err(error) => {
                    hotels.cancel(&hotel).await?; // and if this fails?
                    Err(error)
                }
            }
        }
    }
}

mod sage {
    use typed_saga::{Key, Verdict, saga};
    #[derive(Debug)] struct Error;
    impl Error { fn verdict(&self) -> Verdict { Verdict::Unknown } }
    #[derive(Clone, Debug)] struct Booking;
    struct Vendors;
    impl Vendors {
        async fn rates(&self, _: &str) -> Result<u32, Error> { Err(Error) }
        async fn cached(&self, _: &str) -> Result<u32, Error> { Ok(7) }
        async fn book(&self, _: &str, _: &u32, _: &Key) -> Result<Booking, Error> { Ok(Booking) }
        async fn cancel(&self, _: &Booking) -> Result<(), Error> { Ok(()) }
    }
    saga! {
        #[classify(Error::verdict)]
        saga BookTrip(city: String) with (vendors: Vendors) -> Result<_, Error> {
            read rates(vendors, city) -> u32 = Vendors::rates
                fallback(vendors, city) = Vendors::cached;

            #[idempotent]
            step hotel(vendors, city, rates, key) -> Booking = Vendors::book
                compensate(vendors, hotel) = Vendors::cancel;

            concurrent {
                #[timeout(10s)] #[idempotent]
                step car(vendors, city, rates, key) -> Booking = Vendors::book
                    compensate(vendors, car) = Vendors::cancel;

                #[idempotent]
                step flight(vendors, city, rates, key) -> Booking = Vendors::book
                    compensate(vendors, flight) = Vendors::cancel;
            }

            finally(outcome) { println!("{outcome}") }
        }
    }

    #[tokio::main(flavor = "current_thread")]
    async fn main() {
        let all = BookTrip { city: "Oslo".to_owned() }.with(Vendors).await.unwrap();
        assert_eq!(all.rates, 7);
        typed_saga::drain(std::time::Duration::from_secs(5)).await;
    }

    #[test]
    fn it_runs() {
        main();
    }
}
