//! A walk by hand, as the declaration says it: forward until an error, then back, and forward again
//! from a savepoint.

/// How a walk ended that did not complete: before which step, and why.
pub(super) enum Stop<S> {
    Back(S, typed_saga::Failure<super::Refused>),
    Stuck(typed_saga::Failure<super::Refused>),
}

/// The end of the way forward, from which it is never far back.
#[allow(
    clippy::unnecessary_wraps,
    reason = "it says of what type the `Err` is that it never gives"
)]
pub(super) fn arrived<S>(end: S) -> Result<S, Stop<S>> {
    Ok(end)
}

/// Declares a saga, and tests that it is walked and run alike.
///
/// Behind the saga are its steps: `step attempts turns undo_step(failure?) or
/// fall_back_step(failure?);`, `join;` where a block ends, `enter { … }` around a `when` block, `pivot step;`, and `after step
/// attempts;`. A
/// signal is `take signal value undo_signal();`, and `says` gives the same to the saga that is run.
macro_rules! shape {
    ($name:ident, saga { $($saga:tt)* } $(says { $signal:expr })? walk { $($walk:tt)* }) => {
        mod $name {
            use super::super::{Desk, End, Refused, Seen, Table};
            use super::super::walk::{Stop, arrived};
            #[allow(unused_imports, reason = "few of them have a `when` block")]
            use typed_saga::runtime::Branch;

            typed_saga::saga! { $($saga)* }

            async fn walked(table: Table) -> Seen {
                let desk = Desk::new(table);
                let services = ShapeServices { desk: desk.clone() };
                let mut turns = 0;
                let end = match walk!(services turns (Shape { wants: table[0] }.walk()) $($walk)*) {
                    Ok(end) => End::Completed(end.output()),
                    Err(Stop::Back(_, failure)) => End::of(&failure, End::Back),
                    Err(Stop::Stuck(failure)) => End::of(&failure, End::Stuck),
                };
                desk.seen(end)
            }

            async fn ran(table: Table) -> Seen {
                let desk = Desk::new(table);
                let saga = Shape { wants: table[0] }.with(desk.clone());
                ran!(saga, desk $(, $signal)?).await
            }

            #[test]
            fn walked_and_run_alike() {
                super::super::compare(walked, ran);
            }
        }
    };
}

/// The run of a saga, which is told something or not.
macro_rules! ran {
    ($saga:ident, $desk:ident) => {
        super::super::run($saga, $desk)
    };
    ($saga:ident, $desk:ident, $signal:expr) => {
        super::super::run_and_signal($saga, $desk, $signal)
    };
}

/// The rest of a walk, as a `Result<Completed, Stop<S>>`.
macro_rules! walk {
    ($services:ident $turns:ident ($state:expr)) => {
        arrived($state)
    };
    ($services:ident $turns:ident ($state:expr) join; $($rest:tt)*) => {
        match walk!($services $turns ($state.join()) $($rest)*) {
            Ok(end) => Ok(end),
            Err(Stop::Back(state, failure)) => Err(Stop::Back(state.reopen(), failure)),
            Err(Stop::Stuck(failure)) => Err(Stop::Stuck(failure)),
        }
    };
    ($services:ident $turns:ident ($state:expr) take $signal:ident $value:literal $undo:ident(); $($rest:tt)*) => {
        match walk!($services $turns ($state.$signal($value)) $($rest)*) {
            Ok(end) => Ok(end),
            Err(Stop::Back(state, failure)) => match state.$undo(&$services).await {
                Ok(state) => Err(Stop::Back(state, failure)),
                Err(_) => unreachable!("a signal has nothing to undo"),
            },
            Err(Stop::Stuck(failure)) => Err(Stop::Stuck(failure)),
        }
    };
    ($services:ident $turns:ident ($state:expr) enter { $($inside:tt)* } $($rest:tt)*) => {
        match $state.enter(&$services) {
            Branch::Taken(state) => match walk!($services $turns (state) $($inside)* leave; $($rest)*) {
                Ok(end) => Ok(end),
                Err(Stop::Back(state, failure)) => Err(Stop::Back(state.back_out(), failure)),
                Err(Stop::Stuck(failure)) => Err(Stop::Stuck(failure)),
            },
            Branch::Skipped(state) => match walk!($services $turns (state) $($rest)*) {
                Ok(end) => Ok(end),
                Err(Stop::Back(state, failure)) => match state.reopen() {
                    Branch::Skipped(state) => Err(Stop::Back(state, failure)),
                    Branch::Taken(_) => unreachable!("it was skipped"),
                },
                Err(Stop::Stuck(failure)) => Err(Stop::Stuck(failure)),
            },
        }
    };
    ($services:ident $turns:ident ($state:expr) leave; $($rest:tt)*) => {
        match walk!($services $turns ($state.leave()) $($rest)*) {
            Ok(end) => Ok(end),
            Err(Stop::Back(state, failure)) => match state.reopen() {
                Branch::Taken(state) => Err(Stop::Back(state, failure)),
                Branch::Skipped(_) => unreachable!("it was entered"),
            },
            Err(Stop::Stuck(failure)) => Err(Stop::Stuck(failure)),
        }
    };
    ($services:ident $turns:ident ($state:expr) pivot $step:ident; $($rest:tt)*) => {
        match $state.$step(&$services).await {
            Ok(next) => match walk!($services $turns (next) $($rest)*) {
                Ok(end) => Ok(end),
                Err(Stop::Back(..)) => unreachable!("nothing goes back over the pivot"),
                Err(Stop::Stuck(failure)) => Err(Stop::Stuck(failure)),
            },
            Err(stopped) => {
                let failure = typed_saga::Failure::new(stringify!($step), typed_saga::Cause::Failed(stopped.error)).judged(typed_saga::Verdict::Transient);
                Err(Stop::Back(stopped.state, failure))
            }
        }
    };
    ($services:ident $turns:ident ($state:expr) after $step:ident $attempts:literal; $($rest:tt)*) => {{
        let (mut state, mut attempts) = ($state, 0);
        loop {
            attempts += 1;
            match state.$step(&$services).await {
                Ok(next) => {
                    break match walk!($services $turns (next) $($rest)*) {
                        Ok(end) => Ok(end),
                        Err(Stop::Back(..)) => unreachable!("nothing goes back after the pivot"),
                        Err(Stop::Stuck(failure)) => Err(Stop::Stuck(failure)),
                    };
                }
                Err(stopped) if attempts == $attempts => {
                    let failure = typed_saga::Failure::new(stringify!($step), typed_saga::Cause::Failed(stopped.error)).judged(typed_saga::Verdict::Transient);
                    break Err(Stop::<()>::Stuck(failure));
                }
                Err(stopped) => state = stopped.state,
            }
        }
    }};
    (
        $services:ident $turns:ident ($state:expr)
        $step:ident $attempts:literal $limit:literal $undo:ident($($undo_reads:ident)?) $(or $fall:ident($($fall_reads:ident)?))?;
        $($rest:tt)*
    ) => {{
        let mut start = $state;
        loop {
            let (mut state, mut attempts) = (start, 0);
            let forward = loop {
                attempts += 1;
                match state.$step(&$services).await {
                    Ok(next) => break Ok(next),
                    Err(stopped) if attempts == $attempts => {
                        let failure = typed_saga::Failure::new(stringify!($step), typed_saga::Cause::Failed(stopped.error)).judged(typed_saga::Verdict::Transient);
                        break fall!($services (stopped.state) failure $($fall($($fall_reads)?))?);
                    }
                    Err(stopped) => state = stopped.state,
                }
            };
            let (before, failure) = match forward {
                Err(stopped) => stopped,
                Ok(next) => match walk!($services $turns (next) $($rest)*) {
                    Ok(end) => break Ok(end),
                    Err(Stop::Stuck(failure)) => break Err(Stop::Stuck(failure)),
                    Err(Stop::Back(mut state, failure)) => loop {
                        match state.$undo(&$services $(, maybe!($undo_reads &failure))?).await {
                            Ok(before) => break (before, failure),
                            Err(stopped) => state = stopped.state,
                        }
                    },
                },
            };
            if $turns >= $limit {
                break Err(Stop::Back(before, failure));
            }
            $turns += 1;
            start = before;
        }
    }};
}

/// What follows the last attempt of a step.
macro_rules! fall {
    ($services:ident ($state:expr) $failure:ident) => {
        Err(($state, $failure))
    };
    ($services:ident ($state:expr) $failure:ident $fall:ident($($reads:ident)?)) => {
        match $state.$fall(&$services $(, maybe!($reads &$failure))?).await {
            Ok(next) => Ok(next),
            Err(stopped) => Err((stopped.state, $failure)),
        }
    };
}

/// The failure, for a call that reads it.
macro_rules! maybe {
    (failure $failure:expr) => {
        $failure
    };
}
