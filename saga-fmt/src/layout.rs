//! A tree to text: the one layout that every saga has.

mod attrs;
mod head;
mod list;
mod page;
mod steps;

use crate::lex::Source;
use crate::rust::Answers;
use crate::style::Style;
use crate::tree::Saga;
use page::Blank;

pub(crate) use page::Layout;

impl<'a, 's> Layout<'a, 's> {
    /// Prints `sagas`, the content of the block that `source` is, whose line is indented by
    /// `indent` columns.
    pub(crate) fn new(
        source: &'a Source<'s>,
        answers: &'a Answers<'s>,
        sagas: &[Saga],
        style: Style,
        indent: usize,
    ) -> Self {
        let mut layout = Self::empty(source, answers, style);
        let open = source.token(0);
        layout.push(if open == "{" { " {" } else { open });
        let mut blank = Blank::First;
        for saga in sagas {
            layout.saga(saga, indent + style.tab, blank);
            blank = Blank::Keep;
        }
        let close = source.tokens.len() - 1;
        if sagas.is_empty() && !layout.has_comments(close) {
            layout.push(source.token(close));
        } else {
            layout.close(close, indent);
        }
        layout
    }
}
