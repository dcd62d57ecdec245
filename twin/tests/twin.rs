//! Both versions do the same, and a difference would be found.

use saga_twin::{Course, Found, Shape, difference, seed_of, shapes, soak};

/// How many courses for each saga; soak has 10,000.
const RUNS: usize = 20;
const SEED: u64 = 61;

fn of(name: &str) -> Shape {
    let shape = shapes().into_iter().find(|shape| shape.name() == name);
    shape.expect("there is a saga of this name")
}

#[test]
fn both_versions_do_the_same() {
    let shapes = shapes();
    assert!(shapes.len() >= 30);
    for shape in &shapes {
        match soak(shape, RUNS, SEED) {
            Ok(tally) => {
                let (_, ends) = tally.ends[0];
                assert!(ends.completed > 0, "none completes: {tally}");
                assert!(ends.compensated + ends.others > 0, "none fails: {tally}");
            }
            Err(found) => panic!("{found}"),
        }
    }
}

#[test]
fn they_are_two_libraries() {
    for shape in shapes() {
        let [current, frozen] = shape.libraries();
        assert!(current.starts_with("typed_saga_"), "{current}");
        assert!(frozen.starts_with("twin_"), "{frozen}");
    }
}

/// Compares all sagas on a course and on another one, and returns what differs of each, in each way.
fn with(change: impl Fn(&mut Course)) -> Vec<(&'static str, Option<Found>)> {
    let compare = |shape: &Shape| {
        let course = Course::drawn(seed_of(SEED, shape.name(), 1));
        let mut changed = course.clone();
        change(&mut changed);
        let ways = shape.compare_on([&changed, &course]).into_iter();
        ways.map(|(how, seen)| (how, seen.err()))
            .collect::<Vec<_>>()
    };
    shapes().iter().flat_map(compare).collect()
}

/// How many of the sagas differ in this way, in percent.
fn percent(found: &[(&'static str, Option<Found>)], way: &str) -> usize {
    let of_way: Vec<_> = found.iter().filter(|(how, _)| *how == way).collect();
    let differ = of_way.iter().filter(|(_, found)| found.is_some());
    differ.count() * 100 / of_way.len()
}

/// But for a condition whose answer is as good as another, and an answer that is lost with its process.
#[test]
fn another_answer_is_found_in_each_way() {
    let found = with(|course| course.planted = Some(0));
    for way in ["in memory", "on an engine", "with crashes"] {
        assert!(percent(&found, way) >= 80, "{way}: {found:?}");
    }
}

/// But for a saga that fails before it has made a key.
#[test]
fn another_id_is_found_in_memory() {
    let found = with(|course| course.named = !course.named);
    assert!(percent(&found, "in memory") >= 90, "{found:?}");
}

/// A crash before the first commit is recorded has it written again, and later.
#[test]
fn another_crash_is_found() {
    let found = with(|course| {
        let first = saga_twin::Crash::Before(0);
        if course.crashes.first() == Some(&first) {
            course.crashes.clear();
        } else {
            course.crashes.insert(0, first);
        }
    });
    let durable = found.iter().filter(|(_, found)| found.is_some());
    assert!(durable.count() >= 30, "{found:?}");
}

/// One record of a journal, one word of a report, one line less.
#[test]
fn another_line_is_found_wherever_it_is() {
    let course = Course::drawn(seed_of(SEED, "Family", 2));
    let seen = of("Family").compare(&course).unwrap();
    let (_, seen) = seen.last().expect("it is durable");
    for blocks in [false, true] {
        assert_eq!(difference(seen, seen, blocks), None);
        for part in ["calls", "events", "journal", "end"] {
            let mut other = seen.clone();
            let lines = match part {
                "calls" => &mut other.calls,
                "events" => &mut other.events,
                "journal" => &mut other.journal,
                _ => &mut other.end,
            };
            lines.last_mut().expect("something was seen").text.push('!');
            let found = difference(&other, seen, blocks).expect("it differs");
            assert!(found.starts_with(part), "{found}");
        }
        let mut other = seen.clone();
        other.calls.pop();
        assert!(difference(&other, seen, blocks).is_some());
    }
}
