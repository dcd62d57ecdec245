//! Generated code names nothing of a prelude: there may be none, or other items may be called so.

macro_rules! all_of_it {
    () => {
        #[derive(::std::clone::Clone, ::std::fmt::Debug, ::serde::Serialize, ::serde::Deserialize)]
        pub(super) struct Failed;

        impl Failed {
            fn verdict(&self) -> ::typed_saga::Verdict {
                ::typed_saga::Verdict::Refused
            }
            fn is_busy(&self) -> ::core::primitive::bool {
                true
            }
        }

        #[derive(::std::clone::Clone)]
        pub(super) struct Bus;

        impl Bus {
            async fn tell(
                &self,
                _: &u32,
                _: &::typed_saga::Key,
            ) -> ::std::result::Result<(), Failed> {
                ::std::result::Result::Ok(())
            }
        }

        ::typed_saga::saga! {
            #[classify(Failed::verdict)]
            #[timeout(1s)]
            pub(super) durable saga Inner(a: u32) with (bus: Bus)
            -> ::std::result::Result<u32, Failed> emit u32 {
                #[idempotent]
                step first(a, key) -> u32 { let _ = key; ::std::result::Result::Ok(*a) }
                    compensate(first) { let _ = first; ::std::result::Result::Ok(()) }
                emit(first => [*first]);
                publish(bus, event, key) = Bus::tell;
                first
            }

            #[classify(Failed::verdict)]
            #[timeout(1s)]
            pub(super) durable saga Outer<T: ::serde::Serialize + ::serde::de::DeserializeOwned>(
                a: u32, list: ::std::vec::Vec<u32>, other: T,
            ) with (bus: Bus) -> ::std::result::Result<_, Failed> emit u32 {
                #[idempotent]
                #[retry(2, 1us..2us)]
                #[savepoint(1, 1us..2us, if = |failure| failure.error().is_some_and(Failed::is_busy))]
                step hold(a, other, key) -> u32 { let _ = (other, key); ::std::result::Result::Ok(*a) }
                    compensate(hold, failure) { let _ = (hold, failure); ::std::result::Result::Ok(()) }

                when (a => *a > 0) {
                    #[when(hold => *hold > 0)]
                    read extra(hold) -> u32 { ::std::result::Result::Ok(*hold) }
                }

                concurrent {
                    #[timeout(1s)]
                    signal go -> u32;

                    sleep night(=> ::std::time::Duration::ZERO);

                    #[late(2s)]
                    step car(a) -> u32 { ::std::result::Result::Ok(*a) }
                        resolve(a) { ::std::result::Result::Ok(::std::option::Option::Some(*a)) }
                        fallback(a) { ::std::result::Result::Ok(*a) }
                        compensate none again;
                }

                #[concurrent(2)] #[idempotent]
                for item: u32 in (list => ::std::clone::Clone::clone(list))
                step each(item, _key) -> u32 { ::std::result::Result::Ok(*item) }
                    compensate(each, item) { let _ = (each, item); ::std::result::Result::Ok(()) }

                #[when(item => *item > 0)] #[idempotent]
                for item: u32 in (list => ::std::clone::Clone::clone(list))
                step again(item, _key) -> u32 { ::std::result::Result::Ok(*item) }
                    compensate(again, failure) { let _ = (again, failure); ::std::result::Result::Ok(()) }

                step inner(a) -> u32 = saga Inner { a: *a } with (bus);

                #[idempotent]
                pivot pay(ctx) { let _ = ctx; ::std::result::Result::Ok(()) }

                emit(hold => [*hold]);
                emit failed(a => [*a]);
                publish(bus, event, key) = Bus::tell;
                finally(bus, outcome) { let _ = (bus, outcome); }
            }

            /// Without what a durable saga has.
            pub(super) saga Small(a: u32) -> ::std::result::Result<u32, Failed> {
                read first(a) -> u32 { ::std::result::Result::Ok(*a) }
                first
            }
        }
    };
}

#[no_implicit_prelude]
mod without {
    all_of_it!();
}

/// Items that are called like those of a prelude, and types of the language.
#[allow(dead_code, non_camel_case_types)]
mod beside {
    macro_rules! items {
        ($($what:ident { $($name:ident)* })*) => { $($($what $name {})*)* };
    }

    items! {
        trait {
            AsMut AsRef Clone Copy Default Drop Extend Fn FnMut FnOnce From Future Into IntoFuture
            IntoIterator Iterator Send Sized Sync ToOwned ToString TryFrom TryInto Unpin
        }
        struct {
            Box Err None Ok Option Result Some String Vec bool char f64 i32 str u8 u16 u64 usize
        }
    }
    fn drop() {}

    all_of_it!();
}

#[tokio::test]
async fn runs() {
    let without = without::Small { a: 1 }.run().await.unwrap();
    let beside = beside::Small { a: 1 }.run().await.unwrap();
    assert_eq!((without, beside), (1, 1));
    let list = vec![1, 2];
    let (a, other) = (1, "text".to_owned());
    let saga = without::Outer { a, list, other }.with(without::Bus).start();
    saga.signal(without::OuterSignal::Go(7)).await;
    assert_eq!(saga.await.unwrap().each, [1, 2]);
}
