//! Twelve levels of children, each the child of the next: they build with rustc's default recursion
//! limit, complete, and roll back.

use std::sync::{Arc, Mutex};

use typed_saga::saga;

/// The floors that stand, from the lowest one up.
#[derive(Clone, Default)]
struct Tower(Arc<Mutex<Vec<u8>>>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Collapsed(u8);

impl Tower {
    fn build(&self, floor: u8, fails: u8) -> Result<u8, Collapsed> {
        if floor == fails {
            return Err(Collapsed(floor));
        }
        self.0.lock().unwrap().push(floor);
        Ok(floor)
    }

    fn take_down(&self, floor: u8) -> Result<(), Collapsed> {
        let highest = self.0.lock().unwrap().pop();
        if highest == Some(floor) {
            Ok(())
        } else {
            Err(Collapsed(floor))
        }
    }

    fn floors(&self) -> Vec<u8> {
        self.0.lock().unwrap().clone()
    }
}

saga! {
    saga Level0(fails: u8) with (tower: Tower) -> Result<u8, Collapsed> {
        step floor(tower, fails) -> u8 { tower.build(0, *fails) }
            compensate(tower, floor) { tower.take_down(*floor) }

        floor
    }
}

macro_rules! above {
    ($lower:ident: $saga:ident) => {
        saga! {
            saga $saga(fails: u8) with (tower: Tower) -> Result<u8, Collapsed> {
                step lower(fails) -> u8 = saga $lower { fails: *fails } with (tower);

                step floor(tower, lower, fails) -> u8 { tower.build(lower + 1, *fails) }
                    compensate(tower, floor) { tower.take_down(*floor) }

                floor
            }
        }
    };
}

above!(Level0: Level1);
above!(Level1: Level2);
above!(Level2: Level3);
above!(Level3: Level4);
above!(Level4: Level5);
above!(Level5: Level6);
above!(Level6: Level7);
above!(Level7: Level8);
above!(Level8: Level9);
above!(Level9: Level10);
above!(Level10: Level11);
above!(Level11: Level12);

#[tokio::test]
async fn twelve_levels_complete() {
    let tower = Tower::default();
    let saga = Level12 { fails: u8::MAX }.with(tower.clone());
    assert_eq!(saga.await.unwrap(), 12);
    assert_eq!(tower.floors(), (0..=12).collect::<Vec<u8>>());
}

#[tokio::test]
async fn whichever_of_twelve_levels_fails_all_below_roll_back() {
    for fails in 0..=12 {
        let tower = Tower::default();
        let error = Level12 { fails }.with(tower.clone()).await.unwrap_err();
        let path = "lower/".repeat(usize::from(12 - fails)) + "floor";
        assert_eq!(error.path(), Some(&*path));
        assert!(error.is_clean() && tower.floors().is_empty(), "{error:?}");
        assert_eq!(error.into_step_error(), Some(Collapsed(fails)));
    }
}
