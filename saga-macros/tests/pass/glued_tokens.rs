//! Punctuation that a lexer glues together.

use typed_saga::saga;

#[derive(Debug)]
struct Failed;

trait Find<T> {
    async fn find() -> Result<Vec<Vec<T>>, Failed>;
}

struct Finder;

impl Find<u8> for Finder {
    async fn find() -> Result<Vec<Vec<u8>>, Failed> {
        Ok(vec![vec![1]])
    }
}

saga! {
    saga Glued(all:Vec<Vec<u8>>)->Result<Vec<Vec<u8>>,Failed>{
        read found()->Vec<Vec<u8>>= <Finder as Find<u8>>::find;
        #[when(found=>found.len()>=1)]
        read first(found)->Option<Option<u8>>{Ok(Some(found[0].first().copied()))}
        read both(found,all,first)->Vec<Vec<u8>>{let _=first;Ok([found.as_slice(),all.as_slice()].concat())}

        both
    }
}

#[tokio::test]
async fn runs() {
    assert_eq!(Glued { all: vec![] }.run().await.unwrap(), [[1]]);
}
