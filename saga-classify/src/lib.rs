#![doc = include_str!("../README.md")]

#[cfg(feature = "aws")]
pub mod aws;
#[cfg(feature = "http")]
pub mod http;
#[cfg(feature = "hyper")]
pub mod hyper;
#[cfg(any(feature = "aws", feature = "http", feature = "sqlx", feature = "tonic"))]
mod recorded;
#[cfg(feature = "reqwest")]
pub mod reqwest;
#[cfg(feature = "sqlx")]
pub mod sqlx;
#[cfg(feature = "tonic")]
pub mod tonic;
