//! Values of a durable saga that are read back as others. The saga goes on with the value that was
//! read back, and so with another than the one that its code made.

use super::{audit::Broken, cast::Cast, contract::Contract, stage::Stage, state::Changed};
use typed_saga_core::{Encode, Encoded};

/// The number of characters that are shown before and after the place where two values differ.
const AROUND: usize = 60;

impl Changed {
    pub(super) fn broken(&self, cast: &Cast) -> Broken {
        Broken {
            step: self.step.map(|step| cast.part(step).path.clone()),
            contract: Contract::Recorded,
            what: self.what.clone(),
            repeated: Vec::new(),
        }
    }
}

impl Stage {
    /// Returns the value as it is read back, and its JSON, and notes whether it is another value.
    pub(super) fn read_back<T>(
        &self,
        step: Option<u16>,
        what: &str,
        codec: &impl Encode<T>,
        value: T,
    ) -> (T, Encoded) {
        let before = codec.model(&value);
        let (value, json) = codec.read_back(value);
        self.compare(step, what, &before, &codec.model(&value));
        (value, json)
    }

    /// Compares a value in serde's data model before and after it was read back.
    pub(super) fn compare(&self, step: Option<u16>, what: &str, before: &Encoded, after: &Encoded) {
        let (Some(Ok(before)), Some(Ok(after))) = (before, after) else {
            return;
        };
        if before == after {
            return;
        }
        let [before, after] = shown(before, after);
        let what = format!("{what} is read back as another value: `{before}` becomes `{after}`");
        self.state().changed.push(Changed { step, what });
    }
}

/// Two texts, without what is far from the first place where they differ.
fn shown(one: &str, other: &str) -> [String; 2] {
    let pairs = one.chars().zip(other.chars());
    let same = pairs.take_while(|(one, other)| one == other).count();
    let (first, end) = (same.saturating_sub(AROUND), same + AROUND);
    [one, other].map(|text| {
        let window: String = text.chars().skip(first).take(end - first).collect();
        let before = if first > 0 { "…" } else { "" };
        let after = if text.chars().count() > end {
            "…"
        } else {
            ""
        };
        format!("{before}{window}{after}")
    })
}
