//! What an engine runs sagas with: how one is begun, run, written, let go and taken up.

pub(crate) mod clock;
pub(crate) mod driver;
pub(crate) mod engine;
pub(crate) mod held;
pub(crate) mod inbox;
pub(crate) mod journal;
pub(crate) mod run;
pub(crate) mod submit;
pub(crate) mod task;
pub(crate) mod tell;
pub(crate) mod worker;
