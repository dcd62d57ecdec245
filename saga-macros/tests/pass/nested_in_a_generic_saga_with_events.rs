//! A saga whose events are a parameter has sagas as steps: one that emits nothing, and one whose
//! events become its own.

use typed_saga::saga;

#[derive(Debug)]
struct Failed;

saga! {
    saga Quiet() -> Result<u8, Failed> {
        read one() -> u8 { Ok(1) }
        one
    }

    saga Loud() -> Result<u8, Failed> emit u8 {
        read two() -> u8 { Ok(2) }
        emit(two => [*two]);
        publish(event) { let _ = event; Ok(()) }
        two
    }

    saga Tell<T: Clone + From<u8>>(told: T) -> Result<u8, Failed> emit T {
        step quiet() -> u8 = saga Quiet { };
        step loud() -> u8 = saga Loud { };
        emit(told => [told.clone()]);
        publish(event) { let _: &T = event; Ok(()) }
        quiet + loud
    }
}

#[tokio::test]
async fn runs() {
    assert_eq!(Tell { told: 7_u32 }.run().await.unwrap(), 3);
}
