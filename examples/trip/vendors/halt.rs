//! Vendors that stand still, so that a process can be killed in the middle of what it does, however
//! fast or slow the machine is.
//!
//! Within this process [`Halt::stand_still`] stops all of them. From outside, a file `hold.json` in
//! the folder of their ledgers says which requests get no answer as long as it is there, and the
//! vendors write a file `held` once there is one:
//!
//! ```json
//! { "moment": "before", "place": "flight_book", "mark": "SA 505", "from": 3 }
//! ```
//!
//! `moment` is `before` the request takes effect, or `after`, which leaves out requests that have
//! none. The rest is optional: hold only requests to `place`, only those with `mark`, only those that
//! have the number `from`, counted from 1 in each process, or a higher one.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::time::Duration;

use serde::Deserialize;
use tokio::sync::watch;
use tokio::time::sleep;

use super::lines::Shelf;
use super::trouble::Place;

#[derive(Clone, Copy, PartialEq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Moment {
    Before,
    After,
}

/// What `hold.json` says.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Hold {
    moment: Moment,
    place: Option<Place>,
    mark: Option<String>,
    #[serde(default)]
    from: u32,
}

/// A request that may be held.
pub(super) struct Visit {
    place: Place,
    mark: Option<String>,
    number: u32,
}

impl Hold {
    fn is_for(&self, moment: Moment, visit: &Visit) -> bool {
        self.moment == moment
            && self.place.is_none_or(|place| place == visit.place)
            && (self.mark.is_none() || self.mark == visit.mark)
            && self.from <= visit.number
    }
}

pub(crate) struct Halt {
    is_still: watch::Sender<bool>,
    visits: AtomicU32,
    folder: Option<PathBuf>,
}

/// Vendors stand still until it is dropped.
pub(crate) struct StandStill(Arc<Halt>);

impl Drop for StandStill {
    fn drop(&mut self) {
        self.0.is_still.send_replace(false);
    }
}

impl Halt {
    pub(super) fn new(shelf: Shelf<'_>) -> Self {
        Self {
            is_still: watch::Sender::new(false),
            visits: AtomicU32::new(0),
            folder: shelf.0.map(PathBuf::from),
        }
    }

    /// No request that comes from now on takes effect or gets an answer.
    pub(crate) fn stand_still(self: &Arc<Self>) -> StandStill {
        self.is_still.send_replace(true);
        StandStill(Arc::clone(self))
    }

    pub(super) fn visit(&self, place: Place, mark: Option<String>) -> Visit {
        let number = self.visits.fetch_add(1, Relaxed) + 1;
        Visit {
            place,
            mark,
            number,
        }
    }

    /// Waits as long as the vendors stand still at this `moment` of a request.
    pub(super) async fn pass(&self, moment: Moment, visit: &Visit) {
        if moment == Moment::Before {
            let mut is_still = self.is_still.subscribe();
            // It fails if there is no sender, but `self` has it.
            let _ = is_still.wait_for(|is_still| !*is_still).await;
        }
        let Some(folder) = &self.folder else { return };
        let is_held = || {
            let said = fs::read(folder.join("hold.json")).ok()?;
            let hold: Hold = serde_json::from_slice(&said).ok()?;
            hold.is_for(moment, visit).then_some(())
        };
        while is_held().is_some() {
            if let Err(error) = fs::write(folder.join("held"), "") {
                eprintln!("  nobody learns that a request is held: {error}");
            }
            sleep(Duration::from_millis(20)).await;
        }
    }
}
