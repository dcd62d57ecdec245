//! An answer counts only once it is recorded.

use crate::{
    basics::control::Control,
    calls::{
        perform::tests::{ATTEMPT, noted},
        watch::Watch,
    },
    definition::{Definition, Step},
    executor::{RunState, rules::Rules},
    kernel::Event,
    report::raised::Lent,
    values::{codec::Codec, verdict::Verdict},
};
use std::{
    borrow::Cow,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{self, Wake},
};

const DEFINITION: &Definition = &Definition {
    name: Cow::Borrowed("Test"),
    steps: Cow::Borrowed(&[Step::PLAIN]),
    ..Definition::EMPTY
};

static RULES: Rules = Rules {
    definition: DEFINITION,
    loops: false,
    nests: false,
    classify: |_, _| Verdict::Unknown,
    gives_up: |_, _, _| false,
    turns: |_, _| false,
    describe: |_| None,
    error_codec: Codec::none(),
    read_error: |_, _| Err("no error is recorded".to_owned()),
    plain: Lent::plain::<()>,
};

#[derive(Default)]
struct Woken(AtomicUsize);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// A cancel that arrives while the attempt of a child saga waits for its inputs.
#[test]
fn a_cancel_is_not_answered_while_it_could_not_be_recorded() {
    let (control, woken) = (Arc::new(Control::default()), Arc::new(Woken::default()));
    let watch = Watch {
        control: Some(Arc::clone(&control)),
        ..Watch::default()
    };
    let noted = noted(|scope| {
        let waker = task::Waker::from(Arc::clone(&woken));
        let cx = task::Context::from_waker(&waker);
        let mut run = RunState::new(&RULES, DEFINITION, true, Some(Box::new(watch)));
        control.request();
        run.listen(scope, &cx);
        assert!(control.answered().is_none());
        assert_eq!(woken.0.load(Ordering::Relaxed), 1, "it listens again");

        scope.enclose(Some(Ok("7".to_owned())), None).unwrap();
        run.listen(scope, &cx);
        assert!(control.answered().is_some());
    });
    assert_eq!(
        noted,
        [
            (ATTEMPT, Some("7".to_owned())),
            (Event::CancelRequested, None)
        ]
    );
}
