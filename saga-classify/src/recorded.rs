//! What the types have in common that stand for errors in the records of a durable saga.

use serde::{Deserialize as _, Deserializer, Serializer, de};
use typed_saga_core::Verdict;

/// Declares such a type: a field of its own, a verdict and a text.
macro_rules! recorded {
    ($(#[$doc:meta])* $name:ident { $field:ident: $ty:ty }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
        pub struct $name {
            $field: $ty,
            #[serde(with = "crate::recorded")]
            verdict: typed_saga_core::Verdict,
            text: String,
        }

        impl $name {
            /// Whether the call that failed with this error may have happened. Found out when the
            /// value was made.
            #[must_use]
            pub fn verdict(&self) -> typed_saga_core::Verdict {
                self.verdict
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.text)
            }
        }

        impl std::error::Error for $name {}
    };
}
pub(crate) use recorded;

/// The text of an error, and those of its sources: a record has nothing else of them.
#[cfg(any(
    feature = "aws",
    feature = "hyper",
    feature = "reqwest",
    feature = "sqlx",
    feature = "tonic"
))]
pub(crate) fn text(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        let own = error.to_string();
        // Some errors end with the text of their source.
        if !text.ends_with(&own) {
            text.push_str(": ");
            text.push_str(&own);
        }
        source = error.source();
    }
    text
}

/// The verdicts, by the words that journals have for them.
const WORDS: [(Verdict, &str); 4] = [
    (Verdict::Refused, "refused"),
    (Verdict::Transient, "transient"),
    (Verdict::Unknown, "unknown"),
    (Verdict::Partial, "partial"),
];

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde calls it with a reference"
)]
pub(crate) fn serialize<S: Serializer>(verdict: &Verdict, to: S) -> Result<S::Ok, S::Error> {
    let mut words = WORDS.iter();
    let word = words.find(|(known, _)| known == verdict);
    to.serialize_str(word.map_or("", |(_, word)| word))
}

pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Verdict, D::Error> {
    let text = String::deserialize(from)?;
    let mut words = WORDS.iter();
    let word = words.find(|(_, word)| *word == text);
    word.map(|(verdict, _)| *verdict)
        .ok_or_else(|| de::Error::custom(format!("`{text}` is not a verdict")))
}
