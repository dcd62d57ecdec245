//! The trait that the macro implements for a saga: its steps as calls, its effects as slots, its
//! predicates as functions. All decisions are made elsewhere.

use crate::{
    basics::{discard::discard, source::Source},
    calls::{
        events::{Events, Publisher},
        lane::Lanes,
        loops::{LoadedItems, RecordedItems},
        mail::{Mail, Signals},
        perform::{Call, Scope, Straight},
        report::Report,
    },
    definition::{Definition, DefinitionRef, List, Step, Text},
    executor::driven::Drives,
    history::child::RunChild,
    kernel::Verdict,
    report::{error::Failure, summary::Summary},
    values::{
        call::{CallKind, CallSite},
        codec::Codec,
        node::Node,
    },
};
use std::{fmt, future::Future, mem, pin::Pin};

/// A saga with its inputs and services, ready to run. Implemented by `saga!`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a saga",
    note = "sagas are declared by `saga!`"
)]
pub trait Machine: Sized + Send + Sync + 'static {
    /// The declaration.
    const DEFINITION: &'static Definition;
    /// The value that the saga returns when it completes.
    type Output: Send + 'static;
    /// The error of its steps.
    type Error: Send + Sync + 'static;
    /// The slots of the effects.
    type Slots: Default + Send + Sync + 'static;
    /// The signals that may be sent to the saga.
    type Signal: Signals;
    /// The events of the saga.
    type Events: Events;
    /// The effects of the saga, in the form that users see. Its `Debug` shows those whose types have
    /// it.
    type Snapshot: fmt::Debug + Send + Sync + 'static;
    /// The codec of the error, if the saga is durable.
    const ERROR_CODEC: Codec<Self::Error> = Codec::none();
    /// Whether the saga has loops. All other sagas do without the state of loops.
    const LOOPS: bool = false;

    /// Whether a step is a child saga.
    const NESTS: bool = false;
    /// The child sagas of the steps.
    type Children: Default + Send + Sync + 'static;

    /// Returns the child sagas, which stay with the saga when a snapshot of its effects is taken.
    fn children(_slots: &mut Self::Slots) -> Option<&mut Self::Children> {
        None
    }

    /// Returns the child saga of a step, or of an item of a loop.
    fn child(_slots: &Self::Slots, _node: Node) -> Option<Box<dyn RunChild + '_>> {
        None
    }

    /// Gives the child sagas that were restored from their records clones of this saga's services.
    /// Implemented for durable sagas only.
    fn give_children(&self, _slots: &Self::Slots) {}

    /// Performs the action of the current step, which is in no block, and fills its slot. Continues
    /// with the following steps for as long as each returns `Ok`, may be reached, and is neither in
    /// a block nor under a `when`.
    ///
    /// So a run of plain steps is one loop, without a question to the kernel in between.
    fn run<'a, J: Drives>(
        &'a self,
        slots: &'a mut Self::Slots,
        straight: &'a mut Straight<Self::Error>,
        scope: &'a Scope<'a, J>,
    ) -> impl Future<Output = ()> + Send + 'a;

    /// Performs the compensation of the current step, which is in no block. The effect that is
    /// undone stays in its slot.
    fn undo<'a, J: Drives>(
        &'a self,
        slots: &'a Self::Slots,
        at: CallSite,
        failure: Option<&'a Failure<Self::Error>>,
        scope: &'a Scope<'a, J>,
    ) -> impl Future<Output = Result<(), Report<Self::Error>>> + Send + 'a;

    /// Performs any other call of a step, and fills its slot.
    fn call<'a, J: Drives>(
        &'a self,
        slots: &'a mut Self::Slots,
        call: Call<'a, Self::Error>,
        scope: &'a Scope<'a, J>,
    ) -> impl Future<Output = Report<Self::Error>> + Send + 'a;

    /// Runs the lanes of the `concurrent` block that begins with step `first`. The future is boxed,
    /// so that a run need not have room for its largest block.
    fn group<'a, J: Drives>(
        &'a self,
        slots: &'a mut Self::Slots,
        first: u16,
        lanes: Lanes<'a, Self::Error>,
        scope: &'a Scope<'a, J>,
    ) -> Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

    /// The mailbox that stores the signals of the saga until a step receives them; `None` if the
    /// saga has no signals.
    #[must_use]
    fn mail(&self) -> Option<&Mail> {
        None
    }

    /// Evaluates the condition of a `when` block. If it is false, marks the steps of the block as
    /// skipped in the slots.
    fn decide(&self, _slots: &mut Self::Slots, _block: u16) -> bool {
        unreachable!("a saga without a `when` block")
    }

    /// Empties the slot of a step.
    fn clear(slots: &mut Self::Slots, step: u16);

    /// Whether the step is in no block, and not a loop: then [`run`](Self::run) and
    /// [`undo`](Self::undo) make its calls.
    #[must_use]
    fn is_sequential(step: u16) -> bool {
        Self::DEFINITION.steps[usize::from(step)].group.is_none() && !Self::is_loop(step)
    }

    /// Whether the step is a loop.
    #[must_use]
    fn is_loop(step: u16) -> bool {
        Self::LOOPS && Self::DEFINITION.steps[usize::from(step)].items.is_some()
    }

    /// Classifies an error of a step; of none in particular, for another number.
    #[must_use]
    fn classify(_step: u16, _: &Self::Error) -> Verdict {
        Verdict::Transient
    }

    /// Whether the `#[classify]` of a step's `resolve` or compensation says of its error that it is not
    /// called again.
    #[must_use]
    fn gives_up(_step: u16, _call: CallKind, _: &Self::Error) -> bool {
        false
    }

    /// Evaluates the `if` of a step's `#[savepoint]` for the failure that is reported.
    #[must_use]
    fn turns(_step: u16, _: &Failure<Self::Error>) -> bool {
        true
    }

    /// Puts the recorded effect of a step into its slot: its value as JSON, or `None` if the step
    /// was skipped. That of a loop is a list of lists, which has for each item its effect, or
    /// nothing if the item was skipped. Implemented for durable sagas only.
    ///
    /// # Errors
    /// The reason why the JSON is not such a value.
    fn load(_slots: &mut Self::Slots, _step: u16, _json: Option<&str>) -> Result<(), String> {
        Err("effects of a saga that is not durable are not kept".to_owned())
    }

    /// Restores the items of a loop, and the effects of those that have one, from their records.
    /// Implemented for durable sagas only.
    ///
    /// # Errors
    /// The reason why the JSON is not a list of such values.
    fn load_items(_step: u16, _recorded: &RecordedItems<'_>) -> Result<LoadedItems, String> {
        Err("items of a saga that is not durable are not kept".to_owned())
    }

    /// Decodes a recorded error: of a step of the saga itself, or, converted, of a step of the child
    /// saga to which the steps `of` lead.
    ///
    /// # Errors
    /// The reason why it cannot be decoded.
    fn read_error(_of: &[u16], json: &str) -> Result<Self::Error, String> {
        Self::ERROR_CODEC.decode(json)
    }

    /// The error as text: by `Display` if it has it, otherwise by `Debug` if it has that.
    fn describe(error: &Self::Error) -> Option<String>;

    /// What lies below the error: the source of the error that it is, or leads to.
    #[must_use]
    fn below(_: &Self::Error) -> Source<'_> {
        None
    }

    /// Creates the output of a completed saga from the effects in the slots. The rest of the saga
    /// is dropped once the output exists. Only the executor can create the proof that the saga has
    /// completed.
    fn output(self, slots: &mut Self::Slots, completed: Completed<'_, Self::Output>);

    /// The codec of the output, if the saga is durable.
    #[must_use]
    fn output_codec() -> Codec<Self::Output> {
        Codec::none()
    }

    /// The events of a saga that has completed; `taken` returns whether a `when` block was taken.
    fn events(&self, _slots: &Self::Slots, _taken: &dyn Fn(u16) -> bool) -> Vec<EventOf<Self>> {
        Vec::new()
    }

    /// The events of a saga that was compensated.
    fn events_of_failed(&self, _failure: &Failure<Self::Error>) -> Vec<EventOf<Self>> {
        Vec::new()
    }

    /// The codec of the events, if the saga is durable.
    #[must_use]
    fn event_codec() -> Codec<EventOf<Self>> {
        Codec::none()
    }

    /// Returns `publish`, if there is one.
    fn publisher(&self) -> Option<Publisher<EventOf<Self>>> {
        None
    }

    /// Runs `finally`, if there is one.
    fn finally(
        &self,
        summary: &dyn Fn() -> Summary,
    ) -> Option<Pin<Box<dyn Future<Output = ()> + Send>>>;

    /// Converts slots to a snapshot.
    fn snapshot(slots: Self::Slots) -> Self::Snapshot;

    /// Converts a snapshot to slots.
    fn restore(snapshot: Self::Snapshot) -> Self::Slots;
}

/// A saga, by the struct of its inputs (`BookTrip`) or with its services (`BookTripRun`).
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a saga",
    note = "sagas are declared by `saga!`",
    note = "if a service has a type parameter that no input mentions, name the saga with its services: its name and `Run`"
)]
pub trait Saga {
    /// The saga with its services.
    type Machine: Machine;
}

#[diagnostic::do_not_recommend]
impl<M: Machine> Saga for M {
    type Machine = M;
}

/// The type of a saga's events.
pub type EventOf<M> = <<M as Machine>::Events as Events>::Event;

/// Proves that a run has completed, and has the place for its output.
#[doc(hidden)]
pub struct Completed<'a, T>(&'a mut Option<T>);

impl<'a, T> Completed<'a, T> {
    pub(crate) fn new(place: &'a mut Option<T>) -> Self {
        Self(place)
    }

    /// The place for the output.
    #[must_use]
    pub fn place(self) -> &'a mut Option<T> {
        self.0
    }
}

/// Drops what a run leaves, each effect on its own, so that a `drop` that panics does not lose an
/// outcome.
#[inline]
pub(crate) fn leave<M: Machine>(machine: M, slots: &mut M::Slots) {
    clear::<M>(slots);
    discard(machine);
}

/// The steps of the declaration. An expression over them in a `const` is not computed at run time.
pub(crate) const fn steps<M: Machine>() -> &'static [Step] {
    match &M::DEFINITION.steps {
        List::Borrowed(steps) => steps,
        List::Owned(_) => panic!("a constant owns nothing"),
    }
}

/// The name of the declaration.
pub(crate) const fn name<M: Machine>() -> &'static str {
    match &M::DEFINITION.name {
        Text::Borrowed(name) => name,
        Text::Owned(_) => panic!("a constant owns nothing"),
    }
}

/// Fills the slots of the steps that the run goes on without, as skipped.
pub(crate) fn go_without<M: Machine>(slots: &mut M::Slots, definition: &DefinitionRef) {
    for step in definition.absent() {
        let loaded = M::load(slots, step, None);
        debug_assert!(loaded.is_ok(), "only durable sagas go on without a step");
    }
}

/// Drops all effects, each on its own.
#[inline]
pub(crate) fn clear<M: Machine>(slots: &mut M::Slots) {
    if mem::needs_drop::<M::Slots>() {
        let steps = (0..).take(const { steps::<M>().len() });
        steps.for_each(|step| M::clear(slots, step));
    }
}

/// Applies a predicate of a declaration, a path or a closure, and fixes the type of its argument, a
/// failure.
#[inline]
pub fn agrees<T>(predicate: fn(&T) -> bool, of: &T) -> bool {
    predicate(of)
}
