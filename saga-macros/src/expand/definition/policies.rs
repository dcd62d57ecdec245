//! Counts, waits and time limits as expressions of the program.

use std::time::Duration;

use proc_macro2::TokenStream;
use typed_saga_definition::{Backoff, Computed, Limit, Retry, Savepoint, Timing};

use super::{At, Told};
use crate::expand::ident::emit;

impl Told for Retry {
    fn told(&self, at: At<'_>) -> TokenStream {
        let (p, Self { limit, backoff }) = (&at.plan.p, self);
        let (limit, backoff) = (limit.told(at), backoff.told(at));
        emit!(#p::Retry { limit: #limit, backoff: #backoff })
    }
}

impl Told for Savepoint {
    fn told(&self, at: At<'_>) -> TokenStream {
        let p = &at.plan.p;
        let Self {
            limit,
            backoff,
            on,
            conditional,
        } = self;
        let (limit, backoff, on) = (limit.told(at), backoff.told(at), on.told(at));
        emit! {
            #p::Savepoint {
                limit: #limit,
                backoff: #backoff,
                on: #on,
                conditional: #conditional,
            }
        }
    }
}

impl Told for Limit {
    fn told(&self, at: At<'_>) -> TokenStream {
        let p = &at.plan.p;
        match self {
            Self::Times(times) => emit!(#p::Limit::Times(#times)),
            Self::Forever => emit!(#p::Limit::Forever),
        }
    }
}

impl Told for Backoff {
    fn told(&self, at: At<'_>) -> TokenStream {
        let p = &at.plan.p;
        if *self == Self::DEFAULT {
            return emit!(#p::Backoff::DEFAULT);
        }
        let Self { base, cap, jitter } = self;
        let [base, cap] = [base, cap].map(|timing| timing.told(at));
        emit!(#p::Backoff { base: #base, cap: #cap, jitter: #jitter })
    }
}

impl Told for Timing {
    fn told(&self, at: At<'_>) -> TokenStream {
        let p = &at.plan.p;
        let (source, value) = match self {
            Self::Fixed(duration) => {
                let duration = at.plan.duration(*duration);
                return emit!(#p::Timing::Fixed(#duration));
            }
            Self::Computed(Computed { source, value: _ }) => (*source, None),
            Self::Written(written) => {
                let durations = &at.plan.data.durations;
                let evaluated = |number: usize| at.plan.evaluated(&durations[number]);
                let value = written.number.map(evaluated);
                (&*written.source, value)
            }
        };
        let value = match value {
            None => emit!(#p::Option::None),
            Some(value) => emit!(#p::Option::Some(#value)),
        };
        emit!(#p::Timing::Computed(&#p::Computed { source: #source, value: #value }))
    }
}

impl Told for Duration {
    fn told(&self, at: At<'_>) -> TokenStream {
        at.plan.duration(*self)
    }
}
