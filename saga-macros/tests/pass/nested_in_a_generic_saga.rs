// A saga with parameters has sagas as steps that do not depend on them, alone and in loops.
#[path = "../ui/gifts.rs"]
mod gifts;
use gifts::*;

typed_saga::saga! {
    saga SendGift<T, P, const N: usize>(to: T, names: [String; N]) with (stock: Stock, post: P)
    -> Result<(Paper, usize), GiftError>
    where T: ToString + std::marker::Send + Sync + 'static, P: Fn(&str) -> bool + std::marker::Send + Sync + 'static {
        step wrapped(to) -> Paper = saga WrapGift { note: to.to_string() } with (stock);

        #[concurrent(2)]
        for name: String in (names => names.clone())
        step others(name) -> Paper = saga WrapGift { note: name.clone() } with (stock);

        read known(to, post) -> bool { Ok(post(&to.to_string())) }

        {
            let _ = known;
            (wrapped, others.len())
        }
    }
}

#[tokio::test]
async fn runs() {
    let names = ["Grace".to_owned(), "Barbara".to_owned()];
    let gift = SendGift { to: "Ada", names };
    let (_, others) = gift.with(Stock, |to: &str| to.is_empty()).await.unwrap();
    assert_eq!(others, 2);
}
