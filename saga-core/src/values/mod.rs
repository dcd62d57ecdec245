//! What the kernel and everything above it speak of: calls, causes of failures, ids and keys, JSON.

pub(crate) mod call;
pub(crate) mod cause;
pub(crate) mod codec;
pub(crate) mod id;
pub(crate) mod locate;
pub(crate) mod node;
#[cfg(feature = "durable")]
pub(crate) mod object;
