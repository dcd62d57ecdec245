//! `cargo saga fmt`: what it prints, and what it leaves alone.

mod command;
mod golden;
mod left;
mod settings;
