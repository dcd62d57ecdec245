// errors: 6. How a step is undone and settled stays, too, and so does what it depends on.

use typed_saga::saga;

#[derive(serde::Serialize, serde::Deserialize)]
struct Failed;

saga! {
    #[classify(typed_saga::transient)] #[timeout(1s)]
    durable saga Order(note: String) -> Result<_, Failed> {
        #[idempotent]
        step hold(_key) -> u8 { Ok(1) }
        compensate(hold) { let _ = hold; Ok(()) }

        #[idempotent]
        step goods(_key) -> u8 { Ok(1) }
        compensate(goods, note) { let _ = (goods, note); Ok(()) }

        #[idempotent]
        step lines(_key) { Ok(()) }
        compensate with hold;

        #[idempotent] #[late(0s)]
        step label(_key) -> u8 { Ok(1) }
        resolve(_key) { Ok(None) }
        compensate(label) { let _ = label; Ok(()) }

        #[idempotent]
        step parcel(_key) -> u8 { Ok(1) }
        compensate none;

        #[idempotent]
        step truck(_key) -> u8 { Ok(1) }
        compensate(truck) { let _ = truck; Ok(()) }

        #[idempotent]
        step stamp(_key, parcel) -> u8 { let _ = parcel; Ok(1) }
        compensate(stamp) { let _ = stamp; Ok(()) }

        #[idempotent]
        pivot send(_key) { Ok(()) }
    }
}

fn main() {}
