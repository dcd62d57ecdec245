//! Random sagas with steps that may stay, and that a rerun calls again.

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

shape! { Anew true vendor key failure:
    [read a() timed save(2)] [step b(a) timed ask(2) late again(2) anew] [step c(b) timed same again(3) anew]
    [step d() timed ask(1) same again(2) undo(1) save(1)]
}
shape! { Last true vendor key failure:
    [read a() timed save(2)] [step b(a) timed same again(2) undo(1)] [step c(b) timed ask(1) late again(2) keep]
}
shape! { Beside true vendor key failure:
    [step a() timed same again(2) undo(2) save(2)]
    [step b() timed ask(1) again(2) anew, step c() timed ask(1) late again(2) anew, step d() timed same again(2) anew maybe]
    [step f(b c) timed ask(1) undo(1)]
}
shape! { Governed true vendor key failure:
    [step a() timed same again(2) undo(2) save(2)]
    when b { [step b() timed ask(1) again(2) anew] [step c(a) timed same again(2) undo(1), step d() timed ask(1) again(2) anew] }
    [step e(b d) timed ask(1) undo(1) again(2)]
}
shape! { Plain false vendor key failure:
    [read a() save(2)] [step c() anew instead] [step d() undo(1)] [read e(c) again(2)]
}
shape! { Items true vendor key failure:
    [read a() timed save(2)] [step b() each(2) beside(2) timed ask(1) again(2) anew]
    [step c() each(2) from(a) timed same again(2) anew] [step e(b) timed ask(1) undo(1) again(2)]
}
shape! { Inner true vendor key failure:
    [step p() timed same again(2) undo(1)] [step q() timed same again(2) anew] [step r() timed ask(1) anew]
    [step t(r) timed ask(1) undo(1) again(2)]
}
shape! { Turning true vendor key failure:
    [step k() timed ask(1) again(2) undo(1)] [read l() timed save(1)] [step n() timed same again(2) anew] [step m(n) timed ask(1) undo(1)]
}
shape! { Left true vendor key failure:
    [step u() timed same again(2) undo(1)] [step v(u) timed same again(2) keep]
}
shape! { Sagas true vendor key failure:
    [read a() timed save(2)] [step b() is(Inner) again(2)] [step c() is(Turning) again(2)]
    [step d(b) timed ask(1) undo(1) again(2)]
}
shape! { SagasLeft true vendor key failure:
    [read a() timed save(2)] [step b() is(Left) again(2) anew] [step c() is(Inner) again(2) anew]
    [step d(b) timed ask(1) undo(1) again(2)]
}
shape! { Many true vendor key failure:
    [read a() timed save(2)] [step b() each(2) is(Inner) again(2)] [step c() each(2) from(a) is(Left) beside(2) anew]
    [step d(b) timed ask(1) undo(1) again(2)]
}
shape! { Beyond true vendor key failure:
    [pivot a() timed ask(1) again(2)] [step b() is(Inner) again(3)] [step c() is(Turning) again(2) instead]
}

shapes! {
    of 1:
    steps_that_each_rerun_orders_anew Anew
    a_step_that_may_stay_at_the_end Last
    reruns_of_a_block Beside
    reruns_of_steps_under_one_condition Governed
    reruns_of_plain_steps Plain
    reruns_of_items Items
    reruns_of_sagas Sagas
    reruns_of_sagas_that_are_left SagasLeft
    reruns_of_sagas_of_items Many
    sagas_that_are_begun_again_after_the_pivot Beyond
}
