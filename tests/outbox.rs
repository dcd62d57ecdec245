//! The events of durable sagas: written with the end, handed over until somebody has them.

mod audit;
mod crashes;
mod delivery;
mod kills;
mod refused;
mod relay;
mod world;
