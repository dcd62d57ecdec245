//! The definition as a constant of the program.

mod policies;

use proc_macro2::TokenStream;
use typed_saga_definition::{
    Arm, Call, Child, Compensation, Condition, Definition, DefinitionRef, Emit, Field, Group, Hold,
    Items, Key, Kind, List, Lock, Rare, Ref, Step, Text, Visit,
};

use super::child::child_type;
use super::ident::{emit, ident};
use super::plan::Plan;
use crate::model;
pub(super) use crate::model::index;

impl Plan<'_> {
    /// The definition as a constant; its steps are a constant of their own.
    pub(super) fn definition(&self) -> TokenStream {
        let p = &self.p;
        let mut fields = Fields::new(At {
            plan: self,
            step: None,
        });
        let alone = Definition {
            steps: List::Borrowed(&[]),
            ..self.data.definition.clone()
        };
        alone.fields(&mut fields);
        fields.field_as("steps", &emit!(#p::Borrowed(Self::__STEPS)));
        fields.field_as("file", &emit!(#p::Borrowed(#p::file!())));
        fields.constant("Definition", "EMPTY")
    }

    /// The definition as one `static` for all places that use it: rustc copies a constant into each
    /// codegen unit that refers to it. A saga with parameters cannot have a `static`.
    pub(super) fn definition_static(&self) -> Option<TokenStream> {
        let (p, input) = (&self.p, self.input());
        let alone = self.inputs_params().is_empty();
        alone.then(|| emit!(static __DEFINITION: #p::Definition = #input::DEFINITION;))
    }

    /// A reference to the definition.
    pub(super) fn placed_definition(&self) -> TokenStream {
        let (input, params) = (self.input(), self.inputs_params());
        if params.is_empty() {
            return emit!(&__DEFINITION);
        }
        let names = params.names();
        emit!(&#input::<#names>::DEFINITION)
    }

    /// All steps, as a constant of their own, which evaluates the function calls in it.
    pub(super) fn steps_constant(&self) -> TokenStream {
        let (p, steps) = (&self.p, &self.data.definition.steps);
        let steps = self.every_step().map(|(index, declared)| {
            by_functions(
                &steps[index],
                At {
                    plan: self,
                    step: Some(declared),
                },
            )
        });
        emit!(const __STEPS: &'static [#p::Step] = &[#(#steps),*];)
    }
}

/// A step, made by functions: rustc checks the call of one in half the time that it takes for the fields of
/// a struct.
fn by_functions(step: &Step, at: At<'_>) -> TokenStream {
    let p = &at.plan.p;
    let texts = |texts: &[Text]| {
        let texts = texts.iter().map(|text| at.plan.text(text));
        emit!(&[#(#texts),*])
    };
    let compensation = match &step.compensation {
        Compensation::Declared {
            by_key: false,
            call,
        } if *call == reads_alone(call) => {
            let reads = texts(&call.reads);
            emit!(#p::Compensation::simple(#reads))
        }
        other => other.told(at),
    };
    let (line, reads) = (at.plan.line(step.line), texts(&step.reads));
    let (name, effect, stands_on) = (&*step.name, &*step.effect, step.stands_on.iter());
    let simple = emit! {
        #p::Step::simple(#name, #line, #effect, #reads, #compensation, &[#(#stands_on),*])
    };
    let mut whole = Setters { at, told: simple };
    Step {
        name: Step::PLAIN.name,
        effect: Step::PLAIN.effect,
        reads: Step::PLAIN.reads,
        compensation: Step::PLAIN.compensation,
        stands_on: Step::PLAIN.stands_on,
        line: Step::PLAIN.line,
        ..step.clone()
    }
    .fields(&mut whole);
    whole.told
}

/// A step, in a call of a function for each field that is not plain.
struct Setters<'a> {
    at: At<'a>,
    told: TokenStream,
}

impl<T: Told + PartialEq> Visit<T> for Setters<'_> {
    fn field(&mut self, name: &'static str, _: Key, value: &T, plain: &T) {
        if value != plain {
            let (p, name, told) = (&self.at.plan.p, ident(name), &self.told);
            let value = value.told(self.at);
            self.told = emit!(#p::With::<#p::Step>::#name(#told, #value));
        }
    }
}

fn reads_alone(call: &Call) -> Call {
    let reads = call.reads.clone();
    Call {
        reads,
        ..Call::PLAIN
    }
}

/// A value as an expression of the program. Enums and structs are built in place, not by functions
/// (except for the steps, which are behind a constant), so that rustc sees that nothing needs to be dropped, and
/// `&BookTrip::DEFINITION` is `'static`.
trait Told {
    fn told(&self, at: At<'_>) -> TokenStream;
}

/// The place where a value is written.
#[derive(Clone, Copy)]
struct At<'a> {
    plan: &'a Plan<'a>,
    /// The step, if the value is part of one.
    step: Option<&'a model::Step>,
}

/// The fields of a part, as expressions of the program.
///
/// Fields with their plain value are left out: otherwise the constant of 64 steps would list 1000
/// fields, each of which rustc has to check and evaluate.
struct Fields<'a> {
    at: At<'a>,
    told: Vec<TokenStream>,
    /// Whether a field was left out.
    is_partial: bool,
}

impl<'a> Fields<'a> {
    fn new(at: At<'a>) -> Self {
        Self {
            at,
            told: Vec::new(),
            is_partial: false,
        }
    }

    fn field_as(&mut self, name: &str, value: &TokenStream) {
        let name = ident(name);
        self.told.push(emit!(#name: #value,));
    }

    fn constant(self, part: &str, plain: &str) -> TokenStream {
        let (p, told) = (&self.at.plan.p, self.told);
        let [part, plain] = [part, plain].map(ident);
        let rest = self.is_partial.then(|| emit!(..#p::#part::#plain));
        emit!(#p::#part { #(#told)* #rest })
    }
}

impl<T: Told + PartialEq> Visit<T> for Fields<'_> {
    fn field(&mut self, name: &'static str, _: Key, value: &T, plain: &T) {
        if value != plain {
            self.field_as(name, &value.told(self.at));
        } else if name == "line" {
            // Only the program knows this line, not the macro.
            self.field_as(name, &self.at.plan.line(0));
        } else {
            self.is_partial = true;
        }
    }
}

/// Implements [`Told`] for structs, with the names that generated code has for them.
macro_rules! tell_parts {
    ($($Part:ident = $name:literal / $plain:literal;)*) => {$(
        impl Told for $Part {
            fn told(&self, at: At<'_>) -> TokenStream {
                let mut fields = Fields::new(at);
                self.fields(&mut fields);
                fields.constant($name, $plain)
            }
        }
    )*};
}

tell_parts! {
    Definition = "Definition" / "EMPTY";
    Step = "Step" / "PLAIN";
    Rare = "Rare" / "PLAIN";
    Items = "Items" / "PLAIN";
    Condition = "Condition" / "PLAIN";
    Hold = "HoldDefinition" / "PLAIN";
    Emit = "EmitDefinition" / "PLAIN";
    Call = "CallDefinition" / "PLAIN";
    Field = "Field" / "PLAIN";
}

/// The definition of a child saga is known only to the program; the macro knows its name.
impl Told for Child {
    fn told(&self, at: At<'_>) -> TokenStream {
        let p = &at.plan.p;
        let Self {
            definition: _,
            services,
        } = self;
        let fitting = at.step.map(child_type);
        let services = services.told(at);
        emit! {
            #p::Child {
                definition: #p::DefinitionRef::Static(&#fitting::DEFINITION),
                services: #services,
            }
        }
    }
}

/// The name of a lock is that of its type, which only the program knows. A constant compares it
/// with the name of the previous lock.
impl Told for Lock {
    fn told(&self, at: At<'_>) -> TokenStream {
        let (p, Self { name: _ }) = (&at.plan.p, self);
        let name = at.step.and_then(|step| at.plan.lock_name(step));
        emit!(#p::LockDefinition { name: #p::Borrowed(#name) })
    }
}

impl<T: Told + 'static> Told for Ref<T> {
    fn told(&self, at: At<'_>) -> TokenStream {
        let (p, part) = (&at.plan.p, self.get().told(at));
        emit!(#p::Ref::Static(&#part))
    }
}

impl Told for DefinitionRef {
    fn told(&self, at: At<'_>) -> TokenStream {
        let (p, definition) = (&at.plan.p, (**self).told(at));
        emit!(#p::DefinitionRef::Static(&#definition))
    }
}

/// Implements [`Told`] for enums whose variants have no fields.
macro_rules! tell_variants {
    ($($Enum:ident)*) => {$(
        impl Told for $Enum {
            fn told(&self, at: At<'_>) -> TokenStream {
                let (p, variant) = (&at.plan.p, ident(&format!("{self:?}")));
                emit!(#p::$Enum::#variant)
            }
        }
    )*};
}

tell_variants!(Arm Kind);

impl Told for Group {
    fn told(&self, at: At<'_>) -> TokenStream {
        let (p, Self { first, len }) = (&at.plan.p, self);
        emit!(#p::Group { first: #first, len: #len })
    }
}

impl Told for Compensation {
    fn told(&self, at: At<'_>) -> TokenStream {
        let p = &at.plan.p;
        let how = match self {
            Self::Absent => emit!(Absent),
            Self::None { again } => emit!(None { again: #again }),
            Self::Declared { by_key, call } => {
                let call = call.told(at);
                emit!(Declared { by_key: #by_key, call: #call })
            }
            Self::With(other) => emit!(With(#other)),
        };
        emit!(#p::Compensation::#how)
    }
}

impl Told for Text {
    fn told(&self, at: At<'_>) -> TokenStream {
        at.plan.text(self)
    }
}

impl<T: Told + Clone> Told for List<T> {
    fn told(&self, at: At<'_>) -> TokenStream {
        at.plan.list(self.iter().map(|item| item.told(at)))
    }
}

impl<T: Told> Told for Option<T> {
    fn told(&self, at: At<'_>) -> TokenStream {
        let p = &at.plan.p;
        let Some(value) = self else {
            return emit!(#p::Option::None);
        };
        let value = value.told(at);
        emit!(#p::Option::Some(#value))
    }
}

/// Implements [`Told`] for values that are their own expression.
macro_rules! tell_literals {
    ($($Type:ty)*) => {$(
        impl Told for $Type {
            fn told(&self, _: At<'_>) -> TokenStream {
                emit!(#self)
            }
        }
    )*};
}

tell_literals!(bool u16 u32);
