//! The values that serve as keys in the items of a loop (`by = …`), as digests: no two items may have
//! one in common.

use std::hash::{DefaultHasher, Hash, Hasher};

/// A value that serves as a key, and the steps that lead from a run to its use, as a digest.
///
/// 64 bits: two of 10,000 different values have the same digest in one of 10^11 loops, which then
/// fails before it has done anything under either. Never recorded, because `Hash` may give other
/// digests in another program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct KeyDigest(u64);

/// Makes the digest of a value.
pub(crate) type DigestOf<T> = fn(&T) -> KeyDigest;

impl KeyDigest {
    /// The same value in the run above, in which this step, or in whose saga this input, leads to it.
    #[must_use]
    pub fn under(self, name: &str) -> Self {
        digest(&(name, self.0))
    }
}

fn digest(value: &(impl Hash + ?Sized)) -> KeyDigest {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    KeyDigest(hasher.finish())
}

/// An item or an input that is used as a key. The unused lifetime lets a bound on an input be
/// higher-ranked, so that only a saga that is a child saga has to satisfy it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is an idempotency key here, so it must be `Hash`",
    label = "is not `Hash`",
    note = "two items of a loop with equal keys would be one operation to the service, so the saga compares the keys: derive `Hash`"
)]
#[doc(hidden)]
pub trait KeyValue<'c> {
    /// The digest of the value.
    fn digest(&self) -> KeyDigest;
}

#[diagnostic::do_not_recommend]
impl<T: Hash> KeyValue<'_> for T {
    fn digest(&self) -> KeyDigest {
        digest(self)
    }
}
