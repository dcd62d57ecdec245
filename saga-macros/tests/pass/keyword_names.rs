//! The words of the language are names elsewhere: of steps, inputs and services.

use typed_saga::{Key, saga};

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

saga! {
    /// The words of nodes in the heads of nodes; `when(…) { … }` would be a block, as `emit` an `emit`.
    saga Raw(n: u8) -> Result<(u8, String, Option<u8>), Failed> {
        read r#when(n) -> u8 { Ok(*n) }
        #[idempotent]
        step r#emit(r#when, key) -> String { let _ = r#when; Ok(key.to_string()) }
        compensate none;
        #[when(r#when => *r#when > 1)]
        step r#step(r#when) -> u8 { Ok(r#when + 1) }
        compensate(r#step) { let _ = r#step; Ok(()) }
        concurrent {
            read r#finally(when) -> u8 { Ok(*when) }
            read r#publish(step) -> u8 { Ok(step.unwrap_or(0)) }
        }

        let _ = (r#finally, r#publish);
        (r#when, r#emit, r#step)
    }
}

#[tokio::test]
async fn a_word_of_a_node_names_a_step_as_a_raw_identifier_and_has_no_mark_in_keys() {
    let (when, emit, step) = Raw { n: 2 }.run().id("a").await.unwrap();
    assert_eq!((when, step), (2, Some(3)));
    let key = Key::of_path("Raw", "a", "emit", 0).unwrap();
    assert_eq!(emit, key.to_string());
    let names: Vec<_> = Raw::DEFINITION
        .steps
        .iter()
        .map(|step| &*step.name)
        .collect();
    assert_eq!(names, ["when", "emit", "step", "finally", "publish"]);
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
