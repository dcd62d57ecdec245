//! What is written of a definition, and in which form.

use crate::{
    definition::{Definition, Step},
    text::Text,
};

/// A part that is to be written.
pub(super) struct Written<'a, T> {
    pub(super) part: &'a T,
    pub(super) form: Form<'a>,
}

#[derive(Clone, Copy)]
pub(super) struct Form<'a> {
    /// All steps: they are referred to by name.
    pub(super) steps: &'a [Step],
    /// Only what the kernel decides by: durations and lines are zero, and the file has no name.
    pub(super) essence: bool,
}

impl<'a> Written<'a, Definition> {
    pub(super) fn whole(definition: &'a Definition) -> Self {
        Self::of(definition, false)
    }

    pub(super) fn essence(definition: &'a Definition) -> Self {
        Self::of(definition, true)
    }

    pub(super) fn of(part: &'a Definition, essence: bool) -> Self {
        let steps = &part.steps;
        let form = Form { steps, essence };
        Self { part, form }
    }
}

impl<'a> Form<'a> {
    pub(super) fn part<T>(self, part: &'a T) -> Written<'a, T> {
        Written { part, form: self }
    }

    pub(super) fn parts<T>(self, parts: &'a [T]) -> Vec<Written<'a, T>> {
        parts.iter().map(|part| self.part(part)).collect()
    }

    pub(super) fn optional<T>(self, part: Option<&'a T>) -> Option<Written<'a, T>> {
        part.map(|part| self.part(part))
    }

    pub(super) fn name(self, step: u16) -> &'a Text {
        &self.steps[usize::from(step)].name
    }

    pub(super) fn names(self, steps: &[u16]) -> Vec<&'a Text> {
        steps.iter().map(|&step| self.name(step)).collect()
    }

    pub(super) fn line(self, line: u32) -> u32 {
        if self.essence { 0 } else { line }
    }
}
