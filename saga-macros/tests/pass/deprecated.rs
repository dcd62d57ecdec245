//! A lint level of the saga holds wherever the saga names a type.

use typed_saga::saga;

mod old {
    #[deprecated]
    #[derive(Clone, Debug)]
    pub struct Seat;

    #[deprecated]
    #[derive(Debug)]
    pub struct Failed;
}
#[allow(deprecated)]
use old::{Failed, Seat};

saga! {
    #[allow(deprecated)]
    saga Sell(seat: Seat) with (other: Seat) -> Result<Seat, Failed> emit Seat {
        step hold(seat, other) -> Seat { let _ = other; Ok(seat.clone()) }
        compensate(hold) { let _ = hold; Ok(()) }

        for each: Seat in (seat => [seat.clone()])
        step sold(each) -> Seat { Ok(each.clone()) }
        compensate none;

        emit(hold => [hold.clone()]);
        publish(event) { let _ = event; Ok(()) }

        { let _ = sold; hold }
    }
}

saga! {
    #[expect(deprecated, reason = "it is sold out soon")]
    saga Give(seat: Seat) -> Result<(), std::convert::Infallible> {
        read given(seat) { let _ = seat; Ok(()) }
    }
}

#[tokio::test]
#[allow(deprecated)]
async fn runs() {
    let sell = Sell { seat: Seat };
    sell.with(Seat).await.unwrap();
    Give { seat: Seat }.run().await.unwrap();
}
