//! Random sagas, random changes, any position. If the rule allows the change, the saga continues under
//! the other version; if it does not, there is some saga that an engine refuses.

use std::collections::BTreeMap;

use typed_saga_core::{
    End,
    definition::{Definition, Released, differences},
    kernel::{Command, Event, Kernel, Phase},
};

use super::random::{CHANGES, Saga};
use crate::{
    journal::fold::Folded,
    journal::sample::{Random, every_event, journal_of, kernel},
    journal::schema::continued,
};

/// Random events that fit, applied to the kernel.
pub(super) fn go_on(kernel: &mut Kernel, random: &mut Random, length: usize) -> Vec<Event> {
    let definition = kernel.definition().clone();
    let mut every = every_event(u16::try_from(definition.steps.len()).unwrap());
    for block in 0..u16::try_from(definition.conditions.len()).unwrap() {
        every.extend([true, false].map(|taken| Event::Decided { block, taken }));
    }
    let mut run = Vec::new();
    for _ in 0..length {
        // Requests and operators' actions are rare, and half of the calls succeed.
        let rare = |event: &Event| {
            let asked = matches!(event, Event::Settled { .. } | Event::Signalled { .. });
            asked
                || event.step().is_none()
                    && !matches!(event, Event::Resumed | Event::Decided { .. })
        };
        let well =
            |event: &Event| matches!(event, Event::Applied { .. } | Event::Compensated { .. });
        let (rarely, is_well) = (random.below(20) == 0, random.below(2) == 0);
        // The `when` of the step is false, or true.
        let is_decided = |kernel: &Kernel, event: Event| {
            let Some(step) = event.step() else {
                return false;
            };
            let declared = &definition.steps[usize::from(step)];
            let asks = || kernel.clone().apply(Event::Skipped { step }).is_ok();
            match event {
                Event::Attempting { .. } => declared.retired && asks(),
                Event::WhenPanicked { .. } => (declared.retired || declared.introduced) && asks(),
                // The kernel does not say of a step that waits whether it has a `when`.
                Event::Skipped { .. } => declared.introduced || declared.when.is_none(),
                _ => false,
            }
        };
        let fits = every.iter().copied().filter(|event| {
            (rarely || !rare(event))
                && !is_decided(kernel, *event)
                && kernel.clone().apply(*event).is_ok()
        });
        let fits: Vec<_> = fits.collect();
        let chosen: Vec<_> = match fits.iter().position(well).filter(|_| is_well) {
            Some(place) => vec![fits[place]],
            None => fits,
        };
        let ended = Command::End(End::Completed) == kernel.next()
            || Command::End(End::Compensated) == kernel.next();
        // Nothing more is recorded for a saga that has ended.
        if chosen.is_empty() || ended {
            break;
        }
        let event = chosen[random.below(chosen.len())];
        kernel.apply(event).unwrap();
        run.push(event);
    }
    run
}

/// A saga at some position of its run.
struct Position {
    run: Vec<Event>,
    folded: Folded,
}

fn positions(old: &'static Definition, random: &mut Random) -> Vec<Position> {
    let mut positions = Vec::new();
    for _ in 0..12 {
        let run = go_on(&mut kernel(old), random, 40);
        for length in 0..=run.len() {
            let run = run[..length].to_vec();
            let commits = journal_of(old, &run);
            let folded = Folded::of(old, &commits).unwrap();
            positions.push(Position { run, folded });
        }
    }
    positions
}

impl Position {
    /// The saga as it continues under another version, if it can.
    fn under(&self, new: &'static Definition) -> Option<Folded> {
        let definition = continued(&self.folded, new).ok()?;
        let folded = self.folded.clone().under(definition);
        folded.unasked().is_none().then_some(folded)
    }

    /// Under the other version the saga is at the same position.
    fn is_there(&self, again: &Folded) {
        let (was, is) = (&self.folded.run.kernel, &again.run.kernel);
        assert_eq!(was.direction(), is.direction());
        for (step, declared) in (0..).zip(was.definition().steps.iter()) {
            let mut steps = (0..).zip(is.definition().steps.iter());
            let now = steps.find(|(_, step)| step.name == declared.name);
            // A step that was retired may have been removed.
            if let Some((now, declared)) = now {
                let goes_without = declared.absent && is.phase(now) == Phase::Skipped;
                let same = was.phase(step) == is.phase(now) || goes_without;
                assert!(same, "{:?}", self.run);
                assert_eq!(was.round(step), is.round(now), "{:?}", self.run);
            }
        }
    }
}

/// The definition as `sagas.released` has it.
fn of_file(definition: &'static Definition) -> Definition {
    let version = Released {
        fingerprint: definition.fingerprint(),
        date: "2026-11-01".into(),
        definition: definition.into(),
    };
    let read = Released::all(&Released::file(&[version]), None).unwrap();
    (*read[0].definition).clone()
}

#[derive(Debug, Default)]
struct Count {
    /// The rule allows the change.
    fit: usize,
    /// The rule does not allow the change, and there is a saga that cannot continue.
    refused: usize,
    /// The rule does not allow the change, but no saga was found that cannot continue.
    cautious: usize,
}

#[test]
fn what_the_rule_lets_pass_goes_on_from_everywhere() {
    let mut random = Random::drawn(7);
    let mut counts: BTreeMap<&str, Count> = BTreeMap::new();
    for _ in 0..100 {
        let saga = Saga::random(&mut random);
        let old = saga.declared();
        let released = of_file(old);
        let positions = positions(old, &mut random);
        for (name, change) in CHANGES {
            let new = saga.changed(change, &mut random).declared();
            if new == old {
                continue;
            }
            let count = counts.entry(name).or_default();
            let found = differences(old, new);
            // Whatever a file leaves out may change.
            assert_eq!(differences(&released, new), found);
            let fits = found.is_empty();
            let mut stranded = false;
            for position in &positions {
                let again = position.under(new);
                stranded |= again.is_none();
                assert!(
                    again.is_some() || !fits,
                    "{name}, {:?}: {old:#?} {new:#?}",
                    position.run
                );
                if let Some(again) = again {
                    position.is_there(&again);
                }
            }
            match (fits, stranded) {
                (true, _) => count.fit += 1,
                (false, true) => count.refused += 1,
                (false, false) => count.cautious += 1,
            }
        }
    }
    // Types that are written differently can only be told apart by what is recorded.
    let of_types = counts.remove("effect").unwrap();
    assert!(of_types.fit == 0 && of_types.refused == 0, "{of_types:?}");
    let sum = |of: fn(&Count) -> usize| counts.values().map(of).sum::<usize>();
    let (fit, refused, cautious) = (
        sum(|count| count.fit),
        sum(|count| count.refused),
        sum(|count| count.cautious),
    );
    assert!(fit > 250 && refused > 600, "{counts:#?}");
    assert!(
        cautious * 10 < refused,
        "{cautious} of {refused}: {counts:#?}"
    );
}
