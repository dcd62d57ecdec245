//! References between steps: by name in JSON, by index in a definition.

use std::{collections::HashMap, ops::Range};

use serde_json::Value;

use super::error::SchemaError;
use crate::definition::Group;

/// The names of all steps, and of their blocks, which are named after the blocks' first steps.
pub(super) struct Places {
    steps: Vec<(String, Option<String>)>,
    by_name: HashMap<String, u16>,
}

impl Places {
    pub(super) fn of(steps: &[Value]) -> Result<Self, SchemaError> {
        if steps.len() >= usize::from(u16::MAX) {
            return Err(inconsistent("it has too many steps".to_owned()));
        }
        let mut places = Self {
            steps: Vec::new(),
            by_name: HashMap::new(),
        };
        for (place, step) in (0..).zip(steps) {
            let name = name(step).to_owned();
            if places.by_name.insert(name.clone(), place).is_some() {
                return Err(inconsistent(format!("two steps are called `{name}`")));
            }
            let block = step["block"].as_str().map(str::to_owned);
            places.steps.push((name, block));
        }
        Ok(places)
    }

    /// The number of steps.
    pub(super) fn len(&self) -> u16 {
        u16::try_from(self.steps.len()).unwrap_or(u16::MAX)
    }

    /// The index of a step.
    pub(super) fn of_step(&self, step: &Value) -> u16 {
        self.by_name.get(name(step)).copied().unwrap_or_default()
    }

    fn name(&self, place: u16) -> &str {
        let (name, _) = &self.steps[usize::from(place)];
        name
    }

    /// Finds the step with this name, which must be before `place`.
    pub(super) fn earlier(&self, place: u16, name: &str) -> Result<u16, SchemaError> {
        let found = self.by_name.get(name).copied();
        found.filter(|&found| found < place).ok_or_else(|| {
            inconsistent(match self.steps.get(usize::from(place)) {
                Some((step, _)) => format!("`{name}` is no step before `{step}`"),
                None => format!("there is no step `{name}`"),
            })
        })
    }

    /// # Errors
    ///
    /// If a step at `place` awaits a step that is not among its earlier siblings.
    pub(super) fn are_siblings(
        &self,
        place: u16,
        siblings: &Range<u16>,
        awaited: &[u16],
    ) -> Result<(), SchemaError> {
        let is_outside = |other: &&u16| !siblings.contains(*other);
        match awaited.iter().find(is_outside) {
            None => Ok(()),
            Some(other) => {
                let (other, step) = (self.name(*other), self.name(place));
                Err(inconsistent(format!(
                    "`{other}` is not in the block of `{step}`"
                )))
            }
        }
    }

    /// Finds the block of the step at `place`, by the name in the step's JSON.
    pub(super) fn group(&self, place: u16, block: &str) -> Result<Group, SchemaError> {
        let step = self.name(place);
        let first = if block == step {
            place
        } else {
            self.earlier(place, block)?
        };
        let from_it_on = self.steps[usize::from(first)..].iter();
        let siblings = from_it_on.take_while(|(_, other)| other.as_deref() == Some(block));
        let len = u16::try_from(siblings.count()).unwrap_or(u16::MAX);
        if place < first + len {
            Ok(Group { first, len })
        } else {
            Err(inconsistent(format!(
                "`{step}` is not next to the block of `{block}`"
            )))
        }
    }
}

fn name(step: &Value) -> &str {
    step["name"].as_str().unwrap_or_default()
}

pub(super) fn inconsistent(what: String) -> SchemaError {
    SchemaError::Inconsistent { what }
}
