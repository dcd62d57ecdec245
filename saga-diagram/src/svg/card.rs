//! One step: what it does above, how it is undone below.

use super::{
    canvas::{Area, Canvas},
    row::{LINE, Look, Mark, Row, rows},
};
use crate::graph::{Graph, Kind, Step, Undo};

/// A step's texts, measured.
pub(super) struct Card {
    kind: Kind,
    title: String,
    above: Vec<Row>,
    /// The strip of the compensation.
    below: Vec<Row>,
    turns: bool,
    pub(super) width: i32,
    pub(super) height: i32,
}

/// Between edge and text.
const PAD: i32 = 13;
const RADIUS: i32 = 7;
/// No name is shown wider.
const WIDEST: i32 = 380;
/// Nor is a card narrower.
const NARROWEST: i32 = 110;
/// How far a savepoint's loop reaches to the left.
pub(super) const LOOP: i32 = 18;

impl Card {
    /// Breaks lines at `limit`; names may be wider.
    pub(super) fn of(graph: &Graph, index: usize, limit: i32) -> Self {
        let step = &graph.steps[index];
        let limit = limit - 2 * PAD;
        let (above, below) = (above(graph, index, limit), below(step, limit));
        let widest = above.iter().chain(&below).map(Row::width).max();
        Self {
            kind: step.kind,
            title: title(step),
            width: widest.unwrap_or(0).max(NARROWEST) + 2 * PAD,
            height: lines(&above) + lines(&below),
            above,
            below,
            turns: step.savepoint.is_some(),
        }
    }

    /// How much room it needs at its left.
    pub(super) fn gutter(&self) -> i32 {
        if self.turns { LOOP } else { 0 }
    }

    pub(super) fn draw(&self, canvas: &mut Canvas, area: Area) {
        canvas.group(&self.title, |canvas| {
            let class = match self.kind {
                Kind::Read => "saga-box-read",
                Kind::Step => "saga-box",
                Kind::Pivot => "saga-box-pivot",
            };
            canvas.rect(class, area, RADIUS);
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
                "M{left} {top}H{right}V{}a{round} {round} 0 0 1 -{round} {round}H{}a{round} {round} 0 0 1 -{round} -{round}z",
                bottom - round,
                left + round
            ),
        );
        canvas.path("saga-strip-edge", format_args!("M{left} {top}H{right}"));
        draw_rows(canvas, &self.below, area, top);
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

/// How high some lines are, with room around them.
fn lines(rows: &[Row]) -> i32 {
    match i32::try_from(rows.len()) {
        Ok(0) | Err(_) => 0,
        Ok(count) => count * LINE + 15,
    }
}

fn above(graph: &Graph, index: usize, limit: i32) -> Vec<Row> {
    let step = &graph.steps[index];
    let name = match step.kind {
        Kind::Pivot => Look::PivotName,
        Kind::Read | Kind::Step => Look::Name,
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
    above.extend(rows(Look::Words, None, &graph.conditions(index), limit));
    above.extend(rows(Look::Words, None, &step.policies(), limit));
    let fallback = step
        .fallback
        .as_ref()
        .map(|clause| format!("or fallback ({})", clause.reads.join(", ")));
    above.extend(rows(Look::Words, None, fallback.as_slice(), limit));
    above.extend(doubt(step, limit));
    let savepoint = step
        .savepoint
        .as_ref()
        .map(|savepoint| format!("savepoint: {}", savepoint.turns()));
    above.extend(rows(Look::Turn, None, savepoint.as_slice(), limit));
    above
}

fn doubt(step: &Step, limit: i32) -> Vec<Row> {
    let mut ways = step.doubt();
    for way in ways.iter_mut().skip(1) {
        way.insert_str(0, "then ");
    }
    let asking = step.asking();
    ways.extend(asking);
    rows(Look::Doubt, Some(Mark::Doubt), &ways, limit)
}

fn below(step: &Step, limit: i32) -> Vec<Row> {
    match &step.undo {
        Undo::Absent => Vec::new(),
        Undo::None => rows(Look::Undo, None, &["left standing".to_owned()], limit),
        Undo::Declared { by_key, clause } => {
            let how = if *by_key { "undo by key" } else { "undo" };
            let how = format!("{how} ({})", clause.reads.join(", "));
            let parts: Vec<_> = [how].into_iter().chain(clause.policies(step)).collect();
            rows(Look::Undo, Some(Mark::Undo), &parts, limit)
        }
    }
}

/// What is shown to whoever points at a card, in full.
fn title(step: &Step) -> String {
    let effect = step
        .gives()
        .map_or_else(String::new, |effect| format!(" → {effect}"));
    format!(
        "{} {}({}){effect}",
        step.kind.word(),
        step.name,
        step.reads.join(", ")
    )
}
