//! Durable sagas, by topic.

mod durable;
pub mod durable_types;
mod watched;
