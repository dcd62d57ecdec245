//! The card of one step: the step above, its compensation below.

use super::{
    canvas::{Area, Canvas},
    look::Look,
    row::{LINE, Mark, Row, rows},
};
use crate::{
    definition::{Compensation, Definition, Kind, Step},
    diagram::{
        tone::Tone,
        words::{Words, left},
    },
};

/// A step's texts, measured.
pub(super) struct Card {
    kind: Kind,
    tone: Option<Tone>,
    title: String,
    above: Vec<Row>,
    /// The strip of the compensation.
    below: Vec<Row>,
    turns: bool,
    /// It is a loop, so it is drawn as a stack of cards.
    loops: bool,
    /// It is a child saga, which has a picture of its own.
    nests: bool,
    pub(super) width: i32,
    pub(super) height: i32,
}

/// The distance from the edge to the text.
const PAD: i32 = 13;
const RADIUS: i32 = 7;
/// The maximum width at which a name is shown.
const WIDEST: i32 = 380;
/// The minimum width of a card.
const NARROWEST: i32 = 110;
/// The offset between the cards of a loop's stack.
const STACK: i32 = 4;
/// The distance of a child saga's second edges from the first.
const SIDE: i32 = 6;
/// The distance by which a savepoint's arrow extends to the left.
pub(super) const LOOP: i32 = 18;

impl Card {
    /// Breaks lines at `limit`; names may be wider. `place` is the state of the step, in a picture
    /// of a run.
    pub(super) fn of(
        definition: &Definition,
        index: usize,
        limit: i32,
        place: Option<(Tone, &str)>,
    ) -> Self {
        let step = &definition.steps[index];
        let limit = limit - 2 * PAD;
        let (mut above, below) = (
            above(definition, index, limit),
            below(definition, index, limit),
        );
        if let Some((tone, words)) = place {
            let at = rows(
                Look::At(tone),
                Some(Mark::At(tone)),
                &[words.to_owned()],
                limit,
            );
            above.splice(1..1, at);
        }
        let widest = above.iter().chain(&below).map(Row::width).max();
        Self {
            kind: step.kind,
            tone: place.map(|(tone, _)| tone),
            title: title(step),
            width: widest.unwrap_or(0).max(NARROWEST) + 2 * PAD,
            height: lines(&above) + lines(&below),
            above,
            below,
            turns: step.savepoint.is_some(),
            loops: step.items.is_some(),
            nests: step.saga().is_some(),
        }
    }

    /// The space that the card needs on its left.
    pub(super) fn gutter(&self) -> i32 {
        if self.turns { LOOP } else { 0 }
    }

    pub(super) fn draw(&self, canvas: &mut Canvas, area: Area) {
        canvas.group(&self.title, |canvas| {
            let class = match self.kind {
                Kind::Step => "saga-box",
                Kind::Pivot => "saga-box-pivot",
                Kind::Read | Kind::Signal | Kind::Sleep | Kind::Lock => "saga-box-read",
            };
            if self.loops {
                stack(canvas, area);
            }
            let on = self
                .tone
                .map(|tone| format!("{class} saga-on-{}", tone.word()));
            canvas.rect(on.as_deref().unwrap_or(class), area, RADIUS);
            if self.nests {
                sides(canvas, area);
            }
            draw_rows(canvas, &self.above, area, area.y);
            if !self.below.is_empty() {
                self.strip(canvas, area);
            }
            if self.turns {
                let from = area.bottom() - PAD - 2;
                canvas.turn(area.x, from, area.y + 17, LOOP - 2);
            }
        });
    }

    fn strip(&self, canvas: &mut Canvas, area: Area) {
        let top = area.bottom() - lines(&self.below);
        let (left, right, bottom) = (area.x + 1, area.right() - 1, area.bottom() - 1);
        let round = RADIUS - 1;
        canvas.path(
            "saga-strip",
            format_args!(
                "M{left} {top}H{right}V{}a{round} {round} 0 0 1 -{round} {round}\
             H{}a{round} {round} 0 0 1 -{round} -{round}z",
                bottom - round,
                left + round
            ),
        );
        canvas.path("saga-strip-edge", format_args!("M{left} {top}H{right}"));
        draw_rows(canvas, &self.below, area, top);
    }
}

/// The edges of two more cards behind this one.
fn stack(canvas: &mut Canvas, area: Area) {
    for behind in [2 * STACK, STACK] {
        let (left, top) = (area.x + RADIUS + behind, area.y + RADIUS + behind);
        let (right, bottom) = (area.right() + behind, area.bottom() + behind);
        canvas.path(
            "saga-strip-edge",
            format_args!("M{left} {bottom}H{right}V{top}"),
        );
    }
}

/// The second edges of a child saga's card, like those of a subroutine in a flowchart.
fn sides(canvas: &mut Canvas, area: Area) {
    for x in [area.x + SIDE, area.right() - SIDE] {
        let (top, bottom) = (area.y, area.bottom());
        canvas.path("saga-box", format_args!("M{x} {top}V{bottom}"));
    }
}

fn draw_rows(canvas: &mut Canvas, rows: &[Row], area: Area, top: i32) {
    for (line, row) in (1..).zip(rows) {
        row.draw(
            canvas,
            area.x + PAD,
            area.right() - PAD,
            top + 4 + line * LINE,
        );
    }
}

/// The height of some lines, including the space around them.
fn lines(rows: &[Row]) -> i32 {
    match i32::try_from(rows.len()) {
        Ok(0) | Err(_) => 0,
        Ok(count) => count * LINE + 15,
    }
}

fn above(definition: &Definition, index: usize, limit: i32) -> Vec<Row> {
    let step = &definition.steps[index];
    let name = match step.kind {
        Kind::Pivot => Look::PivotName,
        Kind::Read | Kind::Step | Kind::Signal | Kind::Sleep | Kind::Lock => Look::Name,
    };
    let mut above = vec![Row {
        tag: if step.kind == Kind::Step {
            ""
        } else {
            step.kind.word()
        },
        ..Row::new(name, name.fitted(&step.name, WIDEST))
    }];
    above.extend(step.gives().map(|effect| {
        let effect = Look::Code.fitted(&format!("→ {effect}"), WIDEST);
        Row::new(Look::Code, effect)
    }));
    above.extend(step.saga_text().map(|saga| {
        let saga = Look::Code.fitted(&format!("= {saga}"), WIDEST);
        Row::new(Look::Code, saga)
    }));
    let words = step.words();
    above.extend(rows(
        Look::Words,
        None,
        &definition.conditions(index),
        limit,
    ));
    let waits = (!step.kind.acts()).then_some(Mark::Wait);
    above.extend(rows(Look::Words, waits, &words.policies, limit));
    let fallback = step
        .acting()
        .fallback
        .as_ref()
        .map(|call| format!("or fallback ({})", call.reads.join(", ")));
    above.extend(rows(Look::Words, None, fallback.as_slice(), limit));
    let savepoint = definition.savepoint(index);
    let savepoint = savepoint.map(|savepoint| format!("savepoint: {savepoint}"));
    above.extend(doubt(words, limit));
    above.extend(rows(Look::Turn, None, savepoint.as_slice(), limit));
    for told in definition.told(index) {
        above.extend(rows(Look::Words, Some(Mark::Told), &[told], limit));
    }
    above
}

fn doubt(words: Words, limit: i32) -> Vec<Row> {
    let mut ways = words.doubt;
    for way in ways.iter_mut().skip(1) {
        way.insert_str(0, "then ");
    }
    ways.extend(words.asking);
    rows(Look::Doubt, Some(Mark::Doubt), &ways, limit)
}

fn below(definition: &Definition, index: usize, limit: i32) -> Vec<Row> {
    let step = definition.steps[index].acting();
    match &step.compensation {
        Compensation::Absent if definition.rolls_back(index) => {
            let how = "rolled back".to_owned();
            rows(Look::Undo, Some(Mark::Undo), &[how], limit)
        }
        Compensation::Absent => Vec::new(),
        Compensation::None { again } => rows(Look::Undo, None, &[left(*again).to_owned()], limit),
        Compensation::With(other) => {
            let how = format!("undone with {}", definition.steps[usize::from(*other)].name);
            rows(Look::Undo, None, &[how], limit)
        }
        Compensation::Declared { by_key, call } => {
            let key = by_key.then(|| format!(" by {}", call.key()));
            let key = key.unwrap_or_default();
            let how = format!("undo{key} ({})", call.reads.join(", "));
            let parts: Vec<_> = [how].into_iter().chain(call.policies(step)).collect();
            rows(Look::Undo, Some(Mark::Undo), &parts, limit)
        }
    }
}

/// The texts in full, shown when the pointer is over the card.
fn title(step: &Step) -> String {
    let effect = step
        .gives()
        .map_or_else(String::new, |effect| format!(" → {effect}"));
    format!(
        "{} {}({}){effect}",
        step.kind.word(),
        step.name,
        step.acting().reads.join(", ")
    )
}
