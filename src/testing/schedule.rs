//! A schedule of two sagas: whose call comes next, and which call is refused. A schedule that was
//! written as text can be played again.

use super::{
    cast::Cast,
    fault::Fault,
    gate::Side,
    path::{Path, Site},
};
use std::{fmt::Write as _, sync::Arc};
use typed_saga_core::{CallKind, Verdict, definition::Definition};

/// A call that is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Refusal {
    pub(super) side: Side,
    pub(super) site: Site,
}

/// The sagas whose calls are made, one after the other, and the call that is refused.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Schedule {
    pub(super) turns: Vec<Side>,
    pub(super) refusal: Option<Refusal>,
}

/// The steps of both sagas.
pub(super) type Casts = [Arc<Cast>; 2];

impl Refusal {
    /// The faults of the calls of one of the sagas.
    pub(super) fn path(&self, of: Side, casts: &Casts) -> Path {
        if self.side != of {
            return Path::default();
        }
        let definition = casts[of.index()].part(self.site.step).definition;
        Path(vec![(self.site, fault(definition))])
    }

    /// The refusal as text. It names the saga only if both sagas have a step of this name.
    pub(super) fn write(&self, casts: &Casts) -> String {
        let name = casts[self.side.index()].part(self.site.step).path.clone();
        let mut text = String::new();
        if find(&name, self.side.other(), casts).is_some() {
            let _ = write!(text, "{} ", self.side);
        }
        text.push_str(&name);
        if self.site.nth > 0 {
            let _ = write!(text, " {}", self.site.nth + 1);
        }
        text + " refused"
    }

    fn read(text: &str, casts: &Casts) -> Result<Self, String> {
        let unclear = || format!("`{text}` is not a step and `refused`, as in `label refused`");
        let words: Vec<_> = text.split_whitespace().collect();
        let [words @ .., "refused"] = &words[..] else {
            return Err(unclear());
        };
        let (sides, words) = match words {
            ["A", rest @ ..] => (&[Side::A][..], rest),
            ["B", rest @ ..] => (&[Side::B][..], rest),
            words => (&Side::BOTH[..], words),
        };
        let (name, nth) = match words {
            [name] => (name, 0),
            [name, nth] => {
                let nth = nth.parse::<u32>().ok().and_then(|nth| nth.checked_sub(1));
                (name, nth.ok_or_else(unclear)?)
            }
            _ => return Err(unclear()),
        };
        let found = sides.iter().filter_map(|side| {
            let step = find(name, *side, casts)?;
            Some((*side, step))
        });
        let found: Vec<_> = found.collect();
        match found[..] {
            [] => Err(format!("no step is called `{name}`")),
            [(side, step)] => {
                let call = CallKind::Action;
                Ok(Self {
                    side,
                    site: Site { step, call, nth },
                })
            }
            _ => Err(format!(
                "both sagas have a step `{name}`: write `A {text}` or `B {text}`"
            )),
        }
    }
}

/// The step of one of the sagas with this path.
fn find(path: &str, side: Side, casts: &Casts) -> Option<u16> {
    casts[side.index()].find(path)
}

/// The fault that refuses a step of this saga. Without `#[classify]`, any error does, on every
/// attempt.
fn fault(of: &Definition) -> Fault {
    match verdict(of) {
        Verdict::Refused => Fault::Fails(Verdict::Refused),
        other => Fault::FailsForGood(other),
    }
}

/// The verdict on an error that refuses a step of this saga.
pub(super) fn verdict(of: &Definition) -> Verdict {
    if of.classified {
        Verdict::Refused
    } else {
        Verdict::Transient
    }
}

impl Schedule {
    /// Reads a schedule: `B A B B`, or `B A B B, label refused`.
    pub(super) fn read(text: &str, casts: &Casts) -> Result<Self, String> {
        let (turns, refusal) = match text.split_once(',') {
            Some((turns, refusal)) => (turns, Some(refusal.trim())),
            None => (text, None),
        };
        let letters = turns.chars().filter(|letter| !letter.is_whitespace());
        let turns = letters.map(|letter| match letter {
            'A' => Ok(Side::A),
            'B' => Ok(Side::B),
            other => Err(format!(
                "`{other}` is neither `A`, a call of the first saga, nor `B`, one of the second"
            )),
        });
        Ok(Self {
            turns: turns.collect::<Result<_, _>>()?,
            refusal: refusal.map(|it| Refusal::read(it, casts)).transpose()?,
        })
    }

    /// The schedule as text that [`read`](Self::read) takes. The last saga continues at the end, so
    /// one letter is enough for its last calls.
    pub(super) fn write(&self, casts: &Casts) -> String {
        let last = self.turns.last();
        let other = self.turns.iter().rposition(|side| Some(side) != last);
        let needed = other.map_or(1, |other| other + 2);
        let letters = self.turns.iter().take(needed).map(Side::to_string);
        let mut text = letters.collect::<Vec<_>>().join(" ");
        if let Some(refusal) = &self.refusal {
            let _ = write!(text, ", {}", refusal.write(casts));
        }
        text
    }
}
