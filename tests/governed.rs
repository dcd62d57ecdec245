//! `when` blocks: several steps under one condition.

use crate::common::{BUSY, NO, Trouble, UNSENT, Vendor};
use typed_saga::{Cause, Outcome, Recording, runtime::Branch, saga};

saga! {
    #[classify(Trouble::verdict)]
    saga Wrap(gift: bool) with (vendor: Vendor) -> Result<(u32, Option<u32>), Trouble> {
        #[savepoint(1)] #[idempotent]
        step goods(vendor, key) -> u32 { vendor.order("goods", key).await }
            compensate(vendor, key) { vendor.cancel("return goods", key).await }

        when (vendor, gift, goods => {
            vendor.note(format_args!("a gift of {goods}?"));
            *gift
        }) {
            #[idempotent] #[retry(1)]
            step paper(vendor, key) -> u32 { vendor.order("paper", key).await }
                compensate(vendor, key) { vendor.cancel("put paper back", key).await }

            #[savepoint(2)] #[idempotent] #[retry(1)]
            step ribbon(vendor, paper, _key) -> u32 { vendor.call_with("ribbon", paper).await }
                compensate(vendor, paper, ribbon) {
                    vendor.undo("cut", format!("{ribbon} off {paper}")).await
                }
        }

        #[idempotent] #[retry(1)]
        step sent(vendor, paper, ribbon, _key) {
            vendor.undo("sent", format!("{paper:?} {ribbon:?}")).await
        }
            compensate none

        let () = sent;
        let _ = ribbon;
        (goods, paper)
    }
}

async fn wrap(gift: bool, vendor: &Vendor) -> Outcome<WrapRun> {
    Wrap { gift }.with(vendor.clone()).outcome().await
}

#[tokio::test(start_paused = true)]
async fn a_block_is_taken_or_skipped_as_a_whole() {
    let vendor = Vendor::new();
    let Outcome::Completed(output) = wrap(true, &vendor).await else {
        panic!("it completes")
    };
    assert_eq!(output, (1, Some(2)));
    assert_eq!(
        vendor.line(),
        "goods, a gift of 1?, paper, ribbon 2, sent Some(2) Some(3)"
    );
    let vendor = Vendor::new();
    let Outcome::Completed(output) = wrap(false, &vendor).await else {
        panic!("it completes")
    };
    assert_eq!(output, (1, None));
    assert_eq!(vendor.line(), "goods, a gift of 1?, sent None None");
}

#[tokio::test(start_paused = true)]
async fn effects_of_the_block_are_plain_inside_in_compensations_too() {
    let vendor = Vendor::new().on("sent", [NO, NO, NO]);
    let Outcome::Compensated(error) = wrap(true, &vendor).await else {
        panic!("it goes back")
    };
    let calls = vendor.line();
    assert!(
        calls.contains("ribbon 2, sent Some(2) Some(3), cut 3 off 2, ribbon 2"),
        "{calls}"
    );
    assert_eq!(error.step(), Some("sent"));
}

#[tokio::test(start_paused = true)]
async fn a_savepoint_inside_asks_nothing_again_and_one_before_it_does() {
    let vendor = Vendor::new().on("sent", [BUSY]);
    drop(wrap(true, &vendor).await);
    let line = vendor.line();
    assert_eq!(line.matches("a gift of").count(), 1, "{line}");
    assert_eq!(line.matches("ribbon 2").count(), 2, "{line}");

    let vendor = Vendor::new().on("sent", [BUSY]);
    drop(wrap(false, &vendor).await);
    let line = vendor.line();
    assert_eq!(line.matches("a gift of").count(), 2, "{line}");
}

saga! {
    saga Odd(number: u32) with (vendor: Vendor) -> Result<_, Trouble> {
        step before(vendor) { vendor.undo("before", "").await }
            compensate(vendor) { vendor.undo("undo before", "").await }

        when (number => 12 / *number > 3) {
            step first(vendor, number) -> u32 { vendor.call_with("first", number).await }
                compensate none
                fallback(number) { Ok(*number) }

            #[when(first => *first > 2)]
            read second(vendor, first) -> u32 { vendor.call_with("second", first).await }
        }

        read last(second) { let _ = second; Ok(()) }
    }
}

#[tokio::test]
async fn a_panic_of_the_condition_is_one_of_the_first_step_unsent() {
    let vendor = Vendor::new();
    let error = Odd { number: 0 }.with(vendor.clone()).await.unwrap_err();
    assert_eq!(error.step(), Some("first"));
    assert!(matches!(error.cause(), Cause::Panicked(_)), "{error}");
    assert!(error.is_clean());
    assert_eq!(vendor.line(), "before, undo before", "and has no fallback");
}

#[tokio::test]
async fn options_do_not_nest() {
    let vendor = Vendor::new();
    let effects = Odd { number: 1 }.with(vendor.clone()).await.unwrap();
    assert_eq!((effects.first, effects.second), (Some(2), None));
    let effects = Odd { number: 1 }.with(vendor).await.unwrap();
    assert_eq!((effects.first, effects.second), (Some(4), Some(5)));
    let effects = Odd { number: 12 }.with(Vendor::new()).await.unwrap();
    assert_eq!((effects.first, effects.second), (None, None));
}

#[tokio::test]
async fn observers_hear_of_each_step_that_is_skipped() {
    let recording = Recording::default();
    let saga = Odd { number: 12 }.with(Vendor::new());
    saga.observe(recording.clone()).await.unwrap();
    let heard = recording.to_string();
    assert!(heard.contains("`first` is skipped"), "{heard}");
    assert!(heard.contains("`second` is skipped"), "{heard}");
}

#[tokio::test(start_paused = true)]
async fn a_parked_saga_is_resumed_inside_a_block() {
    let vendor = Vendor::new()
        .on("sent", [NO, NO, NO])
        .on("cut", [UNSENT, UNSENT, UNSENT, UNSENT, UNSENT]);
    let Outcome::Parked(parked) = wrap(true, &vendor).await else {
        panic!("the ribbon stands")
    };
    assert_eq!(parked.unsettled().still_applied, ["paper", "ribbon"]);
    assert_eq!(parked.snapshot().paper, Some(Some(2)));
    let resumed = parked.resume().outcome().await;
    assert!(matches!(resumed, Outcome::Compensated(_)), "{resumed:?}");
}

#[tokio::test]
async fn a_walk_enters_leaves_and_goes_back() {
    let vendor = Vendor::new();
    let services = WrapServices {
        vendor: vendor.clone(),
    };
    let at = |gift| Wrap { gift }.walk();
    let state: WrapWhenPaper = at(true).goods(&services).await.unwrap();
    let Branch::Taken(state) = state.enter(&services) else {
        panic!("it is a gift")
    };
    let state: WrapBeforeRibbon = state.paper(&services).await.unwrap();
    assert_eq!(state.paper, 2);
    let state: WrapLeavingPaper = state.ribbon(&services).await.unwrap();
    let state: WrapBeforeSent = state.leave();
    assert_eq!((state.paper, state.ribbon), (Some(2), Some(3)));
    let Branch::Taken(state) = state.reopen() else {
        panic!("it was entered")
    };
    let state = state.undo_ribbon(&services).await.unwrap();
    let state = state.undo_paper(&services).await.unwrap().back_out();
    assert_eq!(state.goods, 1);

    let state = at(false).goods(&services).await.unwrap();
    let Branch::Skipped(state) = state.enter(&services) else {
        panic!("it is no gift")
    };
    assert_eq!((state.paper, state.ribbon), (None, None));
    let Branch::Skipped(state) = state.reopen() else {
        panic!("it was skipped")
    };
    assert_eq!(state.goods, 6);
}

saga! {
    saga Cut() -> Result<_, Trouble> {
        when (=> true) {
            #[cfg(any())]
            read gone() -> u8 { Ok(1) }
            concurrent {
                #[cfg(any())]
                read one() -> u8 { Ok(1) }
                #[cfg(all())]
                read two() -> u8 { Ok(2) }
            }
        }
        #[cfg(any())]
        when (=> true) {
            read nothing() -> u8 { Ok(3) }
        }
        when (=> true) {
            #[cfg(any())]
            read nothing_either() -> u8 { Ok(4) }
        }
        read three(two) -> u8 { Ok(two.unwrap_or(0) + 1) }
    }
}

#[tokio::test]
async fn cfg_takes_a_block_out_as_one_element() {
    let effects = Cut {}.run().await.unwrap();
    assert_eq!((effects.two, effects.three), (Some(2), 3));
    assert_eq!(Cut::DEFINITION.conditions.len(), 1);
}
