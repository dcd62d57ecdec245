//! In public, where all that is declared has docs.

#![deny(
    warnings,
    missing_docs,
    unreachable_pub,
    clippy::pedantic,
    missing_debug_implementations,
    unused_qualifications,
    unused_results
)]

use std::convert::Infallible;

/// A mailer.
#[derive(Clone, Debug)]
pub struct Mailer;

typed_saga::saga! {
    /// Sends some mail.
    #[derive(Debug)]
    #[classify(typed_saga::transient)]
    #[timeout(1s)]
    pub durable saga Mail(to: Vec<String>, _unused: u8)
    with (mailer: Mailer)
    -> Result<_, Infallible>
    {
        #[when(to => !to.is_empty())]
        #[late(0s)]
        step sent(mailer) -> usize { let Mailer = mailer; Ok(1) }
            resolve() { Ok(None) }
            compensate none;
    }

    /// Does nothing.
    #[derive(Debug)]
    #[classify(typed_saga::transient)]
    #[timeout(1s)]
    pub durable saga Idle() -> Result<(), Infallible> {
        read idle() { Ok(()) }
    }
}

#[test]
fn services_are_no_secret() {
    let MailServices { mailer } = MailServices { mailer: Mailer }.clone();
    assert_eq!(
        format!("{:?} {IdleServices:?}", MailServices { mailer }),
        "MailServices { .. } IdleServices { .. }"
    );
}
