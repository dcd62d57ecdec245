//! The layout: blocks below each other, and the lanes between them.

use super::{
    block::Block,
    canvas::{Area, Canvas, Lane},
    legend,
    look::Look,
};
use crate::{
    definition::{Condition, Definition, Kind},
    diagram::tone::Tone,
};
use std::ops::Range;

pub(super) struct Scene {
    blocks: Vec<Block>,
    /// The frames around the blocks of each `when`.
    frames: Vec<Frame>,
    /// The index of the pivot's block: no rollback passes it.
    pivot: Option<usize>,
    begin: Pill,
    end: Pill,
    compensated: Pill,
    pub(super) width: i32,
}

/// The frame of a `when`, with the text on it.
struct Frame {
    /// The indices of its blocks.
    blocks: Range<usize>,
    label: String,
    width: i32,
}

/// A rounded box with one line.
struct Pill {
    look: Look,
    text: String,
    width: i32,
}

const MARGIN: i32 = 8;
/// The distance between blocks.
const GAP: i32 = 38;
/// The distance between blocks at the point of no return.
const PIVOT_GAP: i32 = 70;
/// The distance from the middle to each of the two lanes.
const LANE: i32 = 16;
/// The minimum distance from a pill to the middle.
const NEAR: i32 = 4;
/// The distance from a frame to its blocks: above, for its label; at the sides; and below.
const FRAME_HEAD: i32 = 24;
const FRAME_PAD: i32 = 12;
const FRAME_FOOT: i32 = 10;
const PILL: i32 = 30;
/// The maximum width of a text in a pill.
const WIDEST: i32 = 420;
/// The minimum width of a card that is alone in its block, and of the space for the two pills at
/// the top.
const NARROW: i32 = 260;
const BELOW: &str = "nothing below is undone";

impl Scene {
    pub(super) fn of(definition: &Definition, places: &[(Tone, &str)]) -> Self {
        let units = definition.rows();
        let mut blocks: Vec<_> = units
            .iter()
            .map(|unit| Block::of(definition, unit, places))
            .collect();
        let alone = blocks.iter().filter(|block| block.is_alone());
        let alone = alone
            .map(|block| block.width)
            .max()
            .unwrap_or(0)
            .max(NARROW);
        for block in &mut blocks {
            block.widen(alone);
        }
        let frames = definition.conditions.iter();
        let frames = frames.filter_map(|condition| Frame::of(condition, &units, &blocks));
        let mut compensated = vec!["compensated".to_owned()];
        compensated.extend(definition.told_of_failed());
        let begin = format!("{}{}", definition.name, definition.parameters());
        let mut scene = Self {
            begin: Pill::new(Look::Name, &begin),
            end: Pill::new(Look::Code, &format!("completed → {}", definition.result())),
            compensated: Pill::new(Look::Undo, &compensated.join(", ")),
            pivot: units
                .iter()
                .position(|unit| definition.steps[unit.start].kind == Kind::Pivot),
            frames: frames.collect(),
            blocks,
            width: 0,
        };
        scene.width = scene.widest() + 2 * MARGIN;
        scene
    }

    /// The width that is needed if everything is centred.
    fn widest(&self) -> i32 {
        let blocks = self
            .blocks
            .iter()
            .map(|block| block.width + 2 * block.gutter());
        let beside = self
            .pivot
            .map(|_| 2 * (LANE + 12 + Look::Words.width(BELOW)));
        let tops = self.begin.width.max(self.compensated.width);
        let pills = [2 * (NEAR + tops), self.end.width];
        let frames = self.frames.iter().map(|frame| frame.width);
        blocks
            .chain(frames)
            .chain(beside)
            .chain(pills)
            .max()
            .unwrap_or(0)
            .max(NARROW)
    }

    /// Returns the picture's height.
    pub(super) fn draw(&self, definition: &Definition, canvas: &mut Canvas) -> i32 {
        let middle = self.width / 2;
        let mut y = MARGIN;
        self.begin.draw(canvas, middle - NEAR - self.begin.width, y);
        self.compensated.draw(canvas, middle + NEAR, y);
        y += PILL;
        for (index, block) in self.blocks.iter().enumerate() {
            y = self.lanes(canvas, index, y);
            let begins = |frame: &&Frame| frame.blocks.start == index;
            if let Some(frame) = self.frames.iter().find(begins) {
                frame.draw(canvas, middle, y, &self.blocks[frame.blocks.clone()]);
            }
            block.draw(canvas, middle - block.width / 2, y);
            y += block.height;
        }
        y = self.lanes(canvas, self.blocks.len(), y);
        self.end.draw(canvas, middle - self.end.width / 2, y);
        y += PILL + MARGIN;
        legend::draw(definition, canvas, MARGIN, y, self.width - MARGIN) + MARGIN
    }

    /// Draws the lanes into the block with this index, and returns where the block begins.
    fn lanes(&self, canvas: &mut Canvas, into: usize, y: i32) -> i32 {
        let middle = self.width / 2;
        let passed = self.pivot.is_some_and(|pivot| into > pivot);
        let is_pivot_passed = passed && into == self.pivot.unwrap_or(into) + 1;
        let framed = self.frames.iter().any(|frame| frame.blocks.start == into);
        // The label of a frame is below the words about the pivot.
        let end = y + match (is_pivot_passed, framed) {
            (true, true) => PIVOT_GAP + FRAME_HEAD,
            (true, false) => PIVOT_GAP,
            (false, _) => GAP,
        };
        if is_pivot_passed {
            let line = y + PIVOT_GAP / 2;
            canvas.path(
                "saga-pivot-line",
                format_args!("M{MARGIN} {line}H{}", self.width - MARGIN),
            );
            canvas.text(MARGIN, line - 8, Look::Pivot, "point of no return");
            canvas.text(MARGIN, line + 18, Look::Words, BELOW);
        }
        canvas.arrow(Lane::Go, middle - LANE, y + 1, end - 2);
        if !passed && into < self.blocks.len() {
            canvas.arrow(Lane::Back, middle + LANE, end - 1, y + 2);
        }
        end
    }
}

impl Frame {
    /// Returns `None` if the steps of the condition are not whole blocks.
    fn of(condition: &Condition, units: &[Range<usize>], blocks: &[Block]) -> Option<Self> {
        let (first, len) = (usize::from(condition.first), usize::from(condition.len));
        let start = units.iter().position(|unit| unit.start == first)?;
        let inside = units[start..].iter();
        let count = inside.take_while(|unit| unit.start < first + len).count();
        let blocks = blocks.get(start..start + count)?;
        let widest = blocks.iter().map(|block| block.width + 2 * block.gutter());
        let width = widest.max()? + 2 * FRAME_PAD;
        let room = width / 2 - FRAME_PAD - LANE - NEAR;
        Some(Self {
            blocks: start..start + count,
            label: Look::Words.fitted(&Definition::frame(condition), room),
            width,
        })
    }

    /// Draws the frame behind its blocks, the first of which is at `y`.
    fn draw(&self, canvas: &mut Canvas, middle: i32, y: i32, blocks: &[Block]) {
        let gaps = GAP * (i32::try_from(blocks.len()).unwrap_or(1) - 1);
        let heights: i32 = blocks.iter().map(|block| block.height).sum();
        let area = Area {
            x: middle - self.width / 2,
            y: y - FRAME_HEAD,
            width: self.width,
            height: FRAME_HEAD + heights + gaps + FRAME_FOOT,
        };
        canvas.rect("saga-frame", area, 9);
        canvas.text(area.x + FRAME_PAD, y - 8, Look::Words, &self.label);
    }
}

impl Pill {
    fn new(look: Look, text: &str) -> Self {
        let text = look.fitted(text, WIDEST);
        let width = look.width(&text) + 24;
        Self { look, text, width }
    }

    fn draw(&self, canvas: &mut Canvas, x: i32, y: i32) {
        let area = Area {
            x,
            y,
            width: self.width,
            height: PILL,
        };
        canvas.rect("saga-frame", area, 9);
        canvas.text(x + 12, y + 20, self.look, &self.text);
    }
}
