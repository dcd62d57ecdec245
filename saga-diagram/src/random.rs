//! Random sagas with texts that a format could take for its own, for tests.

use crate::{Clause, Graph, Kind, Retry, Step, Undo};

/// Numbers that are the same in every run (Knuth's linear congruential generator for MMIX).
pub(crate) struct Random(u64);

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
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn below(&mut self, end: usize) -> usize {
        let next = self.0.wrapping_mul(6_364_136_223_846_793_005);
        self.0 = next.wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap_or(0) % end
    }

    fn coin(&mut self) -> bool {
        self.below(3) == 0
    }

    fn text(&mut self) -> String {
        TEXTS[self.below(TEXTS.len())].to_owned()
    }

    fn texts(&mut self) -> Vec<String> {
        (0..self.below(5)).map(|_| self.text()).collect()
    }

    fn perhaps<T>(&mut self, make: impl FnOnce(&mut Self) -> T) -> Option<T> {
        self.coin().then(|| make(self))
    }

    fn retry(&mut self) -> Retry {
        Retry {
            limit: self.perhaps(|random| u32::try_from(random.below(1 << 30)).unwrap_or(0)),
            waits: self.perhaps(|random| (random.text(), random.text())),
            conditional: self.coin(),
        }
    }

    fn clause(&mut self) -> Clause {
        Clause {
            reads: self.texts(),
            timeout: self.perhaps(Self::text),
            retry: self.perhaps(Self::retry),
        }
    }

    fn step(&mut self) -> Step {
        Step {
            name: self.text(),
            kind: if self.coin() { Kind::Read } else { Kind::Step },
            effect: self.text(),
            block: None,
            reads: self.texts(),
            when: self.perhaps(Self::texts),
            undo: match self.below(3) {
                0 => Undo::Absent,
                1 => Undo::None,
                _ => Undo::Declared {
                    by_key: self.coin(),
                    clause: self.clause(),
                },
            },
            resolve: self.perhaps(Self::clause),
            fallback: self.perhaps(Self::clause),
            awaits: Vec::new(),
            timeout: self.perhaps(Self::text),
            retry: self.perhaps(Self::retry),
            idempotent: self.coin(),
            late: self.perhaps(Self::text),
            savepoint: self.perhaps(Self::retry),
            abort: self.coin(),
        }
    }

    pub(crate) fn graph(&mut self) -> Graph {
        let mut steps: Vec<Step> = Vec::new();
        let pivot = self.below(6);
        for unit in 0..self.below(6) {
            let first = steps.len();
            let siblings = if unit != pivot && self.coin() {
                2 + self.below(7)
            } else {
                1
            };
            for place in 0..siblings {
                let mut step = self.step();
                step.block = (siblings > 1).then_some(first);
                step.awaits = (first..first + place)
                    .filter(|_| self.below(5) == 0)
                    .collect();
                if unit == pivot {
                    step.kind = Kind::Pivot;
                }
                steps.push(step);
            }
        }
        Graph {
            name: self.text(),
            durable: self.coin(),
            inputs: self.texts(),
            output: self.text(),
            steps,
        }
    }
}
