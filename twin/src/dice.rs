//! Numbers that follow from a seed and a place, whatever was drawn before: so one call more on one
//! side does not change the answers to all others.

/// A number for this place.
pub(crate) fn at(seed: u64, place: &[&str], count: usize) -> u64 {
    let mut mixed = seed;
    for part in place {
        for byte in part.bytes().chain([0xff]) {
            mixed = mix(mixed ^ u64::from(byte));
        }
    }
    mix(mixed ^ count as u64)
}

/// One step of `SplitMix64`.
fn mix(number: u64) -> u64 {
    let number = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}
