//! The reasons why there is no key.

use std::{error::Error, fmt};

/// The reason why a text is not a [`Key`](crate::Key), or why there is none for the path of a step.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyError {
    /// The text is not a key.
    NotAKey {
        /// The text.
        text: String,
    },
    /// The text is not a [`Life`](crate::Life).
    NotALife {
        /// The text.
        text: String,
    },
    /// The text is not the name of a saga.
    NotASaga {
        /// The text.
        saga: String,
    },
    /// The text is not the path of a step.
    NotAPath {
        /// The text.
        path: String,
    },
    /// The path leads through other sagas or items, and does not say in which round each of these
    /// is, although not all of them are in their first one.
    MissingRounds {
        /// The path.
        path: String,
        /// The path with rounds, as an example.
        example: String,
    },
}

impl fmt::Display for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAKey { text } => write!(
                f,
                "`{}` is not a key: a key is `s1` or `s2`, followed by 32 of `0123456789abcdef`",
                Short(text)
            ),
            Self::NotALife { text } => write!(
                f,
                "`{}` is not the life of a saga, such as `0123456789abcdef.0`",
                Short(text)
            ),
            Self::NotASaga { saga } => write!(f, "`{}` is not the name of a saga", Short(saga)),
            Self::NotAPath { path } => write!(
                f,
                "`{}` is not the path of a step, such as `paper`, `wrapped[3]` or `wrapped[3]/paper`",
                Short(path)
            ),
            Self::MissingRounds { path, example } => write!(
                f,
                "`{}` does not say in which round the sagas and items above the step are: write \
                 `{}`, with their rounds",
                Short(path),
                Short(example)
            ),
        }
    }
}

impl Error for KeyError {}

/// The beginning of a text from anywhere, on one line.
struct Short<'a>(&'a str);

impl fmt::Display for Short<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const MOST: usize = 60;
        let mut letters = self.0.chars();
        for letter in letters.by_ref().take(MOST) {
            write!(f, "{}", letter.escape_debug())?;
        }
        f.write_str(if letters.next().is_some() { "…" } else { "" })
    }
}
