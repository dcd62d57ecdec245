//! What people see of sagas, and do to them.

pub(crate) mod act;
pub(crate) mod actions;
pub(crate) mod handle;
pub(crate) mod inspect;
pub mod look;
pub(crate) mod outbox;
pub(crate) mod planned;
pub(crate) mod submit;
