//! `#[name]` keeps the names of keys and records after a renaming.

use typed_saga::{Key, saga};

#[derive(Debug)]
pub struct Failed;

async fn booking(key: &Key) -> Result<String, Failed> {
    Ok(key.to_string())
}

mod before {
    use super::{Failed, booking, saga};

    saga! {
        pub saga Old() -> Result<String, Failed> { read old(key) -> String = booking; old }
    }
}

saga! {
    #[name = "Old"]
    saga New() -> Result<String, Failed> {
        #[name = "old"]
        read new(key) -> String = booking;

        new
    }
}

#[tokio::test]
async fn runs() {
    assert_eq!(New::DEFINITION.name, "Old");
    assert_eq!(New::DEFINITION.steps[0].name, "old");
    assert_eq!(
        New {}.run().id("a").await.unwrap(),
        before::Old {}.run().id("a").await.unwrap()
    );
}
