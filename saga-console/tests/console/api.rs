use crate::{
    asking::{acting, looking, page, post},
    sagas::Site,
};
use serde_json::{Value, json};

/// Whether a value is as its schema says: all properties of objects are named there, and those that
/// are required are there.
fn fits(document: &Value, schema: &Value, value: &Value, at: &str) {
    if let Some(name) = schema["$ref"].as_str() {
        let pointer = name.trim_start_matches('#');
        let schema = document
            .pointer(pointer)
            .unwrap_or_else(|| panic!("no {name}"));
        return fits(document, schema, value, at);
    }
    let is = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    let may_be = |word: &Value| word == is || word == "number" && is == "integer";
    match &schema["type"] {
        Value::Null => {}
        Value::Array(words) => assert!(words.iter().any(may_be), "{at}: {is}, {schema}"),
        word => assert!(may_be(word), "{at}: {is}, {schema}"),
    }
    if let Some(words) = schema["enum"].as_array() {
        assert!(words.contains(value), "{at}: {value}");
    }
    let parts = schema["properties"].as_object();
    if let (Some(parts), Value::Object(value)) = (parts, value) {
        for (name, value) in value {
            let part = parts
                .get(name)
                .unwrap_or_else(|| panic!("{at}: `{name}` is not described"));
            fits(document, part, value, &format!("{at}.{name}"));
        }
        for name in schema["required"].as_array().unwrap() {
            let name = name.as_str().unwrap();
            assert!(value.contains_key(name), "{at}: no `{name}`");
        }
    }
    if let Value::Array(items) = value {
        for item in items {
            fits(document, &schema["items"], item, &format!("{at}[]"));
        }
    }
}

#[tokio::test]
async fn what_is_answered_is_what_the_document_describes() {
    let site = Site::open().await;
    drop(site.trip("trip-1", "Lisbon").await);
    site.parked("trip-2", "the hotel is closed").await;
    let console = looking(site.store.clone());
    site.refits(&console).await;
    let document = page(&console, "/openapi.json").await.json();
    for (path, address) in [
        ("/api/overview", "/api/overview"),
        ("/api/sagas", "/api/sagas?limit=1"),
        ("/api/sagas", "/api/sagas?state=parked,completed"),
        (
            "/api/sagas/{saga}/{id}",
            "/api/sagas/BookTrip/trip-1?values=true",
        ),
        ("/api/sagas/{saga}/{id}", "/api/sagas/BookTrip/trip-2"),
        ("/api/sagas/{saga}/{id}", "/api/sagas/Refit/refit-2"),
    ] {
        let answer = page(&console, address).await;
        let schema = &document["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]
            ["schema"];
        assert!(schema.is_object(), "{path}");
        fits(&document, schema, &answer.json(), address);
    }
    let acted = &document["paths"]["/api/sagas/{saga}/{id}/actions"]["post"]["responses"]["200"];
    let schema = &acted["content"]["application/json"]["schema"];
    let console = acting(site.store.clone());
    for dry_run in [true, false] {
        let body = json!({ "action": "resume", "by": "ada", "why": "so", "dry_run": dry_run });
        let answer = post(&console, "/api/sagas/BookTrip/trip-2/actions", &body).await;
        assert_eq!(answer.status, 200);
        fits(&document, schema, &answer.json(), "act");
    }
}

#[tokio::test]
async fn a_program_can_see_what_a_page_shows() {
    let site = Site::open().await;
    site.parked("trip-2", "the hotel is closed").await;
    let console = looking(site.store.clone());
    let saga = page(&console, "/api/sagas/BookTrip/trip-2?values=true")
        .await
        .json();
    assert_eq!(saga["state"], "parked");
    assert_eq!(saga["steps"][0]["phase"], "stands");
    assert_eq!(saga["steps"][0]["effect"], "room in Lisbon");
    assert_eq!(saga["input"]["city"], "Lisbon");
    assert!(
        saga["why"]
            .as_str()
            .unwrap()
            .contains("the hotel is closed")
    );
    let short = page(&console, "/api/sagas/BookTrip/trip-2?history=1")
        .await
        .json();
    assert_eq!(short["history"].as_array().unwrap().len(), 1);
    assert!(short["earlier"].as_u64().unwrap() > 5);
    assert_eq!(short["steps"][0]["effect"], Value::Null);
}
