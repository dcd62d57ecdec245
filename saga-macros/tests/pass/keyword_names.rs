//! The words of the language are names elsewhere: of steps, inputs and services.

use saga::saga;

#[derive(Debug)]
struct Failed;

saga! {
    saga Words(step: u8, read: u8, durable: u8) with (pivot: u8, saga: u8, with: u8) -> Result<_, Failed> {
        read concurrent(step, read) -> u8 { Ok(step + read) }
        step resolve(pivot, concurrent) -> u8 { Ok(pivot + concurrent) }
        compensate none;
        step fallback(resolve, durable) -> u8 { Ok(resolve + durable) }
        compensate(fallback) { let _ = fallback; Ok(()) }
        concurrent {
            step none(fallback) -> u8 { Ok(*fallback) }
            compensate none;
            step compensate(none, saga) -> u8 { Ok(none + saga) }
            compensate(compensate) { let _ = compensate; Ok(()) }
        }
        #[idempotent]
        pivot finally(compensate, with, _key) -> u8 { Ok(compensate + with) }
        #[idempotent]
        step publish(finally, _key) -> u8 { Ok(*finally) }
    }
}

#[tokio::test]
async fn runs() {
    let effects = Words {
        step: 1,
        read: 2,
        durable: 3,
    }
    .with(4, 5, 6)
    .await
    .unwrap();
    assert_eq!(
        (effects.resolve, effects.compensate, effects.publish),
        (7, 15, 21)
    );
}
