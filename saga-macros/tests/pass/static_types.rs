//! References that live for ever, function pointers, tuples and arrays as inputs, services and effects.

use std::sync::OnceLock;
use typed_saga::saga;

#[derive(Debug)]
struct Failed;

static CELL: OnceLock<Vec<u8>> = OnceLock::new();

saga! {
    saga Types(name: &'static str, pair: (u8, [u8; 2])) with (cell: &'static OnceLock<Vec<u8>>, ok: fn(&str) -> bool)
    -> Result<&'static [u8], Failed>
    {
        read numbers(cell, pair) -> &'static Vec<u8> { Ok(cell.get_or_init(|| vec![pair.0, pair.1[0], pair.1[1]])) }
        read fine(ok, name) -> bool { Ok(ok(name)) }

        if fine { numbers } else { &[] }
    }
}

#[tokio::test]
async fn runs() {
    let numbers = Types {
        name: "n",
        pair: (1, [2, 3]),
    }
    .with(&CELL, |name| name == "n")
    .await
    .unwrap();
    assert_eq!(numbers, [1, 2, 3]);
}
