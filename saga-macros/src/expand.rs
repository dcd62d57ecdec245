//! Turns a checked saga into items.
//!
//! Structs that hold user tokens are placed where the macro is called; everything else is in a
//! `const _` next to them. The code that runs the saga is in a further `const _` inside, where the
//! user's conditions and final expression cannot name it. Nothing is decided here: the kernel
//! decides what runs when, and the executor decides how. The expansion is data, types and calls:
//! `saga-macros/expansion.txt` shows one.
//!
//! Names are flat (`BookTripServices`), not in a module: a module does not see the local types of
//! the function that contains the saga. Bodies stay raw tokens, and a saga with mistakes still gets
//! all items that can be written ([`Mode`]): so rustc itself reports a syntax error in a body, and
//! one mistake does not make `BookTrip` unknown elsewhere.

mod arms;
mod bodies;
mod calls;
mod child;
mod code;
mod constant;
mod definition;
mod docs;
mod durable;
mod events;
mod generics;
mod ident;
mod input;
mod judged;
mod lints;
mod locks;
mod looped;
mod machine;
mod nestable;
mod output;
mod plan;
mod renewed;
mod runs;
mod shared;
mod signal;
mod slots;
mod types;
mod typestate;
mod undo;
mod unread;

use proc_macro2::TokenStream;

use ident::emit;

use crate::declare::{Declared, without_children};
use crate::model::Saga;
use plan::Plan;

/// Whether the saga may get an executor.
#[derive(Clone, Copy)]
pub(crate) enum Mode<'a> {
    /// Every check passed; the saga as data.
    Complete(&'a Declared),
    /// An error of this saga is reported. Its items are emitted nevertheless, so that one mistake
    /// does not make their names unknown elsewhere.
    Broken,
}

/// The input struct comes last, because its documentation contains the types of effects and
/// durations. An editor completes a half-typed name by comparing two expansions, in which nothing
/// before the name may differ.
pub(crate) fn expand(saga: &Saga, mode: Mode<'_>) -> TokenStream {
    match mode {
        Mode::Complete(declared) => items(&Plan::new(saga, declared, false)),
        Mode::Broken => items(&Plan::new(saga, &without_children(saga), true)),
    }
}

fn items(plan: &Plan<'_>) -> TokenStream {
    let types = plan.types();
    let structs = plan.structs();
    let signals = plan.signal_enum();
    let input_struct = plan.input_struct();
    let states = plan.state_structs();
    let input = plan.input_impl();
    let (functions, bodies) = (plan.block_functions(), plan.bodies());
    let output = plan.output_function();
    let events = plan.event_functions();
    let services = plan.services_function();
    let walk = plan.state_impls();
    let machine = plan.machine();
    let durable = plan.durable();
    let signal_impls = plan.signal_impls();
    let (named, nestable, child_types) = (plan.named(), plan.nestable(), plan.child_types());
    let (runs_again, common) = (plan.runs_again_impl(), plan.common_impls());
    let missed_finally = plan.missed_finally();
    let (completion, unread) = (plan.completion(), plan.unread());
    let levels = plan.levels();
    let (p, private) = (&plan.p, &plan.private);
    emit! {
        #types
        #structs
        #signals
        #states
        #levels
        const _: () = {
            use #private as #p;
            #child_types
            #missed_finally
            #input
            #functions
            #output
            #events
            #services
            #signal_impls
            #named
            #nestable
            #runs_again
            #common
            const _: () = {
                #bodies
                #walk
                #machine
                #durable
            };
        };
        #completion
        #unread
        #input_struct
    }
}
