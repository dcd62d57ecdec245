//! Random sagas with loops.

use std::sync::OnceLock;

use super::{
    check, resume,
    script::{LATE, SHORT, TIMEOUT, script, unit},
    shape::{shape, shapes},
    step::{Step, steps},
    trouble::Trouble,
    vendor::Vendor,
};
use proptest::prelude::*;
use typed_saga::saga;

shape! { InARow true vendor key failure:
    [step a() timed same again(2) undo(2) save(2)]
    [step b(a) each(3) timed same again(2) undo(2)]
    [step c(b) timed ask(1) undo(1) again(2)]
}
shape! { Beside true vendor key failure:
    [step a() each(4) beside(2) timed ask(2) late again(3) undo(2) save(2)]
    [step b(a) each(3) beside(3) timed undo_by_key(2) again(2) maybe]
    [step c(b) timed ask(1) undo(1)]
}
shape! { EveryWay true vendor key failure:
    [read a() each(2) timed again(2) instead]
    [step b(a) each(3) beside(2) timed ask(1) late same again(3) undo_by_key(1)]
    [step c(b) each(3) beside(2) timed same again(2) undo(1) whole save(1)]
    [pivot d(c) timed ask(1) same again(2)]
}
shape! { Staying true vendor key failure:
    [read a() timed save(2)]
    [step b(a) each(3) beside(2) timed same late again(2) anew]
    [step c(b) each(2) timed ask(1) again(2) anew maybe]
    [step d(c) each(2) timed same again(2) instead undo(1) save(1)]
}
shape! { Covered true vendor key failure:
    [step a() timed same again(2) undo(2) save(1)]
    [step b(a) each(3) beside(2) timed ask(1) again(2) with(a)]
    [step c(b) each(2) timed same again(2) with(a) instead]
    [step d(c) timed ask(1) undo(1)]
}
shape! { Siblings true vendor key failure:
    [step a() timed same again(2) undo(2) save(2)]
    [step b(a) each(3) beside(2) timed same again(2) undo(2), step c() each(2) timed ask(1) again(2) undo(1),
        step d(b) timed undo_by_key(2) again(2), read e(c) each(2) beside(2) timed]
    [step f(d e) timed ask(1) undo(1)]
}
shape! { Beyond true vendor key failure:
    [pivot a() timed ask(1) again(2)]
    [step b(a) each(3) beside(2) timed same again(3), step c() each(2) timed ask(1) again(2) instead, read d(b) timed again(2)]
    [step e(c) each(2) timed same again(2) maybe]
}
shape! { Governed true vendor key failure:
    [step a() timed same again(2) undo(2) save(1)]
    when b { [step b(a) each(2) timed same again(2) undo(2)] [step c(b) each(2) beside(2) timed undo_by_key(2) save(2) again(2), read d(a) timed] }
    [step e(b c d) timed ask(1) undo(1) again(2)]
}
shape! { Aborting true vendor key failure:
    [step a() timed same again(2) undo(2) save(2)] [step b(a) each(3) beside(2) timed ask(1) again(2) undo(2) save(1)]
    [step c(b) each(2) beside(2) timed same again(2) undo_by_key(1)]
}
shape! { Bare false vendor key failure:
    [step a() each(3) beside(2) undo(1) again(1)] [step b(a) each(2) undo(2) instead]
    [step c() each(2) keep, step d(b) undo(1)] [read e(c d) each(2) again(2)]
}

shapes! {
    of 2:
    items_in_a_row InARow
    items_beside_each_other Beside
    items_with_every_way_to_settle EveryWay
    items_that_may_stay Staying
    items_that_are_undone_with_another_step Covered
    loops_in_a_block Siblings
    loops_after_the_pivot Beyond
    loops_under_one_condition Governed
    items_that_abort Aborting
    plain_loops Bare
}
