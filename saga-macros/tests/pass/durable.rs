//! A durable saga: inputs, effects, output and error are serde; services need not be.

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use typed_saga::saga;

#[derive(Clone)]
struct Hotels;

#[derive(Serialize, Deserialize)]
struct Refused;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Booking {
    room: u16,
}

impl Hotels {
    async fn book(&self, nights: &u8) -> Result<Booking, Refused> {
        Ok(Booking {
            room: u16::from(*nights),
        })
    }
    async fn cancel(&self, _: &Booking) -> Result<(), Refused> {
        Ok(())
    }
}

saga! {
    #[derive(Serialize, Deserialize)]
    #[classify(typed_saga::transient)]
    #[timeout(1s)]
    durable saga Book(nights: u8, #[serde(default)] guests: Vec<String>) with (hotels: Hotels) -> Result<Booking, Refused> {
        #[idempotent(by = nights)]
        step booking(hotels, nights) -> Booking = Hotels::book
            compensate(hotels, booking) = Hotels::cancel;
        #[when(guests => guests.len() > 1)]
        read second(guests) -> Option<String> { Ok(guests.get(1).cloned()) }
        concurrent {
            #[late(0s)]
            step a(second) -> u8 { let _ = second; Ok(1) }
            resolve() { Ok(None) }
            compensate none;
            read b() { Ok(()) }
        }

        let _ = a;
        booking
    }

    /// Types of parameters are kept, too.
    #[classify(typed_saga::transient)]
    #[timeout(1s)]
    durable saga Keep<T: Serialize + DeserializeOwned + Clone>(value: T) -> Result<_, String> {
        read copy(value) -> T { Ok(value.clone()) }
    }
}

#[tokio::test]
async fn runs() {
    let input = serde_json::from_str::<Book>(r#"{"nights":3}"#).unwrap();
    let Ok(booking) = input.with(Hotels).await else {
        panic!("nobody refuses")
    };
    assert_eq!(booking, Booking { room: 3 });
    assert_eq!(Keep { value: vec![1] }.run().await.unwrap().copy, [1]);
}
