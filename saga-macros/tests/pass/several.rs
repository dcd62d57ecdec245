//! Several sagas in one call, one of which runs the other.

use typed_saga::saga;

#[derive(Debug)]
enum Failed {
    Inner,
}

saga! {
    saga Inner(n: u8) -> Result<u8, Failed> {
        read half(n) -> u8 { if n % 2 == 0 { Ok(n / 2) } else { Err(Failed::Inner) } }

        half
    }

    saga Outer(n: u8) -> Result<u8, Failed> {
        read half(n) -> u8 {
            Inner { n: *n }.run().await.map_err(|error| error.into_step_error().expect("it neither panics nor takes too long"))
        }

        half
    }
}

saga! {}

#[tokio::test]
async fn runs() {
    assert_eq!(Outer { n: 4 }.run().await.unwrap(), 2);
    assert!(Outer { n: 3 }.run().await.is_err());
}
