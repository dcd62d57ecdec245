//! Pictures of sagas: a [`Definition`] as SVG, Mermaid, DOT or a Markdown table of its steps.
//!
//! All texts are shown as they are; no format takes them for its own syntax. A definition of the
//! macro, whose durations may have no value yet, and that of the running program give the same
//! picture, but for those durations. A step that is a saga is one card: the picture of that saga is
//! made of the [definition](crate::definition::Child::definition) that the step has.
//!
//! ```text
//!   svg (its own layout)      mermaid, dot (nodes and edges: chart)      markdown
//!                        └──▶ words, text ◀──┘
//! ```

mod chart;
mod dot;
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
    /// A picture in SVG: forward from top to bottom, the way back beside it, blocks side by side in
    /// a frame, a line where nothing returns.
    ///
    /// It needs nothing else: no script, no font, no style sheet. It follows the theme of the page
    /// that it stands in (of rustdoc's pages, or `prefers-color-scheme`), may stand within HTML,
    /// and has no blank line, so that it may stand within Markdown, too.
    ///
    /// ```
    /// use saga_definition::Definition;
    ///
    /// let picture: String = Definition::EMPTY.to_svg();
    /// assert!(picture.starts_with("<svg "));
    /// ```
    ///
    /// # Panics
    ///
    /// If an expression that the declaration has for a duration does.
    #[must_use]
    pub fn to_svg(&self) -> String {
        svg::svg(self)
    }

    /// The picture of one run: each card says where its step is, in words, and how that is to be
    /// taken, by the index of the step.
    ///
    /// It has no style sheet, which a page with a `Content-Security-Policy` would not let it have:
    /// the page's has [`svg_style`](Self::svg_style).
    ///
    /// # Panics
    ///
    /// If an expression that the declaration has for a duration does.
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
    /// If an expression that the declaration has for a duration does.
    #[must_use]
    pub fn to_mermaid(&self) -> String {
        mermaid::mermaid(self)
    }

    /// A graph in the language of [Graphviz](https://graphviz.org).
    ///
    /// # Panics
    ///
    /// If an expression that the declaration has for a duration does.
    #[must_use]
    pub fn to_dot(&self) -> String {
        dot::dot(self)
    }

    /// A table in Markdown with a row for each step: kind, reads, effect, how it is undone, how
    /// doubt is settled, policies.
    ///
    /// # Panics
    ///
    /// If an expression that the declaration has for a duration does.
    #[must_use]
    pub fn to_table(&self) -> String {
        markdown::table(self)
    }
}
