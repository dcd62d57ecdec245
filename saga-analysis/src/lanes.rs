//! How a step ends in a saga that rolls back.

use crate::bound::Bound;

/// One way in which a step ends in a saga that rolls back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Lane {
    /// Until its calls have ended and its doubt is settled.
    pub(crate) takes: Bound,
    /// Undoing it after that.
    pub(crate) undoes: Bound,
}

/// All ways in which a step ends in a saga that rolls back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Lanes {
    /// It turns out to have happened.
    pub(crate) happened: Lane,
    /// It has not happened, or its compensation has settled its doubt or is used up.
    pub(crate) failed: Lane,
    /// Its fallback has ended.
    pub(crate) fell_back: Lane,
}

/// When the saga starts to roll back.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Cut {
    /// At any moment; times count from when the unit starts.
    AnyTime,
    /// Because a step of the unit has failed; times count from when the unit starts.
    Failure,
    /// While the unit runs; times count from that moment.
    Running,
}

impl Cut {
    /// The same for steps of a block: when one fails, the saga starts to roll back while the others
    /// run.
    pub(crate) const fn beside(self) -> Self {
        match self {
            Self::AnyTime | Self::Failure => Self::AnyTime,
            Self::Running => Self::Running,
        }
    }
}

impl Lane {
    pub(crate) const NONE: Self = Self {
        takes: Bound::ZERO,
        undoes: Bound::ZERO,
    };

    pub(crate) const fn new(takes: Bound, undoes: Bound) -> Self {
        Self { takes, undoes }
    }

    pub(crate) fn total(self) -> Bound {
        self.takes + self.undoes
    }
}

impl Lanes {
    pub(crate) const NONE: Self = Self {
        happened: Lane::NONE,
        failed: Lane::NONE,
        fell_back: Lane::NONE,
    };

    /// Those of a step that has happened before, or begins no call.
    pub(crate) const fn done(undoes: Bound) -> Self {
        Self {
            happened: Lane::new(Bound::ZERO, undoes),
            ..Self::NONE
        }
    }

    const fn all(self) -> [Lane; 3] {
        let Self {
            happened,
            failed,
            fell_back,
        } = self;
        [happened, failed, fell_back]
    }

    pub(crate) fn bounds(&mut self) -> [&mut Bound; 6] {
        let Self {
            happened,
            failed,
            fell_back,
        } = self;
        [
            &mut happened.takes,
            &mut happened.undoes,
            &mut failed.takes,
            &mut failed.undoes,
            &mut fell_back.takes,
            &mut fell_back.undoes,
        ]
    }

    /// Until the step has ended in any way.
    pub(crate) fn takes(self) -> Bound {
        longest(self.all().map(|lane| lane.takes))
    }

    /// Until the step has happened, or its fallback has taken its place.
    pub(crate) fn commits(self) -> Bound {
        longest([self.happened.takes, self.found(), self.fell_back.takes])
    }

    /// Until it turns out that the step has happened, although its compensation was tried.
    pub(crate) fn found(self) -> Bound {
        // If nothing is undone after it, the step has not happened.
        let Lane { takes, undoes } = self.failed;
        if undoes == Bound::ZERO { undoes } else { takes }
    }

    /// The longest time of undoing it.
    pub(crate) fn undoes(self) -> Bound {
        longest(self.all().map(|lane| lane.undoes))
    }

    pub(crate) fn total(self) -> Bound {
        longest(self.all().map(Lane::total))
    }
}

fn longest(times: [Bound; 3]) -> Bound {
    times.into_iter().fold(Bound::ZERO, Bound::max)
}
