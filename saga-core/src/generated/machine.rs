//! What the macro implements for a saga: its steps as calls, its effects as slots, its predicates
//! as functions. Everything that decides is elsewhere.

use crate::{
    basics::discard::discard,
    calls::{
        events::{Events, Publisher},
        journal::Journal,
        lane::Lanes,
        loops::RecordedItems,
        mail::{Mail, Signals},
        perform::{Call, Scope, Straight},
        report::Report,
    },
    definition::{Definition, DefinitionRef, List, Step, Text},
    history::child::RunChild,
    kernel::{StepState, Verdict},
    report::{error::Failure, summary::Summary},
    values::{call::CallSite, codec::Codec, node::Node},
};
use std::{any::Any, future::Future, mem, pin::Pin, sync::Arc};

/// A saga with its inputs and services, ready to run. Implemented by `saga!`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a saga",
    note = "sagas are declared by `saga!`"
)]
pub trait Machine: Sized + Send + Sync + 'static {
    /// The declaration.
    const DEFINITION: &'static Definition;
    /// What the saga gives if it completes.
    type Output: Send + 'static;
    /// The error of its steps.
    type Error: Send + Sync + 'static;
    /// Its effects, each in a slot.
    type Slots: Default + Send + Sync + 'static;
    /// What may be sent to it.
    type Signal: Signals;
    /// `[StepState; N]`.
    type States: AsRef<[StepState]> + AsMut<[StepState]> + Send + Sync + 'static;
    /// What it says of its events.
    type Events: Events;
    /// Its effects as users see them.
    type Snapshot: Send + Sync + 'static;
    /// Whether it has loops: what they need is nothing to all other sagas.
    const LOOPS: bool = false;

    /// Whether a step of it is a saga.
    const NESTS: bool = false;
    /// Its sagas that are steps.
    type Children: Default + Send + Sync + 'static;

    /// Its sagas that are steps, which stay with it when its effects are shown.
    fn children(_slots: &mut Self::Slots) -> Option<&mut Self::Children> {
        None
    }

    /// The saga that a step is, of a loop that of an item.
    fn child(_slots: &Self::Slots, _node: Node) -> Option<Box<dyn RunChild + '_>> {
        None
    }

    /// The states of a saga that has not started.
    fn states() -> Self::States;

    /// Performs the action of the step at hand, which is in no block, and fills its slot; goes on
    /// with the steps that follow as long as each gives
    /// `Ok`, may be reached, and is neither in a block nor behind a `when`.
    ///
    /// A run of ordinary steps is one loop this way, with nothing to ask in between.
    fn run<'a, J: Journal>(
        &'a self,
        slots: &'a mut Self::Slots,
        straight: &'a mut Straight<'_, Self::Error>,
        scope: &'a Scope<'a, J>,
    ) -> impl Future<Output = ()> + Send + 'a;

    /// Performs the compensation of the step at hand, which is in no block. What is undone is left in
    /// its slot.
    fn undo<'a, J: Journal>(
        &'a self,
        slots: &'a Self::Slots,
        at: CallSite,
        failure: Option<&'a Failure<Self::Error>>,
        scope: &'a Scope<'a, J>,
    ) -> impl Future<Output = Result<(), Report<Self::Error>>> + Send + 'a;

    /// Performs any other call of a step and fills the slot.
    fn call<'a, J: Journal>(
        &'a self,
        slots: &'a mut Self::Slots,
        call: Call<'a, Self::Error>,
        scope: &'a Scope<'a, J>,
    ) -> impl Future<Output = Report<Self::Error>> + Send + 'a;

    /// Runs the lanes of the `concurrent` block that begins with step `first`; in a box of its own,
    /// so that a run does not make room for its largest block.
    fn group<'a, J: Journal>(
        &'a self,
        slots: &'a mut Self::Slots,
        first: u16,
        lanes: Lanes<'a, Self::Error>,
        scope: &'a Scope<'a, J>,
    ) -> Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

    /// Where what is sent to it is kept until a step takes it; `None` if it has no signals.
    #[must_use]
    fn mail(&self) -> Option<&Mail> {
        None
    }

    /// Evaluates the condition of a `when` block; if it says no, notes in the slots that its steps
    /// are skipped.
    fn decide(&self, _slots: &mut Self::Slots, _block: u16) -> bool {
        unreachable!("a saga without a `when` block")
    }

    /// Empties the slot of a step.
    fn clear(slots: &mut Self::Slots, step: u16);

    /// Whether the step is in no block, and no loop: [`run`](Self::run) and [`undo`](Self::undo)
    /// make its calls.
    #[must_use]
    fn is_sequential(step: u16) -> bool {
        Self::DEFINITION.steps[usize::from(step)].group.is_none() && !Self::is_loop(step)
    }

    /// Whether the step is a loop.
    #[must_use]
    fn is_loop(step: u16) -> bool {
        Self::LOOPS && Self::DEFINITION.steps[usize::from(step)].items.is_some()
    }

    /// What an `Err` means.
    #[must_use]
    fn classify(_: &Self::Error) -> Verdict {
        Verdict::Transient
    }

    /// `#[abort(…)]` of a step.
    #[must_use]
    fn aborts(_step: u16, _: &Self::Error) -> bool {
        false
    }

    /// The `if` of a step's `#[retry]`.
    #[must_use]
    fn again(_step: u16, _: &Self::Error) -> bool {
        true
    }

    /// The `if` of a step's `#[savepoint]`.
    #[must_use]
    fn turns(_step: u16, _: &Self::Error) -> bool {
        true
    }

    /// Puts what was recorded of a step into its slot: its value as JSON, or that it was skipped
    /// (`None`). Only durable sagas can.
    ///
    /// # Errors
    /// Why the JSON is no such value.
    fn load(_slots: &mut Self::Slots, _step: u16, _json: Option<&str>) -> Result<(), String> {
        Err("effects of a saga that is not durable are not kept".to_owned())
    }

    /// Makes the items of a loop, and the effects of those that have one, from what was recorded of
    /// them. Only durable sagas can.
    ///
    /// # Errors
    /// Why the JSON is no such values.
    fn load_items(
        _step: u16,
        _recorded: &RecordedItems<'_>,
    ) -> Result<Arc<dyn Any + Send + Sync>, String> {
        Err("items of a saga that is not durable are not kept".to_owned())
    }

    /// The error as text: `Display` if it has it, else `Debug` if it has that.
    fn describe(error: &Self::Error) -> Option<String>;

    /// Makes the output of a completed saga, from what it takes out of the slots; what is left of
    /// the saga is dropped when the output is there. Nobody but the executor can say that it has
    /// completed.
    fn output(self, slots: &mut Self::Slots, completed: Completed<'_, Self::Output>);

    /// The events of a saga that has completed; `taken`: whether a `when` block was.
    fn events(&self, _slots: &Self::Slots, _taken: &dyn Fn(u16) -> bool) -> Vec<EventOf<Self>> {
        Vec::new()
    }

    /// The events of a saga that was compensated.
    fn events_of_failed(&self, _failure: &Failure<Self::Error>) -> Vec<EventOf<Self>> {
        Vec::new()
    }

    /// How an event is kept, if the saga is durable.
    #[must_use]
    fn event_codec() -> Codec<EventOf<Self>> {
        Codec::none()
    }

    /// `publish`, if there is one.
    fn publisher(&self) -> Option<Publisher<EventOf<Self>>> {
        None
    }

    /// `finally`, if there is one.
    fn finally(
        &self,
        summary: &dyn Fn() -> Summary,
    ) -> Option<Pin<Box<dyn Future<Output = ()> + Send>>>;

    /// Slots as a snapshot.
    fn snapshot(slots: Self::Slots) -> Self::Snapshot;

    /// A snapshot as slots.
    fn restore(snapshot: Self::Snapshot) -> Self::Slots;
}

/// The type of a saga's events.
pub type EventOf<M> = <<M as Machine>::Events as Events>::Event;

/// Says that a run has completed, and has the place for its output.
pub struct Completed<'a, T>(&'a mut Option<T>);

impl<'a, T> Completed<'a, T> {
    pub(crate) fn new(place: &'a mut Option<T>) -> Self {
        Self(place)
    }

    /// Where the output is put.
    #[must_use]
    pub fn place(self) -> &'a mut Option<T> {
        self.0
    }
}

/// Drops what a run leaves, each effect for itself: a `drop` that panics takes no outcome with it.
#[inline]
pub(crate) fn leave<M: Machine>(machine: M, slots: &mut M::Slots) {
    clear::<M>(slots);
    discard(machine);
}

/// The steps of the declaration. What is asked of them in a `const` is not read at run time.
pub(crate) const fn steps<M: Machine>() -> &'static [Step] {
    match &M::DEFINITION.steps {
        List::Borrowed(steps) => steps,
        List::Owned(_) => panic!("a constant owns nothing"),
    }
}

/// Whether there are blocks.
pub(crate) const fn has_blocks<M: Machine>() -> bool {
    let mut steps = steps::<M>();
    while let [step, behind @ ..] = steps {
        if step.group.is_some() {
            return true;
        }
        steps = behind;
    }
    false
}

/// The name of the declaration.
pub(crate) const fn name<M: Machine>() -> &'static str {
    match &M::DEFINITION.name {
        Text::Borrowed(name) => name,
        Text::Owned(_) => panic!("a constant owns nothing"),
    }
}

/// What a run by this definition goes on without has no effect.
pub(crate) fn go_without<M: Machine>(slots: &mut M::Slots, definition: &DefinitionRef) {
    for step in definition.absent() {
        let loaded = M::load(slots, step, None);
        debug_assert!(loaded.is_ok(), "only durable sagas go on without a step");
    }
}

/// Drops all effects, each for itself.
#[inline]
pub(crate) fn clear<M: Machine>(slots: &mut M::Slots) {
    if mem::needs_drop::<M::Slots>() {
        let steps = (0..).take(const { steps::<M>().len() });
        steps.for_each(|step| M::clear(slots, step));
    }
}

/// Applies a predicate of a declaration: a path or a closure, whose argument's type this fixes.
#[inline]
pub fn agrees<E>(predicate: fn(&E) -> bool, error: &E) -> bool {
    predicate(error)
}

/// Implemented for each saga by this, so that what a saga consists of, the user's own functions
/// among it, is not dead code where nobody runs it. (`#[allow(dead_code)]` would do, but is an error
/// where that lint is forbidden.)
pub trait Used<M> {
    /// Mentions the machine.
    fn used(_: &M) {}
}

/// What uses all sagas.
pub struct Declared;
