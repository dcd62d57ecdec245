//! The programs of the page "Retries, savepoints, deadlines".

mod book {
    use std::sync::atomic::{AtomicU32, Ordering};
    use typed_saga::{Key, Verdict, saga};

    #[derive(Debug)]
    enum Error {
        Busy,
        SoldOut,
    }

    impl Error {
        fn verdict(&self) -> Verdict {
            match self {
                Self::Busy => Verdict::Transient, // nothing happened; another attempt may help
                Self::SoldOut => Verdict::Refused, // nothing happened; another attempt does not help
            }
        }
    }

    /// Busy twice, and then it books.
    #[derive(Default)]
    struct Hotels(AtomicU32);

    impl Hotels {
        async fn book(&self, nights: &u32, _: &Key) -> Result<u32, Error> {
            match self.0.fetch_add(1, Ordering::Relaxed) {
                _ if *nights > 30 => Err(Error::SoldOut),
                0 | 1 => Err(Error::Busy),
                attempt => Ok(attempt),
            }
        }
        async fn cancel(&self, _: &u32) -> Result<(), Error> {
            Ok(())
        }
    }

    saga! {
        #[classify(Error::verdict)]
        #[timeout(5s)] // each attempt of each step, unless the step has its own limit
        saga Book(nights: u32) with (hotels: Hotels) -> Result<u32, Error> {
            #[retry(3, 100ms..2s)] // three attempts in all
            #[idempotent] // an attempt that timed out may have booked: ask again under the same key
            step room(hotels, nights, key) -> u32 = Hotels::book
                #[retry(10, 1s..1m)] // of the compensation
                #[timeout(30s)]
                compensate(hotels, room) = Hotels::cancel;

            room
        }
    }

    #[tokio::main(flavor = "current_thread", start_paused = true)]
    async fn main() {
        let booked = Book { nights: 2 }.with(Hotels::default()).await;
        assert_eq!(booked.unwrap(), 2); // at the third attempt

        // A refusal is not attempted again.
        let error = Book { nights: 99 }.with(Hotels::default()).await.unwrap_err();
        assert!(matches!(error.into_step_error(), Some(Error::SoldOut)));
    }

    #[test]
    fn it_runs() {
        main();
    }
}

mod once {
    use std::sync::atomic::{AtomicU32, Ordering};
    use typed_saga::saga;
    #[derive(Default)]
    struct Site(AtomicU32);
    impl Site {
        async fn hold(&self) -> Result<u32, String> { Ok(self.0.fetch_add(1, Ordering::Relaxed)) }
        async fn release(&self, _hotel: &u32) -> Result<(), String> { Ok(()) }
        async fn fly(&self, hotel: &u32) -> Result<String, String> {
            if *hotel < 2 { Err("full".to_owned()) } else { Ok(format!("flight to hotel {hotel}")) }
        }
    }
    struct Mailer;
    impl Mailer {
        async fn say(&self) -> Result<(), String> { Ok(()) }
        async fn note(&self, _hotel: &u32) -> Result<(), String> { Ok(()) }
    }

    saga! {
        saga Travel() with (site: Site, mailer: Mailer) -> Result<String, String> {
            step mail(mailer) = Mailer::say // "we look for a hotel and a flight": once, before the savepoint
                compensate none

            #[savepoint(3, 10ms..1s, on(flight))]
            step hotel(site) -> u32 = Site::hold
                compensate(site, hotel) = Site::release;

            step tried(mailer, hotel) = Mailer::note // each hotel that was tried is noted
                compensate none again

            step flight(site, hotel) -> String = Site::fly
                compensate none // nothing after it can fail, so no rerun finds it applied

            flight
        }
    }
    #[tokio::main(flavor = "current_thread", start_paused = true)]
    async fn main() {
        let travel = Travel {}.with(Site::default(), Mailer);
        assert_eq!(travel.await.unwrap(), "flight to hotel 2");
    }

    #[test]
    fn it_runs() {
        main();
    }
}

mod fallback {
    use typed_saga::saga;

    saga! {
        saga Quote(city: String) -> Result<u32, &'static str> {
            #[retry(3, 1ms..2ms)]
            read rate(city) -> u32 { if city == "Oslo" { Ok(120) } else { Err("no answer") } }
                fallback() { Ok(100) }

            rate
        }
    }

    #[tokio::main(flavor = "current_thread")]
    async fn main() {
        assert_eq!(Quote { city: "Oslo".to_owned() }.run().await.unwrap(), 120);
        assert_eq!(Quote { city: "Atlantis".to_owned() }.run().await.unwrap(), 100);
    }

    #[test]
    fn it_runs() {
        main();
    }
}
