//! The programs of the page "Guide".

mod outcome {
    use saga::{Cause, Outcome, saga};

    saga! {
        saga Move(sum: u32) -> Result<(), &'static str> {
            step debited(sum) -> u32 { Ok(*sum) }
                compensate(debited) { if *debited == 13 { Err("the account is closed") } else { Ok(()) } }

            step credited(debited) { Err("no such account") }
                compensate none
        }
    }

    #[tokio::main(flavor = "current_thread")]
    async fn main() {
        match (Move { sum: 5 }).run().outcome().await {
            Outcome::Compensated(error) => {
                assert_eq!(error.step(), Some("credited"));
                assert!(matches!(error.cause(), Cause::Failed("no such account")));
                assert!(error.is_clean());
            }
            other => panic!("{other:?}"),
        }

        match (Move { sum: 13 }).run().outcome().await {
            Outcome::Parked(parked) => {
                assert_eq!(parked.unsettled().still_applied, ["debited"]);
                assert_eq!(parked.snapshot().debited, Some(13));
            }
            other => panic!("{other:?}"),
        }

        saga::drain(std::time::Duration::from_secs(5)).await;
    }

    #[test]
    fn it_runs() {
        main();
    }
}

mod quote {
    use saga::saga;

    saga! {
        saga Quote(city: String) -> Result<u32, &'static str> {
            #[retry(3, 1ms..2ms)]
            read rate(city) -> u32 { if city == "Oslo" { Ok(120) } else { Err("no answer") } }
                fallback() { Ok(100) }

            rate
        }
    }

    #[tokio::main(flavor = "current_thread")]
    async fn main() {
        assert_eq!(Quote { city: "Oslo".to_owned() }.run().await.unwrap(), 120);
        assert_eq!(Quote { city: "Atlantis".to_owned() }.run().await.unwrap(), 100);
    }

    #[test]
    fn it_runs() {
        main();
    }
}
