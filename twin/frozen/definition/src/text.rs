//! Texts and lists, which a constant borrows and a reader owns.

use std::borrow::Cow;

/// A name, a type as written, a path: borrowed in a `const`, owned if it was read.
pub type Text = Cow<'static, str>;

/// A list, borrowed in a `const`, owned if it was read.
pub type List<T> = Cow<'static, [T]>;

/// FNV-1a: a hash of a text that is the same in every program.
/// <https://datatracker.ietf.org/doc/html/draft-eastlake-fnv>
#[doc(hidden)]
#[must_use]
pub fn fnv_1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
