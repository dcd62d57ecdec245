//! The source of an error.

use std::error::Error;

/// What lies below an error, if anything does.
pub type Source<'a> = Option<&'a (dyn Error + 'static)>;
