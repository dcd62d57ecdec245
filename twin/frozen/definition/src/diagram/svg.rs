//! The picture: forward from top to bottom on the left lane, the rollback upwards on the right one.
//!
//! ```text
//!   definition ─▶ cards (texts, measured) ─▶ units (a card, or a frame of cards)
//!              ─▶ scene (one below the other) ─▶ canvas
//! ```
//!
//! All lengths are whole pixels.

mod block;
mod canvas;
mod card;
mod legend;
mod look;
mod row;
mod scene;
mod style;
#[cfg(test)]
mod tests;

use super::{text::xml, tone::Tone};
use crate::definition::Definition;
use canvas::Canvas;
use scene::Scene;

pub(super) use style::{RUN_STYLE, STYLE};

pub(super) fn svg(definition: &Definition) -> String {
    drawn(definition, &[], &format!("<style>\n{STYLE}</style>\n"))
}

pub(super) fn svg_of_run(definition: &Definition, places: &[(Tone, &str)]) -> String {
    drawn(definition, places, "")
}

fn drawn(definition: &Definition, places: &[(Tone, &str)], style: &str) -> String {
    let scene = Scene::of(definition, places);
    let mut canvas = Canvas::default();
    let height = scene.draw(definition, &mut canvas);
    let (width, title) = (scene.width, xml(&definition.title()));
    let elements = canvas.into_text();
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"saga-diagram\" role=\"img\" \
         width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\">\n\
         <title>{title}</title>\n{style}{elements}</svg>\n"
    )
}
