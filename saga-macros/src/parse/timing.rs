//! Durations: `100ms`, `1.5s`, `1h`, or any expression of type `Duration`.

use std::time::Duration;

use proc_macro2::Span;
use syn::parse::ParseStream;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Expr, ExprLit, ExprUnary, Lit, UnOp};

use crate::errors::{error, error_over};
use crate::model::{Timing, TimingValue};

const UNITS: &str =
    "write a number with one of the units `us`, `ms`, `s`, `m`, `h`, `d`, as in `1.5s`";

const UNITS_OR_EXPRESSION: &str = "write a number with one of the units `us`, `ms`, `s`, `m`, `h`, \
    `d`, as in `1.5s`, or an expression of type `Duration`";

const NANOS_PER_SECOND: u128 = 1_000_000_000;

pub(super) fn timing(input: ParseStream<'_>) -> syn::Result<Timing> {
    of(&input.parse()?)
}

pub(super) fn standard(span: Span, duration: Duration) -> Timing {
    Timing {
        span,
        levels: Vec::new(),
        value: TimingValue::Literal(duration),
    }
}

pub(super) fn is_zero(timing: &Timing) -> bool {
    matches!(timing.value, TimingValue::Literal(duration) if duration.is_zero())
}

/// What a signal or a lock may have in place of a duration.
pub(super) fn is_never(timing: &Timing) -> bool {
    let TimingValue::Expr(expr) = &timing.value else {
        return false;
    };
    matches!(&**expr, Expr::Path(path) if path.path.is_ident("never"))
}

/// A literal, or an expression that rustc checks.
pub(super) fn of(whole: &Expr) -> syn::Result<Timing> {
    let expr = bare(whole);
    if let Some(constant) = read(expr, UNITS_OR_EXPRESSION)? {
        return Ok(standard(expr.span(), constant));
    }
    no_literal_inside(expr)?;
    Ok(Timing {
        span: expr.span(),
        levels: Vec::new(),
        value: TimingValue::Expr(Box::new(expr.clone())),
    })
}

/// A literal; `None` for an expression.
pub(super) fn constant(whole: &Expr) -> syn::Result<Option<Duration>> {
    read(bare(whole), UNITS)
}

fn read(expr: &Expr, help: &str) -> syn::Result<Option<Duration>> {
    match expr {
        Expr::Lit(ExprLit { lit, .. }) => literal(lit, help).map(Some),
        Expr::Unary(ExprUnary {
            op: UnOp::Neg(_),
            expr: negated,
            ..
        }) if matches!(bare(negated), Expr::Lit(_)) => {
            Err(error_over(expr, "a duration cannot be negative", help))
        }
        Expr::Range(_) => {
            let what = "expected one duration, not a range";
            Err(error_over(expr, what, help))
        }
        _ => Ok(None),
    }
}

/// The expression without the parentheses and the invisible delimiters of `macro_rules!` around it.
pub(super) fn bare(expr: &Expr) -> &Expr {
    match expr {
        Expr::Group(group) => bare(&group.expr),
        Expr::Paren(paren) => bare(&paren.expr),
        expr => expr,
    }
}

fn literal(lit: &Lit, help: &str) -> syn::Result<Duration> {
    let (digits, unit) = match lit {
        Lit::Int(int) => (int.base10_digits(), int.suffix()),
        Lit::Float(float) => (float.base10_digits(), float.suffix()),
        _ => return Err(error(lit.span(), "expected a duration", help)),
    };
    let Some(nanos) = nanos_of(unit) else {
        let what = match unit {
            "" => format!("`{digits}` has no unit"),
            unit => format!("`{unit}` is not a unit of time"),
        };
        return Err(error(lit.span(), what, help));
    };
    decimal(digits, nanos).map_err(|what| error(lit.span(), what, help))
}

fn nanos_of(unit: &str) -> Option<u128> {
    Some(match unit {
        "us" => 1_000,
        "ms" => 1_000_000,
        "s" => NANOS_PER_SECOND,
        "m" => 60 * NANOS_PER_SECOND,
        "h" => 3600 * NANOS_PER_SECOND,
        "d" => 24 * 3600 * NANOS_PER_SECOND,
        _ => return None,
    })
}

/// The decimal number `digits` times a unit.
fn decimal(digits: &str, unit: u128) -> Result<Duration, &'static str> {
    const TOO_LONG: &str = "this duration is too long";
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if !whole
        .chars()
        .chain(fraction.chars())
        .all(|digit| digit.is_ascii_digit())
    {
        return Err("a duration must be a plain decimal number");
    }
    let fraction = fraction.trim_end_matches('0');
    let whole: u128 = whole.parse().map_err(|_| TOO_LONG)?;
    let places = u32::try_from(fraction.len())
        .ok()
        .and_then(|places| 10_u128.checked_pow(places));
    let part: u128 = if fraction.is_empty() {
        0
    } else {
        fraction.parse().map_err(|_| TOO_FINE)?
    };
    let part = places
        .and_then(|places| exact(part.checked_mul(unit)?, places))
        .ok_or(TOO_FINE)?;
    let nanos = whole
        .checked_mul(unit)
        .and_then(|nanos| nanos.checked_add(part))
        .ok_or(TOO_LONG)?;
    let seconds = u64::try_from(nanos / NANOS_PER_SECOND).map_err(|_| TOO_LONG)?;
    let rest = u32::try_from(nanos % NANOS_PER_SECOND).map_err(|_| TOO_LONG)?;
    Ok(Duration::new(seconds, rest))
}

const TOO_FINE: &str = "this duration is finer than a nanosecond";

fn exact(number: u128, divisor: u128) -> Option<u128> {
    (number % divisor == 0).then_some(number / divisor)
}

/// Reports a literal such as `10ms` inside an expression: rustc would call the unit an invalid
/// suffix.
fn no_literal_inside(expr: &Expr) -> syn::Result<()> {
    let mut finder = Finder(None);
    visit::visit_expr(&mut finder, expr);
    finder.0.map_or(Ok(()), Err)
}

struct Finder(Option<syn::Error>);

impl Visit<'_> for Finder {
    fn visit_lit_int(&mut self, literal: &syn::LitInt) {
        self.look(literal.suffix(), literal.span());
    }

    fn visit_lit_float(&mut self, literal: &syn::LitFloat) {
        self.look(literal.suffix(), literal.span());
    }
}

impl Finder {
    fn look(&mut self, suffix: &str, span: Span) {
        let constructor = match suffix {
            "us" => "from_micros",
            "ms" => "from_millis",
            "s" | "m" | "h" | "d" => "from_secs",
            _ => return,
        };
        let what = format!("a number with the unit `{suffix}` cannot be part of an expression");
        let help = format!("write `Duration::{constructor}(…)`");
        self.0.get_or_insert_with(|| error(span, what, help));
    }
}
