//! Events: the saga's `emit`s as functions, its `publish`, and the items of the machine for both.

use proc_macro2::TokenStream;
use quote::quote_spanned;
use syn::{Ident, spanned::Spanned};

use super::shared::called_with;
use super::{
    code::{arguments, called_at_end, parameters},
    definition::index,
    ident::{emit, ident},
    input::lent,
    lints,
    plan::Plan,
};
use crate::model::{Child, Clause, Emit, Read, Source};

impl Plan<'_> {
    /// The type of the saga's events, as generated items name it.
    pub(super) fn event_type(&self) -> Option<TokenStream> {
        self.saga.emits.as_ref().map(|ty| self.checked(ty))
    }

    /// `type Events = …;`
    pub(super) fn assigned_events(&self) -> TokenStream {
        let p = &self.p;
        self.event_type().map_or_else(
            || emit!(type Events = #p::NoEvents;),
            |ty| emit!(type Events = #p::Emits<#ty>;),
        )
    }

    /// The functions of the `emit`s, and the codec with which a durable saga stores events.
    pub(super) fn event_functions(&self) -> TokenStream {
        let Some(ty) = &self.saga.emits else {
            return TokenStream::new();
        };
        let emits = self.saga.events.iter().enumerate();
        let emits: TokenStream = emits.map(|(k, emit)| self.emit_function(k, emit)).collect();
        // A durable saga stores its events. If a type cannot be stored, rustc reports that at the
        // type.
        let kept = self.saga.durable.filter(|_| !self.broken).map(|_| {
            let (p, event, codec) = (&self.p, self.event_type(), self.codec_of(&emit!(#ty)));
            let (generics, predicates) = (self.all.declared(), self.all.shared(p));
            emit! {
                const fn __event_codec<#generics>() -> #p::Codec<#event> where #predicates {
                    #codec
                }
            }
        });
        emit!(#emits #kept)
    }

    /// `fn __emit_0(reads) -> Vec<Event>`.
    fn emit_function(&self, k: usize, made: &Emit) -> TokenStream {
        let p = &self.p;
        let (name, ty) = (emit_name(k), self.event_type());
        let known = made.reads.iter().filter(|read| self.is_known(read));
        let params = parameters(known.map(|read| {
            let ty = self.read_type_in(made.condition, read, &emit!('_));
            (&read.binding, emit!(&#ty))
        }));
        let (generics, predicates) = (self.all.declared(), self.all_shared());
        let lints = lints::of_clause(&made.attrs.others);
        let ([trait_, emitted], list) = (["Emitted", "emitted"].map(ident), &made.events);
        let body = if self.broken {
            emit!(#p::nothing())
        } else {
            let path = quote_spanned!(list.span()=> #p::#trait_::<#ty>::#emitted);
            called_with(&path, list)
        };
        let body = quote_spanned!(made.around=> { #body });
        let unused = self.broken.then(|| emit!(#[allow(unused)]));
        emit! {
            #unused #lints
            fn #name<#generics>(#params) -> #p::Vec<#ty> where #predicates #body
        }
    }

    /// The methods of the machine for events.
    pub(super) fn event_methods(&self) -> TokenStream {
        if self.saga.emits.is_none() {
            return TokenStream::new();
        }
        let p = &self.p;
        let names = self.all.names();
        let (of_completed, of_failed) = (self.completed_events(), self.failed_events());
        let codec = self.saga.durable.map(|_| {
            emit! {
                fn event_codec() -> #p::Codec<#p::EventOf<Self>> { __event_codec::<#names>() }
            }
        });
        let publisher = self.publisher(&emit!(#p::EventOf<Self>), &emit!(Self), |publish| {
            let lent = lent();
            let args = publish.reads.iter().map(|read| {
                let position = self.lent_at(&read.name);
                (read, emit!(&__reads.#position))
            });
            (emit!(#p::cloned(&self.#lent)), args.collect())
        });
        emit!(#of_completed #of_failed #codec #publisher)
    }

    fn completed_events(&self) -> TokenStream {
        let p = &self.p;
        let mut parts = TokenStream::new();
        let own = || self.saga.events.iter().enumerate();
        let own = || own().filter(|(_, emit)| emit.failed.is_none());
        for place in 0..=self.steps.len() {
            for (k, made) in own().filter(|(_, emit)| emit.place == place) {
                let told = self.told(k, made);
                parts.extend(match made.condition.map(index) {
                    None => told,
                    Some(block) => emit!(if __taken(#block) { #told }),
                });
            }
            let child = self.children().find(|(k, ..)| *k == place);
            if let Some((_, step, child)) = child {
                let (nested, heard) = (&step.name, self.heard_as(child));
                parts.extend(emit! {
                    #p::append(&mut __events, &mut __slots.__children.#nested.events #heard());
                });
            }
        }
        if parts.is_empty() {
            return parts;
        }
        emit! {
            fn events(&self, __slots: &Self::Slots, __taken: &dyn #p::Fn(#p::u16) -> #p::bool)
                -> #p::Vec<#p::EventOf<Self>> {
                let __run = self;
                let _ = (__slots, __taken);
                let mut __events = #p::nothing();
                #parts
                __events
            }
        }
    }

    /// The type of event that the events of a child saga become, where that has to be checked here.
    fn heard_as(&self, child: &Child) -> Option<TokenStream> {
        let ty = self.event_type().filter(|_| self.hears_openly())?;
        let ty = self.said_at(child.path.span(), &ty);
        Some(emit!(::<#ty>))
    }

    /// Whether the type of the saga's events mentions a parameter.
    fn hears_openly(&self) -> bool {
        let ty = self.saga.emits.as_ref();
        ty.is_some_and(|ty| !self.is_closed(ty))
    }

    fn failed_events(&self) -> Option<TokenStream> {
        let p = &self.p;
        let own = self.saga.events.iter().enumerate();
        let failed = own.filter(|(_, emit)| emit.failed.is_some());
        let parts: Vec<_> = failed.map(|(k, made)| self.told(k, made)).collect();
        (!parts.is_empty()).then(|| {
            emit! {
                fn events_of_failed(&self, __failure: &#p::Failure<Self::Error>)
                    -> #p::Vec<#p::EventOf<Self>> {
                    let __run = self;
                    let _ = (__run, __failure);
                    let mut __events = #p::nothing();
                    #(#parts)*
                    __events
                }
            }
        })
    }

    /// Adds the events of an `emit` to the local `__events`.
    fn told(&self, k: usize, made: &Emit) -> TokenStream {
        let (p, names) = (&self.p, self.all.names());
        let (name, args) = (emit_name(k), self.emit_args(made));
        emit!(#p::append(&mut __events, &mut #name::<#names>(#args));)
    }

    /// The arguments of an `emit`, from the run and the slots.
    fn emit_args(&self, made: &Emit) -> TokenStream {
        let args = made.reads.iter().map(|read| match read.source {
            Source::Input(_) => self.run_field(&emit!(__run), &read.name),
            Source::Effect(step) => {
                let plain = self.may_lack(step) && self.is_plain_in(step, made.condition);
                self.slot(read, plain)
            }
            Source::Arms(_) => self.arms_read(read),
            Source::Failure => emit!(__failure),
            _ => unreachable!("checked: no such read in an `emit`"),
        });
        arguments(args)
    }

    /// `fn publisher`, if there is a `publish`. `reads` returns the shared value that the publisher
    /// reads from, and how it reads each service from the local `__reads`, a reference to that
    /// value.
    fn publisher<'s>(
        &'s self,
        event: &TokenStream,
        machine: &TokenStream,
        reads: impl FnOnce(&'s Clause) -> (TokenStream, Vec<(&'s Read, TokenStream)>),
    ) -> Option<TokenStream> {
        let publish = self.saga.publish.as_ref()?;
        let (p, names) = (&self.p, self.all.names());
        let limit = self.limit(self.saga.publish_timeout(publish));
        let (shared, reads) = reads(publish);
        let function = called_at_end("__publish");
        let (error, classify) = (ident("__error"), publish.attrs.classify.as_ref());
        let gives_up = classify.map_or_else(
            || emit!(|_| false),
            |classify| {
                let verdict = self.judged_by(classify, false);
                emit!(|#error| #p::Verdict::is_once(#verdict))
            },
        );
        let args = arguments(reads.into_iter().map(|(read, service)| match read.source {
            Source::Event => emit!(__event),
            Source::Key => emit!(__key),
            _ => service,
        }));
        Some(emit! {
            fn publisher(&self) -> #p::Option<#p::Publisher<#event>> {
                #p::Option::Some(#p::Publisher::new(
                    #shared,
                    |__reads, __event, __key| #p::pinned(#function::<#names>(#args)),
                    #limit,
                    (<#machine as #p::Machine>::describe, #gives_up),
                    <#machine as #p::Machine>::event_codec(),
                ))
            }
        })
    }

    /// `fn publisher` of the services of a durable saga, for an event that is delivered without a
    /// run of the saga.
    pub(super) fn publisher_of_services(&self) -> Option<TokenStream> {
        if self.broken {
            return None;
        }
        let (p, machine) = (&self.p, self.run_type());
        self.publisher(&emit!(#p::EventOf<#machine>), &machine, |publish| {
            let args = publish.reads.iter().map(|read| {
                let name = &read.name;
                (read, emit!(&__reads.#name))
            });
            let services = emit!(#p::arc(#p::cloned(self)));
            (services, args.collect())
        })
    }

    /// The check that the events of a child saga can become those of this saga.
    pub(super) fn hears_child(&self, at: proc_macro2::Span, run: &TokenStream) -> TokenStream {
        let p = &self.p;
        let [machine, events, event, how] = ["Machine", "Events", "Event", "How"].map(ident);
        let [hears, silent, checked] = ["EventFrom", "Silent", "CHECKED"].map(ident);
        let said = emit!(<#run as #p::#machine>::#events);
        let theirs = emit!(<#said as #p::#events>::#event);
        if self.hears_openly() {
            // A constant cannot name a parameter.
            emit!(0)
        } else if let Some(ty) = self.event_type() {
            let ty = self.said_at(at, &ty);
            emit!(<#ty as #p::#hears<#theirs, <#said as #p::#events>::#how>>::#checked)
        } else {
            let said = self.said_at(at, &said);
            emit!(<#said as #p::#silent<#theirs>>::#checked)
        }
    }
}

/// The function of an `emit`.
pub(super) fn emit_name(k: usize) -> Ident {
    ident(&format!("__emit_{k}"))
}
