//! Texts and lists, which a constant borrows and a reader owns.

use std::borrow::Cow;

/// A name, a type as written, a path: borrowed in a `const`, owned where it was read.
pub type Text = Cow<'static, str>;

/// A list, borrowed in a `const`, owned where it was read.
pub type List<T> = Cow<'static, [T]>;
