//! Pictures of sagas: a [`Definition`] as SVG, Mermaid or a Markdown table of its steps.
//!
//! All texts are shown as they are; no format interprets them as its own syntax. A definition of
//! the macro, whose durations may have no value yet, and that of the running program have the same
//! picture, except for those durations. A child saga is one card: its own picture is made from the
//! [definition](crate::definition::Child::definition) that the step has.
//!
//! ```text
//!   svg (its own layout)      mermaid (nodes and edges: chart)      markdown
//!                        └──▶ words, text ◀──┘
//! ```

mod chart;
mod markdown;
mod mermaid;
#[cfg(test)]
mod random;
mod svg;
#[cfg(test)]
mod tests;
mod text;
mod tone;
mod words;

use crate::definition::Definition;
pub use text::duration;
pub use tone::Tone;

impl Definition {
    /// A picture in SVG: forward from top to bottom, the rollback next to it, blocks side by side
    /// in a frame, and a line at the point of no return.
    ///
    /// It needs nothing else: no script, no font, no style sheet. It follows the theme of the page
    /// that contains it (of rustdoc's pages, or `prefers-color-scheme`). It may be part of HTML,
    /// and has no blank line, so that it may be part of Markdown, too. In a file of its own it has a
    /// background, and can be read on any page.
    ///
    /// ```
    /// use typed_saga_definition::Definition;
    ///
    /// let picture: String = Definition::EMPTY.to_svg();
    /// assert!(picture.starts_with("<svg "));
    /// ```
    ///
    /// # Panics
    ///
    /// If an expression of a duration in the declaration panics.
    #[must_use]
    pub fn to_svg(&self) -> String {
        svg::svg(self)
    }

    /// The picture of one run. `places` contains, by the index of the step, a text about the state
    /// of the step, and the tone of that text.
    ///
    /// It has no style sheet, because a `Content-Security-Policy` may forbid one: the page must
    /// include [`svg_style`](Self::svg_style).
    ///
    /// # Panics
    ///
    /// If an expression of a duration in the declaration panics.
    #[must_use]
    pub fn to_svg_of_run(&self, places: &[(Tone, &str)]) -> String {
        svg::svg_of_run(self, places)
    }

    /// The style sheet of pictures of runs.
    #[must_use]
    pub fn svg_style() -> String {
        [svg::STYLE, svg::RUN_STYLE].concat()
    }

    /// A flowchart in [Mermaid](https://mermaid.js.org).
    ///
    /// # Panics
    ///
    /// If an expression of a duration in the declaration panics.
    #[must_use]
    pub fn to_mermaid(&self) -> String {
        mermaid::mermaid(self)
    }

    /// A table in Markdown with a row for each step: kind, reads, effect, compensation, how doubt
    /// is settled, policies.
    ///
    /// # Panics
    ///
    /// If an expression of a duration in the declaration panics.
    #[must_use]
    pub fn to_table(&self) -> String {
        markdown::table(self)
    }
}
