//! Values whose drop panics, and a world that makes and refuses them.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

thread_local! {
    static ARMED: RefCell<Option<String>> = const { RefCell::new(None) };
    static WENT_OFF: Cell<u32> = const { Cell::new(0) };
}

/// From now on, in this thread, what has this name panics when it is dropped.
pub(crate) fn arm(name: Option<&str>) {
    ARMED.set(name.map(str::to_owned));
    WENT_OFF.set(0);
}

/// How often something has gone off since.
pub(crate) fn went_off() -> u32 {
    WENT_OFF.get()
}

/// Any value of a saga: an input, a service, an effect, an error, a local, a payload of a panic.
#[derive(Debug)]
pub(crate) struct Fuse(String);

pub(crate) fn fuse(name: impl Into<String>) -> Fuse {
    Fuse(name.into())
}

impl Drop for Fuse {
    fn drop(&mut self) {
        if ARMED.with_borrow(|armed| armed.as_ref() == Some(&self.0)) {
            WENT_OFF.set(WENT_OFF.get() + 1);
            panic!("`{}` went off", self.0);
        }
    }
}

impl Clone for Fuse {
    fn clone(&self) -> Self {
        fuse(&*self.0)
    }
}

impl fmt::Display for Fuse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for Fuse {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Fuse {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(fuse)
    }
}

/// What was called, and how often each call is still to fail.
#[derive(Clone, Debug, Default)]
pub(crate) struct World(Arc<Mutex<Ledger>>);

#[derive(Debug, Default)]
struct Ledger {
    calls: Vec<&'static str>,
    failures: BTreeMap<&'static str, u32>,
}

impl World {
    /// A world in which each of these calls fails so many times.
    pub(crate) fn of(failures: &[(&'static str, u32)]) -> Self {
        let world = Self::default();
        world.ledger(|ledger| ledger.failures = failures.iter().copied().collect());
        world
    }

    fn ledger<T>(&self, look: impl FnOnce(&mut Ledger) -> T) -> T {
        look(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn calls(&self) -> String {
        self.ledger(|ledger| ledger.calls.join(" "))
    }

    /// Whether this call is to fail; it is made now.
    pub(crate) fn fails(&self, call: &'static str) -> bool {
        self.ledger(|ledger| {
            ledger.calls.push(call);
            let left = ledger.failures.get_mut(call).filter(|left| **left > 0);
            left.map(|left| *left -= 1).is_some()
        })
    }

    /// Makes a call; its error has the call's name.
    pub(crate) fn call(&self, call: &'static str) -> Result<(), Fuse> {
        if self.fails(call) {
            return Err(fuse(call));
        }
        Ok(())
    }

    /// Makes an effect by a call `+name`.
    pub(crate) fn make(&self, call: &'static str) -> Result<Fuse, Fuse> {
        self.call(call)?;
        Ok(fuse(&call[1..]))
    }
}
