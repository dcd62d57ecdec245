//! Walking a saga by hand, one step at a time.

use std::future::Future;

use crate::common::{BUSY, NO, Trouble, Vendor};
use typed_saga::{Cause, Failure, Pending, runtime::Stopped, saga};

saga! {
    saga Trip(days: u32) with (vendor: Vendor) -> Result<(u32, Option<u32>), Trouble> {
        read rates(vendor) -> u32 { vendor.call("rates").await }
            fallback(vendor, failure) { vendor.call_with("cached", failure).await }
        step hold(vendor, rates, key) -> String {
            vendor.undo("hold", rates).await?;
            Ok(key.to_string())
        }
            compensate(vendor, hold, key) { vendor.undo("release", hold == key.as_str()).await }
        concurrent {
            step hotel(vendor, days) -> u32 { vendor.call_with("hotel", days).await }
                compensate(vendor, hotel, failure) {
                    vendor.undo("unhotel", format!("{hotel} {failure}")).await
                }
            #[when(days => *days > 2)]
            step car(vendor, hotel) -> u32 { vendor.call_with("car", hotel).await }
                compensate(vendor, car) { vendor.undo("uncar", car).await }
            step left(vendor) { vendor.undo("left", "").await }
                compensate none;
        }
        #[idempotent]
        pivot charge(vendor, hold, _key) -> u32 {
            vendor.call_with("charge", !hold.is_empty()).await
        }
        (charge, car)
    }
}

fn services() -> (Vendor, TripServices) {
    let vendor = Vendor::new();
    (vendor.clone(), TripServices { vendor })
}

/// A walk as far as the block.
async fn held(days: u32, services: &TripServices) -> TripBeforeHotel {
    let state = Trip { days }.walk().rates(services).await.unwrap();
    state.hold(services).await.unwrap()
}

#[tokio::test]
async fn a_walk_forward_gives_the_output() {
    let (vendor, services) = services();
    let state = Trip { days: 3 }.walk().rates(&services).await.unwrap();
    assert_eq!((state.days, state.rates), (3, 1));
    let state = state.hold(&services).await.unwrap();
    let state = state.hotel(&services).await.unwrap();
    assert_eq!((state.hotel, state.car), (3, Pending));
    let state = state
        .left(&services)
        .await
        .unwrap()
        .car(&services)
        .await
        .unwrap()
        .join();
    let end = state.charge(&services).await.unwrap();
    assert_eq!((end.charge, end.car, end.left), (6, Some(5), ()));
    assert_eq!(end.output(), (6, Some(5)));
    assert_eq!(
        vendor.line(),
        "rates, hold 1, hotel 3, left, car 3, charge true"
    );
}

#[tokio::test]
async fn siblings_are_taken_in_any_order_that_their_reads_allow() {
    let (vendor, services) = services();
    let state = held(1, &services).await;
    let state = state
        .left(&services)
        .await
        .unwrap()
        .hotel(&services)
        .await
        .unwrap();
    let state = state.car(&services).await.unwrap();
    assert_eq!(state.car, None, "`when` said no");
    let state: TripBeforeCharge = state.join();
    assert_eq!(state.hotel, 4);
    assert_eq!(vendor.line(), "rates, hold 1, left, hotel 1");
}

#[tokio::test]
async fn a_walk_back_takes_everything_away_again() {
    let (vendor, services) = services();
    let state = held(3, &services).await;
    let state = state
        .hotel(&services)
        .await
        .unwrap()
        .car(&services)
        .await
        .unwrap();
    let state = state.left(&services).await.unwrap().join();
    vendor.line();
    let failure = Failure::new("charge", Cause::Failed(Trouble::No));
    let state = state.reopen();
    let state = state.undo_left(&services).await.unwrap();
    assert_eq!(state.left, Pending);
    let state = state.undo_car(&services).await.unwrap();
    let state = state.undo_hotel(&services, &failure).await.unwrap();
    let state = state.undo_hold(&services).await.unwrap();
    let start: TripBeforeRates = state.undo_rates(&services).await.unwrap();
    assert_eq!(start.days, 3);
    assert_eq!(
        vendor.line(),
        "uncar 4, unhotel 3 step `charge` failed: no, release true"
    );
}

#[tokio::test]
async fn what_was_skipped_is_not_undone() {
    let (vendor, services) = services();
    let state = held(1, &services).await;
    let state = state
        .hotel(&services)
        .await
        .unwrap()
        .car(&services)
        .await
        .unwrap();
    let state = state.undo_car(&services).await.unwrap();
    assert_eq!(state.car, Pending);
    assert_eq!(vendor.line(), "rates, hold 1, hotel 1");
}

#[tokio::test]
async fn a_step_that_fails_gives_its_state_back() {
    let vendor = Vendor::new().on("hold", [NO]).on("release", [BUSY]);
    let services = TripServices {
        vendor: vendor.clone(),
    };
    let state = Trip { days: 1 }.walk().rates(&services).await.unwrap();
    let stopped = state.hold(&services).await.unwrap_err();
    assert_eq!(
        (stopped.to_string(), format!("{stopped:?}")),
        ("no".into(), "Stopped { error: No, .. }".into())
    );
    let Stopped { state, error } = stopped;
    assert_eq!((state.rates, error), (1, Trouble::No));

    let state = state.hold(&services).await.unwrap();
    let Stopped { state, error } = state.undo_hold(&services).await.unwrap_err();
    assert_eq!(error, Trouble::Busy);
    assert_eq!(state.hold.len(), typed_saga::Key::LENGTH, "it stands");
}

#[tokio::test]
async fn a_fallback_is_a_way_of_its_own() {
    let (vendor, services) = services();
    let failure = Failure::new("rates", Cause::TimedOut);
    let state = Trip { days: 1 }
        .walk()
        .fall_back_rates(&services, &failure)
        .await
        .unwrap();
    assert_eq!(state.rates, 1);
    assert_eq!(vendor.line(), "cached step `rates` timed out");
}

/// What a generic saga asks of its shop.
trait Shop: Send + Sync + 'static {
    type Ticket: Clone + Send + Sync + 'static;
    fn buy(&self, n: u32) -> impl Future<Output = Result<Self::Ticket, Trouble>> + Send;
    fn give_back(&self, ticket: &Self::Ticket) -> impl Future<Output = Result<(), Trouble>> + Send;
}

struct Kiosk(Vendor);

impl Shop for Kiosk {
    type Ticket = String;

    async fn buy(&self, n: u32) -> Result<String, Trouble> {
        self.0.undo("buy", n).await.map(|()| format!("ticket {n}"))
    }

    async fn give_back(&self, ticket: &String) -> Result<(), Trouble> {
        self.0.undo("give back", ticket).await
    }
}

saga! {
    saga Generic<S: Shop, const N: usize>(numbers: [u32; N])
    with (shop: S)
    -> Result<S::Ticket, Trouble>
    {
        step first(shop, numbers) -> S::Ticket { shop.buy(numbers[0]).await }
            compensate(shop, first) { shop.give_back(first).await }
        concurrent {
            step second(shop, numbers, first) -> (S::Ticket, usize) {
                let _ = first;
                Ok((shop.buy(numbers[N - 1]).await?, N))
            }
                compensate(shop, second) { shop.give_back(&second.0).await }
            read third(numbers) -> u32 {
                numbers
                    .iter()
                    .copied()
                    .reduce(|a, b| a + b)
                    .filter(|sum| *sum < 100)
                    .ok_or(Trouble::No)
            }
        }
        {
            let _ = (first, third);
            second.0
        }
    }
}

#[tokio::test]
async fn a_generic_saga_walks_and_runs_alike() {
    let vendor = Vendor::new();
    let services = GenericServices {
        shop: Kiosk(vendor.clone()),
    };
    let state = Generic { numbers: [7, 8, 9] }
        .walk()
        .first(&services)
        .await
        .unwrap();
    let state = state
        .third(&services)
        .await
        .unwrap()
        .second(&services)
        .await
        .unwrap();
    assert_eq!((state.second.1, state.third), (3, 24));
    let end = state.join();
    let walked = vendor.line();
    assert_eq!(walked, "buy 7, buy 9");
    let state = end
        .reopen()
        .undo_second(&services)
        .await
        .unwrap()
        .undo_third(&services)
        .await
        .unwrap();
    state.undo_first(&services).await.unwrap();
    assert_eq!(vendor.line(), "give back ticket 9, give back ticket 7");

    let run = Generic { numbers: [7, 8, 9] }.with(Kiosk(vendor.clone()));
    assert_eq!(run.await.unwrap(), "ticket 9");
    assert_eq!(vendor.line(), walked);
    let run = Generic { numbers: [7, 100] }.with(Kiosk(vendor.clone()));
    assert!(run.await.is_err());
    assert_eq!(
        vendor.line(),
        "buy 7, buy 100, give back ticket 100, give back ticket 7"
    );
}
