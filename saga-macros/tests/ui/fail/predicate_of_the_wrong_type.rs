// errors: 4. Predicates are `fn(&Error) -> bool`, that of a savepoint is `fn(&Failure<Error>) -> bool`,
// `classify` is `fn(&Error) -> Verdict`.

use saga::saga;

struct Failed;

fn verdict(_: &Failed) -> bool {
    true
}

fn by_value(_: Failed) -> bool {
    true
}

saga! {
    #[classify(verdict)]
    saga Trip() -> Result<(), Failed> {
        #[abort(by_value)]
        #[retry(2, 1ms..2ms, if = |_| 1)]
        #[savepoint(2, 1ms..2ms, if = |error| error.busy())]
        read one() { Ok(()) }
    }
}

fn main() {}
