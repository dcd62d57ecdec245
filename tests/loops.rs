//! Loops: one step for each of many items.

mod back;
mod equal;
mod every;
mod forward;
mod inside;
mod mixed;
mod names;
mod pivot;
mod rounds;
mod shop;
mod sides;
mod walk;
