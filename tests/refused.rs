//! Generated code refuses no program that is right: whatever lints are forbidden, whatever traits
//! and statics are in scope, whatever types its bounds name.

#![forbid(missing_docs)]
#![allow(clippy::unused_async, reason = "these services answer at once")]

/// What goes wrong.
#[derive(Debug, serde::Serialize, serde::Deserialize)]
pub struct Failed;

/// All lints that generated code could meet.
mod forbidden {
    #![forbid(
        dead_code,
        elided_lifetimes_in_paths,
        missing_debug_implementations,
        missing_docs,
        non_camel_case_types,
        non_snake_case,
        single_use_lifetimes,
        trivial_bounds,
        trivial_casts,
        trivial_numeric_casts,
        type_alias_bounds,
        unexpected_cfgs,
        unreachable_code,
        unreachable_pub,
        unsafe_code,
        unused_braces,
        unused_imports,
        unused_lifetimes,
        unused_must_use,
        unused_mut,
        unused_parens,
        unused_qualifications,
        unused_results,
        unused_variables,
        variant_size_differences
    )]

    use super::Failed;

    typed_saga::saga! {
        #[derive(Debug)]
        pub(crate) saga Forbidden<T: Clone>(nights: u8, t: T)
        with (step: u8)
        -> Result<(u8, T), Failed>
        {
            read rates(nights) -> u8 { Ok(*nights) }
            #[timeout(1s)] #[late(0s)]
            step first(step, rates) -> u8 { Ok(step + rates) }
                resolve() { Ok(None) }
                compensate(first) { let _ = first; Ok(()) }
            step unit() { Ok(()) }
                compensate none;
            concurrent {
                step one(t) -> T { Ok(t.clone()) }
                    compensate none;
                #[when(rates => *rates > 1)]
                step two(rates, key) -> u8 { let _ = key; Ok(*rates) }
                    compensate(two) { let _ = two; Ok(()) }
            }
            finally(nights, outcome) { let _ = (nights, outcome); }

            {
                let _ = two;
                (first, one)
            }
        }
    }

    typed_saga::saga! {
        #[derive(Debug)]
        saga Private(nights: u8) with (service: u8) -> Result<_, Failed> {
            read rates(nights, service) -> u8 { Ok(nights + service) }
            read other() -> u8 { Ok(1) }
        }
    }

    pub(crate) async fn private() -> bool {
        Private { nights: 1 }.with(2).await.is_ok()
    }
}

#[tokio::test]
async fn b05_every_lint_may_be_forbidden() {
    assert!(forbidden::private().await);
    let run = forbidden::Forbidden { nights: 1, t: 'a' }.with(1);
    assert_eq!(run.await.unwrap(), (2, 'a'));
}

/// Levels that the user gives a saga hold for what is made of it.
#[warn(clippy::pedantic)]
mod levels {
    #[deny(non_camel_case_types, non_snake_case)]
    pub(crate) mod strict {
        typed_saga::saga! {
            /// Its names are those of another system.
            #[allow(non_camel_case_types, non_snake_case)]
            pub(crate) saga lower(Upper: u8)
            with (Service: u8)
            -> Result<u8, crate::refused::Failed>
            {
                read Effect(Upper, Service) -> u8 { Ok(*Upper + Service) }
                step Other(Effect) -> u8 { let Local = Effect; Ok(*Local) }
                    compensate(Other) {
                        let Undone = Other;
                        let _ = Undone;
                        Ok(())
                    }

                Other
            }
        }
    }
}

#[tokio::test]
async fn b05_levels_of_a_saga_hold_for_all_of_it() {
    let run = levels::strict::lower { Upper: 1 }.with(2);
    assert_eq!(run.await.unwrap(), 3);
}

/// Bounds and type macros that name what looks like a generated parameter, and defaults.
mod types {
    use super::Failed;

    #[derive(Clone)]
    pub(crate) struct OneState;
    pub(crate) struct TwoState(pub(crate) u8);

    pub(crate) trait Mark<T> {}
    impl<T> Mark<OneState> for T {}

    macro_rules! two {
        () => {
            TwoState
        };
    }

    typed_saga::saga! {
        pub(crate) saga Bound<T: Clone>(t: T) -> Result<_, Failed>
        where
            T: Mark<OneState>,
        {
            concurrent {
                read one(t) -> T { Ok(t.clone()) }
                read two() -> two!() { Ok(TwoState(2)) }
            }
        }
    }

    typed_saga::saga! {
        pub(crate) saga Defaults<T: Clone = u8, const N: usize = 2, S: Clone = T>(t: T, n: [u8; N])
        with (s: S)
        -> Result<(T, u8, S), Failed>
        {
            concurrent {
                read one(t) -> T { Ok(t.clone()) }
                read two(n) -> u8 { Ok(n[0]) }
                read three(s) -> S { Ok(s.clone()) }
            }

            (one, two, three)
        }
    }

    pub(crate) fn by_default(saga: Defaults) -> Defaults<u8, 2> {
        saga
    }
}

#[tokio::test]
async fn b05_bounds_and_type_macros_may_name_any_type() {
    let effects = types::Bound { t: types::OneState }.run().await;
    assert_eq!(effects.unwrap().two.0, 2);
}

#[tokio::test]
async fn b05_parameters_may_have_defaults() {
    let saga = types::by_default(types::Defaults { t: 1, n: [2, 3] });
    assert_eq!(saga.with('s').await.unwrap(), (1, 2, 's'));
}

/// Statics with the names of locals, which no pattern may shadow.
#[allow(
    non_upper_case_globals,
    dead_code,
    reason = "they only have to be in the way"
)]
mod statics {
    use super::Failed;

    macro_rules! in_the_way {
        ($($name:ident),* $(,)?) => { $( static $name: u8 = 1; )* };
    }
    in_the_way! {
        at, attempt, call, codec, context, e, error, f, fields, first, goes, input, json, lane_1,
        lanes, last, limit, name, new, object, own, place, read, report, result, run, saga, scope,
        services, shared, slots, snapshot, state, step, straight, summary, taken, v, value, walk,
        write,
    }

    fn verdict(_: &Failed) -> typed_saga::Verdict {
        typed_saga::Verdict::Refused
    }

    async fn done(_: &u8) -> Result<u8, Failed> {
        Ok(2)
    }

    macro_rules! declare {
        ($name:ident $($durable:ident)?) => {
            ::typed_saga::saga! {
                #[classify(verdict)] #[timeout(1s)]
                pub(crate) $($durable)? saga $name(nights: u8) with (desk: u8) -> Result<_, Failed> {
                    #[retry(2)] #[savepoint(1, if = |_| true)]
                    read rates(nights) -> u8 = done
                        fallback(failure, ctx) { let _ = (failure, ctx); Ok(1) };
                    #[late(0s)]
                    #[when(rates => *rates > 1)]
                    step one(desk, rates, key, ctx) -> u8 { let _ = (key, ctx); Ok(desk + rates) }
                        resolve(key, ctx) { let _ = (key, ctx); Ok(None) }
                        compensate(one, failure) { let _ = (one, failure); Ok(()) }
                    concurrent {
                        read two(nights) -> u8 = done;
                        #[when(rates => *rates > 1)] #[idempotent]
                        step three(rates, key) -> u8 { let _ = key; Ok(*rates) }
                            compensate(three, failure) { let _ = (three, failure); Ok(()) }
                    }
                    finally(nights, outcome, ctx) { let _ = (nights, outcome, ctx); }
                }
            }
        };
    }
    declare!(Statics);
    declare!(Kept durable);
}

#[tokio::test]
async fn b05_statics_may_be_called_as_generated_locals() {
    let run = statics::Statics { nights: 1 }.with(1);
    assert_eq!(run.await.unwrap().one, Some(3));
    let run = statics::Kept { nights: 1 }.with(1);
    assert_eq!(run.await.unwrap().one, Some(3));
}

/// A trait of all types with the names of the methods that generated code calls.
#[allow(
    dead_code,
    clippy::wrong_self_convention,
    clippy::new_ret_no_self,
    clippy::should_implement_trait,
    reason = "it only has to be in the way"
)]
mod blanket {
    use super::Failed;

    macro_rules! in_the_way {
        ($($name:ident),* $(,)?) => {
            pub(crate) trait Blanket: Sized {
                $( fn $name(self) -> u8 { 0 } )*
            }
            impl<T> Blanket for T {}
        };
    }
    in_the_way! {
        and_then, answer, as_mut, as_ref, at, begin, call, classify, clear, clone, codec, context,
        default, deref, describe, duplicate, effect, encode, decode, field, fill, filled, fmt, get,
        give, goes_back, goes_on, group, happens, into_future, join, key, load, map, new, of, open,
        optional, output, own, perform, poll, reached, read, rename, reported, restore, run,
        snapshot, states, step, take, undeclared, undo, unwrap, value, with, write,
    }

    fn verdict(_: &Failed) -> typed_saga::Verdict {
        typed_saga::Verdict::Refused
    }

    macro_rules! declare {
        ($name:ident $($durable:ident)?) => {
            typed_saga::saga! {
                #[classify(verdict)] #[timeout(1s)]
                pub(crate) $($durable)? saga $name(nights: u8) with (desk: u8) -> Result<_, Failed> {
                    #[retry(2)] #[savepoint(1, if = |_| true)]
                    read rates(nights) -> u8 { Ok(*nights + 1) }
                        fallback(failure, ctx) { let _ = (failure, ctx); Ok(1) };
                    #[late(0s)]
                    #[when(rates => *rates > 1)]
                    step one(desk, rates, key, ctx) -> u8 { let _ = (key, ctx); Ok(desk + rates) }
                        resolve(key, ctx) { let _ = (key, ctx); Ok(None) }
                        compensate(one, failure) { let _ = (one, failure); Ok(()) }
                    #[idempotent]
                    step other(_key) { Ok(()) }
                        compensate none again;
                    concurrent {
                        read two() -> u8 { Ok(1) }
                        #[when(rates => *rates > 1)] #[idempotent]
                        step three(rates, key) -> u8 { let _ = key; Ok(*rates) }
                            compensate(three, failure) { let _ = (three, failure); Ok(()) }
                    }
                    finally(nights, outcome, ctx) { let _ = (nights, outcome, ctx); }
                }
            }
        };
    }
    declare!(Blanketed);
    declare!(Kept durable);
}

#[tokio::test]
async fn b05_a_blanket_trait_may_have_methods_that_generated_code_calls() {
    let run = blanket::Blanketed { nights: 1 }.with(1);
    assert_eq!(run.await.unwrap().one, Some(3));
    let run = blanket::Kept { nights: 1 }.with(1);
    assert_eq!(run.await.unwrap().one, Some(3));
    let services = blanket::BlanketedServices { desk: 1 };
    let state = blanket::Blanketed { nights: 1 }.walk().rates(&services);
    assert_eq!(state.await.unwrap().rates, 2);
}
