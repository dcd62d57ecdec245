//! An error that is neither `Error` nor `Display`, into which all others convert.

use serde::{Deserialize, Serialize};
use typed_saga::saga;

#[derive(Serialize, Deserialize)]
struct Anything(String);

impl<E: std::error::Error + Send + Sync + 'static> From<E> for Anything {
    fn from(error: E) -> Self {
        Self(error.to_string())
    }
}

async fn parse(text: &str) -> Result<u8, std::num::ParseIntError> {
    text.parse()
}

saga! {
    #[classify(typed_saga::transient)]
    #[timeout(1s)]
    durable saga Parse(text: String) -> Result<u8, Anything> {
        read number(text) -> u8 = parse;
        read other(text) -> u8 { Ok(text.trim().parse()?) }

        number + other
    }
}

saga! {
    saga Boxed(text: String) -> Result<u8, Box<dyn std::error::Error + Send + Sync>> {
        read number(text) -> u8 = parse;

        number
    }
}

#[tokio::test]
async fn runs() {
    assert!(matches!(Parse { text: "4".into() }.run().await, Ok(8)));
    let error = Parse {
        text: "four".into(),
    }
    .run()
    .await
    .err()
    .and_then(typed_saga::Error::into_step_error);
    assert_eq!(
        error.map(|error| error.0).as_deref(),
        Some("invalid digit found in string")
    );
    assert!(
        Boxed {
            text: "five".into()
        }
        .run()
        .await
        .is_err()
    );
}
