//! Random sagas with texts that look like the syntax of a format, for tests.

use crate::{
    definition::{
        Arm, Call, Child, Compensation, Condition, Definition, Field, Group, Items, Kind, Rare,
        Step,
    },
    policy::{Backoff, Limit, Retry, Savepoint, Timing},
    reference::Ref,
    text::{List, Text},
};

/// Numbers that are the same in every run (Knuth's linear congruential generator for MMIX).
pub(super) struct Random(u64);

const TEXTS: [&str; 12] = [
    "a",
    "authorization",
    "a_name_that_is_longer_than_any_card_should_ever_have_to_be_wide_or_so",
    "<script>alert('1')</script>",
    "</title></style>]]>-->",
    "\"];}\\\" & &amp; #quot; ; %",
    "*x* _y_ `z` ``w`` [l](m) | \\| ~",
    "HashMap<String, Vec<Option<Result<(), Box<dyn Error + Send + Sync + 'static>>>>>",
    "two\nlines\r\n\n\tand\u{0}\u{1b}[31m",
    "größe é \u{202e}\u{fffe}",
    "旅行予約旅行予約旅行予約旅行予約旅行予約旅行予約旅行予約",
    "",
];

impl Random {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(super) fn below(&mut self, end: usize) -> usize {
        let next = self.0.wrapping_mul(6_364_136_223_846_793_005);
        self.0 = next.wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap_or(0) % end
    }

    fn coin(&mut self) -> bool {
        self.below(3) == 0
    }

    fn text(&mut self) -> Text {
        TEXTS[self.below(TEXTS.len())].into()
    }

    fn texts(&mut self) -> List<Text> {
        (0..self.below(5)).map(|_| self.text()).collect()
    }

    fn perhaps<T>(&mut self, make: impl FnOnce(&mut Self) -> T) -> Option<T> {
        self.coin().then(|| make(self))
    }

    fn retry(&mut self) -> Retry {
        Retry {
            limit: self
                .perhaps(|random| u32::try_from(random.below(1 << 30)).unwrap_or(0))
                .map_or(Limit::Forever, Limit::Times),
            backoff: Backoff {
                base: self.timing(),
                cap: self.timing(),
                jitter: self.coin(),
            }
            .into(),
        }
    }

    fn savepoint(&mut self) -> Savepoint {
        Savepoint {
            conditional: self.coin(),
            ..Savepoint::of(self.retry())
        }
    }

    /// Any expression, as the macro has it.
    fn timing(&mut self) -> Timing {
        Timing::written(self.text())
    }

    fn call(&mut self) -> Call {
        Call {
            reads: self.texts(),
            keyed_by: self.perhaps(Self::text),
            timeout: self.perhaps(Self::timing),
            retry: self.perhaps(Self::retry),
            classified: self.coin(),
        }
    }

    fn step(&mut self) -> Step {
        Step {
            name: self.text(),
            kind: match self.below(9) {
                0..=2 => Kind::Read,
                3 => Kind::Signal,
                4 => Kind::Sleep,
                5 => Kind::Lock,
                _ => Kind::Step,
            },
            effect: self.text(),
            group: None,
            condition: None,
            reads: self.texts(),
            compensation: match self.below(3) {
                0 => Compensation::Absent,
                1 => Compensation::None {
                    again: self.below(2) == 1,
                },
                _ => Compensation::Declared {
                    by_key: self.coin(),
                    call: self.call(),
                },
            },
            resolve: self.perhaps(Self::call).map(Ref::from),
            stands_on: List::Borrowed(&[]),
            timeout: self.perhaps(Self::timing),
            retry: self.perhaps(Self::retry),
            idempotent: self.coin(),
            late: self.perhaps(Self::timing),
            late_undo: self.coin(),
            retired: self.coin(),
            started: false,
            introduced: self.coin(),
            absent: false,
            line: 0,
            rare: self.rare().into(),
        }
    }

    fn rare(&mut self) -> Rare {
        Rare {
            when: self.perhaps(Self::texts),
            fallback: self.perhaps(Self::call).map(Ref::from),
            keyed_by: self.perhaps(Self::text),
            savepoint: self.perhaps(Self::savepoint),
            child: self.perhaps(Self::child),
            ..Rare::PLAIN
        }
    }

    fn child(&mut self) -> Child {
        let definition = Definition {
            name: self.text(),
            ..Definition::EMPTY
        };
        Child {
            definition: definition.into(),
            services: self.texts(),
            ..Child::PLAIN
        }
    }

    fn items(&mut self) -> Items {
        Items {
            item: self.text(),
            ty: self.text(),
            reads: self.texts(),
            when: self.perhaps(Self::texts),
            concurrent: 1,
            each: Items::each_of(self.step(), false, false, false).into(),
        }
    }

    /// Conditions for some units: a `when` for each, or one for several.
    fn conditions(&mut self, steps: &mut [Step]) -> Vec<Condition> {
        let mut conditions: Vec<Condition> = Vec::new();
        let mut first = 0;
        while first < steps.len() {
            let len = usize::from(steps[first].group.map_or(1, |group| group.len));
            let governs = steps[first].kind != Kind::Pivot && self.coin();
            if governs && first > 0 && steps[first - 1].condition.is_some() && self.coin() {
                conditions.last_mut().unwrap().len += u16::try_from(len).unwrap();
            } else if governs {
                let adjacent = first > 0 && steps[first - 1].condition.is_some();
                let before = conditions.last().filter(|_| adjacent);
                let follows = before.is_some_and(|before| before.arm != Arm::Else);
                let arm = Arm::ALL[if follows { self.below(3) } else { 0 }];
                conditions.push(Condition {
                    first: u16::try_from(first).unwrap(),
                    len: u16::try_from(len).unwrap(),
                    arm,
                    reads: self.texts(),
                    line: 0,
                });
            }
            let block = u16::try_from(conditions.len()).unwrap().checked_sub(1);
            for step in &mut steps[first..first + len] {
                step.condition = block.filter(|_| governs);
            }
            first += len;
        }
        conditions
    }

    pub(super) fn definition(&mut self) -> Definition {
        let mut steps: Vec<Step> = Vec::new();
        let pivot = self.below(6);
        for unit in 0..self.below(6) {
            let first = u16::try_from(steps.len()).unwrap();
            let siblings = if unit != pivot && self.coin() {
                2 + u16::try_from(self.below(7)).unwrap()
            } else {
                1
            };
            for place in 0..siblings {
                let mut step = self.step();
                step.group = (siblings > 1).then_some(Group {
                    first,
                    len: siblings,
                });
                step.awaits = (first..first + place)
                    .filter(|_| self.below(5) == 0)
                    .collect();
                if !steps.is_empty() && self.below(4) == 0 {
                    let earlier = self.below(steps.len());
                    step.compensation = Compensation::With(u16::try_from(earlier).unwrap());
                }
                if unit == pivot {
                    step.kind = Kind::Pivot;
                }
                if step.kind != Kind::Pivot && self.below(4) == 0 {
                    step.items = Some(self.items());
                }
                steps.push(step);
            }
        }
        let conditions = self.conditions(&mut steps);
        let inputs = self.texts().into_owned().into_iter().map(|name| Field {
            name,
            ty: Text::Borrowed("u8"),
        });
        Definition {
            name: self.text(),
            durable: self.coin(),
            inputs: inputs.collect(),
            output: self.text(),
            steps: steps.into(),
            conditions: conditions.into(),
            ..Definition::EMPTY
        }
    }
}
