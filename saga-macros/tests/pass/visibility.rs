//! Sagas are as visible as they say, and so is all that is made for them.

use typed_saga::saga;

mod deploy {
    use super::saga;

    #[derive(Debug)]
    pub struct Failed;

    saga! {
        saga Private() -> Result<(), Failed> { read one() { Ok(()) } }
        pub(super) saga Restricted() -> Result<u8, Failed> { read one() -> u8 { Ok(1) } one }
        pub(crate) saga Crate() -> Result<u8, Failed> { read one() -> u8 { Ok(2) } one }
        pub saga Public(n: u8) -> Result<_, Failed> { read one(n) -> u8 { Ok(*n) } }
    }

    pub async fn private() -> bool {
        Private {}.run().await.is_ok()
    }
}

#[tokio::test]
async fn runs() {
    assert!(deploy::private().await);
    assert_eq!(deploy::Restricted {}.run().await.unwrap(), 1);
    assert_eq!(deploy::Crate {}.run().await.unwrap(), 2);
    let deploy::PublicEffects { one } = deploy::Public { n: 3 }.run().await.unwrap();
    assert_eq!(one, 3);
    let state: deploy::PublicBeforeOne = deploy::Public { n: 4 }.walk();
    let state = state.one(&deploy::PublicServices {}).await.unwrap();
    assert_eq!(state.one, 4);
}
