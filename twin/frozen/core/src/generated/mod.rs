//! The interface of generated code: the machine of a saga, its slots, its walk, its checks.

pub(crate) mod below;
pub(crate) mod called;
pub(crate) mod describe;
pub(crate) mod durable;
pub(crate) mod each;
pub(crate) mod judged;
pub(crate) mod limits;
pub(crate) mod machine;
pub(crate) mod object;
pub(crate) mod one_of;
pub(crate) mod same;
pub(crate) mod shared;
pub(crate) mod shown;
#[cfg(feature = "durable")]
pub(crate) mod signal_serde;
pub(crate) mod slot;
pub(crate) mod standard;
pub(crate) mod walk;
