//! Small helpers that know nothing of sagas.

pub(crate) mod control;
pub(crate) mod digest;
pub(crate) mod discard;
pub(crate) mod drain;
pub(crate) mod list;
pub(crate) mod panic;
pub(crate) mod random;
pub(crate) mod shortened;
pub(crate) mod source;
pub(crate) mod until;
