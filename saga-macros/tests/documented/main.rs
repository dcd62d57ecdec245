//! Public sagas that must be documented: so is all that is made for them.

#![deny(missing_docs, warnings)]
#![allow(clippy::all, clippy::pedantic)]

pub mod docs;
pub mod waits;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    docs::runs().await;
    waits::runs();
}
