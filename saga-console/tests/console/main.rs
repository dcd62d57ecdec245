//! The console over sagas that really ran, asked without a socket.

mod api;
mod asking;
mod hostile;
mod pages;
mod sagas;
