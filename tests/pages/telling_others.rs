//! The programs of the page "Publishing events".

use saga::{Key, saga};
use std::sync::{Arc, Mutex};

#[derive(Debug, PartialEq)]
enum OrderEvent {
    Reserved { line: String },
    Sent { parcel: u32 },
    Failed { why: String },
}

#[derive(Clone, Default)]
struct Bus(Arc<Mutex<Vec<String>>>);

impl Bus {
    async fn publish(&self, event: &OrderEvent, _: &Key) -> Result<(), String> {
        self.0.lock().unwrap().push(format!("{event:?}"));
        Ok(())
    }
}

saga! {
    saga Fulfil(lines: Vec<String>, courier_is_ill: bool)
    with (bus: Bus)
    -> Result<u32, String> emits OrderEvent
    {
        for line: String in (lines => lines.clone())
        step reserved(line) -> String { Ok(line.clone()) }
            compensate() { Ok(()) }

        emit(reserved => reserved.iter().map(|line| OrderEvent::Reserved { line: line.clone() }));

        step parcel(courier_is_ill) -> u32 {
            if *courier_is_ill {
                Err("the courier is ill".to_owned())
            } else {
                Ok(7)
            }
        }
            compensate none;

        emit(parcel => [OrderEvent::Sent { parcel: *parcel }]);
        emit failed(failure => [OrderEvent::Failed { why: failure.to_string() }]);
        publish(bus, event, key) = Bus::publish;

        parcel
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let told = async |courier_is_ill| {
        let bus = Bus::default();
        let lines = vec!["tea".to_owned()];
        let _ = Fulfil { lines, courier_is_ill }.with(bus.clone()).await;
        saga::drain(std::time::Duration::from_secs(5)).await;
        Arc::into_inner(bus.0).unwrap().into_inner().unwrap()
    };
    assert_eq!(told(false).await, [r#"Reserved { line: "tea" }"#, "Sent { parcel: 7 }"]);
    let failed = r#"Failed { why: "step `parcel` failed: the courier is ill" }"#;
    assert_eq!(told(true).await, [failed], "nothing is reserved any more");
}

#[test]
fn it_runs() {
    main();
}
