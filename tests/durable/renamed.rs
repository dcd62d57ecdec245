//! A program whose names all get a leading `_`: it makes the same calls under the same keys, and records
//! the same.

use crate::durable::world::Trouble;
use serde_json::value::RawValue;
use std::sync::{Arc, Mutex};
use tokio::time::Instant;
use typed_saga::{
    Key, Verdict,
    engine::{
        Action, Attribution, SagaId,
        for_logs::{SoloRun, SoloStep, Tape, Written, record},
    },
};

/// Every call, in order, with its key.
#[derive(Clone, Debug, Default)]
pub(crate) struct Desk {
    calls: Arc<Mutex<Vec<String>>>,
    refused: &'static str,
}

impl Desk {
    fn call(&self, call: &'static str, key: &Key) -> Result<u32, Trouble> {
        self.calls.lock().unwrap().push(format!("{call} {key}"));
        if self.refused == call {
            return Err(Trouble(Verdict::Refused, "no".into()));
        }
        Ok(1)
    }
}

/// What a program has written, and what it has called.
type Seen = (Vec<String>, Vec<String>);

/// A program with these names, and what a run of it does.
macro_rules! program {
    (
        $module:ident: $nights:ident $desk:ident $room:ident $wrapped:ident $size:ident $paper:ident
        $part:ident $packed:ident $sent:ident $paid:ident $charge:ident; $key:ident $undo_key:ident
    ) => {
        #[allow(
            clippy::used_underscore_binding,
            reason = "a fixer names only what nothing uses"
        )]
        mod $module {
            use super::{Desk, Seen, Trouble, seen, signalled};
            use typed_saga::{engine::for_logs::Solo, saga};

            saga! {
                #[classify(Trouble::verdict)]
                #[timeout(1h)]
                pub(crate) durable saga Wrap($size: u32) with ($desk: Desk) -> Result<u32, Trouble> {
                    #[idempotent]
                    step $paper($desk, $size, $key) -> u32 {
                        $desk.call("+paper", $key).map(|one| one + $size)
                    }
                        compensate($desk, $paper, $undo_key) {
                            let _ = $paper;
                            $desk.call("-paper", $undo_key).map(drop)
                        }

                    $paper
                }

                #[classify(Trouble::verdict)]
                #[timeout(1h)]
                pub(crate) durable saga Order($nights: u32) with ($desk: Desk) -> Result<_, Trouble> {
                    #[idempotent]
                    step $room($desk, $nights, $key) -> u32 {
                        $desk.call("+room", $key).map(|one| one + $nights)
                    }
                        compensate($desk, $room, $undo_key) {
                            let _ = $room;
                            $desk.call("-room", $undo_key).map(drop)
                        }

                    step $wrapped($room) -> u32 = saga Wrap { $size: *$room } with ($desk);

                    #[idempotent]
                    for $part: u32 in ($room => 1..*$room)
                    step $packed($desk, $part, $key) -> u32 {
                        $desk.call("+packed", $key).map(|one| one + $part)
                    }
                        compensate($desk, $part, $undo_key) {
                            let _ = $part;
                            $desk.call("-packed", $undo_key).map(drop)
                        }

                    when ($nights => *$nights > 1) {
                        #[idempotent]
                        step $sent($desk, $key) -> u32 { $desk.call("+sent", $key) }
                            compensate($desk, $undo_key) {
                                $desk.call("-sent", $undo_key).map(drop)
                            }
                    } else {
                        #[name = "by_hand"]
                        #[idempotent]
                        step $sent($desk, $key) -> u32 { $desk.call("+by_hand", $key) }
                            compensate($desk, $undo_key) {
                                $desk.call("-by_hand", $undo_key).map(drop)
                            }
                    }

                    #[timeout(1d)]
                    signal $paid -> u32;

                    #[idempotent]
                    pivot $charge($desk, $wrapped, $paid, $sent, $key) -> u32 {
                        $desk.call("+charge", $key).map(|one| one + $wrapped + $paid + $sent)
                    }
                }
            }

            /// Runs the order until it waits for its signal, sends that, and runs it to its end.
            pub(super) async fn run($nights: u32, refused: &'static str) -> Seen {
                let desk = Desk {
                    refused,
                    ..Desk::default()
                };
                let solo = Solo::<Order>::new(OrderServices { $desk: desk.clone() });
                let input = serde_json::json!({ "nights": $nights }).to_string();
                let mut commits = Vec::new();
                super::follow(solo.begin("o", &input, None).unwrap(), &mut commits).await;
                let (signal, who) = signalled();
                let sent = solo.act(&super::tape(&commits), &signal, who);
                commits.extend(sent.unwrap());
                let run = solo.go_on(&super::tape(&commits)).unwrap();
                super::follow(run, &mut commits).await;
                seen(&desk, &commits)
            }
        }
    };
}

program! {
    plain: nights desk room wrapped size paper part packed sent paid charge; key undo_key
}

program! {
    underscored: _nights _desk _room _wrapped _size _paper _part _packed _sent _paid _charge; _key _undo_key
}

/// The signal, by its recorded name.
fn signalled() -> (Action, Attribution) {
    let value = RawValue::from_string("7".to_owned()).unwrap();
    let signal = "paid".to_owned();
    (Action::Signal { signal, value }, Attribution::default())
}

async fn follow(mut run: SoloRun, commits: &mut Vec<Written>) {
    while let SoloStep::Write(written) = run.step().await.unwrap() {
        commits.push(written.clone());
        run.acknowledge(Instant::now()).unwrap();
        if written.rests().is_some() {
            return;
        }
    }
}

fn tape(commits: &[Written]) -> Tape {
    let mut tape = Tape::begin(SagaId::new("Order", "o"), &commits[0]).unwrap();
    for written in &commits[1..] {
        tape.push(written).unwrap();
    }
    tape
}

/// All records, but for the time at which a wait ends, and the calls.
fn seen(desk: &Desk, commits: &[Written]) -> Seen {
    let mut written = Vec::new();
    for each in commits {
        written.push(format!("{:?}", each.begins));
        for mut record in record::decode(&each.commit.records).unwrap() {
            record.until = None;
            written.push(serde_json::to_string(&record).unwrap());
        }
    }
    (written, desk.calls.lock().unwrap().clone())
}

#[tokio::test(start_paused = true)]
async fn a_leading_underscore_changes_neither_keys_nor_journals() {
    for (nights, refused) in [(3, ""), (1, ""), (3, "+charge"), (1, "+charge")] {
        let (plain, underscored) = (
            plain::run(nights, refused).await,
            underscored::run(nights, refused).await,
        );
        assert_eq!(plain, underscored);
        let (written, calls) = plain;
        let undoes = calls.iter().any(|call| call.starts_with('-'));
        assert_eq!(undoes, !refused.is_empty(), "{calls:?}");
        let has_ended = written
            .iter()
            .any(|record| record.contains(r#""what":"ended""#));
        assert!(has_ended, "{written:?}");
    }
}
