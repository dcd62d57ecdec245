//! A signal that a step receives.

use crate::{
    calls::{
        journal::Journal,
        mail::{Mail, Value},
        perform::Scope,
    },
    values::codec::Codec,
};

/// Takes the value that was accepted for a step, which now receives it, as it is read back.
///
/// # Panics
/// If there is no value, or it has another type: the kernel asks only for a value that was
/// accepted, and a recorded value was decoded when the run began.
#[must_use]
pub fn received<T: Send + 'static, J: Journal>(
    scope: &Scope<'_, J>,
    mail: &Mail,
    step: u16,
    codec: Codec<T>,
) -> T {
    match mail.take(step) {
        Value::Typed(value) => {
            let value = value.downcast().expect("a signal has the type of its step");
            scope.read_back(Some(step), "its value", &codec, *value).0
        }
        Value::Json(json) => codec.decode(&json).expect("it was read before"),
    }
}
