//! How steps refer to each other: by name in JSON, by index in a definition.

use std::collections::HashMap;

use super::{error::SchemaError, object::Object};
use crate::{definition::Group, text::List};

/// The names of all steps and of their blocks, which are those of the blocks' first steps.
pub(super) struct Places {
    steps: Vec<(String, Option<String>)>,
    by_name: HashMap<String, u16>,
}

impl Places {
    pub(super) fn of(steps: &[Object]) -> Result<Self, SchemaError> {
        if steps.len() >= usize::from(u16::MAX) {
            return Err(inconsistent("it has too many steps".to_owned()));
        }
        let mut places = Self {
            steps: Vec::new(),
            by_name: HashMap::new(),
        };
        for (place, step) in (0..).zip(steps) {
            let name = step.peek("name").unwrap_or_default().to_owned();
            if places.by_name.insert(name.clone(), place).is_some() {
                return Err(inconsistent(format!("two steps are called `{name}`")));
            }
            let block = step.peek("block").map(str::to_owned);
            places.steps.push((name, block));
        }
        Ok(places)
    }

    fn name(&self, place: u16) -> &str {
        let (name, _) = &self.steps[usize::from(place)];
        name
    }

    /// The step of this name.
    pub(super) fn named(&self, name: &str) -> Result<u16, SchemaError> {
        let found = self.by_name.get(name).copied();
        found.ok_or_else(|| inconsistent(format!("there is no step `{name}`")))
    }

    /// The step of this name, which must be one before `place`.
    pub(super) fn earlier(&self, place: u16, name: &str) -> Result<u16, SchemaError> {
        let found = self.by_name.get(name).copied();
        found.filter(|&found| found < place).ok_or_else(|| {
            let step = self.name(place);
            inconsistent(format!("`{name}` is no step before `{step}`"))
        })
    }

    pub(super) fn all_earlier(
        &self,
        place: u16,
        names: &[String],
    ) -> Result<List<u16>, SchemaError> {
        let places = names.iter().map(|name| self.earlier(place, name));
        places.collect()
    }

    /// The steps of these names, which must be siblings before `place`.
    pub(super) fn siblings(
        &self,
        place: u16,
        group: Option<Group>,
        names: &[String],
    ) -> Result<List<u16>, SchemaError> {
        let siblings = self.all_earlier(place, names)?;
        let is_outside = |other: &&u16| group.is_none_or(|group| **other < group.first);
        match siblings.iter().find(is_outside) {
            None => Ok(siblings),
            Some(other) => {
                let (other, step) = (self.name(*other), self.name(place));
                Err(inconsistent(format!(
                    "`{other}` is not in the block of `{step}`"
                )))
            }
        }
    }

    /// The block of the step at `place`, by the name that it gives for it.
    pub(super) fn group(
        &self,
        place: u16,
        block: Option<&str>,
    ) -> Result<Option<Group>, SchemaError> {
        let Some(block) = block else {
            return Ok(None);
        };
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
            Ok(Some(Group { first, len }))
        } else {
            Err(inconsistent(format!(
                "`{step}` is not next to the block of `{block}`"
            )))
        }
    }
}

pub(super) fn inconsistent(what: String) -> SchemaError {
    SchemaError::Inconsistent { what }
}
