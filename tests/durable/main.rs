//! Durable sagas on an engine: what outlasts the process that began them.

mod basics;
mod world;
