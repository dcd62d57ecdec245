//! Durable sagas on [Restate](https://restate.dev).
//!
//! Runs the sagas of `saga!` as workflows: a workflow has the saga's name, its key is the saga's
//! id, and Restate's log is its journal. `docs/restate.md` in the repository says what this needs,
//! and what it promises.
//!
//! ```no_run
//! use restate_sdk::endpoint::Endpoint;
//! use typed_saga::saga;
//! use typed_saga_restate::{serve, workflow};
//! # #[derive(Clone)] struct Bank;
//! # impl Bank { async fn debit(&self, cents: u64, key: &typed_saga::Key) -> Result<(), String> { Ok(()) }
//! #   async fn credit(&self, cents: u64, key: &typed_saga::Key) -> Result<(), String> { Ok(()) } }
//!
//! # fn meaning(_: &String) -> typed_saga::Verdict { typed_saga::Verdict::Unknown }
//! saga! {
//!     #[classify(meaning)] #[timeout(5s)]
//!     durable saga Transfer(cents: u64) with (bank: Bank) -> Result<(), String> {
//!         #[idempotent]
//!         step debit(bank, cents, key) { bank.debit(*cents, key).await }
//!             compensate(bank, cents, key) { bank.credit(*cents, key).await }
//!         #[idempotent] #[retry(forever)]
//!         pivot credit(bank, cents, key) { bank.credit(*cents, key).await }
//!     }
//! }
//!
//! # async fn start() -> Result<(), Box<dyn std::error::Error>> {
//! let transfers = workflow::<Transfer>(TransferServices { bank: Bank });
//! let endpoint = Endpoint::builder().bind(transfers.service()?).build();
//! let listener = tokio::net::TcpListener::bind("0.0.0.0:9080").await?;
//! serve(endpoint, listener, std::future::pending::<()>()).await;
//! # Ok(())
//! # }
//! ```

mod client;
mod ended;
mod entry;
mod flow;
mod mail;
mod run;
mod serve;
mod timing;
mod workflow;

pub use client::{Client, Failed, Plain, Submitted};
pub use ended::Ended;
pub use entry::Reply;
pub use mail::Status;
pub use serve::serve;
pub use timing::Unfit;
pub use workflow::{Workflow, workflow};
