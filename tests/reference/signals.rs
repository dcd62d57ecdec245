//! Random sagas that wait for signals, while those and cancels come.

use std::sync::OnceLock;

use super::{
    hear,
    post::post,
    resume,
    script::{LATE, SHORT, TIMEOUT, script, unit},
    shape::{shape, signalled},
    step::{Step, steps},
    trouble::Trouble,
    vendor::Vendor,
};
use proptest::prelude::*;
use typed_saga::saga;

shape! { InARow true vendor key failure:
    [step a() timed same again(2) undo(2)] [signal x() wait(4)] [step b(x) timed ask(1) undo(1)]
    [signal y() never] [step c(y) timed same again(2) undo_by_key(1)]
}
shape! { Turning true vendor key failure:
    [step a() timed same again(2) undo(2) save(2)] [signal x() wait(5) maybe] [step b(x) timed ask(1) undo(2) save(3)]
    [signal y() wait(6) instead] [step c(y) timed undo_by_key(2)] [step d(c) timed ask(1) undo(1)]
}
shape! { Saved true vendor key failure:
    [read a() timed save(2)] [signal x() wait(4)] [signal y() wait(6) maybe] [step b(x y) timed ask(1) late undo(2)]
    [step c(b) timed same again(2) keep]
}
shape! { Siblings true vendor key failure:
    [step a() timed same again(2) undo(2) save(2)]
    [signal x() wait(4), step b(a) timed same again(2) undo(2), step c(x) timed ask(1) undo(1), signal y() never after(b)]
    [step d(c y) timed undo_by_key(2)]
}
shape! { Governed true vendor key failure:
    [step a() timed same again(2) undo(2) save(1)]
    when x { [signal x() wait(4)] [step b(x) timed same again(2) undo(2) save(2)] [signal y() wait(5) instead maybe, step c(b) timed undo_by_key(2)] }
    [step d(x c) timed ask(1) undo(1)]
}
shape! { Beyond true vendor key failure:
    [step a() timed same again(2) undo(2)] [pivot b(a) timed ask(1) same again(2)]
    [signal x() wait(3) instead, signal y() never maybe, step c(b) timed same again(2)] [step d(x) timed same again(2)]
}
shape! { Untaken true vendor key failure:
    when a { [step a() timed same again(2) undo(2) save(2)] } [step b() timed same again(2) undo(2)]
    [step c() timed undo_by_key(2)] [signal x() wait(6)] [step d(x) timed ask(1) undo(1)]
}

signalled! {
    one_that_turns_to_before_its_signals Saved SavedSignal { x X y Y }
    one_that_waits_in_a_block Siblings SiblingsSignal { x X y Y }
    one_that_waits_under_a_condition Governed GovernedSignal { x X y Y }
    one_behind_a_savepoint_that_may_not_be_reached Untaken UntakenSignal { x X }
    one_that_waits_after_its_pivot Beyond BeyondSignal { x X y Y }
    a_saga_that_waits InARow InARowSignal { x X y Y }
    one_that_turns_and_waits_again Turning TurningSignal { x X y Y }
}

proptest! {
    #![proptest_config(crate::reference::script::drawn(1))]

    #[test]
    fn those_that_are_taken_up_again(script in script(Turning::steps()), other in script(Governed::steps())) {
        resume(Turning::steps(), script, |vendor| Turning { vendor }.run())?;
        resume(Governed::steps(), other, |vendor| Governed { vendor }.run())?;
    }
}
