//! The embedded store of `saga`.
