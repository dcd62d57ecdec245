//! Sagas as workflows of a real Restate server. Where there is none these tests leave themselves out.

mod basics;
mod crowd;
mod events;
#[allow(dead_code, reason = "other tests kill the server")]
#[path = "../common/server.rs"]
mod server;
mod versions;
mod waits;
mod wire;
mod world;
