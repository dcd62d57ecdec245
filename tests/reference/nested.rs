//! Random sagas with sagas as steps, and sleeps.

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

shape! { Wrap true vendor key failure:
    [step p() timed ask(2) late again(2) undo(1)] [step q(p) timed same again(2) undo_by_key(2)]
}
shape! { Turning true vendor key failure:
    [read p() timed save(2)]
    when q { [step q(p) timed same again(2) undo(2)] [sleep z() nap(2)] }
    [step r(q) timed ask(1) undo(1) instead]
}
shape! { Looping true vendor key failure:
    [step p() each(2) beside(2) timed same again(2) undo(2)] [step q(p) timed ask(1) undo(1) save(1), step r() timed undo_by_key(2)]
}
shape! { Staying true vendor key failure:
    [step p() timed same late again(2) anew] [step q(p) each(2) timed ask(1) anew] [step r(q) timed same again(2) undo(1)]
}
shape! { Plain false vendor key failure:
    [step p() undo(1)] [step q(p) anew instead] [step r(q) undo(2), step t() with(p)]
}
shape! { Deep true vendor key failure:
    [step k() timed same again(2) undo(1)] [step l(k) is(Wrap) again(2)] [read m(l) timed]
}

shape! { Parent true vendor key failure:
    [step a() timed same again(2) undo(2) save(2)] [step b(a) is(Wrap)] [sleep s() nap(4)]
    [step c(b) timed same again(2) undo_by_key(1)]
}
shape! { Again true vendor key failure:
    [step a() timed same again(2) undo(2) save(2)] [step b(a) is(Turning) again(3) save(1)]
    [step c(b) timed ask(1) undo(1)]
}
shape! { Maybe true vendor key failure:
    [step a() is(Looping) again(2) maybe] [step b(a) timed same again(2) undo(1) save(2)]
    [step c(b) is(Wrap2) again(2) instead] [pivot d(c) timed same again(2)]
}
shape! { Siblings true vendor key failure:
    [step a() timed same again(2) undo(2) save(2)]
    [step b(a) is(Wrap) again(2), step c() is(Looping2), step d(b) timed undo_by_key(2) again(2), sleep s() nap(3)]
    [step e(c d) timed ask(1) undo(1)]
}
shape! { Aborting true vendor key failure:
    [step a() timed same again(2) undo(2) save(2)] [step b(a) timed same again(2) undo(1), step c(a) is(Turning) again(3) save(1)]
    [step d(c) timed ask(1) undo(1)]
}
shape! { Hurried true vendor key failure:
    [step a() timed same again(2) undo(2) save(2)] [step b(a) is(Turning) again(3) timed] [step c(b) is(Looping2) again(2) timed instead]
    [step d(c) timed ask(1) undo(1)]
}
shape! { Looping2 true vendor key failure:
    [step k() each(2) timed ask(1) again(2) undo(2)] [step l(k) timed same again(2) undo_by_key(2)]
}
shape! { Left true vendor key failure:
    [read a() timed save(2)] [step b(a) is(Staying) again(2)] [step c(b) is(Wrap2) again(2) anew]
    [step d(c) timed ask(1) undo(1)]
}
shape! { Wrap2 true vendor key failure:
    [step k() timed same again(2) undo(1)] [step l(k) timed ask(1) undo(1)]
}
shape! { Beyond true vendor key failure:
    [pivot a() timed ask(1) again(2)]
    [step b(a) is(Wrap) again(3), step c() is(Wrap2) again(2) instead] [read d(b c) timed again(2)]
}
shape! { Governed true vendor key failure:
    [step a() timed same again(2) undo(2) save(1)]
    when b { [step b(a) is(Wrap) again(2) save(2)] [step c(b) timed undo_by_key(2) again(2), step d() is(Wrap2)] }
    [step e(b d) timed ask(1) undo(1) again(2)]
}
shape! { Deeper true vendor key failure:
    [step a() timed same again(2) undo(2) save(2)] [step b(a) is(Deep) again(2)] [step c(b) timed ask(1) undo(1)]
}
shape! { Bare false vendor key failure:
    [step a() is(Plain) again(2) save(1)] [read b(a) again(2)]
}

shapes! {
    of 2:
    a_saga_that_is_a_step Parent
    one_that_is_begun_anew Again
    one_that_has_a_condition Maybe
    sagas_in_a_block Siblings
    sagas_that_abort_beside_others Aborting
    sagas_that_leave_things Left
    sagas_after_the_pivot Beyond
    sagas_under_one_condition Governed
    a_saga_in_a_saga_in_a_saga Deeper
    a_plain_saga_that_is_a_step Bare
    sagas_that_have_a_deadline Hurried
}
