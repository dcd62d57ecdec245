//! The console over sagas that really ran, asked without a socket.

mod acting;
mod api;
mod asking;
mod beside;
mod browser;
mod hostile;
mod pages;
mod sagas;
