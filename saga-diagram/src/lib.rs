//! Pictures of sagas, from one small model: [`Graph`] in; SVG, Mermaid, DOT or a Markdown table of steps out.
//!
//! It knows neither the macro nor the runtime, and both use it: the macro for the documentation of a saga, the runtime for `Definition::to_svg`
//! and its like. The same saga gives the same text by either way.

mod chart;
mod dot;
mod graph;
mod markdown;
mod mermaid;
#[cfg(test)]
mod random;
mod svg;
#[cfg(test)]
mod tests;
mod text;
mod words;

pub use graph::{Clause, Graph, Kind, Retry, Step, Undo};
pub use text::duration;
