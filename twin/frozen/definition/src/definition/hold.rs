//! What a step holds for a time: an effect that expires, and the keys of a lock.

use std::time::Duration;

use super::part::{Key, Visit, VisitMut, key, parts};
use crate::text::Text;

parts! {
    /// `#[holds(d, until = step)]`.
    #[derive(Eq)]
    pub struct Hold;
    /// A hold of no time.
    const PLAIN {
        /// The time for which the effect lasts, from the start of the attempt that applied the
        /// step.
        lasts: Duration = Duration::ZERO => key("lasts_ms").always();
        /// The index of the later step that must be applied by then.
        until: u16 = 0 => Key::OWN;
    }

    /// The name that the keys of a lock belong to.
    #[derive(Eq)]
    pub struct Lock;
    /// A lock whose name is not known, as while a program is compiled.
    const PLAIN {
        /// The `NAME` of its type.
        name: Text = Text::Borrowed("") => key("name").always();
    }
}
