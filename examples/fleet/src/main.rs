//! A shop that runs as three processes on one Postgres. A request writes an order and its saga in one
//! transaction: either both are there, or neither. Any of the processes runs the saga; when one is
//! replaced by the next version, the others go on with what it had.
//!
//! ```text
//!  POST /orders ──▶ INSERT INTO orders …; order.insert(); COMMIT    (sqlx, the shop's own transaction)
//!                                 │
//!                   saga.saga ◀───┘ claimed by any worker: stock, payment, parcel
//! ```
//!
//! `DATABASE_URL=postgres://… cargo run -- serve 127.0.0.1:8080` is one process of it (`serve-next`
//! the next version). Without arguments a server is started, three processes of this version, which
//! are replaced one by one while orders come in, and all orders are counted at the end.

mod demonstration;
mod next;
mod shop;
mod this;

use shop::{Shop, Version};
use std::{env, error::Error};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<_> = env::args().skip(1).collect();
    let args: Vec<_> = args.iter().map(String::as_str).collect();
    match args[..] {
        [] => demonstration::run().await,
        ["serve", address] => Shop::serve(address, Version::This).await,
        ["serve-next", address] => Shop::serve(address, Version::Next).await,
        _ => Err("usage: fleet [serve|serve-next ADDRESS]".into()),
    }
}
