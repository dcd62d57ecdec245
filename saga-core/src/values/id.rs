//! A saga's [`Id`], and the [`Key`] of one operation of one of its steps.

use crate::{
    basics::{digest::Sha256, random::random},
    values::{key_error::KeyError, life::Life},
};
use std::{
    fmt,
    hash::{Hash, Hasher},
    str::FromStr,
    sync::{Arc, OnceLock},
};

/// A saga's id: given by the caller, or 32 random hexadecimal digits.
///
/// Keys are derived from the id and the saga's name. So a saga that is meant to be *the same one*
/// (after a restart, or when a request is sent twice) must be given the same id.
#[derive(Clone)]
pub struct Id(Repr);

#[derive(Clone)]
enum Repr {
    /// With the life of the saga, if it is on a store.
    Given(Arc<str>, Option<Life>),
    /// Lowercase hexadecimal digits.
    Drawn([u8; 32]),
}

impl Id {
    /// A new id, different from all others with overwhelming probability (128 bits).
    #[must_use]
    pub fn random() -> Self {
        let drawn = (u128::from(random()) << 64) | u128::from(random());
        Self(Repr::Drawn(hex(&drawn.to_be_bytes())))
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match &self.0 {
            Repr::Given(text, _) => text,
            Repr::Drawn(digits) => text(digits),
        }
    }

    /// The id of a saga on a store, whose keys are those of this life. It is equal to the same id of another
    /// life.
    #[must_use]
    pub fn of_life(id: Arc<str>, life: Option<Life>) -> Self {
        Self(Repr::Given(id, life))
    }

    /// The life of the saga, if it is on a store that has lives.
    #[must_use]
    pub fn life(&self) -> Option<Life> {
        match self.0 {
            Repr::Given(_, life) => life,
            Repr::Drawn(_) => None,
        }
    }

    /// The id's bytes, without checking that they are text.
    fn as_bytes(&self) -> &[u8] {
        match &self.0 {
            Repr::Given(text, _) => text.as_bytes(),
            Repr::Drawn(digits) => digits,
        }
    }
}

impl<T: Into<Arc<str>>> From<T> for Id {
    fn from(id: T) -> Self {
        Self(Repr::Given(id.into(), None))
    }
}

impl AsRef<str> for Id {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_str().fmt(f)
    }
}

impl PartialEq for Id {
    #[inline]
    fn eq(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Repr::Drawn(one), Repr::Drawn(other)) => one == other,
            _ => self.as_bytes() == other.as_bytes(),
        }
    }
}

impl Eq for Id {}

impl Hash for Id {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_bytes().hash(state);
    }
}

/// A run's id, drawn when it is first needed: a saga that reads neither `key` nor `ctx` never draws
/// one.
#[derive(Debug, Default)]
pub(crate) struct LazyId(OnceLock<Id>);

impl LazyId {
    pub(crate) fn get(&self) -> &Id {
        self.0.get_or_init(Id::random)
    }

    pub(crate) fn set(&mut self, id: Id) {
        self.0 = OnceLock::from(id);
    }
}

/// The idempotency key of one operation: send it to the service with the request.
///
/// 34 characters: the version of the derivation and 32 of `0123456789abcdef`. It is a digest
/// (SHA-256, the first 128 bits) of the saga's [life](Life), name and id, the step's name and the
/// round. So the key is the same for every attempt of a round, in the `resolve` and the compensation
/// of that round, and in another process. In the next round, when the step's action starts again
/// after it was undone, it is a different one. The keys of a saga on a store begin with `s2`. Without
/// one, a saga has no life, and they begin with `s1`.
///
/// Outside of a saga, [`Key::of_path`] makes the key of a step, and `str::parse` reads one.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Key([u8; Key::LENGTH]);

/// The versions of the derivation, with which keys begin: without a life, and with one.
const VERSIONS: [&[u8; 2]; 2] = [b"s1", b"s2"];

/// The key of an event, by which its consumers recognise it. `number` is the number of the event
/// among those of its saga, from 0.
#[must_use]
pub fn event_key(saga: &str, id: &Id, number: u64) -> Key {
    let mut digest = begun(saga, id);
    digest.update(&number.to_be_bytes());
    // A tag that no key of a step has.
    digest.update(&[6]);
    Key::of(digest, id)
}

/// The beginning of the digest of every key of a saga.
fn begun(saga: &str, id: &Id) -> Sha256 {
    let mut digest = Sha256::new();
    if let Some(life) = id.life() {
        digest.update(&life.bytes());
    }
    add_text(&mut digest, saga);
    add_text(&mut digest, id.as_str());
    digest
}

/// Adds a text after its length, so that two different lists of texts never have the same bytes.
fn add_text(digest: &mut Sha256, text: &str) {
    digest.update(&(text.len() as u64).to_be_bytes());
    digest.update(text.as_bytes());
}

/// The use of a key.
pub(crate) enum Purpose<'a> {
    Action,
    Undo,
    Label(&'a str),
    UndoLabel(&'a str),
}

impl Key {
    /// The number of characters in a key.
    pub const LENGTH: usize = 34;

    pub(crate) fn new(saga: &str, id: &Id, step: &str, round: u32, purpose: &Purpose<'_>) -> Self {
        let (tag, label) = purpose.parts();
        let mut digest = begun(saga, id);
        for text in [step, label] {
            add_text(&mut digest, text);
        }
        digest.update(&round.to_be_bytes());
        digest.update(&[tag]);
        Self::of(digest, id)
    }

    /// The key of a step of a child saga: derived from the root's name and id, and from each level
    /// below the root.
    pub(crate) fn nested(
        (saga, id): (&str, &Id),
        levels: &[Level<'_>],
        purpose: &Purpose<'_>,
    ) -> Self {
        let (tag, label) = purpose.parts();
        let mut digest = begun(saga, id);
        digest.update(&(levels.len() as u64).to_be_bytes());
        for Level { step, item, round } in levels {
            add_text(&mut digest, step);
            // No item is `u64::MAX`.
            let item = item.map_or(u64::MAX, u64::from);
            digest.update(&item.to_be_bytes());
            digest.update(&round.to_be_bytes());
        }
        add_text(&mut digest, label);
        // A tag that no key without levels has, so that the two kinds are never equal.
        digest.update(&[tag + 3]);
        Self::of(digest, id)
    }

    fn of(digest: Sha256, id: &Id) -> Self {
        let mut key = [0; Self::LENGTH];
        key[..2].copy_from_slice(VERSIONS[usize::from(id.life().is_some())]);
        key[2..].copy_from_slice(&hex(&digest.finish()[..16]));
        Self(key)
    }

    /// The key as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        text(&self.0)
    }
}

/// A level of the path from the root to a step, as it enters a key.
pub(crate) struct Level<'a> {
    pub(crate) step: &'a str,
    pub(crate) item: Option<u32>,
    pub(crate) round: u32,
}

impl<'a> Purpose<'a> {
    /// The tag of this purpose, and its label.
    fn parts(&self) -> (u8, &'a str) {
        match self {
            Self::Action => (0, ""),
            Self::Undo => (1, ""),
            Self::Label(label) => (2, label),
            // With levels, 3 is added to a tag; 6 is that of events.
            Self::UndoLabel(label) => (7, label),
        }
    }
}

/// Reads a key that a saga has made, such as one from a log. Only texts of the form of a key are
/// accepted.
impl FromStr for Key {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        let is_digit = |byte: &u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        let key = <[u8; Self::LENGTH]>::try_from(text.as_bytes()).ok();
        let begins = |key: &[u8]| VERSIONS.iter().any(|version| key.starts_with(*version));
        let key = key.filter(|key| begins(key) && key[2..].iter().all(is_digit));
        key.map(Self).ok_or_else(|| KeyError::NotAKey {
            text: text.to_owned(),
        })
    }
}

impl AsRef<str> for Key {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_str().fmt(f)
    }
}

fn hex(bytes: &[u8]) -> [u8; 32] {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut digits = [b'0'; 32];
    for (pair, byte) in digits.chunks_exact_mut(2).zip(bytes) {
        pair[0] = DIGITS[usize::from(byte >> 4)];
        pair[1] = DIGITS[usize::from(byte & 15)];
    }
    digits
}

fn text(ascii: &[u8]) -> &str {
    // The error must not become an empty text, which would be the same key, or id, for all.
    std::str::from_utf8(ascii).expect("keys and ids are written in ASCII")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_stable_across_releases() {
        // Computed with another implementation of SHA-256; a change here is a change of every key
        // in flight.
        let key = Key::new(
            "BookTrip",
            &Id::from("trip-42"),
            "charge",
            0,
            &Purpose::Action,
        );
        assert_eq!(key.as_str().len(), Key::LENGTH);
        assert_eq!(key.as_str(), "s1b36470bc70b110939e39e91899c42e3e");
        let id = Id::of_life("trip-42".into(), "0123456789abcdef.7".parse().ok());
        let key = Key::new("BookTrip", &id, "charge", 0, &Purpose::Action);
        assert_eq!(key.as_str(), "s2d40054b370053178519a339554f56421");
    }

    #[test]
    #[should_panic(expected = "keys and ids are written in ASCII")]
    fn a12_what_is_no_text_is_no_empty_key() {
        let _ = text(&[0xff]);
    }

    #[test]
    fn keys_differ_in_every_part() {
        let first = Life::random();
        let lives = |life| {
            let id = Id::of_life("1".into(), Some(life));
            Key::new("A", &id, "s", 0, &Purpose::Action)
        };
        assert_eq!(lives(first), lives(first));
        assert_ne!(lives(first), lives(first.next()));
        assert_ne!(lives(first), lives(Life::random()));
        let base = Key::new("A", &Id::from("1"), "s", 0, &Purpose::Action);
        for other in [
            Key::new("B", &Id::from("1"), "s", 0, &Purpose::Action),
            Key::new("A", &Id::from("2"), "s", 0, &Purpose::Action),
            Key::new("A", &Id::from("1"), "t", 0, &Purpose::Action),
            Key::new("A", &Id::from("1"), "s", 1, &Purpose::Action),
            Key::new("A", &Id::from("1"), "s", 0, &Purpose::Undo),
            Key::new("A", &Id::from("1"), "s", 0, &Purpose::Label("")),
            Key::new("A", &Id::from("1"), "s", 0, &Purpose::UndoLabel("")),
            Key::new("A1", &Id::from(""), "s", 0, &Purpose::Action),
            lives(first),
        ] {
            assert_ne!(base, other);
        }
    }

    #[test]
    fn a_key_is_read_from_its_text_and_from_no_other() {
        let key = Key::new("A", &Id::from("1"), "s", 0, &Purpose::Undo);
        assert_eq!(key.as_str().parse::<Key>(), Ok(key));
        let text = key.to_string();
        let others = [
            String::new(),
            "s1".to_owned(),
            text[..33].to_owned(),
            format!("{text}0"),
            format!(" {}", &text[..33]),
            format!("s3{}", &text[2..]),
            text.to_uppercase(),
            format!("{}g", &text[..33]),
            format!("{}ä", &text[..32]),
        ];
        for text in others {
            let read = text.parse::<Key>();
            assert_eq!(read, Err(KeyError::NotAKey { text }));
        }
        assert_eq!(
            "x".parse::<Key>().unwrap_err().to_string(),
            "`x` is not a key: a key is `s1` or `s2`, followed by 32 of `0123456789abcdef`"
        );
    }

    #[test]
    fn random_ids_differ_and_have_32_digits() {
        let ids: std::collections::HashSet<Id> = (0..1000).map(|_| Id::random()).collect();
        assert_eq!(ids.len(), 1000);
        assert!(ids.iter().all(
            |id| id.as_str().len() == 32 && id.as_str().bytes().all(|b| b.is_ascii_hexdigit())
        ));
    }

    #[test]
    fn ids_are_equal_by_text() {
        assert_eq!(Id::from("a"), Id::from(String::from("a")));
        assert_eq!(Id::from("trip-42").to_string(), "trip-42");
        assert_eq!(Id::of_life("a".into(), Some(Life::random())), Id::from("a"));
    }
}
