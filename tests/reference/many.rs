//! Random sagas with loops whose step is a saga.

use std::sync::OnceLock;

use super::{
    check,
    nested::{Looping, Plain, Staying, Turning, Wrap},
    resume,
    script::{SHORT, TIMEOUT, script, unit},
    shape::{shape, shapes},
    step::{Step, steps},
    trouble::Trouble,
    vendor::Vendor,
};
use proptest::prelude::*;
use typed_saga::saga;

shape! { Deep true vendor key failure:
    [step k() timed same again(2) undo(1)] [step l(k) each(2) is(Wrap) beside(2) again(2)] [read m(l) timed]
}

shape! { InARow true vendor key failure:
    [step a() timed same again(2) undo(2) save(2)] [step b(a) each(3) is(Wrap)]
    [step c(b) timed ask(1) undo(1) again(2)]
}
shape! { Beside true vendor key failure:
    [step a() timed same again(2) undo(2) save(2)]
    [step b(a) each(4) is(Turning) beside(2) again(3) save(1)]
    [step c(b) each(3) is(Wrap) beside(3) again(2) maybe] [step d(c) timed ask(1) undo(1)]
}
shape! { Whole true vendor key failure:
    [step a() each(2) is(Looping) again(2) whole instead] [step b(a) timed same again(2) undo(1) save(2)]
    [step c(b) each(2) is(Wrap) beside(2) timed again(2) instead] [pivot d(c) timed same again(2)]
}
shape! { Siblings true vendor key failure:
    [step a() timed same again(2) undo(2) save(2)]
    [step b(a) each(3) is(Wrap) beside(2) again(2), step c() each(2) is(Looping), step d(b) timed undo_by_key(2) again(2), sleep s() nap(3)]
    [step e(c d) timed ask(1) undo(1)]
}
shape! { Left true vendor key failure:
    [read a() timed save(2)] [step b(a) each(2) is(Staying) beside(2) again(2)] [step c(b) each(2) is(Wrap) again(2) anew]
    [step d(c) timed ask(1) undo(1)]
}
shape! { Beyond true vendor key failure:
    [pivot a() timed ask(1) again(2)]
    [step b(a) each(3) is(Wrap) beside(2) again(3), step c() each(2) is(Wrap) again(2) instead] [read d(b c) timed again(2)]
}
shape! { Governed true vendor key failure:
    [step a() timed same again(2) undo(2) save(1)]
    when b { [step b(a) each(2) is(Wrap) again(2) save(2)] [step c(b) timed undo_by_key(2) again(2), step d() each(2) is(Wrap) beside(2)] }
    [step e(b d) timed ask(1) undo(1) again(2)]
}
shape! { Deeper true vendor key failure:
    [step a() timed same again(2) undo(2) save(2)] [step b(a) each(2) is(Deep) beside(2) again(2)] [step c(b) timed ask(1) undo(1)]
}
shape! { Bare false vendor key failure:
    [step a() each(3) is(Plain) beside(2) again(2) save(1)] [read b(a) again(2)]
}

shapes! {
    of 2:
    sagas_of_items_in_a_row InARow
    sagas_of_items_beside_each_other Beside
    sagas_of_items_that_have_a_condition Whole
    loops_of_sagas_in_a_block Siblings
    sagas_of_items_that_leave_things Left
    sagas_of_items_after_the_pivot Beyond
    loops_of_sagas_under_one_condition Governed
    loops_of_sagas_in_a_loop_of_sagas Deeper
    plain_sagas_of_items Bare
}
