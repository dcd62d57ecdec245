//! The legend: the meaning of the signs that occur in the picture.

use super::{
    canvas::{Area, Canvas, Lane},
    look::Look,
};
use crate::definition::{Definition, Kind, Step};

#[derive(Clone, Copy)]
enum Sign {
    Go,
    Back,
    Read,
    Wait,
    Doubt,
    Savepoint,
    Events,
}

/// The distance between entries.
const GAP: i32 = 18;
/// The width of a sign, including its distance from the words.
const SIGN: i32 = 20;
const LINE: i32 = 20;

/// Returns the `y` at which the legend ends.
pub(super) fn draw(
    definition: &Definition,
    canvas: &mut Canvas,
    left: i32,
    top: i32,
    right: i32,
) -> i32 {
    let (mut x, mut y) = (left, top + 22);
    for (sign, words) in signs(definition) {
        let width = SIGN + Look::Words.width(words);
        if x > left && x + width > right {
            (x, y) = (left, y + LINE);
        }
        sign.draw(canvas, x, y);
        canvas.text(x + SIGN, y, Look::Words, words);
        x += width + GAP;
    }
    y + 6
}

fn signs(definition: &Definition) -> impl Iterator<Item = (Sign, &'static str)> {
    let any = |has: fn(&Step) -> bool| definition.steps.iter().any(has);
    let all = [
        (true, Sign::Go, "forward"),
        (true, Sign::Back, "rollback"),
        (
            any(|step| step.kind == Kind::Read),
            Sign::Read,
            "only reads",
        ),
        (any(|step| !step.kind.acts()), Sign::Wait, "waits"),
        (
            any(|step| !step.words().doubt.is_empty()),
            Sign::Doubt,
            "settles an unknown outcome",
        ),
        (
            any(|step| step.savepoint.is_some()),
            Sign::Savepoint,
            "rerun from here",
        ),
        (
            definition.events.iter().any(|emit| !emit.failed),
            Sign::Events,
            "emits events at the end",
        ),
    ];
    all.into_iter()
        .filter(|(occurs, ..)| *occurs)
        .map(|(_, sign, words)| (sign, words))
}

impl Sign {
    fn draw(self, canvas: &mut Canvas, x: i32, baseline: i32) {
        match self {
            Self::Go => canvas.arrow(Lane::Go, x + 6, baseline - 12, baseline + 3),
            Self::Back => canvas.arrow(Lane::Back, x + 6, baseline + 3, baseline - 12),
            Self::Read => canvas.rect(
                "saga-box-read",
                Area {
                    x: x + 1,
                    y: baseline - 10,
                    width: 14,
                    height: 12,
                },
                3,
            ),
            Self::Wait => canvas.hourglass(x + 3, baseline - 10),
            Self::Doubt => {
                canvas.dot("saga-doubt-dot", x + 8, baseline - 4, 6);
                canvas.text(x + 8, baseline - 1, Look::Mark, "?");
            }
            Self::Events => canvas.envelope(x + 1, baseline - 9),
            Self::Savepoint => canvas.turn(x + 15, baseline + 2, baseline - 9, 12),
        }
    }
}
