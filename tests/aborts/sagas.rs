//! Sagas with user code that aborts its process, at the place that their input names.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::{borrow::Cow, env, process::abort, time::Duration};
use tokio::time::sleep;
use typed_saga::{Verdict, saga};

/// The variable that makes this program a process that may die: the place, the number of the life, and
/// the file, or the address of the server.
pub(crate) const LIFE: &str = "SAGA_ABORT_LIFE";

/// Where user code is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) enum Place {
    When,
    Items,
    Action,
    Resolve,
    Fallback,
    Compensate,
    Serialize,
    Deserialize,
    Drop,
    Output,
    Emit,
    Publish,
    Finally,
}

impl Place {
    pub(crate) const ALL: [Self; 13] = [
        Self::When,
        Self::Items,
        Self::Action,
        Self::Resolve,
        Self::Fallback,
        Self::Compensate,
        Self::Serialize,
        Self::Deserialize,
        Self::Drop,
        Self::Output,
        Self::Emit,
        Self::Publish,
        Self::Finally,
    ];

    /// User code is at this place.
    fn reached(self, here: Self) {
        if self == here && env::var_os(LIFE).is_some() {
            abort();
        }
    }
}

/// A value that aborts when it is written, read back, or dropped.
#[derive(Debug)]
pub(crate) struct Value(Place);

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let place = Place::deserialize(deserializer)?;
        place.reached(Place::Deserialize);
        Ok(Self(place))
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.reached(Place::Serialize);
        self.0.serialize(serializer)
    }
}

impl Drop for Value {
    fn drop(&mut self) {
        self.0.reached(Place::Drop);
    }
}

type Text = Cow<'static, str>;

fn verdict(error: &Text) -> Verdict {
    match &**error {
        "lost" => Verdict::Unknown,
        _ => Verdict::Refused,
    }
}

saga! {
    #[classify(verdict)]
    #[timeout(5s)]
    pub(crate) durable saga Deadly(at: Place) -> Result<(), Text> emit Place {
        step undone(at, key) { let _ = (at, key); Ok(()) }
            #[by_key]
            compensate(at, key) {
                let _ = key;
                at.reached(Place::Compensate);
                Ok(())
            }

        #[when(at => { at.reached(Place::When); true })]
        read value(at) -> Value { Ok(Value(*at)) }

        for item: u32 in (at => { at.reached(Place::Items); [1, 2] })
        read items(item) -> u32 { Ok(*item) }

        #[late(0s)]
        step asked(at, key) {
            let _ = key;
            at.reached(Place::Action);
            if *at == Place::Resolve {
                Err("lost".into())
            } else {
                Ok(())
            }
        }
            resolve(at, key) {
                let _ = key;
                at.reached(Place::Resolve);
                // Where its action kills, it has not happened.
                Ok((*at != Place::Action).then_some(()))
            }
            compensate(key) { let _ = key; Ok(()) }

        read instead(at) -> u32 { if *at == Place::Fallback { Err("no".into()) } else { Ok(1) } }
            fallback(at) { at.reached(Place::Fallback); Ok(2) }

        read last(at) { if *at == Place::Compensate { Err("no".into()) } else { Ok(()) } }

        emit(at, last => { let () = last; at.reached(Place::Emit); [*at] });
        publish(event) { event.reached(Place::Publish); Ok(()) }
        finally(at, outcome) { let _ = outcome; at.reached(Place::Finally); }

        at.reached(Place::Output);
        let _ = (undone, value, items, asked, instead, last);
    }

    #[classify(verdict)]
    #[timeout(5s)]
    pub(crate) durable saga Waited(at: Place) -> Result<(), Text> emit Place {
        sleep first(10ms);

        #[when(at => { at.reached(Place::When); false })]
        read value() { Ok(()) }

        sleep second(10ms);

        for item: u32 in (at => { at.reached(Place::Items); Vec::<u32>::new() })
        read items(item) -> u32 { Ok(*item) }

        sleep third(10ms);

        emit(at => { at.reached(Place::Emit); [*at] });
        publish(event) { let _ = event; Ok(()) }

        at.reached(Place::Output);
        let _ = (value, items);
    }

    #[classify(verdict)]
    #[timeout(5s)]
    pub(crate) durable saga Plain(life: u32) -> Result<u32, Text> emit u32 {
        #[idempotent]
        step a(life, key) -> u32 {
            let _ = key;
            sleep(Duration::from_millis(5)).await;
            Ok(*life)
        }
            compensate none

        emit(a => [*a]);
        publish(event) { let _ = event; Ok(()) }
        finally(outcome) { let _ = outcome; }

        a
    }
}
