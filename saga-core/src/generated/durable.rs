//! The parts of a `durable saga` that the macro emits besides its [`Machine`]: the encoding of its
//! input and output, and the services that run it.

#[cfg(feature = "durable")]
use crate::values::object::Object;
use crate::{
    basics::list,
    calls::{events::Publisher, mail::Signals},
    definition::Definition,
    generated::{
        machine::{EventOf, Machine},
        slot::Slot,
    },
    values::codec::{Codec, Encoded, Form, Read, decoded},
};
#[cfg(feature = "durable")]
use std::convert::Infallible;
use std::fmt;

/// The inputs of a durable saga. `saga!` implements it for the struct of the inputs, if the saga is
/// declared `durable saga`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a durable saga",
    note = "only durable sagas run on an engine, and only they can be child sagas of a durable saga",
    note = "write `durable saga` in its declaration"
)]
pub trait Durable: InputsOf<Self> + Sized + Send + Sync + 'static {
    /// The declaration.
    const DEFINITION: &'static Definition;
    /// [`Definition::shape`], as a constant.
    #[doc(hidden)]
    const SHAPE: u64;
    /// The value that the saga returns when it completes.
    type Output: Send + 'static;
    /// The error of its steps.
    type Error: Send + Sync + 'static;
    /// The signals that may be sent to the saga.
    type Signal: Signals;
    /// The effects of the saga: each is an `Option`. Its `Debug` shows those whose types have it.
    type Snapshot: fmt::Debug + Send + Sync + 'static;

    /// The codec of the inputs: a JSON object of them, by name.
    const INPUT: Codec<Self>;
    /// The codec of the output.
    const OUTPUT: Codec<Self::Output>;

    /// Whether two values of the input of this name, as JSON, are equal to the `==` of its type.
    /// `false` if the type has none.
    #[doc(hidden)]
    #[must_use]
    fn same_input(_name: &str, _one: &str, _other: &str) -> bool {
        false
    }
}

/// The names of the inputs in which two sagas differ, as canonical JSON: each is compared with the
/// `==` of its type if it has one, and otherwise as text. `None` if all are the same; no names if they
/// cannot be told apart.
#[cfg(feature = "durable")]
#[must_use]
pub fn other_inputs<S: Durable>(one: &str, other: &str) -> Option<Vec<String>> {
    if one == other {
        return None;
    }
    match Object::differing(one, other, S::same_input) {
        Ok(names) => (!names.is_empty()).then_some(names),
        Err(_) => Some(Vec::new()),
    }
}

/// The inputs of the durable saga `S`, as an engine takes them: `S` itself. `saga!` implements it for
/// the struct of the inputs, if the saga is declared `durable saga`.
///
/// A function that takes it infers `S` from a durable saga only. So a saga that is not durable is one
/// compile error, and what the function returns is not a second one.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a durable saga",
    note = "only durable sagas run on an engine",
    note = "write `durable saga` in its declaration"
)]
pub trait InputsOf<S>: Sized {
    /// Returns the inputs.
    fn inputs(self) -> S;
}

/// The services of the durable saga `S`, as an engine takes them: `BookTripServices` for `BookTrip`.
/// `saga!` implements it for the struct of the services, if the saga is declared `durable saga`.
///
/// It stands in place of the bounds `S: Durable` and [`Services<S>`](Services), which it implies, so
/// that one mistake is one compile error, whether the saga is not durable or the services are those of
/// another saga.
#[diagnostic::on_unimplemented(
    message = "`{S}` is not a durable saga with the services `{Self}`",
    label = "not the services of a durable saga `{S}`",
    note = "`{S}` must be a saga that is declared `durable saga`: no other saga is recorded",
    note = "`{Self}` must be the struct that `saga!` declares for its services: the saga's name and `Services`"
)]
pub trait ServicesOf<S>: Sized {
    /// The saga: `S`.
    type Saga: Durable;
    /// The services: `Self`.
    type Services: Services<Self::Saga>;

    /// Returns the services.
    fn services(self) -> Self::Services;
}

/// The services that run a durable saga. Implemented by `saga!` for the struct of its services;
/// each run is given a clone of them.
#[diagnostic::on_unimplemented(
    message = "`{Self}` are not the services of the durable saga `{S}`",
    note = "`saga!` declares a struct for them: the saga's name and `Services`"
)]
pub trait Services<S: Durable>: ServicesOf<S> + Clone + Send + Sync + 'static {
    /// The saga with its services.
    type Machine: Machine<Output = S::Output, Error = S::Error, Snapshot = S::Snapshot, Signal = S::Signal>;

    /// Gives the saga its services.
    fn give(self, saga: S) -> Self::Machine;

    /// Returns what delivers the saga's events, if the saga has a `publish`.
    fn publisher(&self) -> Option<Publisher<EventOf<Self::Machine>>> {
        None
    }
}

/// A type that can be a service of a durable saga: each run has a clone.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a service of a durable saga",
    label = "needs `Clone + Send + Sync + 'static`",
    note = "each run of a durable saga has a clone of its services: derive `Clone` for it, or put it into an `Arc`"
)]
#[doc(hidden)]
pub trait Service: Clone + Send + Sync + 'static {}

#[diagnostic::do_not_recommend]
impl<T: Clone + Send + Sync + 'static> Service for T {}

/// The check of [`Service`], as far as [`PartOfASaga`](crate::requires::PartOfASaga) does not check it of
/// every service. rustc's error names this trait alone, and neither its bounds nor a function.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a service of a durable saga",
    label = "needs `Clone + Send + Sync + 'static`",
    note = "each run of a durable saga has a clone of its services: derive `Clone` for it, or put it into an `Arc`"
)]
#[doc(hidden)]
pub trait ServiceOfADurableSaga: Sized {
    /// Another handle of the service.
    #[must_use]
    fn duplicate(&self) -> Self;
}

#[diagnostic::do_not_recommend]
impl<T: Clone> ServiceOfADurableSaga for T {
    fn duplicate(&self) -> Self {
        self.clone()
    }
}

/// The error of the steps of a durable saga: a type that implements `Serialize` and
/// `DeserializeOwned` (then `How` is `()`), or [`Infallible`] (then `How` is that, too).
#[cfg(feature = "durable")]
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be recorded as the error of a durable saga",
    label = "needs `serde::Serialize` and `serde::de::DeserializeOwned`",
    note = "the saga records its errors: compensations, events and callers read the same value after a wait or a crash as before it",
    note = "add `#[derive(serde::Serialize, serde::Deserialize)]` to it, or drop `durable` from the saga",
    note = "an error of another crate is recorded by a type that stands for it: `typed_saga::classify::Io` for `std::io::Error`; `Http`, `Grpc`, `Sql` and `Aws` of the package `typed-saga-classify` for the errors of reqwest, hyper, tonic, sqlx and the AWS SDK; each is made by `From`"
)]
#[doc(hidden)]
pub trait ErrorOfADurableSaga<How>: Sized {
    /// The codec of the type.
    const CODEC: Codec<Self>;
}

#[cfg(feature = "durable")]
#[diagnostic::do_not_recommend]
impl<T: serde::Serialize + serde::de::DeserializeOwned> ErrorOfADurableSaga<()> for T {
    const CODEC: Codec<Self> = crate::values::codec::codec();
}

#[cfg(feature = "durable")]
#[diagnostic::do_not_recommend]
impl ErrorOfADurableSaga<Infallible> for Infallible {
    const CODEC: Codec<Self> = Codec::of(
        |never, _| match *never {},
        |_| Err("the saga cannot fail".to_owned()),
    );
}

/// Holds for every type: without the feature, the missing feature is the only compile error.
#[cfg(not(feature = "durable"))]
#[doc(hidden)]
pub trait ErrorOfADurableSaga<How>: Sized {
    /// The codec of the type.
    const CODEC: Codec<Self> = Codec::none();
}

#[cfg(not(feature = "durable"))]
impl<T> ErrorOfADurableSaga<()> for T {}

/// Decodes the error of a child saga's step, and converts it to that of its parent.
///
/// # Errors
/// The reason why it cannot be decoded.
pub fn read_error_of<M: Machine, E: From<M::Error>>(of: &[u16], json: &str) -> Result<E, String> {
    M::read_error(of, json).map(E::from)
}

/// Puts the recorded effect of a step into its slot, in place of the current value.
///
/// # Errors
/// The reason why the effect cannot be decoded; or, if `json` is `None`, that the step is never
/// skipped.
pub fn load<T>(slot: &mut impl Slot<T>, codec: Codec<T>, json: Option<&str>) -> Result<(), String> {
    loaded(&mut LoadingSlot { slot, codec }, json)
}

/// A slot that is filled from JSON.
struct LoadingSlot<'s, T, S> {
    slot: &'s mut S,
    codec: Codec<T>,
}

impl<T, S: Slot<T>> Read for LoadingSlot<'_, T, S> {
    fn read(&mut self, json: &str) -> Result<(), String> {
        *self.slot = Slot::new(Some(self.codec.read(json)?));
        Ok(())
    }
}

/// Reads the effect of a step that is never skipped. Compiled once for all types.
#[inline(never)]
fn loaded(read: &mut dyn Read, json: Option<&str>) -> Result<(), String> {
    decoded(present(json)?, read)
}

/// What is recorded of a step that is never skipped.
fn present(json: Option<&str>) -> Result<&str, String> {
    json.ok_or_else(|| "it was skipped, and has no `when`".to_owned())
}

/// Puts the recorded effect of a step under a `when` into its slot. If `json` is `None`, the step
/// was skipped.
///
/// # Errors
/// The reason why the effect cannot be decoded.
pub fn load_or_skip<T>(
    slot: &mut impl Slot<Option<T>>,
    codec: Codec<T>,
    json: Option<&str>,
) -> Result<(), String> {
    let value = json.map(|json| codec.decode(json)).transpose()?;
    *slot = Slot::new(Some(value));
    Ok(())
}

/// Puts the recorded effects of a loop's items into the slot of the loop. `effect` decodes the
/// effect of one item, or `None` for one that was skipped.
///
/// # Errors
/// The reason why one cannot be decoded; or, if `json` is `None`, that the loop is never skipped.
pub fn load_each<T>(
    slot: &mut impl Slot<Vec<T>>,
    json: Option<&str>,
    effect: impl Fn(Option<&str>) -> Result<T, String>,
) -> Result<(), String> {
    *slot = Slot::new(Some(each(present(json)?, effect)?));
    Ok(())
}

/// Puts the recorded effects of a loop under a `when` into the slot of the loop. If `json` is
/// `None`, the loop was skipped.
///
/// # Errors
/// The reason why one cannot be decoded.
pub fn load_each_or_skip<T>(
    slot: &mut impl Slot<Option<Vec<T>>>,
    json: Option<&str>,
    effect: impl Fn(Option<&str>) -> Result<T, String>,
) -> Result<(), String> {
    let list = json.map(|json| each(json, effect)).transpose()?;
    *slot = Slot::new(Some(list));
    Ok(())
}

fn each<T>(
    json: &str,
    effect: impl Fn(Option<&str>) -> Result<T, String>,
) -> Result<Vec<T>, String> {
    let items = list::parts(json)?;
    let items = items.into_iter().enumerate().map(|(index, item)| {
        let item = list::parts(item).and_then(|item| effect(item.first().copied()));
        item.map_err(|why| format!("item {index}: {why}"))
    });
    items.collect()
}

/// Decodes the recorded effect of an item.
///
/// # Errors
/// The reason why the effect cannot be decoded; or, if `json` is `None`, that items of the loop are
/// never skipped.
pub fn read<T>(codec: Codec<T>, json: Option<&str>) -> Result<T, String> {
    codec.decode(present(json)?)
}

/// Decodes the recorded effect of an item under a `when`. If `json` is `None`, the item was
/// skipped.
///
/// # Errors
/// The reason why the effect cannot be decoded.
pub fn read_or_skip<T>(codec: Codec<T>, json: Option<&str>) -> Result<Option<T>, String> {
    json.map(|json| codec.decode(json)).transpose()
}

/// Reports that the machine has no such step.
///
/// # Errors
/// Always.
pub fn load_unknown<T>(step: u16) -> Result<T, String> {
    Err(format!("there is no step {step}"))
}

/// Writes an effect, unless the step was skipped.
#[must_use]
pub fn write_if_some<T>(codec: &Codec<T>, value: &Option<T>, form: Form) -> Encoded {
    value.as_ref().and_then(|value| codec.write(value, form))
}

#[cfg(all(test, feature = "durable"))]
mod tests {
    use super::{load, load_or_skip, load_unknown};
    use crate::values::codec::codec;
    use std::sync::OnceLock;

    #[test]
    fn a_slot_is_filled_with_what_was_recorded() {
        let mut slot = Some(1u8);
        load(&mut slot, codec(), Some("2")).unwrap();
        assert_eq!(slot, Some(2));

        let mut sibling = OnceLock::from(1u8);
        load(&mut sibling, codec(), Some("2")).unwrap();
        assert_eq!(sibling.get(), Some(&2));
    }

    #[test]
    fn what_cannot_be_read_leaves_the_slot_alone() {
        let mut slot = Some(1u8);
        let why = load(&mut slot, codec(), Some("-2")).unwrap_err();
        assert!(why.starts_with("invalid value: integer `-2`"), "{why}");
        let why = load(&mut slot, codec(), None).unwrap_err();
        assert_eq!(why, "it was skipped, and has no `when`");
        assert_eq!(slot, Some(1));
        assert_eq!(load_unknown::<()>(7).unwrap_err(), "there is no step 7");
    }

    #[test]
    fn a_skipped_step_has_nothing_in_its_slot_which_is_full() {
        let mut slot: Option<Option<u8>> = None;
        load_or_skip(&mut slot, codec(), None).unwrap();
        assert_eq!(slot, Some(None));
        load_or_skip(&mut slot, codec(), Some("2")).unwrap();
        assert_eq!(slot, Some(Some(2)));
    }
}

/// The argument of [`Is`](crate::generated::shared::Is) that requires a saga to have a definition.
#[must_use]
pub const fn defined(_: &Definition) -> usize {
    0
}
