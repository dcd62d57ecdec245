//! A durable run without its machine and slots: compiled once for all sagas.

use super::execute::summary;
use crate::executor::{rules::Rules, run_state::RunState};
use crate::{
    calls::{
        link::Link,
        mail::Mail,
        watch::{RunOptions, Watch},
    },
    definition::DefinitionRef,
    kernel::{End, Kernel},
    observers::RunEvent,
    report::{at_hand::AtHand, standing::Children},
    values::id::{Id, LazyId},
};
use std::mem;

/// The state of a durable run, without the user's values. Boxed, because it passes through code that
/// is compiled for each saga.
pub(super) struct DurableRun {
    pub(super) id: LazyId,
    pub(super) run: RunState,
    pub(super) at_hand: AtHand,
    /// The signals that were accepted and that no step has received, as JSON.
    pub(super) signals: Vec<(u16, String)>,
    pub(super) is_new: bool,
}

impl DurableRun {
    /// A run without records.
    ///
    /// # Panics
    /// If `definition` has a different number of steps than that of the rules.
    #[inline(never)]
    pub(super) fn new(
        rules: &'static Rules,
        id: Id,
        options: RunOptions,
        definition: DefinitionRef,
    ) -> Box<Self> {
        Self::of(rules, id, options, Kernel::new(definition, true))
    }

    /// A run with this kernel, and nothing of its records yet.
    ///
    /// # Panics
    /// If the kernel is that of a definition with a different number of steps.
    #[inline(never)]
    pub(super) fn of(
        rules: &'static Rules,
        id: Id,
        options: RunOptions,
        kernel: Kernel,
    ) -> Box<Self> {
        let (own, of) = (&rules.definition.steps, &kernel.definition().steps);
        assert_eq!(own.len(), of.len(), "a saga continues under its steps");
        let name = &rules.definition.name;
        let watch = Watch::of(name, &|| id.clone(), Some(Box::new(options)));
        let mut lazy = LazyId::default();
        lazy.set(id);
        Box::new(Self {
            id: lazy,
            run: RunState::of(rules, kernel, watch),
            at_hand: AtHand::default(),
            signals: Vec::new(),
            is_new: true,
        })
    }

    /// Forgets what a run that has ended does not need.
    #[inline(never)]
    pub(super) fn rest(&mut self) {
        self.at_hand = AtHand::default();
        self.signals.clear();
    }

    /// Begins, or continues, the run of a saga with this mailbox. Returns the link to the runs that
    /// are part of it.
    #[inline(never)]
    pub(super) fn open(&mut self, mail: Option<&Mail>) -> Option<Box<Link>> {
        let link = self.run.link();
        if let Some(mail) = mail {
            for (step, json) in mem::take(&mut self.signals) {
                mail.keep(step, json);
            }
        }
        self.run.watch_mail(mail);
        self.run.open(if self.is_new {
            &RunEvent::Started
        } else {
            &RunEvent::Recovered
        });
        link
    }

    /// Notifies the observers of the end.
    #[inline(never)]
    pub(super) fn close(&mut self, children: Children<'_, '_>, end: End) {
        let id = &self.id;
        drop(self.run.close(&|run| summary(run, children, id, end)));
    }
}
