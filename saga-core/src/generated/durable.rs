//! What the macro says of a `durable saga` beside its [`Machine`]: how its input and output are
//! kept, and which services run it.

use crate::{
    calls::{events::Publisher, mail::Signals},
    definition::Definition,
    generated::{
        machine::{EventOf, Machine},
        slot::Slot,
    },
    values::codec::Codec,
};

/// A durable saga: its inputs. Implemented by `saga!` for the struct of the inputs of a `durable
/// saga`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a durable saga",
    note = "write `durable saga` in its declaration"
)]
pub trait Durable: Sized + Send + Sync + 'static {
    /// The declaration.
    const DEFINITION: &'static Definition;
    /// [`Definition::shape`], as a constant.
    #[doc(hidden)]
    const SHAPE: u64;
    /// What the saga gives if it completes.
    type Output: Send + 'static;
    /// The error of its steps.
    type Error: Send + Sync + 'static;
    /// What may be sent to it.
    type Signal: Signals;
    /// Its effects, each if it is there.
    type Snapshot: Send + Sync + 'static;

    /// How the inputs are kept: as a JSON object of them, by name.
    const INPUT: Codec<Self>;
    /// How the output is kept.
    const OUTPUT: Codec<Self::Output>;
}

/// The services that run a durable saga. Implemented by `saga!` for the struct of its services;
/// each run is given a clone of them.
#[diagnostic::on_unimplemented(
    message = "`{Self}` are not the services of the durable saga `{S}`",
    note = "`saga!` declares a struct for them: the saga's name and `Services`"
)]
pub trait Services<S: Durable>: Clone + Send + Sync + 'static {
    /// The saga with its services.
    type Machine: Machine<Output = S::Output, Error = S::Error, Snapshot = S::Snapshot, Signal = S::Signal>;

    /// Gives the saga its services.
    fn give(self, saga: S) -> Self::Machine;

    /// What hands over the saga's events, if it has a `publish`.
    fn publisher(&self) -> Option<Publisher<EventOf<Self::Machine>>> {
        None
    }
}

/// What a durable saga may have as a service: each of its runs has a clone.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a service of a durable saga",
    label = "needs `Clone + Send + Sync + 'static`",
    note = "each run of a durable saga has a clone of its services: derive `Clone` for it, or put it into an `Arc`"
)]
pub trait Service: Clone + Send + Sync + 'static {}

#[diagnostic::do_not_recommend]
impl<T: Clone + Send + Sync + 'static> Service for T {}

/// The same, where it is checked: rustc names neither the bounds of this trait nor a function, but
/// this trait alone.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a service of a durable saga",
    label = "needs `Clone + Send + Sync + 'static`",
    note = "each run of a durable saga has a clone of its services: derive `Clone` for it, or put it into an `Arc`"
)]
pub trait ServiceOfADurableSaga: Sized {
    /// Another handle of the service.
    #[must_use]
    fn duplicate(&self) -> Self;
}

#[diagnostic::do_not_recommend]
impl<T: Clone + Send + Sync + 'static> ServiceOfADurableSaga for T {
    fn duplicate(&self) -> Self {
        self.clone()
    }
}

/// Puts what was recorded of a step into its slot, in place of what is there.
///
/// # Errors
/// Why it cannot be read; or that the step is never skipped, where `json` is `None`.
pub fn load<T>(slot: &mut impl Slot<T>, codec: Codec<T>, json: Option<&str>) -> Result<(), String> {
    let json = json.ok_or("it was skipped, and has no `when`")?;
    *slot = Slot::new(Some(codec.decode(json)?));
    Ok(())
}

/// The same for a step behind a `when`: skipped, where `json` is `None`.
///
/// # Errors
/// Why it cannot be read.
pub fn load_or_skip<T>(
    slot: &mut impl Slot<Option<T>>,
    codec: Codec<T>,
    json: Option<&str>,
) -> Result<(), String> {
    let value = json.map(|json| codec.decode(json)).transpose()?;
    *slot = Slot::new(Some(value));
    Ok(())
}

/// The recorded effect of an item.
///
/// # Errors
/// Why it cannot be read; or that items of the loop are never skipped, where `json` is `None`.
pub fn read<T>(codec: Codec<T>, json: Option<&str>) -> Result<T, String> {
    codec.decode(json.ok_or("it was skipped, and has no `when`")?)
}

/// The same of an item behind a `when`: skipped, where `json` is `None`.
///
/// # Errors
/// Why it cannot be read.
pub fn read_or_skip<T>(codec: Codec<T>, json: Option<&str>) -> Result<Option<T>, String> {
    json.map(|json| codec.decode(json)).transpose()
}

/// For a step that the machine does not have.
///
/// # Errors
/// Always: that.
pub fn load_unknown<T>(step: u16) -> Result<T, String> {
    Err(format!("there is no step {step}"))
}

/// What is written of an effect that may have been skipped.
#[must_use]
pub fn encode_if_some<T>(codec: &Codec<T>, value: &Option<T>) -> Option<Result<String, String>> {
    value.as_ref().and_then(|value| codec.encode(value))
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

/// That a saga has a definition, as a number that stands in [`Is`](crate::generated::shared::Is).
#[must_use]
pub const fn defined(_: &Definition) -> usize {
    0
}
