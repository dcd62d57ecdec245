//! Generated code is silent under the strictest lints: that this file compiles under them is the
//! test.

#![deny(warnings, missing_docs, unreachable_pub, clippy::pedantic)]
#![deny(
    missing_debug_implementations,
    single_use_lifetimes,
    trivial_casts,
    trivial_numeric_casts,
    unused_lifetimes,
    unused_qualifications,
    unused_results,
    rust_2018_idioms,
    elided_lifetimes_in_paths,
    variant_size_differences
)]

/// A rich saga, in public.
pub mod rich {
    use typed_saga::saga;

    /// What goes wrong.
    #[derive(Debug)]
    pub struct Failed;

    impl Failed {
        const fn verdict(&self) -> typed_saga::Verdict {
            let Self = self;
            typed_saga::Verdict::Transient
        }
    }

    /// A service of some kind.
    pub trait Hotels {
        /// What it gives.
        type Booking: Clone + Send + Sync + 'static;
        /// Books.
        fn book(&self, nights: &u8) -> impl Future<Output = Result<Self::Booking, Failed>> + Send;
        /// Cancels.
        fn cancel(
            &self,
            booking: &Self::Booking,
        ) -> impl Future<Output = Result<(), Failed>> + Send;
    }

    async fn nothing() -> Result<(), Failed> {
        std::future::ready(Ok(())).await
    }

    async fn nothing_twice(_key: &typed_saga::Key) -> Result<(), Failed> {
        nothing().await
    }

    saga! {
        /// Books.
        #[derive(Clone, Debug)]
        #[classify(Failed::verdict)]
        #[timeout(1s)]
        #[late(0s)]
        pub saga Book<H: Hotels, const N: usize>(
            nights: u8,
            guests: [String; N],
            _unused: u8,
            big: [u64; 64],
        )
        with (hotels: H, _nobody: u8)
        -> Result<(H::Booking, u8), Failed>
        {
            read rates(nights, guests, big) -> [u64; 64] {
                let _ = (nights, guests);
                nothing().await?;
                Ok(*big)
            }
                fallback(failure, ctx) {
                    let _ = (failure, ctx.id());
                    nothing().await?;
                    Ok([0; 64])
                };

            #[retry(3, 100ms..2s)] #[idempotent(by = nights)]
            step first(hotels, nights) -> H::Booking = H::book
                compensate(hotels, first) = H::cancel;

            concurrent {
                #[savepoint(5, 10ms..30s, if = |_| false)]
                step second(hotels, nights, key) -> H::Booking {
                    let _ = key;
                    hotels.book(nights).await
                }
                    #[by_key]
                    compensate(key) { let _ = key; nothing().await }

                #[when(rates => rates.len() > 1)]
                #[after(second)]
                step third(first) -> H::Booking { nothing().await?; Ok(first.clone()) }
                    resolve(key) {
                        let _ = key;
                        nothing().await?;
                        Ok(None)
                    }
                    compensate(third, failure) { let _ = (third, failure); nothing().await }

                #[idempotent]
                step none(key) = nothing_twice
                    compensate none again;
            }

            #[idempotent]
            pivot charge(third, _key) { let _ = third; nothing().await }

            #[retry(forever, 1s..1h)] #[idempotent]
            step _mail(charge, _key) -> String {
                let () = *charge;
                nothing().await?;
                Ok(String::new())
            }

            finally(nights, hotels, outcome, ctx) { let _ = (nights, hotels, outcome, ctx); }

            let _ = second;
            (first, *nights)
        }
    }

    saga! {
        /// All effects.
        #[derive(Debug)]
        pub saga Effects(name: String) -> Result<_, Failed> {
            read owned(name) -> String { nothing().await?; Ok(name.clone()) }
            #[when(owned => owned.is_empty())]
            read number() -> u8 { nothing().await?; Ok(1) }
        }
    }
}

mod restricted {
    use typed_saga::saga;

    #[derive(Debug)]
    pub(crate) struct Failed;

    saga! {
        pub(crate) saga Restricted(n: u8) -> Result<u8, Failed> {
            concurrent {
                read one(n) -> u8 { std::future::ready(()).await; Ok(*n) }
                read two(one) -> u8 { std::future::ready(()).await; Ok(*one) }
            }
            concurrent {
                read three(two) -> u8 { std::future::ready(()).await; Ok(*two) }
                read four() -> u8 { std::future::ready(()).await; Ok(1) }
            }

            three + four
        }

        saga Private() -> Result<(), Failed> {
            read one() { std::future::ready(Ok(())).await }
        }
    }

    pub(crate) async fn private() -> bool {
        Private {}.run().await.is_ok()
    }
}

#[tokio::test]
async fn sagas_under_strict_lints_run() {
    assert!(restricted::private().await);
    assert!(matches!(restricted::Restricted { n: 1 }.run().await, Ok(2)));
    let effects = rich::Effects {
        name: String::new(),
    }
    .run()
    .await;
    assert!(matches!(effects, Ok(effects) if effects.number == Some(1)));
}
