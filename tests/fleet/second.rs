//! Another version of one of the sagas, which a part of the fleet runs.

use crate::fleet::{
    LATE,
    line::{Line, Trouble},
    sagas::{Order, Shape, Standing},
};
use typed_saga::saga;

saga! {
    /// The same steps; one of them is tried more often.
    #[classify(Trouble::verdict)]
    #[timeout(80ms)]
    pub(crate) durable saga Rent(order: Order) with (line: Line) -> Result<Standing, Trouble> {
        #[retry(2, 1ms..5ms)]
        read price(line, order) -> u64 { line.ask(order).await }
            fallback(order) { Ok(order.saga.len() as u64) }

        #[late(LATE)] #[retry(4, 1ms..5ms)]
        step car(line, order, key) -> u64 { line.book("car", order, key).await }
            resolve(line, key) { line.find("car", key).await }
            compensate(line, car) { line.cancel("car", *car).await }

        #[retry(5, 1ms..10ms)] #[idempotent]
        step deposit(line, order, price, key) -> u64 {
            line.pay("deposit", order, *price, key).await
        }
            compensate(line, deposit) { line.cancel("deposit", *deposit).await }

        #[retry(5, 1ms..10ms)] #[idempotent]
        pivot charge(line, order, price, key) -> u64 {
            line.pay("charge", order, *price, key).await
        }

        #[retry(forever, 1ms..20ms)] #[idempotent]
        step mail(line, order, key) -> u64 { line.book("mail", order, key).await }

        [
            ("car", car),
            ("deposit", deposit),
            ("charge", charge),
            ("mail", mail),
        ]
        .map(|(step, reference)| (step.to_owned(), reference))
        .into()
    }
}

impl Shape for Rent {
    fn of(order: Order) -> Self {
        Self { order }
    }
}
