// errors: 4. The predicate of a savepoint is `fn(&Failure<Error>) -> bool`, `classify` is
// `fn(&Error) -> Verdict`.

use typed_saga::saga;

struct Failed;

fn verdict(_: &Failed) -> bool {
    true
}

fn by_value(_: typed_saga::Failure<Failed>) -> bool {
    true
}

saga! {
    #[classify(verdict)]
    saga Trip() -> Result<(), Failed> {
        #[savepoint(2, if = by_value)]
        read one() { Ok(()) }
        #[savepoint(2, if = |_| 1)]
        read two() { Ok(()) }
        #[savepoint(2, if = |error| error.busy())]
        read three() { Ok(()) }
    }
}

fn main() {}
