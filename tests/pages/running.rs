//! The programs of the page "Running".

mod pack {
    struct Shelf;
    impl Shelf {
        async fn take(&self, _: &u32) -> Result<u32, String> { Ok(1) }
        async fn put_back(&self, _: &u32) -> Result<(), String> { Ok(()) }
        async fn wrap(&self, _: &u32) -> Result<(), String> { Err("no paper".to_owned()) }
    }
    saga::saga! {
        saga Pack(order: u32) with (shelf: Shelf) -> Result<u32, String> {
            step item(shelf, order) -> u32 = Shelf::take
                compensate(shelf, item) = Shelf::put_back;
            step wrapped(shelf, item) = Shelf::wrap
                compensate none
            item
        }
    }

    #[tokio::main(flavor = "current_thread")]
    async fn main() {
        let services = PackServices { shelf: Shelf };
        let before: PackBeforeWrapped = Pack { order: 7 }.walk().item(&services).await.unwrap();
        assert_eq!(before.item, 1);

        let stopped = before.wrapped(&services).await.unwrap_err();
        assert_eq!(stopped.error, "no paper");
        let start: PackBeforeItem = stopped.state.undo_item(&services).await.unwrap();
        assert_eq!(start.order, 7);
    }

    #[test]
    fn it_runs() {
        main();
    }
}

mod pay {
    use std::future::Future;

    trait Bank {
        fn charge(&self, sum: &u32) -> impl Future<Output = Result<u32, String>> + Send;
    }

    struct Fake;

    impl Bank for Fake {
        async fn charge(&self, sum: &u32) -> Result<u32, String> {
            Ok(*sum)
        }
    }

    saga::saga! {
        saga Pay<B: Bank>(sum: u32) with (bank: B) -> Result<u32, String> {
            step paid(bank, sum) -> u32 = B::charge
                compensate none
            paid
        }
    }

    #[tokio::main(flavor = "current_thread")]
    async fn main() {
        assert_eq!(Pay { sum: 30 }.with(Fake).await.unwrap(), 30);
    }

    #[test]
    fn it_runs() {
        main();
    }
}
