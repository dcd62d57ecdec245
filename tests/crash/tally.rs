//! Counts runs, and the violations found in them.

use crate::crash::audit::Run;

/// The violations, and the number of runs with and without one.
#[derive(Default)]
pub(crate) struct Tally {
    runs: usize,
    /// Runs in which each process met its fate.
    met: usize,
    failed: usize,
    stories: Vec<String>,
}

impl Tally {
    pub(crate) fn count(&mut self, mut run: Run, also: impl FnOnce(&Run) -> Option<String>) {
        self.runs += 1;
        self.met += usize::from(run.known.met.iter().all(|met| *met));
        let also = also(&run);
        run.wrong.extend(also);
        if run.wrong.is_empty() {
            return;
        }
        self.failed += 1;
        if self.stories.len() < 3 {
            self.stories
                .push(format!("{}\n{run}", run.wrong.join("\n")));
        }
    }

    /// # Panics
    /// If anything was wrong, or there were fewer runs than there must be: so many if the suite is
    /// exhaustive.
    pub(crate) fn close(self, what: &str, exhaustive: usize) {
        let floor = saga_tests::bound(exhaustive, exhaustive / 100);
        println!("{what}: {} of {} runs", self.met, self.runs);
        assert!(
            self.failed == 0,
            "{} of {} runs of {what} are wrong:\n\n{}",
            self.failed,
            self.runs,
            self.stories.join("\n\n")
        );
        assert!(self.met >= floor, "only {} runs of {what}", self.met);
    }
}
