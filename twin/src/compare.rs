//! What differs between two runs.

use crate::{
    course::Course,
    seen::{Line, Seen},
};
use std::{collections::BTreeMap, fmt};

/// A difference that was found.
#[derive(Debug)]
pub struct Found {
    pub(crate) saga: &'static str,
    pub(crate) how: &'static str,
    pub(crate) course: Box<Course>,
    pub(crate) what: String,
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            saga,
            how,
            course,
            what,
        } = self;
        write!(f, "`{saga}` {how} differs, on {course:?}\n{what}")
    }
}

/// What differs. Without blocks, all is equal, one after the other. With them, what is said of each
/// step: two siblings that end in one poll may be noted in either order, and in one commit or in two.
#[must_use]
pub fn difference(current: &Seen, frozen: &Seen, blocks: bool) -> Option<String> {
    let parts = current.parts().into_iter().zip(frozen.parts());
    let mut found = parts.filter_map(|((name, current), (_, frozen))| {
        let what = if blocks {
            by_step(current, frozen)
        } else {
            in_order(&texts(current), &texts(frozen))
        };
        what.map(|what| format!("{name}: {what}"))
    });
    found.next()
}

/// What belongs to the order of all steps, and not to one of them.
pub(crate) const COMMIT: &str = "commit";

fn by_step(current: &[Line], frozen: &[Line]) -> Option<String> {
    let (current, frozen) = (steps(current), steps(frozen));
    let names = current.keys().chain(frozen.keys());
    let mut found = names.filter_map(|name| {
        let of = |side: &BTreeMap<&str, Vec<String>>| side.get(name).cloned().unwrap_or_default();
        in_order(&of(&current), &of(&frozen)).map(|what| format!("of `{name}`: {what}"))
    });
    found.next()
}

fn steps(lines: &[Line]) -> BTreeMap<&str, Vec<String>> {
    let mut steps: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for line in lines.iter().filter(|line| line.of != COMMIT) {
        steps.entry(&*line.of).or_default().push(line.text.clone());
    }
    steps
}

fn texts(lines: &[Line]) -> Vec<String> {
    let texts = lines
        .iter()
        .map(|line| format!("{}: {}", line.of, line.text));
    texts.collect()
}

/// The first line that differs, with those before it.
fn in_order(current: &[String], frozen: &[String]) -> Option<String> {
    let longer = current.len().max(frozen.len());
    let at = (0..longer).find(|&at| current.get(at) != frozen.get(at))?;
    let before = &current[at.saturating_sub(5)..at];
    let shown = |side: &[String]| {
        side.get(at)
            .cloned()
            .unwrap_or_else(|| "nothing".to_owned())
    };
    Some(format!(
        "line {at}\n  before:  {}\n  current: {}\n  frozen:  {}",
        before.join("\n           "),
        shown(current),
        shown(frozen),
    ))
}
