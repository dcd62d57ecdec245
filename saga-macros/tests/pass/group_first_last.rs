//! A saga that is one block; its walk starts in the block and ends out of it.

use typed_saga::saga;

#[derive(Debug)]
struct Failed;

saga! {
    saga Pair(n: u8) -> Result<(u8, u8), Failed> {
        concurrent {
            read one(n) -> u8 { Ok(*n) }
            read two(n, one) -> u8 { Ok(n + one) }
        }

        (one, two)
    }
}

#[tokio::test]
async fn runs() {
    assert_eq!(Pair { n: 1 }.run().await.unwrap(), (1, 2));

    let services = PairServices {};
    let before: PairBeforeOne = Pair { n: 1 }.walk();
    let one: PairDuringOne<typed_saga::Done<u8>, typed_saga::Pending> =
        before.one(&services).await.unwrap();
    let both: PairDuringOne<typed_saga::Done<u8>, typed_saga::Done<u8>> =
        one.two(&services).await.unwrap();
    let completed: PairCompleted = both.join();
    assert_eq!(completed.output(), (1, 2));
}
