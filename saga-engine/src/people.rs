//! The engine's interface for callers and operators: reading sagas, and acting on them.

pub(crate) mod act;
pub(crate) mod actions;
pub(crate) mod awaited;
pub(crate) mod cancel;
pub(crate) mod handle;
pub(crate) mod inspect;
pub mod look;
pub(crate) mod outbox;
pub(crate) mod planned;
pub(crate) mod submit;
