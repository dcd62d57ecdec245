//! The library's `transient`, under each of its names; and a function of one's own, which is not
//! relied on where every doubt is settled.

use typed_saga::saga;

mod platform {
    pub mod sagas {
        pub use typed_saga::*;
    }
    pub use typed_saga::transient;
}

mod mine {
    pub fn transient(_: &super::Failed) -> typed_saga::Verdict {
        typed_saga::Verdict::Unknown
    }
}

#[derive(Debug)]
pub struct Failed;

saga! {
    #[classify(typed_saga::transient)]
    saga Root() -> Result<u8, Failed> {
        #[retry(2)]
        step one() -> u8 { Ok(1) }
            compensate none

        one
    }

    #[classify(::typed_saga::classify::transient)]
    saga OfAModule() -> Result<u8, Failed> {
        #[retry(2)]
        step one() -> u8 { Ok(1) }
            compensate none

        one
    }

    #[classify(platform::transient)]
    saga Reexported() -> Result<u8, Failed> {
        #[retry(2)]
        step one() -> u8 { Ok(1) }
            compensate none

        one
    }

    #[classify(self::platform::sagas::classify::transient)]
    saga ReexportedByAGlob<T: Clone + Send + Sync + 'static>(value: T) -> Result<T, Failed> {
        #[retry(2)]
        step one(value) -> T { Ok(value.clone()) }
            compensate none

        one
    }

    #[classify(mine::transient)]
    saga OfOnesOwn() -> Result<u8, Failed> {
        #[idempotent]
        step one(_key) -> u8 { Ok(1) }
            compensate none

        one
    }
}

mod used {
    use super::Failed;
    use super::platform::sagas::transient;

    typed_saga::saga! {
        #[classify(transient)]
        pub saga Used() -> Result<u8, Failed> {
            #[retry(2)]
            step one() -> u8 { Ok(1) }
                compensate none

            one
        }
    }
}

/// Elsewhere it is a verdict.
fn verdict(error: &Failed) -> typed_saga::Verdict {
    transient_of(error).into()
}

fn transient_of(error: &Failed) -> typed_saga::classify::AlwaysTransient {
    typed_saga::transient(error)
}

#[tokio::test]
async fn runs() {
    assert_eq!(Root {}.run().await.unwrap(), 1);
    assert_eq!(OfAModule {}.run().await.unwrap(), 1);
    assert_eq!(Reexported {}.run().await.unwrap(), 1);
    assert_eq!(ReexportedByAGlob { value: 1 }.run().await.unwrap(), 1);
    assert_eq!(OfOnesOwn {}.run().await.unwrap(), 1);
    assert_eq!(used::Used {}.run().await.unwrap(), 1);
    assert_eq!(verdict(&Failed), typed_saga::Verdict::Transient);
}
