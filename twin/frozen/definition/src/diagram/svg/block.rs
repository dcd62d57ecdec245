//! A single card, or a frame with the cards of a `concurrent` block side by side.

use super::{
    canvas::{Area, Canvas, Lane},
    card::{Card, LOOP},
    look::Look,
};
use crate::{definition::Definition, diagram::tone::Tone};
use std::ops::Range;

/// One unit of the scene, below the one before it.
pub(super) struct Block {
    /// Rows of cards side by side; cards that wait for others are in a later row.
    lines: Vec<Vec<Placed>>,
    framed: bool,
    pub(super) width: i32,
    pub(super) height: i32,
}

struct Placed {
    step: usize,
    card: Card,
    awaits: Vec<usize>,
    /// Relative to the block's upper left corner.
    area: Area,
}

/// The minimum width of a card that is alone in its block.
const ALONE: i32 = 340;
/// The maximum width of a frame; long names may exceed it.
const WIDEST: i32 = 800;
/// The distance between cards.
const GAP: i32 = 16;
/// The distance between rows of cards.
const BETWEEN: i32 = 30;
/// The distance from a frame to its cards.
const PAD: i32 = 16;
/// The height of a frame's title.
const HEAD: i32 = 28;

impl Block {
    pub(super) fn of(definition: &Definition, unit: &Range<usize>, at: &[(Tone, &str)]) -> Self {
        let framed = definition.steps[unit.start].group.is_some();
        let mut block = Self {
            lines: Vec::new(),
            framed,
            width: 0,
            height: 0,
        };
        if framed {
            let limit = WIDEST - 2 * PAD;
            for level in levels(definition, unit) {
                block
                    .lines
                    .extend(side_by_side(definition, &level, limit, at));
            }
            block.place(PAD, HEAD);
            (block.width, block.height) =
                (block.width.max(180) + 2 * PAD, block.height + HEAD + PAD);
            block.center();
        } else {
            block
                .lines
                .push(vec![Placed::new(definition, unit.start, ALONE, at)]);
            block.place(0, 0);
        }
        block
    }

    /// Places the rows of cards below each other; all cards of a row get the height of the highest
    /// one.
    fn place(&mut self, left: i32, top: i32) {
        let mut y = top;
        for line in &mut self.lines {
            let height = line
                .iter()
                .map(|placed| placed.card.height)
                .max()
                .unwrap_or(0);
            let mut x = left;
            for placed in line.iter_mut() {
                x += placed.card.gutter();
                placed.area = Area {
                    x,
                    y,
                    width: placed.card.width,
                    height,
                };
                x += placed.card.width + GAP;
            }
            self.width = self.width.max(x - GAP - left);
            y += height + BETWEEN;
        }
        self.height = y - BETWEEN - top;
    }

    fn center(&mut self) {
        for line in &mut self.lines {
            let right = line.last().map_or(0, |placed| placed.area.right());
            let rest = (self.width - PAD - right) / 2;
            for placed in line {
                placed.area.x += rest;
            }
        }
    }

    /// Sets the width of a card that is alone in its block.
    pub(super) fn widen(&mut self, width: i32) {
        if !self.framed {
            self.width = width;
            self.lines[0][0].area.width = width;
        }
    }

    pub(super) fn is_alone(&self) -> bool {
        !self.framed
    }

    /// The space that a card that is alone in its block needs on its left.
    pub(super) fn gutter(&self) -> i32 {
        if self.framed {
            0
        } else {
            self.lines[0][0].card.gutter()
        }
    }

    pub(super) fn draw(&self, canvas: &mut Canvas, x: i32, y: i32) {
        if self.framed {
            canvas.rect(
                "saga-frame",
                Area {
                    x,
                    y,
                    width: self.width,
                    height: self.height,
                },
                9,
            );
            canvas.text(x + PAD, y + 18, Look::Words, "concurrent");
        }
        for (number, line) in self.lines.iter().enumerate() {
            for placed in line {
                let area = placed.moved(x, y);
                placed.card.draw(canvas, area);
                let above = number
                    .checked_sub(1)
                    .map_or(&[][..], |above| &self.lines[above]);
                for awaited in above
                    .iter()
                    .filter(|other| placed.awaits.contains(&other.step))
                {
                    let from = awaited.moved(x, y);
                    canvas.curve(
                        Lane::Go,
                        (from.middle(), from.bottom()),
                        (area.middle(), area.y),
                    );
                }
            }
        }
    }
}

impl Placed {
    fn new(definition: &Definition, step: usize, limit: i32, at: &[(Tone, &str)]) -> Self {
        let area = Area {
            x: 0,
            y: 0,
            width: 0,
            height: 0,
        };
        let awaits = awaits(definition, step);
        Self {
            step,
            card: Card::of(definition, step, limit, at.get(step).copied()),
            awaits,
            area,
        }
    }

    fn moved(&self, x: i32, y: i32) -> Area {
        Area {
            x: self.area.x + x,
            y: self.area.y + y,
            ..self.area
        }
    }
}

/// The siblings that a step waits for.
fn awaits(definition: &Definition, step: usize) -> Vec<usize> {
    let awaits = definition.steps[step].awaits.iter();
    awaits.copied().map(usize::from).collect()
}

/// The siblings that wait for no other, then those that wait for these, and so on.
fn levels(definition: &Definition, unit: &Range<usize>) -> Vec<Vec<usize>> {
    let mut levels: Vec<Vec<usize>> = Vec::new();
    for step in unit.clone() {
        let awaits = awaits(definition, step);
        let after = levels
            .iter()
            .rposition(|level| level.iter().any(|other| awaits.contains(other)));
        let level = after.map_or(0, |level| level + 1);
        if level == levels.len() {
            levels.push(Vec::new());
        }
        levels[level].push(step);
    }
    levels
}

/// Arranges cards in rows of up to three, as long as they are not too wide.
fn side_by_side(
    definition: &Definition,
    steps: &[usize],
    limit: i32,
    at: &[(Tone, &str)],
) -> Vec<Vec<Placed>> {
    let columns = match steps.len() {
        few @ ..=3 => few.max(1),
        4 => 2,
        _ => 3,
    };
    let count = i32::try_from(columns).unwrap_or(1);
    let share = (limit - GAP * (count - 1)) / count;
    let (mut lines, mut line) = (Vec::new(), Vec::new());
    let mut room = limit;
    for &step in steps {
        let turns = definition.steps[step].savepoint.is_some();
        let gutter = if turns { LOOP } else { 0 };
        let placed = Placed::new(definition, step, (share - gutter).min(ALONE), at);
        let width = placed.card.width + gutter;
        if !line.is_empty() && (room < width || line.len() == columns) {
            lines.push(std::mem::take(&mut line));
            room = limit;
        }
        line.push(placed);
        room -= width + GAP;
    }
    lines.push(line);
    lines
}
