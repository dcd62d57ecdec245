//! The sagas: one of every shape. Those of `straight`, `turns` and `composed` are those of
//! `tests/crash/`, with waits that are drawn, and `#[retry(1)]` wherever they say nothing.

mod composed;
mod own;
mod straight;
mod together;
mod turns;

#[allow(
    clippy::wildcard_imports,
    reason = "the table below names what they have"
)]
use self::{composed::*, own::*, straight::*, together::*, turns::*};
use super::{
    durable, engine,
    lib::{
        self,
        definition::Definition,
        runtime::{Durable, Services},
    },
    memory,
    world::{News, No, World},
};
use crate::{Course, Seen, Side, Way};
use std::any::type_name;

/// A durable saga, and how it begins.
pub(super) trait Shape: Durable<Output = u64, Error = No> {
    type Services: Services<Self>;
    fn services(world: World) -> Self::Services;
    fn saga() -> Self;

    /// What it is given, as JSON.
    fn input() -> &'static str {
        "{}"
    }

    /// What somebody sends it: the name, its value as JSON, and as it is.
    fn signal() -> Option<(&'static str, &'static str, Self::Signal)> {
        None
    }
}

macro_rules! shapes {
    ($($saga:ident $({ $($input:ident: $value:expr),* } $given:literal)?, $services:ident
        $(, $name:literal $json:literal $signal:expr)?;)*) => {
        $(impl Shape for $saga {
            type Services = $services;

            fn services(world: World) -> $services {
                $services { world }
            }

            fn saga() -> Self {
                $saga { $($($input: $value),*)? }
            }

            $(
                fn input() -> &'static str {
                    $given
                }
            )?

            $(
                fn signal() -> Option<(&'static str, &'static str, Self::Signal)> {
                    Some(($name, $json, $signal))
                }
            )?
        })*

        fn durable() -> Vec<Side> {
            vec![$(side::<$saga>()),*]
        }
    };
}

shapes! {
    Idempotent, IdempotentServices;
    Resolved, ResolvedServices;
    ByKey, ByKeyServices;
    LeftBehind, LeftBehindServices;
    Reading, ReadingServices;
    Wanted, WantedServices;
    FallsBack, FallsBackServices;
    Retrying, RetryingServices;
    Turning, TurningServices;
    TurningRead, TurningReadServices;
    Siblings, SiblingsServices;
    Family, FamilyServices;
    Pivotal, PivotalServices;
    PivotResolved, PivotResolvedServices;
    Final, FinalServices;
    Substituted, SubstitutedServices;
    Governed, GovernedServices;
    Inside, InsideServices, "paid" "7" InsideSignal::Paid(7);
    Parent, ParentServices;
    TurningParent, TurningParentServices;
    Packing, PackingServices;
    Packers, PackersServices;
    Carriers, CarriersServices;
    Carters, CartersServices;
    Sleeping, SleepingServices;
    Locking, LockingServices;
    Waiting, WaitingServices, "paid" "7" WaitingSignal::Paid(7);
    Everything, EverythingServices, "paid" "7" EverythingSignal::Paid(7);
    Reasons, ReasonsServices;
    Choosy, ChoosyServices;
    Again, AgainServices;
    Publishing, PublishingServices;
    Grandparent, GrandparentServices;
    Ordered { amount: 7, who: "somebody".to_owned() } r#"{"amount":7,"who":"somebody"}"#,
        OrderedServices;
    Excuses, ExcusesServices;
    Meeting, MeetingServices, "paid" "7" MeetingSignal::Paid(7);
}

/// All of them, in the same order on both sides.
pub(crate) fn all() -> Vec<Side> {
    let mut all = durable();
    all.extend([
        plain("Bare", false, |course| {
            memory::run_plain(course, |world| Bare {}.with(world))
        }),
        plain("BareTurns", false, |course| {
            memory::run_plain(course, |world| BareTurns {}.with(world))
        }),
        plain("BareBlock", true, |course| {
            memory::run_plain(course, |world| BareBlock {}.with(world))
        }),
        plain("BareLoop", true, |course| {
            memory::run_plain(course, |world| BareLoop {}.with(world))
        }),
        plain("BareSlow", true, |course| {
            memory::run_plain(course, |world| BareSlow {}.with(world))
        }),
    ]);
    all
}

fn side<S: Shape>() -> Side {
    let definition = S::DEFINITION;
    let mut ways: Vec<Way> = vec![
        ("in memory", memory::run::<S>),
        ("on an engine", engine::run::<S>),
    ];
    // Without an engine, nothing is locked.
    if !definition.takes_locks() {
        ways.push(("with crashes", durable::run::<S>));
    }
    Side {
        library: type_name::<Definition>(),
        name: &definition.name,
        blocks: has_blocks(definition),
        ways,
    }
}

fn plain(name: &'static str, blocks: bool, memory: fn(&Course) -> Seen) -> Side {
    Side {
        library: type_name::<Definition>(),
        name,
        blocks,
        ways: vec![("in memory", memory)],
    }
}

/// Whether several of its calls may run at once.
fn has_blocks(definition: &Definition) -> bool {
    definition.steps.iter().any(|step| {
        let items = step.items.as_ref();
        let child = step.child.as_ref();
        step.group.is_some()
            || items.is_some_and(|items| items.concurrent > 1 || has_blocks(&items.each))
            || child.is_some_and(|child| has_blocks(&child.definition))
    })
}
