//! Whether two recorded values are the same: by the `==` of their type if it has one, which is found
//! by method resolution at the call, where the type is known, as in
//! [`describe`](super::describe).

use crate::{
    basics::{discard::discard, panic},
    values::codec::Codec,
};

/// Wraps the codec of the values to be compared.
pub struct Same<T>(pub Codec<T>);

/// Selected for types that are `PartialEq`.
pub trait ByValue {
    /// Whether two values, as JSON, are equal. `false` if one of them cannot be read.
    fn __same(&self, one: &str, other: &str) -> bool;
}

impl<T: PartialEq> ByValue for &Same<T> {
    fn __same(&self, one: &str, other: &str) -> bool {
        let (Ok(one), Ok(other)) = (self.0.decode(one), self.0.decode(other)) else {
            return false;
        };
        let same = panic::caught(|| one == other);
        discard((one, other));
        same.unwrap_or_else(|panic| {
            discard(panic);
            false
        })
    }
}

/// Selected for all other types.
pub trait ByText {
    /// Returns `false`: without `==`, only equal texts are equal.
    fn __same(&self, one: &str, other: &str) -> bool;
}

impl<T> ByText for Same<T> {
    fn __same(&self, _: &str, _: &str) -> bool {
        false
    }
}

#[cfg(all(test, feature = "durable"))]
mod tests {
    use super::{ByText as _, ByValue as _, Same};
    use crate::values::codec::codec;
    use std::collections::HashSet;

    #[derive(serde::Serialize, serde::Deserialize)]
    struct Incomparable(u8);

    #[derive(serde::Serialize, serde::Deserialize)]
    struct Panics;

    impl PartialEq for Panics {
        fn eq(&self, _: &Self) -> bool {
            panic!("on purpose")
        }
    }

    #[test]
    fn values_are_compared_by_their_type_if_it_can() {
        let sets = Same(codec::<HashSet<u8>>());
        assert!((&&sets).__same("[1,2]", "[2,1]"));
        assert!(!(&&sets).__same("[1,2]", "[2,3]"));
        assert!(!(&&sets).__same("[1,2]", "[-1]"));
        let incomparable = Same(codec::<Incomparable>());
        assert!(!incomparable.__same("1", "1"));
        let panics = Same(codec::<Panics>());
        assert!(!(&&panics).__same("null", "null"));
    }
}
