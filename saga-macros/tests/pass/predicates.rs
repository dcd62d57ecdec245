//! Predicates and `classify` as paths, predicates also as closures.

use typed_saga::{Failure, Verdict, saga};

#[derive(Debug, Clone, Copy, PartialEq)]
enum Failed {
    Busy,
    Broken,
}

mod judge {
    pub(super) fn busy(error: &super::Failed) -> bool {
        *error == super::Failed::Busy
    }

    pub(super) fn was_busy(failure: &super::Failure<super::Failed>) -> bool {
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

const BROKEN: fn(&Failure<Failed>) -> bool = |it| it.error() == Some(&Failed::Broken);

saga! {
    #[classify(self::Failed::verdict)]
    saga Predicates(error: Failed) -> Result<(), Failed> {
        #[savepoint(1, 1us..2us, if = |failure| failure.error() == Some(&Failed::Busy))]
        read one() { Ok(()) }
        #[savepoint(1, 1us..2us, if = judge::was_busy)]
        read two() { Ok(()) }
        #[savepoint(1, 1us..2us, if = BROKEN)]
        read three(error) { Err(*error) }
        #[savepoint(1, 1us..2us, if = |failure: &Failure<Failed>| { let was = judge::was_busy; was(failure) })]
        read four() { Ok(()) }
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
