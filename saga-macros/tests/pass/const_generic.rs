//! A constant as a parameter, in inputs, effects and bodies.

use typed_saga::saga;

#[derive(Debug)]
struct Failed;

saga! {
    #[derive(Clone)]
    saga Sum<const N: usize>(numbers: [u8; N]) -> Result<[u16; N], Failed> {
        read doubled(numbers) -> [u16; N] { Ok(numbers.map(|number| u16::from(number) * 2)) }
        read length() -> usize { Ok(N) }
        read check(doubled, length) { if doubled.len() == *length { Ok(()) } else { Err(Failed) } }

        doubled
    }
}

#[tokio::test]
async fn runs() {
    let saga = Sum { numbers: [1, 2, 3] };
    assert_eq!(saga.clone().run().await.unwrap(), [2, 4, 6]);
    assert_eq!(Sum::<3>::DEFINITION.inputs[0].ty, "[u8; N]");
}
