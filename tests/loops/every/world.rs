//! Services that do whatever is chosen for them, and what they have done.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex},
};
use typed_saga::{Key, Verdict};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Error {
    Refused,
    Busy,
    Lost,
}

impl Error {
    #[expect(
        clippy::trivially_copy_pass_by_ref,
        reason = "what `#[classify]` asks for"
    )]
    pub(crate) fn verdict(&self) -> Verdict {
        match self {
            Self::Refused => Verdict::Refused,
            Self::Busy => Verdict::Transient,
            Self::Lost => Verdict::Unknown,
        }
    }
}

/// What a call does. The first is no trouble.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Good,
    Refuses,
    Busy,
    /// It has taken effect, and says that it does not know.
    LostAfter,
    LostBefore,
    Panics,
}

pub(crate) const ANSWERS: [Answer; 6] = [
    Answer::Good,
    Answer::Refuses,
    Answer::Busy,
    Answer::LostAfter,
    Answer::LostBefore,
    Answer::Panics,
];

/// Chooses what each call does, so that every choice comes up in one of the runs.
#[derive(Default)]
pub(crate) struct Choices {
    /// What was chosen, and whether there is more to choose.
    pub(crate) taken: Vec<usize>,
    pub(crate) at: usize,
    pub(crate) troubles: usize,
    pub(crate) most: usize,
}

impl Choices {
    pub(crate) fn next(&mut self) -> Answer {
        if self.at == self.taken.len() {
            self.taken.push(0);
        }
        let choice = self.taken[self.at];
        self.at += 1;
        self.troubles += usize::from(choice > 0);
        ANSWERS[choice]
    }

    /// The next run in order; `None` after the last.
    pub(crate) fn advance(mut self) -> Option<Self> {
        while let Some(last) = self.taken.pop() {
            let before = self.taken.iter().filter(|choice| **choice > 0).count();
            if before < self.most && last + 1 < ANSWERS.len() {
                self.taken.push(last + 1);
                (self.at, self.troubles) = (0, 0);
                return Some(self);
            }
        }
        None
    }
}

#[derive(Default)]
pub(crate) struct Books {
    pub(crate) choices: Choices,
    pub(crate) healthy: bool,
    /// By key: which item, how often made, how often undone.
    pub(crate) effects: BTreeMap<String, (u32, u32, u32)>,
    pub(crate) calls: Vec<String>,
}

#[derive(Clone)]
pub(crate) struct World(pub(crate) Arc<Mutex<Books>>);

impl World {
    pub(crate) fn choosing(choices: Choices) -> Self {
        Self(Arc::new(Mutex::new(Books {
            choices,
            ..Books::default()
        })))
    }

    /// What a call with an effect does; `effect` has it happen.
    /// A repetition under the same `key` is not refused.
    pub(crate) async fn call(
        &self,
        name: String,
        key: &str,
        effect: impl FnOnce(&mut Books),
    ) -> Result<(), Error> {
        tokio::task::yield_now().await;
        let answer = {
            let mut books = self.0.lock().unwrap();
            let answer = if books.healthy {
                Answer::Good
            } else {
                books.choices.next()
            };
            let answer = match answer {
                Answer::Refuses if books.effects.contains_key(key) => Answer::Good,
                answer => answer,
            };
            books.calls.push(format!("{name}: {answer:?}"));
            if matches!(answer, Answer::Good | Answer::LostAfter) {
                effect(&mut books);
            }
            answer
        };
        match answer {
            Answer::Good => Ok(()),
            Answer::Refuses => Err(Error::Refused),
            Answer::Busy => Err(Error::Busy),
            Answer::LostAfter | Answer::LostBefore => Err(Error::Lost),
            Answer::Panics => std::panic::resume_unwind(Box::new("a panic of the test's")),
        }
    }

    pub(crate) async fn make(&self, item: &u32, key: &Key) -> Result<String, Error> {
        let (item, key) = (*item, key.to_string());
        self.call(format!("make {item}"), &key, |books| {
            books.effects.entry(key.clone()).or_insert((item, 1, 0));
        })
        .await?;
        Ok(key)
    }

    pub(crate) async fn undo(&self, key: &String) -> Result<(), Error> {
        let item = self.0.lock().unwrap().effects[key].0;
        self.call(format!("undo {item}"), "", |books| {
            if let Some(effect) = books.effects.get_mut(key) {
                effect.2 = 1;
            }
        })
        .await
    }

    /// A compensation by key: also stops what has not happened.
    pub(crate) async fn stop(&self, item: &u32, key: &Key) -> Result<(), Error> {
        let (item, key) = (*item, key.to_string());
        self.call(format!("stop {item}"), "", |books| {
            books.effects.entry(key.clone()).or_insert((item, 0, 1)).2 = 1;
        })
        .await
    }

    pub(crate) async fn find(&self, item: &u32, key: &Key) -> Result<Option<String>, Error> {
        self.call(format!("find {item}"), "", |_| ()).await?;
        let books = self.0.lock().unwrap();
        let found = books.effects.contains_key(key.as_str());
        Ok(found.then(|| key.to_string()))
    }

    pub(crate) async fn last(&self, key: &Key) -> Result<(), Error> {
        let _ = key;
        self.call("last".to_owned(), "", |_| ()).await
    }

    /// How many effects of an item stand.
    pub(crate) fn stands(&self, item: u32) -> u32 {
        let books = self.0.lock().unwrap();
        let of = books.effects.values().filter(|effect| effect.0 == item);
        of.map(|(_, made, undone)| made.saturating_sub(*undone))
            .sum()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}
