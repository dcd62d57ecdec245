//! Random sagas with `when`s of several arms.

use std::sync::OnceLock;

use super::{
    check, hear,
    nested::{Wrap, Wrap2},
    post::post,
    resume,
    script::{SHORT, TIMEOUT, script, unit},
    shape::{shape, shapes, signalled},
    step::{Step, steps},
    trouble::Trouble,
    vendor::Vendor,
};
use proptest::prelude::*;
use typed_saga::saga;

shape! { Three true vendor key failure:
    [step a() timed same again(2) undo(2) save(1)]
    when b { [step b(a) timed ask(1) undo(1) again(2)] [step c(b) timed undo_by_key(2) save(2)] }
    or d { [step d(a) timed same again(2) undo(1) save(1)] }
    otherwise e { [step e() timed ask(1) undo(1) save(1), step f() timed undo_by_key(2) maybe] [read g(e) timed instead] }
    [step h(b d g) timed ask(1) undo(1) again(2)]
}
shape! { Open true vendor key failure:
    [read a() timed again(2) save(1)]
    when b { [step b(a) timed same again(2) undo(2)] }
    or c { [step c(a) timed ask(1) undo(1)] [step d(c) timed same again(2) with(c)] }
    or e { [step e() timed undo_by_key(2) again(2) save(2)] }
    when f { [step f(b c e) timed ask(1) undo(1)] }
    [pivot g(d f) timed same again(2)]
}
shape! { Beyond true vendor key failure:
    [pivot a() timed ask(1) again(2)]
    when b { [step b(a) timed same again(2)] }
    or c { [step c() timed ask(1) again(2) instead, step d() timed same again(2) maybe] }
    otherwise e { [step e() timed same again(2)] }
    [read f(b c e) timed again(2)]
}
shape! { Bare false vendor key failure:
    when a { [read a() save(2)] [step b(a) undo(1) save(1)] }
    otherwise c { [step c() undo(1) instead] [step d(c) keep] }
    [read e(b c d) again(2)]
}
shape! { Staying true vendor key failure:
    [step a() timed same again(2) undo(2) save(2)]
    when b { [step b() timed ask(1) again(2) anew] [step c(a) timed same again(2) undo(1), step d() timed ask(1) again(2) anew] }
    or e { [step e() timed same again(2) anew, step f() timed ask(1) undo(1)] }
    otherwise g { [step g(a) timed same again(2) undo(1)] [step h() timed ask(1) again(2) anew] }
    [step i(b e h) timed ask(1) undo(1) again(2)]
}
shape! { Items true vendor key failure:
    [step a() timed same again(2) undo(2) save(1)]
    when b { [step b(a) each(2) timed same again(2) undo(2)] }
    otherwise c { [step c(a) each(2) beside(2) timed undo_by_key(2) save(2) again(2)] [read d(a) timed] }
    [step e(b c d) timed ask(1) undo(1)]
}
shape! { Nested true vendor key failure:
    [step a() timed same again(2) undo(2) save(1)]
    when b { [step b(a) is(Wrap) again(2) save(2)] [sleep s() nap(3)] }
    or c { [step c(a) timed undo_by_key(2) again(2), step d() is(Wrap2)] }
    otherwise e { [step e(a) timed ask(1) undo(1)] }
    [step f(b d e) timed ask(1) undo(1) again(2)]
}
shape! { Locked true vendor key failure:
    [step a() timed same again(2) undo(2)] [lock k() of(1) wait(4)]
    when l { [lock l() of(2) wait(5)] [step b(a) timed ask(1) undo(1) again(2)] }
    or c { [step c(a) timed same again(2) undo(2)] }
    otherwise m { [lock m() of(3) never] [step d(a) timed undo_by_key(2) save(2)] }
    [step e(b c d) timed ask(1) undo(1)]
}
shape! { Chosen true vendor key failure:
    [step a() timed same again(2) undo(2) turns_on(c)]
    when b { [step b(a) timed ask(1) undo(1) again(2)] }
    or c { [step c(a) timed same again(2) undo(2)] [step d(c) timed undo_by_key(2)] }
    [step e(b d) timed ask(1) undo(1)]
}
shape! { Listening true vendor key failure:
    [step a() timed same again(2) undo(2) save(1)]
    when x { [signal x() wait(4)] [step b(x) timed same again(2) undo(2) save(2)] }
    or y { [signal y() wait(5) instead] [step c(y) timed undo_by_key(2) save(1)] }
    otherwise d { [step d() timed ask(1) undo(1)] [signal z() wait(6)] }
    [step e(b c z) timed ask(1) undo(1)]
}

shapes! {
    of 1:
    one_of_three_arms Three
    arms_of_which_none_may_run Open
    arms_after_the_pivot Beyond
    arms_of_plain_steps Bare
    reruns_of_arms_with_steps_that_may_stay Staying
    loops_in_arms Items
    sagas_in_arms Nested
    locks_in_arms Locked
    a_savepoint_for_a_step_of_an_arm Chosen
}

signalled! {
    one_that_waits_in_arms Listening ListeningSignal { x X y Y z Z }
    one_with_arms_that_is_cancelled Three ThreeSignal {}
}
