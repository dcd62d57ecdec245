//! The examples that tell a story, and what else can happen in them.

#[path = "../examples/breaker.rs"]
mod breaker;
#[path = "../examples/subscription.rs"]
mod subscription;

mod a_breaker {
    use crate::stories::breaker::{
        BookNight, BookingError, Breaker, Health, Hotel, Rate, Rates, State, main,
    };
    use std::time::Duration;
    use tokio::task::JoinSet;
    use tokio::time::{Instant, advance};

    const PAUSE: Duration = Duration::from_secs(60);
    const ALMOST: Duration = Duration::from_millis(59_999);

    async fn book(rates: &Rates, city: &str) -> Result<Rate, typed_saga::Error<BookingError>> {
        let city = city.to_owned();
        BookNight { city }
            .with(rates.clone(), Hotel::default())
            .await
    }

    async fn booked(rates: &Rates) -> Rate {
        book(rates, "Lisbon").await.expect("a rate is known")
    }

    fn rates() -> Rates {
        Rates::new(Breaker::new(2, PAUSE))
    }

    /// One that has just opened, after it was asked three times in all.
    async fn open() -> Rates {
        let rates = rates();
        assert_eq!(booked(&rates).await, Rate::Fresh(100));
        rates.service().health = Health::Down;
        assert_eq!(booked(&rates).await, Rate::Older(100));
        assert!(matches!(rates.breaker.state(), State::Open { .. }));
        assert_eq!(rates.service().asked, 3);
        rates
    }

    #[test]
    fn opens_and_closes_again() {
        main();
    }

    #[tokio::test(start_paused = true)]
    async fn lets_nobody_through_before_the_pause_is_over() {
        let rates = open().await;
        rates.service().health = Health::Up(120);
        advance(ALMOST).await;
        assert_eq!(booked(&rates).await, Rate::Older(100));
        assert_eq!(rates.service().asked, 3);
        advance(Duration::from_millis(1)).await;
        assert_eq!(booked(&rates).await, Rate::Fresh(120));
    }

    #[tokio::test(start_paused = true)]
    async fn lets_one_of_many_through_after_the_pause() {
        let rates = open().await;
        rates.service().health = Health::Up(120);
        advance(PAUSE).await;

        let mut sagas = JoinSet::new();
        for _ in 0..8 {
            let rates = rates.clone();
            sagas.spawn(async move { booked(&rates).await });
        }
        let all = sagas.join_all().await;
        let having = |rate| all.iter().filter(|one| **one == rate).count();
        assert_eq!(having(Rate::Fresh(120)), 1);
        assert_eq!(having(Rate::Older(100)), 7);
        assert_eq!(rates.service().asked, 4);
        assert_eq!(booked(&rates).await, Rate::Fresh(120));
    }

    #[tokio::test(start_paused = true)]
    async fn opens_again_if_that_one_gets_no_answer() {
        let rates = open().await;
        rates.service().health = Health::Stuck;
        advance(PAUSE).await;

        let asked_at = Instant::now();
        assert_eq!(booked(&rates).await, Rate::Older(100));
        let State::Open { until } = rates.breaker.state() else {
            panic!("{:?}", rates.breaker.state());
        };
        assert!(until >= asked_at + PAUSE);
        // The second attempt found it open.
        assert_eq!(rates.service().asked, 4);
    }

    #[tokio::test(start_paused = true)]
    async fn counts_failures_in_a_row() {
        let rates = Rates::new(Breaker::new(3, PAUSE));
        for _ in 0..3 {
            rates.service().health = Health::Up(100);
            assert_eq!(booked(&rates).await, Rate::Fresh(100));
            rates.service().health = Health::Down;
            assert_eq!(booked(&rates).await, Rate::Older(100));
            assert_eq!(rates.breaker.state(), State::Closed { failures: 2 });
        }
    }

    #[tokio::test(start_paused = true)]
    async fn stays_closed_when_the_service_says_no() {
        let rates = rates();
        for _ in 0..5 {
            let error = book(&rates, "Atlantis").await.expect_err("no such city");
            assert!(error.is_clean());
            assert_eq!(error.step(), Some("rate"));
            assert_eq!(error.into_step_error(), Some(BookingError::NoSuchCity));
        }
        assert_eq!(rates.breaker.state(), State::Closed { failures: 0 });
    }
}

mod a_subscription {
    use crate::stories::subscription::{Fate, IN_VAIN, StripeError, main, subscribe};
    use std::time::Duration;
    use tokio::time::Instant;

    const FATES: [Fate; 6] = [
        Fate::Fine,
        Fate::Declined,
        Fate::Busy,
        Fate::Lost,
        Fate::Unheard,
        Fate::Silent,
    ];

    #[test]
    fn is_made_or_leaves_nothing() {
        main();
    }

    #[tokio::test(start_paused = true)]
    async fn is_tried_six_times() {
        for in_vain in 0..=7 {
            let (stripe, subscription) = subscribe(IN_VAIN.repeat(in_vain)).await;
            let books = stripe.books();
            assert_eq!(books.created(), (in_vain + 1).min(6));
            assert_eq!(subscription.is_ok(), in_vain <= 5, "{in_vain}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn waits_twice_as_long_from_turn_to_turn() {
        const SAGAS: u32 = 100;
        let started = Instant::now();
        for _ in 0..SAGAS {
            let (_, subscription) = subscribe(IN_VAIN.repeat(5)).await;
            assert!(subscription.is_ok());
        }
        // Drawn evenly, a wait is on average half as long as it may be: at first 10 ms. The timer
        // rounds it up.
        let requests = Duration::from_millis(17 * 50);
        let waits = Duration::from_millis(5 + 10 + 20 + 40 + 80);
        let took = started.elapsed() / SAGAS;
        assert!(took > requests + waits * 3 / 4, "{took:?}");
        assert!(took < requests + waits * 5 / 4, "{took:?}");
    }

    /// Whatever the first four requests meet: there stands one customer with one subscription, or
    /// nothing.
    #[tokio::test(start_paused = true)]
    async fn is_whole_or_nothing_whatever_happens() {
        for number in 0..FATES.len().pow(4) {
            let mut digits = number;
            let fates = [(); 4].map(|()| {
                let fate = FATES[digits % FATES.len()];
                digits /= FATES.len();
                fate
            });
            let (stripe, subscription) = subscribe(fates).await;
            let books = stripe.books();
            match subscription {
                Ok(subscription) => {
                    assert_eq!(books.customers(), [&subscription.customer], "{fates:?}");
                    assert_eq!(books.subscriptions(), [&subscription], "{fates:?}");
                }
                Err(error) => {
                    assert!(error.is_clean(), "{fates:?}: {error:?}");
                    assert!(books.customers().is_empty(), "{fates:?}");
                    assert!(books.subscriptions().is_empty(), "{fates:?}");
                    assert_eq!(
                        error.into_step_error(),
                        Some(StripeError::Declined),
                        "{fates:?}"
                    );
                }
            }
        }
    }
}
