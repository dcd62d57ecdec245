//! Two blocks, one after the other, forward and back by hand.

use typed_saga::saga;

#[derive(Debug)]
struct Failed;

saga! {
    saga Blocks() -> Result<_, Failed> {
        concurrent {
            step a() -> u8 { Ok(1) }
            compensate(a) { assert_eq!(*a, 1); Ok(()) }
            step b() -> u8 { Ok(2) }
            compensate none;
        }
        concurrent {
            step c(a) -> u8 { Ok(a + 2) }
            compensate none;
            step d(a, b) -> u8 { Ok(a + b + 1) }
            compensate(d) { assert_eq!(*d, 4); Ok(()) }
        }
    }
}

#[tokio::test]
async fn runs() {
    let BlocksEffects { a, b, c, d } = Blocks {}.run().await.unwrap();
    assert_eq!([a, b, c, d], [1, 2, 3, 4]);

    let services = BlocksServices {};
    let first = Blocks {}
        .walk()
        .b(&services)
        .await
        .unwrap()
        .a(&services)
        .await
        .unwrap();
    let second = first
        .join()
        .d(&services)
        .await
        .unwrap()
        .c(&services)
        .await
        .unwrap();
    let completed = second.join();
    let second = completed.reopen().undo_d(&services).await.unwrap();
    let second: BlocksBeforeC = second.undo_c(&services).await.unwrap();
    let first = second.reopen().undo_b(&services).await.unwrap();
    let start: BlocksBeforeA = first.undo_a(&services).await.unwrap();
    let _: BlocksDuringA<typed_saga::Pending, typed_saga::Pending> = start;
}
