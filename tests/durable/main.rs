//! Durable sagas on an engine: what outlasts the process that began them.

mod actions;
mod basics;
mod recovery;
mod world;
