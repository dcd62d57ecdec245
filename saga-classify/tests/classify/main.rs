//! What errors of HTTP, gRPC, databases and AWS mean, by client.

mod aws;
mod common;
mod http;
mod hyper;
mod reqwest;
mod sqlx;
mod tonic;
