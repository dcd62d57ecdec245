//! What sagas tell others, and when.

mod bus;
mod delivery;
mod nested;
mod told;
