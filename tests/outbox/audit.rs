//! What a consumer must have been handed: each event at least once, under its key, in order, and only
//! the last one again.

use std::collections::HashSet;

use typed_saga::engine::{EventFilter, ReadStore};

use crate::outbox::world::{Event, Handed};

/// The events that a saga must tell.
pub(crate) fn expected(parcels: u32) -> Vec<Event> {
    match parcels {
        0 => vec![Event::Failed(0)],
        parcels => {
            let sent = (0..parcels).map(Event::Sent);
            [Event::Held(parcels + 1)].into_iter().chain(sent).collect()
        }
    }
}

/// The same with the keys under which they are in the outbox.
pub(crate) async fn due(disk: &impl ReadStore, id: &str, parcels: u32) -> Handed {
    let filter = EventFilter {
        id: Some(id.into()),
        ..EventFilter::default()
    };
    let rows = disk.events(filter).await.unwrap();
    let keys: HashSet<_> = rows.iter().map(|row| row.key.clone()).collect();
    assert_eq!(keys.len(), rows.len(), "a key is that of one event");
    let keys = rows.into_iter().map(|row| row.key);
    expected(parcels).into_iter().zip(keys).collect()
}

/// What is wrong with what was handed over of a saga that had to tell `due`; `excused`: how many
/// times something may have come again, since a process died or was not answered.
pub(crate) fn audit(due: &Handed, handed: &Handed, excused: usize) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut distinct = handed.clone();
    distinct.dedup();
    let again = handed.len() - distinct.len();
    if again > excused {
        wrong.push(format!("{again} came again, and {excused} were excused"));
    }
    if distinct != *due {
        wrong.push(format!("handed over: {distinct:?}, and not {due:?}"));
    }
    wrong
}

fn finds(spoil: impl FnOnce(&mut Handed), excused: usize) -> bool {
    let numbered = expected(2).into_iter().zip(0..);
    let due: Handed = numbered
        .map(|(event, number)| (event, format!("key {number}")))
        .collect();
    let mut handed = due.clone();
    assert_eq!(audit(&due, &handed, 0), [""; 0]);
    spoil(&mut handed);
    !audit(&due, &handed, excused).is_empty()
}

#[test]
fn the_audit_finds_an_event_that_is_missing_doubled_moved_or_under_another_key() {
    for at in 0..3 {
        assert!(
            finds(|handed| drop(handed.remove(at)), 9),
            "{at} is missing"
        );
        let doubled = |handed: &mut Handed| handed.insert(at, handed[at].clone());
        assert!(finds(doubled, 0), "{at} is doubled");
        assert!(!finds(doubled, 1), "{at} is doubled, which is excused");
        let foreign = |handed: &mut Handed| handed[at].1 = handed[(at + 1) % 3].1.clone();
        assert!(finds(foreign, 9), "{at} has another key");
    }
    assert!(finds(|handed| handed.swap(0, 1), 9));
    assert!(
        finds(|handed| handed.push(handed[0].clone()), 9),
        "not the last"
    );
    assert!(
        finds(|handed| handed.push((Event::Failed(2), "key 3".into())), 9),
        "of no such end"
    );
}
