//! What the guarantee says, on the books alone.

use std::borrow::Cow;

use proptest::{prop_assert, test_runner::TestCaseResult};

use super::{Books, Told, step::Step};

/// Whether what stands is listed, and nothing else is.
pub(crate) fn keeps_its_word(steps: &[Step], told: &Told, books: &Books) -> TestCaseResult {
    let completed = told.end == "completed";
    for (path, (held, undone)) in steps.iter().flat_map(Step::paths).zip(books) {
        let name = path[0].name;
        // What an earlier run of a saga left is listed as the step that the saga is.
        let any = |names: &[Cow<'_, str>]| {
            path.iter()
                .any(|step| names.iter().any(|it| it == step.name))
        };
        let perhaps = any(&told.in_doubt);
        if !completed {
            prop_assert!(
                *held == 0 || any(&told.standing) || perhaps,
                "{name} stands unnamed"
            );
            let is_listed = told.standing.iter().any(|it| it == name);
            prop_assert!(*held > 0 || !is_listed || *undone, "{name} does not stand");
        }
        let may_be_more = path.iter().any(|step| step.anew);
        prop_assert!(
            *held <= 1 || perhaps || completed || may_be_more,
            "{name} stands twice"
        );
    }
    Ok(())
}
