//! `#[retry(n | forever, base..cap, jitter = bool)]`, and the same arguments for `#[savepoint(…)]`,
//! which also takes `on(step, …)` and `if = predicate`.

use proc_macro2::{Delimiter, Span};
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::spanned::Spanned;
use syn::{Expr, ExprLit, ExprRange, Ident, Lit, LitBool, Token, parenthesized};
use typed_saga_definition::{
    Backoff,
    language::{Attribute, Place},
};

use super::{look, timing};
use crate::errors::{code, error, error_over, noted};
use crate::model::{Limit, Predicate, Read, Retry, Timing, TimingValue};
use crate::similar::similar;

const BACKOFF: &str = "write the first and the longest wait, as in `100ms..2s`";

const ON: &str = "name the steps after whose failure the saga reruns: `on(step, …)`";

/// The subject of an attribute that repeats something.
#[derive(Clone, Copy)]
pub(super) enum Repeated {
    /// `#[retry]` at a place: attempts of one step or clause, including the first.
    Attempts(Place),
    /// `#[savepoint]`: all steps from this one on.
    Reruns,
}

impl Repeated {
    /// The attribute's name.
    fn name(self) -> &'static str {
        match self {
            Self::Attempts(_) => Attribute::Retry.entry().name,
            Self::Reruns => Attribute::Savepoint.entry().name,
        }
    }

    fn count(self) -> &'static str {
        match self {
            Self::Attempts(_) => "the number of attempts",
            Self::Reruns => "the number of reruns",
        }
    }

    /// The words of the arguments that have a name.
    fn keys(self) -> &'static [&'static str] {
        match self {
            Self::Attempts(_) => &["jitter"],
            Self::Reruns => &["jitter", "if"],
        }
    }

    /// The arguments that have a name, as a help text shows them.
    fn named(self) -> &'static str {
        match self {
            Self::Attempts(_) => "`jitter = bool`",
            Self::Reruns => "`jitter = bool`, `on(step, …)` and `if = predicate`",
        }
    }

    fn sample(self) -> &'static str {
        match self {
            Self::Attempts(_) => Attribute::Retry.entry().sample,
            Self::Reruns => Attribute::Savepoint.entry().sample,
        }
    }
}

/// The arguments of the attribute at `span`, which declares how often something is `repeated`.
pub(super) fn retry(span: Span, repeated: Repeated, input: ParseStream<'_>) -> syn::Result<Retry> {
    let mut arguments = Arguments::default();
    while !input.is_empty() {
        match key(input) {
            Some(key) => arguments.named(&key, repeated, input)?,
            None if names_steps(repeated, input) => arguments.on(input)?,
            None => arguments.positional(&input.parse()?, repeated)?,
        }
        if !input.is_empty() {
            input.parse::<Token![,]>()?;
        }
    }
    let Some(limit) = arguments.limit else {
        let (name, sample) = (repeated.name(), repeated.sample());
        let what = format!("`#[{name}]` does not say how often");
        let help = match repeated {
            Repeated::Attempts(_) => {
                format!(
                    "count the attempts, the first one included, as in `{sample}`, or write \
                     `forever`"
                )
            }
            Repeated::Reruns => format!("count the reruns, as in `{sample}`"),
        };
        return Err(error(span, what, help));
    };
    let mut retry = Retry {
        limit,
        on: arguments.on,
        predicate: arguments.predicate,
        ..standard(span)
    };
    if let Some((base, cap)) = arguments.backoff {
        (retry.base, retry.cap) = (base, cap);
    }
    retry.jitter = arguments.jitter.unwrap_or(true);
    Ok(retry)
}

/// One attempt, with everything else by default.
pub(super) fn standard(span: Span) -> Retry {
    let Backoff { base, cap, jitter } = Backoff::DEFAULT;
    Retry {
        span,
        limit: Limit::Times(1),
        base: timing::standard(span, base.get()),
        cap: timing::standard(span, cap.get()),
        jitter,
        on: None,
        predicate: None,
    }
}

/// The word of a `word = value`. Looked for before an expression is parsed, because `if` is such a
/// word.
fn key(input: ParseStream<'_>) -> Option<Ident> {
    let (word, rest) = input.cursor().ident()?;
    look::assigns(rest).then_some(word)
}

/// Whether `on(…)` of a savepoint comes next.
fn names_steps(repeated: Repeated, input: ParseStream<'_>) -> bool {
    let is_on = |word: &Ident| word == "on";
    let (word, rest) = input.cursor().ident().unzip();
    matches!(repeated, Repeated::Reruns)
        && word.as_ref().is_some_and(is_on)
        && rest.is_some_and(|rest| rest.group(Delimiter::Parenthesis).is_some())
}

#[derive(Default)]
struct Arguments {
    limit: Option<Limit>,
    backoff: Option<(Timing, Timing)>,
    jitter: Option<bool>,
    on: Option<Vec<Read>>,
    predicate: Option<Predicate>,
}

impl Arguments {
    fn named(
        &mut self,
        key: &Ident,
        repeated: Repeated,
        input: ParseStream<'_>,
    ) -> syn::Result<()> {
        input.call(Ident::parse_any)?;
        input.parse::<Token![=]>()?;
        let first = if key == "jitter" {
            let span = input.span();
            let jitter: LitBool = input.parse().map_err(|_| {
                error(
                    span,
                    "expected `true` or `false`",
                    "write `jitter = false` to turn jitter off",
                )
            })?;
            self.jitter.replace(jitter.value).is_none()
        } else if key == "if" {
            if let Repeated::Attempts(place) = repeated {
                return Err(unconditional(key.span(), place));
            }
            self.predicate.replace(predicate(input)?).is_none()
        } else if key == "on" && matches!(repeated, Repeated::Reruns) {
            let what = "the steps of `on` are written in parentheses";
            return Err(error(key.span(), what, ON));
        } else if let Some(error) = unnamed(key, repeated, input) {
            return Err(error);
        } else {
            let near = similar(&key.to_string(), repeated.keys().iter().copied())
                .map_or_else(String::new, |near| format!("did you mean `{near}`? "));
            let (name, named) = (repeated.name(), repeated.named());
            let help = format!("{near}`#[{name}]` takes {named}");
            return Err(error(
                key.span(),
                format_args!("unknown argument `{key}`"),
                help,
            ));
        };
        once(first, key.span(), format_args!("a second `{key}`"))
    }

    /// `on(step, …)`.
    fn on(&mut self, input: ParseStream<'_>) -> syn::Result<()> {
        let word: Ident = input.parse()?;
        let content;
        parenthesized!(content in input);
        let mut names: Vec<Ident> = Vec::new();
        while !content.is_empty() {
            let span = content.span();
            let name = content.parse();
            names.push(name.map_err(|_| error(span, "expected the name of a step", ON))?);
            if !content.is_empty() {
                content.parse::<Token![,]>()?;
            }
        }
        if names.is_empty() {
            return Err(error(word.span(), "`on` names no step", ON));
        }
        let first = self.on.replace(Read::unresolved(names)).is_none();
        once(first, word.span(), "a second `on`")
    }

    fn positional(&mut self, expr: &Expr, repeated: Repeated) -> syn::Result<()> {
        let expr = timing::bare(expr);
        match expr {
            Expr::Range(range) => once(
                self.backoff.replace(backoff(range)?).is_none(),
                expr.span(),
                "a second backoff",
            ),
            _ => once(
                self.limit.replace(limit(expr, repeated)?).is_none(),
                expr.span(),
                format_args!("a second number in `#[{}]`", repeated.name()),
            ),
        }
    }
}

/// The error for a named argument that has to be written by its position instead.
fn unnamed(key: &Ident, repeated: Repeated, input: ParseStream<'_>) -> Option<syn::Error> {
    let value = input.fork().parse().ok()?;
    let value = timing::bare(&value);
    let what = match value {
        Expr::Lit(ExprLit {
            lit: Lit::Int(_), ..
        }) => repeated.count(),
        Expr::Range(_) => "the backoff",
        _ => return None,
    };
    Some(error(
        key.span(),
        format_args!("{what} is written without a name"),
        format_args!(
            "write `{}` alone, as in `{}`",
            code(value),
            repeated.sample()
        ),
    ))
}

fn once(first: bool, span: Span, what: impl std::fmt::Display) -> syn::Result<()> {
    if first {
        Ok(())
    } else {
        Err(error(span, what, "remove one of the two"))
    }
}

fn limit(expr: &Expr, repeated: Repeated) -> syn::Result<Limit> {
    let name = repeated.name();
    match expr {
        Expr::Path(path) if path.path.is_ident("forever") => Ok(Limit::Forever),
        Expr::Lit(ExprLit {
            lit: Lit::Int(number),
            ..
        }) if number.suffix().is_empty() => match number.base10_parse()? {
            0 => {
                let what = format!("`#[{name}(0)]` does nothing");
                Err(match repeated {
                    Repeated::Attempts(_) => noted(
                        number.span(),
                        what,
                        "the first attempt counts, too",
                        "write 2 or more, or remove `#[retry]`",
                    ),
                    Repeated::Reruns => error(
                        number.span(),
                        what,
                        "write how often the saga may try again from here, or remove `#[savepoint]`",
                    ),
                })
            }
            times => Ok(Limit::Times(times)),
        },
        Expr::Lit(ExprLit {
            lit: lit @ (Lit::Int(_) | Lit::Float(_)),
            ..
        }) => Err(error(
            lit.span(),
            "a backoff needs a base and a cap",
            BACKOFF,
        )),
        expr => {
            let count = match repeated {
                Repeated::Attempts(_) => {
                    "a number of attempts, the first one included, or `forever`"
                }
                Repeated::Reruns => "a number of reruns",
            };
            let (sample, named) = (repeated.sample(), repeated.named());
            let what = format!("`#[{name}]` does not take this argument");
            let help = match repeated {
                Repeated::Attempts(_) => {
                    format!("`#[{name}]` takes {count}, a backoff as in `{sample}`, and {named}")
                }
                Repeated::Reruns => {
                    format!("`#[{name}]` takes {count}, then a backoff as in `{sample}`, {named}")
                }
            };
            Err(error_over(expr, what, help))
        }
    }
}

fn backoff(range: &ExprRange) -> syn::Result<(Timing, Timing)> {
    let (Some(base), Some(cap)) = (&range.start, &range.end) else {
        return Err(error(
            range.limits.span(),
            "a backoff needs a base and a cap",
            BACKOFF,
        ));
    };
    let (base, cap) = (timing::of(base)?, timing::of(cap)?);
    match (&base.value, &cap.value) {
        (TimingValue::Literal(least), TimingValue::Literal(most)) if least > most => Err(error(
            base.span,
            "the base of the backoff is above its cap",
            "write the base first, as in `100ms..2s`",
        )),
        _ => Ok((base, cap)),
    }
}

/// The error for an `if` in `#[retry]`.
fn unconditional(span: Span, place: Place) -> syn::Error {
    let what = "`#[retry]` takes no `if`";
    match place {
        Place::Clause(clause) => {
            let why = format!(
                "`{}` is called again after every attempt that failed, whatever the error",
                clause.entry().name
            );
            noted(span, what, why, "remove `if = …`")
        }
        _ => noted(
            span,
            what,
            "only the function of `#[classify]` says what an error means",
            "remove `if = …`, and add `.once()` to the verdict on an error after which no other \
             attempt follows, as in `Verdict::Unknown.once()`",
        ),
    }
}

/// A path or a closure, `Fn(&Failure<E>) -> bool`.
fn predicate(input: ParseStream<'_>) -> syn::Result<Predicate> {
    let help = "write a path or a closure that takes the failure: `|failure| …`";
    let expr: Expr = input.parse()?;
    let span = expr.span();
    match timing::bare(&expr) {
        Expr::Path(_) | Expr::Closure(_) => Ok(Predicate {
            span,
            levels: Vec::new(),
            expr,
        }),
        other => Err(error_over(other, "expected a predicate", help)),
    }
}
