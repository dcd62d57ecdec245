//! An item has the parameters that its own fields use, so none needs a turbofish.

use std::fmt::Display;
use typed_saga::saga;

#[derive(Debug)]
struct Failed;

saga! {
    saga Mixed<I: Display + Clone, S: Display, E: From<u8>, const N: usize>(input: I, name: &'static str)
    with (service: S, table: [E; N])
    -> Result<String, Failed>
    where E: Clone
    {
        read first(input) -> I { Ok(input.clone()) }
        read second(service) -> String { Ok(service.to_string()) }
        read third(table) -> E { Ok(table.first().cloned().unwrap_or_else(|| E::from(0))) }
        read fourth(third) -> usize { let _: &E = third; Ok(N) }

        format!("{input} {name} {first} {second} {fourth}")
    }
}

#[tokio::test]
async fn runs() {
    let saga: Mixed<char> = Mixed {
        input: 'i',
        name: "name",
    };
    assert_eq!(
        saga.with("s".to_owned(), [1_u32, 2]).await.unwrap(),
        "i name i s 2"
    );
}
