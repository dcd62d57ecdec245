//! What stands in a `when` block beside steps: loops, signals and sleeps.

use crate::common::{NO, Trouble, Vendor, YES};
use std::time::Duration;
use tokio::time::sleep;
use typed_saga::{
    Cause,
    runtime::{Branch, Signalled},
    saga,
};

const MS: fn(u64) -> Duration = Duration::from_millis;

saga! {
    #[classify(Trouble::verdict)]
    saga Wrap(gift: bool, lines: Vec<u32>)
    with (vendor: Vendor)
    -> Result<(Option<Vec<u32>>, Option<String>), Trouble>
    {
        #[savepoint(1)] #[idempotent]
        step goods(vendor, key) -> u32 { vendor.order("goods", key).await }
            compensate(vendor, key) { vendor.cancel("return goods", key).await }

        when (gift => *gift) {
            #[idempotent] #[retry(1)]
            for line: u32 in (lines, goods => { let _ = goods; lines.clone() })
            step paper(vendor, line, key) -> u32 {
                vendor
                    .order(["paper 0", "paper 1"][*line as usize], key)
                    .await
            }
                compensate(vendor, line, paper, key) {
                    let _ = *paper;
                    vendor
                        .cancel(["back 0", "back 1"][*line as usize], key)
                        .await
                }

            sleep pause(paper => MS(10) * u32::try_from(paper.len()).unwrap());

            #[timeout(100ms)]
            signal card -> String;

            #[idempotent] #[retry(1)]
            step tied(vendor, paper, card, key) -> usize {
                vendor
                    .order("tied", key)
                    .await
                    .map(|_| paper.len() + card.len())
            }
                compensate(vendor, key) { vendor.cancel("untie", key).await }
        }

        #[idempotent] #[retry(1)]
        step sent(vendor, tied, key) -> u32 {
            let _: &Option<usize> = tied;
            vendor.order("sent", key).await
        }
            compensate none

        let _ = sent;
        (paper, card)
    }
}

fn wrap(gift: bool) -> Wrap {
    Wrap {
        gift,
        lines: vec![0, 1],
    }
}

fn card() -> WrapSignal {
    WrapSignal::Card("love".to_owned())
}

#[tokio::test(start_paused = true)]
async fn a_block_that_is_taken_loops_and_waits() {
    let vendor = Vendor::new();
    let handle = wrap(true).with(vendor.clone()).start();
    sleep(MS(50)).await;
    assert_eq!(vendor.line(), "goods, paper 0, paper 1");
    assert_eq!(handle.signal(card()).await, Signalled::Accepted);
    let (paper, said) = handle.await.unwrap();
    assert_eq!(paper.map(|paper| paper.len()), Some(2));
    assert_eq!(said.as_deref(), Some("love"));
    assert_eq!(vendor.times("tied"), [50]);
}

#[tokio::test(start_paused = true)]
async fn a_block_that_is_skipped_does_neither() {
    let vendor = Vendor::new();
    let handle = wrap(false).with(vendor.clone()).start();
    let sender = handle.sender();
    assert_eq!(handle.await.unwrap(), (None, None));
    assert_eq!(vendor.times("sent"), [0]);
    assert_eq!(vendor.line(), "goods, sent");
    assert_eq!(sender.signal(card()).await, Signalled::TooLate);
}

#[tokio::test(start_paused = true)]
async fn the_way_back_undoes_the_items_of_the_block() {
    for (goes_wrong, undone) in [
        ("sent", "untie, back 1, back 0, return goods"),
        ("tied", "back 1, back 0, return goods"),
        ("paper 1", "back 0, return goods"),
        ("paper 0", "return goods"),
    ] {
        // The savepoint turns once: the block is decided on again.
        let vendor = Vendor::new().on(goes_wrong, [NO, NO]);
        let handle = wrap(true).with(vendor.clone()).start();
        if ["sent", "tied"].contains(&goes_wrong) {
            for _ in 0..2 {
                sleep(MS(40)).await;
                assert_eq!(handle.signal(card()).await, Signalled::Accepted);
            }
        }
        let error = handle.await.unwrap_err();
        let path = goes_wrong.replace(" 0", "[0]").replace(" 1", "[1]");
        assert_eq!(error.path(), Some(&*path));
        assert!(vendor.holds().is_empty(), "{:?}", vendor.holds());
        let calls = vendor.line();
        assert!(
            calls.ends_with(&format!("{goes_wrong}, {undone}")),
            "{calls}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_signal_of_the_block_that_comes_too_late_turns_the_saga_back() {
    let vendor = Vendor::new();
    let error = wrap(true).with(vendor.clone()).await.unwrap_err();
    assert_eq!(error.step(), Some("card"));
    assert!(matches!(error.cause(), Cause::TimedOut) && error.is_clean());
    assert_eq!(vendor.times("return goods").len(), 2);
}

#[tokio::test]
async fn a_walk_takes_what_is_in_the_block() {
    let vendor = Vendor::new();
    let services = WrapServices { vendor };
    let goods = wrap(true).walk().goods(&services).await.unwrap();
    let Branch::Taken(state) = goods.enter(&services) else {
        panic!("it is a gift")
    };
    let state = state.paper(&services).await.unwrap();
    assert_eq!(state.paper.len(), 2);
    let state = state
        .pause(&services)
        .await
        .unwrap()
        .card("love".to_owned());
    let state = state.tied(&services).await.unwrap().leave();
    let wrapped = (state.paper.as_ref().map(Vec::len), state.card.as_deref());
    assert_eq!(wrapped, (Some(2), Some("love")));
    let Branch::Taken(state) = state.reopen() else {
        panic!("it was entered")
    };
    let state = state.undo_tied(&services).await.unwrap();
    let state = state.undo_card(&services).await.unwrap();
    let state = state.undo_pause(&services).await.unwrap();
    let state = state.undo_paper(&services).await.unwrap().back_out();
    assert_eq!(state.goods, 1);

    let goods = wrap(false).walk().goods(&services).await.unwrap();
    let Branch::Skipped(state) = goods.enter(&services) else {
        panic!("it is no gift")
    };
    assert_eq!((&state.paper, &state.card), (&None, &None));
    let Branch::Skipped(_) = state.reopen() else {
        panic!("it was skipped")
    };
}

saga! {
    #[classify(Trouble::verdict)]
    saga Beside(gift: bool, odd: u32) with (vendor: Vendor) -> Result<_, Trouble> {
        when (gift => *gift) {
            concurrent {
                #[idempotent] #[concurrent(2)]
                #[when(line, odd => line % 2 == *odd)]
                for line: u32 in (=> 0..4)
                step each(vendor, line, _key) -> u32 {
                    vendor.undo("each", line).await.map(|()| *line)
                }
                    compensate(vendor, each) { vendor.undo("back", each).await }

                #[timeout(never)]
                signal card -> u32;

                sleep pause(=> MS(5));
            }

            read sum(each, card) -> u32 { Ok(each.iter().flatten().sum::<u32>() + card) }

            #[when(sum => *sum > 9)]
            for line: u32 in (sum => 0..*sum)
            read many(line) -> u32 { Ok(*line) }

            read count(many) -> usize {
                let _: &Option<Vec<u32>> = many;
                Ok(many.as_ref().map_or(0, Vec::len))
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn loops_and_waits_stand_beside_each_other_in_a_block() {
    let vendor = Vendor::new();
    for (card, many) in [(1, None), (8, Some(12))] {
        let handle = Beside { gift: true, odd: 1 }.with(vendor.clone()).start();
        sleep(MS(1)).await;
        handle.signal(BesideSignal::Card(card)).await;
        let effects = handle.await.unwrap();
        assert_eq!(effects.each, Some(vec![None, Some(1), None, Some(3)]));
        assert_eq!(effects.sum, Some(4 + card));
        // What may be skipped twice is optional once.
        assert_eq!(effects.many.map(|all| all.len()), many);
    }
    let effects = Beside {
        gift: false,
        odd: 1,
    }
    .with(vendor)
    .await
    .unwrap();
    assert_eq!(
        (effects.each, effects.many, effects.count),
        (None, None, None)
    );
}

saga! {
    #[classify(Trouble::verdict)]
    saga Checked(careful: bool) with (vendor: Vendor) -> Result<u32, Trouble> {
        when (careful => *careful) {
            #[savepoint(1, 0s..0s)] #[idempotent]
            step check(vendor, key) -> u32 { vendor.order("check", key).await }
                compensate(vendor, key) { vendor.cancel("uncheck", key).await }
        }
        #[idempotent]
        step hold(vendor, key) -> u32 { vendor.order("hold", key).await }
            compensate(vendor, key) { vendor.cancel("undo hold", key).await }
        #[idempotent]
        step pay(vendor, key) -> u32 { vendor.order("pay", key).await }
            compensate none again
        #[timeout(1h)]
        signal done -> u32;
        let _ = (check, hold, pay);
        done
    }
}

#[tokio::test(start_paused = true)]
async fn a_savepoint_in_a_block_that_was_not_taken_keeps_no_signal() {
    for (careful, answer) in [(true, Signalled::Accepted), (false, Signalled::TooLate)] {
        let vendor = Vendor::new()
            .on("pay", [NO])
            .on("undo hold", [YES.after(50)]);
        let handle = Checked { careful }.with(vendor.clone()).start();
        sleep(MS(10)).await;
        assert_eq!(handle.signal(CheckedSignal::Done(7)).await, answer);
        assert_eq!(handle.await.ok(), careful.then_some(7));
    }
}
