//! Steps that have steps: a saga that is a step (table 6), and a loop, whose items are its steps.

use std::{cell::Cell, cell::RefCell, pin::pin, rc::Rc};

use tokio::select;
use typed_saga::Verdict;

use super::{
    Failed, Items, Lane, One, Phase, Request, Run, Why, doubt::Settled, join, option, tuple,
    verdict,
};
use crate::reference::{
    script::TIMEOUT,
    step::{LIMIT, Place, Step},
};

const PARENT_ROLLED_BACK: Failed = (None, Why::ParentRolledBack);

impl Items {
    /// Whether the item is the next one and fewer than so many are under way; if so, it is.
    pub(super) fn have_room_for(&self, item: usize) -> bool {
        let has_room = self.next.get() == item && self.busy.get() < self.width;
        if has_room {
            self.next.set(item + 1);
            self.busy.set(self.busy.get() + 1);
        }
        has_room
    }
}

impl<'a> Run<'a> {
    /// A round of a saga that is a step.
    pub(super) async fn inner(&self, s: usize, steps: &'static [Step]) -> Settled {
        self.goes_on().await;
        let step = &self.steps[s];
        self.begin_round(s);
        if self.vendor.inputs(step.name, self.reads(s)).is_none() {
            self.failed(s, Why::Panicked);
            return Settled::Known;
        }
        let inner = Rc::new(Run {
            path: format!("{}/{}#{}", self.path, step.name, self.one(s).round),
            before: Cell::new(self.before_in(s)),
            ..Run::new(steps, self.vendor)
        });
        self.put_aside(s);
        self.parts.borrow_mut()[s] = Some(Rc::clone(&inner));
        // Whatever comes of it, the next one is another.
        self.change(s, |one| one.next_round = true);
        let deadline = step.timed.then(|| step.unit() * TIMEOUT);
        let end = self.attend(s, &inner, inner.to_its_end(deadline)).await;
        match inner.first.get() {
            _ if end == "completed" => {
                self.happened(s, format!("{:?}", inner.output()));
                return Settled::Known;
            }
            Some((_, Why::Deadline)) => self.failed(s, Why::TimedOut),
            Some(failure) => self.failed_as(s, failure),
            None => unreachable!("it went back"),
        }
        if end == "parked" {
            self.aborts(s);
            return self.unsettled(s);
        }
        Settled::Known
    }

    /// The items of a loop.
    pub(super) async fn every_item(&self, s: usize) -> Settled {
        let step = &self.steps[s];
        let looped = self.looped(s);
        let items = looped.items.as_ref().expect("a loop");
        if !items.made.get() {
            let many = self.vendor.items(step.name).map(|made| made.len());
            match many {
                None => self.failed(s, Why::Panicked),
                Some(many) if many > LIMIT => self.failed(s, Why::TooManyItems),
                Some(many) => {
                    items.count.set(many);
                    items.made.set(true);
                }
            }
            if !items.made.get() {
                return Settled::Known;
            }
        }
        items.reads.replace(self.reads(s));
        self.change(s, |one| one.started = true);
        let end = self.attend(s, &looped, looped.all_items()).await;
        if looped.aborted.get() {
            self.aborted.set(true);
        }
        if end == "completed" {
            self.happened(s, looped.list());
            return Settled::Over;
        }
        if let Some(failure) = looped.first.get() {
            self.change(s, |one| one.last = Some(failure));
        }
        if end == "parked" && step.place != Place::After {
            return self.unsettled(s);
        }
        self.fail(s);
        Settled::Over
    }

    fn looped(&self, s: usize) -> Rc<Run<'a>> {
        let (step, path) = (&self.steps[s], &self.path);
        let mut parts = self.parts.borrow_mut();
        let looped = parts[s].get_or_insert_with(|| {
            Rc::new(Run {
                path: format!("{path}/{}", step.name),
                items: Some(Items {
                    count: Cell::new(0),
                    made: Cell::new(false),
                    width: step.width,
                    reads: RefCell::default(),
                    busy: Cell::new(0),
                    next: Cell::new(0),
                }),
                before: Cell::new(self.before_in(s)),
                ..Run::new(&step.items, self.vendor)
            })
        });
        Rc::clone(looped)
    }

    /// Waits for what is in a step, and calls it back when the saga goes back. If it has failed for
    /// good, the saga goes back before all of it is undone.
    async fn attend(
        &self,
        s: usize,
        inner: &Run<'_>,
        end: impl Future<Output = &'static str>,
    ) -> &'static str {
        let mut end = pin!(end);
        select! {
            biased;
            end = &mut end => return end,
            () = self.until(|| self.back.get()) => {}
            () = inner.until(|| inner.has_failed() && self.fails_with(s, inner)) => {
                let failure = match inner.first.get() {
                    Some((_, Why::Deadline)) => (Some(self.steps[s].name), Why::TimedOut),
                    failure => failure.expect("it went back"),
                };
                self.first.set(self.first.get().or(Some(failure)));
                if inner.items.is_none() && inner.aborted.get() {
                    self.aborted.set(true);
                }
                self.go_back();
            }
        }
        let why = if inner.items.is_some() {
            // They are steps of this saga, but while they run, they know an error as its text.
            let text = |why| match why {
                Why::Error(_) => Why::Recorded,
                other => other,
            };
            self.first.get().map(|(step, why)| (step, text(why)))
        } else {
            Some(PARENT_ROLLED_BACK)
        };
        inner.recall(why);
        end.await
    }

    /// Whether it goes back, and never turns.
    fn has_failed(&self) -> bool {
        let may_turn = |s| {
            self.has_turns(s)
                && (0..s).all(|before| self.may_be_committed(before))
                && !(s..self.steps.len()).any(|after| self.one(after).resists())
                && !self.forbids_for_good(s)
        };
        let turns = self.items.is_none() && (0..self.steps.len()).any(may_turn);
        self.back.get() && (self.is_bound_back() || !turns)
    }

    /// Whether what is in a step is not begun again after this, and nothing takes its place.
    fn fails_with(&self, s: usize, inner: &Run<'_>) -> bool {
        let step = &self.steps[s];
        let refused = match inner.first.get() {
            Some((_, Why::Error(trouble))) => verdict(&inner.steps[0], trouble) == Verdict::Refused,
            _ => false,
        };
        let is_last = step.each > 0 || refused || self.one(s).tries >= self.declared(s).again;
        let replaced = step.instead && step.each == 0;
        step.place != Place::After && (inner.aborted.get() || is_last && !replaced)
    }

    /// The saga that it is in goes back.
    fn recall(&self, why: Option<Failed>) {
        self.request.set(Request::Accepted);
        if !self.back.get() {
            self.first.set(why);
        }
        self.go_back();
    }

    /// Called back from its end, or from where a turn has not begun it again.
    pub(super) async fn call_back(&self, s: usize) {
        let inner = self.parts.borrow()[s].clone().expect("it was applied");
        if inner.items.is_some() {
            // It goes back as the steps around it do.
            inner.recall(self.first.get());
            inner.items_back().await;
        } else {
            inner.recall(Some(PARENT_ROLLED_BACK));
            Box::pin(inner.way_back(inner.steps.len())).await;
        }
        let phase = if inner.any(One::resists) {
            Phase::Stands
        } else {
            Phase::Undone
        };
        self.set(s, phase);
    }

    /// All items, so many at a time.
    async fn all_items(&self) -> &'static str {
        let items = self.items.as_ref().expect("a loop");
        let count = items.count.get();
        items.next.set(0);
        let lane = |item| {
            Box::pin(async move {
                self.until(|| self.back.get() || items.have_room_for(item))
                    .await;
                if !self.back.get() {
                    self.lane(item).await;
                    self.makes_room();
                }
            }) as Lane<'_>
        };
        join((0..count).map(lane).collect()).await;
        if (0..count).all(|item| self.one(item).is_committed()) && !self.back.get() {
            "completed"
        } else if self.back.get() {
            self.items_back().await;
            self.end_of_way_back()
        } else {
            "parked"
        }
    }

    fn makes_room(&self) {
        let items = self.items.as_ref().expect("a loop");
        items.busy.set(items.busy.get() - 1);
        self.news.notify_waiters();
    }

    /// Undoes what the items did, the last one first.
    async fn items_back(&self) {
        let items = self.items.as_ref().expect("a loop");
        let undone: Vec<_> = (0..items.count.get())
            .rev()
            .filter(|&item| self.one(item).phase == Phase::Applied && self.can_be_undone(item))
            .collect();
        items.next.set(0);
        let lane = |(place, &item): (usize, &usize)| {
            Box::pin(async move {
                self.until(|| items.have_room_for(place)).await;
                self.undo_one(item).await;
                self.makes_room();
            }) as Lane<'_>
        };
        join(undone.iter().enumerate().map(lane).collect()).await;
    }

    /// The effects of all items.
    fn list(&self) -> String {
        let count = self.items.as_ref().map_or(0, |items| items.count.get());
        let effect = |item: usize| match self.one(item).effect {
            effect if self.steps[item].maybe => option(effect),
            effect => effect.expect("it was applied"),
        };
        format!(
            "[{}]",
            (0..count).map(effect).collect::<Vec<_>>().join(", ")
        )
    }

    /// What a saga gives at its end.
    pub(super) fn output(&self) -> String {
        let effects = (0..self.len()).filter(|&s| self.steps[s].has_effect());
        tuple(&effects.map(|s| self.value(s, None)).collect::<Vec<_>>())
    }

    /// After a turn to before it.
    pub(super) fn renew(&self, s: usize) {
        if self.steps[s].saga.is_some() && self.steps[s].each == 0 {
            return self.put_aside(s);
        }
        let Some(looped) = self.parts.borrow()[s].clone() else {
            return;
        };
        for item in 0..looped.steps.len() {
            looped.turn_one(item, false);
            looped.renew(item);
        }
        looped.back.set(false);
        looped.first.set(None);
        looped.request.set(Request::None);
        looped.items.as_ref().expect("a loop").made.set(false);
    }
}
