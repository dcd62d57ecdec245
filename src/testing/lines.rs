//! The calls of two sagas, as a report shows them.

use super::{
    cast::Part,
    compare::{Outcome, Serial},
    gate::Side,
    path::name,
    run::Stopped,
    schedule::Casts,
    story::{CallEnd, Called},
};
use std::fmt::Write as _;
use typed_saga_core::{CallKind, Verdict, definition::Kind, kernel::End};

/// Two sagas, and their names.
#[derive(Clone, Debug)]
pub(super) struct Two {
    pub(super) casts: Casts,
    /// With a letter after each name if both are the same saga.
    names: [String; 2],
}

impl Two {
    pub(super) fn of(casts: Casts) -> Self {
        let names = casts.each_ref().map(|cast| cast.root.name.to_string());
        let [a, b] = &names;
        let names = if a == b {
            Side::BOTH.map(|side| format!("{a} ({side})"))
        } else {
            names
        };
        Self { casts, names }
    }

    pub(super) fn name(&self, side: Side) -> &str {
        &self.names[side.index()]
    }

    /// The names of both sagas.
    pub(super) fn both(&self) -> String {
        self.names.join(" and ")
    }

    /// A text that a saga parked or did not end, if that is so.
    pub(super) fn stops<S>(&self, outcome: &Outcome<S>, side: Side) -> Option<String> {
        let saga = self.name(side);
        match (outcome.end(side), outcome.stopped(side)) {
            (Some(End::Parked), _) => Some(format!("{saga} parks")),
            (_, Some(Stopped::Endless(step, call))) => {
                let step = &self.casts[side.index()].part(*step).path;
                let call = name(*call);
                Some(format!("{saga} repeats the {call} of `{step}` forever"))
            }
            (_, Some(Stopped::Idle | Stopped::Unreadable(_))) => {
                Some(format!("{saga} does not go on"))
            }
            _ => None,
        }
    }

    /// A line for each call, and a remark about the first call whose answer occurs in no serial
    /// order.
    pub(super) fn lines<S>(
        &self,
        here: &Outcome<S>,
        serial: &Serial<S>,
    ) -> (Vec<String>, Option<String>) {
        let calls = here.played.made.iter();
        let calls = calls.filter_map(|made| Some((*made, here.call(*made)?)));
        let calls = calls.map(|(made, call)| {
            let part = self.casts[made.side.index()].part(call.site.step);
            (made, call, part)
        });
        let calls: Vec<_> = calls.collect();
        let of_saga = self.names.iter().map(|name| name.chars().count()).max();
        let of_step = calls.iter().map(|(.., part)| part.path.chars().count());
        let (of_saga, of_step) = (of_saga.unwrap_or(0), of_step.max().unwrap_or(0));
        let mut first = None;
        let mut before = here.played.began;
        let lines = calls.iter().map(|(made, call, part)| {
            let saga = self.name(made.side);
            let answer = in_words(part, call);
            let mut line = format!("{saga:of_saga$}  {:of_step$}  {answer}", part.path);
            let pause = made.at.duration_since(before);
            if !pause.is_zero() {
                let _ = write!(line, " ({pause:?} later)");
            }
            before = made.at;
            if first.is_none() {
                if let Some(remark) = self.remark(made.side, call, part, serial) {
                    first = Some(format!("{} {remark}", part.path));
                    let _ = write!(line, "  ← {remark}");
                }
            }
            line
        });
        (lines.collect(), first)
    }

    /// The answers of a call in the serial orders, if they differ from the answer here.
    fn remark<S>(
        &self,
        side: Side,
        call: &Called,
        part: &Part,
        serial: &Serial<S>,
    ) -> Option<String> {
        let same = serial.orders.each_ref().map(|it| it.same(side, call));
        let [a, b] = same.map(|same| same.map(|same| answer(part, same)));
        let here = answer(part, call);
        if [&a, &b].into_iter().flatten().any(|it| *it == here) {
            return None;
        }
        match (a, b) {
            (Some(a), Some(b)) if a == b => Some(format!("{a}, in both orders")),
            (Some(a), Some(b)) => Some(format!("{a} or {b}, in the two orders")),
            (Some(one), None) => Some(format!("{one}, when {} runs first", self.name(Side::A))),
            (None, Some(one)) => Some(format!("{one}, when {} runs first", self.name(Side::B))),
            (None, None) if call.site.call == CallKind::Action => {
                Some("called in neither order".to_owned())
            }
            (None, None) => None,
        }
    }
}

/// The answer of a call, as calls are compared.
fn answer(part: &Part, call: &Called) -> String {
    let end = match &call.end {
        CallEnd::Open => "not ended",
        CallEnd::Ok => match call.site.call {
            CallKind::Action if part.declared.kind == Kind::Read => "read",
            CallKind::Action if part.declared.kind == Kind::Lock => "locked",
            CallKind::Compensate => return "compensated".to_owned(),
            _ => "applied",
        },
        CallEnd::Answered(true) => "it happened",
        CallEnd::Answered(false) => "it did not happen",
        CallEnd::Failed {
            verdict: Some(Verdict::Refused),
            ..
        } => "refused",
        CallEnd::Failed { .. } => "failed",
        CallEnd::TimedOut => "timed out",
        CallEnd::Panicked => "panicked",
    };
    match call.site.call {
        CallKind::Action => end.to_owned(),
        CallKind::Compensate => format!("compensation {end}"),
        other => format!("{} {end}", name(other)),
    }
}

/// The answer of a call in words.
fn in_words(part: &Part, call: &Called) -> String {
    if call.fault.is_some() {
        return "refused, by the test".to_owned();
    }
    let answer = answer(part, call);
    match &call.end {
        CallEnd::Failed {
            words: Some(words), ..
        } => format!("{answer}: {words}"),
        _ => answer,
    }
}
