//! Processes that run durable sagas, and die, and programs that are run as a whole.

mod aborts;
mod budget;
mod crash;
mod drops;
mod editor;
mod examples;
mod fleet;
mod kept;
mod kill;
mod outbox;
mod records;
mod thawed;
mod trip;
mod tutorial;
mod watched;
