//! The programs of the page "Compile errors".

#[test]
fn it_runs() {
    use serde::{Deserialize, Serialize};
    use std::borrow::Cow;
    use typed_saga::{Verdict, classify::Io};

    #[derive(Debug, Serialize, Deserialize)]
    enum BankError {
        Declined { reason: Cow<'static, str> }, // not `&'static str`
        Io(Io),                                 // not `std::io::Error`
    }

    impl BankError {
        fn verdict(&self) -> Verdict {
            match self {
                Self::Declined { .. } => Verdict::Refused,
                Self::Io(error) => error.verdict(),
            }
        }
    }

    impl From<std::io::Error> for BankError {
        fn from(error: std::io::Error) -> Self {
            Self::Io(error.into())
        }
    }
    assert_eq!(BankError::Declined { reason: "no money".into() }.verdict(), Verdict::Refused);
    assert_eq!(BankError::from(std::io::Error::other("?")).verdict(), Verdict::Unknown);
}
