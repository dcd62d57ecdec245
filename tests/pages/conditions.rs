//! The programs of the page "Conditional steps".

use saga::saga;
use std::sync::{Arc, Mutex};

saga! {
    saga Ship(parcel: Parcel) with (desk: Desk) -> Result<String, String> {
        when (parcel => parcel.is_gift) {
            step paper(desk) -> Paper { desk.call("take paper").map(|()| Paper) }
                compensate(desk, paper) { let Paper = paper; desk.call("put paper back") }

            // Inside the block `paper` is a `&Paper`: where this runs, there is one.
            step wrapped(desk, paper) { let Paper = paper; desk.call("wrap") }
                compensate(desk) { desk.call("unwrap") }
        }

        #[when(parcel => parcel.value > 500)]
        step insured(desk) -> u32 { desk.call("insure").map(|()| 77) }
            compensate(desk, insured) { desk.call(&format!("cancel policy {insured}")) }

        // Outside it is a `&Option<Paper>`, as `insured` is an `&Option<u32>`.
        step labelled(desk, paper, insured) -> String {
            let gift = if paper.is_some() { "gift, " } else { "" };
            desk.call("print")?;
            Ok(format!("{gift}insured: {}", insured.is_some()))
        }
            compensate none

        let () = wrapped.unwrap_or_default();
        labelled
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let desk = Desk::default();
    let parcel = Parcel { is_gift: true, value: 20 };
    let label = Ship { parcel }.with(desk.clone()).await.unwrap();
    assert_eq!(label, "gift, insured: false");
    assert_eq!(desk.calls(), ["take paper", "wrap", "print"]);

    desk.breaks("print");
    let parcel = Parcel { is_gift: false, value: 900 };
    let error = Ship { parcel }.with(desk.clone()).await.unwrap_err();
    assert!(error.is_clean());
    assert_eq!(desk.calls(), ["insure", "cancel policy 77"]); // no paper: nothing to put back
    saga::drain(std::time::Duration::from_secs(5)).await;
}

struct Parcel { is_gift: bool, value: u32 }
struct Paper;
#[derive(Clone, Default)]
struct Desk(Arc<Mutex<(Vec<String>, Option<&'static str>)>>);
impl Desk {
    fn call(&self, what: &str) -> Result<(), String> {
        let mut desk = self.0.lock().unwrap();
        if desk.1 == Some(what) {
            return Err(format!("{what}: broken"));
        }
        desk.0.push(what.to_owned());
        Ok(())
    }
    fn breaks(&self, what: &'static str) {
        self.0.lock().unwrap().1 = Some(what);
    }
    fn calls(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap().0)
    }
}

#[test]
fn it_runs() {
    main();
}
