//! Values that the kernel and all other modules use: calls, causes of failures, ids and keys, JSON.

pub(crate) mod call;
pub(crate) mod cause;
pub(crate) mod codec;
pub(crate) mod id;
pub(crate) mod locate;
pub(crate) mod node;
#[cfg(feature = "durable")]
pub(crate) mod object;
