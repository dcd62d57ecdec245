//! SVG elements, one per line.

use super::look::Look;
use crate::diagram::text::xml;
use std::fmt::{Arguments, Write};

#[derive(Default)]
pub(super) struct Canvas {
    text: String,
}

/// Left, top, width, height.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Area {
    pub(super) x: i32,
    pub(super) y: i32,
    pub(super) width: i32,
    pub(super) height: i32,
}

impl Area {
    pub(super) fn right(self) -> i32 {
        self.x + self.width
    }

    pub(super) fn bottom(self) -> i32 {
        self.y + self.height
    }

    pub(super) fn middle(self) -> i32 {
        self.x + self.width / 2
    }
}

/// The meaning of a line.
#[derive(Clone, Copy)]
pub(super) enum Lane {
    Go,
    Back,
    Turn,
}

impl Lane {
    fn class(self) -> &'static str {
        match self {
            Self::Go => "saga-go",
            Self::Back => "saga-back",
            Self::Turn => "saga-turn",
        }
    }
}

/// The length of an arrow's head.
const HEAD: i32 = 7;
/// Half of its width.
const BARB: i32 = 4;

impl Canvas {
    pub(super) fn into_text(self) -> String {
        self.text
    }

    fn line(&mut self, line: Arguments<'_>) {
        // Writing to a string cannot fail.
        let _ = writeln!(self.text, "{line}");
    }

    /// Groups what `draw` draws under a title, which screen readers read and browsers show.
    pub(super) fn group(&mut self, title: &str, draw: impl FnOnce(&mut Self)) {
        self.line(format_args!("<g><title>{}</title>", xml(title)));
        draw(self);
        self.line(format_args!("</g>"));
    }

    pub(super) fn text(&mut self, x: i32, baseline: i32, look: Look, text: &str) {
        let text = xml(text);
        match look.class() {
            "" => self.line(format_args!(
                "<text x=\"{x}\" y=\"{baseline}\">{text}</text>"
            )),
            class => self.line(format_args!(
                "<text x=\"{x}\" y=\"{baseline}\" class=\"{class}\">{text}</text>"
            )),
        }
    }

    pub(super) fn rect(&mut self, class: &str, area: Area, radius: i32) {
        let Area {
            x,
            y,
            width,
            height,
        } = area;
        self.line(format_args!(
            "<rect class=\"{class}\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" \
             rx=\"{radius}\"/>"
        ));
    }

    pub(super) fn path(&mut self, class: &str, path: Arguments<'_>) {
        self.line(format_args!("<path class=\"{class}\" d=\"{path}\"/>"));
    }

    pub(super) fn dot(&mut self, class: &str, x: i32, y: i32, radius: i32) {
        self.line(format_args!(
            "<circle class=\"{class}\" cx=\"{x}\" cy=\"{y}\" r=\"{radius}\"/>"
        ));
    }

    /// An arrow straight down or up.
    pub(super) fn arrow(&mut self, lane: Lane, x: i32, from: i32, to: i32) {
        let class = lane.class();
        let back = if to > from { -HEAD } else { HEAD };
        let end = to + back;
        self.path(&format!("{class}-line"), format_args!("M{x} {from}V{end}"));
        self.head(lane, x, to, back);
    }

    /// The head of a vertical arrow; `back` is the distance from its point to its base.
    fn head(&mut self, lane: Lane, x: i32, y: i32, back: i32) {
        let (left, width) = (-BARB, 2 * BARB);
        self.path(
            &format!("{}-head", lane.class()),
            format_args!("M{x} {y}l{left} {back}h{width}z"),
        );
    }

    /// A curved arrow downwards.
    pub(super) fn curve(&mut self, lane: Lane, (x, y): (i32, i32), (to_x, to_y): (i32, i32)) {
        let end = to_y - HEAD;
        let middle = y + (end - y) / 2;
        self.path(
            &format!("{}-line", lane.class()),
            format_args!("M{x} {y}C{x} {middle} {to_x} {middle} {to_x} {end}"),
        );
        self.head(lane, to_x, to_y, -HEAD);
    }

    /// An arrow out of the left edge at (`x`, `from`), and back into it higher up, at `to`.
    pub(super) fn turn(&mut self, x: i32, from: i32, to: i32, depth: i32) {
        let lane = Lane::Turn;
        let (out, end, radius) = (x - depth, x - HEAD, depth / 2);
        self.path(
            &format!("{}-line", lane.class()),
            format_args!(
                "M{x} {from}H{}Q{out} {from} {out} {}V{}Q{out} {to} {} {to}H{end}",
                out + radius,
                from - radius,
                to + radius,
                out + radius
            ),
        );
        let (up, height) = (-BARB, 2 * BARB);
        self.path(
            &format!("{}-head", lane.class()),
            format_args!("M{x} {to}l-{HEAD} {up}v{height}z"),
        );
    }

    /// An hourglass, in a square of 10 at `x`, `y`.
    pub(super) fn hourglass(&mut self, x: i32, y: i32) {
        self.path("saga-go-line", format_args!("M{x} {y}h8l-8 10h8z"));
    }

    /// An envelope, 12 wide and 9 high, at `x`, `y`.
    pub(super) fn envelope(&mut self, x: i32, y: i32) {
        self.path("saga-go-line", format_args!("M{x} {y}h12v9h-12zl6 5l6 -5"));
    }

    /// The sign of a compensation, in a square of 10 at `x`, `y`.
    pub(super) fn undo_icon(&mut self, x: i32, y: i32) {
        let (left, middle) = (x + 1, y + 3);
        self.path(
            "saga-back-icon",
            format_args!("M{left} {middle}h5a3 3 0 0 1 0 6h-3"),
        );
        self.path(
            "saga-back-icon",
            format_args!("M{} {}l-3 3l3 3", left + 3, middle - 3),
        );
    }
}
