//! Generated code means what it says wherever it stands: whatever the user's types, names and
//! scopes are.

#![allow(
    clippy::unused_async,
    reason = "services that answer at once are enough here"
)]

/// User types with the names of the prelude, of the library and of generated code.
mod shadowed {
    #![allow(dead_code, reason = "they only have to be in the way")]

    macro_rules! in_the_way {
        ($($name:ident),* $(,)?) => { $( #[derive(Debug)] pub(crate) struct $name; )* };
    }
    in_the_way! {
        Arc, At, Attempt, Box, Call, Codec, Context, Default, Definition, Duration, Err, Error, Failure, Future, IntoFuture, Journal, Key, Lanes, Machine, None, Ok, OnceLock, Option, Outcome, Pending, PhantomData, Pin, Prepared, Report, Result, Run, Scope, Self_, Send, Services, Slot, Slots, Some, State, States, Stopped, String, Summary, Sync, Vec, Verdict,
    }
    type Fallible<T> = std::result::Result<T, State>;

    mod core {}
    mod typed_saga_core {}
    mod std_shadow {}

    #[allow(unused_macros, reason = "they only have to be in the way")]
    macro_rules! line {
        () => {
            compile_error!("the user's own `line!`")
        };
    }
    #[allow(unused_macros, reason = "they only have to be in the way")]
    macro_rules! unreachable {
        () => {
            compile_error!("the user's own `unreachable!`")
        };
    }

    ::typed_saga::saga! {
        pub(crate) saga Shadowed(state: State)
        with (services: Services)
        -> Result<Slot, State> emit String
        {
            read string(state) -> String { let _ = state; Fallible::Ok(String) }
            #[late(0s)]
            #[when(string => { let _ = string; true })]
            step option(services, string) -> Option {
                let _ = (services, string);
                Fallible::Ok(Option)
            }
                resolve(services) { let _ = services; Fallible::Ok(::core::option::Option::None) }
                compensate(option, failure) { let _ = (option, failure); Fallible::Ok(()) }
            concurrent {
                read vec() -> Vec { Fallible::Ok(Vec) }
                    fallback() { Fallible::Ok(Vec) };
                read pending(vec, option) -> Pending {
                    let _ = (vec, option);
                    Fallible::Ok(Pending)
                }
            }
            #[idempotent]
            pivot result(pending, _key) -> Result { let _ = pending; Fallible::Ok(Result) }
            emit(vec => { let _ = vec; [String] });
            emit failed(failure => { let _ = failure; [String] });
            publish(services, event, key) { let _ = (services, event, key); Fallible::Ok(()) }
            finally(state, outcome, ctx) { let _ = (state, outcome, ctx); }

            let _ = result;
            Slot
        }
    }
}

#[tokio::test]
async fn user_types_may_be_called_as_those_of_the_prelude() {
    use shadowed::{Services, Shadowed, State};
    assert!(Shadowed { state: State }.with(Services).await.is_ok());
}

/// Names that generated code uses itself.
mod names {
    use typed_saga::saga;

    #[derive(Debug)]
    pub(crate) struct Failed;

    saga! {
        pub(crate) saga Names(
            slots: u8,
            run: u8,
            call: u8,
            scope: u8,
            at: u8,
            until: u8,
            value: u8,
            self_: u8,
            e: u8,
            v: u8,
            cx: u8,
            lanes: u8,
            error: u8,
            attempt: u8,
            summary: u8,
            lent: u8,
            own: u8,
            snapshot: u8,
        )
        with (services: u8, journal: u8, machine: u8, decision: u8, result: u8, f: u8)
        -> Result<_, Failed>
        {
            #[late(0s)]
            #[when(slots, run => slots < run)]
            step step(
                slots, run, call, scope, at, until, value, self_, e, v, cx, lanes, key, ctx,
            ) -> u8 {
                let _ = (key, ctx);
                Ok(slots + run + call + scope + at + until + value + self_ + e + v + cx + lanes)
            }
                resolve(slots, key) { let _ = (slots, key); Ok(None) }
                compensate(step, error, failure) { let _ = (step, error, failure); Ok(()) }
            concurrent {
                read lane_1(services, journal, machine) -> u8 { Ok(services + journal + machine) }
                read context(lane_1, error, attempt) -> u8 { Ok(lane_1 + error + attempt) }
                    fallback(decision, failure) { let _ = failure; Ok(*decision) };
            }
            read input(summary, lent, own, snapshot, decision, result, f) -> u8 {
                Ok(summary + lent + own + snapshot + decision + result + f)
            }

            finally(summary, lent, services, result, outcome, ctx) {
                let _ = (summary, lent, services, result, outcome, ctx);
            }
        }
    }
}

#[tokio::test]
async fn inputs_services_and_steps_may_be_called_as_generated_locals() {
    let saga = names::Names {
        slots: 0,
        run: 1,
        call: 1,
        scope: 1,
        at: 1,
        until: 1,
        value: 1,
        self_: 1,
        e: 1,
        v: 1,
        cx: 1,
        lanes: 1,
        error: 1,
        attempt: 1,
        summary: 1,
        lent: 1,
        own: 1,
        snapshot: 1,
    };
    let effects = saga.with(1, 1, 1, 1, 1, 1).await.unwrap();
    assert_eq!(
        (effects.step, effects.lane_1, effects.context, effects.input),
        (Some(11), 3, 5, 7)
    );
}

/// Functions and constants that generated code has locals of the same name for.
mod functions {
    use std::time::Duration;
    use typed_saga::{Verdict, saga};

    #[derive(Debug)]
    pub(crate) struct Failed;

    fn error(_: &Failed) -> Verdict {
        Verdict::Refused
    }
    fn step(_: &Failed) -> bool {
        false
    }
    fn run() -> Duration {
        Duration::from_secs(1)
    }
    fn call() -> Duration {
        Duration::from_millis(1)
    }
    fn scope() -> Duration {
        Duration::from_secs(2)
    }
    async fn charge(amount: &u8) -> Result<u8, Failed> {
        Ok(*amount)
    }
    async fn slots() -> Result<u8, Failed> {
        Ok(1)
    }

    saga! {
        #[classify(error)]
        pub(crate) saga Functions(amount: u8) -> Result<u8, Failed> {
            #[timeout(run())] #[retry(2, call()..scope())]
            #[savepoint(1, call()..scope(), if = |it| it.error().is_some_and(step))] #[idempotent]
            step charge(amount, _key) -> u8 { charge(amount).await }
                #[timeout(scope())]
                compensate(charge) { let _ = charge; Ok(()) }

            #[timeout(call())]
            read slots() -> u8 = slots;

            charge + slots
        }
    }
}

#[tokio::test]
async fn functions_may_be_called_as_steps_and_generated_locals() {
    assert_eq!(functions::Functions { amount: 2 }.run().await.unwrap(), 3);
}

/// Raw identifiers.
mod raw {
    use typed_saga::saga;

    #[derive(Debug)]
    pub(crate) struct Failed;

    saga! {
        pub(crate) saga r#Raw(r#type: u8, r#fn: u8) with (r#move: u8) -> Result<_, Failed> {
            step r#loop(r#type, r#move) -> u8 { Ok(r#type + r#move) }
                compensate(r#loop, r#type) { let _ = (r#loop, r#type); Ok(()) }
            concurrent {
                #[when(r#fn => *r#fn > 0)]
                step r#match(r#loop) -> u8 { Ok(*r#loop) }
                    compensate none;
                #[after(r#loop)]
                read r#where(r#match) -> u8 { Ok(r#match.unwrap_or(0)) }
            }
            finally(r#type, r#move) { let _ = (r#type, r#move); }
        }
    }
}

#[tokio::test]
async fn names_may_be_raw() {
    let raw::RawEffects {
        r#loop,
        r#match,
        r#where,
    } = raw::Raw { r#type: 1, r#fn: 1 }.with(2).await.unwrap();
    assert_eq!((r#loop, r#match, r#where), (3, Some(3), 3));
    assert_eq!(raw::Raw::DEFINITION.steps[0].name, "loop");
    let state = raw::Raw { r#type: 1, r#fn: 0 }.walk();
    let state = state.r#loop(&raw::RawServices { r#move: 1 }).await.unwrap();
    assert_eq!(state.r#loop, 2);
}

#[tokio::test]
async fn a_saga_may_stand_in_a_function() {
    use typed_saga::saga;

    #[derive(Clone, Debug)]
    struct Local(u8);
    #[derive(Debug)]
    struct Failed;

    async fn double(local: &Local) -> Result<Local, Failed> {
        Ok(Local(local.0 * 2))
    }

    saga! {
        #[derive(Clone)]
        saga Inside(local: Local) -> Result<Local, Failed> {
            read twice(local) -> Local = double;
            concurrent {
                step one(twice) -> Local = double
                    compensate none;
                read two(twice) -> Local = double;
            }

            Local(one.0 + two.0)
        }
    }

    let saga = Inside { local: Local(1) };
    assert_eq!(saga.clone().run().await.unwrap().0, 8);
    assert_eq!(
        saga.walk().twice(&InsideServices {}).await.unwrap().twice.0,
        2
    );
}

/// A saga of types that are its module's parent's.
mod outer {
    #[derive(Debug)]
    pub(crate) struct Failed;
    pub(crate) struct Service;

    impl Service {
        pub(crate) async fn call(&self) -> Result<u8, Failed> {
            Ok(4)
        }
    }

    pub(crate) mod inner {
        typed_saga::saga! {
            pub(crate) saga Nested() with (service: super::Service) -> Result<u8, super::Failed> {
                read one(service) -> self::Number = super::Service::call;

                one
            }
        }

        pub(crate) type Number = u8;
    }
}

#[tokio::test]
async fn a_saga_may_name_its_parent_module() {
    assert_eq!(
        outer::inner::Nested {}.with(outer::Service).await.unwrap(),
        4
    );
}

/// The library under another name, and its own as the name of something else.
mod renamed {
    mod facade {
        pub(crate) use ::typed_saga::saga;
    }
    #[allow(dead_code, reason = "it only has to be in the way")]
    mod typed_saga {}

    #[derive(Debug)]
    pub(crate) struct Failed;

    facade::saga! {
        pub(crate) saga Renamed() -> Result<u8, Failed> {
            #[timeout(1s)] #[late(0s)]
            step one() -> u8 { Ok(1) }
                resolve() { Ok(None) }
                compensate none;

            one
        }
    }
}

#[tokio::test]
async fn the_library_may_be_renamed() {
    assert_eq!(renamed::Renamed {}.run().await.unwrap(), 1);
}

/// Type parameters with the names of generated ones, and of siblings' states.
mod parameters {
    use typed_saga::saga;

    #[derive(Debug)]
    pub(crate) struct Failed;

    pub(crate) struct OneState(pub(crate) u8);

    saga! {
        pub(crate) saga Parameters<J: Clone, T: Clone, F: Clone>(input: J)
        with (t: T, f: F)
        -> Result<(OneState, J, T, F), Failed>
        {
            concurrent {
                read one() -> OneState { Ok(OneState(1)) }
                read two(input) -> J { Ok(input.clone()) }
                read three(t) -> T { Ok(t.clone()) }
            }
            read four(f) -> F { Ok(f.clone()) }

            (one, two, three, four)
        }
    }
}

#[tokio::test]
async fn type_parameters_may_be_called_as_generated_ones() {
    let (one, two, three, four) = parameters::Parameters { input: 'i' }
        .with("t", 4_u8)
        .await
        .unwrap();
    assert_eq!((one.0, two, three, four), (1, 'i', "t", 4));
}

/// A whole saga out of the user's own macro, whose names and fragments meet.
mod through_a_macro {
    use typed_saga::saga;

    #[derive(Debug)]
    pub(crate) struct Failed;

    macro_rules! twice {
        ($name:ident, $input:ident, $error:ty, $other:ident) => {
            saga! {
                pub(crate) saga $name($input: u8, own: u8) with ($other: u8, service: u8) -> Result<u8, $error> {
                    #[when($input, own => $input > own)]
                    step first($input, own, $other, service, key) -> u8 { let _ = key; let value = $input + own + $other + service; Ok(value) }
                    compensate(first, $input, failure) { let _ = (first, $input, failure); Ok(()) }
                    concurrent {
                        read second(first, $other) -> u8 { Ok(first.unwrap_or(0) + $other) }
                        read third(second, own) -> u8 { Ok(second + own) }
                    }

                    finally($input, service, outcome) { let _ = ($input, service, outcome); }

                    third + own + $input
                }
            }
        };
    }

    twice!(Twice, value, Failed, slots);
}

#[tokio::test]
async fn a_saga_may_come_out_of_a_macro() {
    let saga = through_a_macro::Twice { value: 2, own: 1 };
    assert_eq!(saga.with(3, 4).await.unwrap(), 17);
}
