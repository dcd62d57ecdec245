use typed_saga_core::{End, definition::DefinitionRef, kernel::Event};

use super::{applied, attempting};
use crate::{
    journal::fold::Folded,
    journal::history::History,
    journal::record::{Record, RecordKind},
    journal::sample::{Declare, journal, journal_of, last, pivot, saga, signal, step},
    store::{Commit, Time},
};

#[test]
fn what_concerns_the_whole_saga_is_kept() {
    let definition = saga([pivot("charge").retry(1), last("mail")]);
    let started = Record {
        definition: Some(1),
        deadline: Some(Time(9)),
        ..Record::new(RecordKind::Started)
    };
    let redefined = Record {
        definition: Some(2),
        from_here: true,
        ..Record::new(RecordKind::Redefined)
    };
    let both = [definition, definition].map(DefinitionRef::from);
    let ended = Record {
        end: Some(End::Parked),
        ..Record::new(RecordKind::Ended)
    };
    let record = |event| Record::of(event, definition);
    let ada = || Some("ada".to_owned());
    let mut commits = journal([vec![record(attempting(0)), redefined]]);
    commits[0].records = crate::journal::record::encode(&[started]);
    let mut grow = |records: &[Record]| {
        let seq = commits.len() as u64;
        let (at, records) = (Time(7_000), crate::journal::record::encode(records));
        commits.push(Commit { seq, at, records });
        Folded::over(&both, &History::of(&commits).unwrap()).unwrap()
    };
    let parked = grow(&[
        record(Event::TimedOut { step: 0 }),
        ended,
        Record::new(RecordKind::Finished),
    ]);
    assert_eq!((parked.started, parked.deadline), (Time(0), Some(Time(9))));
    assert_eq!((parked.definition, parked.finished), (Some(2), true));
    assert_eq!(parked.ended.unwrap().record.end, Some(End::Parked));
    assert!(parked.asked.is_none() && parked.abandoned.is_none());

    let resumed = grow(&[record(Event::Resumed).asked(ada(), None)]);
    assert!(resumed.ended.is_none() && !resumed.finished);
    assert_eq!(resumed.asked.unwrap().record.what, RecordKind::Resumed);

    let abandoned =
        grow(&[Record::new(RecordKind::Abandoned).asked(ada(), Some("paid".to_owned()))]);
    assert_eq!(
        abandoned.abandoned.unwrap().record.why.as_deref(),
        Some("paid")
    );
    assert_eq!(abandoned.asked.unwrap().record.what, RecordKind::Abandoned);
}

#[test]
fn what_cannot_be_read_names_the_commit_and_the_record() {
    let definition = saga([step("hotel"), step("car")]);
    let error = |commits: &[Commit]| Folded::of(definition, commits).unwrap_err().to_string();
    let mut commits = journal_of(definition, &[attempting(0), applied(0), applied(1)]);
    assert_eq!(
        error(&commits),
        "commit 3, record 0: `car` cannot be `applied` here: it does not fit the records before it"
    );
    commits[3].records = r#"[{"what":"attempting","step":"car"},{"what":"resumed"}]"#.to_owned();
    assert_eq!(
        error(&commits),
        "commit 3, record 1: `resumed` cannot be here: it does not fit the records before it"
    );
    commits[3].records = r#"[{"what":"kept","step":"ship"}]"#.to_owned();
    assert_eq!(
        error(&commits),
        "commit 3, record 0: `kept` names `ship`, which is no step of the saga"
    );
    commits[3].records = r#"[{"what":"waiting","step":"ship"}]"#.to_owned();
    assert_eq!(
        error(&commits),
        "commit 3, record 0: `waiting` names `ship`, which is no step of the saga"
    );
    commits[3].records = "[".to_owned();
    assert_eq!(
        error(&commits),
        "commit 3: not records that this version can read: EOF while parsing a list at line 1 column 1"
    );
    commits.remove(2);
    assert_eq!(error(&commits), "commit 2: has the number 3");
    assert_eq!(error(&commits[1..]), "commit 0: has the number 1");
    assert_eq!(error(&[]), "commit 0: is not there");
    commits[0].records = "[]".to_owned();
    assert_eq!(
        error(&commits),
        "commit 0: the journal does not begin with `started`"
    );
}

#[test]
fn a_definition_that_does_not_say_where_it_begins_to_apply_is_not_read() {
    let definition = saga([step("hotel")]);
    let redefined = Record {
        definition: Some(2),
        ..Record::new(RecordKind::Redefined)
    };
    let error = Folded::of(definition, &journal([vec![redefined]])).unwrap_err();
    assert_eq!(
        error.to_string(),
        "commit 1, record 0: `redefined` does not say its `from_here`"
    );
}

#[test]
fn a_signal_without_its_value_cannot_be_read() {
    let definition = saga([signal("vote")]);
    let signalled = Record::of(Event::Signalled { step: 0 }, definition);
    let error = Folded::of(definition, &journal([vec![signalled]])).unwrap_err();
    assert_eq!(
        error.to_string(),
        "commit 1, record 0: `signalled` does not say its `value`"
    );
}
