//! Short descriptions of a step's declaration, the same in all formats.

use std::ops::Range;

use super::text::duration;
use crate::{
    definition::{
        Arm, Call, Child, Compensation, Condition, Definition, Emit, Hold, Items, Kind, Rare, Step,
    },
    order::Side,
    policy::{Backoff, Limit, Retry, Savepoint, Timing},
    text::Text,
};

/// A step's attributes and clauses as text.
///
/// A format shows these lists as they are, so an attribute that is just another policy needs no
/// change of any format.
pub(super) struct Words {
    /// How an attempt is limited and repeated.
    pub(super) policies: Vec<String>,
    /// The ways to settle an unknown outcome, in the order in which they are tried when the saga
    /// goes forward. Only a compensation by key has another place when it rolls back, after a cancel too,
    /// and says so.
    pub(super) doubt: Vec<String>,
    /// The policies of `resolve`, if it has its own.
    pub(super) asking: Option<String>,
}

impl Step {
    pub(super) fn words(&self) -> Words {
        let Self {
            // Shown by each format in its own way.
            name: _,
            effect: _,
            group: _,
            condition: _,
            reads: _,
            // Not shown: the reads imply it, and files differ from reader to reader.
            stands_on: _,
            started: _,
            line: _,
            kind,
            compensation,
            resolve,
            timeout,
            retry,
            idempotent,
            late,
            late_undo,
            retired,
            introduced,
            absent,
            rare,
        } = self;
        let Rare {
            // Shown by each format in its own way …
            when: _,
            fallback: _,
            child: _,
            lock: _,
            // … or by `Definition::awaited` and `Definition::savepoint`.
            awaits: _,
            savepoint: _,
            keyed_by,
            items,
            holds,
            // Not shown: a name in code.
            ident: _,
        } = rare.get();
        let word = match (absent, retired, introduced) {
            (true, _, _) => Some("absent"),
            (_, true, _) => Some("retired"),
            (_, _, true) => Some("introduced"),
            _ => None,
        };
        let version = word.map(str::to_owned);
        if let Some(Items { concurrent, .. }) = items {
            let mut words = self.acting().words();
            if *concurrent != 1 {
                words.policies.push(format!("{concurrent} at a time"));
            }
            words.policies.extend(holds.as_ref().map(Hold::shown));
            words.policies.extend(version);
            return words;
        }
        let resolves = resolve.as_ref().map(|_| {
            let late = late.as_ref().map(Timing::shown);
            match late.filter(|late| late != "0s") {
                Some(late) => format!("resolve after {late}"),
                None => "resolve".to_owned(),
            }
        });
        let key = keyed_by.as_deref().unwrap_or("key");
        let repeats = idempotent.then(|| format!("retry with the same {key}"));
        let undoes = compensation.declared().filter(|(by_key, _)| *by_key);
        let place = if resolves.is_some() || repeats.is_some() {
            ", first when rolling back"
        } else {
            ""
        };
        let undoes = undoes.map(|(_, call)| format!("undo by {}{place}", call.key()));
        let asking = resolve.as_ref().map(|call| call.policies(self).join(", "));
        // With `resolve`, its wait is shown, and usually the only one.
        let late = late.as_ref().filter(|_| *late_undo && resolve.is_none());
        let waits = late
            .map(Timing::shown)
            .map(|late| format!("undone {late} after an unconfirmed attempt"));
        let policies = match kind {
            Kind::Read | Kind::Step | Kind::Pivot => limits(timeout.as_ref(), retry.as_ref())
                .chain(waits)
                .chain(holds.as_ref().map(Hold::shown))
                .chain(version)
                .collect(),
            Kind::Signal | Kind::Sleep | Kind::Lock => {
                let wait = timeout.as_ref().map(Timing::shown);
                let wait = format!("waits {}", wait.as_deref().unwrap_or("forever"));
                [wait].into_iter().chain(version).collect()
            }
        };
        Words {
            policies,
            doubt: [resolves, repeats, undoes].into_iter().flatten().collect(),
            asking: asking
                .filter(|policies| !policies.is_empty())
                .map(|policies| format!("resolve: {policies}")),
        }
    }

    /// The child saga of the step, if there is one, and the services passed to it. The child may
    /// declare another name, and the macro knows only its path, so this is the last segment of
    /// both.
    pub(super) fn saga_text(&self) -> Option<String> {
        let Child {
            definition,
            services,
        } = self.saga()?;
        let path = definition.name.split('<').next().unwrap_or_default();
        let path = path.trim_end_matches(':');
        let name = path.rsplit(':').next().unwrap_or(path);
        let services = services.join(", ");
        Some(match &*services {
            "" => format!("saga {name}"),
            services => format!("saga {name} with ({services})"),
        })
    }

    /// The reads of its `when`, and those of its items.
    pub(super) fn decisions(&self) -> Vec<(&'static str, &[Text])> {
        let own = self
            .own_when()
            .filter(|_| !self.retired && !self.introduced);
        let own = own.map(|reads| ("when", &**reads));
        let Some(items) = &self.items else {
            return own.into_iter().collect();
        };
        let each = self.acting().when.as_deref();
        let each = each.map(|reads| ("each when", reads));
        let of = ("for each of", &*items.reads);
        own.into_iter().chain([of]).chain(each).collect()
    }

    /// The type of its effect, if it has one that others can read.
    pub(super) fn gives(&self) -> Option<&str> {
        Some(&*self.effect).filter(|effect| *effect != "()" && !effect.is_empty())
    }
}

impl Call {
    /// The key by which a `#[by_key]` compensation undoes the step.
    pub(super) fn key(&self) -> &str {
        self.keyed_by.as_deref().unwrap_or("key")
    }

    /// Its timeout, if that is not the step's own, and its attempts.
    pub(super) fn policies(&self, step: &Step) -> Vec<String> {
        let Self {
            reads: _,
            keyed_by: _,
            // As of the saga's own, nothing is shown.
            classified: _,
            timeout,
            retry,
        } = self;
        let of_step = step.timeout.as_ref().map(Timing::shown);
        let own = timeout
            .as_ref()
            .filter(|timeout| Some(timeout.shown()) != of_step);
        limits(own, retry.as_ref()).collect()
    }
}

/// What becomes of an effect that remains.
pub(super) const fn left(again: bool) -> &'static str {
    if again {
        "remains applied, called again in a rerun"
    } else {
        "remains applied"
    }
}

fn limits(timeout: Option<&Timing>, retry: Option<&Retry>) -> impl Iterator<Item = String> {
    let timeout = timeout.map(|timeout| format!("timeout {}", timeout.shown()));
    timeout.into_iter().chain(retry.map(Retry::attempts))
}

impl Hold {
    fn shown(&self) -> String {
        format!("holds {}", duration(self.lasts))
    }
}

impl Retry {
    fn attempts(&self) -> String {
        let Self { limit, backoff } = self;
        let waits = backoff.shown();
        match limit {
            Limit::Forever => format!("retry forever, {waits}"),
            Limit::Times(1) => "1 attempt".to_owned(),
            Limit::Times(times) => format!("{times} attempts, {waits}"),
        }
    }
}

impl Backoff {
    fn shown(&self) -> String {
        let Self {
            base,
            cap,
            jitter: _,
        } = self;
        format!("{}..{}", base.shown(), cap.shown())
    }
}

impl Timing {
    /// The duration as the language writes it; an expression without code is shown as it is
    /// written.
    fn shown(&self) -> String {
        self.unknown()
            .map_or_else(|| duration(self.get()), str::to_owned)
    }
}

impl Definition {
    /// How often the saga may run forward again from a step, and after whose failure.
    pub(super) fn savepoint(&self, index: usize) -> Option<String> {
        let Savepoint {
            limit,
            backoff,
            on,
            conditional,
        } = self.steps[index].savepoint.as_ref()?;
        let reruns = match limit {
            Limit::Forever => "reruns forever".to_owned(),
            Limit::Times(1) => "1 rerun".to_owned(),
            Limit::Times(times) => format!("{times} reruns"),
        };
        let on = on.as_ref().map_or_else(String::new, |on| {
            format!(" on {}", self.names(on).join(" or "))
        });
        let condition = if *conditional { ", if …" } else { "" };
        Some(format!("{reruns}{on}, {}{condition}", backoff.shown()))
    }

    /// The conditions under which a step runs.
    pub(super) fn conditions(&self, index: usize) -> Vec<String> {
        let step = &self.steps[index];
        let decisions = step
            .decisions()
            .into_iter()
            .map(|(word, reads)| match &step.items {
                Some(Items { item, ty, .. }) if word == "for each of" => {
                    format!("for each {item}: {ty} of ({})", reads.join(", "))
                }
                _ => format!("{word} ({})", reads.join(", ")),
            });
        let awaited = self.awaited(index);
        let awaited = (!awaited.is_empty()).then(|| format!("after {}", awaited.join(", ")));
        decisions.chain(awaited).collect()
    }

    /// Whether a step is a child saga that rolls back with this saga.
    pub(super) fn rolls_back(&self, index: usize) -> bool {
        let step = &self.steps[index];
        let side = u16::try_from(index).map(|index| self.side(index));
        let behind = side == Ok(Side::AfterPivot);
        step.saga().is_some() && matches!(step.compensation, Compensation::Absent) && !behind
    }

    /// The text on the frame of a `when` block.
    pub(super) fn frame(condition: &Condition) -> String {
        let words = condition.arm.words();
        match condition.arm {
            Arm::Else => words.to_owned(),
            Arm::When | Arm::ElseWhen => format!("{words} ({})", condition.reads.join(", ")),
        }
    }

    /// The events that are shown with this step.
    pub(super) fn told(&self, index: usize) -> Vec<String> {
        let step = &self.steps[index];
        let decides = |(word, _): &(&str, &[Text])| *word == "when";
        let skipped_alone = step.retired || step.decisions().iter().any(decides);
        let events = self.events.iter().filter(|emit| !emit.failed);
        let told = events.filter(|emit| self.shows(emit) == index);
        told.map(|emit| {
            let reads = emit.reads.join(", ");
            let block = emit
                .condition
                .map(|block| &self.conditions[usize::from(block)]);
            if block.is_some_and(|block| block.len == 0) {
                // An `else` of events alone.
                return format!("else emits ({reads})");
            }
            // The condition of the step is not a condition of the event.
            let skipped_before = step.condition.is_some() && emit.condition.is_none();
            let even = if skipped_alone || skipped_before {
                ", even if skipped"
            } else {
                ""
            };
            format!("emits ({reads}){even}")
        })
        .collect()
    }

    /// The step that an event is shown with: the one before it; if there is none, the one after it.
    /// In a `when` block, a step of that block.
    fn shows(&self, emit: &Emit) -> usize {
        let place = usize::from(emit.place);
        let block = emit
            .condition
            .map(|block| &self.conditions[usize::from(block)]);
        match block {
            Some(block) if usize::from(block.first) == place && block.len > 0 => place,
            Some(_) | None => place.saturating_sub(1),
        }
    }

    /// The events of a saga that was compensated.
    pub(super) fn told_of_failed(&self) -> Vec<String> {
        let events = self.events.iter().filter(|emit| emit.failed);
        events
            .map(|emit| format!("emits ({})", emit.reads.join(", ")))
            .collect()
    }

    /// The `when` block that begins with this step.
    pub(super) fn begins(&self, index: usize) -> Option<&Condition> {
        let mut conditions = self.conditions.iter().filter(|condition| condition.len > 0);
        conditions.find(|condition| usize::from(condition.first) == index)
    }

    /// The names of the siblings that a step waits for.
    pub(super) fn awaited(&self, index: usize) -> Vec<Text> {
        self.names(&self.steps[index].awaits)
    }

    fn names(&self, steps: &[u16]) -> Vec<Text> {
        let steps = steps
            .iter()
            .filter_map(|&step| self.steps.get(usize::from(step)));
        steps.map(|step| step.name.clone()).collect()
    }

    /// The title of the whole saga.
    pub(super) fn title(&self) -> String {
        let durable = if self.durable { "durable saga" } else { "saga" };
        format!("{durable} {}", self.name)
    }

    /// The names of its inputs, in parentheses.
    pub(super) fn parameters(&self) -> String {
        let names: Vec<_> = self.inputs.iter().map(|input| &*input.name).collect();
        format!("({})", names.join(", "))
    }

    /// The output of the saga.
    pub(super) fn result(&self) -> &str {
        match &*self.output {
            "_" => "all effects",
            output => output,
        }
    }

    /// The indices of single steps and of the steps of each block, in order.
    pub(super) fn rows(&self) -> Vec<Range<usize>> {
        self.units()
            .map(|unit| unit.start.into()..unit.end.into())
            .collect()
    }
}
