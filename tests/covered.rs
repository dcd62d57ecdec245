//! Steps that are undone with another one: `compensate with`.

use crate::common::{NO, Trouble, UNHEARD, Vendor, panics};
use typed_saga::{Completeness, Outcome, saga};

saga! {
    #[classify(Trouble::verdict)]
    saga File() with (vendor: Vendor) -> Result<(u32, u32), Trouble> {
        #[idempotent]
        step paper(vendor, key) -> u32 { vendor.order("paper", key).await }
            compensate(vendor, key) { vendor.cancel("burn paper", key).await }

        #[savepoint(1)] #[idempotent]
        step record(vendor, key) -> u32 { vendor.order("record", key).await }
            #[retry(1)]
            compensate(vendor, key) { vendor.cancel("delete record", key).await }

        #[idempotent(by = record)] #[retry(1)]
        step lines(vendor, record, paper) -> u32 {
            vendor
                .call_with("lines", format!("{record} on {paper}"))
                .await
        }
            compensate with record

        #[idempotent(by = lines)] #[retry(1)]
        step checked(vendor, lines) { vendor.undo("checked", lines).await }
            compensate(vendor) { vendor.undo("undo checked", "").await }

        let () = checked;
        (record, lines + paper)
    }
}

#[tokio::test(start_paused = true)]
async fn it_goes_with_the_other_and_is_not_listed() {
    let vendor = Vendor::new().on("checked", [NO, NO]);
    let error = File {}.with(vendor.clone()).await.unwrap_err();
    let made = "record, lines 2 on 1, checked 3, delete record, record, lines 6 on 1, checked 7";
    assert_eq!(
        vendor.line(),
        format!("paper, {made}, delete record, burn paper")
    );
    assert!(error.is_clean());
}

#[tokio::test(start_paused = true)]
async fn it_stands_if_the_other_stands_and_keeps_nothing_else() {
    let vendor = Vendor::new().on("checked", [NO]).on("delete record", [NO]);
    let outcome = File {}.with(vendor.clone()).outcome().await;
    let Outcome::Parked(parked) = outcome else {
        panic!("the record stands")
    };
    assert_eq!(parked.unsettled().still_applied, ["record", "lines"]);
    assert_eq!(
        vendor.holds(),
        ["record"],
        "what only `lines` reads is undone"
    );
    assert_eq!(
        (parked.snapshot().record, parked.snapshot().lines),
        (Some(2), Some(3))
    );
    let Outcome::Compensated(error) = parked.resume().outcome().await else {
        panic!("now the record is deleted")
    };
    let left = Vec::new();
    assert_eq!(error.completeness(), Completeness::Compensated { left });
}

#[tokio::test(start_paused = true)]
async fn its_doubt_goes_with_the_other() {
    let vendor = Vendor::new().on("lines", [UNHEARD, UNHEARD]);
    let error = File {}.with(vendor.clone()).await.unwrap_err();
    assert_eq!(error.step(), Some("lines"));
    assert!(error.is_clean());
    let vendor = vendor.on("lines", [UNHEARD]).on("delete record", [NO]);
    let Outcome::Parked(parked) = File {}.with(vendor).outcome().await else {
        panic!("the record stands")
    };
    assert_eq!(parked.unsettled().still_applied, ["record"]);
    assert_eq!(parked.unsettled().in_doubt, ["lines"]);
}

saga! {
    saga Plain() with (vendor: Vendor) -> Result<u32, Trouble> {
        step record(vendor) -> u32 { vendor.call("record").await }
            #[retry(1)]
            compensate(vendor, record) { vendor.undo("delete", record).await }

        concurrent {
            step lines(vendor) -> u32 { vendor.call("lines").await }
                compensate with record
            step stamp(vendor) -> u32 { vendor.call("stamp").await }
                compensate with record
        }

        step other(vendor, stamp) -> u32 { vendor.call_with("other", stamp).await }
            #[retry(1)]
            compensate(vendor, other) { vendor.undo("undo other", other).await }

        step end(vendor, other) { vendor.undo("end", other).await }
            compensate none

        let () = end;
        record + lines
    }
}

#[tokio::test]
async fn a_panic_that_nobody_can_settle_is_not_left() {
    let vendor = Vendor::new().on("lines", [panics("torn")]);
    let error = Plain {}.with(vendor.clone()).await.unwrap_err();
    assert_eq!(vendor.line(), "record, lines, delete 1");
    assert!(error.is_clean());
}

#[tokio::test]
async fn what_stands_on_it_keeps_the_other() {
    let vendor = Vendor::new().on("end", [NO]).on("undo other", [NO]);
    let Outcome::Parked(parked) = Plain {}.with(vendor.clone()).outcome().await else {
        panic!("`other` stands")
    };
    assert_eq!(
        vendor.line(),
        "record, lines, stamp, other 3, end 4, undo other 4"
    );
    let standing = ["record", "lines", "stamp", "other"];
    assert_eq!(parked.unsettled().still_applied, standing);
}

#[tokio::test]
async fn what_is_undone_with_another_has_no_effect_any_more() {
    let vendor = Vendor::new().on("end", [NO]).on("delete", [NO]);
    let Outcome::Parked(parked) = Plain {}.with(vendor).outcome().await else {
        panic!("the record stands")
    };
    assert_eq!(parked.snapshot().lines, Some(2));
    assert_eq!(parked.snapshot().other, None);
}
