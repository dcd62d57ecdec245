//! The worlds that compensated runs have left.

use std::collections::HashSet;

/// The distinct worlds, as far as the ledger shows them, that compensated runs have left.
#[derive(Default)]
pub(super) struct Left(pub(super) HashSet<String>);
