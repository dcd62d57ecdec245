//! The entries of a JSON object as they are written.

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::{fmt, marker::PhantomData};

/// The entries of an object in order, with their keys as `K`; a map would drop repeated ones.
pub(super) fn entries<'de, K: Deserialize<'de>, D: Deserializer<'de>>(
    from: D,
) -> Result<Vec<(K, &'de RawValue)>, D::Error> {
    from.deserialize_map(Entries(PhantomData))
}

struct Entries<K>(PhantomData<K>);

impl<'de, K: Deserialize<'de>> Visitor<'de> for Entries<K> {
    type Value = Vec<(K, &'de RawValue)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(entries)
    }
}
