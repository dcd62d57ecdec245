//! Random sagas with `when`s of several arms.

use std::sync::OnceLock;

use super::{
    check, resume,
    script::{SHORT, TIMEOUT, script, unit},
    shape::{shape, shapes},
    step::{Step, steps},
    trouble::Trouble,
    vendor::Vendor,
};
use proptest::prelude::*;
use saga::saga;

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
shape! { Keeping true vendor key failure:
    [step a() timed same again(2) undo(2) save(2)]
    when b { [step b() timed ask(1) again(2) once] [step c(a) timed same again(2) undo(1), step d() timed ask(1) again(2) anew] }
    or e { [step e() timed same again(2) once, step f() timed ask(1) undo(1)] }
    otherwise g { [step g(a) timed same again(2) undo(1)] [step h() timed ask(1) again(2) once] }
    [step i(b e h) timed ask(1) undo(1) again(2)]
}
shape! { Items true vendor key failure:
    [step a() timed same again(2) undo(2) save(1)]
    when b { [step b(a) each(2) timed same again(2) undo(2)] }
    otherwise c { [step c(a) each(2) beside(2) timed undo_by_key(2) save(2) again(2)] [read d(a) timed] }
    [step e(b c d) timed ask(1) undo(1)]
}

shapes! {
    of 1:
    one_of_three_arms Three
    arms_of_which_none_may_run Open
    arms_after_the_pivot Beyond
    arms_of_plain_steps Bare
    reruns_of_arms_that_keep_a_step Keeping
    loops_in_arms Items
}
