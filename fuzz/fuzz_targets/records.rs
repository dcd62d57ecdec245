//! Whatever a journal says, what reads it goes on with its saga, or says why it is unreadable: no
//! panic, no end of time, and the saga beside it runs.

#![no_main]

use libfuzzer_sys::fuzz_target;

/// Bytes that stand for a spoilt journal, and what reads it: those of the test `records`.
#[path = "../../tests/records"]
mod records {
    pub(crate) mod damage;
    pub(crate) mod engine;
    pub(crate) mod look;
    pub(crate) mod real;
    pub(crate) mod sagas;
}

use records::engine;

fuzz_target!(|data: &[u8]| {
    let became = engine::Engine::read(data);
    assert!(became.is_ok(), "{became:?}");
});
