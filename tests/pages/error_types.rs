//! The programs of the page "Errors of anyhow, eyre, snafu and thiserror".

mod with_anyhow {
    use anyhow::Context;
    use typed_saga::saga;

    async fn read(file: &str) -> Result<u32, std::io::Error> {
        Err(std::io::Error::other(format!("{file} is gone")))
    }

    saga! {
        saga LoadRates(file: String) -> Result<u32, anyhow::Error> {
            read rates(file) -> u32 { read(file).await.context("reading the rates") }

            rates
        }
    }

    async fn load(file: &str) -> anyhow::Result<u32> {
        let rates = LoadRates { file: file.to_owned() }.run().await.context("loading")?;
        Ok(rates + 1)
    }

    #[tokio::main(flavor = "current_thread")]
    async fn main() {
        let error = load("rates.txt").await.unwrap_err();
        assert_eq!(
            format!("{error:#}"),
            "loading: step `rates` failed: reading the rates; everything before it was undone: \
             rates.txt is gone"
        );
    }

    #[test]
    fn it_runs() {
        main();
    }
}

mod cause {
    use typed_saga::saga;
    #[derive(Debug)]
    struct Busy;
    impl std::fmt::Display for Busy {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { f.write_str("busy") }
    }
    impl std::error::Error for Busy {}
    saga! {
        saga LoadRates() -> Result<u32, anyhow::Error> {
            read rates() -> u32 { Err(Busy.into()) }
            rates
        }
    }
    use typed_saga::Cause;

    fn is_busy(error: &anyhow::Error) -> bool {
        let of_saga = error.downcast_ref::<typed_saga::Error<anyhow::Error>>();
        match of_saga.map(typed_saga::Error::cause) {
            Some(Cause::Failed(own)) => own.is::<Busy>(),
            _ => false,
        }
    }

    #[tokio::test]
    async fn it_runs() {
        let error = LoadRates {}.run().await.unwrap_err().into();
        assert!(is_busy(&error));
    }
}

mod with_eyre_and_a_box {
    use eyre::WrapErr;
    use std::error::Error;
    use typed_saga::saga;

    async fn read() -> Result<u32, std::io::Error> {
        Err(std::io::Error::other("the disk is gone"))
    }
    saga! {
        saga LoadRates() -> Result<u32, eyre::Report> {
            read rates() -> u32 { read().await.wrap_err("reading the rates") }

            rates
        }

        saga LoadPrices() -> Result<u32, Box<dyn Error + Send + Sync>> {
            read prices() -> u32 = read;

            prices
        }
    }

    async fn load() -> eyre::Result<u32> {
        LoadRates {}.run().await.wrap_err("loading")
    }

    async fn load_prices() -> Result<u32, Box<dyn Error + Send + Sync>> {
        Ok(LoadPrices {}.run().await?)
    }

    #[tokio::test]
    async fn it_runs() {
        let said: Vec<_> = load().await.unwrap_err().chain().map(ToString::to_string).collect();
        assert_eq!(said.len(), 3, "{said:?}");
        assert_eq!(said.iter().filter(|said| said.contains("the disk is gone")).count(), 1);
        assert!(load_prices().await.unwrap_err().to_string().contains("the disk is gone"));
    }
}

mod with_snafu_and_thiserror {
    use snafu::{ResultExt, Snafu};
    use typed_saga::saga;

    async fn read() -> Result<u32, std::io::Error> {
        Err(std::io::Error::other("the disk is gone"))
    }
    #[derive(Debug, Snafu)]
    enum LoadError {
        #[snafu(display("reading the rates"))]
        Rates { source: std::io::Error },
    }

    #[derive(Debug, thiserror::Error)]
    enum SiteError {
        #[error("loading the rates")]
        Load(#[from] typed_saga::Error<LoadError>),
    }

    saga! {
        saga LoadRates() -> Result<u32, LoadError> {
            read rates() -> u32 { read().await.context(RatesSnafu) }

            rates
        }
    }

    async fn load() -> Result<u32, SiteError> {
        Ok(LoadRates {}.run().await?)
    }

    #[tokio::test]
    async fn it_runs() {
        let error = load().await.unwrap_err();
        assert_eq!(error.to_string(), "loading the rates");
    }
}

mod durable {
    use anyhow::Context;
    use serde::{Deserialize, Serialize};
    use typed_saga::{Verdict, engine::{Engine, Memory}, saga};

    /// What goes wrong, as text.
    #[derive(Debug, thiserror::Error, Serialize, Deserialize)]
    #[error("{0}")]
    struct Failed(String);

    impl Failed {
        fn verdict(&self) -> Verdict {
            Verdict::Unknown
        }
    }

    impl From<anyhow::Error> for Failed {
        fn from(error: anyhow::Error) -> Self {
            Self(format!("{error:#}"))
        }
    }

    async fn read(file: &str) -> anyhow::Result<u32> {
        anyhow::bail!("{file} is gone")
    }

    saga! {
        #[classify(Failed::verdict)]
        #[timeout(5s)]
        durable saga LoadRates(file: String) -> Result<u32, Failed> {
            read rates(file) -> u32 { Ok(read(file).await.context("reading the rates")?) }

            rates
        }
    }

    async fn load(engine: &Engine, file: &str) -> anyhow::Result<u32> {
        let handle = engine.submit(file, LoadRates { file: file.to_owned() }).await?;
        handle.outcome().await?.into_result().context("loading")
    }

    #[tokio::test(flavor = "current_thread")]
    async fn it_runs() {
        tokio::time::pause();
        let builder = Engine::builder(Memory::new()).register::<LoadRates>(LoadRatesServices {});
        let engine = builder.start().await.unwrap();
        let error = load(&engine, "rates.txt").await.unwrap_err();
        let said = format!("{error:#}");
        assert!(said.starts_with("loading: step `rates` failed: reading the rates: rates.txt is gone"), "{said}");
    }
}
