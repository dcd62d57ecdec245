//! A child saga in a walk by hand: it runs in memory, in one move, and remains where it can be
//! undone.

use super::{
    nestable::{Nest, Tail},
    nested::{
        Nested, Nesting,
        calls::{nest, nest_back},
    },
};
use crate::{
    calls::{journal::Volatile, perform::Scope, report::Report},
    generated::machine::Machine,
    report::{error::Failure, raised::Raised},
    values::{
        call::{CallKind, CallSite},
        cause::Cause,
        codec::Codec,
        id::LazyId,
    },
};
use std::{fmt, future::Future, pin::Pin};

/// A child saga that has completed in a walk.
pub struct Walked<E>(Box<dyn Undo<E> + Send + Sync>);

trait Undo<E> {
    fn undo(&self) -> Pin<Box<dyn Future<Output = Result<(), E>> + Send + '_>>;
}

struct Child<I: Nest<V>, V> {
    nested: Nested<I, V>,
    step: &'static str,
    id: LazyId,
}

impl<I: Nest<V>, V> Child<I, V> {
    fn scope(&self) -> Scope<'_, Volatile> {
        Scope {
            journal: &Volatile,
            id: &self.id,
            place: None,
            link: None,
            tray: None,
        }
    }

    fn call(&self, call: CallKind) -> (CallSite, Nesting) {
        let (step, limit) = (self.step, None);
        let at = CallSite {
            step: 0,
            call,
            attempt: 1,
            round: 0,
        };
        let saga = &<I::Machine as Machine>::DEFINITION.name;
        (at, Nesting { saga, step, limit })
    }
}

/// Runs the child saga of a step. Returns its output, and what undoes it, in a list of one.
///
/// # Errors
/// The error of the child, converted to its parent's.
///
/// # Panics
/// If the child failed for another reason.
pub async fn by_hand<I, V, E>(
    step: &'static str,
    saga: I,
    services: V,
) -> Result<(<I::Machine as Machine>::Output, Vec<Walked<E>>), E>
where
    I: Nest<V> + Send,
    I::Machine: Tail,
    V: Send + 'static,
    E: From<<I::Machine as Machine>::Error> + Send + Sync + 'static,
{
    let child = Child {
        nested: Nested::default(),
        step,
        id: LazyId::default(),
    };
    let (scope, call) = (child.scope(), child.call(CallKind::Action));
    let (saga, services) = (|| saga, || services);
    let ended = nest(&child.nested, &scope, call, saga, services, Codec::none()).await;
    match ended {
        Ok(output) => Ok((output, vec![Walked(Box::new(child))])),
        Err(report) => Err(error_of(step, report)),
    }
}

impl<I, V, E> Undo<E> for Child<I, V>
where
    I: Nest<V> + Send,
    V: Send + 'static,
    E: From<<I::Machine as Machine>::Error> + Send + Sync + 'static,
{
    fn undo(&self) -> Pin<Box<dyn Future<Output = Result<(), E>> + Send + '_>> {
        Box::pin(async move {
            let (scope, call) = (self.scope(), self.call(CallKind::Compensate));
            let undone = nest_back(&self.nested, &scope, call).await;
            undone.map_err(|report| error_of(self.step, report))
        })
    }
}

/// Rolls back a child saga that has completed, if there is one.
///
/// # Errors
/// The first error of a compensation of the child; its step remains applied.
///
/// # Panics
/// If a compensation failed for another reason.
pub async fn undo_by_hand<E>(walked: &[Walked<E>]) -> Result<(), E> {
    for Walked(child) in walked {
        child.undo().await?;
    }
    Ok(())
}

/// Runs a child saga whose `when` is true.
///
/// # Errors
/// The error of the child saga.
pub async fn child_happens<T, W, E>(
    call: impl Future<Output = Result<(T, Vec<W>), E>>,
) -> Result<(Option<T>, Vec<W>), E> {
    let (output, walked) = call.await?;
    Ok((Some(output), walked))
}

/// Runs the fallback of a child saga, which leaves nothing to undo.
///
/// # Errors
/// The error of the fallback.
pub async fn instead<T, W, E>(call: impl Future<Output = Result<T, E>>) -> Result<(T, Vec<W>), E> {
    Ok((call.await?, Vec::new()))
}

fn error_of<E: 'static>(step: &str, report: Report<E>) -> E {
    let causes = match report {
        Report::Nested(end) => {
            let failures = [end.failure].into_iter().chain(end.also);
            let typed = |failure: Failure<Raised>| failure.typed().into_cause();
            failures.map(typed).collect()
        }
        Report::Failed(cause) => vec![cause],
        Report::OutputPanicked(panic) => vec![Cause::Panicked(panic)],
        _ => unreachable!("a child saga ends otherwise"),
    };
    let mut words = None;
    for cause in causes {
        match cause {
            Cause::Failed(error) => return error,
            Cause::TimedOut => words = Some("timed out".to_owned()),
            Cause::Panicked(panic) => words = Some(format!("panicked: {}", panic.message())),
            _ => {}
        }
    }
    let words = words.unwrap_or_else(|| "ended without an error".to_owned());
    panic!("`{step}` {words}, which a walk by hand has no error for");
}

impl<E> fmt::Debug for Walked<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Walked").finish_non_exhaustive()
    }
}
