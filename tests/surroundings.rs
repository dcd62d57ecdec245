//! What a saga is to what surrounds it: to derives of other crates, and to `#[deprecated]`.

use typed_saga::saga;

saga! {
    #[derive(Debug, thiserror::Error)]
    #[error("{nights} nights in {city}")]
    saga Stay(nights: u8, city: String) -> Result<u8, String> {
        read booked(nights, city) -> u8 { let _ = city; Ok(*nights) }
        booked
    }
}

#[test]
fn a_derive_names_the_inputs() {
    let city = "Rome".to_owned();
    assert_eq!(Stay { nights: 3, city }.to_string(), "3 nights in Rome");
}

/// Nothing but a use of them is reported.
#[deny(deprecated)]
mod declared {
    typed_saga::saga! {
        #[derive(Clone, Debug)]
        #[deprecated(note = "use `New`")]
        pub(super) saga Old(n: u8) -> Result<u8, String> {
            read one(n) -> u8 { Ok(*n) }
            one
        }

        #[derive(Clone, Debug)]
        #[timeout(1s)]
        #[classify(typed_saga::transient)]
        pub(super) durable saga New(
            n: u8,
            #[deprecated(note = "nobody reads it")] _old: u8,
        ) -> Result<u8, String> {
            #[idempotent]
            step one(n, key) -> u8 { let _ = key; Ok(*n) }
                compensate none;
            one
        }
    }
}

#[tokio::test]
#[allow(deprecated)]
async fn what_is_deprecated_runs() {
    assert_eq!(declared::Old { n: 1 }.run().await.unwrap(), 1);
    let new = declared::New { n: 2, _old: 0 };
    assert_eq!(new.run().await.unwrap(), 2);
}
