//! Keys are reserved where their values become known, in each loop around that place: the inputs of
//! a child saga when it begins, and items that are keys when they are made.

use super::{
    item_keys::{EqualKeys, ItemKeys},
    place::{Place, path},
};
use crate::values::key_digest::KeyDigest;

/// A key of an item.
struct Claim<'a> {
    keys: &'a ItemKeys,
    index: u32,
    key: KeyDigest,
    /// The place and the name of the loop.
    of: (Option<&'a Place<'a>>, &'a str),
}

/// Reserves the keys of the child saga that begins at `step` of the run at `place`.
///
/// # Errors
/// If another item of a loop has one of them. Then none is reserved.
pub(crate) fn reserve(
    place: Option<&Place<'_>>,
    step: &str,
    keys: &[KeyDigest],
) -> Result<(), EqualKeys> {
    let mut claims = Vec::new();
    for key in keys {
        claim_from(place, step, *key, &mut claims);
    }
    take(&claims)
}

/// Reserves the keys of a loop's items: `step` is the loop, in the run at `place`.
///
/// # Errors
/// If two items have the same key, or another item of a loop around this one has one of them. Then
/// none is reserved.
pub(crate) fn reserve_items(
    place: Option<&Place<'_>>,
    step: &str,
    keys: &[KeyDigest],
) -> Result<(), EqualKeys> {
    let own = ItemKeys::default();
    let mut claims = Vec::with_capacity(keys.len());
    for (index, key) in (0..).zip(keys) {
        claims.push(Claim {
            keys: &own,
            index,
            key: *key,
            of: (place, step),
        });
        claim_above(place, key.under(step), &mut claims);
    }
    take(&claims)
}

/// Adds what a key claims in the loops around the child saga of `step`, in the run at `place`.
fn claim_from<'a>(
    place: Option<&'a Place<'a>>,
    step: &'a str,
    key: KeyDigest,
    claims: &mut Vec<Claim<'a>>,
) {
    let mut run = place;
    if let Some((item, index)) = place.and_then(|place| Some((place, place.index()?))) {
        run = item.above();
        claims.extend(item.keys().map(|keys| Claim {
            keys,
            index,
            key,
            of: (run, step),
        }));
    }
    claim_above(run, key.under(step), claims);
}

/// [`claim_from`] for a key of the run at `place`, which is not an item.
fn claim_above<'a>(place: Option<&'a Place<'a>>, key: KeyDigest, claims: &mut Vec<Claim<'a>>) {
    if let Some((above, step)) = place.and_then(|place| Some((place.above(), place.step()?))) {
        claim_from(above, step, key, claims);
    }
}

/// Takes all of these keys, or none.
fn take(claims: &[Claim<'_>]) -> Result<(), EqualKeys> {
    let mut taken = Vec::new();
    for claim in claims {
        match claim.keys.take(claim.key, claim.index) {
            Ok(true) => taken.push(claim),
            Ok(false) => {}
            Err(other) => {
                for claim in taken {
                    claim.keys.kept().remove(&claim.key);
                }
                let (place, step) = claim.of;
                return Err(EqualKeys {
                    of: path(place, step).into_owned(),
                    first: other.min(claim.index),
                    second: other.max(claim.index),
                });
            }
        }
    }
    Ok(())
}
