//! Values of the kernel as they are written. The kernel does not depend on serde; these tables are
//! enough.

use serde::{Deserialize, Deserializer, Serializer, de, ser};
use typed_saga_core::{Before, End, Verdict, kernel::Settlement};

/// A value and the word for it.
type Words<T> = &'static [(T, &'static str)];

fn write<T: Copy + PartialEq, S: Serializer>(
    words: Words<T>,
    value: Option<&T>,
    to: S,
) -> Result<S::Ok, S::Error> {
    match words.iter().find(|(known, _)| Some(known) == value) {
        Some((_, word)) => to.serialize_str(word),
        None => Err(ser::Error::custom("there is no word for it")),
    }
}

fn read<'de, T: Copy, D: Deserializer<'de>>(words: Words<T>, from: D) -> Result<T, D::Error> {
    let text = String::deserialize(from)?;
    let known = words.iter().find(|(_, word)| *word == text);
    known.map(|(value, _)| *value).ok_or_else(|| {
        let words: Vec<_> = words.iter().map(|(_, word)| *word).collect();
        de::Error::custom(format!("`{text}` is none of {}", words.join(", ")))
    })
}

macro_rules! words {
    ($name:ident: $ty:ident { $($value:ident = $word:literal),* }) => {
        pub(super) mod $name {
            use super::{Deserializer, Serializer, $ty, Words};

            const WORDS: Words<$ty> = &[$(($ty::$value, $word)),*];

            #[expect(clippy::ref_option, reason = "serde calls it so")]
            pub(in super::super) fn serialize<S: Serializer>(value: &Option<$ty>, to: S) -> Result<S::Ok, S::Error> {
                super::write(WORDS, value.as_ref(), to)
            }

            pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<$ty>, D::Error> {
                super::read(WORDS, from).map(Some)
            }
        }
    };
}

words!(verdict: Verdict {
    Refused = "refused", Transient = "transient", Unknown = "unknown", Partial = "partial"
});
words!(settlement: Settlement { Applied = "applied", NotApplied = "not_applied", Undone = "undone" });
words!(before: Before {
    Attempt = "attempt", Resolve = "resolve", Compensation = "compensation", Fallback = "fallback", Rerun = "turn",
    Waking = "waking", TimeOut = "time_out", LockTimeOut = "lock_time_out"
});
words!(end: End { Completed = "completed", Compensated = "compensated", Parked = "parked" });

/// A fingerprint: 16 hexadecimal digits, so that JSON readers do not round it.
pub(super) mod hex {
    use serde::{Deserialize, Deserializer, Serializer, de, ser};

    #[expect(clippy::ref_option, reason = "serde calls it so")]
    pub(in super::super) fn serialize<S: Serializer>(
        value: &Option<u64>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        match value {
            Some(value) => to.collect_str(&format_args!("{value:016x}")),
            None => Err(ser::Error::custom("there is no word for it")),
        }
    }

    pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Option<u64>, D::Error> {
        let text = String::deserialize(from)?;
        let digits = text.len() == 16 && text.bytes().all(|digit| digit.is_ascii_hexdigit());
        match u64::from_str_radix(&text, 16) {
            Ok(value) if digits => Ok(Some(value)),
            _ => Err(de::Error::custom(format!(
                "`{text}` is not 16 hexadecimal digits"
            ))),
        }
    }
}
