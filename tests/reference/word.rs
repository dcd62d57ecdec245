//! What the guarantee says, on the books alone.

use proptest::{prop_assert, test_runner::TestCaseResult};

use super::{Books, Told, step::Step};

/// Whether what stands is listed, and nothing else is.
pub(crate) fn keeps_its_word(steps: &[Step], told: &Told, books: &Books) -> TestCaseResult {
    // What stays of a saga that may stay is listed once, of however many rounds it is.
    let stays = |step: &&Step| step.keep && step.saga.is_some();
    let staying: Vec<_> = steps.iter().filter(stays).flat_map(Step::leaves).collect();
    for (step, (held, undone)) in steps.iter().flat_map(Step::leaves).zip(books) {
        let (stands, perhaps) = (
            told.standing.iter().any(|it| it == step.name),
            told.in_doubt.iter().any(|it| it == step.name),
        );
        let listed = told.standing.iter().filter(|it| *it == step.name).count();
        let may_be_more = |name| stands && staying.iter().any(|step| step.name == name);
        if told.end != "completed" {
            prop_assert!(
                *held == 0 || stands || perhaps,
                "{} stands unnamed",
                step.name
            );
            prop_assert!(
                *held > 0 || !stands || *undone,
                "{} does not stand",
                step.name
            );
        }
        // Of one that has parked, each step is listed once.
        let may_be_more = may_be_more(step.name) || told.end == "parked" && step.anew && stands;
        prop_assert!(
            *held <= listed.max(1) || perhaps || told.end == "completed" || may_be_more,
            "{} stands twice",
            step.name
        );
    }
    Ok(())
}
