//! What errors of HTTP, gRPC and databases mean, by client.

mod common;

mod reqwest;
mod sqlx;
mod tonic;
