//! A type that belongs to the service as an effect, alone and in blocks.

use std::fmt::Debug;
use typed_saga::saga;

trait Shop {
    type Order: Clone + Debug + Send + Sync;
    type Refusal: Debug + Send + Sync;
    fn order(&self, n: &u8) -> impl Future<Output = Result<Self::Order, Self::Refusal>> + Send;
    fn cancel(&self, order: &Self::Order)
    -> impl Future<Output = Result<(), Self::Refusal>> + Send;
}

struct Kiosk;

impl Shop for Kiosk {
    type Order = u16;
    type Refusal = String;
    async fn order(&self, n: &u8) -> Result<u16, String> {
        Ok(u16::from(*n) + 100)
    }
    async fn cancel(&self, _: &u16) -> Result<(), String> {
        Ok(())
    }
}

saga! {
    saga Orders<S: Shop>(n: u8) with (shop: S) -> Result<(S::Order, S::Order, Option<S::Order>), S::Refusal>
    where S::Order: 'static, S::Refusal: 'static
    {
        concurrent {
            step one(shop, n) -> S::Order = S::order
            compensate(shop, one) = S::cancel;

            step two(shop, n, one) -> S::Order { let _ = one; shop.order(n).await }
            compensate(shop, two) = S::cancel;
        }
        concurrent {
            #[when(one => format!("{one:?}").len() == 3)]
            step three(one) -> S::Order { Ok(one.clone()) }
            compensate none;
            read four(two) -> S::Order { Ok(two.clone()) }
        }

        (one, four, three)
    }
}

#[tokio::test]
async fn runs() {
    assert_eq!(
        Orders { n: 1 }.with(Kiosk).await.unwrap(),
        (101, 101, Some(101))
    );

    let services = OrdersServices { shop: Kiosk };
    let state = Orders { n: 2 }
        .walk()
        .one(&services)
        .await
        .unwrap()
        .two(&services)
        .await
        .unwrap();
    let state = state
        .join()
        .four(&services)
        .await
        .unwrap()
        .three(&services)
        .await
        .unwrap();
    assert_eq!(state.join().output(), (102, 102, Some(102)));
}
