//! The life of a saga: what tells two sagas apart that have the same name and the same id.

use crate::{basics::random::random, values::key_error::KeyError};
use std::{fmt, num::NonZeroU64, str::FromStr};

/// The life of a saga on a store: the store's identity, which is drawn when the store is made, and its
/// generation when the saga began, from 0. A purge of sagas of a generation begins the next one.
///
/// It is part of every [`Key`](crate::Key) of the saga. So two stores never send one key, and nor does an
/// id that is submitted again after a purge; but a saga that a store has lost, and that is submitted
/// again, has its old keys. Its text, as `saga show` prints it, is the identity as 16 of
/// `0123456789abcdef`, a dot, and the generation.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Life {
    identity: NonZeroU64,
    generation: u32,
}

impl Life {
    /// The first life of a new store.
    #[must_use]
    pub fn random() -> Self {
        let identity = NonZeroU64::new(random()).unwrap_or(NonZeroU64::MIN);
        Self {
            identity,
            generation: 0,
        }
    }

    /// The life after it, on the same store.
    #[must_use]
    pub fn next(self) -> Self {
        let generation = self.generation.saturating_add(1);
        Self { generation, ..self }
    }

    /// Its bytes, as they enter a key.
    pub(crate) fn bytes(self) -> [u8; 12] {
        let mut bytes = [0; 12];
        bytes[..8].copy_from_slice(&self.identity.get().to_be_bytes());
        bytes[8..].copy_from_slice(&self.generation.to_be_bytes());
        bytes
    }
}

impl fmt::Display for Life {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}.{}", self.identity, self.generation)
    }
}

impl fmt::Debug for Life {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Reads the text of a life, and no other.
impl FromStr for Life {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        let read = || {
            let (identity, generation) = text.split_once('.')?;
            let life = Self {
                identity: u64::from_str_radix(identity, 16).ok()?.try_into().ok()?,
                generation: generation.parse().ok()?,
            };
            // Only what is written as a life is.
            (life.to_string() == text).then_some(life)
        };
        read().ok_or_else(|| KeyError::NotALife {
            text: text.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Life;
    use std::collections::HashSet;

    #[test]
    fn a_life_is_read_from_its_text_and_from_no_other() {
        let life = Life::random();
        for life in [life, life.next(), life.next().next()] {
            assert_eq!(life.to_string().parse(), Ok(life));
        }
        let first: Life = "0123456789abcdef.0".parse().unwrap();
        assert_eq!(first.next().to_string(), "0123456789abcdef.1");
        for text in [
            "",
            ".",
            "0123456789abcdef",
            "0123456789abcdef.",
            "0123456789abcdef.00",
            "0123456789abcdef.+1",
            "0123456789abcdef.4294967296",
            "0123456789ABCDEF.0",
            "123456789abcdef.0",
            "0000000000000000.0",
        ] {
            let why = text.parse::<Life>().unwrap_err().to_string();
            let expected =
                format!("`{text}` is not the life of a saga, such as `0123456789abcdef.0`");
            assert_eq!(why, expected);
        }
    }

    #[test]
    fn lives_differ() {
        let lives: HashSet<_> = (0..1000).map(|_| Life::random()).collect();
        assert_eq!(lives.len(), 1000);
    }
}
