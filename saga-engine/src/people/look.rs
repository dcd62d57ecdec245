//! What people see of sagas, whoever shows it: the command, a console, a test.
//!
//! ```text
//!  Reader (any `ReadStore`, at one moment) ─▶ Look (a row, folded) ─▶ why, places, steps, history
//!                                                 └─ plan: what would follow from an action
//! ```
//!
//! It reads definitions and journals, and none of the sagas' types, so it looks at sagas of any
//! program.

mod asked;
mod history;
mod place;
mod reader;
mod steps;
mod text;
mod tone;

pub use crate::store::Rows;
pub use asked::{AskedLine, asked, name, said};
pub use history::{HistoryEntry, HistoryLine, detail, history, tone};
pub use place::{Place, places};
pub use reader::{Look, Reader};
pub use steps::{StepLine, outcome, steps};
pub use text::{age, plain, short, verbatim};
pub use tone::{STATES, Tone, tone_of};
