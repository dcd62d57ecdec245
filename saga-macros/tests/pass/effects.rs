//! `Result<_, E>` without a tail gives all effects, under their names.

use typed_saga::saga;

struct Failed;

saga! {
    saga Count(from: u8) -> Result<_, Failed> {
        read one(from) -> u8 { Ok(from + 1) }
        #[when(from => *from > 100)]
        read many(one) -> u16 { Ok(u16::from(*one) * 100) }
        read log() { Ok(()) }
    }
}

#[tokio::test]
async fn runs() {
    let Ok(CountEffects { one, many, log: () }) = Count { from: 4 }.run().await else {
        panic!("every step gives `Ok`");
    };
    assert_eq!((one, many), (5, None));
}
