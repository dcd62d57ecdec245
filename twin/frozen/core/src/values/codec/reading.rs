//! A value as it is written and read back, without its type: compiled once for all types.

use crate::basics::{discard::discard, panic};

/// A value that is written as JSON, without its type. (As a closure, it would be compiled twice.)
pub(super) trait Write {
    fn write(&self) -> Result<String, String>;
}

/// A value that is read from JSON.
pub(super) struct Reading<T> {
    pub(super) decode: fn(&str) -> Result<T, String>,
    pub(super) value: Option<T>,
}

/// What takes a value that is read from JSON, without its type. (As a closure, it would be compiled
/// twice.)
pub(crate) trait Read {
    fn read(&mut self, json: &str) -> Result<(), String>;
}

impl<T> Read for Reading<T> {
    fn read(&mut self, json: &str) -> Result<(), String> {
        self.value = Some((self.decode)(json)?);
        Ok(())
    }
}

/// Writes a value as JSON, and reads the JSON back. If that fails, nothing has been read. Compiled
/// once for all types.
#[inline(never)]
pub(super) fn recorded(write: &dyn Write, read: &mut dyn Read) -> Result<String, String> {
    let json = caught(|| write.write())?;
    let read = decoded(&json, read);
    read.map_err(|why| format!("it cannot be read back: {why}"))?;
    Ok(json)
}

/// Reads a value from JSON. Compiled once for all types.
#[inline(never)]
pub(crate) fn decoded(json: &str, read: &mut dyn Read) -> Result<(), String> {
    caught(|| read.read(json))
}

/// Turns a panic in the user's serialisation into an error, so that it does not end the run.
pub(super) fn caught<T>(convert: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    panic::caught(convert).unwrap_or_else(|panic| {
        let why = format!("panicked: {}", panic.message());
        discard(panic);
        Err(why)
    })
}
