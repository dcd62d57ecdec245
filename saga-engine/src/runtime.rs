//! The engine's runtime: how a saga is created, run, written, released and resumed.

pub(crate) mod calls;
pub(crate) mod deliverer;
pub(crate) mod driver;
pub(crate) mod end;
pub(crate) mod engine;
pub(crate) mod fits;
pub(crate) mod handing;
pub(crate) mod held;
pub(crate) mod inbox;
pub(crate) mod inner;
pub(crate) mod journal;
pub(crate) mod keeper;
pub(crate) mod lease;
pub(crate) mod life;
pub(crate) mod patience;
pub(crate) mod promised;
pub(crate) mod reading;
pub(crate) mod recorded;
pub(crate) mod resumed;
pub(crate) mod review;
pub(crate) mod run;
pub(crate) mod slot;
pub(crate) mod submission;
pub(crate) mod task;
pub(crate) mod tasks;
pub(crate) mod worker;
