//! Values that the kernel and all other modules use: calls, causes of failures, ids and keys, JSON.

pub(crate) mod call;
#[cfg(feature = "durable")]
pub(crate) mod canonical;
pub(crate) mod cause;
pub(crate) mod codec;
#[cfg(feature = "durable")]
pub(crate) mod entries;
pub(crate) mod id;
pub(crate) mod key_digest;
pub(crate) mod key_error;
pub(crate) mod life;
pub(crate) mod locate;
#[cfg(all(feature = "durable", feature = "testing"))]
mod model;
pub(crate) mod node;
#[cfg(feature = "durable")]
pub(crate) mod object;
pub(crate) mod operation;
pub(crate) mod parent_failure;
pub(crate) mod verdict;
pub(crate) mod written;
