//! What nobody reads is said to be so: by `_`, `allow` or `expect`.

#![deny(warnings)]

use saga::saga;

struct Failed;

saga! {
    saga Unread(_input: u8, #[allow(unused)] other: u8, #[expect(unused_variables)] third: u8)
    with (_service: u8, #[allow(unused_variables)] service: u8)
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
