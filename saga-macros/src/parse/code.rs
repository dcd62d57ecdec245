//! The code of a step or a clause: a block, or a path.

use proc_macro2::Span;
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::ParseBuffer;
use syn::{Expr, ExprPath, Ident, Token};

use super::block::block;
use super::notes::Notes;
use super::{child, emits, look, slips};
use crate::errors::{self, error, noted};
use crate::model::{Code, Read};
use crate::names;

const PATH: &str = "write `= path` to call an async function with the names in the \
    parentheses, in that order; or write a block, as in `{ Ok(….await?) }`";

/// The code of `owner`, with its reads. If the code cannot be read, the tokens after it still are.
/// If there are more than the `known` errors, an earlier one explains that.
pub(super) fn code(
    notes: &mut Notes<'_>,
    input: &ParseBuffer<'_>,
    owner: &Ident,
    reads: Option<Vec<Read>>,
    known: usize,
) -> (Vec<Read>, Code) {
    let code = readable_code(notes, input, owner);
    if code.is_err() {
        if look::ends_node(input.cursor()) {
            notes.lost.clauses.insert(names::text(owner));
        }
        look::skip_code(input);
        notes.lost.node |= input.is_empty();
    }
    let code = match code {
        // A path would be called with too few arguments.
        Ok(Code::Path(_)) if notes.lost.read => Ok(Code::absent()),
        code => code,
    };
    match (reads, code) {
        (Some(reads), Ok(code)) => (reads, code),
        (Some(reads), Err(error)) => {
            if notes.errors.len() == known {
                notes.errors.push(error);
            }
            (reads, Code::absent())
        }
        // What it runs decides which rules it is under.
        (None, Ok(code @ Code::Saga(_))) => (Vec::new(), code),
        (None, _) => (Vec::new(), Code::absent()),
    }
}

fn readable_code(
    notes: &mut Notes<'_>,
    input: &ParseBuffer<'_>,
    owner: &Ident,
) -> syn::Result<Code> {
    if let Some(group) = block(input) {
        return Ok(Code::Block(group));
    }
    let begin = input.cursor();
    if emits::is_of_saga(begin) {
        let word = input.call(Ident::parse_any)?;
        return Err(emits::misplaced(word.span()));
    }
    if !look::assigns(begin) {
        let ended = look::ends_node(begin);
        let span = if ended { owner.span() } else { input.span() };
        let what = format!("expected the code of `{owner}`: `{{ … }}` or `= path`");
        let path = path_alone(input).filter(|_| !ended);
        let help = path.map_or_else(|| PATH.to_owned(), |path| format!("write `= {path}`"));
        return Err(error(span, what, help));
    }
    let equals = input.parse::<Token![=]>()?.span;
    let begin = input.cursor();
    let of_saga = look::word(begin, "saga").filter(|rest| rest.ident().is_some());
    notes.half.path(of_saga.unwrap_or(begin));
    if let Some(end) = slips::half_path(input, equals) {
        return Err(error(end, "expected a path", PATH));
    }
    if of_saga.is_some() {
        return child::child(notes, input, owner).map(Code::Saga);
    }
    let whole = input.fork();
    let path = input.parse::<ExprPath>().map_err(|cause| {
        if begin.ident().is_some_and(|(word, _)| look::is_name(&word)) {
            return cause;
        }
        error(begin.span(), "expected a path", PATH)
    })?;
    let next = input.cursor();
    if let Some(error) = child::without_its_word(notes, &path, next, owner) {
        return Err(error);
    }
    if look::continues_expression(next) {
        let written = whole.parse::<Expr>().ok();
        return Err(not_a_path(owner, &path, written.as_ref(), input.span()));
    }
    Ok(Code::Path(path.into_token_stream()))
}

/// The error for an expression that begins with a path; `written` is all of it.
fn not_a_path(owner: &Ident, path: &ExprPath, written: Option<&Expr>, at: Span) -> syn::Error {
    let path = errors::code(path);
    let what = "expected a path, not a call";
    let why = format!("the parentheses of `{owner}` list what is passed");
    match written.map(|written| (called(written), written)) {
        Some((Expr::Path(_), _)) => {
            let why = format!("what `{path}` returns is awaited by the saga");
            let help = format!("write `{path}` alone");
            noted(at, "expected a path, not a future", why, help)
        }
        Some((Expr::Call(_), written)) => {
            let block = in_a_block(written);
            let help =
                format!("write `{path}` alone; to pass something else, write a block: `{block}`");
            noted(at, what, why, help)
        }
        Some((Expr::MethodCall(_), written)) => {
            let help = format!("write a block: `{}`", in_a_block(written));
            noted(at, what, why, help)
        }
        _ => error(at, "expected a path, not an expression", PATH),
    }
}

/// An expression without the `.await` and the `?` after it.
fn called(written: &Expr) -> &Expr {
    match written {
        Expr::Await(awaited) => called(&awaited.base),
        Expr::Try(tried) => called(&tried.expr),
        other => other,
    }
}

/// A call as the code of a step.
fn in_a_block(written: &Expr) -> String {
    let awaited = |expr: &Expr| {
        let dot = if matches!(expr, Expr::Await(_)) {
            ""
        } else {
            ".await"
        };
        format!("{}{dot}", errors::expression(expr))
    };
    match written {
        Expr::Try(tried) => format!("{{ Ok({}?) }}", awaited(&tried.expr)),
        other => format!("{{ {} }}", awaited(other)),
    }
}

/// The path that follows, if it lacks only its `=`.
fn path_alone(input: &ParseBuffer<'_>) -> Option<String> {
    let ahead = input.fork();
    let path = ahead.parse::<ExprPath>().ok()?;
    (!look::continues_expression(ahead.cursor())).then(|| errors::code(path))
}
