//! Durable sagas on an engine: what outlasts the process that began them.

mod actions;
mod basics;
mod clock;
mod covered;
mod cut;
mod fleet;
mod governed;
mod hung;
mod hunted;
mod in_place;
mod limits;
mod loops;
mod losses;
mod nested;
mod outside;
mod parked_loops;
mod paths;
mod recovery;
mod rolling;
mod slow;
mod store;
mod unrecorded;
mod versions;
mod waits;
mod weak;
mod world;
