//! The sagas whose defaults are asked for: each leaves unsaid what a row of the table is about.

use typed_saga::{Verdict, saga};

saga! {
    pub(crate) saga Alone() -> Result<(), String> {
        step a() { Ok(()) }
            compensate none
    }
}

saga! {
    #[classify(unknown)]
    pub(crate) saga Repeated() -> Result<(), String> {
        #[idempotent]
        step a(_key) { Ok(()) }
            compensate(a) { let () = a; Ok(()) }
        #[idempotent]
        step b(_key) { Ok(()) }
            compensate none
    }
}

saga! {
    #[classify(unknown)]
    #[timeout(1s)]
    pub(crate) durable saga DurableRepeated() -> Result<(), String> {
        #[idempotent]
        step a(_key) { Ok(()) }
            compensate none
    }
}

saga! {
    #[classify(unknown)]
    #[timeout(1s)]
    #[late(0s)]
    pub(crate) durable saga DurableAsked() -> Result<(), String> {
        step a() { Ok(()) }
            resolve() { Ok(None) }
            compensate none
    }
}

saga! {
    #[classify(unknown)]
    pub(crate) saga Asked() -> Result<(), String> {
        step a() { Ok(()) }
            resolve() { Ok(None) }
            compensate(a) { let () = a; Ok(()) }
    }
}

saga! {
    #[classify(unknown)]
    pub(crate) saga AskedOrRepeated() -> Result<(), String> {
        #[idempotent]
        step a(_key) { Ok(()) }
            resolve() { Ok(None) }
            compensate(a) { let () = a; Ok(()) }
    }
}

saga! {
    #[classify(unknown)]
    pub(crate) saga Stopped() -> Result<(), String> {
        step a() { Ok(()) }
            #[by_key]
            compensate(key) { let _ = key; Ok(()) }
    }
}

saga! {
    #[classify(unknown)]
    #[timeout(1s)]
    pub(crate) durable saga DurableStopped(order: u32) -> Result<(), String> {
        step a(_order) { Ok(()) }
            #[by_key(by = order)]
            compensate(_order) { Ok(()) }
    }
}

saga! {
    pub(crate) saga BehindThePivot() -> Result<(), String> {
        #[idempotent]
        pivot p(_key) { Ok(()) }
        #[idempotent]
        step a(_key) { Ok(()) }
    }
}

saga! {
    pub(crate) saga AskedBehindThePivot() -> Result<(), String> {
        #[idempotent]
        pivot p(_key) { Ok(()) }
        step a() { Ok(()) }
            resolve() { Ok(None) }
    }
}

saga! {
    pub(crate) saga Waits() -> Result<(), String> {
        #[retry(2)]
        read a() { Ok(()) }
        #[savepoint(2)]
        read b() { Ok(()) }
    }
}

/// A saga whose step has three clauses: `$step` is the step's own timeout.
macro_rules! timed {
    ($name:ident, [$($durable:ident)?], [$($saga:tt)*], [$($step:tt)*]) => {
        saga! {
            #[classify(unknown)]
            $($saga)*
            pub(crate) $($durable)? saga $name() -> Result<(), String> {
                #[late(0s)]
                $($step)*
                step a() { Ok(()) }
                    resolve() { Ok(None) }
                    fallback() { Ok(()) }
                    compensate(a) { let () = a; Ok(()) }
            }
        }
    };
}

timed!(Plain, [], [], []);
timed!(PlainStep, [], [], [#[timeout(1s)]]);
timed!(PlainSaga, [], [#[timeout(2s)]], []);
timed!(PlainBoth, [], [#[timeout(2s)]], [#[timeout(1s)]]);
timed!(DurableStep, [durable], [], [#[timeout(1s)]]);
timed!(DurableSaga, [durable], [#[timeout(2s)]], []);
timed!(DurableBoth, [durable], [#[timeout(2s)]], [#[timeout(1s)]]);

fn unknown(_: &String) -> Verdict {
    Verdict::Unknown
}
