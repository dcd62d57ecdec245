//! The inputs of a child saga, as its parent makes them.

use super::part::{Visit, VisitMut, key, parts};
use crate::text::{List, Text};

parts! {
    /// An input of a child saga: `name: expression` in the braces after its path.
    #[derive(Eq)]
    pub struct Given;
    /// An input that is made of nothing.
    const PLAIN {
        /// Its name in the child.
        name: Text = Text::Borrowed("") => key("name").always();
        /// What its expression reads, of the names that the step reads.
        reads: List<Text> = List::Borrowed(&[]) => key("reads");
    }
}
