//! Predicates and `classify` as paths, predicates also as closures.

use saga::{Verdict, saga};

#[derive(Debug, Clone, Copy, PartialEq)]
enum Failed {
    Busy,
    Broken,
}

mod judge {
    pub(super) fn busy(error: &super::Failed) -> bool {
        *error == super::Failed::Busy
    }

    pub(super) fn was_busy(failure: &saga::Failure<super::Failed>) -> bool {
        failure.error().is_some_and(busy)
    }
}

impl Failed {
    fn verdict(&self) -> Verdict {
        if judge::busy(self) {
            Verdict::Transient
        } else {
            Verdict::Refused
        }
    }
}

const BROKEN: fn(&Failed) -> bool = |error| *error == Failed::Broken;

saga! {
    #[classify(self::Failed::verdict)]
    saga Predicates(error: Failed) -> Result<(), Failed> {
        #[retry(2, 1us..2us, if = judge::busy)]
        #[abort(BROKEN)]
        #[savepoint(1, 1us..2us, if = |failure| failure.error() == Some(&Failed::Busy))]
        read one(error) { Err(*error) }
        #[retry(2, 1us..2us, if = |error: &Failed| { let busy = judge::busy; busy(error) })]
        #[abort(|_| false)]
        #[savepoint(1, 1us..2us, if = judge::was_busy)]
        read two() { Ok(()) }
    }
}

#[tokio::test]
async fn runs() {
    for error in [Failed::Busy, Failed::Broken] {
        assert_eq!(
            Predicates { error }
                .run()
                .await
                .unwrap_err()
                .into_step_error(),
            Some(error)
        );
    }
}
