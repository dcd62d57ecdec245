//! Whatever the user's own things are called.

#![deny(warnings, missing_docs, clippy::pedantic)]

use super::{Durable, Services};
use serde::{Deserialize, Serialize};
use typed_saga as library;

struct Service;
struct Machine;
struct Codec;
struct Object;
struct Arc;
struct String;
#[derive(Debug, Serialize, Deserialize)]
struct Option;
struct Box;

#[derive(::core::clone::Clone)]
struct Clone(u8);

#[derive(Debug, Serialize, Deserialize)]
struct Result(u8);

impl Clone {
    fn duplicate(&self) -> u8 {
        self.0
    }
}

macro_rules! declare {
    ($name:ident, $value:ident: $ty:ty, $code:block, $when:expr) => {
        library::saga! {
            #[classify(library::transient)]
            #[timeout(1s)]
            durable saga $name($value: $ty, json: u8, object: u8, slots: u8) with (saga: Clone, value: u8) -> Result<_, Option> {
                #[when($value => $when)]
                read step($value) -> $ty $code
                read codec(saga, json, object, slots, value) -> u8 {
                    Ok(json + object + slots + value + saga.duplicate())
                }
            }
        }
    };
}

#[test]
fn in_a_function_by_a_macro() {
    declare!(Taken, n: Result, { Ok(Result(n.0)) }, n.0 > 0);

    let _ = (Service, Machine, Codec, Object, Arc, String, Box);
    let json = r#"{"n":1,"json":2,"object":3,"slots":4}"#;
    let input = Taken::INPUT.decode(json).unwrap();
    assert_eq!((input.n.0, input.json, input.object), (1, 2, 3));
    assert_eq!(Taken::INPUT.encode(&input).unwrap().unwrap(), json);
    let saga = Clone(5);
    let services = TakenServices { saga, value: 6 };
    let TakenRun { value, saga, .. } = services.clone().give(input);
    assert_eq!((value, saga.0, services.value), (6, 5, 6));
    let output = TakenEffects {
        step: Some(Result(1)),
        codec: 2,
    };
    let json = Taken::OUTPUT.encode(&output).unwrap().unwrap();
    assert_eq!(json, r#"{"step":1,"codec":2}"#);
    let output = Taken::OUTPUT.decode(&json).unwrap();
    assert_eq!((output.step.unwrap().0, output.codec), (1, 2));
}
