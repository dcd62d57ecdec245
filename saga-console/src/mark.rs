//! Tells whether something is as it was.

use std::hash::{DefaultHasher, Hash, Hasher};

/// Of what is the same, the same; of what is not, hardly ever.
pub(crate) fn mark(of: &impl Hash) -> String {
    let mut hasher = DefaultHasher::new();
    of.hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}
