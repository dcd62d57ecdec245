//! How often code runs that gets a service.

use typed_saga_definition::{ATTEMPTS, Call, CallKind, Child, Items, Limit, Text};

use crate::{
    Analysis,
    bound::{multiplied, plus},
};

/// The code that reads a service, and how often it runs. Each time, it makes, or should make, one
/// call of the service.
#[derive(Clone, Debug, PartialEq)]
pub struct Service {
    /// The name of the service.
    pub name: Text,
    /// The code that reads it.
    pub code: Vec<Code>,
}

/// Code that reads a service.
#[derive(Clone, Debug, PartialEq)]
pub struct Code {
    /// The path of the step.
    pub step: Text,
    /// The clause of the step.
    pub call: Called,
    /// How often it runs at most; `None` if it is in a child saga that is not known here.
    pub runs: Option<Limit>,
    /// The things for each of which it runs this often, if their number is not known.
    pub each: Option<Each>,
}

/// The code that is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Called {
    /// The code of a step.
    Step(CallKind),
    /// `publish`, which belongs to no step.
    Publish,
    /// `finally`, which belongs to no step.
    Finally,
}

/// Things whose number only a run knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Each {
    /// Items of a loop.
    Item,
    /// Events.
    Event,
}

const CALLS: [CallKind; 4] = [
    CallKind::Action,
    CallKind::Resolve,
    CallKind::Fallback,
    CallKind::Compensate,
];

impl Service {
    /// How often the service's code runs in total: for each item or event, as `each` says, or, if
    /// `each` is `None`, the code whose number of runs does not depend on one. Returns `None` if
    /// the number is not known here.
    #[must_use]
    pub fn runs(&self, each: Option<Each>) -> Option<Limit> {
        let code = self.code.iter().filter(|code| code.each == each);
        let mut runs = code.map(|code| code.runs);
        runs.try_fold(Limit::Times(0), |all, runs| Some(plus(all, runs?)))
    }
}

impl Analysis<'_> {
    /// How often code runs that reads each service.
    #[must_use]
    pub fn services(&self) -> Vec<Service> {
        let services = self.saga.services.iter().map(|it| it.name.clone());
        let all = services.map(|name| {
            let mut code: Vec<_> = self
                .steps()
                .flat_map(|step| self.code_of(step, &name))
                .collect();
            code.extend(self.published(&name));
            code.extend(self.ended(&name));
            Service { name, code }
        });
        all.collect()
    }

    fn code_of(&self, step: u16, service: &Text) -> Vec<Code> {
        let item = self.item(step);
        // A loop declares its code for one item.
        let (of, at) = match &item {
            Some(item) => (item, Items::STEP),
            None => (self, step),
        };
        let declared = of.step(at);
        let each = item.as_ref().map(|_| Each::Item);
        let runs = |call| self.calls_in_all(step, of.calls_in_pass(at, call));
        if let Some(child) = &declared.child {
            let rounds = runs(CallKind::Action);
            let inside = self.code_inside(child, service).into_iter();
            let inside = inside.map(|code| Code {
                step: format!("{}/{}", self.path(step, true), code.step).into(),
                runs: code.runs.map(|runs| multiplied(runs, rounds)),
                each: code.each.or(each),
                ..code
            });
            return inside.collect();
        }
        let reads = |call: Option<&Call>| call.is_some_and(|call| call.reads.contains(service));
        let is_read = |call: &CallKind| match call {
            CallKind::Action => declared.reads.contains(service),
            CallKind::Resolve => reads(declared.resolve.as_deref()),
            CallKind::Fallback => reads(declared.fallback.as_deref()),
            CallKind::Compensate => reads(declared.compensation.declared().map(|(_, call)| call)),
            CallKind::When => false,
        };
        let calls = CALLS.into_iter().filter(is_read);
        let code = calls.map(|call| Code {
            step: self.path(step, false),
            call: Called::Step(call),
            runs: Some(runs(call)),
            each,
        });
        code.filter(|code| code.runs != Some(Limit::Times(0)))
            .collect()
    }

    fn code_inside(&self, child: &Child, service: &Text) -> Vec<Code> {
        let Some(inside) = self.child(child) else {
            let given = child.services.iter().filter(|name| *name == service);
            let unknown = given.map(|_| Code {
                step: "…".into(),
                call: Called::Step(CallKind::Action),
                runs: None,
                each: None,
            });
            return unknown.collect();
        };
        let given = child.services.iter().zip(inside.services());
        let given = given.filter(|(name, _)| *name == service);
        let code = given.flat_map(|(_, service)| service.code);
        // Its parent delivers its events, and alone has an end.
        code.filter(|code| matches!(code.call, Called::Step(_)))
            .collect()
    }

    fn published(&self, service: &Text) -> Option<Code> {
        let publish = self.saga.publish.as_ref()?;
        let retry = publish.retry.as_ref().map(|retry| retry.limit);
        let runs = if self.durable {
            Limit::Forever
        } else {
            retry.unwrap_or(Limit::Times(ATTEMPTS))
        };
        let code = Code {
            step: "".into(),
            call: Called::Publish,
            runs: Some(runs),
            each: Some(Each::Event),
        };
        publish.reads.contains(service).then_some(code)
    }

    /// `finally` runs once, at the end.
    fn ended(&self, service: &Text) -> Option<Code> {
        let finally = self.saga.finally.as_ref()?;
        let code = Code {
            step: "".into(),
            call: Called::Finally,
            runs: Some(Limit::Times(1)),
            each: None,
        };
        finally.reads.contains(service).then_some(code)
    }

    /// The name of a step, or of one of its items if `inside` and the step is a loop.
    pub(crate) fn path(&self, step: u16, inside: bool) -> Text {
        let declared = self.step(step);
        match &declared.items {
            Some(_) if inside => format!("{}[N]", declared.name).into(),
            _ => declared.name.clone(),
        }
    }
}
