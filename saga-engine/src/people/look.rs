//! What people see of sagas, whoever shows it: the command, a console, a test.
//!
//! ```text
//!  Reader (any `ReadStore`, at one moment) ─▶ Look (a row, folded) ─▶ why, places, steps, history
//!                                                 └─ plan: what would follow from an action
//! ```
//!
//! It reads definitions and journals, and none of the sagas' types, so it looks at sagas of any
//! program. What is [`Serialize`](serde::Serialize) here is what programs read: the command's `--json`
//! and the console's API are made of it.

mod asked;
mod event;
mod history;
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
pub use line::{Listed, SagaLine};
pub use locks::LockLine;
pub use overview::{Group, Overview};
pub use place::{Place, places};
pub use reader::{Look, Reader};
pub use shown::Shown;
pub use steps::{StepLine, outcome, steps};
pub use text::{age, plain, short, verbatim};
pub use tone::{STATES, Tone, tone_of};
