//! The parts of the programs, as templates: what begins with `$` is filled in.

/// The services, their error, and what sagas of all kinds need.
pub(super) const SUPPORT: &str = r#"#![allow(dead_code, unused)]
use typed_saga::{Key, Summary, Verdict};
use std::{fmt, hint::black_box, pin::Pin, sync::Arc};

pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, Error>> + Send + 'a>>;

pub trait Shop: Send + Sync {
    fn act<'a>(&'a self, n: u64, key: &'a Key) -> Answer<'a, u64>;
    fn undo(&self, n: u64) -> Answer<'_, ()>;
}

pub struct Corner { refuses: u64 }

impl Shop for Corner {
    fn act<'a>(&'a self, n: u64, _: &'a Key) -> Answer<'a, u64> {
        Box::pin(async move { work(n, self.refuses) })
    }
    fn undo(&self, n: u64) -> Answer<'_, ()> {
        Box::pin(async move { work(n, 0).map(drop) })
    }
}

#[derive(Clone)]
pub struct Bank { refuses: u64 }

impl Bank {
    pub async fn ask(&self, n: u64) -> Result<u64, Error> { work(n, self.refuses) }
    pub async fn act(&self, n: u64, _: &Key) -> Result<u64, Error> { work(n, self.refuses) }
    pub async fn undo(&self, n: u64) -> Result<(), Error> { work(n, 0).map(drop) }
    pub async fn tell(&self, who: &str, outcome: &Summary) {
        let failed = u64::from(outcome.failure().is_some());
        let _ = work(who.len() as u64 + failed, 0);
    }
}

#[inline(never)]
fn work(n: u64, refuses: u64) -> Result<u64, Error> {
    let n = black_box(n);
    if n == refuses { Err(Error::Refused(n)) } else { Ok(n.wrapping_add(1)) }
}

#[derive(Debug$serde)]
pub enum Error { Refused(u64), Lost(String) }

impl Error {
    pub fn verdict(&self) -> Verdict {
        match self { Self::Refused(_) => Verdict::Refused, Self::Lost(_) => Verdict::Unknown }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(n) => write!(f, "{n} is refused"),
            Self::Lost(why) => write!(f, "no answer: {why}"),
        }
    }
}

impl std::error::Error for Error {}
"#;

/// The error of one saga.
pub(super) const OWN_ERROR: &str = r#"
#[derive(Debug$serde)]
pub enum $error { Service(Error), Odd(u64) }

impl $error {
    pub fn verdict(&self) -> Verdict {
        match self { Self::Service(error) => error.verdict(), Self::Odd(_) => Verdict::Refused }
    }
}

impl From<Error> for $error {
    fn from(error: Error) -> Self { Self::Service(error) }
}

impl fmt::Display for $error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Service(error) => error.fmt(f),
            Self::Odd(n) => write!(f, "{n} is odd"),
        }
    }
}

impl std::error::Error for $error {}
"#;

/// The child saga of all sagas in a program.
pub(super) const CHILD: &str = "
pub mod common {
    use super::{Bank, Error};

    typed_saga::saga! {
        #[classify(Error::verdict)]
        #[timeout(5s)]
        pub $durablesaga Common(n: u64) with (bank: Bank) -> Result<u64, Error> {
            #[idempotent]
            step held(bank, n, key) -> u64 { bank.act(*n, key).await }
                compensate(bank, held) { bank.undo(*held).await }
            #[idempotent]
            step taken(bank, held, key) -> u64 { bank.act(*held, key).await }
                compensate(bank, taken) { bank.undo(*taken).await }
            taken
        }
    }
}
";

/// A saga, in a module of its own.
pub(super) const SAGA: &str = "
pub mod saga$saga {
    use super::{Bank, Shop, $error};
    use std::sync::Arc;
    $child
    $effects
    typed_saga::saga! {
        #[derive(Clone, Debug)]
        #[classify($error::verdict)]
        $timeout
        pub $durablesaga Order$saga(n: u64, who: String)
        with (shop: Arc<dyn Shop>, bank: Bank)
        -> Result<u64, $error>
        {
            $steps
            s7.id
        }
    }
}
";

/// Eight steps of several constructs.
pub(super) const CONSTRUCTS: &str = "
            #[retry(3, 50ms..2s)]
            read s0(bank, n) -> E0 {
                let id = bank.ask(*n).await?;
                Ok(E0 { id, note: None })
            }
                fallback(bank, n, failure) {
                    let id = bank.ask(*n + u64::from(failure.error().is_some())).await?;
                    Ok(E0 { id, note: Some(String::new()) })
                }
            #[idempotent]
            step s1(shop, s0, key) -> E1 {
                let id = shop.act(s0.id, key).await?;
                Ok(E1 { id, note: None })
            }
                compensate(shop, s1) { shop.undo(s1.id).await?; Ok(()) }
            concurrent {
                #[idempotent]
                step s2(bank, s1, key) -> E2 {
                    let id = bank.act(s1.id, key).await?;
                    Ok(E2 { id, note: None })
                }
                    compensate(bank, s2) { bank.undo(s2.id).await?; Ok(()) }
                #[idempotent] #[retry(3, 50ms..2s)]
                step s3(shop, s1, key) -> E3 {
                    let id = shop.act(s1.id, key).await?;
                    Ok(E3 { id, note: None })
                }
                    compensate(shop, s3) { shop.undo(s3.id).await?; Ok(()) }
                #[idempotent]
                step s4(bank, s2, key) -> E4 {
                    let id = bank.act(s2.id, key).await?;
                    Ok(E4 { id, note: None })
                }
                    compensate(bank, s4) { bank.undo(s4.id).await?; Ok(()) }
            }
            #[idempotent] #[concurrent(2)]
            for item: u64 in (s3 => s3.id..s3.id + 3)
            step s5(bank, item, key) -> E5 {
                let id = bank.act(*item, key).await?;
                Ok(E5 { id, note: None })
            }
                compensate(bank, s5) { bank.undo(s5.id).await?; Ok(()) }
            step s6(s4, s5) -> u64 = saga Common { n: s4.id + s5.len() as u64 } with (bank);
            #[idempotent]
            step s7(shop, s2, s6, key) -> E7 {
                let id = shop.act(s2.id + *s6, key).await?;
                Ok(E7 { id, note: None })
            }
                compensate(shop, s7, failure) {
                    shop.undo(s7.id + u64::from(failure.error().is_some())).await?;
                    Ok(())
                }
            finally(bank, who, outcome) { bank.tell(who, outcome).await; }
";

/// What runs the sagas: one after the other, on one thread.
pub(super) const MAIN: &str = "
fn main() {
    let n = std::env::args().count() as u64;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {$calls
    });
}
";

/// A run in memory.
pub(super) const IN_MEMORY: &str = r#"
        let order = saga$saga::Order$saga { n, who: String::new() };
        let order = order.with(Arc::new(Corner { refuses: n }), Bank { refuses: 0 });
        println!("{}", order.await.is_ok());"#;

/// The start of the engine that runs durable sagas.
pub(super) const ENGINE: &str = "
        let builder = typed_saga::engine::Engine::builder(typed_saga::engine::Memory::new());$register
        let engine = builder.start().await.unwrap();";

/// What the engine knows of each of them.
pub(super) const REGISTER: &str = "
        let services = saga$saga::Order$sagaServices {
            shop: Arc::new(Corner { refuses: n }),
            bank: Bank { refuses: 0 },
        };
        let builder = builder.register::<saga$saga::Order$saga>(services);";

/// A run on the engine.
pub(super) const SUBMIT: &str = r#"
        let order = saga$saga::Order$saga { n, who: String::new() };
        let handle = engine.submit("$saga", order).await.unwrap();
        println!("{}", handle.outcome().await.unwrap().into_result().is_ok());"#;
