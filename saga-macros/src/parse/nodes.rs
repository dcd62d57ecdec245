//! The nodes of a saga, and those of the blocks in it: steps, `concurrent`, `when`, `emit`, and the
//! clauses that end a saga. After a mistake, parsing continues with the next node.

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::buffer::Cursor;
use syn::ext::IdentExt;
use syn::parse::ParseBuffer;
use syn::{Attribute, Ident, Token};
use typed_saga_definition::language::{self, Place};

use super::attrs::attrs;
use super::look::{self, Start};
use super::not_a_node::{Within, is_near_a_kind, not_a_node, refusal};
use super::notes::Notes;
use super::{condition, emit, looped, step};
use crate::model::{Arm, Clause, Condition, Emit, Node, Siblings};

/// The nodes and the clauses of a saga that were read so far.
pub(super) struct Body {
    pub(super) nodes: Vec<Node>,
    pub(super) conditions: Vec<Condition>,
    pub(super) events: Vec<Emit>,
    pub(super) publish: Option<Clause>,
    pub(super) finally: Option<Clause>,
    pub(super) tail: Option<TokenStream>,
    /// The span of the braces.
    pub(super) braces: Span,
}

impl Body {
    /// An empty body within these braces.
    pub(super) fn within(braces: Span) -> Self {
        Self {
            nodes: Vec::new(),
            conditions: Vec::new(),
            events: Vec::new(),
            publish: None,
            finally: None,
            tail: None,
            braces,
        }
    }

    /// The number of steps so far.
    pub(super) fn steps(&self) -> usize {
        let nodes = self.nodes.iter().map(|node| match node {
            Node::Step(_) => 1,
            Node::Group(siblings) => siblings.steps.len(),
        });
        nodes.sum()
    }
}

/// Reads the nodes of a block. Returns whether `#[cfg]` removed one, which `..` replaces.
fn nodes<'a>(
    notes: &mut Notes<'a>,
    content: &ParseBuffer<'a>,
    body: &mut Body,
    within: Within,
) -> bool {
    let mut cut_out = false;
    while !content.is_empty() {
        let trace = content.parse::<Option<Token![..]>>();
        cut_out |= match trace {
            Ok(Some(_)) => true,
            _ => next(notes, content, body, within),
        };
    }
    cut_out
}

/// Reads the next node, or reports its mistake. Returns whether `#[cfg]` removed the node, or one
/// in it, from a block.
pub(super) fn next<'a>(
    notes: &mut Notes<'a>,
    content: &ParseBuffer<'a>,
    body: &mut Body,
    within: Within,
) -> bool {
    let begin = content.cursor();
    let before = notes.errors.count();
    let read = node(notes, content, body, within);
    let cut_out = read.unwrap_or_else(|error| {
        notes.errors.push(error);
        recover(notes, content, begin);
        false
    });
    let trace = match within {
        Within::Saga => TokenStream::new(),
        Within::When | Within::Concurrent => quote!(..),
    };
    notes.element((begin, content.cursor()), trace, before);
    cut_out
}

fn node<'a>(
    notes: &mut Notes<'a>,
    content: &ParseBuffer<'a>,
    body: &mut Body,
    within: Within,
) -> syn::Result<bool> {
    let begin = content.cursor();
    let start = look::start(begin);
    if let Some(error) = refusal(within, start, look::after_attributes(begin).span()) {
        if start == Start::Tail {
            return Err(error);
        }
        // The node is read nevertheless, to report the mistakes in it.
        notes.errors.push(error);
    }
    match start {
        Start::Step => body.nodes.push(Node::Step(step::step(notes, content)?)),
        Start::Loop => body.nodes.push(Node::Step(looped::looped(notes, content)?)),
        Start::Unknown if is_near_a_kind(begin) => {
            notes.errors.push(not_a_node(begin, start));
            let step = step::step(notes, content)?;
            notes.lost.kind(&step.name);
            body.nodes.push(Node::Step(step));
        }
        Start::Group if within == Within::Concurrent => {
            let (_, inner) = open_group(notes, content)?;
            return Ok(nodes(notes, &inner, body, within));
        }
        Start::When if within != Within::Saga => {
            let (_, inner) = condition::open(notes, content)?;
            let mut cut_out = nodes(notes, &inner, body, within);
            while look::begins_arm(content.cursor()) {
                let (_, inner) = condition::arm(notes, content)?;
                cut_out |= nodes(notes, &inner, body, within);
            }
            return Ok(cut_out);
        }
        Start::Group => return group(notes, content, body),
        Start::UnknownGroup if within == Within::Saga => {
            notes.errors.push(not_a_node(begin, start));
            return unknown_group(notes, content, body);
        }
        Start::When => when(notes, content, body)?,
        Start::Else => {
            notes.errors.push(not_a_node(begin, start));
            drop(content.call(Attribute::parse_outer)?);
            if look::word(content.cursor(), "else").is_some_and(look::begins_when) {
                look::advance(content);
            }
            return unknown_group(notes, content, body);
        }
        Start::Emit => {
            let condition = (within == Within::When).then_some(body.conditions.len());
            let place = (body.steps(), condition);
            body.events.push(emit::emit(notes, content, place)?);
        }
        Start::Publish | Start::Finally => {
            let clause = step::of_saga(notes, content, start.clause_of_saga())?;
            if within == Within::Saga {
                ending(notes, content.cursor(), body, (start, clause));
            }
        }
        other => return Err(not_a_node(begin, other)),
    }
    Ok(false)
}

/// `concurrent { … }`: steps that run concurrently. If `#[cfg]` left only one step, the block
/// becomes that step; if it left none, the block is removed, too.
fn group<'a>(notes: &mut Notes<'a>, input: &ParseBuffer<'a>, body: &mut Body) -> syn::Result<bool> {
    let (span, content) = open_group(notes, input)?;
    let mut inside = Body::within(body.braces);
    let cut_out = nodes(notes, &content, &mut inside, Within::Concurrent);
    if cut_out && inside.nodes.len() < 2 {
        let is_nothing = inside.nodes.is_empty();
        body.nodes.extend(inside.nodes);
        return Ok(is_nothing);
    }
    let steps = inside.nodes.into_iter().filter_map(|node| match node {
        Node::Step(step) => Some(step),
        // A block inside is reported, and its steps are read as those of the outer block.
        Node::Group(_) => None,
    });
    let steps = steps.collect();
    body.nodes.push(Node::Group(Siblings { span, steps }));
    Ok(false)
}

/// A block of unknown name. Which one was meant is not known, so its steps are read as those of the
/// saga, and what they return may be an `Option` for others.
fn unknown_group<'a>(
    notes: &mut Notes<'a>,
    input: &ParseBuffer<'a>,
    body: &mut Body,
) -> syn::Result<bool> {
    let (_, inner) = open_group(notes, input)?;
    let first = body.nodes.len();
    let cut_out = nodes(notes, &inner, body, Within::Saga);
    for node in &mut body.nodes[first..] {
        let steps = match node {
            Node::Step(step) => std::slice::from_mut(step),
            Node::Group(siblings) => &mut siblings.steps[..],
        };
        for step in steps {
            step.attrs.stray.push(language::Attribute::When);
        }
    }
    Ok(cut_out)
}

/// The span of `concurrent`, or of a word in its place, and the content of its braces.
fn open_group<'a>(
    notes: &mut Notes<'a>,
    input: &ParseBuffer<'a>,
) -> syn::Result<(Span, ParseBuffer<'a>)> {
    let attributes = input.call(Attribute::parse_outer)?;
    attrs(notes, attributes, Place::Concurrent);
    let span = input.call(Ident::parse_any)?.span();
    if input.peek(syn::token::Paren) {
        look::advance(input);
    }
    let content;
    syn::braced!(content in input);
    Ok((span, content))
}

/// `when (reads => expr) { … }`: several steps under one condition; and the arms after it.
fn when<'a>(notes: &mut Notes<'a>, input: &ParseBuffer<'a>, body: &mut Body) -> syn::Result<()> {
    let (when, content) = condition::open(notes, input)?;
    let first = Condition {
        arm: Arm::When,
        span: when.span,
        when: Some(when),
        steps: 0..0,
    };
    let has_more = look::begins_arm(input.cursor());
    arm(notes, &content, body, (first, has_more));
    let mut is_over = false;
    while look::begins_arm(input.cursor()) {
        let (begin, before) = (input.cursor(), notes.errors.count());
        let at = look::after_attributes(begin).span();
        let (next, content) = condition::arm(notes, input)?;
        if is_over {
            let what = "no arm can follow `else`";
            let why = "`else` is taken if no arm before it is";
            let help = "remove this arm, or move it before the `else`";
            notes.errors.add_noted(at, what, why, help);
        }
        is_over |= next.arm == Arm::Else;
        let has_more = look::begins_arm(input.cursor());
        arm(notes, &content, body, (next, has_more));
        notes.element((begin, input.cursor()), TokenStream::new(), before);
    }
    Ok(())
}

/// The steps of an arm. If `#[cfg]` left nothing of it, the arm is ignored, unless another one follows,
/// which is taken if this one is not.
fn arm<'a>(
    notes: &mut Notes<'a>,
    content: &ParseBuffer<'a>,
    body: &mut Body,
    (mut arm, is_needed): (Condition, bool),
) {
    let (first, events) = (body.steps(), body.events.len());
    let cut_out = nodes(notes, content, body, Within::When);
    arm.steps = first..body.steps();
    let is_nothing = arm.steps.is_empty() && body.events.len() == events;
    if is_needed || !(is_nothing && cut_out) {
        body.conditions.push(arm);
    }
}

/// Stores the `publish` or `finally` of a saga; `next` follows it.
fn ending(
    notes: &mut Notes<'_>,
    next: Cursor<'_>,
    body: &mut Body,
    (start, clause): (Start, Clause),
) {
    let (kept, once) = match start {
        Start::Publish => (&mut body.publish, "publish all events in one of them"),
        _ => (&mut body.finally, "move the code of both into one block"),
    };
    if kept.is_some() {
        let what = format!("a second `{}`", start.clause_of_saga().entry().name);
        notes.errors.add(clause.span, what, once);
    } else if start == Start::Finally && (look::begins_steps(next) || look::step_further_on(next)) {
        let what = "`finally` must come after all steps";
        let help = "move it after the last step, before the expression that ends the saga";
        notes.errors.add(clause.span, what, help);
    }
    kept.get_or_insert(clause);
}

/// Skips from somewhere in a broken node to the next node.
fn recover<'a>(notes: &mut Notes<'a>, content: &ParseBuffer<'a>, begin: Cursor<'a>) {
    notes.lost.node(begin);
    if look::start(begin) == Start::Loop {
        let step = look::step_of_loop(begin);
        // The step of the loop is lost together with the loop.
        while !content.is_empty() && content.cursor() <= step {
            look::advance(content);
        }
    }
    look::skip_to_node(content, begin);
}
