//! All small declarations, each played in all ways: what goes wrong in some run is what the rules
//! find. The play knows rounds and values, and nothing of the rules.

use std::collections::{BTreeMap, BTreeSet};

use super::build::{
    AGAIN, NONE, ONCE, UNDONE, asks, idempotent, read, saga, savepoint, step, when,
};
use super::{Why, pairs};
use crate::definition::{Definition, Step};

/// What a step does.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Sort {
    Read,
    Undone,
    Bare,
    Idempotent,
    Resolve,
    Once,
    Again,
}

const ALL: [Sort; 7] = [
    Sort::Read,
    Sort::Undone,
    Sort::Bare,
    Sort::Idempotent,
    Sort::Resolve,
    Sort::Once,
    Sort::Again,
];

/// A step after the savepoint: what it does, the steps that it reads, the step that decides over it.
#[derive(Clone, Debug)]
struct Declared {
    sort: Sort,
    reads: Vec<usize>,
    when: Option<usize>,
}

/// The index of the savepoint; the step before it is a `read`.
const SAVEPOINT: usize = 1;

/// The value of an effect. Two values are the same if they are of the same round of a step.
#[derive(Clone, PartialEq, Debug)]
struct Value {
    made: u32,
    /// The rounds of all that the value was made of and that each rerun makes anew.
    of: BTreeSet<u32>,
    /// `None`: the step was skipped.
    of_step: Option<usize>,
}

/// One run: the step that fails in each of the first rounds, and, in three bits for each step, whether
/// it runs, by the value that decides over it: none, that of the first round, a later one.
#[derive(Clone, Copy)]
struct Run {
    fails: [usize; 2],
    decided: u32,
    /// The steps whose `resolve` returns what was made in an earlier round, one bit for each.
    found: usize,
}

/// The mistakes of a run, by step.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Mistake {
    Unsaid,
    Content,
    Decided,
    Mixed,
}

struct Play<'a> {
    steps: &'a [Declared],
    run: Run,
    round: u32,
    values: Vec<Option<Value>>,
    /// What they were when each round ended.
    before: Vec<Vec<Option<Value>>>,
    /// What is under the key of each step that has been called under it: the values it read.
    called: BTreeMap<usize, Vec<Value>>,
    found: BTreeSet<(usize, Mistake)>,
}

impl Play<'_> {
    fn all(&mut self) {
        for round in 0..3 {
            self.round = u32::try_from(round).expect("it is small");
            for step in 0..self.steps.len() {
                if self.run.fails.get(round) == Some(&step) {
                    // Its answer may have been lost.
                    if self.is_run(step) && self.values[step].is_none() {
                        let value = self.call(step);
                        self.values[step] = Some(value).filter(|_| self.is_found(step));
                    }
                    break;
                }
                if step >= SAVEPOINT || round == 0 {
                    self.go(step);
                }
            }
            let fails = self.run.fails.get(round);
            if fails.is_none_or(|fails| *fails >= self.steps.len()) {
                return;
            }
            self.turn();
        }
    }

    /// What is undone is gone.
    fn turn(&mut self) {
        self.before.push(self.values.clone());
        for step in SAVEPOINT..self.steps.len() {
            let applied = self.values[step].as_ref();
            let applied = applied.is_some_and(|value| value.of_step.is_some());
            match self.steps[step].sort {
                Sort::Bare if applied => drop(self.found.insert((step, Mistake::Unsaid))),
                Sort::Once if applied => {}
                Sort::Resolve if applied && self.is_found(step) => {}
                _ => self.values[step] = None,
            }
        }
    }

    fn is_found(&self, step: usize) -> bool {
        self.run.found & (1 << step) != 0
    }

    /// Whether the condition of the step, if it has one, is true.
    fn is_run(&self, step: usize) -> bool {
        self.steps[step].when.is_none_or(|by| {
            let value = self.values[by].as_ref().expect("it is over");
            let bit = match value.of_step {
                None => 0,
                Some(_) if value.made == 0 => 1,
                Some(_) => 2,
            };
            self.run.decided & (1 << (3 * step + bit)) != 0
        })
    }

    fn go(&mut self, step: usize) {
        let is_kept = self.values[step].is_some();
        if !self.is_run(step) {
            // What is under its key remains.
            if is_kept || self.called.contains_key(&step) {
                self.found.insert((step, Mistake::Decided));
            }
            self.values[step] = Some(Value {
                made: 0,
                of: BTreeSet::new(),
                of_step: None,
            });
        } else if !is_kept {
            let value = self.call(step);
            self.values[step] = Some(value);
        }
    }

    fn call(&mut self, step: usize) -> Value {
        let declared = &self.steps[step];
        let reads = declared.reads.iter();
        let reads = reads.map(|read| self.values[*read].clone().expect("it is over"));
        let reads: Vec<_> = reads.collect();
        if self.is_mixed(&declared.reads, &reads) {
            self.found.insert((step, Mistake::Mixed));
        }
        let mut of: BTreeSet<u32> = reads.iter().flat_map(|read| read.of.clone()).collect();
        let mut made = self.round;
        match declared.sort {
            Sort::Idempotent => {
                // The service knows the key, however the first call ended.
                let first = self.called.entry(step).or_insert_with(|| reads.clone());
                if *first != reads {
                    self.found.insert((step, Mistake::Content));
                }
                made = 0;
            }
            Sort::Once => {}
            _ if step < SAVEPOINT => made = 0,
            _ => drop(of.insert(self.round)),
        }
        Value {
            made,
            of,
            of_step: Some(step),
        }
    }

    fn is_mixed(&self, reads: &[usize], values: &[Value]) -> bool {
        let all = || reads.iter().zip(values);
        all().any(|(one, value)| {
            let is_kept = self.steps[*one].sort == Sort::Once || self.is_found(*one);
            let is_kept = is_kept && value.of_step.is_some();
            all().any(|(other, with)| {
                // In the round in which the one was made.
                let then = self
                    .before
                    .get(usize::try_from(value.made).expect("it is small"));
                let then = then.and_then(|values| values[*other].as_ref());
                let is_other = then.is_some_and(|then| then != with);
                is_kept && is_other
                    || !value.of.is_empty() && !with.of.is_empty() && value.of != with.of
            })
        })
    }
}

/// The first step that goes wrong in some run, and how.
fn played(steps: &[Declared]) -> Option<(usize, Mistake)> {
    let mut found = BTreeSet::new();
    for decided in decisions(steps) {
        let ways = (SAVEPOINT..steps.len())
            .flat_map(|one| (SAVEPOINT..=steps.len()).map(move |other| [one, other]));
        let asked = (0..steps.len()).filter(|step| steps[*step].sort == Sort::Resolve);
        let answers = asked.fold(vec![0], |all, step| {
            let both = |found| [found, found | 1 << step];
            all.into_iter().flat_map(both).collect()
        });
        let ways = ways.flat_map(|fails| answers.iter().map(move |found| (fails, *found)));
        for (fails, found_before) in ways {
            let mut play = Play {
                steps,
                run: Run {
                    fails,
                    decided,
                    found: found_before,
                },
                round: 0,
                values: vec![None; steps.len()],
                before: Vec::new(),
                called: BTreeMap::new(),
                found: BTreeSet::new(),
            };
            play.all();
            found.extend(play.found);
        }
    }
    found.first().copied()
}

/// All ways to decide over the steps that have a condition.
fn decisions(steps: &[Declared]) -> Vec<u32> {
    let conditional = (0..steps.len()).filter(|step| steps[*step].when.is_some());
    conditional.fold(vec![0], |all, step| {
        let ways = |decided| (0..8).map(move |way| decided | way << (3 * step));
        all.into_iter().flat_map(ways).collect()
    })
}

fn declared(steps: &[Declared]) -> Definition {
    let name = |step: &usize| format!("s{step}");
    let all = steps.iter().enumerate().map(|(index, declared)| {
        let reads: Vec<String> = declared.reads.iter().map(name).collect();
        let reads: Vec<&str> = reads.iter().map(String::as_str).collect();
        let remains = |how| step(&name(&index), &reads, how);
        let own: Step = match declared.sort {
            Sort::Read => read(&name(&index), &reads),
            Sort::Undone => remains(UNDONE),
            Sort::Bare => remains(NONE),
            Sort::Idempotent => idempotent(remains(NONE)),
            Sort::Resolve => asks(remains(NONE)),
            Sort::Once => remains(ONCE),
            Sort::Again => remains(AGAIN),
        };
        let own = match declared.when {
            Some(by) => when(&[&name(&by)], own),
            None => own,
        };
        if index == SAVEPOINT {
            savepoint(own)
        } else {
            own
        }
    });
    saga(&[], all.collect())
}

/// The first obstacle that the rules find.
fn found(steps: &[Declared]) -> Option<(usize, Mistake)> {
    let (step, why) = pairs(declared(steps).obstacles()).into_iter().next()?;
    let mistake = match why {
        Why::Unsaid => Mistake::Unsaid,
        Why::Content { .. } => Mistake::Content,
        Why::Decided { .. } => Mistake::Decided,
        Why::Mixed { .. } => Mistake::Mixed,
        other => panic!("{other:?}"),
    };
    Some((step.into(), mistake))
}

/// Calls `with` for all lists of steps that follow `steps`, `more` in number.
fn each(
    steps: &mut Vec<Declared>,
    more: usize,
    choices: &dyn Fn(usize) -> Vec<Declared>,
    with: &mut dyn FnMut(&[Declared]),
) {
    if more == 0 {
        return with(steps);
    }
    for choice in choices(steps.len()) {
        steps.push(choice);
        each(steps, more - 1, choices, with);
        steps.pop();
    }
}

fn subsets(of: usize, most: usize) -> Vec<Vec<usize>> {
    let all = 0..1_usize << of;
    let all = all.map(|set| (0..of).filter(|read| set & (1 << read) != 0).collect());
    all.filter(|reads: &Vec<usize>| reads.len() <= most)
        .collect()
}

fn plain(sort: Sort, reads: Vec<usize>) -> Declared {
    Declared {
        sort,
        reads,
        when: None,
    }
}

/// The number of declarations in which the rules and the play agree.
fn compare(ends: bool, more: usize, choices: &dyn Fn(usize) -> Vec<Declared>) -> usize {
    let mut count = 0;
    let mut steps = vec![plain(Sort::Read, vec![]), plain(Sort::Undone, vec![0])];
    each(&mut steps, more, choices, &mut |steps| {
        let mut steps = steps.to_vec();
        if ends {
            steps.push(plain(Sort::Read, vec![]));
        }
        assert_eq!(found(&steps), played(&steps), "{steps:#?}");
        count += 1;
    });
    count
}

#[test]
fn three_steps_that_read_anything() {
    let choices = |index| {
        let most = usize::from(index > 3) + 1;
        let sorts = ALL.into_iter();
        let all = sorts.flat_map(|sort| {
            let reads = subsets(index, most).into_iter();
            reads.map(move |reads| plain(sort, reads))
        });
        all.collect()
    };
    assert_eq!(compare(true, 3, &choices), (7 * 3) * (7 * 4) * (7 * 11));
}

/// Without a step at the end that may fail.
#[test]
fn two_steps_of_which_nothing_follows_the_last() {
    let choices = |index| {
        let sorts = ALL.into_iter();
        let all = sorts.flat_map(|sort| {
            let reads = subsets(index, 3).into_iter();
            reads.map(move |reads| plain(sort, reads))
        });
        all.collect()
    };
    assert_eq!(compare(false, 2, &choices), (7 * 4) * (7 * 8));
}

/// Two steps, each of which may be under a condition, and one that reads them.
#[test]
fn steps_under_conditions() {
    let sorts = [
        Sort::Read,
        Sort::Undone,
        Sort::Idempotent,
        Sort::Resolve,
        Sort::Once,
    ];
    let choices = |index: usize| {
        if index == 4 {
            let reads = [vec![2], vec![3], vec![2, 3], vec![1, 3]];
            let sorts = [Sort::Read, Sort::Idempotent, Sort::Once].into_iter();
            let all = sorts.flat_map(|sort| reads.clone().map(|reads| plain(sort, reads)));
            return all.collect();
        }
        let all = sorts.into_iter().flat_map(|sort| {
            [vec![], vec![index - 1]]
                .into_iter()
                .flat_map(move |reads| {
                    let conditions = (SAVEPOINT..index).map(Some).chain([None]);
                    conditions.map(move |when| Declared {
                        sort,
                        reads: reads.clone(),
                        when,
                    })
                })
        });
        all.collect()
    };
    assert_eq!(compare(true, 3, &choices), (5 * 2 * 2) * (5 * 2 * 3) * 12);
}
