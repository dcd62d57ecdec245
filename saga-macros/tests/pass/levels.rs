//! The level of a step holds for the expressions in its attributes, and for its name. An `expect` of its name
//! is fulfilled there.

#![deny(warnings)]

use std::time::Duration;

use typed_saga::{Lock, saga};

#[derive(Debug)]
struct Failed;

struct Order;

impl Lock for Order {
    const NAME: &'static str = "order";

    fn key(&self) -> String {
        String::new()
    }
}

#[deprecated]
fn old() -> Duration {
    Duration::from_secs(1)
}

#[deprecated]
fn was(_: &Failed) -> bool {
    true
}

saga! {
    saga Child() -> Result<u8, Failed> {
        read one() -> u8 { Ok(1) }

        one
    }

    saga Attributes(#[expect(non_snake_case)] howMany: u8)
    with (#[expect(non_snake_case)] theDesk: u8)
    -> Result<u8, Failed> emit u8
    {
        #[allow(deprecated)]
        #[timeout(old())]
        lock order(=> Order) -> Order;

        #[expect(non_snake_case)]
        #[timeout(1s)]
        lock secondOrder(=> Vec::<Later>::new()) -> Vec<Later>;

        #[expect(non_snake_case)]
        sleep aMoment(1ms);

        #[allow(deprecated)]
        #[timeout(old())]
        #[retry(2, 1ms..2ms)]
        #[savepoint(1, if = |_| was(&Failed))]
        #[idempotent]
        step bought(howMany, _key) -> u8 { Ok(*howMany) }
            compensate(bought) {
                let _ = bought;
                Ok(())
            }

        #[expect(non_snake_case)]
        step bookRoom(theDesk) -> u8 { Ok(*theDesk) }
            #[allow(deprecated)]
            #[timeout(old())]
            compensate(bookRoom) {
                let _ = bookRoom;
                Ok(())
            }

        #[allow(deprecated)]
        #[timeout(old())]
        step child() -> u8 = saga Child {};

        #[expect(unused_variables, reason = "of the local, since the effect is read")]
        read five() -> u8 {
            let it = 1;
            Ok(5)
        }

        emit(bought => [*bought]);

        #[allow(deprecated)]
        #[timeout(old())]
        publish(event) {
            let _ = event;
            Ok(())
        }

        bought + bookRoom + child + five
    }

    /// The innermost level holds, and one of a step is not about what the saga says.
    #[allow(deprecated)]
    #[timeout(old())]
    #[retry(2, 1ms..2ms)]
    saga Nested(#[allow(non_snake_case)] howMany: u8, #[deny(non_snake_case)] more: u8)
    -> Result<u8, Failed>
    {
        #[deny(deprecated)]
        #[idempotent]
        step first(howMany, _key) -> u8 { Ok(*howMany) }
            #[allow(deprecated)]
            #[timeout(old())]
            compensate(first) {
                let _ = first;
                Ok(())
            }

        // The name of a constant.
        sleep LATER(LATER);

        first + more
    }
}

const LATER: Duration = Duration::from_millis(1);

struct Later;

impl Lock for Later {
    const NAME: &'static str = "second";

    fn key(&self) -> String {
        String::new()
    }
}

#[tokio::test]
async fn runs() {
    let sum = Attributes { howMany: 1 }.with(2).await;
    assert_eq!(sum.unwrap(), 1 + 2 + 1 + 5);
    let nested = Nested {
        howMany: 1,
        more: 2,
    }
    .run()
    .await;
    assert_eq!(nested.unwrap(), 1 + 2);
}
