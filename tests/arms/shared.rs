//! A name that is in all arms, wherever it is read.

use crate::common::{NO, Trouble, Vendor};
use typed_saga::{Outcome, saga};

saga! {
    #[retry(1)]
    saga Label(text: String) with (vendor: Vendor) -> Result<String, Trouble> {
        step glued(vendor, text) -> String {
            vendor
                .call_with("glue", text)
                .await
                .map(|_| format!("[{text}]"))
        }
            compensate(vendor, glued) { vendor.undo("unglue", glued).await }

        glued
    }
}

saga! {
    #[retry(1)]
    saga Post(weight: u32)
    with (vendor: Vendor)
    -> Result<(String, Option<usize>, String, usize), Trouble>
    {
        when (weight => *weight > 100) {
            step sent(vendor) -> String {
                vendor
                    .call_with("send", "truck")
                    .await
                    .map(|_| "truck".to_owned())
            }
                compensate(vendor, sent) { vendor.undo("recall", sent).await }
        } else when (weight => *weight > 10) {
            #[name = "by_van"]
            step sent(vendor) -> String {
                vendor
                    .call_with("send", "van")
                    .await
                    .map(|_| "van".to_owned())
            }
                compensate(vendor, sent) { vendor.undo("recall", sent).await }
        } else {
            #[name = "by_hand"]
            read sent() -> String { Ok("hand".to_owned()) }
        }

        when (sent => sent != "hand") {
            read plate(sent) -> usize { Ok(sent.len()) }
        }

        #[when(sent => sent.len() > 3)]
        step tagged(vendor, sent) { vendor.undo("tag", sent).await }
            compensate(vendor, sent) { vendor.undo("untag", sent).await }

        for letter: char in (sent => sent.chars().take(2).collect::<Vec<_>>())
        step stamped(vendor, letter) { vendor.undo("stamp", letter).await }
            compensate(vendor, letter, sent) {
                vendor.undo("unstamp", format!("{letter} {sent}")).await
            }

        step label(sent) -> String = saga Label { text: sent.clone() } with (vendor);

        concurrent {
            step weighed(vendor, sent) -> usize {
                vendor.call_with("weigh", sent).await.map(|_| sent.len())
            }
                compensate(vendor, sent) { vendor.undo("unweigh", sent).await }

            read looked(vendor, sent) -> usize {
                vendor.call_with("look", sent).await.map(|_| sent.len())
            }
        }

        step billed(vendor, sent) { vendor.undo("bill", sent).await }
            compensate none

        (sent, plate, label, weighed + looked)
    }
}

#[tokio::test]
async fn it_is_what_the_arm_that_ran_has_made() {
    for (weight, made) in [(500, "truck"), (50, "van"), (5, "hand")] {
        let (is_step, is_tagged) = (made != "hand", made != "van");
        let [first, second] = [&made[..1], &made[1..2]];
        let forward = [
            is_step.then(|| format!("send {made}")),
            is_tagged.then(|| format!("tag {made}")),
            Some(format!(
                "stamp {first}, stamp {second}, glue {made}, weigh {made}, look {made}, bill {made}"
            )),
        ];
        let forward: Vec<_> = forward.into_iter().flatten().collect();
        let vendor = Vendor::new();
        let output = Post { weight }.with(vendor.clone()).await.unwrap();
        let plate = is_step.then_some(made.len());
        let expected = (made.to_owned(), plate, format!("[{made}]"), 2 * made.len());
        assert_eq!(output, expected);
        assert_eq!(vendor.line(), forward.join(", "));

        let vendor = Vendor::new().on("bill", [NO]);
        let outcome = Post { weight }.with(vendor.clone()).outcome().await;
        assert!(matches!(outcome, Outcome::Compensated(error) if error.is_clean()));
        let back = [
            Some(format!(
                "unweigh {made}, unglue [{made}], unstamp {second} {made}, unstamp {first} {made}"
            )),
            is_tagged.then(|| format!("untag {made}")),
            is_step.then(|| format!("recall {made}")),
        ];
        let all: Vec<_> = forward
            .into_iter()
            .chain(back.into_iter().flatten())
            .collect();
        assert_eq!(vendor.line(), all.join(", "));
    }
}

#[derive(Clone, Debug, PartialEq)]
struct Size(u32);

saga! {
    saga Sizes(size: u32) -> Result<(Size, Size), Trouble> {
        read wanted(size) -> Size { Ok(Size(*size)) }

        when (size => *size > 10) {
            #[name = "large"]
            read found() -> Size { Ok(Size(10)) }
        } else {
            #[name = "small"]
            read found() -> Size { Ok(Size(1)) }
        }

        (wanted, found)
    }
}

saga! {
    saga Sized(size: u32) -> Result<(Size, Size), Trouble> {
        step both(size) -> (Size, Size) = saga Sizes { size: *size };

        both
    }
}

#[tokio::test]
async fn what_arms_make_may_have_the_type_of_another_effect() {
    for (size, found) in [(20, 10), (5, 1)] {
        let output = Sized { size }.run().await.unwrap();
        assert_eq!(output, (Size(size), Size(found)));
    }
}
