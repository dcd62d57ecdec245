//! A saga by hand, a step at a time: forward, a step that fails and gives the state back, and undone.

use typed_saga::saga;

#[derive(Debug, PartialEq)]
struct Failed(u8);

saga! {
    saga Trip(limit: u8) with (step: u8) -> Result<u8, Failed> {
        read one(step) -> u8 { Ok(*step) }
        step two(one, step, limit) -> u8 { if one + step > *limit { Err(Failed(one + step)) } else { Ok(one + step) } }
        compensate(two, failure) { assert_eq!(failure.error(), Some(&Failed(9))); let _ = two; Ok(()) }
        fallback(failure) { Ok(failure.error().map_or(0, |failed| failed.0)) }
        #[when(two => *two > 1)]
        step three(two, ctx) -> u8 { assert_eq!(ctx.step(), "three"); Ok(two + 1) }
        compensate(three) { assert!(*three > 2); Ok(()) }
        #[idempotent]
        pivot four(three, _key) -> u8 { Ok(three.unwrap_or(0)) }

        four
    }
}

#[tokio::test]
async fn runs() {
    let services = TripServices { step: 2 };

    let state = Trip { limit: 9 }
        .walk()
        .one(&services)
        .await
        .unwrap()
        .two(&services)
        .await
        .unwrap();
    assert_eq!((state.limit, state.one, state.two), (9, 2, 4));
    let state = state
        .three(&services)
        .await
        .unwrap()
        .undo_three(&services)
        .await
        .unwrap();
    let completed = state
        .three(&services)
        .await
        .unwrap()
        .four(&services)
        .await
        .unwrap();
    assert_eq!(completed.output(), 5);

    let state = Trip { limit: 1 }.walk().one(&services).await.unwrap();
    let typed_saga::runtime::Stopped { state, error } = state.two(&services).await.unwrap_err();
    assert_eq!(error, Failed(4));
    let start: TripBeforeOne = state.undo_one(&services).await.unwrap();
    assert_eq!(start.limit, 1);
}
