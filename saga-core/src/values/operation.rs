//! The keys of an operation, by the path of its step: for code that is not part of a run.

use crate::values::{
    id::{Id, Key, Level, Purpose},
    key_error::KeyError,
    life::Life,
};

/// The operation of a step in one round, whose keys are made as a run makes them.
///
/// It is for code outside of a saga: a script that undoes by hand what a run has left, a test, or a
/// service that looks a request up.
///
/// ```
/// # use typed_saga_core::Operation;
/// // The step `bow` of the child saga at item 3 of the loop `wrapped`: all in their first round.
/// let bow = Operation::at("Order", "order-42", "wrapped[3]/bow", 0)?;
/// assert_eq!(bow.key().as_str().len(), 34);
/// assert_ne!(bow.key(), bow.undo_key());
/// // The same step after a rollback to a savepoint, from which the item was wrapped again.
/// let again = Operation::at("Order", "order-42", "wrapped[3]#1/bow", 0)?;
/// assert_ne!(bow.key(), again.key());
/// # Ok::<(), typed_saga_core::KeyError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operation {
    saga: String,
    id: Id,
    levels: Vec<Segment>,
}

/// A step on the path.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Segment {
    name: String,
    item: Option<u32>,
    round: Option<u32>,
}

impl Operation {
    /// The operation of a step, in this round of the step. `saga` is the name of the outermost saga,
    /// and `path` that of the step, as `ctx.path()` returns it: `paper`, `wrapped[3]/paper`. The
    /// names are those in keys: without a leading `_`, and as `#[name]` says.
    ///
    /// The round is 0 until the step starts again after it was undone; `saga show` prints it. The
    /// rounds of the steps above are part of the path: `wrapped[3]#1/paper`. You may leave them out
    /// if all of them, and `round`, are 0. Above a step that declares `compensate none`, but not
    /// `again`, all rounds count as 0: it keeps its key.
    ///
    /// # Errors
    /// [`KeyError`], if `saga` is not a name, or `path` is not a path, or leaves out the round of a
    /// step above although another one, or `round`, is not 0.
    pub fn at(
        saga: impl AsRef<str>,
        id: impl AsRef<str>,
        path: impl AsRef<str>,
        round: u32,
    ) -> Result<Self, KeyError> {
        Self::parse((saga.as_ref(), id.as_ref()), path.as_ref(), round)
    }

    fn parse((saga, id): (&str, &str), path: &str, round: u32) -> Result<Self, KeyError> {
        if !is_name(saga) {
            let saga = saga.to_owned();
            return Err(KeyError::NotASaga { saga });
        }
        let not_a_path = || KeyError::NotAPath {
            path: path.to_owned(),
        };
        let levels: Option<Vec<_>> = path.split('/').map(step).collect();
        let mut levels = levels.ok_or_else(not_a_path)?;
        let last = levels.last_mut().ok_or_else(not_a_path)?;
        if *last.round.get_or_insert(round) != round {
            return Err(not_a_path());
        }
        let is_later = |step: &Segment| step.round.is_some_and(|round| round > 0);
        if levels.iter().any(is_later) && levels.iter().any(|step| step.round.is_none()) {
            return Err(KeyError::MissingRounds {
                path: path.to_owned(),
                example: with_rounds(&levels),
            });
        }
        Ok(Self {
            saga: saga.to_owned(),
            id: Id::from(id),
            levels,
        })
    }

    /// The same operation of a saga on a store, which has this life: `saga show` prints it. Without it, the
    /// keys are those of a run that has no store.
    #[must_use]
    pub fn in_life(self, life: &Life) -> Self {
        let id = Id::of_life(self.id.as_str().into(), Some(*life));
        Self { id, ..self }
    }

    /// The key that the action sends, and the `resolve` and the compensation that read `key`.
    #[must_use]
    pub fn key(&self) -> Key {
        self.key_as(&Purpose::Action)
    }

    /// The key that the compensation sends that reads `undo_key`.
    #[must_use]
    pub fn undo_key(&self) -> Key {
        self.key_as(&Purpose::Undo)
    }

    /// The key that `ctx.key_for(label)` returns.
    #[must_use]
    pub fn key_for(&self, label: &str) -> Key {
        self.key_as(&Purpose::Label(label))
    }

    /// The key that `ctx.undo_key_for(label)` returns.
    #[must_use]
    pub fn undo_key_for(&self, label: &str) -> Key {
        self.key_as(&Purpose::UndoLabel(label))
    }

    fn key_as(&self, purpose: &Purpose<'_>) -> Key {
        let levels = self.levels.iter().map(|step| Level {
            step: &step.name,
            item: step.item,
            round: step.round.unwrap_or(0),
        });
        let levels: Vec<_> = levels.collect();
        match &*levels {
            [
                Level {
                    step,
                    item: None,
                    round,
                },
            ] => Key::new(&self.saga, &self.id, step, *round, purpose),
            levels => Key::nested((&self.saga, &self.id), levels, purpose),
        }
    }
}

impl Key {
    /// The key that the action of a step sends, for code outside of the saga: see [`Operation::at`],
    /// and [`Operation`] for the other keys of the step.
    ///
    /// # Errors
    /// As [`Operation::at`].
    pub fn of_path(
        saga: impl AsRef<str>,
        id: impl AsRef<str>,
        path: impl AsRef<str>,
        round: u32,
    ) -> Result<Self, KeyError> {
        Ok(Operation::at(saga, id, path, round)?.key())
    }
}

/// A part of a path: `wrapped`, `wrapped[3]`, `wrapped[3]#1`.
fn step(text: &str) -> Option<Segment> {
    let (text, round) = match text.split_once('#') {
        Some((text, round)) => (text, Some(number(round)?)),
        None => (text, None),
    };
    let (name, item) = match text.strip_suffix(']') {
        Some(text) => {
            let (name, item) = text.split_once('[')?;
            (name, Some(number(item)?))
        }
        None => (text, None),
    };
    let name = is_name(name).then(|| name.to_owned())?;
    Some(Segment { name, item, round })
}

/// A number as paths have it: `str::parse` would accept a sign.
fn number(text: &str) -> Option<u32> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok())?
}

/// Whether a text may be the name of a saga or a step: an identifier, or what `#[name]` accepts.
fn is_name(text: &str) -> bool {
    let allowed = |letter: char| letter.is_alphanumeric() || "_-.".contains(letter);
    !text.is_empty() && text.chars().all(allowed)
}

/// The path with the round of each step above the last one.
fn with_rounds(levels: &[Segment]) -> String {
    let (last, above) = levels
        .split_last()
        .map_or((None, levels), |(last, above)| (Some(last), above));
    let above = above.iter().map(|step| {
        let round = step.round.unwrap_or(0);
        format!("{}#{round}", named(step))
    });
    let levels: Vec<_> = above.chain(last.map(named)).collect();
    levels.join("/")
}

fn named(Segment { name, item, .. }: &Segment) -> String {
    item.map_or_else(|| name.clone(), |item| format!("{name}[{item}]"))
}

#[cfg(test)]
mod tests {
    use super::Operation;
    use crate::values::{
        id::{Id, Key, Level, Purpose},
        key_error::KeyError,
    };

    fn key(path: &str, round: u32) -> Result<Key, KeyError> {
        Key::of_path("Order", "42", path, round)
    }

    fn nested(levels: &[(&str, Option<u32>, u32)]) -> Key {
        let levels = levels.iter().map(|(step, item, round)| Level {
            step,
            item: *item,
            round: *round,
        });
        let levels: Vec<_> = levels.collect();
        Key::nested(("Order", &Id::from("42")), &levels, &Purpose::Action)
    }

    #[test]
    fn a_path_leads_to_the_levels_of_a_key() {
        let plain = Key::new("Order", &Id::from("42"), "paper", 2, &Purpose::Action);
        assert_eq!(key("paper", 2), Ok(plain));
        assert_eq!(key("paper#2", 2), Ok(plain));
        assert_eq!(key("packed[3]", 1), Ok(nested(&[("packed", Some(3), 1)])));
        let first = nested(&[("wrapped", Some(3), 0), ("paper", None, 0)]);
        assert_eq!(key("wrapped[3]/paper", 0), Ok(first));
        let again = nested(&[("wrapped", Some(3), 1), ("paper", None, 2)]);
        assert_eq!(key("wrapped[3]#1/paper", 2), Ok(again));
        let deep = nested(&[("a", None, 0), ("b.c-d", Some(0), 7), ("e", Some(1), 1)]);
        assert_eq!(key("a#0/b.c-d[0]#7/e[1]", 1), Ok(deep));
    }

    #[test]
    fn each_purpose_has_its_key() {
        let operation = Operation::at("Order", "42", "paper", 0).unwrap();
        let of = |purpose| Key::new("Order", &Id::from("42"), "paper", 0, &purpose);
        assert_eq!(operation.key(), of(Purpose::Action));
        assert_eq!(operation.undo_key(), of(Purpose::Undo));
        assert_eq!(operation.key_for("x"), of(Purpose::Label("x")));
        assert_eq!(operation.undo_key_for("x"), of(Purpose::UndoLabel("x")));
    }

    #[test]
    fn what_is_no_path_is_refused() {
        for path in [
            "",
            "/",
            "a/",
            "/a",
            "a//b",
            "a b",
            "a[",
            "a]",
            "a[]",
            "a[x]",
            "a[-1]",
            "a[+1]",
            "a[1]b",
            "[1]",
            "a[4294967296]",
            "a#",
            "a#x",
            "a#+1",
            "a#1",
            "#1",
            "a#0#0",
            "a[1]#0[2]",
            "a\n",
        ] {
            let path = path.to_owned();
            assert_eq!(key(&path, 0), Err(KeyError::NotAPath { path }));
        }
        let error = key("a\nb", 0).unwrap_err().to_string();
        assert!(error.starts_with("`a\\nb` is not the path"), "{error}");
        let saga = String::new();
        let nameless = Key::of_path("", "42", "a", 0);
        assert_eq!(nameless, Err(KeyError::NotASaga { saga }));
    }

    /// Otherwise a script would undo the call of another round.
    #[test]
    fn rounds_are_left_out_of_a_path_only_if_all_are_the_first() {
        for round in [0, 1] {
            let error = key("wrapped[3]/bow#1/paper", round).unwrap_err();
            assert_eq!(
                error.to_string(),
                "`wrapped[3]/bow#1/paper` does not say in which round the sagas and items above \
                 the step are: write `wrapped[3]#0/bow#1/paper`, with their rounds"
            );
            assert!(key("wrapped[3]#0/bow#1/paper", round).is_ok());
        }
        for path in ["wrapped[3]#1/bow/paper", "wrapped[3]/bow/paper#1"] {
            let round = u32::from(path.ends_with("#1"));
            let error = key(path, round).unwrap_err();
            assert!(matches!(error, KeyError::MissingRounds { .. }), "{error}");
        }
        assert_eq!(
            key("wrapped[3]/bow#0/paper", 0),
            key("wrapped[3]#0/bow#0/paper#0", 0)
        );
    }
}
