//! The view of sagas that people get, whichever program shows it: the command, a console, a test.
//!
//! ```text
//!  Reader (any `ReadStore`, at one moment) ─▶ Look (a row, folded) ─▶ why, places, steps, history
//!                                                 └─ plan: what would follow from an action
//! ```
//!
//! It reads definitions and journals, but none of the sagas' types, so it can read the sagas of any
//! program. Types that are [`Serialize`](serde::Serialize) here are read by programs: they make up
//! the command's `--json` and the console's API.

mod asked;
mod event;
mod history;
mod keys;
mod line;
mod locks;
mod overview;
mod place;
mod reader;
mod shown;
mod steps;
mod text;
mod tone;

pub use crate::store::Rows;
pub use asked::{Answered, AskedLine, asked, name, said};
pub use event::EventLine;
pub use history::{HistoryEntry, HistoryLine, detail, history, tone};
pub use keys::{KeyLine, keys};
pub use line::{Listed, SagaLine};
pub use locks::LockLine;
pub use overview::{Group, Overview};
pub use place::{Reached, places};
pub use reader::{Look, Reader, purge};
pub use shown::Shown;
pub use steps::{StepLine, outcome, steps};
pub use text::{age, plain, short, verbatim};
pub use tone::{STATES, Tone, tone_of};
