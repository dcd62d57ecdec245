//! Signals and sleeps: generic, in blocks, of private types, under names that others use.
#![deny(warnings, missing_docs)]
#![allow(dead_code)]

use std::time::{Duration, SystemTime};
use typed_saga::saga;

/// A value.
pub struct Value<T>(pub T);

saga! {
    /// Of any type.
    pub saga Generic<T: Send + Sync + 'static>(first: T, patience: Duration) -> Result<(Value<T>, T), ()> {
        #[timeout(first, patience => { let _ = first; *patience })]
        signal value -> Value<T>;

        concurrent {
            #[timeout(patience => *patience)]
            signal second -> T
                fallback() { Err(()) }

            #[after(second)]
            sleep nap(patience => *patience);
        }

        { let _ = first; (value, second) }
    }
}

saga! {
    saga Names(end: SystemTime) -> Result<_, ()> {
        #[when(end => *end > SystemTime::UNIX_EPOCH)]
        sleep sleep(end => *end);

        #[name = "sig-nal"]
        #[when(end => *end > SystemTime::UNIX_EPOCH)]
        #[timeout(never)]
        signal signal -> u32;

        sleep mail(=> Duration::ZERO);

        #[timeout(24h)]
        signal r#type -> ();
    }
}

saga! {
    #[classify(typed_saga::transient)]
    durable saga Kept() -> Result<String, ()> {
        #[timeout(1h)]
        signal kept -> String;

        kept
    }
}

async fn send() {
    let generic = Generic {
        first: 1_u8,
        patience: Duration::ZERO,
    };
    let handle = generic.run().start();
    handle.signal(GenericSignal::Value(Value(2))).await;
    handle.signal(GenericSignal::Second(3)).await;
    let NamesEffects { signal, r#type } = Names {
        end: SystemTime::now(),
    }
    .run()
    .await
    .unwrap();
    let (_, ()): (Option<u32>, ()) = (signal, r#type);
}

/// To compile it is enough.
pub fn runs() {
    let _ = send;
    let signal = KeptSignal::Kept(String::new());
    let _ = format!("{signal:?}");
}
