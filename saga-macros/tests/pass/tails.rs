//! The tail is any expression, even one that looks like a clause or a step.

use typed_saga::saga;

#[derive(Debug)]
struct Failed;

#[allow(non_camel_case_types, reason = "a word of the language")]
struct step {
    a: u8,
}

fn compensate(n: u8) -> u8 {
    n + 1
}

saga! {
    saga Call() -> Result<u8, Failed> { read resolve() -> u8 { Ok(1) } compensate(resolve) }
    saga Literal() -> Result<u8, Failed> { read a() -> u8 { Ok(1) }; step { a }.a }
    saga If() -> Result<u8, Failed> { read a() -> u8 { Ok(1) } if a > 1 { a } else { 2 } }
    saga Block() -> Result<u8, Failed> { read a() -> u8 { Ok(1) } { let b = a; b + 2 } }
    saga Statements() -> Result<u8, Failed> { read a() -> u8 { Ok(1) } let b = a; let c = b + 3; c }
    saga Closure() -> Result<fn(u8) -> u8, Failed> { read a() { Ok(()) } |n| n }
    saga Tuple() -> Result<(u8, ()), Failed> { read a() -> u8 { Ok(1) } read b() { Ok(()) } (a, b) }
    saga Unit() -> Result<(), Failed> { read a() -> u8 { Ok(1) } assert_eq!(a, 1); }
    saga Early() -> Result<u8, Failed> { read a() -> u8 { Ok(1) } if a == 1 { return 9; } a }
    saga Not() -> Result<bool, Failed> { read a() -> bool { Ok(true) } !a }
}

#[tokio::test]
async fn runs() {
    assert_eq!(Call {}.run().await.unwrap(), 2);
    assert_eq!(Literal {}.run().await.unwrap(), 1);
    assert_eq!(If {}.run().await.unwrap(), 2);
    assert_eq!(Block {}.run().await.unwrap(), 3);
    assert_eq!(Statements {}.run().await.unwrap(), 4);
    assert_eq!(Closure {}.run().await.unwrap()(5), 5);
    assert_eq!(Tuple {}.run().await.unwrap(), (1, ()));
    assert_eq!(Unit {}.run().await.unwrap(), ());
    assert_eq!(Early {}.run().await.unwrap(), 9);
    assert!(!Not {}.run().await.unwrap());
}
