//! Derives and attributes of other crates go to the input struct and its fields.

use serde::{Deserialize, Serialize};
use typed_saga::saga;

#[derive(Debug)]
struct Failed;

saga! {
    #[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
    #[serde(rename_all = "camelCase", deny_unknown_fields)]
    #[must_use]
    saga Order(
        #[serde(default)] first_name: String,
        /// In years.
        #[serde(rename = "years")] age: u8,
    ) -> Result<String, Failed> {
        read text(first_name, age) -> String { Ok(format!("{first_name} {age}")) }

        text
    }
}

#[tokio::test]
async fn runs() {
    let order: Order = serde_json::from_str(r#"{"firstName":"Ada","years":36}"#).unwrap();
    assert_eq!(
        order,
        Order {
            first_name: "Ada".into(),
            age: 36
        }
        .clone()
    );
    assert_eq!(order.run().await.unwrap(), "Ada 36");
}
