//! `when`, with its arms.

use super::{Parsed, Parser};
use crate::tree::{Arm, Attr, Node};

impl Parser<'_> {
    /// `when (…) { … } else when (…) { … } else { … }`
    pub(super) fn when(&mut self, attrs: Vec<Attr>) -> Parsed<Node> {
        let word = self.at;
        let condition = Some(self.condition());
        let body = self.body(true)?;
        let mut arms = Vec::new();
        while self.peek(0) == "else" {
            self.at += 1;
            let asks = self.peek(0) == "when" && self.is_clause();
            let condition = asks.then(|| self.condition());
            let body = self.body(true)?;
            arms.push(Arm { condition, body });
        }
        Ok(Node::Group {
            attrs,
            word,
            condition,
            body,
            arms,
        })
    }

    /// Past `when` and its parentheses, which it returns.
    fn condition(&mut self) -> (usize, usize) {
        let open = self.at + 1;
        self.at = self.behind(open);
        (open, self.at - 1)
    }
}
