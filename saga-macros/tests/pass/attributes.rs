//! Every attribute of a saga, a step and a clause.

use std::time::Duration;
use typed_saga::saga;

#[derive(Debug)]
pub enum Failed {
    Passing,
    Final,
}

impl Failed {
    fn verdict(&self) -> typed_saga::Verdict {
        match self {
            Self::Passing => typed_saga::Verdict::Transient,
            Self::Final => typed_saga::Verdict::Refused,
        }
    }
    fn may_pass(&self) -> bool {
        matches!(self, Self::Passing)
    }
}

const SHORT: Duration = Duration::from_millis(5);

saga! {
    /// Documented.
    #[derive(Clone, Debug, PartialEq)]
    #[classify(Failed::verdict)]
    #[timeout(10s)]
    #[retry(2, 1ms..SHORT)]
    #[late(0s)]
    #[name = "attributes"]
    pub saga Attributes(
        /// How often it has been called.
        calls: u8,
    ) -> Result<u8, Failed> {
        /// Documented, too.
        #[timeout(SHORT)]
        #[retry(3, 1ms..2ms, jitter = false)]
        #[name = "first"]
        read one(calls) -> u8 { Ok(*calls) }

        #[savepoint(1, 1ms..2ms, jitter = true, if = |failure| failure.error().is_some_and(Failed::may_pass))]
        #[idempotent]
        #[late(1ms)]
        #[allow(unused_variables)]
        step two(one, ctx) -> u8 {
            if *one == 1 { Err(Failed::Final) } else { Ok(*one) }
        }
        #[timeout(1s)]
        #[retry(forever, 1ms..2ms)]
        resolve(key) { let _ = key; Ok(None) }
        #[by_key]
        #[timeout(2s)]
        #[retry(7, 1ms..2ms)]
        compensate(key) { let _ = key; Ok(()) }

        #[when(one => *one > 3)]
        #[after(two)]
        #[idempotent]
        #[retry(2)]
        step three(_key) -> u8 { Err(Failed::Passing) }
        compensate none
        fallback() { Ok(3) };

        three.unwrap_or(two)
    }
}

#[tokio::test]
async fn runs() {
    assert_eq!(Attributes { calls: 3 }.run().await.unwrap(), 3);
    assert!(matches!(
        Attributes { calls: 1 }
            .run()
            .await
            .unwrap_err()
            .into_step_error(),
        Some(Failed::Final)
    ));
    assert_eq!(Attributes { calls: 4 }, Attributes { calls: 4 }.clone());
    assert_eq!(Attributes::DEFINITION.name, "attributes");
}
