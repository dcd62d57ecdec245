//! The programs of the page "Vendors".

mod saved_answer {
    use serde::Deserialize;
    use std::{collections::BTreeMap, sync::{Arc, Mutex}};
    use typed_saga::{Key, Outcome, Verdict, saga};

    #[derive(Clone, Debug)]
    struct ServerError;

    impl ServerError {
        fn verdict(&self) -> Verdict {
            Verdict::Unknown
        }
    }

    /// Keeps its first answer under a key, as Stripe does, a 500 included.
    #[derive(Clone, Default)]
    struct Bank(Arc<Mutex<Books>>);

    #[derive(Default)]
    struct Books {
        answers: BTreeMap<String, Result<u32, ServerError>>,
        /// By key, the number of the charge.
        charges: BTreeMap<String, u32>,
        /// Whether the next new request is acted on, and what it is answered.
        next: Option<(bool, Result<u32, ServerError>)>,
    }

    impl Bank {
        async fn charge(&self, _cents: &u32, key: &Key) -> Result<u32, ServerError> {
            let mut books = self.0.lock().unwrap();
            if let Some(saved) = books.answers.get(key.as_str()) {
                return saved.clone();
            }
            let (acts, answer) = books.next.take().unwrap_or((true, Ok(7)));
            if acts {
                books.charges.insert(key.to_string(), 7);
            }
            books.answers.insert(key.to_string(), answer.clone());
            answer
        }

        /// Searches the charges for the key, which is in their metadata.
        async fn find(&self, key: &Key) -> Result<Option<u32>, ServerError> {
            Ok(self.0.lock().unwrap().charges.get(key.as_str()).copied())
        }

        async fn refund(&self, charge: &u32, _undo_key: &Key) -> Result<(), ServerError> {
            self.0.lock().unwrap().charges.retain(|_, number| number != charge);
            Ok(())
        }
    }

    saga! {
        #[classify(ServerError::verdict)]
        saga Pay(cents: u32) with (bank: Bank) -> Result<u32, ServerError> {
            #[idempotent] #[late(30s)]
            step charge(bank, cents, key) -> u32 = Bank::charge
                resolve(bank, key) = Bank::find // what a saved 500 will never say
                compensate(bank, charge, undo_key) = Bank::refund;

            charge
        }

        #[classify(ServerError::verdict)]
        saga PayByKeyAlone(cents: u32) with (bank: Bank) -> Result<u32, ServerError> {
            #[idempotent]
            step charge(bank, cents, key) -> u32 = Bank::charge
                compensate(bank, charge, undo_key) = Bank::refund;

            charge
        }
    }

    fn bank(acts: bool) -> Bank {
        let bank = Bank::default();
        bank.0.lock().unwrap().next = Some((acts, Err(ServerError)));
        bank
    }

    #[tokio::test(start_paused = true)]
    async fn a_saved_500_after_the_charge_is_looked_up() {
        let bank = bank(true);
        assert_eq!(Pay { cents: 300 }.with(bank.clone()).await.unwrap(), 7);
        assert_eq!(bank.0.lock().unwrap().charges.len(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_saved_500_without_a_charge_is_a_failure_and_nothing_is_left() {
        let error = Pay { cents: 300 }.with(bank(false)).await.unwrap_err();
        assert!(error.is_clean());
    }

    #[tokio::test(start_paused = true)]
    async fn by_its_key_alone_the_saga_parks_for_good() {
        let outcome = PayByKeyAlone { cents: 300 }.with(bank(true)).outcome().await;
        let Outcome::Parked(parked) = outcome else { panic!("it parks") };
        let again = parked.resume().outcome().await;
        assert!(matches!(again, Outcome::Parked(_)), "{again:?}");
    }

    /// What `resolve` reads of a charge, and nothing else: an unrelated charge that is odd does not fail it.
    #[derive(Deserialize)]
    struct Charge {
        id: String,
        #[serde(default)]
        metadata: BTreeMap<String, String>,
    }

    fn find(list: &str, key: &str) -> Option<String> {
        let charges: Vec<Charge> = serde_json::from_str(list).ok()?;
        let ours = |charge: &Charge| charge.metadata.get("key").is_some_and(|own| own == key);
        charges.into_iter().find(ours).map(|charge| charge.id)
    }

    #[test]
    fn an_odd_record_does_not_hide_ours() {
        let list = r#"[{"id":"ch_1","card":{"brand":"?"}},{"id":"ch_2","metadata":{"key":"s1"}}]"#;
        assert_eq!(find(list, "s1").as_deref(), Some("ch_2"));
    }
}

mod stripe {
    use typed_saga::Verdict;

    /// An answer with the status of an error.
    #[derive(Debug)]
    struct StripeError {
        status: u16,
        /// The `type` of the error in the body.
        kind: String,
    }

    impl StripeError {
        fn verdict(&self) -> Verdict {
            match (self.status, self.kind.as_str()) {
                // Declined, or not valid: the same request was not accepted before, either.
                (402, _) | (400, "invalid_request_error") => Verdict::Refused,
                // Not executed: not let in, one too many, or the first one is still running.
                (401 | 403 | 404 | 409 | 429, _) => Verdict::Transient,
                // Perhaps executed; or the key came with another request before.
                _ => Verdict::Unknown,
            }
        }
    }

    #[test]
    fn a_saved_answer_and_a_key_of_another_request_leave_doubt() {
        for (status, kind, verdict) in [
            (402, "card_error", Verdict::Refused),
            (400, "invalid_request_error", Verdict::Refused),
            (400, "idempotency_error", Verdict::Unknown),
            (409, "idempotency_error", Verdict::Transient),
            (429, "invalid_request_error", Verdict::Transient),
            (500, "api_error", Verdict::Unknown),
        ] {
            let error = StripeError { status, kind: kind.to_owned() };
            assert_eq!(error.verdict(), verdict, "{error:?}");
        }
    }
}

mod gone {
    use std::sync::{Arc, Mutex};
    use typed_saga::{Key, saga};

    #[derive(Debug, PartialEq)]
    enum CloudError { NotFound, Busy }

    /// The bucket that there is, and the key under which it was made.
    #[derive(Clone, Default)]
    struct Cloud(Arc<Mutex<Option<String>>>);

    impl Cloud {
        async fn create(&self, _name: &String, key: &Key) -> Result<(), CloudError> {
            *self.0.lock().unwrap() = Some(key.to_string());
            Ok(())
        }

        async fn delete_bucket(&self, _name: &String) -> Result<(), CloudError> {
            self.0.lock().unwrap().take().map(drop).ok_or(CloudError::NotFound)
        }

        /// What is gone needs no deletion.
        async fn delete(&self, name: &String) -> Result<(), CloudError> {
            match self.delete_bucket(name).await {
                Err(CloudError::NotFound) => Ok(()),
                done => done,
            }
        }
    }

    saga! {
        #[classify(typed_saga::classify::transient)]
        saga Store(name: String) with (cloud: Cloud) -> Result<(), CloudError> {
            step bucket(cloud, name, key) = Cloud::create
                compensate(cloud, name) = Cloud::delete;

            read checked(cloud) {
                *cloud.0.lock().unwrap() = None; // an operator deletes it
                Err(CloudError::Busy)
            }
        }
    }

    #[tokio::test]
    async fn what_is_gone_is_undone() {
        let error = Store { name: "b".to_owned() }.with(Cloud::default()).await.unwrap_err();
        assert!(error.is_clean());
    }

    #[tokio::test]
    async fn a_key_fits_a_name_and_a_token() {
        let cloud = Cloud::default();
        saga! {
            saga Make() with (cloud: Cloud) -> Result<(), CloudError> {
                step made(cloud, key) { cloud.create(&String::new(), key).await }
                    compensate none
            }
        }
        Make {}.with(cloud.clone()).await.unwrap();
        let key = cloud.0.lock().unwrap().clone().unwrap();
        assert_eq!(key.len(), 34);
        assert!(key.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit()), "{key}");
    }
}
