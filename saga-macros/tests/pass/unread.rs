//! What nobody reads is said to be so: by `_`, `allow` or `expect`. An `expect` counts in all code of
//! its step.

#![deny(warnings)]

use typed_saga::saga;

struct Failed;

saga! {
    saga Unread(_input: u8, #[allow(unused)] other: u8, #[expect(unused_variables)] third: u8)
    with (_desk: u8, #[allow(unused_variables)] service: u8)
    -> Result<(), Failed>
    {
        read _one() -> u8 { Ok(1) }
        #[allow(unused)]
        read two() -> u8 { Ok(2) }
        #[expect(unused_variables, reason = "shows that it can be expected")]
        read three() -> u8 { Ok(3) }
        step undone_by_itself() -> u8 { Ok(4) }
        compensate(undone_by_itself) { let _ = undone_by_itself; Ok(()) }
        read nothing() { Ok(()) }
        #[expect(unused_mut, reason = "shows that any code of the step can fulfil it")]
        step clause() { Ok(()) }
        compensate() { let mut it = 1; let _ = it; Ok(()) }
        #[expect(unused_mut, reason = "the same in its condition")]
        #[when(=> { let mut it = true; it })]
        read condition() { Ok(()) }
        #[expect(unused_mut, reason = "and where it has no other code")]
        read alone() { let mut it = 1; let _ = it; Ok(()) }
    }
}

#[tokio::test]
async fn runs() {
    assert!(
        Unread {
            _input: 1,
            other: 2,
            third: 3
        }
        .with(4, 5)
        .await
        .is_ok()
    );
}
