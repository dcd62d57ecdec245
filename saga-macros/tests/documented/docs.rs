//! Docs and lint levels, written on everything that takes them.

#![deny(missing_docs, warnings)]

use typed_saga::saga;

/// What can go wrong.
#[derive(Debug)]
pub struct Failed;

saga! {
    /// A documented saga.
    ///
    /// With a second paragraph.
    #[doc = "And a third line."]
    pub saga Documented(
        /// The first input.
        n: u8,
        /** The second. */
        m: u8,
    ) with (
        /// The service.
        service: u8,
    ) -> Result<u8, Failed> {
        /// Reads.
        #[allow(unused)]
        read one(n) -> u8 { let ignored = *n; Ok(1) }
        /// A block of two.
        concurrent {
            /// Left.
            #[allow(unused_variables)]
            read two(m) -> u8 { Ok(1) }
            /// Right.
            read three(one, service) -> u8 { Ok(one + service) }
        }
        /// Ends.
        #[idempotent]
        pivot four(two, three, _key) -> u8 { Ok(two + three) }

        four
    }
}

/// Runs it.
pub async fn runs() {
    assert_eq!(Documented { n: 1, m: 2 }.with(3).await.unwrap(), 5);
}
