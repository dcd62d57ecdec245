//! Every clause, with and without `;` between them, as blocks and as paths.

use std::sync::Mutex;
use typed_saga::saga;

#[derive(Default)]
struct Log(Mutex<Vec<&'static str>>);

#[derive(Debug, PartialEq)]
struct Failed;

impl Log {
    fn note(&self, what: &'static str) {
        self.0.lock().unwrap().push(what);
    }
    async fn find(&self) -> Result<Option<u8>, Failed> {
        self.note("find");
        Ok(Some(2))
    }
    async fn undo(&self, two: &u8) -> Result<(), Failed> {
        assert_eq!(*two, 2);
        self.note("undo");
        Ok(())
    }
}

static LOG: Log = Log(Mutex::new(Vec::new()));

saga! {
    #[classify(unknown)]
    saga Clauses() with (log: &'static Log) -> Result<u8, Failed> {
        read one(log) -> u8 { log.note("one"); Err(Failed) }
        fallback(log, failure) {
            assert_eq!(failure.error(), Some(&Failed));
            log.note("fallback");
            Ok(1)
        };
        #[late(0s)]
        step two(log, one) -> u8 { log.note("two"); let _ = one; Err(Failed) }
        resolve(log) = Log::find
        compensate(log, two) = Log::undo;

        #[late(0s)]
        step three(log) { log.note("three"); Err(Failed) };
        resolve(log) { log.note("ask"); Ok(None) }
        compensate(log, failure) { log.note("never: it did not happen"); let _ = failure; Ok(()) }

        two
    }
}

fn unknown(_: &Failed) -> typed_saga::Verdict {
    typed_saga::Verdict::Unknown
}

#[tokio::test]
async fn runs() {
    let error = Clauses {}.with(&LOG).await.unwrap_err();
    assert_eq!(error.step(), Some("three"));
    assert!(error.is_clean());
    let log = LOG.0.lock().unwrap();
    assert_eq!(
        *log,
        ["one", "fallback", "two", "find", "three", "ask", "undo"]
    );
}
