//! Random sagas, random changes, any position: a saga continues under the other version from there
//! on, and its journal is read again as it was written.

use typed_saga_core::{
    definition::{Definition, DefinitionRef},
    kernel::Event,
};

use super::{
    changed::go_on,
    random::{CHANGES, Saga},
};
use crate::{
    journal::fold::Folded,
    journal::history::History,
    journal::record::{Record, RecordKind},
    journal::sample::{Random, journal, kernel, record, rich, walk},
    journal::schema::continued,
};

/// A journal that is written under one definition after the other.
#[derive(Clone)]
struct Written {
    records: Vec<Record>,
    definitions: Vec<DefinitionRef>,
}

impl Written {
    fn under(definition: &'static Definition) -> Self {
        Self {
            records: Vec::new(),
            definitions: vec![definition.into()],
        }
    }

    fn hear(&mut self, events: &[Event]) {
        let definition = self.definitions.last().unwrap();
        let records = events.iter().map(|event| record(*event, definition));
        self.records.extend(records);
    }

    fn redefine(&mut self, definition: DefinitionRef) {
        self.records.push(Record {
            definition: Some(definition.fingerprint()),
            from_here: true,
            ..Record::new(RecordKind::Redefined)
        });
        self.definitions.push(definition);
    }

    fn folded(&self) -> Folded {
        let records = self.records.iter().map(|record| vec![record.clone()]);
        let history = History::of(&journal(records)).unwrap();
        Folded::over(&self.definitions, &history).unwrap()
    }
}

/// Everything that a saga decides by. One that is halted goes past what an operator has settled once it is
/// resumed.
fn shown(folded: &Folded) -> String {
    let shown = format!("{:?}", folded.run);
    let is_halted = shown.contains("course: Halted");
    match shown.split_once("cursor: ") {
        Some((before, after)) if is_halted => {
            let after = after.trim_start_matches(|c: char| c.is_ascii_digit());
            format!("{before}{after}")
        }
        _ => shown,
    }
}

#[test]
fn under_the_same_definition_nothing_changes() {
    for seed in saga_tests::seeds(1..60) {
        let run = walk(rich(), seed, 60);
        for length in 0..=run.len() {
            let mut written = Written::under(rich());
            written.hear(&run[..length]);
            let folded = written.folded();
            assert_eq!(shown(&folded.clone().under(rich())), shown(&folded));
        }
    }
}

/// Each of the versions takes the saga up where the one before left it.
#[test]
fn what_is_written_is_read_again() {
    let mut random = Random::drawn(5);
    let (mut switches, mut refused) = (0, 0);
    for _ in 0..120 {
        let saga = Saga::random(&mut random);
        let old = saga.declared();
        for (_, change) in CHANGES {
            let versions = [old, saga.changed(change, &mut random).declared()];
            let mut written = Written::under(old);
            let first = go_on(&mut kernel(old), &mut random, 1 + switches % 9);
            written.hear(&first);
            for turn in 1..6 {
                let before = written.folded();
                let is = versions[turn % 2];
                let Ok(definition) = continued(&before, is) else {
                    refused += 1;
                    break;
                };
                let after = before.under(definition.clone());
                written.redefine(definition);
                assert_eq!(shown(&written.folded()), shown(&after));
                let mut kernel = after.run.kernel.clone();
                written.hear(&go_on(&mut kernel, &mut random, 3));
                let read = written.folded();
                assert_eq!(format!("{:?}", read.run.kernel), format!("{kernel:?}"));
                switches += 1;
            }
        }
    }
    assert!(switches > 3_000 && refused > 300, "{switches} {refused}");
}

#[test]
fn without_its_definition_it_is_not_read() {
    let mut written = Written::under(rich());
    written.redefine(rich().into());
    written.definitions.pop();
    let records = written.records.into_iter().map(|record| vec![record]);
    let history = History::of(&journal(records)).unwrap();
    let error = Folded::over(&written.definitions, &history).unwrap_err();
    assert_eq!(
        error.to_string(),
        "commit 1, record 0: another definition applies from here on, which was not given"
    );
}
