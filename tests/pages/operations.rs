//! The programs of the page "Operations".

mod recording {
    use typed_saga::{Recording, saga};

    saga! {
        saga Cook(eggs: u32) -> Result<u32, &'static str> {
            step fried(eggs) -> u32 { Ok(*eggs) }
                compensate(fried) { println!("the dog gets {fried} eggs"); Ok(()) }

            step served(fried) { Err("nobody is hungry") }
                compensate none

            fried
        }
    }

    #[tokio::main(flavor = "current_thread")]
    async fn main() {
        let story = Recording::default();
        Cook { eggs: 2 }.run().id("breakfast").observe(story.clone()).await.unwrap_err();

        assert_eq!(
            story.lines(),
            [
                "the saga starts",
                "`fried` is attempted",
                "`fried` is applied",
                "`served` is attempted",
                "`served` fails for now: nobody is hungry",
                "`fried` is compensated",
                "`fried` is undone",
                "the saga ends: step `served` failed: nobody is hungry; everything was undone",
            ]
        );
    }

    #[test]
    fn it_runs() {
        main();
    }
}

mod logs {
    use typed_saga::saga;
    saga! {
        saga Cook(eggs: u32) -> Result<u32, &'static str> {
            read fried(eggs) -> u32 { Ok(*eggs) }
            fried
        }
    }
    #[tokio::main]
    async fn main() {
        tracing_subscriber::fmt().init();
        typed_saga::runtime::observe_all(typed_saga::Tracing::default()).expect("no other observer is set");

        Cook { eggs: 2 }.run().id("breakfast").await.unwrap();
    }
}

mod counts {
    use typed_saga::{runtime::Counts, saga};

    saga! {
        saga Cook(eggs: u32) -> Result<u32, &'static str> {
            step fried(eggs) -> u32 { if *eggs > 0 { Ok(*eggs) } else { Err("no eggs") } }
                compensate none

            fried
        }
    }

    #[tokio::main(flavor = "current_thread")]
    async fn main() {
        let counts = Counts::default();
        for eggs in [2, 0, 3] {
            drop(Cook { eggs }.run().observe(counts.clone()).await);
        }
        let so_far = counts.so_far();
        assert_eq!((so_far.started, so_far.completed, so_far.compensated), (3, 2, 1));
    }

    #[test]
    fn it_runs() {
        main();
    }
}
