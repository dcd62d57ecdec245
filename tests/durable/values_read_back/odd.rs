//! Values that are read back as others, each of a kind that real types have, and the book in which
//! code of the user notes what it sees.

use serde::{Deserialize, Deserializer, Serialize, Serializer, ser::SerializeMap};
use std::{
    cell::Cell,
    collections::{BTreeMap, BTreeSet},
    fmt::Debug,
    sync::{Arc, Mutex},
};

/// How a value differs from what is read back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `Some(())` is `null` to JSON.
    Unit,
    /// So is `Some(None)`.
    Nested,
    /// Cents of a price.
    Rounded,
    /// A field that is not serialised.
    Skipped,
    /// A variant that is found by its content.
    Untagged,
    /// A type whose two functions are not each other's inverse: it counts how often it is read.
    Counted,
    /// A map that keeps the order of its entries.
    Ordered,
    /// A float that is not read back to the last bit by default.
    Float,
}

impl Kind {
    pub(crate) const ALL: [Self; 8] = [
        Self::Unit,
        Self::Nested,
        Self::Rounded,
        Self::Skipped,
        Self::Untagged,
        Self::Counted,
        Self::Ordered,
        Self::Float,
    ];
}

thread_local! {
    /// The kind of all values of this thread's sagas.
    static KIND: Cell<Kind> = const { Cell::new(Kind::Unit) };
}

/// A value of the thread's kind.
#[derive(Clone, Debug)]
#[expect(clippy::option_option, reason = "real types have it")]
pub(crate) enum Odd {
    Unit(Option<()>),
    Nested(Option<Option<u8>>),
    Rounded(f64),
    Skipped(Cached),
    Untagged(Either),
    Counted(u32),
    Ordered(Vec<(String, u8)>),
    Float(f64),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Cached {
    number: u8,
    #[serde(skip)]
    cache: Option<u8>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum Either {
    Signed(i64),
    Byte(u8),
}

impl Odd {
    /// The value as code of the user makes it, of this kind from now on.
    pub(crate) fn of(kind: Kind) -> Self {
        KIND.set(kind);
        Self::made()
    }

    /// The value as code of the user makes it.
    pub(crate) fn made() -> Self {
        match KIND.get() {
            Kind::Unit => Self::Unit(Some(())),
            Kind::Nested => Self::Nested(Some(None)),
            Kind::Rounded => Self::Rounded(1.2345),
            Kind::Skipped => Self::Skipped(Cached {
                number: 1,
                cache: Some(2),
            }),
            Kind::Untagged => Self::Untagged(Either::Byte(5)),
            Kind::Counted => Self::Counted(0),
            Kind::Ordered => Self::Ordered(vec![("b".to_owned(), 1), ("a".to_owned(), 2)]),
            Kind::Float => Self::Float(122.290_764_238_873_15),
        }
    }

    /// The value as it is read back.
    pub(crate) fn read_back(&self) -> Self {
        let json = serde_json::to_string(self).unwrap();
        serde_json::from_str(&json).unwrap()
    }
}

impl Serialize for Odd {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Unit(it) => it.serialize(to),
            Self::Nested(it) => it.serialize(to),
            Self::Rounded(it) => ((it * 100.0).round() / 100.0).serialize(to),
            Self::Skipped(it) => it.serialize(to),
            Self::Untagged(it) => it.serialize(to),
            Self::Counted(it) => it.serialize(to),
            Self::Ordered(it) => {
                let mut map = to.serialize_map(Some(it.len()))?;
                for (key, value) in it {
                    map.serialize_entry(key, value)?;
                }
                map.end()
            }
            Self::Float(it) => it.serialize(to),
        }
    }
}

impl<'de> Deserialize<'de> for Odd {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Ok(match KIND.get() {
            Kind::Unit => Self::Unit(Option::deserialize(from)?),
            Kind::Nested => Self::Nested(Option::deserialize(from)?),
            Kind::Rounded => Self::Rounded(f64::deserialize(from)?),
            Kind::Skipped => Self::Skipped(Cached::deserialize(from)?),
            Kind::Untagged => Self::Untagged(Either::deserialize(from)?),
            Kind::Counted => Self::Counted(u32::deserialize(from)? + 1),
            Kind::Ordered => from.deserialize_map(Entries).map(Self::Ordered)?,
            Kind::Float => Self::Float(f64::deserialize(from)?),
        })
    }
}

/// The entries of a map, in their order.
struct Entries;

impl<'de> serde::de::Visitor<'de> for Entries {
    type Value = Vec<(String, u8)>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a map")
    }

    fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(entries)
    }
}

/// What was seen at each place, by every piece of code, in every process.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seen(Arc<Mutex<BTreeMap<String, BTreeSet<String>>>>);

impl Seen {
    /// Code of the user sees a value.
    pub(crate) fn at(&self, place: &str, value: &impl Debug) {
        let mut seen = self.0.lock().unwrap();
        let here = seen.entry(place.to_owned()).or_default();
        here.insert(format!("{value:?}"));
    }

    /// Code of a child saga sees a value.
    pub(crate) fn of(&self, child: &str, place: &str, value: &impl Debug) {
        self.at(&format!("{place} of {child}"), value);
    }

    /// What was seen at each place, which must be the same each time.
    pub(crate) fn all(&self) -> BTreeMap<String, String> {
        let seen = self.0.lock().unwrap();
        let one = seen.iter().map(|(place, seen)| {
            assert_eq!(seen.len(), 1, "`{place}` is not always the same: {seen:?}");
            (place.clone(), seen.first().cloned().unwrap_or_default())
        });
        one.collect()
    }
}
