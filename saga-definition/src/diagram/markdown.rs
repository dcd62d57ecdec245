//! The table of steps, in Markdown.

use super::{text::plain, words::left};
use crate::definition::{Arm, Compensation, Definition, Step};
use std::fmt::Write;

pub(super) fn table(definition: &Definition) -> String {
    let mut table =
        "| step | kind | reads | compensation | in doubt | policies |\n|---|---|---|---|---|---|\n"
            .to_owned();
    for (index, step) in definition.steps.iter().enumerate() {
        let cells = [
            named(step),
            kind(definition, step),
            codes(&step.acting().reads),
            compensation(definition, index),
            safe(&step.words().doubt.join(", then ")),
            policies(definition, index),
        ];
        // Writing to a string cannot fail.
        let _ = writeln!(table, "| {} |", cells.join(" | "));
    }
    table
}

fn named(step: &Step) -> String {
    let gives = step.gives().map(|effect| format!(" → {}", code(effect)));
    code(&step.name) + &gives.unwrap_or_default()
}

fn kind(definition: &Definition, step: &Step) -> String {
    let word = match (&step.items, step.saga_text()) {
        (Some(_), Some(saga)) => format!("loop of {}", safe(&saga)),
        (Some(_), None) => format!("loop of {}", step.kind.word()),
        (None, Some(saga)) => safe(&saga),
        (None, None) if step.kind.acts() => step.kind.word().to_owned(),
        (None, None) => format!("⌛ {}", step.kind.word()),
    };
    let mut blocks: Vec<_> = definition
        .steps
        .iter()
        .filter_map(|step| step.group)
        .collect();
    blocks.dedup();
    let place = step
        .group
        .and_then(|block| blocks.iter().position(|&other| other == block));
    place.map_or_else(
        || word.clone(),
        |place| format!("{word} in block {}", place + 1),
    )
}

fn compensation(definition: &Definition, index: usize) -> String {
    let step = definition.steps[index].acting();
    match &step.compensation {
        Compensation::Absent if definition.rolls_back(index) => "rolled back".to_owned(),
        Compensation::Absent => String::new(),
        Compensation::None { again } => format!("none: {}", left(*again)),
        Compensation::With(other) => {
            let other = &definition.steps[usize::from(*other)].name;
            format!("with {}", code(other))
        }
        Compensation::Declared { by_key, call } => {
            let how = by_key.then(|| format!("by {}: ", safe(call.key())));
            let how = how.unwrap_or_default();
            let policies = call.policies(step);
            let policies = policies.iter().map(|policy| safe(policy));
            let parts = [format!("{how}{}", codes(&call.reads))]
                .into_iter()
                .chain(policies);
            parts.collect::<Vec<_>>().join("; ")
        }
    }
}

fn policies(definition: &Definition, index: usize) -> String {
    let step = &definition.steps[index];
    let governed = step
        .condition
        .and_then(|block| definition.conditions.get(usize::from(block)))
        .map(|condition| match condition.arm {
            Arm::Else => "in else".to_owned(),
            arm => format!("in {} {}", arm.words(), codes(&condition.reads)),
        });
    let decisions = step.decisions().into_iter();
    let decisions = decisions.map(|(word, reads)| format!("{word} {}", codes(reads)));
    let awaited = definition.awaited(index);
    let awaited = (!awaited.is_empty()).then(|| format!("after {}", codes(&awaited)));
    let fallback = step
        .acting()
        .fallback
        .as_ref()
        .map(|call| format!("fallback to {}", codes(&call.reads)));
    let words = step.words();
    let savepoint = definition.savepoint(index);
    let savepoint = savepoint.map(|savepoint| format!("savepoint, {}", safe(&savepoint)));
    let asking = words.asking.map(|asking| safe(&asking));
    let policies = words.policies.iter().map(|policy| safe(policy));
    let told = definition.told(index).into_iter();
    let told = told.map(|told| format!("✉ {}", safe(&told)));
    let rest = [asking, savepoint, fallback].into_iter().flatten();
    let conditions = governed.into_iter().chain(decisions).chain(awaited);
    let all = conditions.chain(policies).chain(rest).chain(told);
    all.collect::<Vec<_>>().join("; ")
}

fn codes(texts: &[impl AsRef<str>]) -> String {
    if texts.is_empty() {
        return "nothing".to_owned();
    }
    let codes = texts.iter().map(|text| code(text.as_ref()));
    codes.collect::<Vec<_>>().join(", ")
}

/// As code: only a bar would end it, and as many backticks as are around it, of which the text has
/// fewer.
fn code(text: &str) -> String {
    let text = plain(text).replace('|', "\\|");
    let mut longest = 0;
    let mut run = 0;
    for char in text.chars() {
        run = if char == '`' { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    let fence = "`".repeat(longest + 1);
    let space = if longest > 0 || text.is_empty() {
        " "
    } else {
        ""
    };
    format!("{fence}{space}{text}{space}{fence}")
}

/// Escapes text that may contain any expression as a duration.
fn safe(text: &str) -> String {
    let mut safe = String::new();
    for char in plain(text).chars() {
        if char.is_ascii_punctuation() && !matches!(char, '.' | ',' | ';' | ':' | '(' | ')') {
            safe.push('\\');
        }
        safe.push(char);
    }
    safe
}
