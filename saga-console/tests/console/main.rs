//! The console over sagas that really ran, asked without a socket.

mod acting;
mod api;
mod asking;
mod beside;
mod browser;
mod chromium;
mod crowd;
mod figures;
mod form;
mod hostile;
mod live;
mod origin;
mod pages;
mod person;
mod pictures;
mod sagas;
